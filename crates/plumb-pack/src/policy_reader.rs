//! Reading of policies from YAML; `docs/specs/policy.md` describes the file.

use std::sync::Arc;

use plumb_model::report::Remediation;
use plumb_model::value::{Map, Text};
use plumb_model::verdict::Verdict;

use crate::node::{Content, Node};
use crate::policy::{Circumstances, Policy, PolicyTest, Provenance, TestResource, is_policy_name};
use crate::reader::{Fields, Problems};
use crate::requirement_reader::{read_requirement, read_test_exposure, read_test_paths};
use crate::risk::{Exploitability, Visibility};
use crate::rule_text::RuleText;
use crate::suggest::did_you_mean;

/// The key that lists what could not be read of an inventory resource.
pub(crate) const UNREADABLE_LIST: &str = "$unreadable";

const POLICY_KEYS: [&str; 17] = [
    "name",
    "title",
    "description",
    "provider",
    "resource_type",
    "severity",
    "risk",
    "when",
    "rule",
    "path",
    "params",
    "remediation",
    "references",
    "aliases",
    "compliance_mapping",
    "fix",
    "tests",
];

/// Reads the policies of a file; what is wrong goes to `problems`.
pub(crate) fn read_policies(
    root: &Node,
    service: &Text,
    provenance: Provenance,
    problems: &mut Problems,
) -> Vec<Policy> {
    let Some(file) = Fields::open(root, "a policy file", &["policies"], problems) else {
        return Vec::new();
    };
    let Some(list) = file.required("policies", "the file", problems) else {
        return Vec::new();
    };
    let nodes = problems.list(list, "policies");
    nodes
        .iter()
        .filter_map(|node| read_policy(node, service, provenance, problems))
        .collect()
}

fn read_policy(
    node: &Node,
    service: &Text,
    provenance: Provenance,
    problems: &mut Problems,
) -> Option<Policy> {
    let what = "a policy";
    let fields = Fields::open(node, what, &POLICY_KEYS, problems)?;
    let name = fields.required_text("name", what, problems);
    if let Some(name) = &name {
        check_name(name, fields.get("name")?, problems);
    }
    let provider = fields.required_text("provider", what, problems).and_then(|text| {
        parse_word(
            &text,
            fields.get("provider")?,
            &["aws", "azure", "gcp"],
            |text| text.parse().ok(),
            problems,
        )
    });
    let severity = fields.required_text("severity", what, problems).and_then(|text| {
        let words = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"];
        parse_word(
            &text,
            fields.get("severity")?,
            &words,
            |text| text.parse().ok(),
            problems,
        )
    });
    let resource_type = fields.required_text("resource_type", what, problems);
    let requirement = read_requirement(&fields, problems);
    let when = fields
        .get("when")
        .and_then(|node| read_rule(node, "when", problems));
    let tests = fields
        .list("tests", problems)
        .iter()
        .filter_map(|test| read_test(test, problems))
        .collect::<Vec<_>>();
    let description = fields.text("description", problems).unwrap_or_default();
    let title = fields.text("title", problems);
    let remediation = fields
        .get("remediation")
        .map(|node| read_remediation(node, problems))
        .unwrap_or_default();
    let risk = fields
        .get("risk")
        .map(|node| read_circumstances(node, problems))
        .unwrap_or_default();
    let name = name?;
    Some(Policy {
        title: title.unwrap_or_else(|| name.clone()),
        description: Text::from(description.trim_end()),
        provider: provider?,
        service: service.clone(),
        resource_type: resource_type?,
        severity: severity?,
        risk,
        when,
        requirement: requirement?,
        params: read_map(&fields, "params", problems),
        remediation,
        references: fields.texts("references", problems),
        aliases: fields.texts("aliases", problems),
        compliance_mapping: read_mapping(&fields, problems),
        fix: fields.text("fix", problems),
        tests,
        source: Arc::clone(problems.source()),
        name_span: fields
            .get("name")
            .map(|node| node.span.clone())
            .unwrap_or_default(),
        resource_type_span: fields
            .get("resource_type")
            .map(|node| node.span.clone())
            .unwrap_or_default(),
        provenance,
        name,
    })
}

/// What the policy says of itself for the risk of its failures.
fn read_circumstances(node: &Node, problems: &mut Problems) -> Circumstances {
    let known = ["visibility", "exploitability"];
    let Some(fields) = Fields::open(node, "`risk`", &known, problems) else {
        return Circumstances::default();
    };
    let visibility = fields.text("visibility", problems).and_then(|text| {
        let parse = |text: &str| match text {
            "none" => Some(Visibility::None),
            "resource" => Some(Visibility::Resource),
            "account" => Some(Visibility::Account),
            _ => None,
        };
        let words = ["none", "resource", "account"];
        parse_word(&text, fields.get("visibility")?, &words, parse, problems)
    });
    let exploitability = fields.text("exploitability", problems).and_then(|text| {
        let parse = |text: &str| match text {
            "hard" => Some(Exploitability::Hard),
            "usual" => Some(Exploitability::Usual),
            "easy" => Some(Exploitability::Easy),
            _ => None,
        };
        let words = ["hard", "usual", "easy"];
        parse_word(&text, fields.get("exploitability")?, &words, parse, problems)
    });
    Circumstances {
        visibility: visibility.unwrap_or_default(),
        exploitability: exploitability.unwrap_or_default(),
    }
}

fn check_name(name: &Text, node: &Node, problems: &mut Problems) {
    if !is_policy_name(name) {
        problems.error_with_help(
            node.span.clone(),
            format!("policy name `{name}` is not in kebab-case"),
            "small letters, digits and hyphens, at most 100",
            Some("name the requirement, for example `s3-bucket-encryption-required`".to_owned()),
        );
    }
}

