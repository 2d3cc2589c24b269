//! The scan for secrets in text: what was found is kept as kind, line and fingerprint, the text itself is dropped.
//!
//! The formats of tokens are facts published by their issuers. Passwords have no format, so an assignment counts only
//! when its name ends in a word for a secret and its value is neither a placeholder nor a reference nor a plain word.

use std::collections::HashMap;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::LazyLock;

use plumb_model::value::{Map, Text, Value};
use regex::{Match, Regex};
use sha2::{Digest, Sha256};

/// How many secrets of one text are kept.
pub(crate) const MAX_SECRETS: usize = 100;

/// Replaces a text, or every text in a list or map, by `{ length, secrets: [{ kind, line, fingerprint }] }`.
///
/// The name of a value helps to judge it (`DB_PASSWORD`): that of an entry of a map, or the one that is given. Values that are not text
/// stay as they are.
pub(crate) fn scan(name: Option<&str>, value: Value) -> Value {
    match value {
        Value::String(text) => scan_text(name, &text),
        Value::List(items) => Value::List(items.into_iter().map(|item| scan(name, item)).collect()),
        Value::Map(entries) => {
            let scanned = entries.into_iter().map(|(key, item)| {
                let item = scan(Some(&key), item);
                (key, item)
            });
            Value::Map(scanned.collect())
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Unreadable(_) => value,
    }
}

fn scan_text(name: Option<&str>, text: &str) -> Value {
    let secrets = find(name, text).into_iter().map(|secret| {
        let entries = [
            ("kind", Value::from(secret.kind)),
            ("line", Value::Int(i64::try_from(secret.line).unwrap_or(i64::MAX))),
            ("fingerprint", Value::from(secret.fingerprint)),
        ];
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (Text::new_static(key), value))
                .collect(),
        )
    });
    let mut scanned = Map::new();
    scanned.insert("length", i64::try_from(text.len()).unwrap_or(i64::MAX));
    scanned.insert("secrets", Value::List(secrets.collect()));
    Value::Map(scanned)
}

struct Secret {
    kind: &'static str,
    line: usize,
    fingerprint: String,
}

