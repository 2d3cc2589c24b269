//! In which accounts and regions the resources of a plan or a state are: as they themselves tell, else as their providers do.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;
use serde_json::Value as Json;

use super::text;

/// What is known of where something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) account: Option<Text>,
    pub(super) region: Option<Text>,
}

impl Evidence {
    /// What the attributes of a resource tell: its ARN, its owner, its region.
    ///
    /// ARNs: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>. Global services leave the region out,
    /// buckets the account as well.
    pub(super) fn of(attributes: &Json) -> Self {
        let arn: Vec<&str> = text(attributes, "arn").map_or_else(Vec::new, |arn| arn.split(':').collect());
        let part = |at: usize| arn.get(at).copied().filter(|part| !part.is_empty());
        let account = part(4).or_else(|| text(attributes, "owner_id"));
        let region = text(attributes, "region").filter(|region| !region.is_empty());
        Self {
            account: account.filter(|account| is_account(account)).map(Text::from),
            region: region.or_else(|| part(3)).map(Text::from),
        }
    }
}

/// Whether a text is the number of an account.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is the name of a region, such as `us-gov-west-1`.
pub(super) fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let ends_in_number = parts
        .next_back()
        .is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    ends_in_number && parts.clone().count() >= 2 && parts.all(is_word)
}

/// By whose credentials a provider works.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// Those that somebody applies the code with.
    #[default]
    Surroundings,
    /// Those that a profile or keys tell, by what the code calls them.
    Others(String),
    /// Those of a role, or of a configuration that is not told.
    Own,
}

/// What is known of one provider.
#[derive(Clone, Debug, Default)]
pub(super) struct Provider {
    pub(super) by: By,
    /// The account that its configuration leads to, or that its caller identity tells.
    pub(super) account: Option<Text>,
    /// The region that its configuration names.
    pub(super) region: Option<Text>,
    /// Where its resources are.
    pub(super) accounts: BTreeSet<Text>,
    pub(super) regions: BTreeSet<Text>,
    /// Whether it has resources that do not tell their account.
    pub(super) has_silent: bool,
}

impl Provider {
    pub(super) fn learn(&mut self, evidence: &Evidence) {
        self.accounts.extend(evidence.account.clone());
        self.regions.extend(evidence.region.clone());
        self.has_silent |= evidence.account.is_none();
    }

    fn number(&self) -> Option<&Text> {
        self.account.as_ref().or_else(|| only(&self.accounts))
    }
}

/// The providers of a plan or a state, by their names in it.
pub(super) type Providers = BTreeMap<String, Provider>;

/// What stands for an account in documents.
#[derive(Debug)]
pub(super) struct Settled {
    providers: BTreeMap<String, Text>,
    regions: BTreeMap<String, Text>,
    numbers: BTreeMap<Text, Text>,
    /// What stands for the account of the default provider.
    pub(super) main: Text,
    /// By what stands for them, the numbers of the others, which are empty where none is known.
    pub(super) others: BTreeMap<Text, Text>,
    /// Providers of which the account is not known.
    pub(super) unknown: Vec<String>,
    /// Numbers that other files have already taken.
    pub(super) shared: BTreeSet<Text>,
}

/// Accounts that are told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// By its number.
    Number(Text),
    /// By the credentials.
    By(By),
    /// By the name of the provider.
    Alone(String),
}

