//! Policies that forbid attack paths.

use plumb_model::value::Value;

use crate::support::{
    ACCOUNT, DENIED, account, account_called, because, bucket, report, role, unlisted, verdicts, with_graph,
    without_graph,
};

const PUBLIC: &str =
    r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#;
const RESTRICTED: &str = r#"{"data-classification":"restricted"}"#;
const INTERNAL: &str = r#"{"data-classification":"internal"}"#;

#[test]
fn a_path_fails_a_possible_one_is_unknown_and_none_passes() {
    let buckets = || {
        vec![
            bucket("cards", PUBLIC, RESTRICTED),
            bucket("logs", PUBLIC, INTERNAL),
            bucket("odd", DENIED, RESTRICTED),
            bucket("quiet", "null", RESTRICTED),
            bucket("skipped", PUBLIC, RESTRICTED),
            bucket("untold", PUBLIC, DENIED),
        ]
    };
    let analyzer = with_graph(&["own-restricted"]);
    let judged = report(&analyzer, vec![account(buckets())]);
    let expected = [
        "own-restricted cards fail",
        "own-restricted logs not_applicable",
        "own-restricted odd unknown",
        "own-restricted quiet pass",
        "own-restricted skipped not_applicable",
        "own-restricted untold unknown",
    ];
    assert_eq!(verdicts(&judged), expected);
    let mut turned = buckets();
    turned.reverse();
    assert_eq!(
        report(&analyzer, vec![account(turned)]),
        judged,
        "whatever the order"
    );

    let failed = because(&judged, "cards");
    assert!(failed.contains(": Internet -> S3 bucket cards"), "{failed}");
    assert!(
        because(&judged, "odd").contains("s3:GetX"),
        "{}",
        because(&judged, "odd")
    );
    assert!(because(&judged, "untold").starts_with("its tags could not be read"));
}

#[test]
fn the_evidence_names_the_listed_path_and_the_sums_count_what_was_decided() {
    let judged = report(
        &with_graph(&["own-restricted"]),
        vec![account(vec![
            bucket("cards", PUBLIC, RESTRICTED),
            bucket("quiet", "null", RESTRICTED),
        ])],
    );
    let listed = judged.paths.as_ref().unwrap().paths.first().unwrap();
    let view = judged
        .findings()
        .find(|view| view.resource.name == "cards")
        .unwrap();
    let observed = &view.finding.evidence.as_ref().unwrap().observed;
    let id = observed.iter().find(|one| one.expression == "path.id").unwrap();
    assert_eq!(id.value, Value::String(listed.id.clone()));
    assert!(view.finding.risk.is_some(), "a failure has its risk");
    assert!(
        listed.worsened_by.is_empty(),
        "that it is there does not make a path worse"
    );
    let totals = judged.summary;
    let counts = (
        totals.verdicts.get(plumb_model::verdict::Verdict::Fail),
        totals.verdicts.get(plumb_model::verdict::Verdict::Pass),
        totals.verdicts.get(plumb_model::verdict::Verdict::Unknown),
    );
    assert_eq!(counts, (1, 1, 0));
    assert_eq!(totals.score.unwrap().value, 50);
}

#[test]
fn entry_certainty_and_risk_are_what_the_policy_says() {
    let judged = |policy: &str| {
        let buckets = vec![
            bucket("cards", PUBLIC, RESTRICTED),
            bucket("odd", DENIED, RESTRICTED),
        ];
        verdicts(&report(&with_graph(&[policy]), vec![account(buckets)]))
    };
    assert_eq!(judged("own-any"), ["own-any cards fail", "own-any odd unknown"]);
    assert_eq!(
        judged("own-external"),
        ["own-external cards pass", "own-external odd pass"]
    );
    assert_eq!(
        judged("own-possible"),
        ["own-possible cards fail", "own-possible odd fail"]
    );
    assert_eq!(
        judged("own-risky"),
        ["own-risky cards pass", "own-risky odd pass"]
    );
}

