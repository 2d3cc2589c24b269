//! SAM: `AWS::Serverless::…` resources rewritten into those of CloudFormation, before anything of them is evaluated.
//!
//! Generated resources stand at the place of what asks for them, and properties keep their places.
//! Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>
//! and its page on generated resources.

mod apis;
mod connectors;
mod ends;
mod events;
mod function;
mod implicit;
mod macros;
mod others;
mod policies;
mod requests;
mod role;
mod rules;
mod url;
mod websocket;

use std::collections::BTreeMap;

use super::instance::Instance;
use super::template::Template;
use super::tree::{Entry, Node};
use super::work::Work;
use crate::val::Why;
use implicit::Implicit;
use macros::Macro;

/// How many resources the transform may give.
const MAX_RESOURCES: usize = 20_000;

/// The resources of a template after the transform; kinds that are not known stay as they are.
pub(super) fn transformed(
    instance: &Instance<'_, '_>,
    template: &Template,
    resources: Vec<Entry>,
) -> Vec<Entry> {
    let mut out = Vec::with_capacity(resources.len());
    let mut implicit = Implicit::new(&resources, template);
    let mut connected = Vec::new();
    for resource in resources {
        connected.extend(connectors::of(&resource));
        let kind = resource.value.get_text("Type").unwrap_or_default().to_owned();
        let Some(name) = kind.strip_prefix("AWS::Serverless::") else {
            out.push(resource);
            continue;
        };
        if out.len() >= MAX_RESOURCES {
            let message = format!("the transform gives more than {MAX_RESOURCES} resources");
            instance
                .work
                .error(resource.key_place, message, "those of this one are not judged");
            break;
        }
        let globals = template.globals.as_ref().and_then(|globals| globals.get(name));
        let source = Macro::new(instance, &resource, globals);
        let is_rest = name == "Api";
        for unseen in ["Domain", "DeploymentPreference", "EventInvokeConfig"] {
            if let Some(entry) = source
                .properties
                .entry(unseen)
                .filter(|entry| !is_rest || entry.key != "Domain")
            {
                let message = format!("`{unseen}` of `{kind}` is not expanded");
                instance.work.warning(
                    entry.key_place,
                    message,
                    "resources that it stands for are not judged",
                );
            }
        }
        match name {
            "Function" => function::expand(&source, &mut implicit, &mut out),
            "Api" => {
                apis::rest(&source, &mut out);
                websocket::domain(&source, &mut out);
            }
            "HttpApi" => apis::http(&source, &mut out),
            "WebSocketApi" => websocket::expand(&source, &mut out),
            "SimpleTable" => others::table(&source, &mut out),
            "LayerVersion" => others::layer(&source, &mut out),
            "StateMachine" => others::state_machine(&source, &mut implicit, &mut out),
            "Application" => others::application(&source, &mut out),
            // Made when all that it can connect is there.
            "Connector" => {}
            _ => out.push(resource),
        }
    }
    implicit.expand(instance, template, &mut out);
    for connector in connected {
        if out.len() < MAX_RESOURCES {
            connector.expand(instance, &mut out);
        }
    }
    out
}

/// Properties with their defaults: maps are merged, lists appended to those of the defaults, all else replaces them.
///
/// # Errors
/// Says why no more is merged.
fn merged(work: &Work<'_>, global: &Node, own: &Node) -> Result<Node, Why> {
    let is_call = global.call().is_some() || own.call().is_some();
    match (global.entries(), own.entries()) {
        (Some(defaults), Some(entries)) if !is_call => {
            work.spend(defaults.len() + entries.len(), own.place)?;
            let mut rest: BTreeMap<&str, &Entry> =
                entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
            let mut all: Vec<Entry> = Vec::with_capacity(defaults.len() + entries.len());
            for default in defaults {
                all.push(match rest.remove(default.key.as_str()) {
                    Some(entry) => Entry {
                        value: merged(work, &default.value, &entry.value)?,
                        ..entry.clone()
                    },
                    None => default.clone(),
                });
            }
            all.extend(rest.into_values().cloned());
            return Ok(Node::map_at(own.place, all));
        }
        _ => {}
    }
    Ok(match (global.items(), own.items()) {
        (Some(defaults), Some(items)) => {
            work.spend(defaults.len() + items.len(), own.place)?;
            Node::list_at(own.place, defaults.iter().chain(items).cloned().collect())
        }
        _ => own.clone(),
    })
}
