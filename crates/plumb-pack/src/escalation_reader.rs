//! Reading of escalations from YAML; `docs/specs/graph.md` describes the file.

use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::value::Text;

use crate::action::read_action;
use crate::call_reader::read_template;
use crate::escalation::{
    Boundary, Escalation, Gain, Need, Object, Permission, PrincipalKind, Requirement, Target, Trust, Versions,
};
use crate::node::{Content, Node};
use crate::policy::{Provenance, is_policy_name};
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};
use crate::suggest::did_you_mean;

const ESCALATION_KEYS: [&str; 12] = [
    "id",
    "title",
    "principal",
    "target",
    "trusts",
    "requires",
    "must_leave",
    "gains",
    "boundary",
    "versions",
    "remediation",
    "references",
];

/// Reads the escalations of a file; what is wrong goes to `problems`. `provider` is what the file's folder says.
pub(crate) fn read_escalations(
    root: &Node,
    provider: Option<Provider>,
    provenance: Provenance,
    problems: &mut Problems,
) -> Vec<Escalation> {
    let what = "a file of escalations";
    let Some(file) = Fields::open(root, what, &["provider", "escalations"], problems) else {
        return Vec::new();
    };
    let named = file.text("provider", problems).and_then(|text| {
        let parse = |text: &str| text.parse().ok();
        parse_word(
            &text,
            file.get("provider")?,
            &["aws", "azure", "gcp"],
            parse,
            problems,
        )
    });
    let Some(provider) = named.or(provider) else {
        problems.error_with_help(
            file.key_span("escalations"),
            "the file does not say which cloud it is for",
            "`provider` is missing here",
            Some("add `provider: aws`, or put the file into a folder `aws/<service>/`".to_owned()),
        );
        return Vec::new();
    };
    let Some(list) = file.required("escalations", what, problems) else {
        return Vec::new();
    };
    let nodes = problems.list(list, "escalations");
    nodes
        .iter()
        .filter_map(|node| read_escalation(node, provider, provenance, problems))
        .collect()
}

fn read_escalation(
    node: &Node,
    provider: Provider,
    provenance: Provenance,
    problems: &mut Problems,
) -> Option<Escalation> {
    let what = "an escalation";
    let fields = Fields::open(node, what, &ESCALATION_KEYS, problems)?;
    let id = fields.required_text("id", what, problems);
    if let Some(id) = &id
        && !is_policy_name(id)
    {
        problems.error_with_help(
            fields.key_span("id"),
            format!("id `{id}` is not in kebab-case"),
            "not an id",
            Some("name the way, for example `iam-create-policy-version`".to_owned()),
        );
    }
    let title = fields.required_text("title", what, problems);
    let principal = read_principal(&fields, problems);
    let target = fields
        .required_text("target", what, problems)
        .map(|text| read_target(&text));
    let trusts = fields
        .text("trusts", problems)
        .and_then(|text| read_trust(&text, &fields, problems));
    let gains = fields.required_text("gains", what, problems).and_then(|text| {
        let parse = |text: &str| match text {
            "administrator" => Some(Gain::Administrator),
            "target" => Some(Gain::Target),
            _ => None,
        };
        let words = ["administrator", "target"];
        parse_word(&text, fields.get("gains")?, &words, parse, problems)
    });
    let boundary = fields.text("boundary", problems).and_then(|text| {
        let parse = |text: &str| (text == "lifted").then_some(Boundary::Lifted);
        parse_word(&text, fields.get("boundary")?, &["lifted"], parse, problems)
    });
    let versions = fields.text("versions", problems).and_then(|text| {
        let parse = |text: &str| (text == "full").then_some(Versions::Full);
        parse_word(&text, fields.get("versions")?, &["full"], parse, problems)
    });
    let requires = fields
        .required("requires", what, problems)
        .map(|node| read_requirements("requires", node, problems));
    let must_leave = fields
        .get("must_leave")
        .map(|node| read_requirements("must_leave", node, problems));
    let span_of = |key: &str| fields.get(key).map(|node| node.span.clone()).unwrap_or_default();
    let escalation = Escalation {
        id: id?,
        title: title?,
        provider,
        principal,
        target: target?,
        trusts,
        requires: requires?,
        must_leave: must_leave.unwrap_or_default(),
        versions: versions.unwrap_or_default(),
        gains: gains?,
        boundary: boundary.unwrap_or(Boundary::Kept),
        remediation: fields.text("remediation", problems).unwrap_or_default(),
        references: fields.texts("references", problems),
        source: Arc::clone(problems.source()),
        id_span: span_of("id"),
        target_span: span_of("target"),
        provenance,
    };
    check(&escalation, &fields, problems);
    Some(escalation)
}