impl Settled {
    /// Tells the accounts of providers apart. An account goes by its number where it is known and no other file has it, and else by a stand-in.
    pub(super) fn of(providers: &Providers, stand_in: &Text, taken: &BTreeSet<Text>) -> Self {
        let of_surroundings = shared_number(providers, &By::Surroundings);
        let group = |(name, provider): (&String, &Provider)| {
            let number = provider.number().cloned();
            let number = number.or_else(|| match &provider.by {
                By::Surroundings => of_surroundings.clone(),
                by @ By::Others(_) => shared_number(providers, by),
                By::Own => None,
            });
            match (number, &provider.by) {
                (Some(number), _) => Group::Number(number),
                // Of several accounts nothing tells which one is meant.
                (None, _) if provider.accounts.len() > 1 => Group::Alone(name.clone()),
                (None, By::Own) => Group::Alone(name.clone()),
                (None, by) => Group::By(by.clone()),
            }
        };
        let groups: BTreeMap<&String, Group> =
            providers.iter().map(|entry| (entry.0, group(entry))).collect();
        let by_default = providers
            .iter()
            .find(|(name, provider)| provider.by == By::Surroundings && is_default(name));
        let main = by_default
            .or_else(|| {
                providers
                    .iter()
                    .find(|(_, provider)| provider.by == By::Surroundings)
            })
            .or_else(|| providers.iter().next())
            .and_then(|(name, _)| groups.get(name));
        let mut ids: BTreeMap<Group, Text> = BTreeMap::new();
        let mut settled = Self {
            providers: BTreeMap::new(),
            regions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            main: stand_in.clone(),
            others: BTreeMap::new(),
            unknown: Vec::new(),
            shared: BTreeSet::new(),
        };
        let numbers = providers.values().flat_map(|provider| &provider.accounts);
        let numbers: BTreeSet<Group> = numbers.cloned().map(Group::Number).collect();
        let wanted = main.into_iter().chain(groups.values()).chain(&numbers);
        for group in wanted {
            if ids.contains_key(group) {
                continue;
            }
            let number = match group {
                Group::Number(number) => Some(number),
                Group::By(_) | Group::Alone(_) => None,
            };
            settled
                .shared
                .extend(number.filter(|number| taken.contains(*number)).cloned());
            let position = ids.len();
            let id = match number.filter(|number| !taken.contains(*number)) {
                Some(number) => number.clone(),
                None => numbered(stand_in, position),
            };
            match position {
                0 => settled.main = id.clone(),
                _ => drop(
                    settled
                        .others
                        .insert(id.clone(), number.cloned().unwrap_or_default()),
                ),
            }
            if let Some(number) = number {
                settled.numbers.insert(number.clone(), id.clone());
            }
            ids.insert(group.clone(), id);
        }
        for (name, provider) in providers {
            let Some(id) = groups.get(name).and_then(|group| ids.get(group)) else {
                continue;
            };
            let is_unnamed = settled.others.get(id).is_some_and(|number| number.is_empty());
            let is_one_of_several = provider.account.is_none() && provider.accounts.len() > 1;
            if provider.has_silent && (is_unnamed || is_one_of_several) {
                settled.unknown.push(name.clone());
            }
            settled.providers.insert(name.clone(), id.clone());
            if let Some(region) = provider.region.as_ref().or_else(|| only(&provider.regions)) {
                settled.regions.insert(name.clone(), region.clone());
            }
        }
        settled
    }

    /// What stands for the account of a resource.
    pub(super) fn account(&self, provider: &str, evidence: &Evidence) -> Text {
        let own = evidence
            .account
            .as_ref()
            .and_then(|number| self.numbers.get(number));
        own.or_else(|| self.providers.get(provider))
            .unwrap_or(&self.main)
            .clone()
    }

    /// The region of a provider: as it is configured, else where all its resources are that tell.
    pub(super) fn region(&self, provider: &str) -> Option<&Text> {
        self.regions.get(provider)
    }
}

/// The number of the account that credentials lead to, as the providers that use them tell; the default provider's counts first.
fn shared_number(providers: &Providers, by: &By) -> Option<Text> {
    let of_these = || providers.iter().filter(|(_, provider)| provider.by == *by);
    let default = of_these().find_map(|(name, provider)| provider.number().filter(|_| is_default(name)));
    default.cloned().or_else(|| {
        let numbers: BTreeSet<Text> = of_these()
            .filter_map(|(_, provider)| provider.number().cloned())
            .collect();
        only(&numbers).cloned()
    })
}

/// Whether a provider goes by no alias and stands in no module: `aws`, `provider["registry.terraform.io/hashicorp/aws"]`.
pub(super) fn is_default(name: &str) -> bool {
    // As states have it: an alias follows the address, a module goes before it.
    if name.contains("provider[") {
        return name.starts_with("provider[") && name.ends_with("\"]") && name.matches('[').count() == 1;
    }
    !name.contains(['.', ':']) || name.contains('/')
}

/// Stand-ins of one file differ in their first digits.
fn numbered(stand_in: &Text, position: usize) -> Text {
    match (position, stand_in.get(4..)) {
        (0, _) | (_, None) => stand_in.clone(),
        (position, Some(end)) => Text::from(format!("{position:04}{end}")),
    }
}