/// The text with every secret in it replaced by as many bytes of asterisks, so that places in it stay what they are.
///
/// The value of a pair whose name is that of a secret is hidden whatever it looks like: `{ name = "DB_PASSWORD", value = "…" }`.
pub fn masked(text: &str) -> String {
    let mut hidden: Vec<Range<usize>> = places(None, text).into_iter().map(|(place, _)| place).collect();
    // The patterns are large.
    let may_have_pairs = text.contains("alue") || text.contains("ALUE");
    let patterns = [&NAME_THEN_VALUE, &VALUE_THEN_NAME];
    for pattern in patterns.into_iter().filter(|_| may_have_pairs) {
        let values = pattern
            .captures_iter(text)
            .filter_map(|found| Some(found.name("secret").or_else(|| found.name("bare"))?.range()));
        hidden.extend(values);
    }
    hidden.sort_unstable_by_key(|place| (place.start, place.end));
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for place in hidden {
        let place = place.start.max(done)..place.end.max(done);
        masked.push_str(text.get(done..place.start).unwrap_or_default());
        masked.push_str(&"*".repeat(place.len()));
        done = place.end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

fn find(name: Option<&str>, text: &str) -> Vec<Secret> {
    let mut lines = LineCounter { text, at: 0, line: 1 };
    let secrets = places(name, text).into_iter().map(|(place, kind)| Secret {
        kind,
        line: lines.line_of(place.start),
        fingerprint: fingerprint(text.get(place).unwrap_or_default()),
    });
    secrets.collect()
}

/// Where the secrets of a text are, in their order, with their kinds.
fn places(name: Option<&str>, text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut places: Vec<(Range<usize>, &'static str)> = Vec::new();
    let mut add = |place: Range<usize>, kind: &'static str| {
        let taken = places
            .iter()
            .any(|(other, _)| other.start < place.end && place.start < other.end);
        if !taken && places.len() < MAX_SECRETS {
            places.push((place, kind));
        }
    };
    for token in &*TOKENS {
        for found in token.pattern.captures_iter(text) {
            if let Some(secret) = found.name("secret").or_else(|| found.get(0))
                && !is_placeholder(secret.as_str())
            {
                add(secret.range(), token.kind);
            }
        }
    }
    let mut named = ARN.find_iter(text).peekable();
    for found in ASSIGNMENT.captures_iter(text) {
        if let (Some(name), Some(secret)) = (found.name("name"), found.name("secret"))
            && !is_within(name.start(), &mut named)
            && is_secret_value(name.as_str(), secret.as_str())
        {
            add(secret.range(), "password");
        }
    }
    if let Some(name) = name
        && SECRET_NAME.is_match(name)
        && is_secret_value(name, text)
    {
        add(0..text.len(), "password");
    }
    places.sort_by_key(|(place, _)| place.start);
    places
}

/// Whether a place is within one of the ranges, which come in their order as the places do.
fn is_within<'t>(place: usize, ranges: &mut Peekable<impl Iterator<Item = Match<'t>>>) -> bool {
    while ranges.next_if(|range| range.end() <= place).is_some() {}
    ranges.peek().is_some_and(|range| range.start() < place)
}

/// The first twelve hexadecimal digits of the SHA-256 of the text.
fn fingerprint(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    /// Offsets must not decrease from call to call.
    fn line_of(&mut self, offset: usize) -> usize {
        self.line += self
            .text
            .get(self.at..offset)
            .map_or(0, |part| part.matches('\n').count());
        self.at = offset;
        self.line
    }
}

struct Token {
    kind: &'static str,
    pattern: Regex,
}

// Classes that leave something out hold all of Unicode: repeated hundreds of times they make a pattern of megabytes.
static TOKENS: LazyLock<Vec<Token>> = LazyLock::new(|| {
    let patterns = [
        (
            "private_key",
            r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
        ),
        ("aws_access_key_id", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
        (
            "aws_secret_access_key",
            r#"(?i)(?:secret|aws)[a-z_.\- ]{0,24}key["']?\s{0,8}(?:=>|[=:])\s{0,8}["']?(?P<secret>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        ),
        (
            "github_token",
            r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
        ),
        ("gitlab_token", r"\bgl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_\-]{20,64}"),
        ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9\-]{10,250}"),
        (
            "slack_webhook",
            r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,80}",
        ),
        ("stripe_key", r"\b[sr]k_live_[A-Za-z0-9]{16,250}\b"),
        ("google_api_key", r"\bAIza[A-Za-z0-9_\-]{35}"),
        ("npm_token", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("sendgrid_key", r"\bSG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}"),
        ("azure_storage_key", r"AccountKey=(?P<secret>[A-Za-z0-9/+]{86}==)"),
        (
            "json_web_token",
            r"\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}",
        ),
        (
            "url_password",
            r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s:/@]+:(?P<secret>[^\s:/@]{3,})@[A-Za-z0-9\[]",
        ),
    ];
    // A pattern that does not compile would be missing; the test `every_pattern_compiles` guards it.
    let compile = |(kind, pattern)| Regex::new(pattern).ok().map(|pattern| Token { kind, pattern });
    patterns.into_iter().filter_map(compile).collect()
});

/// Words for a secret at the end of a name.
const SECRET_WORDS: &str = r"(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|secret|private|auth|encryption|signing|account|master)[_\-.]?key|secret_key_base|credentials?)";

#[expect(clippy::expect_used, reason = "the pattern is a constant that tests compile")]
static SECRET_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i){SECRET_WORDS}s?[0-9]?$")).expect("constant pattern"));

#[expect(clippy::expect_used, reason = "the pattern is a constant that tests compile")]
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"(?i)(?P<name>[a-z0-9_.\-]{{0,64}}{SECRET_WORDS}s?[0-9]?)["']?\s{{0,8}}(?:=>|:=|[=:])\s{{0,8}}["']?(?P<secret>[^\s"'`,;]{{8,}})"#
    ))
    .expect("constant pattern")
});

/// A name of a secret and a value in one pair, as lists of variables have them.
fn pair(first: &str, second: &str) -> String {
    const SPACE: &str = "[ \t\r\n]*";
    let part = |which: &str| match which {
        "name" => format!(
            r#"["']?(?:name|key|variable)["']?{SPACE}[=:]{SPACE}["']?[a-z0-9_.\-]*{SECRET_WORDS}s?[0-9]?["']?"#
        ),
        _ => format!(
            r#"["']?value["']?{SPACE}[=:]{SPACE}(?:["'](?P<secret>[^"']+)["']|(?P<bare>[^ \t\r\n"'`,;{{}}]+))"#
        ),
    };
    format!("(?i){}{SPACE}[,;]?{SPACE}{}", part(first), part(second))
}

