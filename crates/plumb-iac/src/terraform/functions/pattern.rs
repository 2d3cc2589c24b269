//! Regular expressions: `regex`, `regexall` and `replace`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use plumb_model::value::Text;
use regex::{Captures, Regex, RegexBuilder};

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::rewrite::rewrite;
use super::text::{about, too_long};
use super::{MAX_ITEMS, MAX_TEXT, Problem};
use crate::val::{Entries, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regex", 2, regex),
    Function::new("regexall", 2, regexall),
    Function::new("replace", 3, replace),
];

/// How many bytes a compiled pattern can have.
const MAX_COMPILED: usize = 256 << 10;

/// Up to how many bytes a compiled pattern counts as small.
const SMALL: usize = 16 << 10;

/// What a large pattern costs in steps where a small one costs one.
const LARGE_COST: usize = 64;

/// How many compiled patterns are kept: modules use few, many times.
const KEPT: usize = 64;

thread_local! {
    static COMPILED: RefCell<BTreeMap<Text, Pattern>> = const { RefCell::new(BTreeMap::new()) };
}

/// The first match: its text, or its groups as a list or, where they have names, a map.
fn regex(arguments: &Arguments<'_>) -> Take<Val> {
    let pattern = compile(&arguments.text(0)?)?;
    let text = arguments.text(1)?;
    let pattern = pattern.over(&text, arguments)?;
    let captures = pattern
        .captures(&text)
        .ok_or_else(|| about(pattern.as_str(), "does not match the text"))?;
    matched(pattern, &captures)
}

fn regexall(arguments: &Arguments<'_>) -> Take<Val> {
    let pattern = compile(&arguments.text(0)?)?;
    let text = arguments.text(1)?;
    let pattern = pattern.over(&text, arguments)?;
    let mut all = Vec::new();
    for captures in pattern.captures_iter(&text) {
        arguments.spend(captures.len())?;
        if all.len() == MAX_ITEMS {
            return Err(Stop::Problem(Problem::TooLarge {
                limit: MAX_ITEMS,
                unit: "items",
            }));
        }
        all.push(matched(pattern, &captures)?);
    }
    Ok(Val::list(all))
}

