//! Modules of Bicep and nested deployments of ARM: templates that a template deploys.

use std::collections::BTreeMap;
use std::rc::Rc;

use plumb_model::value::Text;

use super::attributes::Target;
use super::deployment::{Deployment, Given, Givens, Origin, find};
use super::frame::Spot;
use super::identity::{resource_group, subscription};
use super::tree::{Entry, Expr, Form, Module, Parameter, Resource, Shape, Source, Template, field};
use super::{Certainty, MAX_DEPLOYMENTS, MAX_NESTING};
use crate::files;
use crate::place::Place;
use crate::val::{Entries, Kind, Val, Why};
use crate::work::Memo;

/// What stands before the path of a file of the tree where templates write addresses.
pub(super) const LOCAL: &str = "file:///";

impl<'w, 'a> Deployment<'w, 'a> {
    /// The deployment that a module makes; `None` when its template is not seen, which is told.
    pub(super) fn child(&self, target: Target<'_>, spot: Spot<'_>) -> Option<Rc<Deployment<'w, 'a>>> {
        let resource = target.resource;
        let module = resource.module.as_ref()?;
        let address = self.address(resource, target.index, spot);
        // Two deployments may have one name in two scopes.
        let key = (resource.number, address.clone());
        match self.children.borrow().get(&key) {
            Some(Memo::Done(child)) => return child.clone(),
            Some(Memo::Running) => {
                let message = format!("the values that `{address}` gets depend on its own outputs");
                self.work.error(resource.head, message, "break the cycle");
                return None;
            }
            None => {}
        }
        self.children.borrow_mut().insert(key.clone(), Memo::Running);
        let child = self.new_child(resource, module, &address, spot).map(Rc::new);
        self.children.borrow_mut().insert(key, Memo::Done(child.clone()));
        child
    }

    fn new_child(
        &self,
        resource: &Resource,
        module: &Module,
        address: &str,
        spot: Spot<'_>,
    ) -> Option<Deployment<'w, 'a>> {
        let not_seen = |place: Place, message: String| {
            self.work.error(place, message, "its resources are not judged");
            None
        };
        let around = &self.origin.around;
        if around.len() > MAX_NESTING || self.work.count_use() > MAX_DEPLOYMENTS {
            let message =
                format!("deployments nest more than {MAX_NESTING} levels or are more than {MAX_DEPLOYMENTS}");
            return not_seen(resource.head, message);
        }
        let mut calls = self.origin.calls.clone();
        calls.push(resource.whole);
        let mut origin = Origin {
            prefix: format!("{address}/"),
            calls,
            around: around.clone(),
            scope: self.child_scope(resource, spot),
            turn: super::frame::Turn::default(),
        };
        let (text, place) = match &module.source {
            Source::Outer(template) => {
                origin.around.push(template.path.clone());
                origin.turn = spot.frame.flat();
                let shared = Template {
                    parameters: self.template.parameters.clone(),
                    variables: self.template.variables.clone(),
                    functions: self.template.functions.clone(),
                    ..Template::clone(template)
                };
                return Some(Deployment::new(
                    self.work,
                    Rc::new(shared),
                    self.given.clone(),
                    origin,
                ));
            }
            Source::Inner(template) => {
                origin.around.push(template.path.clone());
                let given = self.givens(module, spot);
                self.check((resource, address), module, &template.parameters, &given);
                return Some(Deployment::new(self.work, Rc::clone(template), given, origin));
            }
            Source::Elsewhere(why, place) => {
                return not_seen(*place, format!("the template is not seen: {why}"));
            }
            Source::Path(text, place) => (text.clone(), *place),
            Source::Link(expr) => {
                let value = self.evaluate(expr, Spot::new(Certainty::Value, spot.frame));
                match (value.as_str(), value.why_unknown()) {
                    (Some(text), _) => (Text::from(text), expr.place),
                    (None, why) => {
                        let why = why.map_or("it is no text", |why| why.as_str());
                        return not_seen(expr.place, format!("the template is not known: {why}"));
                    }
                }
            }
        };
        let path = match self.path_of(&text) {
            Ok(path) => path,
            Err(message) => return not_seen(place, message),
        };
        if around.iter().any(|around| *around == path) {
            return not_seen(place, format!("the template `{path}` deploys itself"));
        }
        self.work.deploy(&path);
        let template = match self.work.template_in(&path) {
            Ok(template) => template?,
            Err(error) => return not_seen(place, format!("cannot read the template `{path}`: {error}")),
        };
        origin.around.push(path.into());
        let given = self.givens(module, spot);
        self.check((resource, address), module, &template.parameters, &given);
        Some(Deployment::new(self.work, template, given, origin))
    }

