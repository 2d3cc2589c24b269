//! Evaluation of expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::constraint;
use super::convert::{self, MAX_TEXT, operate, to_bool, to_number, to_text};
use super::evaluator::Evaluator;
use super::functions::{self, Problem};
use super::scope::{Evaluated, Failure, Frame, Scope};
use super::syntax::{Call, Expr, ExprKind, For, Part, Step};
use crate::partial::Writer;
use crate::place::Place;
use crate::secrecy::Secrecy;
use crate::val::{Entries, Fields, Kind, Val, Why};
use crate::work::BYTES_PER_STEP;

/// The most elements that an expression makes.
pub(crate) const MAX_ELEMENTS: usize = 200_000;

/// What is evaluated within names.
type WithFrame<'w, T> = dyn FnMut(Option<&Frame<'_>>) -> Result<T, Box<Failure>> + 'w;

impl Evaluator<'_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// When Terraform itself would refuse it.
    pub(crate) fn evaluate(&self, expr: &Expr, scope: Scope<'_>) -> Evaluated {
        self.deeper(expr.place, || self.evaluate_here(expr, scope))
    }

    /// The value of an expression; a failure is told and unknown.
    pub(crate) fn settled(&self, expr: &Expr, scope: Scope<'_>) -> Val {
        let evaluated = self.evaluate(expr, scope);
        self.settle(evaluated, expr.place)
    }

    fn evaluate_here(&self, expr: &Expr, scope: Scope<'_>) -> Evaluated {
        let place = expr.place;
        let made = |kind| Ok(Val::placed(kind, place));
        match &expr.kind {
            ExprKind::Null => made(Kind::Null),
            ExprKind::Bool(bool) => made(Kind::Bool(*bool)),
            ExprKind::Int(int) => made(Kind::Int(*int)),
            ExprKind::Float(float) => made(Kind::Float(*float)),
            ExprKind::String(text) => made(Kind::String(text.clone())),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item, scope));
                made(Kind::List(Arc::new(items.collect::<Result<_, _>>()?)))
            }
            ExprKind::Object(entries) => self.object(entries, scope, place),
            ExprKind::Template(parts) => self.template(parts, scope, place),
            ExprKind::Variable(name) => match scope.local(name) {
                Some(value) => Ok(value.clone()),
                None => self.refer(name, &[], scope, place),
            },
            ExprKind::Conditional(sides) => {
                let [condition, yes, no] = &**sides;
                let decided = self.evaluate(condition, scope)?;
                if let Some(why) = decided.why_unknown() {
                    return self.either(why, yes, no, scope, place);
                }
                match to_bool(&decided) {
                    Some(true) => self.evaluate(yes, scope),
                    Some(false) => self.evaluate(no, scope),
                    None => Err(Failure::new("the condition is no truth value", condition.place)),
                }
            }
            ExprKind::Call(call) => self.call(call, scope, place),
            ExprKind::Traversal(base, steps) => {
                if let ExprKind::Variable(name) = &base.kind
                    && scope.local(name).is_none()
                {
                    return self.refer(name, steps, scope, place);
                }
                let value = self.evaluate(base, scope)?;
                self.follow(value, steps, scope, place)
            }
            ExprKind::Not(operand) => {
                let value = self.evaluate(operand, scope)?;
                if let Some(why) = value.why_unknown() {
                    return made(Kind::Unknown(why.clone()));
                }
                let bool = to_bool(&value).ok_or_else(|| Failure::new("`!` needs a truth value", place))?;
                made(Kind::Bool(!bool))
            }
            ExprKind::Negate(operand) => {
                let value = self.evaluate(operand, scope)?;
                if let Some(why) = value.why_unknown() {
                    return made(Kind::Unknown(why.clone()));
                }
                let number = to_number(&value).ok_or_else(|| Failure::new("`-` needs a number", place))?;
                made(convert::number(-number))
            }
            ExprKind::Binary(operator, sides) => {
                let [a, b] = &**sides;
                let (a, b) = (self.evaluate(a, scope)?, self.evaluate(b, scope)?);
                operate(*operator, &a, &b, place)
            }
            ExprKind::For(each) => self.each(each, scope, place),
        }
    }

    /// A conditional of which it is not known which side holds: known where both agree.
    fn either(&self, why: &Why, yes: &Expr, no: &Expr, scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        let unknown = || Ok(Val::placed(Kind::Unknown(why.clone()), place));
        // A side that fails may never be taken.
        let (Ok(yes), Ok(no)) = (self.evaluate(yes, scope), self.evaluate(no, scope)) else {
            return unknown();
        };
        match convert::equal(&yes, &no) {
            Ok(true) if yes.why_partly_unknown().is_none() => Ok(yes),
            _ => unknown(),
        }
    }

    fn object(&self, entries: &[(Expr, Expr)], scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        let mut fields = Fields {
            entries: Entries::with_capacity(entries.len()),
            rest: None,
        };
        for (key, value) in entries {
            let key = self.evaluate(key, scope)?;
            let value = self.evaluate(value, scope)?;
            match (to_text(&key), key.why_partly_unknown()) {
                (Some(key), _) => _ = fields.entries.insert(key, value),
                (None, Some(why)) => fields.rest = Some(why.clone()),
                (None, None) => return Err(Failure::new("a key must be a text", key.set.or(place))),
            }
        }
        Ok(Val::placed(Kind::Map(Arc::new(fields)), place))
    }

    /// The text of a template; one that is a single value is that value.
    pub(crate) fn template(&self, parts: &[Part], scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        if let [Part::Value(single)] = parts {
            return Ok(self.evaluate(single, scope)?.or_placed(place));
        }
        let mut writer = Writer::default();
        self.write(parts, scope, place, &mut writer)?;
        self.spend(writer.len() / BYTES_PER_STEP)?;
        Ok(writer.finish(place))
    }

    fn write(
        &self,
        parts: &[Part],
        scope: Scope<'_>,
        place: Option<Place>,
        writer: &mut Writer,
    ) -> Result<(), Box<Failure>> {
        for part in parts {
            if writer.len() > MAX_TEXT {
                return Err(Failure::new("this makes too long a text", place));
            }
            match part {
                Part::Literal(literal) => writer.text(literal),
                Part::Value(expr) => {
                    let value = self.evaluate(expr, scope)?;
                    match (to_text(&value), value.why_partly_unknown()) {
                        (Some(text), _) => writer.text(&text),
                        (None, Some(why)) => writer.unknown(why, value.partial.as_ref()),
                        (None, None) => {
                            let message = format!("a template cannot hold {}", value.kind_name());
                            return Err(Failure::new(message, expr.place.or(place)));
                        }
                    }
                }
                Part::If { condition, yes, no } => {
                    let decided = self.evaluate(condition, scope)?;
                    match (to_bool(&decided), decided.why_unknown()) {
                        (Some(true), _) => self.write(yes, scope, place, writer)?,
                        (Some(false), _) => self.write(no, scope, place, writer)?,
                        (None, Some(why)) => writer.unknown(why, None),
                        (None, None) => return Err(Failure::new("the condition is no truth value", place)),
                    }
                }
                Part::For {
                    key,
                    value,
                    collection,
                    body,
                } => {
                    let collection = self.evaluate(collection, scope)?;
                    if let Some(why) = collection.why_unknown() {
                        writer.unknown(why, None);
                        continue;
                    }
                    for (entry_key, entry) in entries(&collection, place)? {
                        let outer = Frame {
                            name: key.as_deref().unwrap_or(""),
                            value: entry_key,
                            outer: scope.frame,
                        };
                        let inner = Frame {
                            name: value,
                            value: entry,
                            outer: Some(&outer),
                        };
                        let scope = Scope {
                            frame: Some(&inner),
                            ..scope
                        };
                        self.write(body, scope, place, writer)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn each(&self, each: &For, scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        let collection = self.evaluate(&each.collection, scope)?;
        if let Some(why) = collection.why_unknown() {
            return Ok(Val::placed(Kind::Unknown(why.clone()), place));
        }
        let mut rest = collection.as_map().and_then(|fields| fields.rest.clone());
        let mut list: Vec<Val> = Vec::new();
        let mut made: BTreeMap<Text, Val> = BTreeMap::new();
        let mut unknown_keys = rest.clone();
        for (key, value) in entries(&collection, place)? {
            let outer = Frame {
                name: each.key.as_deref().unwrap_or(""),
                value: key,
                outer: scope.frame,
            };
            let inner = Frame {
                name: &each.value,
                value,
                outer: Some(&outer),
            };
            let scope = Scope {
                frame: Some(&inner),
                ..scope
            };
            if let Some(condition) = &each.condition {
                let holds = self.evaluate(condition, scope)?;
                match (to_bool(&holds), holds.why_unknown()) {
                    (Some(true), _) => {}
                    (Some(false), _) => continue,
                    // Whether it is in the result is not known, nor how many are.
                    (None, Some(why)) => {
                        rest = Some(why.clone());
                        unknown_keys = Some(why.clone());
                        continue;
                    }
                    (None, None) => {
                        return Err(Failure::new("the condition is no truth value", condition.place));
                    }
                }
            }
            let result = self.evaluate(&each.result, scope)?;
            let Some(key) = &each.result_key else {
                list.push(result);
                continue;
            };
            let key = self.evaluate(key, scope)?;
            match (to_text(&key), key.why_partly_unknown()) {
                (Some(key), _) if each.groups => {
                    let group = made
                        .entry(key)
                        .or_insert_with(|| Val::placed(Kind::List(Arc::default()), place));
                    if let Kind::List(items) = &mut group.kind {
                        Arc::make_mut(items).push(result);
                    }
                }
                (Some(key), _) => _ = made.insert(key, result),
                (None, Some(why)) => unknown_keys = Some(why.clone()),
                (None, None) => return Err(Failure::new("a key must be a text", place)),
            }
        }
        if each.result_key.is_some() {
            let fields = Fields {
                entries: made.into_iter().collect(),
                rest: unknown_keys,
            };
            return Ok(Val::placed(Kind::Map(Arc::new(fields)), place));
        }
        // A list of which the length is not known is not known.
        let kind = rest.map_or_else(|| Kind::List(Arc::new(list)), Kind::Unknown);
        Ok(Val::placed(kind, place))
    }

    fn call(&self, call: &Call, scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        match call.name.as_str() {
            // These look at whether their arguments fail.
            "try" => {
                let mut last = Failure::new("`try` has no argument that can be evaluated", place);
                for argument in &call.arguments {
                    let (evaluated, assumed) = self.assuming(|| self.evaluate(argument, scope));
                    match (evaluated, assumed) {
                        (Ok(_), Some(why)) => return Ok(Val::placed(Kind::Unknown(why), place)),
                        (Ok(value), None) => return Ok(value),
                        // Terraform would perhaps not go on to the next one.
                        (Err(failure), _) if !failure.certain => {
                            return Ok(Val::placed(Kind::Unknown(failure.message), place));
                        }
                        (Err(failure), _) => last = failure,
                    }
                }
                return Err(last);
            }
            "can" => {
                let Some(argument) = call.arguments.first() else {
                    return Err(Failure::new("`can` needs an argument", place));
                };
                let kind = match self.assuming(|| self.evaluate(argument, scope)) {
                    (Ok(value), assumed) => match value.why_unknown().cloned().or(assumed) {
                        Some(why) => Kind::Unknown(why),
                        None => Kind::Bool(true),
                    },
                    (Err(failure), _) if !failure.certain => Kind::Unknown(failure.message),
                    (Err(_), _) => Kind::Bool(false),
                };
                return Ok(Val::placed(kind, place));
            }
            "nonsensitive" => {
                if let [argument] = call.arguments.as_slice() {
                    let value = self.revealing(|| self.evaluate(argument, scope))?;
                    return Ok(value.or_placed(place));
                }
            }
            "sensitive" => {
                if let [argument] = call.arguments.as_slice() {
                    let value = self.evaluate(argument, scope)?;
                    if self.secrecy() == Secrecy::Revealed || value.why_unknown().is_some() {
                        return Ok(value);
                    }
                    self.keep_back(&value);
                    let why = "it is marked as sensitive";
                    return Ok(Val::placed(Kind::Unknown(Text::new_static(why)), place));
                }
            }
            "issensitive" => {
                if let [argument] = call.arguments.as_slice() {
                    return self.marked(argument, scope, place);
                }
            }
            "ephemeralasnull" => {
                if let [argument] = call.arguments.as_slice() {
                    return Ok(self.without_ephemeral(argument, scope)?.or_placed(place));
                }
            }
            "convert" => {
                if let [argument, type_] = call.arguments.as_slice() {
                    return constraint::convert(self.evaluate(argument, scope)?, type_, place);
                }
            }
            "basename" => {
                if let [folder] = call.arguments.as_slice()
                    && let Some(folder) = self.folder_meant(folder, scope)
                {
                    return Ok(Val::placed(name_of_folder(folder), place));
                }
            }
            _ => {}
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument, scope)?);
        }
        if call.expands
            && let Some(last) = arguments.pop()
        {
            match &last.kind {
                Kind::List(items) => arguments.extend(items.iter().cloned()),
                Kind::Unknown(why) => return Ok(Val::placed(Kind::Unknown(why.clone()), place)),
                _ => return Err(Failure::new("`...` needs a list", place)),
            }
        }
        if functions::is_of_unseen_provider(&call.name) {
            let message = format!(
                "`{}` is a function of a provider, which is not run; what it gives is unknown",
                call.name
            );
            self.warn_once_of_all(&message, place);
        }
        let template = |text: &str, variables: &Val| self.rendered(text, variables, scope, place);
        let context = functions::Context {
            folder: self.root,
            files: self.files,
            template: &template,
            steps: &self.steps,
        };
        match functions::call(&call.name, arguments, &context) {
            Ok(value) => Ok(value.or_placed(place)),
            Err(Problem::UnknownFunction(name)) => {
                let near = plumb_pack::suggest::did_you_mean(&name, functions::names());
                let help = near.map_or(String::new(), |near| format!("; {near}"));
                Err(Failure::breaking(
                    format!("there is no function `{name}`{help}"),
                    place,
                ))
            }
            Err(Problem::OutOfSteps) => Err(self.used_up()),
            Err(problem) if problem.is_certain() => Err(Failure::new(problem.to_string(), place)),
            Err(problem) => Err(Failure::own(problem.to_string(), place)),
        }
    }

    /// The folder that an expression for an absolute path means: `path.cwd`, `abspath(path.module)`.
    fn folder_meant<'i>(&'i self, expr: &Expr, scope: Scope<'i>) -> Option<&'i str> {
        let (path, is_absolute) = match &expr.kind {
            ExprKind::Call(call) if call.name == "abspath" => (call.arguments.first()?, true),
            _ => (expr, false),
        };
        let ExprKind::Traversal(base, steps) = &path.kind else {
            return None;
        };
        match (&base.kind, steps.as_slice()) {
            (ExprKind::Variable(base), [Step::Key(name)]) if base == "path" => match name.as_str() {
                "cwd" => Some(self.root),
                "root" if is_absolute => Some(self.root),
                "module" if is_absolute => Some(&scope.instance.module.folder),
                _ => None,
            },
            _ => None,
        }
    }

    /// A template from elsewhere with its own variables, as `templatefile` has it.
    fn rendered(&self, text: &str, variables: &Val, scope: Scope<'_>, place: Option<Place>) -> Val {
        let parts = match super::hcl::read_template(text) {
            Ok(parts) => parts,
            Err(error) => return Val::placed(Kind::Unknown(Text::from(error)), place),
        };
        let empty = Fields::default();
        let fields = variables.as_map().unwrap_or(&empty);
        let evaluated = self.with_names(fields.entries.iter(), None, &mut |frame| {
            let scope = Scope { frame, ..scope };
            self.template(&parts, scope, place)
        });
        self.settle(evaluated, place)
    }

    /// Runs `work` with all the names before the outer ones.
    fn with_names<'v, T>(
        &self,
        mut names: impl Iterator<Item = (&'v Text, &'v Val)>,
        outer: Option<&Frame<'_>>,
        work: &mut WithFrame<'_, T>,
    ) -> Result<T, Box<Failure>> {
        // Each name is a frame of its own on the stack; the depth budget bounds them.
        match names.next() {
            None => work(outer),
            Some((name, value)) => self.deeper(value.set, || {
                let frame = Frame {
                    name,
                    value: value.clone(),
                    outer,
                };
                let rest: &mut dyn Iterator<Item = (&'v Text, &'v Val)> = &mut names;
                self.with_names(rest, Some(&frame), work)
            }),
        }
    }

    /// The value at the end of steps.
    pub(crate) fn follow(
        &self,
        value: Val,
        steps: &[Step],
        scope: Scope<'_>,
        place: Option<Place>,
    ) -> Evaluated {
        let mut value = value;
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            if let Some(why) = value.why_unknown() {
                let kind = Kind::Unknown(why.clone());
                return Ok(Val::placed(kind, value.set.or(place)));
            }
            value = match step {
                Step::Key(key) => at_key(&value, key, place)?,
                Step::Index(index) => {
                    let index = self.evaluate(index, scope)?;
                    at_index(&value, &index, place)?
                }
                Step::FullSplat | Step::AttributeSplat => {
                    let within = match step {
                        Step::AttributeSplat => after
                            .iter()
                            .take_while(|step| matches!(step, Step::Key(_)))
                            .count(),
                        _ => after.len(),
                    };
                    let (within, after) = after.split_at(within);
                    let items: &[Val] = match &value.kind {
                        Kind::List(items) => items,
                        Kind::Null => &[],
                        _ => std::slice::from_ref(&value),
                    };
                    self.spend(items.len())?;
                    let followed = items
                        .iter()
                        .map(|item| self.follow(item.clone(), within, scope, place));
                    let list = Kind::List(Arc::new(followed.collect::<Result<_, _>>()?));
                    return self.follow(Val::placed(list, place), after, scope, place);
                }
            };
            rest = after;
        }
        Ok(value)
    }
}

