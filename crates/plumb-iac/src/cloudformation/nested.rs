//! Nested stacks whose template is a file of the tree.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::evaluate::Spot;
use super::instance::{Instance, Origin};
use super::parameters::Parameter;
use super::substitution::Piece;
use super::tree::{Entry, Node};
use super::{Certainty, MAX_INSTANCES, MAX_NESTING};
use crate::files;
use crate::val::Val;
use crate::work::Memo;

/// The kind of a nested stack.
const STACK: &str = "AWS::CloudFormation::Stack";

impl<'w, 'a> Instance<'w, 'a> {
    /// The instance that a nested stack is; `None` when the resource is none, or its template is not seen, which is told.
    pub(super) fn child(&self, resource: &Entry) -> Option<Rc<Instance<'w, 'a>>> {
        if resource.value.get_text("Type") != Some(STACK) {
            return None;
        }
        let id = &resource.key;
        match self.children.borrow().get(id) {
            Some(Memo::Done(child)) => return child.clone(),
            Some(Memo::Running) => {
                let message = format!("the parameters of the nested stack `{id}` depend on its own outputs");
                self.work.error(resource.key_place, message, "break the cycle");
                return None;
            }
            None => {}
        }
        self.children.borrow_mut().insert(id.clone(), Memo::Running);
        let child = self.new_child(resource);
        self.children
            .borrow_mut()
            .insert(id.clone(), Memo::Done(child.clone()));
        child
    }

    /// Tells of a nested stack that a false condition leaves out, if its template is a file.
    pub(super) fn tell_left_out(&self, resource: &Entry, condition: &str) {
        let url = resource
            .value
            .get("Properties")
            .and_then(|properties| properties.get("TemplateURL"));
        let is_file = url.and_then(Node::text).is_some_and(|url| !url.contains("://"));
        if is_file && resource.value.get_text("Type") == Some(STACK) {
            let id = &resource.key;
            let message =
                format!("the nested stack `{id}` is not deployed: condition `{condition}` is false");
            let help = "a template that nothing else nests is judged by itself";
            self.work.warning(resource.key_place, message, help);
        }
    }

    /// An output of a nested stack.
    pub(super) fn child_output(&self, resource: &Entry, name: &str) -> Val {
        let id = &resource.key;
        let Some(child) = self.child(resource) else {
            return Val::unknown(format!("the template of the nested stack `{id}` is not seen"));
        };
        match child
            .outputs
            .get(name)
            .and_then(|output| output.value.get("Value"))
        {
            Some(value) => {
                let spot = Spot {
                    at: None,
                    certainty: Certainty::StandIn,
                };
                child.evaluate(value, spot)
            }
            None => self.wrong(
                resource.key_place,
                format!("the nested stack `{id}` has no output `{name}`"),
            ),
        }
    }

    fn new_child(&self, resource: &Entry) -> Option<Rc<Instance<'w, 'a>>> {
        let properties = resource.value.get("Properties")?;
        let url = properties.get("TemplateURL")?;
        let not_seen = |message: String| {
            self.work
                .error(url.place, message, "its resources are not judged");
            None
        };
        // The CDK uploads templates, and notes where they were.
        let metadata = resource.value.get("Metadata");
        let asset = metadata.and_then(|metadata| metadata.get_text("aws:asset:path"));
        let text = match asset.map_or_else(|| self.text(url, Spot::DECISION), |path| Piece::Text(path.into()))
        {
            Piece::Text(text) => text,
            Piece::Unknown(why, _) => {
                return not_seen(format!("the template of the nested stack is not known: {why}"));
            }
        };
        if text.contains("://") {
            return not_seen(format!("the template `{text}` is not in the tree"));
        }
        let folder = self.origin.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(path) = files::join(folder, &text) else {
            return not_seen(format!("the template `{text}` is outside of the tree"));
        };
        let mut around = self.origin.around.clone();
        around.push(self.origin.path.clone());
        if around.iter().any(|around| *around == path) {
            return not_seen(format!("the template `{path}` nests itself"));
        }
        if around.len() > MAX_NESTING || self.work.count_use() > MAX_INSTANCES {
            return not_seen(format!(
                "stacks nest more than {MAX_NESTING} levels or are more than {MAX_INSTANCES}"
            ));
        }
        self.work.deploy(&path);
        let template = match self.work.template_in(&path) {
            Ok(template) => template?,
            Err(error) => return not_seen(format!("cannot read the template `{path}`: {error}")),
        };
        let mut given = BTreeMap::new();
        for parameter in properties
            .get("Parameters")
            .and_then(|node| node.entries())
            .unwrap_or_default()
        {
            let joining = Spot {
                certainty: Certainty::StandIn,
                ..Spot::DECISION
            };
            let value = self.evaluate(&parameter.value, joining);
            let certain = self.evaluate(&parameter.value, Spot::DECISION);
            given.insert(parameter.key.clone(), Parameter { value, certain });
        }
        let mut calls = self.origin.calls.clone();
        calls.push(resource.place());
        let origin = Origin {
            path: path.into(),
            prefix: format!("{}/", self.address(&resource.key)),
            calls,
            around,
        };
        Some(Rc::new(Instance::new(self.work, &template, given, origin)))
    }
}
