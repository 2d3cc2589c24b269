//! The beginning of a new policy: a file that loads, type-checks and whose tests hold.

use plumb_expr::Type;
use plumb_model::value::Text;

use crate::schema::{AttributeSource, ResourceType};

/// A policy file for a resource type, with comments that say what to write where.
///
/// The rule is about `attribute`, or about the first attribute with a call of its own, else the first one there is.
pub fn scaffold(name: &str, resource_type: &ResourceType, attribute: Option<&str>) -> String {
    let attribute = attribute.map_or_else(|| first_attribute(resource_type), Text::from);
    let set = match resource_type
        .attribute(&attribute)
        .map(|attribute| &attribute.type_)
    {
        Some(type_) => example(type_),
        None => "value",
    };
    let title = title_of(name);
    let provider = resource_type.provider.name();
    let type_name = &resource_type.name;
    format!(
        r#"# A policy is a requirement on one resource type.
# `plumb schema {type_name}` shows the attributes; `plumb policy test FILE` runs the tests below.
policies:
- name: {name}
  title: {title}
  description: >-
    What is required, and what happens where it is not met.
  provider: {provider}
  resource_type: {type_name}
  severity: MEDIUM            # CRITICAL, HIGH, MEDIUM, LOW or INFORMATIONAL
  # when: resource.region != "us-east-1"     # resources for which this is false are left out
  rule: |
    resource.{attribute} != null
  remediation: What to change, in one or two sentences.
  references: []
  compliance_mapping: []      # for example - {{ SOC2: "CC6.1" }}
  tests:
  - name: it is set
    resource: {{ name: good, {attribute}: {set} }}
    expect: pass
  - name: it is not set
    resource: {{ name: bad, {attribute}: null }}
    expect: fail
  - name: it could not be read
    resource: {{ name: unseen }}
    unreadable: [{attribute}]
    expect: unknown
"#
    )
}

fn first_attribute(resource_type: &ResourceType) -> Text {
    let is_fact = |source: &AttributeSource| matches!(source, AttributeSource::Fact { .. });
    let attributes = resource_type.attributes();
    let fact = attributes
        .iter()
        .find(|attribute| is_fact(&attribute.source) && attribute.name != "tags");
    let other = || {
        attributes
            .iter()
            .find(|attribute| attribute.source != AttributeSource::Reserved)
    };
    fact.or_else(other)
        .map_or(Text::new_static("tags"), |attribute| attribute.name.clone())
}

/// A value of the type, in YAML's flow style.
fn example(type_: &Type) -> &'static str {
    match type_ {
        Type::Any | Type::Json | Type::Map(_) | Type::Object(_) => "{}",
        Type::List(_) => "[]",
        Type::Bool => "true",
        Type::Int => "1",
        Type::Double => "1.5",
        Type::String | Type::Duration => "value",
        Type::Timestamp => "2026-01-01T00:00:00Z",
        Type::Null => "null",
    }
}

/// `s3-bucket-logging-enabled` becomes `S3 bucket logging enabled`.
fn title_of(name: &str) -> String {
    let spaced = name.replace('-', " ");
    let mut characters = spaced.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
