//! `plumb can` and `plumb who-can`: questions about permissions.

use std::collections::BTreeMap;

use plumb_graph::questions::{Questions, Unanswerable};
use plumb_iam::key_type::KeyType;
use plumb_iam::keys::Context;
use plumb_model::answer::PermissionDecision;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use plumb_report::terminal::answers;

use crate::action;
use crate::answer::{did_you_mean, one_of};
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph_arguments::{AnswerFormat, CanArguments, WhoCanArguments};
use crate::paths::look;
use crate::source::{Judging, Source};

/// Runs `plumb can`.
pub(crate) fn can(console: Console, arguments: &CanArguments) -> Result<Status, Failed> {
    let source = &arguments.source;
    let context = context(&arguments.context)?;
    let (format, destination) = arguments.answer.open(source.snapshot.as_deref())?;
    let read = Source::read(console, source, Judging::Nothing)?;
    let (gaps, addresses) = (read.gaps.clone(), read.addresses.clone());
    let (knowledge, assembled) = read.assembled();
    console.show(action::doubt(&knowledge, &arguments.action).as_slice());
    let questions = Questions::new(&assembled, &knowledge);
    let who = questions
        .who(addresses.meant(&arguments.who))
        .map_err(|error| unanswerable(&error))?;
    let what = questions
        .what(addresses.meant(&arguments.resource))
        .map_err(|error| unanswerable(&error))?;
    let answer = questions
        .can(&who, &arguments.action, &what, &context)
        .map_err(|error| unanswerable(&error))?;
    match format {
        AnswerFormat::Terminal => {
            let (width, color) = look(console, &destination);
            destination.text(&answers::permission(&answer, width, color))
        }
        AnswerFormat::Json => destination.json("can", &answer, &gaps.with_problems(&assembled.graph)),
    }?;
    gaps.warn_of_contradictions(console);
    Ok(match answer.decision {
        PermissionDecision::Allowed | PermissionDecision::AllowedIf => Status::Clean,
        // What was not understood may permit it.
        PermissionDecision::DeniedImplicit if gaps.status() == Status::Incomplete => Status::Incomplete,
        PermissionDecision::DeniedExplicit | PermissionDecision::DeniedImplicit => Status::Findings,
        PermissionDecision::Unknown => Status::Incomplete,
    })
}

/// Runs `plumb who-can`.
pub(crate) fn who_can(console: Console, arguments: &WhoCanArguments) -> Result<Status, Failed> {
    let source = &arguments.source;
    let context = context(&arguments.context)?;
    let (format, destination) = arguments.answer.open(source.snapshot.as_deref())?;
    let read = Source::read(console, source, Judging::Nothing)?;
    let (gaps, addresses) = (read.gaps.clone(), read.addresses.clone());
    let (knowledge, assembled) = read.assembled();
    console.show(action::doubt(&knowledge, &arguments.action).as_slice());
    let questions = Questions::new(&assembled, &knowledge);
    let what = questions
        .what(addresses.meant(&arguments.resource))
        .map_err(|error| unanswerable(&error))?;
    let answer = questions
        .who_can(&arguments.action, &what, &context)
        .map_err(|error| unanswerable(&error))?;
    match format {
        AnswerFormat::Terminal => {
            let (width, color) = look(console, &destination);
            destination.text(&answers::who_can(&answer, width, color))
        }
        AnswerFormat::Json => destination.json("who_can", &answer, &gaps.with_problems(&assembled.graph)),
    }?;
    gaps.warn_of_contradictions(console);
    Ok(gaps.status())
}

/// What is given of the request: encrypted, unless said otherwise.
fn context(given: &[String]) -> Result<Context, Failed> {
    let mut keys: BTreeMap<String, Vec<Text>> = BTreeMap::new();
    for pair in given {
        let parts = pair.split_once('=').filter(|(key, _)| key.contains(':'));
        let Some((key, value)) = parts else {
            return Err(
                Diagnostic::error(format!("`{pair}` is no condition key with a value"))
                    .help("write it as `--context KEY=VALUE`, for example `aws:SourceIp=203.0.113.9`")
                    .into(),
            );
        };
        if let Some(kind) = KeyType::of(key).filter(|kind| !value.is_empty() && !kind.accepts(value)) {
            return Err(Diagnostic::error(format!("`{value}` is no value of `{key}`"))
                .help(format!("its values are {}", kind.title()))
                .into());
        }
        let values = keys.entry(key.to_ascii_lowercase()).or_default();
        if !value.is_empty() {
            values.push(Text::from(value));
        }
    }
    Ok(keys
        .into_iter()
        .fold(Context::over_tls(), |context, (key, values)| {
            context.with_values(&key, values)
        }))
}

fn unanswerable(error: &Unanswerable) -> Failed {
    let help = match error {
        Unanswerable::Name {
            what, near, count: 0, ..
        } => did_you_mean(
            near,
            if *what == "principal" {
                "name a user or role, by ARN or name, `internet`, an account number, or a service; of code name the role that it runs as"
            } else {
                "name a resource by uid, ARN or name, or any ARN"
            },
        ),
        Unanswerable::Name { near, count, .. } => {
            format!("name one of them in full: {}", one_of(near, *count))
        }
        Unanswerable::NotRead { near, .. } => did_you_mean(
            near,
            "`plumb graph query 'MATCH (n:identity) RETURN n.uid'` lists those that were read",
        ),
        Unanswerable::Elsewhere(_) => "for example the ARN of a role or of a bucket".to_owned(),
        Unanswerable::Action(_) => "for example `s3:GetObject` or `iam:PassRole`".to_owned(),
    };
    Diagnostic::error(error.to_string()).help(help).into()
}
