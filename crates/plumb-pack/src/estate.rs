//! `Estate`: what only the user knows of the accounts: who owns them, what they are for, what is precious, what is accepted.
//!
//! `docs/specs/estate.md` describes the file.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use plumb_model::account::{Account, Provider};
use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::Text;

use crate::node::Node;
use crate::pack::{Pack, SourceFile};
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};
use crate::suggest::did_you_mean;
use crate::yaml::parse;

/// What the user says of the estate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estate {
    /// The name of the organization.
    pub organization: Option<Text>,
    /// What is said of accounts, in the order of the file; of two that fit, the later one adds to and overrides the earlier.
    pub accounts: Vec<AccountRule>,
    /// Resources that matter more than they look.
    pub crown_jewels: Vec<CrownJewel>,
    /// Accepted risks.
    pub exceptions: Vec<Exception>,
    /// What is doubtful as it is written, as sentences: words that nothing knows but that resemble others.
    pub doubts: Vec<Text>,
}

/// What is said of accounts that fit a pattern.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountRule {
    /// Fits the identifier or the name, with `*` and `?`.
    pub pattern: Text,
    /// Only accounts of that cloud.
    pub provider: Option<Provider>,
    /// A display name.
    pub name: Option<Text>,
    /// For example `production`.
    pub environment: Option<Text>,
    /// The most sensitive class of data in it.
    pub data_class: Option<Text>,
    /// Who answers for it.
    pub owner: Option<Text>,
    /// The frameworks that it must meet.
    pub compliance: Vec<Text>,
}

/// Resources that matter more than they look.
#[derive(Clone, Debug, PartialEq)]
pub struct CrownJewel {
    /// Only of this resource type.
    pub resource_type: Option<Text>,
    /// Fits the uid or the name, with `*` and `?`.
    pub pattern: Text,
    /// `public`, `internal`, `confidential` or `restricted`.
    pub sensitivity: Text,
    /// What it is, for example `customer records`.
    pub label: Option<Text>,
}

impl CrownJewel {
    /// Whether it speaks of that resource.
    pub fn fits(&self, resource_type: &str, uid: &str, name: &str) -> bool {
        self.resource_type
            .as_ref()
            .is_none_or(|wanted| wanted == resource_type)
            && (fits(&self.pattern, uid) || fits(&self.pattern, name))
    }
}

/// A risk that somebody accepted.
///
/// The finding stays a failure and keeps its weight in every score; reports say who accepted it and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    /// The policy as the file names it: by its name or by an alias.
    pub policy: Text,
    /// The names of the policies that are called so; the alias of a check elsewhere may mean several.
    pub policies: Vec<Text>,
    /// Fits the uid or the name of the resource, with `*` and `?`.
    pub resource: Text,
    /// Only in this account.
    pub account: Option<Text>,
    /// Why.
    pub reason: Text,
    /// Who accepted it.
    pub owner: Text,
    /// The first day on which it no longer holds.
    pub until: Date,
}

impl Exception {
    /// Whether it holds at that time.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        now.to_zoned(jiff::tz::TimeZone::UTC).date() < self.until
    }

    /// Whether it speaks of that policy's finding on that resource.
    pub fn fits(&self, policy: &str, account: &str, uid: &str, name: &str) -> bool {
        self.policies.iter().any(|meant| meant == policy)
            && self.account.as_ref().is_none_or(|wanted| wanted == account)
            && (fits(&self.resource, uid) || fits(&self.resource, name))
    }
}

