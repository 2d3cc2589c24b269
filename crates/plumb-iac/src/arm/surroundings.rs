//! What templates ask of the place they are deployed to: subscription, resource group, deployment, and ids in them.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource> and
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-scope>.

use std::fmt::Write;

use plumb_model::value::Text;
use sha2::{Digest, Sha256};

use super::attributes::AFTER_DEPLOYMENT;
use super::calls::is_open_to_stand_ins;
use super::deployment::Deployment;
use super::evaluate::map_with;
use super::frame::Spot;
use super::functions::text_of;
use super::identity::{id, resource_group, subscription};
use super::modules::LOCAL;
use super::tree::Expr;
use crate::val::{Entries, Val, Why};

/// The letters and digits of `uniqueString`.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl Deployment<'_, '_> {
    /// The value of a function that asks for the surroundings; `None` when it is another one.
    pub(super) fn surroundings(&self, name: &str, arguments: &[Expr], spot: Spot<'_>) -> Option<Val> {
        let make: fn(&Self, &[Text]) -> Option<Val> = match name {
            "subscription" => Self::subscription,
            "resourcegroup" => Self::resource_group,
            "managementgroup" => |_, names| {
                let name = names.first().map_or("MANAGEMENT_GROUP", Text::as_str);
                Some(place(
                    &format!("/providers/Microsoft.Management/managementGroups/{name}"),
                    name,
                ))
            },
            "tenant" => |_, _| {
                Some(map_with(
                    Entries::from_iter([("id".into(), Val::string(""))]),
                    AFTER_DEPLOYMENT,
                ))
            },
            "deployment" => |this, _| Some(this.deployment()),
            "environment" => |_, _| Some(environment()),
            "resourceid" => Self::resource_id,
            "subscriptionresourceid" => Self::subscription_resource_id,
            "tenantresourceid" => |this, names| this.id_at("", names),
            "managementgroupresourceid" => |this, names| {
                this.id_at(
                    "/providers/Microsoft.Management/managementGroups/MANAGEMENT_GROUP",
                    names,
                )
            },
            "extensionresourceid" => |this, names| {
                let (of, names) = names.split_first()?;
                this.id_at(of, names)
            },
            "uniquestring" => |_, names| Some(Val::string(unique(names))),
            "guid" => |_, names| Some(Val::string(guid(names))),
            _ => return None,
        };
        Some(self.surrounding(name, arguments, spot, make))
    }

    fn surrounding(
        &self,
        name: &str,
        arguments: &[Expr],
        spot: Spot<'_>,
        make: fn(&Self, &[Text]) -> Option<Val>,
    ) -> Val {
        if !is_open_to_stand_ins(spot.certainty) {
            // The location may be told although the rest is not.
            return match (name, arguments, &self.work.context.region) {
                ("resourcegroup", [], Some(region)) => map_with(
                    Entries::from_iter([("location".into(), Val::string(region.clone()))]),
                    AFTER_DEPLOYMENT,
                ),
                (_, _, _) => Val::unknown(format!("what `{name}` gives is {AFTER_DEPLOYMENT}")),
            };
        }
        let names = arguments
            .iter()
            .map(|argument| text_of(&self.evaluate(argument, spot.identity())));
        let names: Result<Vec<Text>, Why> = names.collect();
        match names {
            Ok(names) => make(self, &names)
                .unwrap_or_else(|| Val::unknown(format!("`{name}` does not take these arguments"))),
            Err(why) => Val::unknown(why),
        }
    }

    fn subscription(&self, names: &[Text]) -> Option<Val> {
        let name = names
            .first()
            .map(Text::as_str)
            .or_else(|| subscription(&self.scope))?;
        let entries = [
            ("id", Val::string(format!("/subscriptions/{name}"))),
            ("subscriptionId", Val::string(name)),
        ];
        Some(map_of(entries))
    }

    fn resource_group(&self, names: &[Text]) -> Option<Val> {
        let own = subscription(&self.scope);
        let (to, name) = match names {
            [] => (own?, resource_group(&self.scope)?),
            [name] => (own?, name.as_str()),
            [to, name, ..] => (to.as_str(), name.as_str()),
        };
        let id = format!("/subscriptions/{to}/resourceGroups/{name}");
        let location = match (&self.work.context.region, names.is_empty()) {
            (Some(region), true) => Val::string(region.clone()),
            (_, _) => Val::unknown("the location of the resource group is not told"),
        };
        let entries = [
            ("id", Val::string(id)),
            ("name", Val::string(name)),
            ("type", Val::string("Microsoft.Resources/resourceGroups")),
            ("location", location),
        ];
        Some(map_of(entries))
    }

    fn deployment(&self) -> Val {
        let path = &self.template.path;
        let file = path.rsplit('/').next().unwrap_or_default();
        let name = file.split('.').next().unwrap_or_default();
        let link = map_of([("uri", Val::string(format!("{LOCAL}{path}")))]);
        let location = match &self.work.context.region {
            Some(region) => Val::string(region.clone()),
            None => Val::unknown("the location of the deployment is not told"),
        };
        map_of([
            ("name", Val::string(name)),
            ("location", location),
            ("properties", map_of([("templateLink", link)])),
        ])
    }

    /// `resourceId([subscription], [group], type, name…)`
    fn resource_id(&self, names: &[Text]) -> Option<Val> {
        let at = names.iter().position(|name| name.contains('/'))?;
        let (before, names) = names.split_at_checked(at)?;
        let scope = match before {
            [] => self.scope.to_string(),
            [group] => format!(
                "/subscriptions/{}/resourceGroups/{group}",
                subscription(&self.scope)?
            ),
            [to, group, ..] => format!("/subscriptions/{to}/resourceGroups/{group}"),
        };
        self.id_at(&scope, names)
    }

    fn subscription_resource_id(&self, names: &[Text]) -> Option<Val> {
        let at = names.iter().position(|name| name.contains('/'))?;
        let (before, names) = names.split_at_checked(at)?;
        let to = before
            .first()
            .map(Text::as_str)
            .or_else(|| subscription(&self.scope))?;
        self.id_at(&format!("/subscriptions/{to}"), names)
    }

    fn id_at(&self, scope: &str, names: &[Text]) -> Option<Val> {
        let (kind, names) = names.split_first()?;
        Some(Val::string(id(scope, &self.canonical(kind), &names.join("/"))))
    }
}

