//! Where the values of a root's parameters come from: parameter files and the command line.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/parameter-files>

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::value::Text;

use super::deployment::{Deployment, Given, Givens, Origin, find};
use super::frame::{Frame, Spot};
use super::modules::{certain, folder_of};
use super::tree::Template;
use super::types::Plain;
use super::work::Work;
use super::{Certainty, MAX_NESTING, Values, functions, is_bicep, json};
use crate::cloudformation::tree::{Content, Node};
use crate::files;
use crate::place::Place;
use crate::val::{Entries, Kind, Val};

/// The values that the parameters of a root get.
pub(super) fn given(work: &Work<'_>, template: &Template, values: &Values) -> Givens {
    let mut givens = match &values.file {
        Some((path, text)) if is_bicep(path) => from_bicep(work, path, text),
        Some((path, text)) => certain(from_json(work, path, text)),
        None => Givens::default(),
    };
    for (name, given) in &givens.values {
        if find(&template.parameters, name).is_none()
            && let Some(place) = given.value.set
        {
            let message = format!("the template has no parameter `{name}`");
            work.error(place, message, "Azure refuses it; the value is not used");
        }
    }
    let told = values.given.iter().filter_map(|(name, text)| {
        let (name, parameter) = find(&template.parameters, name)?;
        Some((name.clone(), typed(text, parameter.type_.plain())))
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
    from_parameters(work, &template, 0)
}

/// The values of a parameter file of Bicep, and under them those of the file that it extends.
fn from_parameters(work: &Work<'_>, template: &Rc<Template>, depth: usize) -> Givens {
    let mut givens = match &template.extends {
        Some((file, place)) => base(work, template, (file, *place), depth),
        None => Givens::default(),
    };
    let own = own_values(work, Rc::clone(template));
    givens.values.extend(own);
    givens
}

fn base(work: &Work<'_>, template: &Template, (file, place): (&str, Place), depth: usize) -> Givens {
    let unknown = |message: String| {
        let help = "the values that it gives are unknown";
        work.error(place, message.clone(), help);
        Givens {
            rest: Some(message.into()),
            ..Givens::default()
        }
    };
    let Some(path) = files::join(folder_of(&template.path), file) else {
        return unknown(format!("`{file}` is outside of the tree"));
    };
    if depth > MAX_NESTING {
        return unknown(format!(
            "parameter files extend each other more than {MAX_NESTING} times"
        ));
    }
    match work.template_in(&path) {
        Ok(Some(template)) => from_parameters(work, &template, depth + 1),
        Ok(None) => Givens::default(),
        Err(error) => unknown(format!("cannot read `{path}`: {error}")),
    }
}

/// The values that one parameter file gives itself.
fn own_values(work: &Work<'_>, template: Rc<Template>) -> BTreeMap<Text, Given> {
    let names: Vec<Text> = template.parameters.keys().cloned().collect();
    let path = template.path.clone();
    let file = Deployment::new(work, template, Givens::default(), Origin::root(&path));
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
    values.collect()
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
fn typed(text: &Text, kind: Plain) -> Val {
    let as_json = || match functions::parsed(text) {
        value if value.why_unknown().is_some() => Val::string(text.clone()),
        value => value,
    };
    match kind {
        Plain::Text => Val::string(text.clone()),
        Plain::Int => text
            .parse()
            .map_or_else(|_| Val::string(text.clone()), |int| Val::new(Kind::Int(int))),
        Plain::Bool => match text.to_ascii_lowercase().as_str() {
            "true" => Val::new(Kind::Bool(true)),
            "false" => Val::new(Kind::Bool(false)),
            _ => Val::string(text.clone()),
        },
        Plain::Json | Plain::Other => as_json(),
    }
}
