//! The blocks that a deployment declares, those of its modules included.

use std::sync::Arc;

use plumb_model::value::Text;

use super::Certainty;
use super::attributes::{Face, Target, resource_turn};
use super::deployment::Deployment;
use super::frame::{Frame, Spot, Turn};
use super::identity::{around, kind_in};
use super::tree::{Entry, Resource, Standing};
use crate::declared::Declared;
use crate::val::{Fields, Kind, Val, Why};

/// Fields of Bicep that are no arguments.
const SKIPPED: [&str; 5] = ["name", "parent", "scope", "dependsOn", "params"];

/// The resource that another one stands in.
struct Parent {
    /// Its id; `None` when it is not known.
    id: Option<Text>,
    perhaps: Option<Why>,
}

impl Deployment<'_, '_> {
    /// Adds the blocks of the deployment and of all that it deploys.
    pub(super) fn blocks(&self, blocks: &mut Vec<Declared>) {
        let root = Frame::default();
        let spot = Spot::new(Certainty::Value, self.base(&root));
        self.look_at_parameters(spot);
        for resource in &self.template.resources {
            self.resource(resource, None, spot, blocks);
        }
    }

    /// Looks at all parameters although nothing may refer to them: secrets are hidden where they are written, and what does
    /// not fit its type is told.
    fn look_at_parameters(&self, spot: Spot<'_>) {
        for (name, parameter) in &self.template.parameters {
            self.parameter(name, parameter.place, spot);
        }
    }

    fn resource(
        &self,
        resource: &Resource,
        parent: Option<&Parent>,
        spot: Spot<'_>,
        blocks: &mut Vec<Declared>,
    ) {
        let Some(repeat) = &resource.repeat else {
            return self.one(resource, (None, None), parent, spot, blocks);
        };
        match self.turns(repeat, spot) {
            Ok(turns) => {
                for (index, turn) in turns.into_iter().enumerate() {
                    let turn = resource_turn(turn);
                    let inner = spot.turn(&spot.frame, &turn);
                    self.one(resource, (Some(index), None), parent, inner, blocks);
                }
            }
            // One stands for all of them.
            Err(why) => {
                let turn = resource_turn(Turn::unknown(repeat, &why));
                let inner = spot.turn(&spot.frame, &turn);
                self.one(resource, (None, Some(why)), parent, inner, blocks);
            }
        }
    }

    fn one(
        &self,
        resource: &Resource,
        (index, doubt): (Option<usize>, Option<Why>),
        parent: Option<&Parent>,
        spot: Spot<'_>,
        blocks: &mut Vec<Declared>,
    ) {
        if self.work.spend(1, resource.head).is_err() {
            return;
        }
        let mut perhaps = doubt.or_else(|| parent.and_then(|parent| parent.perhaps.clone()));
        if let Some(condition) = &resource.condition {
            let value = self.evaluate(condition, spot.decision());
            match (&value.kind, value.why_unknown()) {
                (Kind::Bool(true), _) => {}
                (Kind::Bool(false), _) => return,
                (_, Some(why)) => perhaps = perhaps.or_else(|| Some(why.clone())),
                (_, None) => {
                    let message = format!("a condition must be a bool, not a {}", value.kind_name());
                    let value = self.wrong(condition.place, message);
                    perhaps = perhaps.or_else(|| value.why_unknown().cloned());
                }
            }
        }
        if resource.module.is_some() {
            let target = Target {
                resource,
                index,
                face: Face::Whole,
            };
            if let Some(child) = self.child(target, spot) {
                let start = blocks.len();
                child.blocks(blocks);
                for block in blocks.iter_mut().skip(start) {
                    block.perhaps = block.perhaps.take().or_else(|| perhaps.clone());
                }
            }
            return;
        }
        let id = match parent {
            Some(Parent { id: None, .. }) => None,
            Some(Parent { id: Some(parent), .. }) => self.identity(resource, Some(parent), spot),
            None => self.identity(resource, None, spot),
        };
        if resource.standing == Standing::Declared {
            blocks.push(self.declared(resource, index, id.as_ref(), perhaps.as_ref(), spot));
        }
        let own = Parent { id, perhaps };
        for child in &resource.children {
            self.resource(child, Some(&own), spot, blocks);
        }
    }