fn place(id: &str, name: &str) -> Val {
    map_of([("id", Val::string(id)), ("name", Val::string(name))])
}

fn map_of<const N: usize>(entries: [(&'static str, Val); N]) -> Val {
    let entries = entries
        .into_iter()
        .map(|(name, value)| (Text::new_static(name), value));
    map_with(entries.collect(), AFTER_DEPLOYMENT)
}

/// The public cloud: <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment>.
fn environment() -> Val {
    let suffixes = map_of([
        ("keyvaultDns", Val::string(".vault.azure.net")),
        ("sqlServerHostname", Val::string(".database.windows.net")),
        ("storage", Val::string("core.windows.net")),
        ("acrLoginServer", Val::string(".azurecr.io")),
    ]);
    map_of([
        ("name", Val::string("AzureCloud")),
        ("resourceManager", Val::string("https://management.azure.com/")),
        ("suffixes", suffixes),
    ])
}

/// A stand-in of the same form as `uniqueString` gives: the same for the same texts, 13 letters and digits.
fn unique(names: &[Text]) -> String {
    let digest = digest(names);
    let letters = digest.iter().take(13).map(|byte| {
        let at = usize::from(byte % 32);
        LETTERS.get(at).copied().map_or('a', char::from)
    });
    letters.collect()
}

/// A stand-in of the form of a GUID, the same for the same texts.
fn guid(names: &[Text]) -> String {
    let mut text = String::new();
    for (at, byte) in digest(names).iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn digest(names: &[Text]) -> Vec<u8> {
    Sha256::digest(names.join("\u{1f}").as_bytes()).to_vec()
}
