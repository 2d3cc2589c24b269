//! Reading of rules of sensitivity from YAML; `docs/specs/graph.md` describes the file.

use std::str::FromStr as _;

use plumb_model::graph::Sensitivity;
use plumb_model::value::Text;

use super::phrases::Phrase;
use super::words::{squash, words};
use super::{Flag, Layer};
use crate::node::Node;
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};

/// Reads the rules of a file; what is wrong goes to `problems`.
pub(crate) fn read_sensitivity(root: &Node, problems: &mut Problems) -> Option<Layer> {
    let file = Fields::open(root, "a file of sensitivity", &["sensitivity"], problems)?;
    let node = file.required("sensitivity", "the file", problems)?;
    let known = ["classification_tags", "says", "flags", "yes", "names"];
    let fields = Fields::open(node, "`sensitivity`", &known, problems)?;
    let mut layer = Layer {
        classification_tags: squashed(&fields, "classification_tags", problems),
        yes: fields.texts("yes", problems).iter().map(lower).collect(),
        ..Layer::default()
    };
    for (key, book) in [("says", &mut layer.says), ("names", &mut layer.names)] {
        for node in fields.list(key, problems) {
            for phrase in read_phrases(node, key, problems) {
                book.put(phrase);
            }
        }
    }
    for node in fields.list("flags", problems) {
        layer.flags.extend(read_flag(node, problems));
    }
    if !layer.flags.is_empty() && layer.yes.is_empty() {
        let message = "`flags` need `yes`, the values that set them";
        problems.error(fields.key_span("flags"), message, "none of them can be set");
    }
    Some(layer)
}

fn read_phrases(node: &Node, key: &str, problems: &mut Problems) -> Vec<Phrase> {
    let what = format!("an entry of `{key}`");
    let known = ["words", "level", "label", "unless"];
    let Some(fields) = Fields::open(node, &what, &known, problems) else {
        return Vec::new();
    };
    let level = read_level(&fields, &what, problems);
    let label = fields.text("label", problems);
    let unless: Vec<Text> = fields.texts("unless", problems).iter().map(lower).collect();
    let list = fields.required("words", &what, problems);
    let mut phrases = Vec::new();
    for node in list.map(|list| problems.list(list, "words")).unwrap_or_default() {
        let Some(text) = problems.text(node, "words") else {
            continue;
        };
        let words = words(&text);
        if words.is_empty() {
            problems.error(
                node.span.clone(),
                format!("`{text}` holds no word"),
                "letters or digits",
            );
            continue;
        }
        phrases.extend(level.map(|level| Phrase {
            words,
            level,
            label: label.clone(),
            unless: unless.clone(),
        }));
    }
    phrases
}

fn read_flag(node: &Node, problems: &mut Problems) -> Option<Flag> {
    let what = "an entry of `flags`";
    let fields = Fields::open(node, what, &["tags", "level", "label"], problems)?;
    let level = read_level(&fields, what, problems);
    fields.required("tags", what, problems);
    let tags = squashed(&fields, "tags", problems);
    let label = fields.text("label", problems);
    Some(Flag {
        tags,
        level: level?,
        label,
    })
}

fn read_level(fields: &Fields<'_>, what: &str, problems: &mut Problems) -> Option<Sensitivity> {
    let text = fields.required_text("level", what, problems)?;
    let levels = Sensitivity::ALL.map(Sensitivity::name);
    let parse = |text: &str| Sensitivity::from_str(text).ok();
    parse_word(&text, fields.get("level")?, &levels, parse, problems)
}

fn squashed(fields: &Fields<'_>, key: &str, problems: &mut Problems) -> Vec<Text> {
    let mut keys = Vec::new();
    for node in fields.list(key, problems) {
        let Some(text) = problems.text(node, key) else {
            continue;
        };
        match squash(&text) {
            empty if empty.is_empty() => {
                problems.error(
                    node.span.clone(),
                    format!("`{text}` holds no word"),
                    "letters or digits",
                );
            }
            squashed => keys.push(Text::from(squashed)),
        }
    }
    keys
}

fn lower(text: &Text) -> Text {
    Text::from(text.to_lowercase())
}
