//! Corrections of templates in YAML and JSON.

use plumb_model::value::{Text, Value};
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::Language;

use super::{Correction, Edit, NoCorrection, correction};
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::mapping::Origin;
use crate::place::{FileId, Place};

/// How to correct a resource of a template.
pub(super) fn correct(
    text: &str,
    root: &Node,
    fixes: &Fixes,
    policy: &str,
    origin: &Origin,
) -> Result<Correction, NoCorrection> {
    let file = origin.head.file;
    let resource = root
        .get("Resources")
        .and_then(|resources| {
            entries(resources)
                .iter()
                .find(|entry| entry.key_place == origin.head)
        })
        .ok_or(NoCorrection::NotKnown)?;
    let kind = resource.value.get_text("Type").ok_or(NoCorrection::NotKnown)?;
    let properties = resource.value.get("Properties");
    let has = |path: &Text| {
        let mut steps = path.split('.');
        properties.is_some_and(|properties| steps.try_fold(properties, |node, step| node.get(step)).is_some())
    };
    let fix = fixes
        .of(policy, Language::CloudFormation, kind)
        .iter()
        .find(|fix| fix.has.as_ref().is_none_or(has))
        .ok_or(NoCorrection::NotKnown)?;
    if fix.add.is_some() {
        let why = "blocks are added to Terraform only";
        return Err(NoCorrection::NotHere(Text::new_static(why)));
    }
    let writer = Writer { text, file };
    let mut edits = Vec::new();
    for (path, value) in &fix.set {
        let mut full = vec![Text::new_static("Properties")];
        full.extend(path.iter().cloned());
        edits.push(
            writer
                .set(&resource.value, &full, value)
                .map_err(NoCorrection::NotHere)?,
        );
    }
    Ok(correction(fix, edits))
}

fn entries(node: &Node) -> &[Entry] {
    match &node.content {
        Content::Map(entries) => entries,
        Content::Plain(_) | Content::Quoted(_) | Content::List(_) | Content::Unreadable(_) => &[],
    }
}

struct Writer<'t> {
    text: &'t str,
    file: FileId,
}

impl Writer<'_> {
    /// The edit that makes a property have a value; the error says why it cannot be made.
    fn set(&self, node: &Node, path: &[Text], value: &Value) -> Result<Edit, Text> {
        let Some((first, rest)) = path.split_first() else {
            return match &node.content {
                Content::Plain(_) | Content::Quoted(_) => Ok(Edit {
                    place: node.place,
                    text: self.flow(value),
                }),
                Content::List(_) => Err(Text::new_static(
                    "the property is a list that holds something else",
                )),
                Content::Map(_) | Content::Unreadable(_) => {
                    Err(Text::new_static("the property gets its value from a function"))
                }
            };
        };
        if node.call().is_some() {
            return Err(Text::from(format!("what holds `{first}` is made by a function")));
        }
        match &node.content {
            Content::Map(found) => match found.iter().find(|entry| entry.key == *first) {
                Some(entry) => self.set(&entry.value, rest, value),
                None => self.insert(node, found, first, rest, value),
            },
            // A list of which the first element is meant.
            Content::List(items) if first == "0" => match items.first() {
                Some(item) => self.set(item, rest, value),
                None => Err(Text::new_static("the list is empty")),
            },
            Content::List(_) | Content::Plain(_) | Content::Quoted(_) | Content::Unreadable(_) => {
                Err(Text::from(format!("what holds `{first}` is no map")))
            }
        }
    }

    /// A new property, before the first one of the map.
    fn insert(
        &self,
        node: &Node,
        found: &[Entry],
        name: &Text,
        path: &[Text],
        value: &Value,
    ) -> Result<Edit, Text> {
        let value = path.iter().rev().fold(value.clone(), |value, step| {
            let entry = (step.clone(), value);
            if step == "0" {
                Value::List(vec![entry.1])
            } else {
                Value::Map([entry].into_iter().collect())
            }
        });
        let start = node.place.range().start;
        let is_flow = self.text.get(start..).is_some_and(|text| text.starts_with('{'));
        let Some(first) = found.first() else {
            return Err(Text::new_static("the map is empty"));
        };
        let key = first.key_place.range().start;
        let before = self.text.get(..key).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let lead = before.get(line..).unwrap_or_default();
        if is_flow {
            let at = start + 1;
            let gap = if lead.trim().is_empty() {
                format!("\n{lead}")
            } else {
                " ".to_owned()
            };
            return Ok(Edit {
                place: Place::new(self.file, at..at),
                text: format!("{gap}\"{name}\": {},", self.flow(&value)),
            });
        }
        // An element of a list begins behind its dash: `- Name: web`.
        let is_element = lead.trim() == "-";
        if !is_element && !lead.trim().is_empty() {
            return Err(Text::new_static("the layout of the map is not understood"));
        }
        let indent = lead.replace('-', " ");
        let mut text = String::new();
        block(&indent, name, &value, &mut text);
        if is_element {
            text = format!("{}{indent}", text.trim_start());
        }
        let at = if is_element {
            key
        } else {
            above_comments(before, line)
        };
        Ok(Edit {
            place: Place::new(self.file, at..at),
            text,
        })
    }

    /// A value on one line.
    fn flow(&self, value: &Value) -> String {
        match value {
            Value::String(text) if !self.is_json() && is_plain(text) => text.to_string(),
            other => other.to_string(),
        }
    }

    fn is_json(&self) -> bool {
        self.text.trim_start().starts_with('{')
    }
}

/// The start of the comments right above a line, which belong to what stands on it.
fn above_comments(text: &str, line: usize) -> usize {
    let lines = text.get(..line).unwrap_or_default().split_inclusive('\n').rev();
    let comments = lines.take_while(|line| line.trim_start().starts_with('#'));
    line - comments.map(str::len).sum::<usize>()
}

/// A property and what is in it, in block style.
fn block(indent: &str, name: &str, value: &Value, text: &mut String) {
    match value {
        Value::Map(map) => {
            text.push_str(&format!("{indent}{name}:\n"));
            for (key, value) in map.iter() {
                block(&format!("{indent}  "), key, value, text);
            }
        }
        Value::String(value) if is_plain(value) => text.push_str(&format!("{indent}{name}: {value}\n")),
        other => text.push_str(&format!("{indent}{name}: {other}\n")),
    }
}

/// Whether a text needs no quotes in YAML.
fn is_plain(text: &str) -> bool {
    let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !reserved.contains(&text.to_ascii_lowercase().as_str())
}
