//! Calls: functions of the template, functions that decide what is evaluated, and all others by their arguments' values.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions> and
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions>.

use plumb_model::value::Text;

use super::Certainty;
use super::attributes::AFTER_DEPLOYMENT;
use super::deployment::Deployment;
use super::frame::Spot;
use super::functions::{self, Stop};
use super::tree::{Expr, Form};
use crate::either::either;
use crate::place::Place;
use crate::val::{Kind, Val};

/// Functions whose results decide, so that stand-ins are not good enough for their arguments.
const DECIDING: [&str; 15] = [
    "equals",
    "less",
    "lessorequals",
    "greater",
    "greaterorequals",
    "contains",
    "startswith",
    "endswith",
    "like",
    "empty",
    "not",
    "length",
    "indexof",
    "lastindexof",
    "equalsignorecase",
];

/// Functions that cut texts: of a stand-in they would leave what another one leaves too.
const CUTTING: [&str; 6] = ["take", "skip", "substring", "first", "last", "split"];

/// Functions of which the cloud knows the answer.
const ANSWERED: [&str; 20] = [
    "reference",
    "references",
    "roledefinitions",
    "utcnow",
    "newguid",
    "pickzones",
    "providers",
    "tologicalzone",
    "tologicalzones",
    "tophysicalzone",
    "tophysicalzones",
    "deployer",
    "exists",
    "existingresource",
    "getsecret",
    "externalinput",
    "readenvironmentvariable",
    "readcliarg",
    "fail",
    "loaddirectoryfileinfo",
];

/// Functions that are told apart by their arguments before these are evaluated.
const FORMS: [&str; 12] = [
    "and",
    "any",
    "if",
    "lambdavariables",
    "loadfileasbase64",
    "loadjsoncontent",
    "loadtextcontent",
    "loadyamlcontent",
    "nameof",
    "or",
    "parameters",
    "variables",
];

/// Functions of which the pages say too little to compute them.
const VAGUE: [&str; 2] = ["builduri", "parseuri"];

impl Deployment<'_, '_> {
    /// The value of a call.
    pub(super) fn call(
        &self,
        of: Option<&Expr>,
        name: &str,
        arguments: &[Expr],
        place: Place,
        spot: Spot<'_>,
    ) -> Val {
        let import = match of.map(|of| &of.form) {
            None => self.template.imports.get(name),
            Some(Form::Name(file)) => self.template.imports.get(file),
            Some(_) => None,
        };
        if let Some(import) = import {
            let values = self.values(arguments, spot);
            return self.imported_call(import, name, &values, spot);
        }
        let function = match of.map(|of| &of.form) {
            None => self.template.functions.get(name),
            Some(Form::Name(namespace)) if matches!(namespace.as_str(), "az" | "sys") => None,
            Some(Form::Name(namespace)) => {
                let called = format!("{namespace}.{name}").to_lowercase();
                match self.template.functions.get(called.as_str()) {
                    Some(function) => Some(function),
                    None => {
                        return Val::unknown(format!(
                            "what `{name}` of `{namespace}` gives is {AFTER_DEPLOYMENT}"
                        ));
                    }
                }
            }
            Some(_) => return Val::unknown(format!("what `{name}` gives is {AFTER_DEPLOYMENT}")),
        };
        if let Some(function) = function {
            let values = self.values(arguments, spot);
            return self.applied(function, &values, spot);
        }
        if let Some(why) = self.template.unread.get(name) {
            return Val::unknown(why.clone());
        }
        self.builtin(&name.to_ascii_lowercase(), arguments, place, spot)
    }

    /// The values of the arguments of a function that a template defines.
    fn values(&self, arguments: &[Expr], spot: Spot<'_>) -> Vec<Val> {
        let inner = Spot { at: None, ..spot };
        arguments
            .iter()
            .map(|argument| self.evaluate(argument, inner))
            .collect()
    }

    fn builtin(&self, name: &str, arguments: &[Expr], place: Place, spot: Spot<'_>) -> Val {
        let spot = Spot { at: None, ..spot };
        match (name, arguments) {
            ("if", [condition, yes, no]) => self.choice(condition, yes, no, spot),
            ("and", [_, ..]) => self.junction(arguments, false, spot),
            ("or", [_, ..]) => self.junction(arguments, true, spot),
            ("coalesce", _) => self.coalesce(arguments, spot),
            ("any" | "nonnull", [only]) => self.evaluate(only, spot),
            ("parameters", [name]) => self.by_name(name, spot, |name| {
                // Within a function of the template its own parameters are meant.
                let own = spot.frame.name(&format!("parameters.{name}"));
                own.cloned().unwrap_or_else(|| self.parameter(name, place, spot))
            }),
            ("variables", [name]) => self.by_name(name, spot, |name| self.variable(name, place, spot)),
            ("lambdavariables", [name]) => self.by_name(name, spot, |name| match spot.frame.name(name) {
                Some(value) => value.clone(),
                None => self.wrong(place, format!("there is no variable `{name}` of a lambda")),
            }),
            ("copyindex", _) => self.copy_index(arguments, place, spot),
            (
                "nameof",
                [
                    Expr {
                        form: Form::Name(name) | Form::Member { name, .. },
                        ..
                    },
                ],
            ) => Val::string(name.clone()),
            (
                "nameof",
                [
                    Expr {
                        form: Form::Index { index, .. },
                        ..
                    },
                ],
            ) => self.evaluate(index, spot),
            ("map" | "filter" | "reduce" | "sort" | "groupby" | "toobject" | "mapvalues", _) => {
                self.lambda_call(name, arguments, place, spot)
            }
            (
                "loadtextcontent" | "loadjsoncontent" | "loadyamlcontent" | "loadfileasbase64",
                [path, options @ ..],
            ) => self.loaded(name, path, options, spot),
            _ if ANSWERED.contains(&name) || name.starts_with("list") => {
                Val::unknown(format!("what `{name}` gives is {AFTER_DEPLOYMENT}"))
            }
            _ if VAGUE.contains(&name) => Val::unknown(format!("what `{name}` gives is not computed")),
            _ => match self.surroundings(name, arguments, spot) {
                Some(value) => value,
                None => self.pure(name, arguments, place, spot),
            },
        }
    }

