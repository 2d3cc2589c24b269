//! Corrections of templates in YAML and JSON.

use std::ops::Range;

use plumb_model::value::{Text, Value};
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::Language;

use super::{Correction, Edit, NoCorrection, correction, indentation};
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
                    text: self.in_flow(value, None),
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

    /// A new property: behind `Type` where the resource has no properties, else before the first one of the map.
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
        let range = node.place.range();
        let written = self.text.get(range.clone()).unwrap_or_default();
        let is_flow = written.starts_with('{');
        let Some(first) = found.first() else {
            return match is_flow {
                true => Ok(self.filled(node, name, &value)),
                false => Err(Text::new_static("the map is empty")),
            };
        };
        let beside = found
            .iter()
            .find(|entry| name == "Properties" && entry.key == "Type")
            .unwrap_or(first);
        let key = beside.key_place.range().start;
        let before = self.text.get(..key).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let lead = before.get(line..).unwrap_or_default();
        if is_flow {
            return Ok(self.insert_in_flow(&range, beside, lead, (name, &value)));
        }
        // An element of a list begins behind its dash: `- Name: web`.
        let is_element = lead.trim() == "-";
        if !is_element && !lead.trim().is_empty() {
            return Err(Text::new_static("the layout of the map is not understood"));
        }
        let indent = lead.replace('-', " ");
        let mut text = String::new();
        block(&indent, name, &value, &mut text);
        let at = if name == "Properties" {
            text = format!("\n{}", text.trim_end());
            self.end_of_line(beside.value.place.range().end)
        } else if is_element {
            text = format!("{}{indent}", text.trim_start());
            key
        } else {
            above_comments(before, line)
        };
        Ok(Edit {
            place: Place::new(self.file, at..at),
            text,
        })
    }

    /// A new property of a map in braces, in the layout of the one that stands beside it.
    fn insert_in_flow(
        &self,
        map: &Range<usize>,
        beside: &Entry,
        lead: &str,
        (name, value): (&Text, &Value),
    ) -> Edit {
        let is_on_own_line = lead.trim().is_empty();
        let indent = match is_on_own_line {
            true => Some(Indent {
                outer: lead.to_owned(),
                unit: self.unit(map.start, lead),
            }),
            false => None,
        };
        let written = self.in_flow(value, indent.as_ref());
        let name = self.key(name, beside);
        if name.trim_matches('"') != "Properties" {
            let at = beside.key_place.range().start;
            let gap = match is_on_own_line {
                true => format!("\n{lead}"),
                false => " ".to_owned(),
            };
            return Edit {
                place: Place::new(self.file, at..at),
                text: format!("{name}: {written},{gap}"),
            };
        }
        let at = beside.value.place.range().end;
        let gap = match is_on_own_line {
            true => format!("\n{lead}"),
            false => " ".to_owned(),
        };
        Edit {
            place: Place::new(self.file, at..at),
            text: format!(",{gap}{name}: {written}"),
        }
    }

    /// A property in the place of an empty map.
    fn filled(&self, node: &Node, name: &Text, value: &Value) -> Edit {
        let range = node.place.range();
        let outer = indentation(self.text, range.start);
        let mut start = range.start;
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let text = if line.contains('{') {
            let value = self.in_flow(value, None);
            match self.is_json() {
                true => format!("{{ \"{name}\": {value} }}"),
                false => format!("{{ {name}: {value} }}"),
            }
        } else if self.is_json() {
            let unit = self.unit(node.place.range().start, "");
            let indent = Indent {
                outer: format!("{outer}{unit}"),
                unit,
            };
            let value = self.in_flow(value, Some(&indent));
            format!("{{\n{}\"{name}\": {value}\n{outer}}}", indent.outer)
        } else {
            let mut text = String::new();
            block(&format!("{outer}  "), name, value, &mut text);
            // No space stays behind the colon.
            start = before.trim_end_matches(' ').len();
            format!("\n{}", text.trim_end())
        };
        Edit {
            place: Place::new(self.file, start..range.end),
            text,
        }
    }

    /// A name as the one beside it is written.
    fn key(&self, name: &Text, beside: &Entry) -> String {
        let written = self.text.get(beside.key_place.range().start..);
        match written.is_some_and(|written| written.starts_with('"')) || self.is_json() {
            true => format!("\"{name}\""),
            false => name.to_string(),
        }
    }

    /// By how much more what is in a map is indented than the line on which the map begins.
    fn unit(&self, start: usize, inner: &str) -> String {
        let outer = indentation(self.text, start);
        match inner.strip_prefix(outer.as_str()) {
            Some(unit) if !unit.is_empty() => unit.to_owned(),
            // The first indented line of the file tells.
            _ => {
                let lead =
                    |line: &str| -> String { line.chars().take_while(|c| c.is_whitespace()).collect() };
                let lines = self.text.lines().skip(1).filter(|line| !line.trim().is_empty());
                let mut leads = lines.map(lead).filter(|lead| !lead.is_empty());
                leads.next().unwrap_or_else(|| "  ".to_owned())
            }
        }
    }

    /// A value in braces, brackets and quotes: on lines of its own where there is an indentation, else on one.
    fn in_flow(&self, value: &Value, indent: Option<&Indent>) -> String {
        let entries: Vec<String> = match value {
            Value::Map(map) => map
                .iter()
                .map(|(key, value)| {
                    let value = self.in_flow(value, indent.map(Indent::deeper).as_ref());
                    match self.is_json() {
                        true => format!("\"{key}\": {value}"),
                        false => format!("{key}: {value}"),
                    }
                })
                .collect(),
            Value::List(items) => items
                .iter()
                .map(|item| self.in_flow(item, indent.map(Indent::deeper).as_ref()))
                .collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Unreadable(_) => return self.scalar(value),
        };
        let (open, close) = match value {
            Value::List(_) => ('[', ']'),
            _ => ('{', '}'),
        };
        let is_short =
            matches!(value, Value::List(items) if !items.iter().any(|item| matches!(item, Value::Map(_))));
        match indent {
            _ if entries.is_empty() => format!("{open}{close}"),
            Some(indent) if !is_short => {
                let (outer, inner) = (&indent.outer, indent.deeper().outer);
                let entries = entries.join(&format!(",\n{inner}"));
                format!("{open}\n{inner}{entries}\n{outer}{close}")
            }
            Some(_) | None if open == '[' => format!("[{}]", entries.join(", ")),
            Some(_) | None => format!("{{ {} }}", entries.join(", ")),
        }
    }

    /// A text, number or truth value.
    fn scalar(&self, value: &Value) -> String {
        match value {
            Value::String(text) if !self.is_json() && is_plain(text) => text.to_string(),
            other => other.to_string(),
        }
    }

    fn end_of_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = rest
            .find('\n')
            .map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        at + line.trim_end_matches('\r').len()
    }

    fn is_json(&self) -> bool {
        self.text.trim_start().starts_with('{')
    }
}

