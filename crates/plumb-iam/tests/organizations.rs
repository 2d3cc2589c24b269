//! Which control policies of an organization bind an account, and what is said where they were not read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use plumb_iam::account_iam::AccountIam;
use plumb_iam::answer::Decision;
use plumb_iam::directory::Directory;
use plumb_iam::keys::Context;
use plumb_iam::principal::{Membership, Tags};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::resource::Resource;

use support::estate::{MANAGEMENT, decide, managed, member, organization, read, resource, role};
use support::{OTHER, OWN};

/// A management account's view: `OWN` stands in a unit below the root.
fn management(targets: &str, extra: Vec<Resource>) -> AccountIam {
    let full = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let no_queues = r#"{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}"#;
    let policy = |id: &str, content: &str, targets: &str| {
        resource(
            MANAGEMENT,
            "aws_organizations_policy",
            &format!("arn:aws:organizations::{MANAGEMENT}:policy/o-1/service_control_policy/{id}"),
            &format!(r#"{{"type":"SERVICE_CONTROL_POLICY","content":{content},"targets":{targets}}}"#),
        )
    };
    let account = |id: &str, parent: &str| {
        resource(
            MANAGEMENT,
            "aws_organizations_account",
            &format!("arn:aws:organizations::{MANAGEMENT}:account/o-1/{id}"),
            &format!(r#"{{"id":"{id}","parents":[{{"id":"{parent}"}}]}}"#),
        )
    };
    let everywhere = format!(
        r#"[{{"target_id":"r-1"}},{{"target_id":"ou-1"}},{{"target_id":"{OWN}"}},{{"target_id":"{OTHER}"}},{{"target_id":"{MANAGEMENT}"}}]"#
    );
    let root = resource(
        MANAGEMENT,
        "aws_organizations_root",
        &format!("arn:aws:organizations::{MANAGEMENT}:root/o-1/r-1"),
        r#"{"id":"r-1","policy_types":[{"type":"SERVICE_CONTROL_POLICY","status":"ENABLED"}]}"#,
    );
    let mut resources = vec![
        organization(MANAGEMENT),
        account(OWN, "ou-1"),
        account(OTHER, "r-1"),
        account(MANAGEMENT, "r-1"),
        root,
        policy("p-full", full, &everywhere),
        policy("p-queues", no_queues, targets),
        managed(MANAGEMENT, "arn:aws:iam::aws:policy/all", full),
        role(
            MANAGEMENT,
            "all",
            r#""attached_managed_policies":[{"policy_arn":"arn:aws:iam::aws:policy/all"}]"#,
        ),
    ];
    resources.extend(extra);
    read(MANAGEMENT, &resources)
}

#[test]
fn control_policies_reach_accounts_through_their_units() {
    let unit = resource(
        MANAGEMENT,
        "aws_organizations_organizational_unit",
        "ou-1",
        r#"{"id":"ou-1","parent_id":"r-1"}"#,
    );
    let directory = Directory::new(vec![
        management(r#"[{"target_id":"ou-1"}]"#, vec![unit]),
        member(OWN),
        member(OTHER),
    ]);
    for (account, expected) in [
        (OWN, Decision::DeniedExplicit),
        (OTHER, Decision::Allowed),
        (MANAGEMENT, Decision::Allowed),
    ] {
        let role = format!("arn:aws:iam::{account}:role/all");
        let queue = format!("arn:aws:sqs:eu-west-1:{account}:q");
        assert_eq!(
            decide(&directory, &role, "sqs:SendMessage", &queue),
            expected,
            "{account}"
        );
    }
    let own = directory
        .principal(&format!("arn:aws:iam::{OWN}:role/all"))
        .unwrap();
    let path = Some("o-1/r-1/ou-1/".into());
    assert_eq!(
        own.principal.membership,
        Membership::Of {
            id: "o-1".into(),
            path
        }
    );
    assert!(own.policies.service_control.unread.is_none());
}

#[test]
fn units_inside_units_bind_at_every_level() {
    let unit = |id: &str, parent: &str| {
        let attributes = format!(r#"{{"id":"{id}","parent_id":"{parent}"}}"#);
        resource(
            MANAGEMENT,
            "aws_organizations_organizational_unit",
            id,
            &attributes,
        )
    };
    let decided = |at: &str| {
        // The account stands in `ou-1`, that in `ou-2`, that in `ou-3` below the root; `ou-4` stands beside.
        let units = vec![
            unit("ou-4", "ou-3"),
            unit("ou-1", "ou-2"),
            unit("ou-3", "r-1"),
            unit("ou-2", "ou-3"),
        ];
        let denial = format!(r#"[{{"target_id":"{at}"}}]"#);
        let directory = Directory::new(vec![management(&denial, units), member(OWN)]);
        let role = format!("arn:aws:iam::{OWN}:role/all");
        let own = directory.principal(&role).unwrap();
        let path = Some("o-1/r-1/ou-3/ou-2/ou-1/".into());
        let id = "o-1".into();
        assert_eq!(own.principal.membership, Membership::Of { id, path });
        let queue = format!("arn:aws:sqs:eu-west-1:{OWN}:q");
        decide(&directory, &role, "sqs:SendMessage", &queue)
    };
    for above in ["ou-1", "ou-2", "ou-3", "r-1"] {
        assert_eq!(decided(above), Decision::DeniedExplicit, "{above}");
    }
    assert_eq!(decided("ou-4"), Decision::Allowed);
}

#[test]
fn unread_control_policies_are_a_caveat() {
    let role = format!("arn:aws:iam::{OWN}:role/all");
    let caveats = |directory: &Directory| {
        let member = directory.principal(&role).unwrap();
        let asset = directory.asset(
            "arn:aws:ec2:eu-west-1:111122223333:instance/i",
            OWN,
            Tags::Unspecified,
            None,
        );
        let answer = directory.can(member, "ec2:StopInstances", &asset, &Context::new());
        assert_eq!(answer.decision, Decision::Allowed);
        answer.caveats
    };
    let alone = Directory::new(vec![member(OWN)]);
    assert_eq!(
        caveats(&alone),
        [
            "service control policies were not read, an organization may forbid it: the organization was not read in its management account `999900001111`"
        ]
    );
    // The unit's own parent is not known, and yet what is attached to the unit and the root binds.
    let half = Directory::new(vec![
        management(r#"[{"target_id":"r-1"}]"#, Vec::new()),
        member(OWN),
    ]);
    assert_eq!(
        caveats(&half),
        [
            "service control policies were not read, an organization may forbid it: what stands above `ou-1` was not read"
        ]
    );
    let queue = format!("arn:aws:sqs:eu-west-1:{OWN}:q");
    assert_eq!(
        decide(&half, &role, "sqs:SendMessage", &queue),
        Decision::DeniedExplicit
    );
}

#[test]
fn cyclic_units_end() {
    let unit = |id: &str, parent: &str| {
        let attributes = format!(r#"{{"id":"{id}","parent_id":"{parent}"}}"#);
        resource(
            MANAGEMENT,
            "aws_organizations_organizational_unit",
            id,
            &attributes,
        )
    };
    let cycle = vec![unit("ou-1", "ou-2"), unit("ou-2", "ou-1")];
    let directory = Directory::new(vec![management("[]", cycle), member(OWN)]);
    let own = directory
        .principal(&format!("arn:aws:iam::{OWN}:role/all"))
        .unwrap();
    assert!(own.policies.service_control.unread.is_some());
}

#[test]
fn an_account_outside_is_told_from_one_that_was_not_asked() {
    let attributes = r#"{"id":null,"master_account_id":null}"#;
    let resources = [
        resource(OWN, "aws_organizations_organization", "organization", attributes),
        role(OWN, "app", r#""role_policy_list":null"#),
    ];
    for (facts, expected) in [
        (vec!["organization".into()], Membership::Outside),
        (Vec::new(), Membership::Unspecified),
    ] {
        let coverage = Coverage {
            collected: vec![CollectedType {
                resource_type: "aws_organizations_organization".into(),
                facts,
                regions: Vec::new(),
            }],
            ..Coverage::default()
        };
        let resources: Vec<_> = resources.iter().collect();
        let account = AccountIam::read(&Account::new(Provider::Aws, OWN), &resources, &coverage);
        let directory = Directory::new(vec![account]);
        let app = directory
            .principal(&format!("arn:aws:iam::{OWN}:role/app"))
            .unwrap();
        assert_eq!(app.principal.membership, expected);
        assert_eq!(
            app.policies.service_control.unread.is_none(),
            expected == Membership::Outside
        );
    }
}