#[test]
fn without_the_graph_nothing_is_known_of_paths() {
    let buckets = vec![
        bucket("cards", PUBLIC, RESTRICTED),
        bucket("quiet", "null", RESTRICTED),
        bucket("skipped", "null", RESTRICTED),
    ];
    let judged = report(&without_graph(&["own-restricted"]), vec![account(buckets)]);
    let expected = [
        "own-restricted cards unknown",
        "own-restricted quiet unknown",
        "own-restricted skipped not_applicable",
    ];
    assert_eq!(verdicts(&judged), expected);
    assert!(because(&judged, "quiet").contains("the security graph was not built"));
}

#[test]
fn what_was_not_listed_can_hide_a_path_in_every_account_but_hides_no_failure() {
    let buckets = || {
        vec![
            bucket("cards", PUBLIC, RESTRICTED),
            bucket("quiet", "null", RESTRICTED),
        ]
    };
    let analyzer = with_graph(&["own-any"]);
    let expected = ["own-any cards fail", "own-any quiet unknown"];
    let own = report(&analyzer, vec![unlisted(account(buckets()), "aws_ec2_instance")]);
    assert_eq!(verdicts(&own), expected);
    let why = because(&own, "quiet");
    assert!(why.contains("aws_ec2_instance of eu-west-1 in"), "{why}");
    let other = unlisted(account_called("444455556666", Vec::new()), "aws_lambda_function");
    assert_eq!(
        verdicts(&report(&analyzer, vec![account(buckets()), other])),
        expected
    );
    // A path can begin at data as little as it can at networks; what is unread of those makes steps possible.
    let data = report(
        &analyzer,
        vec![unlisted(account(buckets()), "aws_dynamodb_table")],
    );
    assert_eq!(verdicts(&data), ["own-any cards fail", "own-any quiet pass"]);
}

#[test]
fn tags_that_the_scan_did_not_ask_for_leave_the_sensitivity_open() {
    let mut snapshot = account(vec![
        bucket("cards", PUBLIC, "null"),
        bucket("payroll-cards-pii", PUBLIC, "null"),
    ]);
    for collected in &mut snapshot.coverage.collected {
        collected.facts.retain(|fact| fact != "tags");
    }
    let judged = report(&with_graph(&["own-restricted"]), vec![snapshot]);
    // What a name says already is enough.
    let expected = [
        "own-restricted cards unknown",
        "own-restricted payroll-cards-pii fail",
    ];
    assert_eq!(verdicts(&judged), expected);
}

#[test]
fn buckets_that_were_not_listed_stay_unknown() {
    let judged = report(
        &with_graph(&["own-any"]),
        vec![unlisted(account(Vec::new()), "aws_s3_bucket")],
    );
    assert_eq!(verdicts(&judged), ["own-any every aws_s3_bucket unknown"]);
    assert!(because(&judged, "every aws_s3_bucket").contains("could not be listed"));
}

#[test]
fn of_roles_those_are_judged_that_administer() {
    let anybody = r#"{"AWS":"*"}"#;
    let nobody = r#"{"Service":"ec2.amazonaws.com"}"#;
    let inside = format!(r#"{{"AWS":"arn:aws:iam::{ACCOUNT}:role/open-reader"}}"#);
    let judged = |roles| report(&with_graph(&["own-administrator"]), vec![account(roles)]);
    let alone = judged(vec![
        role("closed-admin", nobody, "*"),
        role("open-reader", anybody, "s3:GetObject"),
    ]);
    let expected = [
        "own-administrator closed-admin pass",
        "own-administrator open-reader not_applicable",
    ];
    assert_eq!(verdicts(&alone), expected);
    let judged = judged(vec![
        role("closed-admin", nobody, "*"),
        role("open-reader", anybody, "s3:GetObject"),
        role("reader-s-admin", &inside, "*"),
    ]);
    // Who administers the account needs no other administrator of it.
    let expected = [
        "own-administrator closed-admin pass",
        "own-administrator open-reader not_applicable",
        "own-administrator reader-s-admin fail",
    ];
    assert_eq!(verdicts(&judged), expected);
    let way = because(&judged, "reader-s-admin");
    assert!(
        way.contains("IAM role open-reader -> IAM role reader-s-admin -> Administrator"),
        "{way}"
    );
}