/// Whether the whole text fits a pattern with `*` and `?`.
pub fn fits(pattern: &str, text: &str) -> bool {
    // Where a `*` was met last: the pattern behind it, and how much of the text it takes so far.
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen, mut star): (usize, usize, Option<(usize, usize)>) = (0, 0, None);
    while let Some(character) = text.get(seen) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, seen));
                at += 1;
            }
            Some('?') => (at, seen) = (at + 1, seen + 1),
            Some(wanted) if wanted == character => (at, seen) = (at + 1, seen + 1),
            Some(_) | None => match &mut star {
                Some((behind, taken)) => {
                    *taken += 1;
                    (at, seen) = (*behind, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|character| *character == '*')
}

impl Estate {
    /// Reads an estate file; the pack knows what types and policies are called.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(file: &SourceFile, pack: &Pack) -> Result<Self, Vec<Diagnostic>> {
        let source = Arc::new(Source {
            name: file.path.clone(),
            text: file.text.clone(),
        });
        let root = parse(&source).map_err(|diagnostic| vec![diagnostic])?;
        let mut problems = Problems::new(&source);
        let estate = read_estate(&root, pack, &mut problems);
        match estate {
            Some(estate) if !problems.has_errors() => Ok(estate),
            Some(_) | None => Err(problems.into_found()),
        }
    }

    /// Writes what is said of an account into it, and tells the positions of the entries that fit it.
    pub fn describe(&self, account: &mut Account) -> Vec<usize> {
        let mut fitting = Vec::new();
        for (position, rule) in self.accounts.iter().enumerate() {
            let mut names = account
                .name
                .iter()
                .chain(&account.root)
                .filter(|name| !name.is_empty());
            let meant = fits(&rule.pattern, &account.id) || names.any(|name| fits(&rule.pattern, name));
            if !meant || rule.provider.is_some_and(|provider| provider != account.provider) {
                continue;
            }
            let put = |field: &mut Option<Text>, said: &Option<Text>| {
                if said.is_some() {
                    field.clone_from(said);
                }
            };
            put(&mut account.environment, &rule.environment);
            put(&mut account.data_class, &rule.data_class);
            put(&mut account.owner, &rule.owner);
            put(&mut account.name, &rule.name);
            fitting.push(position);
        }
        fitting
    }

    /// What is said of a resource; of several, the one that asks for most comes from the first that fits.
    pub fn crown_jewel(&self, resource_type: &str, uid: &str, name: &str) -> Option<&CrownJewel> {
        self.crown_jewels
            .iter()
            .find(|jewel| jewel.fits(resource_type, uid, name))
    }
}

fn read_estate(root: &Node, pack: &Pack, problems: &mut Problems) -> Option<Estate> {
    let known = ["organization", "accounts", "crown_jewels", "exceptions"];
    let fields = Fields::open(root, "an estate file", &known, problems)?;
    let mut estate = Estate {
        organization: fields.text("organization", problems),
        ..Estate::default()
    };
    for node in fields.list("accounts", problems) {
        estate.accounts.extend(read_account(node, problems));
    }
    estate.doubts.extend(
        estate
            .accounts
            .iter()
            .filter_map(|rule| doubtful_environment(rule, pack)),
    );
    for node in fields.list("crown_jewels", problems) {
        estate.crown_jewels.extend(read_jewel(node, pack, problems));
    }
    for node in fields.list("exceptions", problems) {
        estate.exceptions.extend(read_exception(node, pack, problems));
    }
    let nameless = estate
        .exceptions
        .iter()
        .filter(|exception| exception.policies.is_empty());
    let doubts: Vec<Text> = nameless
        .map(|exception| unknown_policy(exception, pack))
        .collect();
    estate.doubts.extend(doubts);
    Some(estate)
}

/// An environment that counts as neither production nor development but resembles a word for one of them.
fn doubtful_environment(rule: &AccountRule, pack: &Pack) -> Option<Text> {
    let said = rule.environment.as_ref()?;
    let words: Vec<&str> = pack.risk()?.environment_words().collect();
    if words.iter().any(|word| word.eq_ignore_ascii_case(said.trim())) {
        return None;
    }
    let meant = did_you_mean(said, words)?;
    Some(Text::from(format!(
        "the environment `{said}` of `{}` counts as neither production nor development; {meant}",
        rule.pattern
    )))
}

