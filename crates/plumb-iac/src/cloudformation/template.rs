//! `Template`: the sections of a template, told apart.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::tree::{Entry, Node};
use super::work::Work;

/// The sections of a template that matter; none of them is evaluated.
pub(super) struct Template {
    /// Parameters by name.
    pub(super) parameters: BTreeMap<Text, Entry>,
    /// Mappings by name.
    pub(super) mappings: BTreeMap<Text, Entry>,
    /// Conditions in the order of the text, loops included.
    pub(super) conditions: Vec<Entry>,
    /// Resources in the order of the text, loops included.
    pub(super) resources: Vec<Entry>,
    /// Outputs in the order of the text, loops included.
    pub(super) outputs: Vec<Entry>,
    /// Defaults of SAM for resources, by kind.
    pub(super) globals: Option<Node>,
}

impl Template {
    /// Takes a template apart; tells of sections that are no maps. `None` when the root is none.
    pub(super) fn new(root: Node, work: &Work<'_>) -> Option<Self> {
        if root.entries().is_none() {
            let message = format!("a template must be a map, this is a {}", root.kind_name());
            work.error(root.place, message, "nothing of it is read");
            return None;
        }
        let section = |name: &str| -> Vec<Entry> {
            let Some(node) = root.get(name).filter(|node| !node.is_null()) else {
                return Vec::new();
            };
            if let Some(entries) = node.entries() {
                return entries.to_vec();
            }
            let message = format!("`{name}` must be a map, this is a {}", node.kind_name());
            work.error(node.place, message, "nothing of the section is read");
            Vec::new()
        };
        let by_name = |entries: Vec<Entry>| {
            entries
                .into_iter()
                .map(|entry| (entry.key.clone(), entry))
                .collect()
        };
        let transforms: Vec<&Node> = match root.get("Transform") {
            Some(node) => node
                .items()
                .map_or_else(|| vec![node], |items| items.iter().collect()),
            None => Vec::new(),
        };
        for transform in transforms {
            let name = transform.text().cloned();
            let name = name
                .or_else(|| transform.get_text("Name").map(Text::from))
                .unwrap_or_default();
            if !name.starts_with("AWS::") || name == "AWS::Include" {
                let message = format!("macro `{name}` changes the template in ways that are not known");
                work.warning(transform.place, message, "what is written is judged as it stands");
            }
        }
        Some(Self {
            parameters: by_name(section("Parameters")),
            mappings: by_name(section("Mappings")),
            conditions: section("Conditions"),
            resources: section("Resources"),
            outputs: section("Outputs"),
            globals: root
                .get("Globals")
                .filter(|node| node.entries().is_some())
                .cloned(),
        })
    }
}
