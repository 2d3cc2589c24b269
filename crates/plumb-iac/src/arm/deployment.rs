//! `Deployment`: a template with the values of its parameters, in the place where it is deployed.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use plumb_model::value::Text;

use super::frame::{Frame, Spot, Turn};
use super::imports::Naming;
use super::tree::{Level, Template};
use super::types::Plain;
use super::work::Work;
use super::{Certainty, STAND_IN_RESOURCE_GROUP, STAND_IN_SUBSCRIPTION};
use crate::place::Place;
use crate::val::{Kind, Val, Why};
use crate::work::Memo;

/// Where a deployment stands among others.
#[derive(Clone)]
pub(super) struct Origin {
    /// The path and `/` before the addresses of its resources; empty for a root.
    pub(super) prefix: String,
    /// The modules that deploy it, outermost first.
    pub(super) calls: Vec<Place>,
    /// The paths of the templates around it.
    pub(super) around: Vec<Text>,
    /// The id of what it is deployed to; `None` for what the template's level says.
    pub(super) scope: Option<Text>,
    /// The names that the place around a template gives it which shares its expressions.
    pub(super) turn: Turn,
}

impl Origin {
    /// The origin of a root.
    pub(super) fn root(path: &str) -> Self {
        Self {
            prefix: String::new(),
            calls: Vec::new(),
            around: vec![path.into()],
            scope: None,
            turn: Turn::default(),
        }
    }
}

/// The value that a parameter gets, for each certainty.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) identity: Val,
    pub(super) value: Val,
    pub(super) certain: Val,
}

/// The values that the parameters of a deployment get.
#[derive(Clone, Debug, Default)]
pub(super) struct Givens {
    pub(super) values: BTreeMap<Text, Given>,
    /// Why there may be others.
    pub(super) rest: Option<Why>,
}

/// What a value is called by that is worked out once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Parameter(Text, Certainty),
    Variable(Text, Certainty),
    Output(Text, Certainty),
    /// A field of the resource with a number, in a turn of its loop.
    Field(usize, Option<usize>, Text, Certainty),
}

/// The number of a resource, and the turn of its loop.
type Instance = (usize, Option<usize>);

/// The deployment that a module makes, where its template is seen.
type Child<'w, 'a> = Memo<Option<Rc<Deployment<'w, 'a>>>>;

/// A template that is deployed.
pub(super) struct Deployment<'w, 'a> {
    pub(super) work: &'w Work<'a>,
    pub(super) template: Rc<Template>,
    pub(super) origin: Origin,
    /// The id of what it is deployed to.
    pub(super) scope: Text,
    pub(super) given: Givens,
    values: RefCell<BTreeMap<Key, Memo<Val>>>,
    pub(super) children: RefCell<BTreeMap<(usize, Text), Child<'w, 'a>>>,
    /// The files that are imported, by their paths from here.
    pub(super) files: RefCell<BTreeMap<Text, Result<Rc<Deployment<'w, 'a>>, Why>>>,
    /// Resources by their ids in lower case.
    pub(super) by_id: OnceCell<BTreeMap<String, usize>>,
    /// Ids of resources by number and turn.
    pub(super) known_ids: RefCell<BTreeMap<Instance, Memo<Option<Text>>>>,
    /// Whether all of them are being worked out.
    pub(super) finding_ids: Cell<bool>,
}

impl<'w, 'a> Deployment<'w, 'a> {
    pub(super) fn new(work: &'w Work<'a>, template: Rc<Template>, given: Givens, origin: Origin) -> Self {
        let subscription = work.context.account.as_deref().unwrap_or(STAND_IN_SUBSCRIPTION);
        let scope = origin.scope.clone().unwrap_or_else(|| match template.level {
            Level::ResourceGroup => {
                format!("/subscriptions/{subscription}/resourceGroups/{STAND_IN_RESOURCE_GROUP}").into()
            }
            Level::Subscription => format!("/subscriptions/{subscription}").into(),
            Level::ManagementGroup => {
                Text::new_static("/providers/Microsoft.Management/managementGroups/MANAGEMENT_GROUP")
            }
            Level::Tenant => Text::default(),
        });
        Self {
            work,
            template,
            origin,
            scope,
            given,
            values: RefCell::default(),
            children: RefCell::default(),
            files: RefCell::default(),
            by_id: OnceCell::new(),
            known_ids: RefCell::default(),
            finding_ids: Cell::new(false),
        }
    }