fn unknown_policy(exception: &Exception, pack: &Pack) -> Text {
    let policy = &exception.policy;
    let names = pack.policies().iter().flat_map(|policy| {
        // As people write them: without the tool before the colon.
        let aliases = policy
            .aliases
            .iter()
            .map(|alias| alias.rsplit(':').next().unwrap_or(alias));
        std::iter::once(policy.name.as_str()).chain(aliases)
    });
    let meant = did_you_mean(policy, names).map_or_else(String::new, |meant| format!("; {meant}"));
    Text::from(format!(
        "an exception speaks of `{policy}`, and no policy is called so{meant}"
    ))
}

fn read_account(node: &Node, problems: &mut Problems) -> Option<AccountRule> {
    let what = "an account";
    let known = [
        "match",
        "provider",
        "name",
        "environment",
        "data_class",
        "owner",
        "compliance",
    ];
    let fields = Fields::open(node, what, &known, problems)?;
    let provider = fields.text("provider", problems).and_then(|text| {
        let parse = |text: &str| text.parse().ok();
        parse_word(
            &text,
            fields.get("provider")?,
            &["aws", "azure", "gcp"],
            parse,
            problems,
        )
    });
    Some(AccountRule {
        pattern: fields.required_text("match", what, problems)?,
        provider,
        name: fields.text("name", problems),
        environment: fields.text("environment", problems),
        data_class: fields.text("data_class", problems),
        owner: fields.text("owner", problems),
        compliance: fields.texts("compliance", problems),
    })
}

fn read_jewel(node: &Node, pack: &Pack, problems: &mut Problems) -> Option<CrownJewel> {
    let what = "a crown jewel";
    let fields = Fields::open(node, what, &["type", "match", "sensitivity", "label"], problems)?;
    let words = ["public", "internal", "confidential", "restricted"];
    let sensitivity = match fields.text("sensitivity", problems) {
        Some(text) => {
            let parse = |text: &str| words.contains(&text).then(|| Text::from(text));
            parse_word(&text, fields.get("sensitivity")?, &words, parse, problems)?
        }
        None => Text::new_static("restricted"),
    };
    let resource_type = match fields.text("type", problems) {
        Some(text) => match pack.type_name(&text) {
            Some(name) => Some(name.clone()),
            None => {
                let unknown = pack.unknown_type(&text);
                let span = fields.get("type")?.span.clone();
                problems.error_with_help(span, unknown.message, "no recipe describes it", unknown.help);
                return None;
            }
        },
        None => None,
    };
    Some(CrownJewel {
        resource_type,
        pattern: fields.required_text("match", what, problems)?,
        sensitivity,
        label: fields.text("label", problems),
    })
}

