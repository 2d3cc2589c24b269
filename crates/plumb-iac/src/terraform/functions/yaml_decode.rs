//! `yamldecode`: one YAML document to a value.

use std::collections::BTreeMap;

use plumb_model::value::Text;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::yaml_scalar::scalar;
use super::{MAX_DEPTH, Problem, convert};
use crate::val::{Entries, Val};

pub(super) const FUNCTIONS: &[Function] = &[Function::new("yamldecode", 1, decode)];

fn decode(arguments: &Arguments<'_>) -> Take<Val> {
    let text = arguments.text(0)?;
    let mut reader = Reader {
        parser: Parser::new_from_str(&text),
        anchors: BTreeMap::new(),
        arguments,
    };
    let mut document = None;
    loop {
        match reader.next()? {
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::StreamEnd => {
                let node: Option<Node> = document;
                return node
                    .map(|node| node.val)
                    .ok_or_else(|| wrong("the text has no document"));
            }
            event if document.is_none() => document = Some(reader.node(event, 0)?),
            _ => return Err(wrong("the text has more than one document")),
        }
    }
}

/// A value and how deeply it nests: aliases make values deeper than their text.
#[derive(Clone)]
struct Node {
    val: Val,
    depth: usize,
}

struct Reader<'a, 'b> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: BTreeMap<usize, Node>,
    arguments: &'b Arguments<'b>,
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Take<Event<'a>> {
        self.arguments.spend(1)?;
        match self.parser.next_event() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(wrong(format!("the text is no YAML: {error}"))),
            None => Ok(Event::StreamEnd),
        }
    }

    fn node(&mut self, event: Event<'a>, outer: usize) -> Take<Node> {
        if outer > MAX_DEPTH {
            return Err(Stop::Problem(Problem::TooDeep));
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let val = scalar(&text, style, tag.as_deref())?;
                (anchor, Node { val, depth: 0 })
            }
            Event::SequenceStart(anchor, _) => (anchor, self.sequence(outer)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(outer)?),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                (
                    0,
                    node.ok_or_else(|| wrong("an alias stands within what it means"))?,
                )
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(wrong("the text is no YAML: it ends within a value")),
        };
        if outer + node.depth > MAX_DEPTH {
            return Err(Stop::Problem(Problem::TooDeep));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn sequence(&mut self, outer: usize) -> Take<Node> {
        let mut items = Vec::new();
        let mut depth = 1;
        loop {
            match self.next()? {
                Event::SequenceEnd => {
                    return Ok(Node {
                        val: Val::list(items),
                        depth,
                    });
                }
                event => {
                    let item = self.node(event, outer + 1)?;
                    depth = depth.max(item.depth + 1);
                    items.push(item.val);
                }
            }
        }
    }

    fn mapping(&mut self, outer: usize) -> Take<Node> {
        let mut entries = Entries::new();
        let mut depth = 1;
        loop {
            let key = match self.next()? {
                Event::MappingEnd => {
                    return Ok(Node {
                        val: Val::map(entries),
                        depth,
                    });
                }
                Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<" => None,
                Event::Scalar(text, style, _, tag) => {
                    Some(self.key(&scalar(&text, style, tag.as_deref())?)?)
                }
                _ => return Err(wrong("a key of a mapping is no text")),
            };
            let event = self.next()?;
            let node = self.node(event, outer + 1)?;
            depth = depth.max(node.depth + 1);
            match key {
                Some(key) => {
                    entries.insert(key, node.val);
                }
                None => self.merge(&mut entries, &node.val)?,
            }
        }
    }

    fn key(&self, val: &Val) -> Take<Text> {
        convert::text(val, self.arguments.context).map_err(|_| wrong("a key of a mapping is no text"))
    }

    /// Takes over the entries of a mapping, or of each of a list of them.
    fn merge(&self, entries: &mut Entries, val: &Val) -> Take<()> {
        let maps = val.as_list().unwrap_or(std::slice::from_ref(val));
        for map in maps {
            let fields = map
                .as_map()
                .ok_or_else(|| wrong("what `<<` merges is no mapping"))?;
            self.arguments.spend_items(fields.entries.len())?;
            entries.extend(fields.entries.iter().map(|(key, val)| (key.clone(), val.clone())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fails, shown, unknown};
    use crate::val::Val;

    fn decoded(text: &str) -> String {
        shown("yamldecode", vec![Val::string(text)])
    }

    #[test]
    fn documents() {
        let cases = [
            ("a: 1\nb: [x, 2.5, null]\n", r#"{"a":1,"b":["x",2.5,null]}"#),
            (
                "- yes\n- \"yes\"\n- Off\n- ~\n-\n",
                r#"[true,"yes",false,null,null]"#,
            ),
            ("[0x1F, 0o17, 010, -3, 1e3, .5]", "[31,15,10,-3,1000,0.5]"),
            (
                "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n",
                r#"{"a":{"k":1},"b":{"k":1},"c":{"k":1,"l":2}}"#,
            ),
            ("t: 2012-10-17", r#"{"t":"2012-10-17T00:00:00Z"}"#),
            (
                "[2001-12-14t21:59:43.10-05:00, 2001-1-4 1:59:43.10]",
                r#"["2001-12-14T21:59:43-05:00","2001-01-04T01:59:43Z"]"#,
            ),
            (
                "[10.0.0.0/16, 1.2.3, 12:30, 2001-99-99]",
                r#"["10.0.0.0/16","1.2.3","12:30","2001-99-99"]"#,
            ),
            ("a: |\n  x\n  y\n", r#"{"a":"x\ny\n"}"#),
            ("!!str 5", r#""5""#),
            ("1: a\ntrue: b", r#"{"1":"a","true":"b"}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(decoded(text), expected, "{text}");
        }
        assert_eq!(shown("yamldecode", vec![unknown()]), "?(`var.x` has no value)");
    }

    #[test]
    fn wrong_documents() {
        let cases = [
            ("# nothing", "the text has no document"),
            ("a: [", "the text is no YAML"),
            ("a: 1\n---\nb: 2\n", "more than one document"),
            ("&a [*a]", "an alias stands within what it means"),
            ("!!int x", "`x` is no int"),
            ("!Ref x", "the tag `!Ref` means nothing to Terraform"),
            ("<<: 5", "what `<<` merges is no mapping"),
            ("[a]: b", "a key of a mapping is no text"),
        ];
        for (text, expected) in cases {
            let message = fails("yamldecode", vec![Val::string(text)]);
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn depth_is_bounded_through_aliases() {
        let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(fails("yamldecode", vec![Val::string(nested)]).contains("128 levels deep"));
        fails("yamldecode", vec![Val::string("[".repeat(100_000))]);
        let mut chain = "- &a0 [x]\n".to_owned();
        for link in 1..300 {
            chain.push_str(&format!("- &a{link} [*a{}, *a{}]\n", link - 1, link - 1));
        }
        assert!(fails("yamldecode", vec![Val::string(chain)]).contains("128 levels deep"));
    }
}