    /// The frame that everything in the template stands in.
    pub(super) fn base<'f>(&'f self, root: &'f Frame<'f>) -> Frame<'f> {
        Frame::with(root, &self.origin.turn)
    }

    /// A value that is worked out once; `what` names it where it depends on itself.
    pub(super) fn once(&self, key: Key, place: Place, what: &str, make: impl FnOnce() -> Val) -> Val {
        match self.values.borrow().get(&key) {
            Some(Memo::Done(value)) => return value.clone(),
            Some(Memo::Running) => {
                return self.wrong(place, format!("{what} depends on itself"));
            }
            None => {}
        }
        self.values.borrow_mut().insert(key.clone(), Memo::Running);
        let value = make();
        self.values.borrow_mut().insert(key, Memo::Done(value.clone()));
        value
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str, place: Place, spot: Spot<'_>) -> Val {
        let Some((name, parameter)) = find(&self.template.parameters, name) else {
            return self.wrong(place, format!("there is no parameter `{name}`"));
        };
        let what = format!("parameter `{name}`");
        self.once(Key::Parameter(name.clone(), spot.certainty), place, &what, || {
            let given = find(&self.given.values, name).map(|(_, given)| match spot.certainty {
                Certainty::Identity => given.identity.clone(),
                Certainty::Value => given.value.clone(),
                Certainty::Required => given.certain.clone(),
            });
            // Null is as good as nothing where there is a default.
            let given = given.filter(|given| !given.is_null() || parameter.default.is_none());
            let value = match (given, &parameter.default, &self.given.rest) {
                (Some(given), _, _) => Ok(given),
                (None, _, Some(why)) => Err(Val::unknown(why.clone())),
                (None, Some(default), None) => {
                    let root = Frame::default();
                    Ok(self.evaluate(default, Spot::new(spot.certainty, self.base(&root))))
                }
                (None, None, None) => Err(Val::unknown(format!("parameter `{name}` has no value"))),
            };
            let value = match value {
                Ok(value) => {
                    let names = Naming {
                        deployment: self,
                        what: &what,
                    };
                    if let Some(misfit) = parameter.type_.misfit(&value, &names) {
                        let place = value.set.unwrap_or(parameter.place);
                        let help = "Azure refuses it; it is judged as it is written";
                        self.work.error(place, misfit.of(name), help);
                    }
                    parameter.type_.guarded(value, &names)
                }
                Err(value) => value,
            };
            match (spot.certainty, parameter.type_.plain(), value.why_unknown()) {
                (Certainty::Identity, Plain::Text, Some(_)) => Val {
                    kind: Kind::String(format!("{{{}{name}}}", self.origin.prefix).into()),
                    ..value
                },
                (_, _, _) => value,
            }
        })
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str, place: Place, spot: Spot<'_>) -> Val {
        let Some((name, expr)) = find(&self.template.variables, name) else {
            return self.wrong(place, format!("there is no variable `{name}`"));
        };
        let what = format!("variable `{name}`");
        self.once(Key::Variable(name.clone(), spot.certainty), place, &what, || {
            let root = Frame::default();
            self.evaluate(expr, Spot::new(spot.certainty, self.base(&root)))
        })
    }

    /// The value of an output.
    pub(super) fn output(&self, name: &str, place: Place, certainty: Certainty) -> Val {
        let Some((name, output)) = find(&self.template.outputs, name) else {
            return self.wrong(place, format!("there is no output `{name}`"));
        };
        let what = format!("output `{name}`");
        self.once(Key::Output(name.clone(), certainty), place, &what, || {
            let root = Frame::default();
            let value = self.evaluate(&output.value, Spot::new(certainty, self.base(&root)));
            let names = Naming {
                deployment: self,
                what: &what,
            };
            output.type_.guarded(value, &names)
        })
    }

    /// Tells of something that has no value; it is unknown.
    pub(super) fn wrong(&self, place: Place, message: String) -> Val {
        self.work.wrong(place, message)
    }
}

/// What has a name; as written, else in other letters.
pub(super) fn find<'m, T>(map: &'m BTreeMap<Text, T>, name: &str) -> Option<(&'m Text, &'m T)> {
    let same = |(known, _): &(&Text, &T)| known.eq_ignore_ascii_case(name);
    map.get_key_value(name).or_else(|| map.iter().find(same))
}
