//! Plans: what would be, by which providers, and what expressions of the code refer to.

use plumb_model::value::Text;
use serde_json::Value as Json;

use super::whereabouts::{By, Evidence, Provider, is_account, is_region};
use super::{Found, MAX_MODULES, Reader, is_of_aws, list, text, without_keys};
use crate::declared::Intent;

impl<'r> Reader<'r> {
    /// Everything of a plan, or of a state as `terraform show -json` writes it.
    pub(super) fn plan(&mut self, json: &'r Json) {
        for change in list(json.get("resource_changes")) {
            if let (Some(address), Some(unknown)) = (
                text(change, "address"),
                change
                    .get("change")
                    .and_then(|change| change.get("after_unknown")),
            ) {
                self.unknown.insert(address.to_owned(), unknown);
            }
        }
        let configuration = json.get("configuration");
        if let Some(Json::Object(configured)) = configuration.and_then(|found| found.get("provider_config")) {
            let variables = json.get("variables");
            for (key, provider) in configured.iter().filter(|(_, provider)| is_aws(provider)) {
                self.providers
                    .insert(key.clone(), configured_as(provider, variables));
            }
        }
        if let Some(root) = configuration.and_then(|found| found.get("root_module")) {
            self.configuration(root, "", 0);
        }
        let prior = json.get("prior_state").and_then(|prior| prior.get("values"));
        if let Some(root) = prior.and_then(|values| values.get("root_module")) {
            self.prior(root, 0);
        }
        let planned = json.get("planned_values").or(json.get("values"));
        if let Some(root) = planned.and_then(|planned| planned.get("root_module")) {
            self.module(root, 0);
        }
    }

    /// What expressions of the code refer to, which planned values do not tell.
    fn configuration(&mut self, module: &'r Json, prefix: &str, depth: usize) {
        if depth > MAX_MODULES {
            return;
        }
        for resource in list(module.get("resources")) {
            let Some(address) = text(resource, "address") else {
                continue;
            };
            let mut references = Vec::new();
            if let Some(Json::Object(expressions)) = resource.get("expressions") {
                for (argument, expression) in expressions {
                    let found: Vec<String> = list(expression.get("references"))
                        .filter_map(Json::as_str)
                        .map(|reference| format!("{prefix}{reference}"))
                        .collect();
                    if !found.is_empty() {
                        references.push((Text::from(argument.as_str()), found));
                    }
                }
            }
            let key = text(resource, "provider_config_key").map(|key| self.known_key(key));
            let plain = format!("{prefix}{address}");
            self.provider_keys.extend(key.map(|key| (plain.clone(), key)));
            self.references.insert(plain, references);
        }
        if let Some(Json::Object(calls)) = module.get("module_calls") {
            for (name, call) in calls {
                if let Some(inner) = call.get("module") {
                    self.configuration(inner, &format!("{prefix}module.{name}."), depth + 1);
                }
            }
        }
    }

    /// The key of a provider's configuration; one of a module without a configuration of its own has its caller's default.
    fn known_key(&self, key: &str) -> String {
        let outer = key.rsplit_once(':').map(|(_, name)| name);
        match outer.filter(|name| !self.providers.contains_key(key) && !name.contains('.')) {
            Some(name) => name.to_owned(),
            None => key.to_owned(),
        }
    }

    /// What the file calls the provider of a resource; without a configuration all of one name count as one.
    fn provider_of(&self, resource: &Json, address: &str) -> String {
        let key = self.provider_keys.get(&without_keys(address)).map(String::as_str);
        let key = key.or_else(|| text(resource, "provider_name"));
        key.unwrap_or_default().to_owned()
    }

    /// What was there before tells where its providers work.
    fn prior(&mut self, module: &Json, depth: usize) {
        if depth > MAX_MODULES {
            return;
        }
        for resource in list(module.get("resources")) {
            let (Some(kind), Some(address)) = (text(resource, "type"), text(resource, "address")) else {
                continue;
            };
            let values = resource.get("values").unwrap_or(&Json::Null);
            let evidence = Evidence::of(values);
            if !is_of_aws(kind) {
                continue;
            }
            let provider = self.provider_of(resource, address);
            if text(resource, "mode") == Some("data") {
                self.look_up(kind, &provider, values);
            } else if evidence.account.is_some() {
                self.known(&provider).learn(&evidence);
            }
        }
        for child in list(module.get("child_modules")) {
            self.prior(child, depth + 1);
        }
    }

