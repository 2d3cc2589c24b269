//! `yamlencode`: a value to a YAML document, texts in quotes or, with several lines, as they stand.

use super::arguments::{Arguments, Function, Stop, Take};
use super::convert::Number;
use super::text::too_long;
use super::{MAX_DEPTH, MAX_TEXT, Problem, json};
use crate::val::{Fields, Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[Function::new("yamlencode", 1, encode)];

fn encode(arguments: &Arguments<'_>) -> Take<Val> {
    let mut writer = Writer {
        out: String::new(),
        arguments,
    };
    let val = arguments.value(0)?;
    writer.node(val, 0, Start::Line)?;
    // A plain scalar alone could go on, so the end of the document is marked.
    if matches!(
        val.kind,
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_)
    ) {
        writer.out.push_str("...\n");
    }
    Ok(Val::string(writer.out))
}

/// Where a node starts.
#[derive(Clone, Copy, PartialEq)]
enum Start {
    /// On a line of its own, or after a dash.
    Line,
    /// After the colon of a key.
    Key,
}

struct Writer<'a> {
    out: String,
    arguments: &'a Arguments<'a>,
}

impl Writer<'_> {
    /// Writes a node up to the end of its line; `indent` is that of its own lines.
    fn node(&mut self, val: &Val, indent: usize, start: Start) -> Take<()> {
        self.arguments.spend(1)?;
        if indent > MAX_DEPTH * 2 {
            return Err(Stop::Problem(Problem::TooDeep));
        }
        match &val.kind {
            Kind::List(items) if !items.is_empty() => self.list(items, indent, start)?,
            Kind::Map(fields) if fields.rest.is_some() || !fields.entries.is_empty() => {
                self.map(fields, indent, start)?;
            }
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => {
                if start == Start::Key {
                    self.out.push(' ');
                }
                self.leaf(val, indent)?;
                self.out.push('\n');
            }
        }
        if self.out.len() > MAX_TEXT {
            return Err(too_long());
        }
        Ok(())
    }

    /// A list below a key stands at the indentation of the key.
    fn list(&mut self, items: &[Val], indent: usize, start: Start) -> Take<()> {
        let indent = match start {
            Start::Line => indent,
            Start::Key => {
                self.out.push('\n');
                indent.saturating_sub(2)
            }
        };
        for (index, item) in items.iter().enumerate() {
            if index > 0 || start == Start::Key {
                self.indent(indent);
            }
            self.out.push_str("- ");
            self.node(item, indent + 2, Start::Line)?;
        }
        Ok(())
    }

    fn map(&mut self, fields: &Fields, indent: usize, start: Start) -> Take<()> {
        if let Some(why) = &fields.rest {
            return Err(Stop::Unknown(why.clone()));
        }
        if start == Start::Key {
            self.out.push('\n');
        }
        for (index, (key, val)) in fields.entries.iter().enumerate() {
            if index > 0 || start == Start::Key {
                self.indent(indent);
            }
            quote(key, &mut self.out);
            self.out.push(':');
            self.node(val, indent + 2, Start::Key)?;
        }
        Ok(())
    }

    fn leaf(&mut self, val: &Val, indent: usize) -> Take<()> {
        match &val.kind {
            Kind::Null => self.out.push_str("null"),
            Kind::Bool(bool) => self.out.push_str(if *bool { "true" } else { "false" }),
            Kind::Int(int) => self.out.push_str(&Number::Int(*int).text()),
            Kind::Float(float) => self.out.push_str(&Number::new(*float).text()),
            Kind::String(text) => self.text(text, indent)?,
            Kind::List(_) => self.out.push_str("[]"),
            Kind::Map(_) => self.out.push_str("{}"),
            Kind::Json(inner) => {
                let text = json::text(inner, self.arguments.context)?;
                self.text(&text, indent)?;
            }
            Kind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
        }
        Ok(())
    }

    fn text(&mut self, text: &str, indent: usize) -> Take<()> {
        self.arguments.spend_text(text.len())?;
        if !text.contains('\n') || !as_it_stands(text) {
            quote(text, &mut self.out);
            return Ok(());
        }
        let body = text.strip_suffix('\n').unwrap_or(text);
        self.out
            .push_str(match (text.len() - body.len(), body.ends_with('\n')) {
                (0, _) => "|-",
                (_, false) => "|",
                (_, true) => "|+",
            });
        for line in body.split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.indent(indent.max(2));
                self.out.push_str(line);
            }
            if self.out.len() > MAX_TEXT {
                return Err(too_long());
            }
        }
        Ok(())
    }

    fn indent(&mut self, spaces: usize) {
        self.out.extend(std::iter::repeat_n(' ', spaces));
    }
}

