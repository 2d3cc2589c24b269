//! Calls of functions.

use plumb_model::value::Value;
use regex::RegexBuilder;

use super::macros::fold_kind;
use super::{Compiler, Lowered};
use crate::function::{Form, Function, Outcome, Parameter, SIGNATURES, SPECIAL_NAMES, Signature};
use crate::functions::{iam, time};
use crate::node::{Comparison, Node, NodeKind};
use crate::problem::{Problem, did_you_mean};
use crate::syntax::{Expr, Kind, Name, Span};
use crate::types::Type;
use crate::uses::Extent;

/// How large a compiled pattern may be, in bytes.
pub(crate) const MAX_PATTERN_SIZE: usize = 1 << 20;

impl Compiler<'_> {
    pub(super) fn call(
        &mut self,
        target: Option<&Expr>,
        name: &Name,
        arguments: &[Expr],
        span: Span,
    ) -> Lowered {
        match (target, name.text.as_str()) {
            (None, "has") => self.has(name, arguments, span),
            (None, "inventory") => self.inventory(name, arguments, span),
            (None, "related") => self.related(name, arguments, span),
            (None, "exposure") => self.exposure(name, arguments, span),
            (Some(target), macro_name) if fold_kind(macro_name).is_some() => match fold_kind(macro_name) {
                Some(kind) => self.fold(kind, target, name, arguments, span),
                None => self.unknown_function(name, span),
            },
            (target, function_name) => match SIGNATURES
                .iter()
                .find(|signature| signature.name == function_name)
            {
                Some(signature) => self.function(signature, target, name, arguments, span),
                None => self.unknown_function(name, span),
            },
        }
    }

    fn unknown_function(&mut self, name: &Name, span: Span) -> Lowered {
        let known = SIGNATURES
            .iter()
            .map(|signature| signature.name)
            .chain(SPECIAL_NAMES);
        let help = match name.text.as_str() {
            "any" | "some" => Some("write `list.exists(x, …)`".to_owned()),
            "len" | "count" | "length" => Some("write `size(x)`".to_owned()),
            "every" => Some("write `list.all(x, …)`".to_owned()),
            "toLowerCase" | "lowerAscii" | "lowercase" => Some("write `x.lower()`".to_owned()),
            other => did_you_mean(other, known),
        };
        let message = format!("unknown function `{}`", name.text);
        let problem = Problem::new(message, name.span, "no such function").maybe_help(help);
        self.failed(problem, span)
    }

    fn function(
        &mut self,
        signature: &Signature,
        target: Option<&Expr>,
        name: &Name,
        arguments: &[Expr],
        span: Span,
    ) -> Lowered {
        let form = if target.is_some() {
            Form::Method
        } else {
            Form::Global
        };
        if signature.form != Form::Either && signature.form != form {
            let problem = Problem::new(
                format!("`{}` is not called like this", name.text),
                name.span,
                if form == Form::Method {
                    "called as a method"
                } else {
                    "called as a function"
                },
            )
            .help(format!("write `{}`", usage(signature)));
            return self.failed(problem, span);
        }
        let exprs: Vec<&Expr> = target.into_iter().chain(arguments).collect();
        let count = exprs.len();
        if count > signature.parameters.len() || count + signature.optional < signature.parameters.len() {
            let message = format!("`{}` does not take {} arguments", name.text, arguments.len());
            let problem = Problem::new(message, name.span, "wrong number of arguments")
                .help(format!("write `{}`", usage(signature)));
            return self.failed(problem, span);
        }
        let mut lowered = Vec::with_capacity(count);
        for (expr, parameter) in exprs.iter().zip(signature.parameters) {
            lowered.push(self.argument(signature, expr, *parameter));
        }
        self.note_reads(signature.function, &lowered);
        if let Some(folded) = self.folded(signature, &mut lowered, &exprs, span) {
            return folded;
        }
        let places = match signature.function {
            Function::AsList | Function::Flatten | Function::Distinct | Function::Dynamic => lowered
                .first()
                .map(|first| first.places.clone())
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let type_ = outcome_type(
            signature.outcome,
            lowered.first().map_or(&Type::Any, |first| &first.type_),
        );
        let arguments = lowered.into_iter().map(|argument| argument.node).collect();
        let kind = NodeKind::Call {
            function: signature.function,
            arguments,
        };
        Lowered {
            places,
            ..Lowered::computed(kind, span, type_)
        }
    }

    fn argument(&mut self, signature: &Signature, expr: &Expr, parameter: Parameter) -> Lowered {
        let lowered = self.lower(expr);
        if parameter.accepts(&lowered.type_) {
            return lowered;
        }
        let message = format!("`{}` does not take {}", signature.name, lowered.type_);
        let problem = Problem::new(message, expr.span, format!("expected {}", parameter.describe()));
        let help = match (signature.function, &lowered.type_) {
            (Function::Contains, Type::List(_)) => Some("to look into a list write `x in list`".to_owned()),
            (
                Function::StartsWith | Function::EndsWith | Function::Glob | Function::Matches,
                Type::List(_),
            ) => Some("look at every element with `list.exists(x, …)` or `list.all(x, …)`".to_owned()),
            (Function::Age, Type::String) => Some("write `age(timestamp(…))`".to_owned()),
            _ => None,
        };
        self.failed(problem.maybe_help(help), expr.span)
    }

    fn note_reads(&mut self, function: Function, arguments: &[Lowered]) {
        let extent = match function {
            Function::AsList | Function::Flatten | Function::Dynamic => return,
            Function::Size => Extent::Presence,
            _ => Extent::Whole,
        };
        for argument in arguments {
            self.uses.note(&argument.places, extent);
        }
    }

    /// What a call with constant arguments can be reduced to before the rule runs.
    fn folded(
        &mut self,
        signature: &Signature,
        arguments: &mut Vec<Lowered>,
        exprs: &[&Expr],
        span: Span,
    ) -> Option<Lowered> {
        let place = |position: usize| exprs.get(position).map_or(span, |expr| expr.span);
        match (signature.function, arguments.as_slice()) {
            (Function::ToTimestamp, [argument]) => {
                let text = argument.constant_text()?;
                Some(match plumb_model::time::parse(text) {
                    Some(moment) => Lowered::computed(NodeKind::Moment(moment), span, Type::Timestamp),
                    None => {
                        let problem =
                            Problem::new(format!("`{text}` is not a timestamp"), place(0), "malformed")
                                .help("write it as `2026-01-31T00:00:00Z`");
                        self.failed(problem, span)
                    }
                })
            }
            (Function::ToDuration, [argument]) => {
                let text = argument.constant_text()?;
                Some(match time::parse_duration(text) {
                    Some(length) => Lowered::computed(NodeKind::Length(length), span, Type::Duration),
                    None => {
                        let problem =
                            Problem::new(format!("`{text}` is not a duration"), place(0), "malformed")
                                .help("write it as `90d`, `12h`, `30m`, `1h30m` or `10s`");
                        self.failed(problem, span)
                    }
                })
            }
            (Function::Days, [argument]) => {
                let length = time::days(argument.constant()?.as_int()?)?;
                Some(Lowered::computed(NodeKind::Length(length), span, Type::Duration))
            }
            (Function::Matches, [_, pattern]) => {
                let pattern = pattern.constant_text()?;
                let built = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_SIZE).build();
                Some(match built {
                    Ok(regex) => {
                        let text = arguments.swap_remove(0).node;
                        let kind = NodeKind::Matches {
                            text: Box::new(text),
                            regex: Box::new(regex),
                        };
                        Lowered::computed(kind, span, Type::Bool)
                    }
                    Err(error) => {
                        let reason = match &error {
                            regex::Error::Syntax(message) => message
                                .lines()
                                .last()
                                .unwrap_or_default()
                                .trim_start_matches("error: ")
                                .to_owned(),
                            _ => "it is too large".to_owned(),
                        };
                        let problem = Problem::new(
                            format!("the pattern is not valid: {reason}"),
                            place(1),
                            "this pattern",
                        )
                        .help("patterns are RE2's: no look-around and no back-references");
                        self.failed(problem, span)
                    }
                })
            }
            (
                Function::CidrContains
                | Function::CidrOverlaps
                | Function::CidrIsAny
                | Function::CidrIsPublic,
                arguments,
            ) => {
                let wrong = arguments.iter().position(|argument| {
                    argument
                        .constant_text()
                        .is_some_and(|text| crate::functions::cidr::Block::parse(text).is_none())
                })?;
                let problem = Problem::new("this is not an address block", place(wrong), "malformed")
                    .help("write it as `10.0.0.0/8` or `2001:db8::/32`");
                Some(self.failed(problem, span))
            }
            _ => None,
        }
    }

    /// `has(x.y)` is `x.y != null`.
    fn has(&mut self, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        let [argument] = arguments else {
            return self.wrong_arguments(name, "has(resource.name)", span);
        };
        if !matches!(argument.kind, Kind::Select { .. } | Kind::Index { .. }) {
            let problem = Problem::new("`has` takes an attribute", argument.span, "not an attribute")
                .help("for example `has(resource.name)`");
            return self.failed(problem, span);
        }
        let left = self.lower(argument);
        self.uses.note(&left.places, Extent::Presence);
        let right = Box::new(Node {
            kind: NodeKind::Literal(Value::Null),
            span,
        });
        let kind = NodeKind::Compare {
            comparison: Comparison::NotEqual,
            left: Box::new(left.node),
            right,
        };
        Lowered::computed(kind, span, Type::Bool)
    }

    pub(super) fn wrong_arguments(&mut self, name: &Name, usage: &str, span: Span) -> Lowered {
        let message = format!("`{}` has the wrong number of arguments", name.text);
        self.failed(
            Problem::new(message, name.span, "called here").help(format!("write `{usage}`")),
            span,
        )
    }
}