/// What each key says must go together.
fn check(escalation: &Escalation, fields: &Fields<'_>, problems: &mut Problems) {
    let becomes_nobody = match &escalation.target {
        Target::Principal | Target::OwnPolicy | Target::OwnGroup | Target::Account => true,
        Target::User | Target::Role | Target::Group | Target::Resource(_) => false,
    };
    if becomes_nobody && escalation.gains == Gain::Target {
        problems.error_with_help(
            fields.key_span("gains"),
            "this target is nobody else, so nothing is gained by becoming it",
            "cannot be `target` here",
            Some("write `gains: administrator` when every permission can be had this way".to_owned()),
        );
    }
    if escalation.trusts.is_some() && escalation.target != Target::Role {
        problems.error(
            fields.key_span("trusts"),
            "`trusts` needs `target: role`",
            "nothing else has a trust policy",
        );
    }
    if escalation.versions == Versions::Full && escalation.target != Target::OwnPolicy {
        problems.error(
            fields.key_span("versions"),
            "`versions` needs `target: own_policy`",
            "nothing else has versions",
        );
    }
    let on_everything = |need: &Need| match need {
        Need::Action(permission) => permission.on == Object::Anything,
        Need::Present(_) => false,
    };
    let mut left = escalation.must_leave.iter().flat_map(Requirement::needs);
    let fits = escalation.is_plain() && left.all(on_everything);
    if !escalation.must_leave.is_empty() && !fits {
        problems.error(
            fields.key_span("must_leave"),
            "`must_leave` needs `target: account`, and `on: \"*\"` in every entry",
            "what else is left is told by single ways",
        );
    }
    let has_policies = match &escalation.target {
        Target::Principal | Target::User | Target::Role | Target::Group => true,
        Target::OwnPolicy | Target::OwnGroup | Target::Account | Target::Resource(_) => false,
    };
    let of_policies =
        |need: &Need| matches!(need, Need::Action(permission) if permission.on == Object::TargetPolicy);
    if !has_policies && escalation.needs().any(of_policies) {
        problems.error(
            fields.key_span("requires"),
            "`on: target_policy` needs a target that is an identity",
            "nothing else has policies attached",
        );
    }
    // An action that is malformed has been reported itself.
    if !problems.has_errors() && !escalation.needs().any(|need| matches!(need, Need::Action(_))) {
        problems.error(
            fields.key_span("requires"),
            "`requires` names no action",
            "everybody could go this way",
        );
    }
}

fn read_principal(fields: &Fields<'_>, problems: &mut Problems) -> PrincipalKind {
    let read = fields.text("principal", problems).and_then(|text| {
        let parse = |text: &str| match text {
            "user" => Some(PrincipalKind::User),
            "role" => Some(PrincipalKind::Role),
            _ => None,
        };
        parse_word(
            &text,
            fields.get("principal")?,
            &["user", "role"],
            parse,
            problems,
        )
    });
    read.unwrap_or(PrincipalKind::Any)
}

/// A word, else the name of a resource type, which is looked up when the pack is checked.
fn read_target(text: &Text) -> Target {
    Target::WORDS
        .into_iter()
        .find(|(word, _)| word == text)
        .map_or_else(|| Target::Resource(text.clone()), |(_, target)| target)
}