#[expect(clippy::expect_used, reason = "the pattern is a constant that tests compile")]
static NAME_THEN_VALUE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&pair("name", "value")).expect("constant pattern"));

#[expect(clippy::expect_used, reason = "the pattern is a constant that tests compile")]
static VALUE_THEN_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&pair("value", "name")).expect("constant pattern"));

/// A name that AWS gives, of which no part is an assignment: `arn:aws:secretsmanager:…:secret:name`.
#[expect(clippy::expect_used, reason = "the pattern is a constant that tests compile")]
static ARN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\barn:[^\s:"'=]{1,40}:[a-z0-9\-]{1,40}:[^\s"'`,;=<>]*"#).expect("constant pattern")
});

/// What a line of PowerShell calls: a verb and a noun.
#[expect(clippy::expect_used, reason = "the pattern is a constant that tests compile")]
static CMDLET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^(?:Get|New|Read|Set|Add|Out|Select|Join|Import|Export|Invoke|Receive|Request|Unprotect|Convert(?:To|From)?)-[A-Z][A-Za-z]+$")
        .expect("constant pattern")
});

fn is_secret_value(name: &str, value: &str) -> bool {
    if value.len() < 8 || value.contains(char::is_whitespace) || is_placeholder(value) || is_reference(value)
    {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let password = ["password", "passwd", "passphrase", "pwd"]
        .iter()
        .any(|word| name.contains(word));
    let entropy = shannon_entropy(value);
    if password {
        return entropy >= 2.5;
    }
    let classes = [
        char::is_alphabetic as fn(char) -> bool,
        |c| c.is_ascii_digit(),
        |c| !c.is_alphanumeric(),
    ];
    entropy >= 3.0 && classes.iter().filter(|class| value.contains(**class)).count() >= 2
}

/// Text that stands where a secret will be put.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    const WORDS: [&str; 14] = [
        "example",
        "changeme",
        "change_me",
        "change-me",
        "placeholder",
        "replace",
        "dummy",
        "your_",
        "your-",
        "yourpass",
        "redacted",
        "insert",
        "xxxx",
        "****",
    ];
    const OPENERS: [&str; 7] = ["$", "%", "<", "{", "[", "((", "#{"];
    WORDS.iter().any(|word| lower.contains(word))
        || OPENERS.iter().any(|opener| lower.starts_with(opener))
        || lower.contains("${")
        || lower.contains("{{")
        || matches!(
            lower.as_str(),
            "password" | "username" | "disabled" | "required" | "optional" | "undefined"
        )
}

/// Text that names where the secret is kept, or code that fetches it.
fn is_reference(value: &str) -> bool {
    let path = value.starts_with(['/', '.', '~']) && !value.ends_with('=');
    let scheme = value.contains("://") || value.starts_with("arn:");
    let code = value.contains(['(', ')']) || value.contains("env.") || value.contains("environ");
    let identifiers = value.contains('.')
        && value.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
        });
    path || scheme || code || identifiers || CMDLET.is_match(value)
}