    /// Tells of values that a template asks for and does not get, and of those that it does not ask for.
    fn check(
        &self,
        (resource, address): (&Resource, &str),
        module: &Module,
        parameters: &BTreeMap<Text, Parameter>,
        given: &Givens,
    ) {
        if given.rest.is_none() {
            let lacking = parameters.iter().filter(|(name, parameter)| {
                parameter.default.is_none() && find(&given.values, name).is_none()
            });
            for (name, _) in lacking {
                let message = format!("`{address}` gets no value for the parameter `{name}` of its template");
                let help = "Azure refuses it; what hangs on the value is unknown";
                self.work.error(resource.head, message, help);
            }
        }
        let entries = match module.parameters.as_ref().map(|parameters| &parameters.form) {
            Some(Form::Map(entries)) => entries.as_slice(),
            Some(_) | None => &[],
        };
        for entry in entries {
            let Entry::Field(field) = entry else { continue };
            if let Some(name) = field.key.as_text()
                && find(parameters, name).is_none()
            {
                let message = format!("the template of `{address}` has no parameter `{name}`");
                self.work.error(
                    field.key.place,
                    message,
                    "Azure refuses it; the value is not used",
                );
            }
        }
    }

    /// The path of a template in the tree.
    pub(super) fn path_of(&self, text: &str) -> Result<String, String> {
        let folder = folder_of(&self.template.path);
        let (folder, relative) = match text.strip_prefix(LOCAL) {
            Some(path) => ("", path),
            None => (folder, text),
        };
        let registries = ["br:", "br/", "ts:", "ts/"];
        if registries.iter().any(|start| relative.starts_with(start)) {
            return Err(format!(
                "the module `{text}` is in a registry and not in the tree"
            ));
        }
        if relative.contains("://") {
            return Err(format!("the template `{text}` is not in the tree"));
        }
        let relative = relative.split(['?', '#']).next().unwrap_or_default();
        files::join(folder, relative).ok_or_else(|| format!("the template `{text}` is outside of the tree"))
    }

    /// What a module is deployed to; `None` for what its template's level says.
    pub(super) fn child_scope(&self, resource: &Resource, spot: Spot<'_>) -> Option<Text> {
        if let Some(scope) = resource.field("scope") {
            let unknown = || Text::from(format!("{}/resourceGroups/UNKNOWN", self.scope));
            return Some(self.id_in(&scope.value, spot).unwrap_or_else(unknown));
        }
        let text = |name: &str| {
            let value = self.evaluate(&resource.field(name)?.value, spot.identity());
            value.as_str().map(Text::from)
        };
        let own = (subscription(&self.scope), resource_group(&self.scope));
        match (text("subscriptionId"), text("resourceGroup")) {
            (None, None) => Some(self.scope.clone()),
            (to, group) => {
                let to = to.or_else(|| own.0.map(Text::from)).unwrap_or_default();
                Some(match group {
                    Some(group) => format!("/subscriptions/{to}/resourceGroups/{group}").into(),
                    None => format!("/subscriptions/{to}").into(),
                })
            }
        }
    }

    /// The values that a module gets.
    fn givens(&self, module: &Module, spot: Spot<'_>) -> Givens {
        let mut givens = Givens::default();
        let Some(parameters) = &module.parameters else {
            return givens;
        };
        let Form::Map(entries) = &parameters.form else {
            let value = self.evaluate(parameters, Spot::new(Certainty::Value, spot.frame));
            let why = value.why_unknown().cloned();
            givens.rest =
                Some(why.unwrap_or_else(|| Why::new_static("the values of the module are computed")));
            return givens;
        };
        for entry in entries {
            match entry {
                Entry::Spread(_) => {
                    givens.rest = Some(Why::new_static("values are spread into those of the module"));
                }
                Entry::Field(field) => {
                    if let Some(name) = field.key.as_text() {
                        let given = self.given(&field.value, module.shape, spot);
                        givens.values.insert(name.clone(), given);
                    }
                }
            }
        }
        givens
    }

    /// A value that a parameter gets, for each certainty.
    pub(super) fn given(&self, expr: &Expr, shape: Shape, spot: Spot<'_>) -> Given {
        let make = |certainty| {
            let spot = Spot::new(certainty, spot.frame);
            let wrapped = match (&expr.form, shape) {
                (Form::Map(entries), Shape::Wrapped) => field(entries, "value"),
                (_, _) => None,
            };
            match (wrapped, shape) {
                (Some(field), _) => self.evaluate(&field.value, spot),
                (None, Shape::Plain) => self.evaluate(expr, spot),
                (None, Shape::Wrapped) => {
                    let value = self.evaluate(expr, spot);
                    let inner = value.get("value").cloned();
                    inner.unwrap_or_else(|| {
                        Val::placed(Kind::Unknown("it is read from a vault".into()), Some(expr.place))
                    })
                }
            }
        };
        Given {
            identity: make(Certainty::Identity),
            value: make(Certainty::Value),
            certain: make(Certainty::Required),
        }
    }
}

/// The folder of a path.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Values of the user as what a parameter gets.
pub(super) fn certain(values: Entries) -> Givens {
    let values = values.into_iter().map(|(name, value)| {
        let given = Given {
            identity: value.clone(),
            value: value.clone(),
            certain: value,
        };
        (name, given)
    });
    Givens {
        values: values.collect(),
        rest: None,
    }
}
