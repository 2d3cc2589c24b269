//! Where the values of a root's parameters come from: parameter files and the command line.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/parameter-files>

use std::sync::Arc;

use plumb_model::value::Text;

use super::deployment::{Deployment, Given, Givens, Origin, find};
use super::frame::{Frame, Spot};
use super::modules::certain;
use super::tree::{ParameterKind, Template};
use super::work::Work;
use super::{Certainty, Values, functions, is_bicep, json};
use crate::cloudformation::tree::{Content, Node};
use crate::val::{Entries, Kind, Val};

/// The values that the parameters of a root get.
pub(super) fn given(work: &Work<'_>, template: &Template, values: &Values) -> Givens {
    let mut givens = match &values.file {
        Some((path, text)) if is_bicep(path) => from_bicep(work, path, text),
        Some((path, text)) => certain(from_json(work, path, text)),
        None => Givens::default(),
    };
    let told = values.given.iter().filter_map(|(name, text)| {
        let (name, parameter) = find(&template.parameters, name)?;
        Some((name.clone(), typed(text, parameter.kind)))
    });
    givens.values.extend(certain(told.collect()).values);
    givens
}

fn from_json(work: &Work<'_>, path: &str, text: &str) -> Entries {
    let file = work.add(path, text);
    let Some(root) = json::parse(file, text, work) else {
        return Entries::new();
    };
    let entries = root.get("parameters").and_then(Node::entries).unwrap_or_default();
    let values = entries.iter().map(|entry| {
        let value = match entry.value.get("value") {
            Some(value) => literal(value),
            None => Val::placed(
                Kind::Unknown("it is read from a vault".into()),
                Some(entry.value.place),
            ),
        };
        (entry.key.clone(), value)
    });
    values.collect()
}

fn from_bicep(work: &Work<'_>, path: &str, text: &str) -> Givens {
    let Some(template) = work.template(path, text) else {
        return Givens::default();
    };
    let names: Vec<Text> = template.parameters.keys().cloned().collect();
    let file = Deployment::new(work, template, Givens::default(), Origin::root(path));
    let values = names.into_iter().filter_map(|name| {
        let expr = file.template.parameters.get(&name)?.default.as_ref()?;
        let root = Frame::default();
        let make = |certainty| file.evaluate(expr, Spot::new(certainty, file.base(&root)));
        let given = Given {
            identity: make(Certainty::Identity),
            value: make(Certainty::Value),
            certain: make(Certainty::Required),
        };
        Some((name, given))
    });
    Givens {
        values: values.collect(),
        rest: None,
    }
}

/// The value that a JSON node is, nothing of it evaluated.
pub(super) fn literal(node: &Node) -> Val {
    let kind = match &node.content {
        Content::Quoted(text) => Kind::String(text.clone()),
        Content::Plain(text) => match (text.as_str(), text.parse::<i64>(), text.parse::<f64>()) {
            ("null", _, _) => Kind::Null,
            ("true", _, _) => Kind::Bool(true),
            ("false", _, _) => Kind::Bool(false),
            (_, Ok(int), _) => Kind::Int(int),
            (_, Err(_), Ok(float)) => Kind::Float(float),
            (_, Err(_), Err(_)) => Kind::String(text.clone()),
        },
        Content::List(items) => Kind::List(Arc::new(items.iter().map(literal).collect())),
        Content::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| (entry.key.clone(), literal(&entry.value)));
            Val::map(entries.collect()).kind
        }
        Content::Unreadable(why) => Kind::Unknown(why.clone()),
    };
    Val::placed(kind, Some(node.place))
}

/// A text of the command line as the parameter takes it.
fn typed(text: &Text, kind: ParameterKind) -> Val {
    let as_json = || match functions::parsed(text) {
        value if value.why_unknown().is_some() => Val::string(text.clone()),
        value => value,
    };
    match kind {
        ParameterKind::Text => Val::string(text.clone()),
        ParameterKind::Int => text
            .parse()
            .map_or_else(|_| Val::string(text.clone()), |int| Val::new(Kind::Int(int))),
        ParameterKind::Bool => match text.to_ascii_lowercase().as_str() {
            "true" => Val::new(Kind::Bool(true)),
            "false" => Val::new(Kind::Bool(false)),
            _ => Val::string(text.clone()),
        },
        ParameterKind::Json | ParameterKind::Other => as_json(),
    }
}
