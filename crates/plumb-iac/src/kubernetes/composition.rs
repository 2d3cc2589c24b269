//! Compositions of Crossplane: the objects that they make for everyone who claims one, as if somebody did.
//!
//! <https://docs.crossplane.io/latest/composition/compositions/>, and the patches of
//! <https://docs.crossplane.io/latest/guides/function-patch-and-transform/>. What a patch sets is unknown: claims differ.

use std::borrow::Cow;

use plumb_model::value::Text;

use super::doubt;
use super::object::Composed;
use crate::cloudformation::tree::{Entry, Node};
use crate::val::Why;

/// How many parts of one composition are looked at.
const MAX_PARTS: usize = 1_000;
/// How many patches of one part are looked at; with more of them nothing is known of the part.
const MAX_PATCHES: usize = 200;
/// How many patches of one composition are looked at, in the same way.
const MAX_PATCHES_IN_ALL: usize = 5_000;

/// A part of a composition.
pub(super) struct Base {
    pub(super) composed: Composed,
    /// The object, in which what patches set is unknown.
    pub(super) object: Node,
}

/// Whether a kind is that of compositions.
pub(super) fn is_one(group: &str, kind: &str) -> bool {
    group == "apiextensions.crossplane.io" && kind == "Composition"
}

/// The parts of a composition; those that other functions make are not seen.
pub(super) fn bases(composition: &Node, path: &str) -> Vec<Base> {
    let name = composition
        .get("metadata")
        .and_then(|metadata| metadata.get_text("name"));
    let by = Text::from(name.unwrap_or(path));
    let Some(spec) = composition.get("spec") else {
        return Vec::new();
    };
    let pipeline = spec.get("pipeline").and_then(Node::items).unwrap_or_default();
    let inputs = pipeline.iter().filter_map(|step| step.get("input"));
    let mut bases = Vec::new();
    let mut left = MAX_PATCHES_IN_ALL;
    for input in std::iter::once(spec).chain(inputs) {
        let parts = input.get("resources").and_then(Node::items).unwrap_or_default();
        for (at, part) in parts.iter().enumerate().take(MAX_PARTS) {
            let Some(base) = part.get("base") else { continue };
            let why = Why::from(format!("a patch of the composition `{by}` sets it"));
            let mut object = base.clone();
            let paths = patched(part, input);
            left = left.saturating_sub(paths.len());
            if paths.len() > MAX_PATCHES || left == 0 {
                doubt::at(&mut object, &["spec"], &why);
            }
            for path in paths.iter().take(MAX_PATCHES.min(left)) {
                let steps = steps(path);
                if steps.first().is_some_and(|first| first == "spec") {
                    doubt::at(&mut object, &steps, &why);
                }
            }
            let part = part
                .get_text("name")
                .map_or_else(|| at.to_string(), str::to_owned);
            bases.push(Base {
                composed: Composed {
                    by: by.clone(),
                    part: Text::from(part),
                },
                object,
            });
        }
    }
    bases
}

/// The paths that the patches of a part set, those of its sets of patches included.
fn patched<'n>(part: &'n Node, input: &'n Node) -> Vec<Cow<'n, str>> {
    let patches = |node: &'n Node| node.get("patches").and_then(Node::items).unwrap_or_default();
    let sets = input.get("patchSets").and_then(Node::items).unwrap_or_default();
    let mut paths = Vec::new();
    for patch in patches(part) {
        match patch.get_text("type") {
            Some("PatchSet") => {
                let name = patch.get_text("patchSetName");
                let set = sets.iter().find(|set| set.get_text("name") == name);
                paths.extend(set.into_iter().flat_map(patches).filter_map(target));
            }
            _ => paths.extend(target(patch)),
        }
    }
    paths
}

/// The path in the object that a patch sets; `None` when it sets something of the composite.
fn target(patch: &Node) -> Option<Cow<'_, str>> {
    if patch
        .get_text("type")
        .is_some_and(|kind| kind.starts_with("To") || kind.starts_with("CombineTo"))
    {
        return None;
    }
    let entry = |key: &str| patch.entry(key).map(|entry: &Entry| &entry.value);
    let path = entry("toFieldPath").or_else(|| entry("fromFieldPath"))?;
    path.text().map(|text| Cow::Borrowed(text.as_str()))
}

/// `spec.forProvider.tags["a.b"].list[0]` as its steps.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = String::new();
    let mut is_within = false;
    for character in path.chars() {
        match character {
            '[' if !is_within => {
                steps.push(std::mem::take(&mut step));
                is_within = true;
            }
            ']' if is_within => is_within = false,
            '.' if !is_within => steps.push(std::mem::take(&mut step)),
            '"' | '\'' => {}
            character => step.push(character),
        }
    }
    steps.push(step);
    steps.retain(|step| !step.is_empty());
    steps
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn paths_of_fields_have_dots_and_brackets() {
        let cases: [(&str, &[&str]); 4] = [
            ("spec.forProvider.region", &["spec", "forProvider", "region"]),
            ("spec.tags[\"a.b\"].c", &["spec", "tags", "a.b", "c"]),
            ("spec.list[0].x", &["spec", "list", "0", "x"]),
            ("..", &[]),
        ];
        for (path, expected) in cases {
            assert_eq!(steps(path), expected, "{path}");
        }
    }
}