/// Whether a text of several lines can be written without quotes.
fn as_it_stands(text: &str) -> bool {
    let starts_plainly =
        !text.starts_with([' ', '\t', '\n']) && !text.contains(" \n") && !text.ends_with(' ');
    starts_plainly
        && !text
            .chars()
            .any(|char| char != '\n' && (char.is_control() || is_break(char)))
}

fn is_break(char: char) -> bool {
    matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char.is_control() || is_break(char) => {
                out.push_str(&format!("\\u{:04X}", u32::from(char)));
            }
            char => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fails, json, map, result, shown, unknown};
    use crate::val::Val;

    fn encoded(value: &str) -> String {
        let text = result("yamlencode", vec![json(value)]);
        text.as_str().expect("a text").to_owned()
    }

    #[test]
    fn values_have_the_documented_layout() {
        assert_eq!(
            encoded(
                r#"{"foo": [1, {"a": "b", "c": [["d"], {}, []]}, 3], "bar": "b\"z", "n": null, "m": {"x": true}}"#
            ),
            "\"bar\": \"b\\\"z\"\n\"foo\":\n- 1\n- \"a\": \"b\"\n  \"c\":\n  - - \"d\"\n  - {}\n  - []\n- 3\n\"m\":\n  \"x\": true\n\"n\": null\n"
        );
        assert_eq!(
            encoded(r#"{"a": {"b": "x\n  y\n", "c": "x\ny", "d": " x\n", "e": "x\n\n"}}"#),
            "\"a\":\n  \"b\": |\n    x\n      y\n  \"c\": |-\n    x\n    y\n  \"d\": \" x\\n\"\n  \"e\": |+\n    x\n\n"
        );
        assert_eq!(encoded("[]"), "[]\n");
        assert_eq!(encoded("true"), "true\n...\n");
        assert_eq!(encoded("\"a \\nb\""), "\"a \\nb\"\n");
        assert_eq!(encoded("\"a\""), "\"a\"\n");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for value in [
            r#"{"a":[[1,[2]],{"b":{"c":[]}}],"d":"x\n\n y\n","e":"\u0007\t"}"#,
            r#"["a\nb",{"x":"\nb"},"yes","2012-10-17",null,[{"k":[{"l":"m\n"}]}]]"#,
            r#""a\nb\n\n""#,
            r#"[[[["deep"]]],[]]"#,
        ] {
            let text = encoded(value);
            assert_eq!(
                result("yamldecode", vec![Val::string(&text)]),
                json(value),
                "{text}"
            );
        }
    }

    #[test]
    fn unknown_parts_make_the_text_unknown() {
        let partly = map(&[("a", unknown())]);
        assert_eq!(shown("yamlencode", vec![partly]), "?(`var.x` has no value)");
        let merged = result("merge", vec![json("{}"), unknown()]);
        assert_eq!(shown("yamlencode", vec![merged]), "?(`var.x` has no value)");
        let deep = (0..200).fold(json("1"), |val, _| Val::list(vec![val]));
        assert!(fails("yamlencode", vec![deep]).contains("128 levels deep"));
    }
}
