//! What a rule that looks at one region makes of gaps there and elsewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use plumb_engine::{Analyzer, Config};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::resource::Resource;
use plumb_model::snapshot::{AccountSnapshot, Header, Snapshot};
use plumb_model::value::{Map, Reason, Text, Unreadable};
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};

const KNOWLEDGE: &str = r#"
service: desk
resources:
  azurerm_lamp:
    title: Lamp
    attributes: { bulb: string }
  azurerm_desk:
    title: Desk
    attributes: { desk_id: string }
"#;

const POLICIES: &str = r#"
policies:
- { name: desk-lit, provider: azure, resource_type: azurerm_desk, severity: LOW, rule: 'inventory("azurerm_lamp", resource.region).exists(lamp, lamp.bulb == "led")' }
- { name: desk-safe, provider: azure, resource_type: azurerm_desk, severity: LOW, rule: 'inventory("azurerm_lamp", resource.region).all(lamp, lamp.bulb == "led")' }
"#;

fn resource(resource_type: &str, region: &str, attributes: &[(&str, &str)]) -> Resource {
    let attributes: Map = attributes
        .iter()
        .map(|(name, value)| (Text::from(*name), (*value).into()))
        .collect();
    Resource::new(
        format!("/{resource_type}/{region}/{attributes:?}"),
        resource_type,
        region,
        "sub",
        region,
        attributes,
    )
}

fn unlisted(region: &str) -> Gap {
    Gap {
        resource_type: "azurerm_lamp".into(),
        attribute: None,
        region: region.into(),
        unreadable: Unreadable::new(Reason::Denied),
        count: 1,
    }
}

/// The verdicts of both policies on a desk in `north`; the account has a LED lamp there and a neon lamp in `south`.
fn check(lamps_in_north: &[&str], left_out: &[&str], gaps: Vec<Gap>, asked: &[&str], expected: [&str; 2]) {
    let files = [("azure/desk/collect.yaml", KNOWLEDGE), ("own.yaml", POLICIES)];
    let files = files.map(|(path, text)| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    });
    let loaded = Pack::load(Base::Empty, &files);
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let pack = loaded.pack;
    let policies = pack.policies().iter().map(|policy| pack.compile(policy).unwrap());
    let analyzer = Analyzer::new(&pack, policies.collect(), Vec::new(), Config::default()).unwrap();
    let mut resources = vec![
        resource("azurerm_lamp", "south", &[("bulb", "neon")]),
        resource("azurerm_desk", "north", &[("desk_id", "d")]),
    ];
    resources.extend(
        lamps_in_north
            .iter()
            .map(|bulb| resource("azurerm_lamp", "north", &[("bulb", bulb)])),
    );
    let collected = asked.iter().map(|name| CollectedType {
        resource_type: Text::from(*name),
        facts: Vec::new(),
        regions: vec!["north".into(), "south".into()],
    });
    let account = AccountSnapshot {
        account: Account::new(Provider::Azure, "sub"),
        taken_at: "2026-01-01T00:00:00Z".into(),
        regions: vec!["north".into(), "south".into()],
        resources,
        coverage: Coverage {
            collected: collected.collect(),
            gaps,
            left_out: left_out.iter().map(|region| Text::from(*region)).collect(),
            ..Coverage::default()
        },
    };
    let report = analyzer.analyze(&Snapshot {
        header: Header::new("0", None),
        accounts: vec![account],
    });
    let verdicts: Vec<String> = report
        .findings()
        .filter(|view| !view.resource.stand_in)
        .map(|view| format!("{} {}", view.policy.name, view.finding.verdict))
        .collect();
    let expected: Vec<String> = ["desk-lit", "desk-safe"]
        .iter()
        .zip(expected)
        .map(|(policy, verdict)| format!("{policy} {verdict}"))
        .collect();
    assert_eq!(verdicts, expected);
}

const BOTH: [&str; 2] = ["azurerm_desk", "azurerm_lamp"];

#[test]
fn only_resources_of_the_region_count() {
    check(&["led"], &[], vec![], &BOTH, ["pass", "pass"]);
    check(&["led", "neon"], &[], vec![], &BOTH, ["pass", "fail"]);
    check(&[], &[], vec![], &BOTH, ["fail", "pass"]);
}

#[test]
fn regions_left_out_and_gaps_elsewhere_hide_nothing_here() {
    check(&["led"], &["west"], vec![], &BOTH, ["pass", "pass"]);
    check(&[], &["west"], vec![unlisted("south")], &BOTH, ["fail", "pass"]);
}

#[test]
fn a_gap_in_that_very_region_is_unknown_unless_what_is_known_decides() {
    check(&[], &[], vec![unlisted("north")], &BOTH, ["unknown", "unknown"]);
    check(&["led"], &[], vec![unlisted("north")], &BOTH, ["pass", "unknown"]);
    check(
        &["neon"],
        &[],
        vec![unlisted("north")],
        &BOTH,
        ["unknown", "fail"],
    );
    check(&[], &["north"], vec![], &BOTH, ["unknown", "unknown"]);
}

#[test]
fn what_hides_the_whole_account_hides_each_region() {
    check(&[], &[], vec![unlisted("global")], &BOTH, ["unknown", "unknown"]);
    check(&[], &[], vec![], &["azurerm_desk"], ["unknown", "unknown"]);
}
