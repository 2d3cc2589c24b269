//! Users and roles of accounts that nobody reads, as policies of the estate name them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use plumb_iam::answer::Decision;
use plumb_iam::directory::Directory;
use plumb_iam::keys::Context;
use plumb_iam::principal::{Principal, Tags};

use support::estate::{member, organization, read};
use support::{OTHER, OWN, policy};

const PARTNER: &str = "arn:aws:iam::777788889999:role/partner";

/// What `arn` may do with a queue of `OWN` under these statements, and how many caveats there are.
fn ask(arn: &str, statements: &str) -> (Decision, usize) {
    let directory = Directory::new(vec![read(OWN, &[organization(OWN)]), member(OTHER)]);
    let queue = format!("arn:aws:sqs:eu-west-1:{OWN}:q");
    let asset = directory.asset(&queue, OWN, Tags::Unspecified, Some(policy("queue", statements)));
    let principal = Principal::of_arn(arn).unwrap();
    let answer = directory.can_outsider(&principal, "sqs:SendMessage", &asset, &Context::new());
    let assumed = answer
        .caveats
        .iter()
        .filter(|caveat| caveat.contains("777788889999"))
        .count();
    (answer.decision, assumed)
}

fn statement(effect: &str, principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Action":"sqs:*","Resource":"*","Principal":{{"AWS":"{principal}"}}{condition}}}"#
    )
}

#[test]
fn a_role_that_a_policy_names_is_assumed_to_be_allowed_at_home() {
    for named in [PARTNER, "777788889999", "arn:aws:iam::777788889999:root", "*"] {
        assert_eq!(
            ask(PARTNER, &statement("Allow", named, "")),
            (Decision::Allowed, 1),
            "{named}"
        );
    }
    for other in [
        "arn:aws:iam::777788889999:role/other",
        "444455556666",
        "arn:aws:iam::777788889999:user/partner",
    ] {
        assert_eq!(
            ask(PARTNER, &statement("Allow", other, "")).0,
            Decision::DeniedImplicit,
            "{other}"
        );
    }
    let both = format!(
        "{},{}",
        statement("Allow", PARTNER, ""),
        statement("Deny", PARTNER, "")
    );
    assert_eq!(ask(PARTNER, &both).0, Decision::DeniedExplicit);
}

#[test]
fn conditions_see_who_it_is() {
    let by_arn = |arn: &str| {
        let condition = format!(r#","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{arn}"}}}}"#);
        ask(PARTNER, &statement("Allow", "*", &condition)).0
    };
    assert_eq!(by_arn(PARTNER), Decision::Allowed);
    assert_eq!(
        by_arn("arn:aws:iam::777788889999:role/other"),
        Decision::DeniedImplicit
    );
    let tagged = r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#;
    assert_eq!(
        ask(PARTNER, &statement("Allow", PARTNER, tagged)).0,
        Decision::AllowedIf
    );
}

#[test]
fn a_principal_of_a_read_account_that_is_not_in_it_may_nothing() {
    let gone = format!("arn:aws:iam::{OTHER}:role/gone");
    assert_eq!(
        ask(&gone, &statement("Allow", &gone, "")),
        (Decision::DeniedImplicit, 0)
    );
}
