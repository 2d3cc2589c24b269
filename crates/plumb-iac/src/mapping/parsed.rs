//! `Parsed`: arguments whose texts are documents in JSON or YAML.

use std::sync::Arc;

use plumb_model::diagnostic::Source;
use plumb_model::value::Text;

use crate::cloudformation::parse::documents;
use crate::cloudformation::scalar;
use crate::cloudformation::tree::{Content, Node};
use crate::place::FileId;
use crate::val::{Fields, Kind, Val};

/// Puts what they say in the place of texts of arguments; texts that are no map stay as they are.
pub(super) fn read_texts(body: &mut Val, names: &[Text]) {
    let Kind::Map(fields) = &mut body.kind else { return };
    for name in names {
        let text = fields.entries.get(name).and_then(Val::as_str);
        let Some(read) = text.and_then(read) else { continue };
        if let Some(val) = Arc::make_mut(fields).entries.get_mut(name) {
            val.kind = Kind::Json(Arc::new(read.or_placed(val.set)));
        }
    }
}

/// The one map that a text is; within the limits of templates.
fn read(text: &str) -> Option<Val> {
    let source = Arc::new(Source {
        name: String::new(),
        text: text.to_owned(),
    });
    let read = documents(FileId::at(0), &source);
    match read.roots.as_slice() {
        [root] if read.malformed.is_none() && read.problems.is_empty() => {
            root.entries().is_some().then(|| value(root))
        }
        _ => None,
    }
}

/// Its depth and size have been checked when it was read.
fn value(node: &Node) -> Val {
    Val::new(match &node.content {
        Content::Plain(text) => scalar::kind(text),
        Content::Quoted(text) => Kind::String(text.clone()),
        Content::Unreadable(why) => Kind::Unknown(why.clone()),
        Content::List(items) => Kind::List(Arc::new(items.iter().map(value).collect())),
        Content::Map(entries) => Kind::Map(Arc::new(Fields {
            entries: entries
                .iter()
                .map(|entry| (entry.key.clone(), value(&entry.value)))
                .collect(),
            rest: None,
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_json_and_yaml_are_read_and_others_stay() {
        let shown = |text: &str| {
            let mut body = Val::map(
                [(Text::new_static("body"), Val::string(text))]
                    .into_iter()
                    .collect(),
            );
            read_texts(&mut body, &[Text::new_static("body"), Text::new_static("other")]);
            body.get("body").cloned()
        };
        let map = Val::map(
            [(Text::new_static("a"), Val::new(Kind::Int(1)))]
                .into_iter()
                .collect(),
        );
        for text in ["a: 1", r#"{ "a": 1 }"#, "# first\n---\na: 1\n"] {
            assert_eq!(
                shown(text),
                Some(Val::new(Kind::Json(Arc::new(map.clone())))),
                "{text}"
            );
        }
        let deep = format!("a: {}{}", "[".repeat(500), "]".repeat(500));
        for text in ["", "a", "- a", "a: 1\n---\nb: 2", "a: [", "a: *b", deep.as_str()] {
            assert_eq!(shown(text), Some(Val::string(text)), "{text}");
        }
    }
}
