//! An evaluator of the endpoint rules that come with the API models, for the parameters that reading needs.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::partitions::Partitions;

/// Where requests go and how they are signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resolved {
    pub(crate) host: String,
    pub(crate) base_path: String,
    pub(crate) signing_name: String,
    pub(crate) signing_region: String,
}

/// Evaluates a rule set; `Ok(None)` when it says that there is no endpoint for these parameters.
///
/// # Errors
/// When the rules use something this evaluator does not know.
pub(crate) fn evaluate(
    rule_set: &Value,
    parameters: &BTreeMap<String, Value>,
    default_signing_name: &str,
    partitions: &Partitions,
) -> Result<Option<Resolved>> {
    let mut scope = BTreeMap::new();
    for (name, declared) in object(rule_set.get("parameters"))? {
        let value = parameters.get(name).or_else(|| declared.get("default")).cloned();
        scope.insert(name.clone(), value.unwrap_or(Value::Null));
    }
    let evaluator = Evaluator { partitions };
    let Some(endpoint) = evaluator.rules(list(rule_set.get("rules"))?, &scope)? else {
        return Ok(None);
    };
    let url = endpoint
        .get("url")
        .and_then(Value::as_str)
        .context("an endpoint without `url`")?;
    let rest = url
        .strip_prefix("https://")
        .with_context(|| format!("the endpoint `{url}` is not https"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let region = scope.get("Region").and_then(Value::as_str).unwrap_or_default();
    let schemes = endpoint
        .pointer("/properties/authSchemes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let scheme = schemes
        .iter()
        .find(|scheme| scheme.get("name").and_then(Value::as_str) != Some("sigv4a"));
    if !schemes.is_empty() && scheme.is_none() {
        return Ok(None);
    }
    let text = |key: &str, default: &str| {
        let value = scheme.and_then(|scheme| scheme.get(key)).and_then(Value::as_str);
        value.unwrap_or(default).to_owned()
    };
    Ok(Some(Resolved {
        host: host.to_owned(),
        base_path: if path.is_empty() {
            String::new()
        } else {
            format!("/{}", path.trim_end_matches('/'))
        },
        signing_name: text("signingName", default_signing_name),
        signing_region: text("signingRegion", region),
    }))
}

struct Evaluator<'a> {
    partitions: &'a Partitions,
}

type Scope = BTreeMap<String, Value>;

impl Evaluator<'_> {
    fn rules(&self, rules: &[Value], scope: &Scope) -> Result<Option<Value>> {
        for rule in rules {
            let Some(scope) = self.conditions(rule, scope)? else {
                continue;
            };
            match rule.get("type").and_then(Value::as_str) {
                Some("tree") => return self.rules(list(rule.get("rules"))?, &scope),
                Some("endpoint") => {
                    let endpoint = rule
                        .get("endpoint")
                        .context("an endpoint rule without `endpoint`")?;
                    return self.fill(endpoint, &scope).map(Some);
                }
                Some("error") => return Ok(None),
                other => bail!("unknown type of rule {other:?}"),
            }
        }
        Ok(None)
    }

    fn conditions(&self, rule: &Value, scope: &Scope) -> Result<Option<Scope>> {
        let mut scope = scope.clone();
        for condition in list(rule.get("conditions"))? {
            let value = self.call(condition, &scope)?;
            if matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(None);
            }
            if let Some(name) = condition.get("assign").and_then(Value::as_str) {
                scope.insert(name.to_owned(), value);
            }
        }
        Ok(Some(scope))
    }

    fn call(&self, call: &Value, scope: &Scope) -> Result<Value> {
        let function = call
            .get("fn")
            .and_then(Value::as_str)
            .context("a condition without `fn`")?;
        let arguments: Vec<Value> = list(call.get("argv"))?
            .iter()
            .map(|argument| self.argument(argument, scope))
            .collect::<Result<_>>()?;
        Ok(match (function, arguments.as_slice()) {
            ("isSet", [value]) => json!(!value.is_null()),
            ("not", [value]) => json!(value != &json!(true)),
            ("booleanEquals" | "stringEquals", [left, right]) => json!(left == right),
            ("getAttr", [value, Value::String(path)]) => attribute(value, path)?,
            ("aws.partition", [Value::String(region)]) => self.partitions.outputs(region)?,
            ("isValidHostLabel", [Value::String(label), Value::Bool(dotted)]) => {
                json!(if *dotted {
                    label.split('.').all(is_host_label)
                } else {
                    is_host_label(label)
                })
            }
            // The other functions take a bucket, an ARN or a custom endpoint apart, none of which is given.
            (_, [Value::Null, ..]) => Value::Null,
            _ => bail!("the rules call `{function}` with {arguments:?}"),
        })
    }

    fn argument(&self, argument: &Value, scope: &Scope) -> Result<Value> {
        if let Some(name) = argument.get("ref").and_then(Value::as_str) {
            return Ok(scope.get(name).cloned().unwrap_or(Value::Null));
        }
        if argument.get("fn").is_some() {
            return self.call(argument, scope);
        }
        self.fill(argument, scope)
    }

    fn fill(&self, value: &Value, scope: &Scope) -> Result<Value> {
        Ok(match value {
            Value::String(template) => Value::String(fill_template(template, scope)?),
            Value::Array(values) => Value::Array(
                values
                    .iter()
                    .map(|value| self.fill(value, scope))
                    .collect::<Result<_>>()?,
            ),
            Value::Object(entries) if entries.contains_key("ref") || entries.contains_key("fn") => {
                self.argument(value, scope)?
            }
            Value::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.fill(value, scope)?)))
                    .collect::<Result<Map<_, _>>>()?,
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }
}

fn fill_template(template: &str, scope: &Scope) -> Result<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (expression, after) = after.split_once('}').context("an open brace in a template")?;
        let (name, path) = expression.split_once('#').unwrap_or((expression, ""));
        let value = scope
            .get(name)
            .with_context(|| format!("`{name}` is not in scope"))?;
        let value = if path.is_empty() {
            value.clone()
        } else {
            attribute(value, path)?
        };
        filled.push_str(before);
        filled.push_str(
            value
                .as_str()
                .with_context(|| format!("`{expression}` is not text"))?,
        );
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn attribute(value: &Value, path: &str) -> Result<Value> {
    ensure!(!path.contains('['), "the rules index a list");
    Ok(path
        .split('.')
        .try_fold(value, |value, key| value.get(key))
        .cloned()
        .unwrap_or(Value::Null))
}

fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn list(value: Option<&Value>) -> Result<&[Value]> {
    value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .context("the rules lack a list")
}

fn object(value: Option<&Value>) -> Result<&Map<String, Value>> {
    value
        .and_then(Value::as_object)
        .context("the rules lack an object")
}