fn outcome_type(outcome: Outcome, first: &Type) -> Type {
    match outcome {
        Outcome::Bool => Type::Bool,
        Outcome::Int => Type::Int,
        Outcome::Double => Type::Double,
        Outcome::Text => Type::String,
        Outcome::Timestamp => Type::Timestamp,
        Outcome::Duration => Type::Duration,
        Outcome::TextList => Type::String.list(),
        Outcome::Any => Type::Any,
        Outcome::Same => match first {
            Type::List(_) => first.clone(),
            _ => Type::Any.list(),
        },
        Outcome::Flattened => match first {
            Type::List(element) => match &**element {
                Type::List(_) => Type::clone(element),
                Type::Any | Type::Json | Type::Null => Type::Any.list(),
                _ => first.clone(),
            },
            _ => Type::Any.list(),
        },
        Outcome::Listed => match first {
            Type::List(_) => first.clone(),
            Type::Any | Type::Json | Type::Null => Type::Any.list(),
            other => other.clone().list(),
        },
        Outcome::MapValues => match first {
            Type::Map(value) => Type::clone(value).list(),
            _ => Type::Any.list(),
        },
        Outcome::Statements => iam::statement_type().list(),
    }
}

/// How a function is written, for advice.
fn usage(signature: &Signature) -> String {
    let named: Vec<&str> = signature
        .parameters
        .iter()
        .map(|parameter| parameter.describe())
        .collect();
    match (signature.form, named.split_first()) {
        (Form::Method, Some((target, rest))) => {
            format!(
                "{}.{}({})",
                target.replace(' ', "_"),
                signature.name,
                rest.join(", ")
            )
        }
        _ => format!("{}({})", signature.name, named.join(", ")),
    }
}