/// Replaces text, or what a pattern between slashes matches; `$1` and `${name}` then stand for groups.
fn replace(arguments: &Arguments<'_>) -> Take<Val> {
    let (text, wanted, replacement) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(pattern) = pattern else {
        let count = text.matches(wanted.as_str()).count();
        arguments.spend_text(count.saturating_mul(replacement.len()).saturating_add(text.len()))?;
        return Ok(Val::string(text.replace(wanted.as_str(), &replacement)));
    };
    let pattern = compile(pattern)?;
    let pattern = pattern.over(&text, arguments)?;
    let mut replaced = String::new();
    let mut done = 0;
    for captures in pattern.captures_iter(&text) {
        arguments.spend(captures.len())?;
        if let Some(whole) = captures.get(0) {
            replaced.push_str(text.get(done..whole.start()).unwrap_or_default());
            captures.expand(&replacement, &mut replaced);
            done = whole.end();
        }
        if replaced.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    replaced.push_str(text.get(done..).unwrap_or_default());
    arguments.spend_text(replaced.len())?;
    Ok(Val::string(replaced))
}

fn matched(pattern: &Regex, captures: &Captures<'_>) -> Take<Val> {
    let group = |at: usize| {
        captures
            .get(at)
            .map_or_else(Val::null, |group| Val::string(group.as_str()))
    };
    let names: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    if names.is_empty() {
        return Ok(group(0));
    }
    if names.iter().all(Option::is_none) {
        return Ok(Val::list((1..captures.len()).map(group).collect()));
    }
    let entries = (1..)
        .zip(names)
        .map(|(at, name)| Some((Text::from(name?), group(at))))
        .collect::<Option<Entries>>()
        .ok_or_else(|| wrong("a pattern has either named groups or unnamed ones"))?;
    Ok(Val::map(entries))
}

/// A compiled pattern.
#[derive(Clone)]
struct Pattern {
    regex: Regex,
    /// Steps for each 64 bytes of text that it is matched with.
    cost: usize,
}

impl Pattern {
    /// The pattern to match with a text, for which it takes the steps.
    fn over(&self, text: &str, arguments: &Arguments<'_>) -> Take<&Regex> {
        arguments.spend((text.len() / 64 + 1).saturating_mul(self.cost))?;
        Ok(&self.regex)
    }
}

fn compile(pattern: &str) -> Take<Pattern> {
    if let Some(compiled) = COMPILED.with_borrow(|kept| kept.get(pattern).cloned()) {
        return Ok(compiled);
    }
    let rewritten = rewrite(pattern);
    let build = |limit| {
        RegexBuilder::new(&rewritten)
            .size_limit(limit)
            .octal(true)
            .build()
    };
    let compiled = match build(SMALL) {
        Ok(regex) => Ok(Pattern { regex, cost: 1 }),
        Err(regex::Error::CompiledTooBig(_)) => build(MAX_COMPILED).map(|regex| Pattern {
            regex,
            cost: LARGE_COST,
        }),
        Err(error) => Err(error),
    };
    let compiled = compiled.map_err(|error| match error {
        regex::Error::Syntax(_) if !pattern.contains("\\p") && !pattern.contains("\\P") => {
            about(pattern, "is no regular expression")
        }
        // Too large, or with classes of Unicode that are not carried along: Terraform may well understand it.
        _ => Stop::Unknown(format!("the pattern `{pattern}` is not evaluated").into()),
    })?;
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.into(), compiled.clone());
    });
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, fails, json, shown, unknown};
    use crate::val::Val;

    #[test]
    fn matches() {
        check(&[
            (
                "regex",
                r#"["[a-z]+", "53453453.345345aaabbbccc23454"]"#,
                r#""aaabbbccc""#,
            ),
            (
                "regex",
                r#"["(\\d+)-(x)?(\\w+)", "20-ab"]"#,
                r#"["20",null,"ab"]"#,
            ),
            (
                "regex",
                r#"["^(?P<scheme>[^:/?#]+)://(?P<host>[^/]*)", "https://a.b/c"]"#,
                r#"{"host":"a.b","scheme":"https"}"#,
            ),
            ("regex", r#"["x", "abc"]"#, "!`x` does not match the text"),
            ("regex", r#"["(", "abc"]"#, "!`(` is no regular expression"),
            (
                "regex",
                r#"["(?P<a>x)(y)", "xy"]"#,
                "!either named groups or unnamed ones",
            ),
            ("regexall", r#"["[a-z]+", "1a2bb3"]"#, r#"["a","bb"]"#),
            ("regexall", r#"["x", "abc"]"#, "[]"),
            ("regexall", r#"["(a)(b)", "abab"]"#, r#"[["a","b"],["a","b"]]"#),
        ]);
    }

    #[test]
    fn replacements() {
        check(&[
            ("replace", r#"["1 + 2 + 3", "+", "-"]"#, r#""1 - 2 - 3""#),
            (
                "replace",
                r#"["hello world", "/w.*d/", "everybody"]"#,
                r#""hello everybody""#,
            ),
            (
                "replace",
                r#"["a.b", "/(\\w)\\.(?P<n>\\w)/", "$n.$1"]"#,
                r#""b.a""#,
            ),
            ("replace", r#"["a b_c", "/[^a-zA-Z0-9-]/", ""]"#, r#""abc""#),
            ("replace", r#"["a/b", "/", "-"]"#, r#""a-b""#),
            ("replace", r#"["ab", "", "-"]"#, r#""-a-b-""#),
            ("replace", r#"["ab", "//", "-"]"#, r#""-a-b-""#),
        ]);
    }

    #[test]
    fn patterns_mean_what_they_mean_in_go() {
        check(&[
            ("regexall", r#"["\\d", "1٣"]"#, r#"["1"]"#),
            ("regexall", r#"["\\w+", "aä"]"#, r#"["a"]"#),
            ("regexall", r#"["[[:alpha:][&~]+", "a[&~b"]"#, r#"["a[&~b"]"#),
            ("regexall", r#"["[^\\W_]+", "a_b"]"#, r#"["a","b"]"#),
            ("regexall", r#"["[]x]", "a]x"]"#, r#"["]","x"]"#),
            ("regexall", r#"["\\ba", "ab äa"]"#, r#"["a","a"]"#),
            ("regexall", r#"["\\Qa.b\\E.", "a.bc axbc"]"#, r#"["a.bc"]"#),
            ("regexall", r#"["\\<a\\>", "<a>"]"#, r#"["<a>"]"#),
            ("regexall", r#"["a{2}|{x}", "aa{x}"]"#, r#"["aa","{x}"]"#),
            (
                "regex",
                r#"["\\p{Greek}", "α"]"#,
                r"?(the pattern `\p{Greek}` is not evaluated)",
            ),
            (
                "regex",
                r#"["\\d{1000}{1000}", "1"]"#,
                r"?(the pattern `\d{1000}{1000}` is not evaluated)",
            ),
        ]);
    }

    #[test]
    fn a_large_pattern_costs_more() {
        let text = Val::string("b".repeat(6400));
        let spent = |pattern: &str| {
            let steps = std::cell::Cell::new(1_000_000);
            let context = super::super::Context {
                folder: "",
                files: &super::super::testing::TREE,
                template: &|_, _| Val::null(),
                steps: &steps,
            };
            let all = super::super::call("regexall", vec![Val::string(pattern), text.clone()], &context);
            assert_eq!(all, Ok(Val::list(Vec::new())), "{pattern}");
            1_000_000 - steps.get()
        };
        let (small, large) = (spent("[a-z0-9.-]{3,63}c"), spent("(ac{1,100}){20}"));
        assert!(small < 500 && large > 5000, "{small} {large}");
    }

    #[test]
    fn unknown_texts_and_bounds() {
        assert_eq!(
            shown("regex", vec![json(r#""a""#), unknown()]),
            "?(`var.x` has no value)"
        );
        let long = Val::string("a".repeat(1 << 16));
        let message = fails("replace", vec![long.clone(), json(r#""/a/""#), long.clone()]);
        assert!(message.contains("more than 16777216 bytes"));
        let message = fails("replace", vec![long.clone(), json(r#""a""#), long]);
        assert!(message.contains("more than 16777216 bytes"));
    }
}
