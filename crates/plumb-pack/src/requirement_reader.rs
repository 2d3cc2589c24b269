//! Reading of `path` in policies, and of `paths` and `exposure` in their tests.

use plumb_model::graph::Sensitivity;
use plumb_model::path::Certainty;
use plumb_model::value::{Map, Value};

use crate::node::Node;
use crate::policy::TestPath;
use crate::policy_reader::{parse_word, read_rule};
use crate::reader::{Fields, Problems};
use crate::requirement::{PathEntry, PathRequirement, Requirement};

const CERTAINTIES: [Certainty; 3] = [Certainty::Certain, Certainty::Conditional, Certainty::Possible];

/// The requirement of a policy: exactly one of `rule` and `path`.
pub(crate) fn read_requirement(fields: &Fields<'_>, problems: &mut Problems) -> Option<Requirement> {
    match (fields.get("rule"), fields.get("path")) {
        (Some(_), Some(path)) => {
            problems.error_with_help(
                path.span.clone(),
                "a policy has a `rule` or a `path`, not both",
                "beside a `rule`",
                Some("write the scope of a `path` policy under `when`".to_owned()),
            );
            None
        }
        (None, Some(path)) => read_path(path, problems).map(Requirement::Path),
        (_, None) => fields
            .required("rule", "a policy", problems)
            .and_then(|node| read_rule(node, "rule", problems))
            .map(Requirement::Rule),
    }
}

fn read_path(node: &Node, problems: &mut Problems) -> Option<PathRequirement> {
    let what = "`path`";
    let known = ["from", "certainty", "min_risk", "sensitivity"];
    let fields = Fields::open(node, what, &known, problems)?;
    fields.required("from", what, problems)?;
    let from = entry(&fields, problems)?;
    let certainty = match fields.get("certainty") {
        Some(_) => certainty(&fields, problems)?,
        None => Certainty::Conditional,
    };
    let min_risk = match fields.get("min_risk") {
        Some(node) => risk(node, "min_risk", problems)?,
        None => 1,
    };
    let sensitivity = match fields.text("sensitivity", problems) {
        Some(text) => {
            let words = Sensitivity::ALL.map(Sensitivity::name);
            let parse = |text: &str| text.parse().ok();
            Some(parse_word(
                &text,
                fields.get("sensitivity")?,
                &words,
                parse,
                problems,
            )?)
        }
        None => None,
    };
    Some(PathRequirement {
        from,
        certainty,
        min_risk,
        sensitivity,
        span: node.head(&problems.source().text),
    })
}

fn entry(fields: &Fields<'_>, problems: &mut Problems) -> Option<PathEntry> {
    let text = fields.text("from", problems)?;
    let parse = |text: &str| PathEntry::ALL.into_iter().find(|entry| entry.name() == text);
    let words = PathEntry::ALL.map(PathEntry::name);
    parse_word(&text, fields.get("from")?, &words, parse, problems)
}

fn certainty(fields: &Fields<'_>, problems: &mut Problems) -> Option<Certainty> {
    let text = fields.text("certainty", problems)?;
    let parse = |text: &str| CERTAINTIES.into_iter().find(|certainty| certainty.name() == text);
    let words = CERTAINTIES.map(Certainty::name);
    parse_word(&text, fields.get("certainty")?, &words, parse, problems)
}

fn risk(node: &Node, key: &str, problems: &mut Problems) -> Option<u8> {
    let number = node.to_value().as_int();
    let risk = number
        .and_then(|number| u8::try_from(number).ok())
        .filter(|risk| (1..=100).contains(risk));
    if risk.is_none() {
        problems.error(
            node.span.clone(),
            format!("`{key}` is not a risk"),
            "expected a whole number from 1 to 100",
        );
    }
    risk
}

/// The attack paths to the resource of a test; `None` where it does not say.
pub(crate) fn read_test_paths(fields: &Fields<'_>, problems: &mut Problems) -> Option<Vec<TestPath>> {
    let node = fields.get("paths")?;
    let paths = problems.list(node, "paths").iter();
    Some(paths.filter_map(|path| read_test_path(path, problems)).collect())
}

fn read_test_path(node: &Node, problems: &mut Problems) -> Option<TestPath> {
    let what = "an attack path";
    let fields = Fields::open(node, what, &["from", "certainty", "risk"], problems)?;
    fields.required("from", what, problems)?;
    let from = entry(&fields, problems)?;
    if from == PathEntry::Any {
        problems.error(
            fields.key_span("from"),
            "one path begins at one place",
            "expected internet, credentials or external",
        );
        return None;
    }
    let certainty = match fields.get("certainty") {
        Some(_) => certainty(&fields, problems)?,
        None => Certainty::Certain,
    };
    let risk = risk(fields.required("risk", what, problems)?, "risk", problems)?;
    Some(TestPath {
        from,
        certainty,
        risk,
    })
}

/// What reaches the resource of a test; `None` where it does not say.
pub(crate) fn read_test_exposure(fields: &Fields<'_>, problems: &mut Problems) -> Option<Map> {
    fields.get("exposure")?;
    let entries = fields.entries("exposure", problems).iter();
    let member = |node: &Node| match node.text().map(|text| text.as_str()) {
        Some("unknown") => Value::Null,
        _ => node.to_value(),
    };
    Some(
        entries
            .map(|(key, node)| (key.text.clone(), member(node)))
            .collect(),
    )
}
