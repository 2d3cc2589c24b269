//! Attack paths of an account that was created through the cloud's own API, and of its hardened twin.

use serde_json::Value;

use crate::support::binary::Plumb;
use crate::support::moto::Moto;
use crate::support::report::Report;

/// What paths need, and little more: a whole scan asks moto for services that it lacks.
const NARROW: [&str; 4] = ["--paths", "always", "--policy", "s3-bucket-not-public"];

fn scan(part: &str) -> Option<(Moto, Report)> {
    let moto = Moto::with(&[part])?;
    let report = Plumb::scan(&moto.url(), &NARROW).run().report();
    Some((moto, report))
}

fn paths(report: &Report) -> &[Value] {
    report.0["paths"]["paths"].as_array().unwrap()
}

/// For example `internet -reaches-> i-1 -runs_as-> server`, and how sure it is where it is not certain.
fn story(path: &Value) -> String {
    let name = |node: &Value| match node["type"].as_str().unwrap() {
        "administrator" => "administrator".to_owned(),
        "outside" => node["uid"].as_str().unwrap().to_owned(),
        _ => node["name"].as_str().unwrap().to_owned(),
    };
    let mut story = name(&path["entry"]);
    for hop in path["hops"].as_array().unwrap() {
        story.push_str(&format!(
            " -{}-> {}",
            hop["kind"].as_str().unwrap(),
            name(&hop["to"])
        ));
    }
    match path["certainty"].as_str().unwrap() {
        "certain" => story,
        doubt => format!("{story} ({doubt})"),
    }
}

fn stories(report: &Report) -> Vec<String> {
    paths(report).iter().map(story).collect()
}

#[test]
fn the_ways_into_an_account_are_found() {
    let Some((moto, report)) = scan("attack_open") else {
        return;
    };
    let found = stories(&report);
    let server = moto.identifier("server");
    // moto cannot tell whether the region blocks public access, which leaves the way in possible.
    let through_server =
        format!("internet -reaches-> {server} -runs_as-> server -can_read-> cards (possible)");
    for expected in [
        through_server.as_str(),
        "internet -can_read-> site",
        "credentials -holds-> developer -can_escalate_to-> deployer -can_administer-> administrator",
    ] {
        assert!(
            found.iter().any(|story| story == expected),
            "no path `{expected}` among {found:#?}"
        );
    }
    let path = paths(&report)
        .iter()
        .find(|path| story(path) == through_server)
        .unwrap();
    let hops = path["hops"].as_array().unwrap();
    assert_eq!(hops[0]["how"], "SSH open");
    let sure: Vec<&Value> = hops.iter().map(|hop| &hop["certainty"]).collect();
    assert_eq!(sure, ["possible", "certain", "certain"]);
    let conditions = hops[0]["conditions"].as_array().unwrap();
    let is_told = |condition: &Value| condition.as_str().unwrap().contains("block_public_access");
    assert!(
        !conditions.is_empty() && conditions.iter().all(is_told),
        "{conditions:#?}"
    );
    for hop in hops {
        assert!(!hop["proofs"].as_array().unwrap().is_empty(), "{hop}");
    }
}

#[test]
fn no_way_leads_into_the_hardened_twin() {
    let Some((_moto, report)) = scan("attack_closed") else {
        return;
    };
    // A block on public access leaves what everybody may read to the principals of the bucket's own account:
    // docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    let own = "credentials -holds-> developer -can_read-> site";
    let certain: Vec<String> = stories(&report)
        .into_iter()
        .filter(|story| !story.ends_with(')') && story != own)
        .collect();
    assert!(certain.is_empty(), "{certain:#?}");
    let reached: Vec<String> = stories(&report)
        .into_iter()
        .filter(|story| {
            ["cards", "site", "deployer"]
                .iter()
                .any(|target| story.contains(target) && story != own)
        })
        .collect();
    assert!(reached.is_empty(), "{reached:#?}");
}
