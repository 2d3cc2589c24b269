//! A policy as a SARIF reporting descriptor.

use plumb_model::report::PolicySummary;
use plumb_model::value::Text;
use plumb_model::verdict::Severity;
use serde::Serialize;

use super::Message;
use crate::markdown::escape::{code_block, link, text};
use crate::visible::is_web_address;

/// Code scanning refuses rules with more tags.
const MAX_TAGS: usize = 20;

/// The level of a failing result.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "note",
    }
}

/// A number inside the band that code scanning shows under the severity's name; 0.0 shows none.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Informational => "0.0",
    }
}

/// A policy.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    id: &'a str,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: Configuration,
    properties: Properties,
}

impl<'a> Rule<'a> {
    pub(super) fn new(policy: &'a PolicySummary) -> Self {
        let help_uri = policy
            .references
            .iter()
            .find(|reference| is_web_address(reference));
        Self {
            id: &policy.name,
            short_description: Message::new(&policy.title),
            full_description: Message::new(&policy.description),
            help: Help {
                text: Message::new(&policy.remediation.summary).text,
                markdown: help(policy),
            },
            help_uri: help_uri.map(Text::as_str),
            default_configuration: Configuration {
                level: level(policy.severity),
            },
            properties: Properties {
                tags: tags(policy),
                precision: "very-high",
                security_severity: security_severity(policy.severity),
                aliases: policy.aliases.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

fn tags(policy: &PolicySummary) -> Vec<String> {
    let fixed = [
        "security".to_owned(),
        policy.provider.to_string(),
        policy.service.to_string(),
    ];
    let controls = policy
        .controls
        .iter()
        .map(|control| format!("{}/{}", control.framework, control.control));
    let mut tags: Vec<String> = Vec::new();
    for tag in fixed.into_iter().chain(controls).filter(|tag| !tag.is_empty()) {
        if tags.len() < MAX_TAGS && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The description, the remediation in all its forms, and the references, as Markdown.
///
/// Braces stay single here: viewers show help as it is, and doubled ones would break the code in it.
fn help(policy: &PolicySummary) -> String {
    let mut parts = vec![
        text(&policy.description),
        format!("**Remediation:** {}", text(&policy.remediation.summary)),
    ];
    if let Some(console) = &policy.remediation.console {
        parts.push(format!("**Console:** {}", text(console)));
    }
    let forms = [
        ("Command line", &policy.remediation.cli),
        ("Terraform", &policy.remediation.terraform),
    ];
    for (name, form) in forms {
        if let Some(form) = form {
            parts.push(format!("**{name}:**\n\n{}", code_block(form)));
        }
    }
    if !policy.references.is_empty() {
        let references = policy
            .references
            .iter()
            .map(|reference| format!("- {}", link(reference)));
        parts.push(references.collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n")
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
}
