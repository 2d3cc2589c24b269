//! Inputs made to be slow or deep stay cheap, and what is cut off is unknown.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::{Duration, Instant};

use plumb_iam::answer::Decision;
use plumb_iam::document::{MAX_STATEMENTS, PolicyDocument};
use plumb_iam::keys::Context;
use plumb_iam::request::Target;
use plumb_model::value::Value;

use support::{Case, OWN, value};

/// Far above what the work takes in a debug build, far below what it would take without bounds.
const GENEROUS: Duration = Duration::from_secs(20);

#[test]
fn thousands_of_statements_are_evaluated_or_unknown() {
    let statement = r#"{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}"#;
    let started = Instant::now();
    for (count, expected) in [
        (MAX_STATEMENTS, Decision::DeniedImplicit),
        (MAX_STATEMENTS + 1, Decision::Unknown),
    ] {
        let identity = vec![statement; count].join(",");
        let case = Case {
            identity: &identity,
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{count}");
    }
    assert!(started.elapsed() < GENEROUS);
}

#[test]
fn star_bombs_stay_cheap() {
    let bomb = "*a".repeat(2_000);
    let identity = format!(
        r#"{{"Effect":"Allow","Action":"s3:{bomb}b","Resource":"*"}},{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::{bomb}b"}},
           {{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringLike":{{"k":"{bomb}b"}},"ArnLike":{{"k":"arn:{bomb}b"}}}}}}"#
    );
    let started = Instant::now();
    let long = "a".repeat(8_000);
    let case = Case {
        action: &format!("s3:{long}"),
        target: Target::new(format!("arn:aws:s3:::{long}")).in_account(OWN),
        identity: &identity,
        context: Context::new().with("k", long.as_str()),
        ..Case::default()
    };
    assert_eq!(case.answer().decision, Decision::DeniedImplicit);
    assert!(started.elapsed() < GENEROUS);
}

#[test]
fn overlong_texts_are_unknown() {
    let long = "a".repeat(5_000);
    for identity in [
        format!(r#"{{"Effect":"Allow","Action":"{long}","Resource":"*"}}"#),
        format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"{long}"}}"#),
        format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"StringLike":{{"k":"{long}"}}}}}}"#
        ),
    ] {
        let case = Case {
            identity: &identity,
            ..Case::default()
        };
        assert_eq!(case.answer().decision, Decision::Unknown);
    }
}

#[test]
fn deep_and_odd_values_are_unread_statements() {
    let mut deep = Value::Null;
    for _ in 0..100 {
        deep = Value::List(vec![deep]);
    }
    for document in [
        deep,
        value(r#"{"Statement":[[[[{}]]]]}"#),
        value(r#"{"Statement":{"Effect":"Allow","Action":{"a":1}}}"#),
        value(r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":[]}}"#),
        value(r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Robot":"x"}}}"#),
        value(r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":[]}}"#),
        value(r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringLike":{"k":[[]]}}}}"#),
        value(r#"{"Statement":"*"}"#),
        value(r#""{\"Statement\":[]}""#),
        value("7"),
    ] {
        let parsed = PolicyDocument::read(&document);
        assert_eq!(parsed.value.unread().len(), 1, "{document}");
        assert_eq!(parsed.problems.len(), 1, "{document}");
        assert!(parsed.value.statements().is_empty(), "{document}");
    }
}
