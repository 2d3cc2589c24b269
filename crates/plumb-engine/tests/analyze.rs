//! What `analyze` promises: four verdicts, stand-ins for what was not read, and the same bytes for the same estate.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use plumb_engine::{Analyzer, Config};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::framework::ControlStatus;
use plumb_model::report::Report;
use plumb_model::resource::Resource;
use plumb_model::snapshot::{AccountSnapshot, Header, Snapshot};
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use proptest::prelude::*;

const TYPES: &str = "
service: desk
resources:
  azurerm_lamp:
    title: Lamp
    aliases: [azurerm_light]
    attributes: { bulb: string, watts: int, desk_id: string }
    relations:
    - { attribute: desk_id, to: azurerm_desk, by: desk_id, as: stands_on }
  azurerm_desk:
    title: Desk
    attributes: { desk_id: string, fireproof: bool }
";

const POLICIES: &str = r#"
policies:
- { name: lamp-has-led, provider: azure, resource_type: azurerm_light, severity: HIGH, rule: 'resource.bulb == "led"', when: resource.watts != 0 }
- { name: lamp-on-fireproof-desk, provider: azure, resource_type: azurerm_lamp, severity: LOW, rule: 'related(resource, "azurerm_desk").all(desk, desk.fireproof)' }
- { name: desk-has-led-lamp, provider: azure, resource_type: azurerm_desk, severity: LOW, rule: 'inventory("azurerm_lamp").exists(lamp, lamp.desk_id == resource.desk_id && lamp.bulb == "led")' }
"#;

const FRAMEWORK: &str = "
id: office-1
title: Office
provider: azure
publisher: The house
controls:
- { id: '1', title: LED lamps, assessment: automated, policies: [lamp-has-led] }
- { id: '2', title: Fire, assessment: manual, policies: [] }
";

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(|| {
    let files = [
        ("azure/desk/collect.yaml", TYPES),
        ("own.yaml", POLICIES),
        ("frameworks/office-1.yaml", FRAMEWORK),
    ]
    .map(|(path, text)| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    });
    let loaded = Pack::load(Base::Empty, &files);
    let errors: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    assert!(!loaded.has_errors(), "{errors:?}");
    let pack = loaded.pack;
    let policies = pack
        .policies()
        .iter()
        .map(|policy| pack.compile(policy).unwrap())
        .collect();
    Analyzer::new(&pack, policies, pack.frameworks().to_vec(), Config::default()).unwrap()
});

fn resource(resource_type: &str, name: &str, attributes: &str) -> Resource {
    let attributes: Map = serde_json::from_str(attributes).unwrap();
    Resource::new(
        format!("/{resource_type}/{name}"),
        resource_type,
        name,
        "sub",
        "north",
        attributes,
    )
}

fn lamp(name: &str, attributes: &str) -> Resource {
    resource("azurerm_lamp", name, attributes)
}

fn collected() -> Vec<CollectedType> {
    ["azurerm_desk", "azurerm_lamp"]
        .map(|name| CollectedType {
            resource_type: name.into(),
            facts: vec![],
            regions: vec!["north".into()],
        })
        .to_vec()
}

fn account(resources: Vec<Resource>, coverage: Coverage) -> AccountSnapshot {
    AccountSnapshot {
        account: Account::new(Provider::Azure, "sub"),
        taken_at: "2026-01-01T00:00:00Z".into(),
        regions: vec!["north".into()],
        resources,
        coverage,
    }
}

fn analyze(accounts: Vec<AccountSnapshot>) -> Report {
    ANALYZER.analyze(&Snapshot {
        header: Header::new("0", None),
        accounts,
    })
}

/// `policy resource verdict` of all findings.
fn verdicts(report: &Report) -> Vec<String> {
    report
        .findings()
        .map(|view| {
            format!(
                "{} {} {}",
                view.policy.name, view.resource.name, view.finding.verdict
            )
        })
        .collect()
}

fn complete(resources: Vec<Resource>) -> AccountSnapshot {
    account(
        resources,
        Coverage {
            collected: collected(),
            ..Coverage::default()
        },
    )
}