/// Reads a word of a closed set.
pub(crate) fn parse_word<T>(
    text: &str,
    node: &Node,
    words: &[&str],
    parse: impl Fn(&str) -> Option<T>,
    problems: &mut Problems,
) -> Option<T> {
    let parsed = parse(text);
    if parsed.is_none() {
        let expected = format!("expected one of {}", words.join(", "));
        let help = did_you_mean(text, words.iter().copied()).unwrap_or_else(|| expected.clone());
        problems.error_with_help(
            node.span.clone(),
            format!("`{text}` is not known here"),
            expected,
            Some(help),
        );
    }
    parsed
}

pub(crate) fn read_rule(node: &Node, key: &str, problems: &mut Problems) -> Option<RuleText> {
    // `rule: true` is a rule, so any scalar will do.
    let text = problems.text(node, key)?;
    Some(RuleText::of(node, &text, &problems.source().text))
}

fn read_map(fields: &Fields<'_>, key: &str, problems: &mut Problems) -> Map {
    fields
        .entries(key, problems)
        .iter()
        .map(|(key, node)| (key.text.clone(), node.to_value()))
        .collect()
}

fn read_mapping(fields: &Fields<'_>, problems: &mut Problems) -> Vec<(Text, Text)> {
    let mut mapping = Vec::new();
    for item in fields.list("compliance_mapping", problems) {
        for (framework, control) in problems.entries(item, "compliance_mapping") {
            // One framework may name several controls: `{ SOC2: [CC6.1, CC6.7] }`.
            let controls = match &control.content {
                Content::List(items) => items.as_slice(),
                Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => std::slice::from_ref(control),
            };
            for control in controls {
                mapping.extend(
                    problems
                        .text(control, "control")
                        .map(|control| (framework.text.clone(), control)),
                );
            }
        }
    }
    mapping
}

fn read_remediation(node: &Node, problems: &mut Problems) -> Remediation {
    if let Some(summary) = node.text() {
        return Remediation {
            summary: Text::from(summary.trim_end()),
            ..Remediation::default()
        };
    }
    let what = "a remediation";
    let Some(fields) = Fields::open(node, what, &["summary", "console", "cli", "terraform"], problems) else {
        return Remediation::default();
    };
    let mut text = |key| fields.text(key, problems).map(|text| Text::from(text.trim_end()));
    let (console, cli, terraform) = (text("console"), text("cli"), text("terraform"));
    let summary = fields
        .required_text("summary", what, problems)
        .unwrap_or_default();
    Remediation {
        summary: Text::from(summary.trim_end()),
        console,
        cli,
        terraform,
    }
}

const TEST_KEYS: [&str; 13] = [
    "name",
    "resource",
    "unreadable",
    "expect",
    "evidence",
    "account",
    "now",
    "params",
    "inventory",
    "unreadable_types",
    "exposure",
    "paths",
    "region",
];

fn read_test(node: &Node, problems: &mut Problems) -> Option<PolicyTest> {
    let what = "a test";
    let fields = Fields::open(node, what, &TEST_KEYS, problems)?;
    let name = fields.required_text("name", what, problems)?;
    let expect = fields.required_text("expect", what, problems).and_then(|text| {
        let words = Verdict::ALL.map(Verdict::name);
        let parse = |text: &str| Verdict::ALL.into_iter().find(|verdict| verdict.name() == text);
        parse_word(&text, fields.get("expect")?, &words, parse, problems)
    })?;
    let now = fields.get("now").and_then(|node| {
        let parsed = node.text().and_then(|text| plumb_model::time::parse(text));
        if parsed.is_none() {
            problems.error(
                node.span.clone(),
                "`now` is not a timestamp",
                "expected for example 2026-01-01T00:00:00Z",
            );
        }
        parsed
    });
    let mut resource = read_map(&fields, "resource", problems);
    if let Some(region) = fields.text("region", problems) {
        resource.insert("region", region);
    }
    let mut inventory = Vec::new();
    for (resource_type, list) in fields.entries("inventory", problems) {
        let items = problems.list(list, "inventory");
        let resources = items
            .iter()
            .filter_map(|item| read_test_resource(item, problems))
            .collect();
        inventory.push((resource_type.text.clone(), resources));
    }
    Some(PolicyTest {
        name,
        expect,
        evidence: fields.text("evidence", problems),
        resource,
        unreadable: fields.texts("unreadable", problems),
        account: read_map(&fields, "account", problems),
        now,
        params: read_map(&fields, "params", problems),
        inventory,
        unreadable_types: fields.texts("unreadable_types", problems),
        exposure: read_test_exposure(&fields, problems),
        paths: read_test_paths(&fields, problems),
        span: node.head(&problems.source().text),
    })
}

fn read_test_resource(node: &Node, problems: &mut Problems) -> Option<TestResource> {
    let mut attributes = Map::new();
    let mut unreadable = Vec::new();
    let Content::Map(entries) = &node.content else {
        problems.error(
            node.span.clone(),
            "a resource must be a map of attributes",
            "not a map",
        );
        return None;
    };
    for (key, item) in entries {
        if key.text == UNREADABLE_LIST {
            unreadable = problems
                .list(item, UNREADABLE_LIST)
                .iter()
                .filter_map(|name| name.text().cloned())
                .collect();
        } else {
            attributes.insert(key.text.clone(), item.to_value());
        }
    }
    Some(TestResource {
        attributes,
        unreadable,
    })
}