fn only(set: &BTreeSet<Text>) -> Option<&Text> {
    let mut all = set.iter();
    all.next().filter(|_| all.next().is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arns_and_owners_tell_where_something_is() {
        let cases = [
            (
                json!({"arn": "arn:aws:ec2:eu-west-1:111122223333:vpc/v"}),
                Some("111122223333"),
                Some("eu-west-1"),
            ),
            (
                json!({"arn": "arn:aws:iam::111122223333:role/r"}),
                Some("111122223333"),
                None,
            ),
            (
                json!({"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
                None,
                None,
            ),
            (
                json!({"arn": "arn:aws:s3:::b", "region": "eu-west-1"}),
                None,
                Some("eu-west-1"),
            ),
            (json!({"owner_id": "111122223333"}), Some("111122223333"), None),
            (json!({"owner_id": "me", "arn": 7, "region": ""}), None, None),
            (json!(null), None, None),
        ];
        for (attributes, account, region) in cases {
            let expected = Evidence {
                account: account.map(Text::from),
                region: region.map(Text::from),
            };
            assert_eq!(Evidence::of(&attributes), expected, "{attributes}");
        }
    }

    fn provider(by: By, accounts: &[&str]) -> Provider {
        let mut provider = Provider {
            by,
            ..Provider::default()
        };
        for account in accounts {
            provider.learn(&Evidence {
                account: Some((*account).into()),
                region: None,
            });
        }
        provider.learn(&Evidence::default());
        provider
    }

    #[test]
    fn accounts_are_told_apart_by_numbers_credentials_and_names() {
        let others = |name: &str| By::Others(name.to_owned());
        let (one, two) = (&["111111111111"][..], &["222222222222"][..]);
        let cases = [
            (
                vec![
                    ("aws", provider(By::Surroundings, &[])),
                    ("aws.b", provider(By::Surroundings, &[])),
                ],
                "000000000007 000000000007",
                "",
            ),
            (
                vec![
                    ("aws", provider(By::Surroundings, one)),
                    ("aws.b", provider(By::Surroundings, &[])),
                ],
                "111111111111 111111111111",
                "",
            ),
            (
                vec![
                    ("aws", provider(By::Surroundings, &[])),
                    ("aws.b", provider(By::Surroundings, two)),
                ],
                "222222222222 222222222222",
                "",
            ),
            (
                vec![
                    ("aws", provider(By::Surroundings, one)),
                    ("aws.b", provider(By::Own, two)),
                ],
                "111111111111 222222222222",
                "",
            ),
            (
                vec![
                    ("aws", provider(By::Surroundings, one)),
                    ("aws.b", provider(By::Own, &[])),
                ],
                "111111111111 000100000007",
                "aws.b",
            ),
            (
                vec![
                    ("aws", provider(By::Surroundings, &[])),
                    ("aws.b", provider(By::Own, &[])),
                ],
                "000000000007 000100000007",
                "aws.b",
            ),
            (
                vec![
                    ("aws.a", provider(others("x"), &[])),
                    ("aws.b", provider(others("x"), two)),
                ],
                "222222222222 222222222222",
                "",
            ),
            (
                vec![
                    ("aws.a", provider(others("x"), one)),
                    ("aws.b", provider(others("y"), &[])),
                ],
                "111111111111 000100000007",
                "aws.b",
            ),
            (
                vec![(
                    "aws",
                    provider(By::Surroundings, &["111111111111", "222222222222"]),
                )],
                "000000000007",
                "aws",
            ),
            (
                vec![("aws", provider(By::Surroundings, &["999999999999"]))],
                "000000000007",
                "",
            ),
        ];
        for (providers, expected, unknown) in cases {
            let names: Vec<&str> = providers.iter().map(|(name, _)| *name).collect();
            let all: Providers = providers
                .iter()
                .map(|(name, provider)| ((*name).to_owned(), provider.clone()))
                .collect();
            let taken = BTreeSet::from([Text::from("999999999999")]);
            let settled = Settled::of(&all, &"000000000007".into(), &taken);
            let found: Vec<Text> = names
                .iter()
                .map(|name| settled.account(name, &Evidence::default()))
                .collect();
            assert_eq!(found.join(" "), expected, "{providers:?}");
            assert_eq!(settled.unknown.join(" "), unknown, "{providers:?}");
        }
    }

    #[test]
    fn default_providers_have_no_alias_and_no_module() {
        for (name, expected) in [
            ("aws", true),
            ("aws.west", false),
            ("module.m:aws", false),
            ("registry.terraform.io/hashicorp/aws", true),
            ("provider[\"registry.terraform.io/hashicorp/aws\"]", true),
            ("provider[\"registry.terraform.io/hashicorp/aws\"].west", false),
            (
                "provider[\"registry.terraform.io/hashicorp/aws\"].by[\"k\"]",
                false,
            ),
            (
                "module.m.provider[\"registry.terraform.io/hashicorp/aws\"]",
                false,
            ),
        ] {
            assert_eq!(is_default(name), expected, "{name}");
        }
    }
}