fn read_exception(node: &Node, pack: &Pack, problems: &mut Problems) -> Option<Exception> {
    let what = "an exception";
    let known = ["policy", "resource", "account", "reason", "owner", "until"];
    let fields = Fields::open(node, what, &known, problems)?;
    let until = fields.required_text("until", what, problems).and_then(|text| {
        let date = text.parse::<Date>().ok();
        if date.is_none() {
            problems.error_with_help(
                fields.get("until")?.span.clone(),
                format!("`{text}` is no date"),
                "a date such as 2027-01-31",
                Some(
                    "every accepted risk ends some day; name the first day on which it no longer holds"
                        .to_owned(),
                ),
            );
        }
        date
    });
    let policy = fields.required_text("policy", what, problems)?;
    let called = pack.policies_called(&policy);
    let policies = called.iter().map(|policy| policy.name.clone()).collect();
    Some(Exception {
        policy,
        policies,
        resource: fields.required_text("resource", what, problems)?,
        account: fields.text("account", problems),
        reason: fields.required_text("reason", what, problems)?,
        owner: fields.required_text("owner", what, problems)?,
        until: until?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Estate, Vec<String>> {
        let file = SourceFile {
            path: "estate.yaml".to_owned(),
            text: text.to_owned(),
        };
        Estate::read(&file, &Pack::builtin().unwrap())
            .map_err(|found| found.into_iter().map(|diagnostic| diagnostic.message).collect())
    }

    #[test]
    fn later_rules_for_an_account_override_earlier_ones_where_they_say_something() {
        let estate = read(
            "accounts:\n- { match: '*', environment: production, owner: soc@acme.example }\n\
             - { match: 'acme-*-dev-??', environment: development }\n- { match: '111122223333', provider: azure, owner: nobody }\n",
        )
        .unwrap();
        let mut account = Account::new(Provider::Aws, "111122223333");
        account.name = Some("acme-search-dev-07".into());
        assert_eq!(estate.describe(&mut account), [0, 1]);
        assert_eq!(account.environment.as_deref(), Some("development"));
        assert_eq!(account.owner.as_deref(), Some("soc@acme.example"));
    }

    #[test]
    fn an_exception_ends_with_the_day_before_its_date() {
        let estate = read(
            "exceptions:\n- { policy: s3-bucket-not-public, resource: 'arn:aws:s3:::site-*', reason: a public site, owner: web, until: 2027-01-31 }\n",
        )
        .unwrap();
        let exception = &estate.exceptions[0];
        let at = |text: &str| exception.holds_at(text.parse().unwrap());
        assert!(at("2027-01-30T23:59:59Z") && !at("2027-01-31T00:00:00Z"));
        assert!(exception.fits("s3-bucket-not-public", "1", "arn:aws:s3:::site-a", "site-a"));
        assert!(!exception.fits("s3-bucket-not-public", "1", "arn:aws:s3:::a-site-a", "a-site-a"));
        assert!(!exception.fits("q", "1", "arn:aws:s3:::site-a", "site-a"));
    }

    #[test]
    fn policies_and_types_go_by_their_aliases_too() {
        let estate = read(
            "crown_jewels:\n- { type: aws_instance, match: x }\n\
             exceptions:\n- { policy: CKV_AWS_21, resource: site, reason: x, owner: y, until: 2027-01-31 }\n",
        )
        .unwrap();
        assert_eq!(
            estate.crown_jewels[0].resource_type.as_deref(),
            Some("aws_ec2_instance")
        );
        let exception = &estate.exceptions[0];
        assert_eq!(exception.policy, "CKV_AWS_21");
        assert!(exception.fits("s3-bucket-versioning-enabled", "1", "arn:aws:s3:::site", "site"));
    }

    #[test]
    fn words_that_nothing_knows_but_that_resemble_others_are_doubtful() {
        let estate = read(
            "accounts:\n- { match: a, environment: prodution }\n- { match: b, environment: disaster-recovery }\n\
             - { match: c, environment: PROD }\n\
             exceptions:\n- { policy: s3-bucket-not-publik, resource: x, reason: x, owner: y, until: 2027-01-31 }\n",
        )
        .unwrap();
        assert_eq!(
            estate.doubts,
            [
                "the environment `prodution` of `a` counts as neither production nor development; did you mean `production`?",
                "an exception speaks of `s3-bucket-not-publik`, and no policy is called so; did you mean `s3-bucket-not-public`?",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("acounts: []\n", "unknown key `acounts` in an estate file"),
            ("accounts:\n- { owner: x }\n", "an account lacks `match`"),
            (
                "crown_jewels:\n- { match: x, sensitivity: secret }\n",
                "`secret` is not known here",
            ),
            (
                "crown_jewels:\n- { type: aws_s3_bukket, match: x }\n",
                "unknown resource type `aws_s3_bukket`",
            ),
            (
                "exceptions:\n- { policy: p, resource: r, reason: x, owner: y, until: soon }\n",
                "`soon` is no date",
            ),
            (
                "exceptions:\n- { policy: p, resource: r, owner: y, until: 2027-01-01 }\n",
                "an exception lacks `reason`",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(read(text).unwrap_err(), [message], "{text}");
        }
    }

    #[test]
    fn patterns_fit_whole_texts() {
        let cases = [
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbcd", false),
            ("logs", "my-logs", false),
            ("*-logs-*", "a-logs-logs-b", true),
            ("?", "é", true),
            ("", "a", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
