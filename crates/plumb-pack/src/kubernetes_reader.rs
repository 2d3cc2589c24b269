//! Reading of the kinds of Kubernetes' objects from YAML.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::kubernetes::{ObjectKind, ObjectKinds, ObjectReference};
use crate::mapping::Language;
use crate::node::{Key, Node};
use crate::reader::{Fields, Problems};

/// The sections of a file, one for each controller.
pub(crate) const SECTIONS: [(&str, Language); 2] =
    [("crossplane", Language::Crossplane), ("ack", Language::Ack)];

const KEYS: [&str; 5] = ["block", "name", "prefix", "maps", "references"];

/// Reads the kinds of a file; what is wrong goes to `problems`. A later file wins over an earlier one.
pub(crate) fn read_object_kinds(root: &Node, kinds: &mut ObjectKinds, problems: &mut Problems) {
    let names = SECTIONS.map(|(name, _)| name);
    let Some(file) = Fields::open(root, "a file of kinds of Kubernetes", &names, problems) else {
        return;
    };
    for (section, language) in SECTIONS {
        for (key, node) in file.entries(section, problems) {
            if let Some(kind) = read_kind(key, node, language, problems) {
                kinds.kinds.insert((language, key.text.clone()), kind);
            }
        }
    }
}

fn read_kind(key: &Key, node: &Node, language: Language, problems: &mut Problems) -> Option<ObjectKind> {
    let fields = Fields::open(node, &format!("the kind `{}`", key.text), &KEYS, problems)?;
    let block = match language {
        // Its mappings are Terraform's, and their blocks are called otherwise.
        Language::Crossplane => fields.required_text("block", "a kind of Crossplane", problems)?,
        Language::Ack | Language::Terraform | Language::CloudFormation | Language::Arm => {
            fields.text("block", problems).unwrap_or_else(|| key.text.clone())
        }
    };
    let references = fields.entries("references", problems).iter();
    Some(ObjectKind {
        block,
        name: fields.text("name", problems),
        prefix: fields.text("prefix", problems).unwrap_or_default(),
        maps: fields.texts("maps", problems),
        references: references
            .filter_map(|(argument, to)| read_reference(argument, to, problems))
            .collect(),
        source: Arc::clone(problems.source()),
        span: key.span.clone(),
    })
}

/// `KIND [ATTRIBUTE [FIELD]]`; `-` for the attribute that a kind is called by.
fn read_reference(argument: &Key, to: &Node, problems: &mut Problems) -> Option<ObjectReference> {
    let text = problems.text(to, &argument.text)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let (kind, attribute, field) = match words.as_slice() {
        [kind] => (*kind, None, None),
        [kind, attribute] => (*kind, Some(*attribute), None),
        [kind, attribute, field] => (*kind, Some(*attribute), Some(*field)),
        [] | [_, _, _, _, ..] => {
            let message = format!("`{text}` names no kind with an attribute and a field");
            problems.error(argument.span.clone(), message, "this reference");
            return None;
        }
    };
    Some(ObjectReference {
        argument: argument.text.split('.').map(Text::from).collect(),
        kind: Text::from(kind),
        attribute: attribute.filter(|name| *name != "-").map(Text::from),
        field: field.map(Text::from),
    })
}