/// Bits per character.
fn shannon_entropy(text: &str) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    let mut total = 0_u32;
    for character in text.chars() {
        *counts.entry(character).or_default() += 1;
        total += 1;
    }
    let mut counts: Vec<u32> = counts.into_values().collect();
    counts.sort_unstable();
    let share = |count: u32| f64::from(count) / f64::from(total);
    counts
        .into_iter()
        .map(|count| -share(count) * share(count).log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        find(None, text)
            .iter()
            .map(|secret| format!("{}@{}", secret.kind, secret.line))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(TOKENS.len(), 14);
        assert!(SECRET_NAME.is_match("DB_PASSWORD"));
        assert!(ASSIGNMENT.is_match("password = 12345678"));
        assert!(ARN.is_match("arn:aws:sns:eu-west-1:123456789012:topic"));
        assert!(CMDLET.is_match("ConvertTo-SecureString"));
    }

    #[test]
    fn values_of_pairs_with_names_of_secrets_are_hidden() {
        for (text, expected) in [
            (
                r#"[{ name = "DB_PASSWORD", value = "short" }]"#,
                r#"[{ name = "DB_PASSWORD", value = "*****" }]"#,
            ),
            (
                r#"{"name":"API_TOKEN","value":"a b"},{"name":"K","value":"v"}"#,
                r#"{"name":"API_TOKEN","value":"***"},{"name":"K","value":"v"}"#,
            ),
            (
                "{ value = \"x1\", name = \"DB_PASSWORD\" }",
                "{ value = \"**\", name = \"DB_PASSWORD\" }",
            ),
            ("- Name: PWD\n  Value: abc\n", "- Name: PWD\n  Value: ***\n"),
            (
                r#"{ name = "REGION", value = "eu" }"#,
                r#"{ name = "REGION", value = "eu" }"#,
            ),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn secrets_are_found_with_kind_and_line() {
        // Assembled at run time, so that this file holds nothing that looks like a live token.
        let join = |parts: &[&str]| parts.concat();
        for (text, expected) in [
            (
                join(&["#!/bin/sh\nexport K=AK", "IAQ3EGTXJ4WZ5RN6QK\n"]),
                "aws_access_key_id@2",
            ),
            (
                join(&[
                    "aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCY",
                    "zT9kQpLm4dRs\n",
                ]),
                "aws_secret_access_key@1",
            ),
            ("x\n-----BEGIN RSA PRIVATE KEY-----\n".to_owned(), "private_key@2"),
            (
                join(&["gh", "p_0123456789abcdefghijABCDEFGHIJ012345"]),
                "github_token@1",
            ),
            (join(&["gl", "pat-0123456789abcdefghij"]), "gitlab_token@1"),
            (join(&["xo", "xb-123456789012-abcdefghijkl"]), "slack_token@1"),
            (join(&["sk_", "live_0123456789abcdefghijABCD"]), "stripe_key@1"),
            (
                join(&[
                    "ey",
                    "JhbGciOiJIUzI1NiJ9.ey",
                    "JzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlLXZhbHVl",
                ]),
                "json_web_token@1",
            ),
            (
                "postgres://app:h4rdToGuess@db.internal/app".to_owned(),
                "url_password@1",
            ),
            ("DB_PASSWORD=Summer2024!\n".to_owned(), "password@1"),
            (
                "arn:aws:sns:x:1:topic\npassword:Summer2024!,arn:aws:sns:x:1:secret:k8Q~x1Zp0vR7mTn4 token=k8Q~x1Zp0vR7mTn4"
                    .to_owned(),
                "password@2 password@2",
            ),
            (r#"{"clientSecret": "k8Q~x1Zp0vR7mTn4"}"#.to_owned(), "password@1"),
        ] {
            assert_eq!(kinds(&text), expected, "{text}");
        }
    }

    #[test]
    fn placeholders_references_and_switches_are_not_secrets() {
        for text in [
            "MYSQL_ALLOW_EMPTY_PASSWORD=yes",
            "PASSWORD=${DB_PASSWORD}",
            "password: <password>",
            "password=changeme123",
            "password: your-password-here",
            "DB_SECRET=arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hook-AbC3dEf",
            "a\narn:${unknown}:secretsmanager:x:1:secret:hook-AbC3d arn:aws-cn:rds:x:1:secret:hook-AbC3d",
            "--secret-id 'arn:aws:secretsmanager:eu-west-1:1:secret:hook-AbC3d' --query x",
            "$credential = New-Object PSCredential($user, $pass)",
            "$password = ConvertTo-SecureString $plain",
            "DB_SECRET_NAME=prod/database/master-password-1",
            "token = os.environ['TOKEN_VALUE']",
            "password: process.env.DB_PASSWORD",
            "const token = getToken(request)",
            "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
            "password_file: /run/secrets/db_password",
            "PASSWORD_FILE=/run/secrets/db_password",
            "apiToken: {{ .Values.token }}",
            "https://user@example.com/path",
            "API_KEY=aaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(kinds(text), "", "{text}");
        }
    }

    #[test]
    fn entries_of_a_map_are_judged_by_their_name_and_the_text_is_dropped() {
        let value: Value =
            serde_json::from_str(r#"{"DB_PASSWORD":"Summer2024!","STAGE":"production","N":1}"#).unwrap();
        let scanned = scan(None, value).to_string();
        assert!(!scanned.contains("Summer2024"), "{scanned}");
        assert_eq!(
            scanned,
            concat!(
                r#"{"DB_PASSWORD":{"length":11,"secrets":[{"fingerprint":"323725e8eff4","kind":"password","line":1}]},"#,
                r#""N":1,"STAGE":{"length":10,"secrets":[]}}"#
            )
        );
    }

    #[test]
    fn the_number_of_secrets_is_bounded() {
        let text = "DB_PASSWORD=Summer2024!\n".repeat(500);
        assert_eq!(find(None, &text).len(), MAX_SECRETS);
    }
}