fn read_trust(text: &Text, fields: &Fields<'_>, problems: &mut Problems) -> Option<Trust> {
    if text == "principal" {
        return Some(Trust::Principal);
    }
    let is_host = |text: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        text.contains('.') && text.chars().all(fits)
    };
    if let Some(provider) = text
        .strip_prefix("federated:")
        .filter(|provider| is_host(provider))
    {
        return Some(Trust::Federated(Text::from(provider)));
    }
    if is_host(text) {
        return Some(Trust::Service(text.clone()));
    }
    let help = did_you_mean(text, ["principal"]);
    let message =
        format!("`{text}` is neither `principal` nor a service principal nor `federated:` with a provider");
    let label = "expected for example `lambda.amazonaws.com`";
    problems.error_with_help(fields.key_span("trusts"), message, label, help);
    None
}

fn read_requirements(key: &str, node: &Node, problems: &mut Problems) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    for node in problems.list(node, key) {
        let is_choice = matches!(&node.content, Content::Map(entries)
            if entries.iter().any(|(key, _)| key.text == "any"));
        if !is_choice {
            requirements.extend(read_need(node, problems).map(Requirement::Need));
            continue;
        }
        let Some(choice) = Fields::open(node, "an alternative", &["any"], problems) else {
            continue;
        };
        let alternatives: Vec<Vec<Need>> = choice
            .list("any", problems)
            .iter()
            .map(|node| read_alternative(node, problems))
            .collect();
        if alternatives.len() < 2 {
            let message = "`any` needs at least two alternatives";
            problems.error(choice.key_span("any"), message, "no choice");
        }
        requirements.push(Requirement::Any(alternatives));
    }
    requirements
}

/// One need, or a list of needs that go together.
fn read_alternative(node: &Node, problems: &mut Problems) -> Vec<Need> {
    let nodes = match &node.content {
        Content::List(items) => items.as_slice(),
        Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => std::slice::from_ref(node),
    };
    nodes
        .iter()
        .filter_map(|node| read_need(node, problems))
        .collect()
}

fn read_need(node: &Node, problems: &mut Problems) -> Option<Need> {
    let what = "a requirement";
    let fields = Fields::open(node, what, &["action", "on", "context", "present"], problems)?;
    if let Some(name) = fields.text("present", problems) {
        for key in ["action", "on", "context"] {
            if fields.get(key).is_some() {
                let message = format!("`present` and `{key}` do not go together");
                problems.error(fields.key_span(key), message, "write two entries");
            }
        }
        return Some(Need::Present(name));
    }
    let action = fields
        .required("action", what, problems)
        .and_then(|node| read_action(node, problems));
    let on = fields
        .required("on", what, problems)
        .and_then(|node| read_object(node, problems));
    let mut context = Vec::new();
    for (key, node) in fields.entries("context", problems) {
        if !key.text.contains(':') {
            let message = format!("request key `{}` has no prefix before a colon", key.text);
            let label = "expected for example `iam:PassedToService`";
            problems.error(key.span.clone(), message, label);
        }
        let values = match &node.content {
            Content::List(items) => items
                .iter()
                .filter_map(|item| problems.text(item, "context"))
                .collect(),
            Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => {
                problems.text(node, "context").into_iter().collect::<Vec<_>>()
            }
        };
        context.push((key.text.clone(), values));
    }
    Some(Need::Action(Permission {
        action: action?,
        on: on?,
        context,
        span: node.head(&problems.source().text),
    }))
}

fn read_object(node: &Node, problems: &mut Problems) -> Option<Object> {
    let text = problems.text(node, "on")?;
    match text.as_str() {
        "target" => return Some(Object::Target),
        "target_policy" => return Some(Object::TargetPolicy),
        "*" => return Some(Object::Anything),
        _ => {}
    }
    let template = read_template(node, &text, problems)?;
    if template.parent_paths().next().is_some() {
        let message = "a target has no parent";
        problems.error(node.span.clone(), message, "in this template");
        return None;
    }
    // A template may begin with an attribute of the target that holds an ARN.
    if !text.starts_with("arn:") && !text.starts_with('{') {
        let help = "write `target`, `target_policy`, `*`, or a template such as `arn:{partition}:lambda:*:{account}:function:*`";
        problems.error_with_help(
            node.span.clone(),
            format!("`{text}` is not what an action can be evaluated on"),
            "not an ARN",
            Some(help.to_owned()),
        );
        return None;
    }
    Some(Object::Arn(template))
}