    fn module(&mut self, module: &Json, depth: usize) {
        if depth > MAX_MODULES {
            return;
        }
        for resource in list(module.get("resources")) {
            let (Some(kind), Some(address)) = (text(resource, "type"), text(resource, "address")) else {
                continue;
            };
            let provider = self.provider_of(resource, address);
            if text(resource, "mode") == Some("data") {
                if let Some(values) = resource.get("values").filter(|_| is_of_aws(kind)) {
                    self.look_up(kind, &provider, values);
                }
                continue;
            }
            let unknown = self.unknown.get(address).copied();
            let sensitive = resource.get("sensitive_values");
            let values = resource.get("values").unwrap_or(&Json::Null);
            let body = self.value(values, unknown, sensitive, 0);
            let deposed = text(resource, "deposed_key").map(|key| format!("{address} (deposed {key})"));
            let address = Text::from(deposed.as_deref().unwrap_or(address));
            let is_tainted = resource.get("tainted") == Some(&Json::Bool(true));
            let intent = match (&deposed, is_tainted) {
                (Some(_), _) => Some(Intent::Deposed),
                (None, true) => Some(Intent::Tainted),
                (None, false) => None,
            };
            self.lifecycle
                .intents
                .extend(intent.map(|intent| (address.clone(), intent)));
            self.add(Found {
                kind: Text::from(kind),
                address,
                body,
                provider,
                evidence: Evidence::of(values),
            });
        }
        for child in list(module.get("child_modules")) {
            self.module(child, depth + 1);
        }
    }
}

/// Whether a configuration is of a provider of AWS.
fn is_aws(provider: &Json) -> bool {
    let name = text(provider, "full_name").or_else(|| text(provider, "name"));
    let name = name.and_then(|name| name.rsplit('/').next());
    matches!(name, Some("aws" | "awscc"))
}

/// Where the configuration of a provider leads
/// (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs>).
fn configured_as(provider: &Json, variables: Option<&Json>) -> Provider {
    let expressions = provider.get("expressions").unwrap_or(&Json::Null);
    let is_root = text(provider, "module_address").is_none_or(str::is_empty);
    let variables = variables.filter(|_| is_root);
    let argument = |name: &str| constant(expressions.get(name)?, variables);
    // Of roles that are assumed one after the other the last counts.
    let assumed = ["assume_role", "assume_role_with_web_identity"]
        .into_iter()
        .flat_map(|name| list(expressions.get(name)))
        .last();
    let of_role = assumed.and_then(|role| {
        let arn = constant(role.get("role_arn")?, variables)?;
        arn.as_str()?.split(':').nth(4).map(str::to_owned)
    });
    let allowed = argument("allowed_account_ids").and_then(|ids| match ids.as_array()?.as_slice() {
        [one] => one.as_str().map(str::to_owned),
        _ => None,
    });
    let others = ["profile", "access_key"].into_iter().find_map(|name| {
        let written = expressions.get(name)?;
        let told = constant(written, variables).unwrap_or(written);
        Some(format!("{name} {told}"))
    });
    let account = of_role.or(allowed).filter(|account| is_account(account));
    Provider {
        by: match (assumed, others) {
            (Some(_), _) => By::Own,
            (None, Some(others)) => By::Others(others),
            (None, None) => By::Surroundings,
        },
        account: account.map(Text::from),
        region: argument("region")
            .and_then(Json::as_str)
            .filter(|region| is_region(region))
            .map(Text::from),
        ..Provider::default()
    }
}

/// The value of an expression that is a constant, or a variable and nothing else.
///
/// Plans tell what an expression refers to and not how: a text that is made of a variable looks like the variable. So regions and ARNs are
/// taken only where they are whole.
fn constant<'j>(expression: &'j Json, variables: Option<&'j Json>) -> Option<&'j Json> {
    if let Some(constant) = expression.get("constant_value") {
        return Some(constant);
    }
    let mut references = list(expression.get("references")).filter_map(Json::as_str);
    let name = references.next()?.strip_prefix("var.")?;
    if name.contains(['.', '[']) || references.next().is_some() {
        return None;
    }
    variables?.get(name)?.get("value")
}