    /// A function of nothing but its arguments.
    fn pure(&self, name: &str, arguments: &[Expr], place: Place, spot: Spot<'_>) -> Val {
        let inner = match DECIDING.contains(&name) {
            true => spot.decision(),
            false => spot,
        };
        let values: Vec<Val> = arguments
            .iter()
            .map(|argument| self.evaluate(argument, inner))
            .collect();
        let is_stand_in = |value: &Val| value.as_str().is_some_and(|text| text.contains('{'));
        if spot.certainty == Certainty::Identity && CUTTING.contains(&name) && values.iter().any(is_stand_in)
        {
            return Val::unknown("a part of a name that is not known");
        }
        let work = values.iter().map(functions::size).sum();
        if let Err(why) = self.work.spend(work, place) {
            return Val::unknown(why);
        }
        match functions::call(name, &values) {
            Some(Ok(value)) => value,
            Some(Err(Stop::Unknown(why))) => Val::unknown(why),
            Some(Err(Stop::Wrong(message))) => {
                let message = format!("`{name}`: {message}");
                self.work
                    .warning(place, message.clone(), "its value is taken as unknown");
                Val::unknown(message)
            }
            None if FORMS.contains(&name) => {
                self.wrong(place, format!("`{name}` does not take these arguments"))
            }
            None => self.wrong(place, format!("there is no function `{name}`")),
        }
    }

    fn choice(&self, condition: &Expr, yes: &Expr, no: &Expr, spot: Spot<'_>) -> Val {
        let truth = self.evaluate(condition, spot.decision());
        match (&truth.kind, truth.why_unknown()) {
            (Kind::Bool(true), _) => self.evaluate(yes, spot),
            (Kind::Bool(false), _) => self.evaluate(no, spot),
            (_, Some(why)) => either(self.evaluate(yes, spot), self.evaluate(no, spot), why),
            (_, None) => self.wrong(
                condition.place,
                format!("a condition must be a bool, not a {}", truth.kind_name()),
            ),
        }
    }

    /// `and` and `or`: the value that decides ends them.
    fn junction(&self, arguments: &[Expr], deciding: bool, spot: Spot<'_>) -> Val {
        let mut unknown = None;
        for argument in arguments {
            let value = self.evaluate(argument, spot.decision());
            match (&value.kind, value.why_unknown()) {
                (Kind::Bool(truth), _) if *truth == deciding => return Val::new(Kind::Bool(deciding)),
                (Kind::Bool(_), _) => {}
                (_, Some(why)) => unknown = unknown.or_else(|| Some(why.clone())),
                (_, None) => {
                    let message = format!("a condition must be a bool, not a {}", value.kind_name());
                    return self.wrong(argument.place, message);
                }
            }
        }
        unknown.map_or_else(|| Val::new(Kind::Bool(!deciding)), Val::unknown)
    }

    fn coalesce(&self, arguments: &[Expr], spot: Spot<'_>) -> Val {
        for argument in arguments {
            let value = self.evaluate(argument, spot);
            if !value.is_null() {
                return value;
            }
        }
        Val::null()
    }

    fn by_name(&self, name: &Expr, spot: Spot<'_>, find: impl FnOnce(&str) -> Val) -> Val {
        let name = self.evaluate(name, spot.decision());
        match (name.as_str(), name.why_unknown()) {
            (Some(name), _) => find(name),
            (None, Some(why)) => Val::unknown(why.clone()),
            (None, None) => Val::unknown("a name must be a text"),
        }
    }

    /// `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop', offset)`.
    fn copy_index(&self, arguments: &[Expr], place: Place, spot: Spot<'_>) -> Val {
        let (name, offset) = match arguments {
            [] => (Text::default(), None),
            [
                Expr {
                    form: Form::Text(name),
                    ..
                },
            ] => (name.clone(), None),
            [
                Expr {
                    form: Form::Text(name),
                    ..
                },
                offset,
            ] => (name.clone(), Some(offset)),
            [offset] => (Text::default(), Some(offset)),
            _ => {
                return self.wrong(
                    place,
                    "`copyIndex` takes the name of a loop and an offset".to_owned(),
                );
            }
        };
        let Some(number) = spot.frame.copy(&name) else {
            return self.wrong(place, format!("there is no loop `{name}` around `copyIndex`"));
        };
        let offset = match offset {
            None => Val::new(Kind::Int(0)),
            Some(offset) => self.evaluate(offset, spot.decision()),
        };
        match (&number.kind, &offset.kind) {
            (Kind::Int(number), Kind::Int(offset)) => Val::new(Kind::Int(number.saturating_add(*offset))),
            (_, Kind::Unknown(why)) => Val::unknown(why.clone()),
            (_, _) => number.clone(),
        }
    }
}

/// Whether an answer that stands in for another is good enough.
pub(super) fn is_open_to_stand_ins(certainty: Certainty) -> bool {
    match certainty {
        Certainty::Identity | Certainty::Value => true,
        Certainty::Required => false,
    }
}
