//! What expressions say of resources: their ids and names, what is written of them, and outputs of modules.

use std::sync::Arc;

use plumb_model::value::Text;

use super::Certainty;
use super::deployment::{Deployment, Key};
use super::evaluate::{map_with, member};
use super::frame::{Frame, Spot, Turn};
use super::tree::{Expr, Form, Resource, Safe, Standing};
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val, Why};

/// Why the cloud has to be asked.
pub(super) const AFTER_DEPLOYMENT: &str = "known only after deployment";

/// A resource that an expression means.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) resource: &'t Resource,
    /// The turn of its loop.
    pub(super) index: Option<usize>,
    /// What of it the expression is.
    pub(super) face: Face,
}

/// What of a resource an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Whole,
    /// What `reference()` gives.
    Properties,
}

impl Deployment<'_, '_> {
    /// The resource that a symbol means.
    pub(super) fn symbol(&self, name: &str) -> Option<Target<'_>> {
        self.template.named(name).map(|resource| Target {
            resource,
            index: None,
            face: Face::Whole,
        })
    }

    /// The resource that an expression means; `None` when it means something else.
    pub(super) fn target(&self, expr: &Expr, spot: Spot<'_>) -> Option<Target<'_>> {
        match &expr.form {
            Form::Name(name) => {
                let is_shadowed = spot.frame.name(name).is_some()
                    || self.template.parameters.contains_key(name)
                    || self.template.variables.contains_key(name);
                (!is_shadowed).then(|| self.symbol(name)).flatten()
            }
            Form::Index { of, index, .. } => {
                let target = self.target(of, spot)?;
                target.resource.repeat.as_ref()?;
                let Kind::Int(index) = self.evaluate(index, spot.decision()).kind else {
                    return None;
                };
                let index = Some(usize::try_from(index).ok()?);
                Some(Target { index, ..target })
            }
            Form::Nested { of, name } => {
                let target = self.target(of, spot)?;
                let is_it = |child: &&Resource| child.symbol.as_deref() == Some(name.as_str());
                let resource = target.resource.children.iter().find(is_it)?;
                Some(Target {
                    resource,
                    index: None,
                    face: Face::Whole,
                })
            }
            Form::Call {
                of: None,
                name,
                arguments,
            } if name.eq_ignore_ascii_case("reference") => {
                let (of, options) = arguments.split_first()?;
                let is_full = options.get(1).and_then(Expr::as_text);
                let is_full = is_full.is_some_and(|text| text.eq_ignore_ascii_case("full"));
                let text = self.evaluate(of, spot.identity());
                let (resource, index) = self.referred(text.as_str()?)?;
                let face = if is_full { Face::Whole } else { Face::Properties };
                Some(Target {
                    resource,
                    index,
                    face,
                })
            }
            Form::Null
            | Form::Bool(_)
            | Form::Int(_)
            | Form::Float(_)
            | Form::Text(_)
            | Form::Interpolated(_)
            | Form::List(_)
            | Form::Map(_)
            | Form::Call { .. }
            | Form::Member { .. }
            | Form::Lambda { .. }
            | Form::For(_)
            | Form::Broken(_) => None,
        }
    }

    /// The resource that the first argument of `reference` means, with its turn: a symbol, one of several with a symbol, an id,
    /// or a name that only one has.
    fn referred(&self, text: &str) -> Option<(&Resource, Option<usize>)> {
        if let Some(resource) = self.template.named(text) {
            return Some((resource, None));
        }
        let numbered = text.strip_suffix(']').and_then(|text| text.split_once('['));
        if let Some((symbol, index)) = numbered
            && let Some(resource) = self.template.named(symbol)
        {
            return Some((resource, Some(index.parse().ok()?)));
        }
        let by_name = |resource: &&Resource| {
            let name = resource.field("name")?;
            let root = Frame::default();
            let spot = Spot::new(Certainty::Identity, self.base(&root));
            Some(
                self.evaluate(&name.value, spot)
                    .as_str()?
                    .eq_ignore_ascii_case(text),
            )
        };
        if text.starts_with('/') {
            let number = *self.ids().get(&text.to_lowercase())?;
            return Some((self.template.resource(number)?, None));
        }
        let alone = self
            .template
            .resources
            .iter()
            .filter(|resource| resource.repeat.is_none());
        let mut found = alone.filter(|resource| by_name(resource) == Some(true));
        match (found.next(), found.next()) {
            (Some(only), None) => Some((only, None)),
            (_, _) => None,
        }
    }

    /// An output of a module, where `of.name` is one.
    pub(super) fn output_of(&self, of: &Expr, name: &str, spot: Spot<'_>) -> Option<Val> {
        let Form::Member {
            of: module,
            name: outputs,
            ..
        } = &of.form
        else {
            return None;
        };
        if !outputs.eq_ignore_ascii_case("outputs") {
            return None;
        }
        let target = self.target(module, spot)?;
        target.resource.module.as_ref()?;
        if target.resource.repeat.is_some() && target.index.is_none() {
            return Some(Val::unknown("it is one of several modules"));
        }
        let output = self.with_turn(target, spot, |inner| match self.child(target, inner) {
            Some(child) => child.output(name, of.place, spot.certainty),
            None => Val::unknown("the template of the module is not seen"),
        });
        Some(match target.face {
            Face::Whole => output,
            // In JSON an output is an object.
            Face::Properties => Val::map(Entries::from_iter([(Text::new_static("value"), output)])),
        })
    }

    /// A member of a resource.
    pub(super) fn attribute(&self, target: Target<'_>, name: &str, place: Place, spot: Spot<'_>) -> Val {
        if target.face == Face::Properties {
            return member(
                &self.attribute(
                    Target {
                        face: Face::Whole,
                        ..target
                    },
                    "properties",
                    place,
                    spot,
                ),
                name,
                Safe::No,
            );
        }
        if target.resource.repeat.is_some() && target.index.is_none() {
            return Val::unknown("it is one of several resources");
        }
        let key = Key::Field(target.resource.number, target.index, name.into(), spot.certainty);
        let called = target.resource.symbol.as_deref().unwrap_or(&target.resource.kind);
        let what = format!("`{name}` of `{called}`");
        let is_outside =
            target.resource.standing == Standing::Existing && target.resource.field(name).is_none();
        self.once(key, place, &what, || match name {
            "id" => match (spot.certainty, self.id_of(target)) {
                (Certainty::Identity | Certainty::Value, Some(id)) => Val::string(id),
                // It is called by its symbol then, and its block has the same id.
                (Certainty::Identity | Certainty::Value, None) => {
                    Val::string(self.address(target.resource, target.index, spot))
                }
                (Certainty::Required, _) => {
                    Val::unknown(format!("the id of `{called}` is {AFTER_DEPLOYMENT}"))
                }
            },
            "type" => Val::string(target.resource.kind.clone()),
            _ if is_outside => Val::unknown(format!("`{called}` is there already and not read")),
            _ => match target.resource.field(name) {
                None => Val::unknown(format!("`{name}` of `{called}` is {AFTER_DEPLOYMENT}")),
                Some(field) => {
                    let spot = Spot { at: None, ..spot };
                    let value = self.with_turn(target, spot, |inner| self.evaluate(&field.value, inner));
                    opened(value)
                }
            },
        })
    }

    /// A resource as a value: what is written of it, and its id.
    pub(super) fn whole(&self, target: Target<'_>, place: Place, spot: Spot<'_>) -> Val {
        if target.face == Face::Properties {
            return self.attribute(
                Target {
                    face: Face::Whole,
                    ..target
                },
                "properties",
                place,
                spot,
            );
        }
        let names = ["id", "name", "type", "location", "tags", "properties"];
        let mut entries = Entries::new();
        for name in names {
            if matches!(name, "id" | "type") || target.resource.field(name).is_some() {
                entries.insert(Text::new_static(name), self.attribute(target, name, place, spot));
            }
        }
        map_with(entries, AFTER_DEPLOYMENT)
    }

    /// Does something where the names of the turn of a resource's loop are known.
    pub(super) fn with_turn<T>(
        &self,
        target: Target<'_>,
        spot: Spot<'_>,
        make: impl FnOnce(Spot<'_>) -> T,
    ) -> T {
        let root = Frame::default();
        let base = self.base(&root);
        let outside = Spot { frame: base, ..spot };
        let turn = match (&target.resource.repeat, target.index) {
            (Some(repeat), Some(index)) => {
                let turn = match self.turns(repeat, outside) {
                    Ok(turns) => {
                        let why = Why::from(format!("the loop has no turn {index}"));
                        let turn = turns.into_iter().nth(index);
                        turn.unwrap_or_else(|| Turn::unknown(repeat, &why))
                    }
                    Err(why) => Turn::unknown(repeat, &why),
                };
                Some(resource_turn(turn))
            }
            (_, _) => None,
        };
        match turn {
            Some(turn) => make(outside.turn(&base, &turn)),
            None => make(outside),
        }
    }
}

/// The turn of a resource's loop, which `copyIndex` means without a name.
pub(super) fn resource_turn(mut turn: Turn) -> Turn {
    if let Some((_, number)) = turn.copies.first() {
        turn.copies.push((Text::default(), number.clone()));
    }
    turn
}

/// A value to which the cloud adds.
fn opened(value: Val) -> Val {
    let Kind::Map(fields) = &value.kind else {
        return value;
    };
    let entries = fields.entries.iter();
    let entries = entries.map(|(key, value)| (key.clone(), opened(value.clone())));
    Val {
        kind: Kind::Map(Arc::new(Fields {
            entries: entries.collect(),
            rest: fields.rest.clone().or(Some(Text::new_static(AFTER_DEPLOYMENT))),
        })),
        ..value
    }
}