    fn declared(
        &self,
        resource: &Resource,
        index: Option<usize>,
        id: Option<&Text>,
        perhaps: Option<&Why>,
        spot: Spot<'_>,
    ) -> Declared {
        let is_argument = |entry: &&Entry| match entry {
            Entry::Field(field) => !field
                .key
                .as_text()
                .is_some_and(|key| SKIPPED.contains(&key.as_str())),
            Entry::Spread(_) => true,
        };
        let arguments: Vec<Entry> = resource.fields.iter().filter(is_argument).cloned().collect();
        let held = Spot {
            at: Some(resource.whole),
            ..spot
        };
        let mut fields: Fields = self.fields(&arguments, held);
        let address = self.address(resource, index, spot);
        if let Some(name) = resource.field("name") {
            let spot = held.within(name.place());
            let value = self.evaluate(&name.value, spot);
            // What of it a parameter without a value gives may be before the part that is the name.
            let known = match value.why_unknown() {
                None => value.clone(),
                Some(_) => self.evaluate(&name.value, spot.identity()),
            };
            let last = known.as_str().and_then(|name| name.rsplit('/').next());
            let last = last.filter(|last| value.why_unknown().is_none() || !last.contains(['{', '}']));
            let value = match last.map(Text::from) {
                Some(last) => Val {
                    kind: Kind::String(last),
                    ..value
                },
                None => value,
            };
            fields.entries.insert(Text::new_static("name"), value);
        }
        let scope = resource
            .field("scope")
            .and_then(|scope| self.id_in(&scope.value, spot));
        let of = |id: &Text| around(id).into_iter().map(Val::string).collect();
        let parents = id.map_or_else(|| Val::unknown("its id is not known"), |id| Val::list(of(id)));
        // An extension of the old style has the type of what it extends in its own.
        let is_extension = resource.kind.contains("/providers/");
        let kind = id.filter(|_| is_extension).and_then(|id| kind_in(id));
        let kind = self.canonical(kind.as_ref().unwrap_or(&resource.kind));
        let id = id.cloned().unwrap_or_else(|| address.clone());
        let made = [
            ("id", Val::string(id)),
            ("type", Val::string(kind.clone())),
            ("parents", parents),
            ("scope", scope.map_or_else(Val::null, Val::string)),
        ];
        for (name, value) in made {
            fields.entries.insert(Text::new_static(name), value);
        }
        let location = fields.entries.get("location").and_then(Val::as_str);
        let region = location.map(|text| text.to_lowercase().replace(' ', ""));
        Declared {
            kind,
            address,
            body: Val {
                kind: Kind::Map(Arc::new(fields)),
                set: Some(resource.whole),
                at: Some(resource.whole),
                partial: None,
            },
            head: resource.head,
            whole: resource.whole,
            calls: self.origin.calls.clone(),
            perhaps: perhaps.cloned(),
            region: region
                .map(Text::from)
                .or_else(|| self.work.context.region.clone()),
            account: None,
        }
    }

    /// The address of a resource: its symbol, else its type and name.
    pub(super) fn address(&self, resource: &Resource, index: Option<usize>, spot: Spot<'_>) -> Text {
        let prefix = &self.origin.prefix;
        let turn = index.map_or_else(String::new, |index| format!("[{index}]"));
        if let Some(symbol) = &resource.symbol {
            let parent = resource
                .parent
                .and_then(|parent| self.template.resource(parent)?.symbol.clone());
            let parent = parent.map_or_else(String::new, |parent| format!("{parent}::"));
            return format!("{prefix}{parent}{symbol}{turn}").into();
        }
        let name = resource
            .field("name")
            .map(|name| self.evaluate(&name.value, spot.identity()));
        match name.as_ref().and_then(Val::as_str) {
            Some(name) => format!("{prefix}{}/{name}", resource.kind).into(),
            None => format!("{prefix}{}#{}{turn}", resource.kind, resource.number).into(),
        }
    }
}