#[test]
fn each_policy_says_one_of_four_verdicts_on_each_resource() {
    let unreadable = r#"{"bulb":{"$unreadable":{"reason":"denied"}},"watts":5}"#;
    let report = analyze(vec![complete(vec![
        lamp("bad", r#"{"bulb":"neon","watts":5}"#),
        lamp("dark", r#"{"bulb":"neon","watts":0}"#),
        lamp("good", r#"{"bulb":"led","watts":5}"#),
        lamp("odd", unreadable),
    ])]);
    let led: Vec<String> = verdicts(&report)
        .into_iter()
        .filter(|line| line.starts_with("lamp-has-led"))
        .collect();
    assert_eq!(
        led,
        [
            "lamp-has-led bad fail",
            "lamp-has-led dark not_applicable",
            "lamp-has-led good pass",
            "lamp-has-led odd unknown"
        ]
    );
}

#[test]
fn a_type_that_could_not_be_listed_is_unknown_wherever_rules_look_at_it() {
    let gap = Gap {
        resource_type: "azurerm_lamp".into(),
        attribute: None,
        region: "north".into(),
        unreadable: Unreadable {
            action: Some("lamps/read".into()),
            ..Unreadable::new(Reason::Denied)
        },
        count: 1,
    };
    let coverage = Coverage {
        collected: collected(),
        gaps: vec![gap],
        ..Coverage::default()
    };
    let report = analyze(vec![account(
        vec![resource("azurerm_desk", "d", r#"{"desk_id":"1"}"#)],
        coverage,
    )]);
    assert_eq!(
        verdicts(&report),
        [
            "desk-has-led-lamp d unknown",
            "lamp-has-led every azurerm_lamp unknown",
            "lamp-on-fireproof-desk every azurerm_lamp unknown",
        ]
    );
    let stand_in = report.findings().find(|view| view.resource.stand_in).unwrap();
    assert!(
        stand_in
            .finding
            .evidence
            .as_ref()
            .unwrap()
            .message
            .contains("grant `lamps/read`")
    );
    assert_eq!(report.summary.score, None);
    assert_eq!(report.frameworks[0].controls[0].status, ControlStatus::Unknown);
    assert_eq!(report.frameworks[0].controls[1].status, ControlStatus::Manual);
}

#[test]
fn a_type_that_was_never_asked_for_is_unknown() {
    let report = analyze(vec![account(vec![], Coverage::default())]);
    assert_eq!(
        verdicts(&report),
        [
            "desk-has-led-lamp every azurerm_desk unknown",
            "lamp-has-led every azurerm_lamp unknown",
            "lamp-on-fireproof-desk every azurerm_lamp unknown",
        ]
    );
}

#[test]
fn an_account_of_another_cloud_is_not_judged() {
    let mut other = account(vec![], Coverage::default());
    other.account.provider = Provider::Gcp;
    assert!(verdicts(&analyze(vec![other])).is_empty());
}

#[test]
fn a_reference_to_the_outside_is_unknown_and_none_at_all_is_fine() {
    let cases = [
        (r#"{"desk_id":"1"}"#, "pass"),
        (r#"{"desk_id":"2"}"#, "fail"),
        (r#"{"desk_id":"elsewhere"}"#, "unknown"),
        (r#"{"desk_id":{"$unreadable":{"reason":"denied"}}}"#, "unknown"),
        ("{}", "pass"),
    ];
    for (attributes, expected) in cases {
        let report = analyze(vec![complete(vec![
            lamp("l", attributes),
            resource("azurerm_desk", "oak", r#"{"desk_id":"2","fireproof":false}"#),
            resource("azurerm_desk", "steel", r#"{"desk_id":"1","fireproof":true}"#),
        ])]);
        assert!(
            verdicts(&report).contains(&format!("lamp-on-fireproof-desk l {expected}")),
            "{attributes}"
        );
    }
}

#[test]
fn what_lies_in_regions_left_out_is_unknown_to_rules_that_look_for_it() {
    let mut narrowed = complete(vec![
        lamp("l", r#"{"bulb":"led","desk_id":"1"}"#),
        resource("azurerm_desk", "lit", r#"{"desk_id":"1"}"#),
        resource("azurerm_desk", "unlit", r#"{"desk_id":"2"}"#),
    ]);
    narrowed.coverage.left_out = vec!["south".into()];
    let found = verdicts(&analyze(vec![narrowed]));
    assert!(
        found.contains(&"desk-has-led-lamp lit pass".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"desk-has-led-lamp unlit unknown".to_owned()),
        "{found:?}"
    );
    assert!(found.contains(&"lamp-has-led l pass".to_owned()), "{found:?}");
}

#[test]
fn where_regions_have_targets_of_the_same_name_the_own_region_counts() {
    let desk = |region: &str, fireproof: bool| {
        let attributes = Map::from_iter([
            ("desk_id".into(), Value::from("1")),
            ("fireproof".into(), Value::from(fireproof)),
        ]);
        Resource::new(
            format!("/desk/{region}"),
            "azurerm_desk",
            region,
            "sub",
            region,
            attributes,
        )
    };
    let mut account = complete(vec![
        lamp("l", r#"{"desk_id":"1"}"#),
        desk("east", false),
        desk("north", true),
    ]);
    let found = verdicts(&analyze(vec![account.clone()]));
    assert!(
        found.contains(&"lamp-on-fireproof-desk l pass".to_owned()),
        "{found:?}"
    );
    account.resources.remove(2);
    let found = verdicts(&analyze(vec![account]));
    assert!(
        found.contains(&"lamp-on-fireproof-desk l fail".to_owned()),
        "{found:?}"
    );
}

#[test]
fn the_same_uid_twice_is_judged_once() {
    let report = analyze(vec![complete(vec![
        lamp("l", r#"{"bulb":"neon"}"#),
        lamp("l", r#"{"bulb":"led"}"#),
    ])]);
    assert_eq!(report.summary.resources, 1);
}

/// Estates whose accounts have at most `names` different uids per type.
fn estate(names: usize) -> impl Strategy<Value = Vec<AccountSnapshot>> {
    let bulb = prop_oneof![
        Just(Value::Null),
        Just(Value::from("led")),
        Just(Value::from("neon")),
        Just(Value::unreadable(Unreadable::new(Reason::Throttled))),
    ];
    let attributes = (bulb, 0i64..3, 0u8..3).prop_map(|(bulb, watts, desk)| {
        Map::from_iter([
            (Text::from("bulb"), bulb),
            (Text::from("watts"), Value::Int(watts)),
            (Text::from("desk_id"), Value::from(desk.to_string())),
        ])
    });
    let resource = (any::<bool>(), attributes);
    let account = (proptest::collection::vec(resource, 0..8), 0u8..3).prop_map(move |(resources, id)| {
        let resources = resources
            .into_iter()
            .enumerate()
            .map(|(position, (is_lamp, attributes))| {
                let resource_type = if is_lamp { "azurerm_lamp" } else { "azurerm_desk" };
                let name = (position % names).to_string();
                Resource::new(
                    format!("/{resource_type}/{name}"),
                    resource_type,
                    name,
                    "sub",
                    "north",
                    attributes,
                )
            });
        let mut account = complete(resources.collect());
        account.account.id = Text::from(format!("sub-{id}"));
        account
    });
    proptest::collection::vec(account, 0..3)
}

proptest! {
    #[test]
    fn the_order_of_resources_and_accounts_does_not_matter(
        (estate, shuffled) in estate(3).prop_flat_map(|accounts| {
            let resources = accounts.iter().map(|account| Just(account.resources.clone()).prop_shuffle()).collect::<Vec<_>>();
            let shuffled = (Just(accounts.clone()), resources).prop_map(|(mut accounts, resources)| {
                for (account, resources) in accounts.iter_mut().zip(resources) {
                    account.resources = resources;
                }
                accounts
            });
            (Just(accounts), shuffled)
        })
    ) {
        prop_assert_eq!(analyze(estate), analyze(shuffled));
    }

    #[test]
    fn reading_less_never_turns_a_verdict_around(estate in estate(100)) {
        let mut blind = estate.clone();
        for resource in blind.iter_mut().flat_map(|account| &mut account.resources) {
            resource.set("bulb", Value::unreadable(Unreadable::new(Reason::Denied)));
        }
        let key = |report: &Report| report.findings().map(|view| {
            ((view.policy.name.clone(), view.account.account.id.clone(), view.resource.uid.clone()), view.finding.verdict)
        }).collect::<Vec<_>>();
        let (seen, blind) = (key(&analyze(estate)), key(&analyze(blind)));
        for ((place, seen), (same_place, blind)) in seen.iter().zip(&blind) {
            prop_assert_eq!(place, same_place);
            let turned = matches!((seen, blind), (Verdict::Pass, Verdict::Fail) | (Verdict::Fail, Verdict::Pass));
            prop_assert!(!turned, "{:?}: {} became {}", place, seen, blind);
        }
    }
}
