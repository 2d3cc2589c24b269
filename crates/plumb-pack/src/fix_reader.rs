//! Reading of fixes from YAML.

use plumb_model::value::{Text, Value};

use crate::fix::{Fix, Fixes};
use crate::mapping::Language;
use crate::node::Node;
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};

const KEYS: [&str; 6] = ["language", "block", "has", "set", "add", "caution"];

/// Reads the fixes of a file; what is wrong goes to `problems`.
pub(crate) fn read_fixes(root: &Node, fixes: &mut Fixes, problems: &mut Problems) {
    let Some(file) = Fields::open(root, "a file of fixes", &["fixes"], problems) else {
        return;
    };
    for (policy, node) in file.entries("fixes", problems) {
        for node in problems.list(node, &policy.text) {
            let Some(fields) = Fields::open(node, "a fix", &KEYS, problems) else {
                continue;
            };
            let (Some(language), Some(block)) = (
                fields.required_text("language", "a fix", problems),
                fields.required_text("block", "a fix", problems),
            ) else {
                continue;
            };
            let names = Language::ALL.map(Language::name);
            let language = fields
                .get("language")
                .and_then(|node| parse_word(&language, node, &names, Language::named, problems));
            let Some(language) = language else { continue };
            let fix = Fix {
                has: fields.text("has", problems),
                set: read_set(&fields, problems),
                add: fields.text("add", problems),
                caution: fields.text("caution", problems),
            };
            if fix.set.is_empty() && fix.add.is_none() {
                problems.error(
                    fields.key_span("block"),
                    "a fix changes nothing",
                    "it needs `set` or `add`",
                );
            }
            let key = (policy.text.clone(), language, block);
            let known = fixes.0.entry(key).or_default();
            if known.iter().any(|known| known.has.is_none()) {
                problems.error(
                    fields.key_span("block"),
                    "this fix is never taken",
                    "an earlier one for this block has no `has`",
                );
            }
            known.push(fix);
        }
    }
}

fn read_set(fields: &Fields<'_>, problems: &mut Problems) -> Vec<(Vec<Text>, Value)> {
    fields
        .entries("set", problems)
        .iter()
        .map(|(path, value)| {
            let steps = path.text.split('.').map(Text::from).collect();
            (steps, value.to_value())
        })
        .collect()
}