/// The name of a folder below the scanned one, whose own name code does not tell.
fn name_of_folder(folder: &str) -> Kind {
    match folder.rsplit('/').next() {
        Some(name) if !name.is_empty() => Kind::String(Text::from(name)),
        Some(_) | None => Kind::Unknown(Text::new_static(
            "how the folder of the code is called is not known",
        )),
    }
}

/// The pairs of key and value of a collection.
pub(crate) fn entries(collection: &Val, place: Option<Place>) -> Result<Vec<(Val, Val)>, Box<Failure>> {
    let pairs: Vec<(Val, Val)> = match &collection.kind {
        Kind::List(items) => (0i64..)
            .zip(items.iter())
            .map(|(index, item)| (Val::new(Kind::Int(index)), item.clone()))
            .collect(),
        Kind::Map(fields) => fields
            .entries
            .iter()
            .map(|(key, value)| (Val::string(key.clone()), value.clone()))
            .collect(),
        _ => {
            let message = format!("{} cannot be iterated", collection.kind_name());
            return Err(Failure::new(message, place));
        }
    };
    if pairs.len() > MAX_ELEMENTS {
        return Err(Failure::new("this iterates over too many elements", place));
    }
    Ok(pairs)
}

fn at_key(value: &Val, key: &str, place: Option<Place>) -> Evaluated {
    match &value.kind {
        Kind::Map(fields) => match (fields.entries.get(key), &fields.rest) {
            (Some(found), _) => Ok(found.clone()),
            (None, Some(why)) => Ok(Val::placed(Kind::Unknown(why.clone()), place)),
            (None, None) => Err(Failure::new(format!("there is no `{key}` here"), place)),
        },
        // `list.0` in the old syntax.
        Kind::List(_) => match key.parse::<i64>() {
            Ok(index) => at_index(value, &Val::new(Kind::Int(index)), place),
            Err(_) => Err(Failure::new(format!("a list has no `{key}`"), place)),
        },
        _ => Err(Failure::new(
            format!("{} has no `{key}`", value.kind_name()),
            place,
        )),
    }
}

fn at_index(value: &Val, index: &Val, place: Option<Place>) -> Evaluated {
    if let Some(why) = index.why_unknown() {
        return Ok(Val::placed(Kind::Unknown(why.clone()), place));
    }
    match &value.kind {
        Kind::List(items) => {
            let position = to_number(index).filter(|number| number.fract() == 0.0 && *number >= 0.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and not negative; what is too large is out of every list"
            )]
            let found = position.and_then(|position| items.get(position as usize));
            match (found, items.iter().find_map(Val::why_unknown)) {
                (Some(found), _) => Ok(found.clone()),
                // The list may be longer than is known.
                (None, Some(why)) => Ok(Val::placed(Kind::Unknown(why.clone()), place)),
                (None, None) => Err(Failure::new("the list has no such element", place)),
            }
        }
        Kind::Map(_) => match to_text(index) {
            Some(key) => at_key(value, &key, place),
            None => Err(Failure::new("a key must be a text", place)),
        },
        _ => Err(Failure::new(
            format!("{} cannot be indexed", value.kind_name()),
            place,
        )),
    }
}