/// How the lines of a value are indented.
struct Indent {
    /// The line that the value begins on.
    outer: String,
    /// What each level adds.
    unit: String,
}

impl Indent {
    fn deeper(&self) -> Self {
        Self {
            outer: format!("{}{}", self.outer, self.unit),
            unit: self.unit.clone(),
        }
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
        Value::Map(map) if !map.is_empty() => {
            text.push_str(&format!("{indent}{name}:\n"));
            for (key, value) in map.iter() {
                block(&format!("{indent}  "), key, value, text);
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Map(_))) => {
            text.push_str(&format!("{indent}{name}:\n"));
            for item in items {
                element(indent, item, text);
            }
        }
        Value::String(value) if is_plain(value) => text.push_str(&format!("{indent}{name}: {value}\n")),
        other => text.push_str(&format!("{indent}{name}: {other}\n")),
    }
}

/// An element of a list in block style.
fn element(indent: &str, item: &Value, text: &mut String) {
    let mut lines = String::new();
    match item {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                block(&format!("{indent}    "), key, value, &mut lines);
            }
        }
        Value::String(value) if is_plain(value) => lines = format!("{value}\n"),
        other => lines = format!("{other}\n"),
    }
    text.push_str(&format!("{indent}  - {}", lines.trim_start()));
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
