//! Decisions as the documentation of AWS describes them, one table per rule.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod support;

use plumb_iam::answer::{Decision, Layer};
use plumb_iam::keys::Context;
use plumb_iam::principal::{Membership, Principal};
use plumb_iam::request::Target;

use Decision::{Allowed, AllowedIf, DeniedExplicit, DeniedImplicit, Unknown};
use support::{Case, OTHER, OWN, ROLE, ROOT, USER};

const ALLOW: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const DENY: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
const OTHER_ACTION: &str = r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#;
const ALLOW_FROM_OFFICE: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#;
const DENY_WITHOUT_MFA: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#;

/// A statement of a resource policy for a principal in JSON.
fn to(principal: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Principal":{principal}}}"#)
}

fn aws(id: &str) -> String {
    to(&format!(r#"{{"AWS":"{id}"}}"#))
}

#[test]
fn identity_policies_decide_where_nothing_else_does() {
    for (identity, expected) in [
        ("", DeniedImplicit),
        (ALLOW, Allowed),
        (OTHER_ACTION, DeniedImplicit),
        (DENY, DeniedExplicit),
        (&format!("{ALLOW},{DENY}"), DeniedExplicit),
        (ALLOW_FROM_OFFICE, AllowedIf),
        (&format!("{ALLOW},{ALLOW_FROM_OFFICE}"), Allowed),
        (&format!("{ALLOW},{DENY_WITHOUT_MFA}"), AllowedIf),
        (DENY_WITHOUT_MFA, DeniedImplicit),
        (
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
            Allowed,
        ),
        (
            r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
            DeniedImplicit,
        ),
        (
            r#"{"Effect":"Allow","Action":"S3:getOBJECT","Resource":"arn:aws:s3:::b/*"}"#,
            Allowed,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::B/*"}"#,
            DeniedImplicit,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::c/*"}"#,
            Allowed,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}"#,
            DeniedImplicit,
        ),
        ("!", Unknown),
    ] {
        let case = Case {
            identity,
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{identity}");
    }
}

#[test]
fn boundaries_and_sessions_intersect_and_grant_nothing() {
    for (identity, boundary, session, expected, limit) in [
        (ALLOW, Some(ALLOW), None, Allowed, None),
        (
            ALLOW,
            Some(OTHER_ACTION),
            None,
            DeniedImplicit,
            Some(Layer::Boundary),
        ),
        ("", Some(ALLOW), None, DeniedImplicit, Some(Layer::Identity)),
        (ALLOW, Some(DENY), None, DeniedExplicit, None),
        (ALLOW, Some(ALLOW_FROM_OFFICE), None, AllowedIf, None),
        (ALLOW, Some("!"), None, Unknown, None),
        ("", Some("!"), None, DeniedImplicit, Some(Layer::Identity)),
        (ALLOW, None, Some(ALLOW), Allowed, None),
        (
            ALLOW,
            None,
            Some(OTHER_ACTION),
            DeniedImplicit,
            Some(Layer::Session),
        ),
        (ALLOW, Some(ALLOW), Some(DENY), DeniedExplicit, None),
    ] {
        let case = Case {
            identity,
            boundary,
            session,
            ..Case::default()
        };
        let answer = case.answer();
        assert_eq!(answer.decision, expected, "{identity} {boundary:?} {session:?}");
        assert_eq!(
            answer.limits.first().copied(),
            limit,
            "{identity} {boundary:?} {session:?}"
        );
    }
}

#[test]
fn within_an_account_the_naming_in_the_resource_policy_counts() {
    let session_arn = format!("arn:aws:sts::{OWN}:assumed-role/app/ops");
    let user = Principal::of_arn(USER).unwrap();
    let role = Principal::of_arn(ROLE).unwrap();
    let mut session = role.clone();
    session.session_name = Some("ops".into());
    for (principal, resource, boundary, expected) in [
        // A user's ARN, a session's ARN and `*` grant past identity policy, boundary and session policy.
        (&user, aws(USER), None, Allowed),
        (&user, aws(USER), Some(OTHER_ACTION), Allowed),
        (&user, aws(USER), Some(DENY), DeniedExplicit),
        (&session, aws(&session_arn), Some(OTHER_ACTION), Allowed),
        (&role, aws(&session_arn), Some(OTHER_ACTION), AllowedIf),
        (&role, to(r#""*""#), Some(OTHER_ACTION), Allowed),
        // A role's ARN grants past the identity policy only.
        (&role, aws(ROLE), None, Allowed),
        (&role, aws(ROLE), Some(OTHER_ACTION), DeniedImplicit),
        (&role, aws(ROLE), Some(ALLOW), Allowed),
        // The account delegates, so that an identity policy is needed as well.
        (&role, aws(ROOT), None, DeniedImplicit),
        (&user, aws(OWN), None, DeniedImplicit),
        (&role, aws(OTHER), None, DeniedImplicit),
    ] {
        let case = Case {
            principal: principal.clone(),
            resource: Some(&resource),
            boundary,
            ..Case::default()
        };
        assert_eq!(
            case.answer().decision,
            expected,
            "{} {resource} {boundary:?}",
            principal.name
        );
    }
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let target = Target::new("arn:aws:s3:::b/k").in_account(OTHER);
    for (identity, resource, expected) in [
        (ALLOW, None, DeniedImplicit),
        (ALLOW, Some(aws(ROLE)), Allowed),
        (ALLOW, Some(aws(OWN)), Allowed),
        (ALLOW, Some(to(r#""*""#)), Allowed),
        ("", Some(aws(ROLE)), DeniedImplicit),
        ("", Some(to(r#""*""#)), DeniedImplicit),
        (ALLOW, Some("!".to_owned()), Unknown),
        ("!", Some(aws(ROLE)), Unknown),
        (ALLOW_FROM_OFFICE, Some(aws(ROLE)), AllowedIf),
        (DENY, Some(aws(ROLE)), DeniedExplicit),
    ] {
        let case = Case {
            target: target.clone(),
            identity,
            resource: resource.as_deref(),
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{identity} {resource:?}");
    }
}

#[test]
fn trust_and_key_policies_must_allow_in_any_case() {
    let role = Target::new(format!("arn:aws:iam::{OWN}:role/target"));
    let key = Target::new(format!("arn:aws:kms:eu-west-1:{OWN}:key/k"));
    for (action, target) in [("sts:AssumeRole", &role), ("kms:Decrypt", &key)] {
        for (identity, resource, expected) in [
            (ALLOW, None, DeniedImplicit),
            (ALLOW, Some(aws(OTHER)), DeniedImplicit),
            (ALLOW, Some(aws(ROOT)), Allowed),
            ("", Some(aws(ROOT)), DeniedImplicit),
            ("", Some(aws(ROLE)), Allowed),
            (ALLOW, Some("!".to_owned()), Unknown),
        ] {
            let case = Case {
                action,
                target: target.clone(),
                identity,
                resource: resource.as_deref(),
                ..Case::default()
            };
            assert_eq!(
                case.answer().decision,
                expected,
                "{action} {identity} {resource:?}"
            );
        }
    }
    let trust = aws(ROOT);
    let root = Principal::of_arn(ROOT).unwrap();
    let case = Case {
        principal: root,
        action: "sts:AssumeRole",
        target: role,
        resource: Some(&trust),
        ..Case::default()
    };
    assert_eq!(case.answer().decision, DeniedImplicit);
}

#[test]
fn every_level_of_the_organization_must_allow() {
    let region = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}}"#;
    let with_region = format!("{ALLOW},{region}");
    for (service_control, expected) in [
        (&[ALLOW, ALLOW][..], Allowed),
        (&[ALLOW, OTHER_ACTION], DeniedImplicit),
        (&[OTHER_ACTION, ALLOW], DeniedImplicit),
        (&[ALLOW, DENY], DeniedExplicit),
        (&[&with_region, ALLOW], AllowedIf),
        (&["!"], Unknown),
        (&[], Allowed),
    ] {
        let case = Case {
            identity: ALLOW,
            service_control,
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{service_control:?}");
    }
    let linked = format!("arn:aws:iam::{OWN}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
    for (principal, expected) in [
        (Principal::of_arn(&linked).unwrap(), Allowed),
        (Principal::of_arn(ROOT).unwrap(), DeniedExplicit),
        (Principal::of_arn(USER).unwrap(), DeniedExplicit),
    ] {
        let case = Case {
            principal: principal.clone(),
            identity: ALLOW,
            service_control: &[DENY],
            resource_control: &[ALLOW],
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{}", principal.name);
    }
}

#[test]
fn resource_control_policies_bind_strangers_on_the_services_that_support_them() {
    let perimeter = r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"},
        {"Effect":"Deny","Action":"*","Resource":"*","Principal":"*","Condition":{
            "StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-own"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}"#;
    let everybody = to(r#""*""#);
    let mut member = Principal::of_arn(ROLE).unwrap();
    member.membership = Membership::Of {
        id: "o-own".into(),
        path: None,
    };
    let mut stranger = Principal::any_of_account(OTHER);
    stranger.membership = Membership::Outside;
    let unknown_stranger = Principal::any_of_account(OTHER);
    let service = Principal::service("cloudtrail.amazonaws.com");
    for (principal, action, expected) in [
        (&member, "s3:GetObject", Allowed),
        (&stranger, "s3:GetObject", DeniedExplicit),
        (&unknown_stranger, "s3:GetObject", AllowedIf),
        (&Principal::anonymous(), "s3:GetObject", DeniedExplicit),
        (&service, "s3:GetObject", Allowed),
        (&stranger, "sns:Publish", Allowed),
    ] {
        let case = Case {
            principal: principal.clone(),
            action,
            resource: Some(&everybody),
            resource_control: &[perimeter],
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{:?} {action}", principal.kind);
    }
}

#[test]
fn principals_without_an_account_need_the_resource_policy() {
    let source = r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"Service":"sns.amazonaws.com"},
        "Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}"#;
    let by_source = r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*",
        "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}}"#;
    let tenant = r#"{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"accounts.google.com"},
        "Condition":{"StringEquals":{"accounts.google.com:aud":"client"}}}"#;
    let sns = Principal::service("sns.amazonaws.com");
    let google = Principal::federated("accounts.google.com");
    let web = "sts:AssumeRoleWithWebIdentity";
    for (principal, action, resource, expected) in [
        (Principal::anonymous(), "s3:GetObject", to(r#""*""#), Allowed),
        (
            Principal::anonymous(),
            "s3:GetObject",
            to(r#"{"AWS":"*"}"#),
            Allowed,
        ),
        (Principal::anonymous(), "s3:GetObject", aws(ROLE), DeniedImplicit),
        (
            Principal::anonymous(),
            "s3:GetObject",
            by_source.to_owned(),
            DeniedImplicit,
        ),
        (sns.clone(), "s3:GetObject", source.to_owned(), AllowedIf),
        (sns.clone(), "s3:GetObject", by_source.to_owned(), AllowedIf),
        (sns, "s3:GetObject", aws(OWN), DeniedImplicit),
        (google.clone(), web, tenant.to_owned(), AllowedIf),
        (google, web, aws(OWN), DeniedImplicit),
        (
            Principal::any_of_account(OTHER),
            "s3:GetObject",
            aws(OTHER),
            Allowed,
        ),
        (
            Principal::any_of_account(OTHER),
            "s3:GetObject",
            aws(OWN),
            DeniedImplicit,
        ),
        (
            Principal::any_of_account(OTHER),
            "s3:GetObject",
            aws(&format!("arn:aws:iam::{OTHER}:role/partner")),
            AllowedIf,
        ),
    ] {
        let case = Case {
            principal: principal.clone(),
            action,
            resource: Some(&resource),
            ..Case::default()
        };
        assert_eq!(
            case.answer().decision,
            expected,
            "{:?} {resource}",
            principal.kind
        );
    }
}

#[test]
fn the_root_user_is_bound_by_denies_and_control_policies_only() {
    let denied = format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*","Principal":{{"AWS":"{ROOT}"}}}}"#);
    for (service_control, resource, expected) in [
        (&[][..], None, Allowed),
        (&[OTHER_ACTION], None, DeniedImplicit),
        (&[], Some(denied.as_str()), DeniedExplicit),
    ] {
        let case = Case {
            principal: Principal::of_arn(ROOT).unwrap(),
            service_control,
            resource,
            ..Case::default()
        };
        assert_eq!(
            case.answer().decision,
            expected,
            "{service_control:?} {resource:?}"
        );
    }
}

#[test]
fn an_answer_names_the_statements_that_decide() {
    let case = Case {
        identity: r#"{"Sid":"Read","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#,
        service_control: &[
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}, {"Sid":"Tls","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
        ],
        ..Case::default()
    };
    let answer = case.answer();
    assert_eq!(answer.decision, AllowedIf);
    let deciding: Vec<_> = answer.deciding.iter().map(ToString::to_string).collect();
    assert_eq!(
        deciding,
        ["allow by identity policy `identity`, statement `Read` of `identity`"]
    );
    let conditions: Vec<_> = answer.conditions.iter().map(ToString::to_string).collect();
    assert_eq!(
        conditions,
        [
            "unless Bool `aws:SecureTransport` [\"false\"] (deny by service control policy `level`, statement `Tls` of `level`)"
        ]
    );
    let given = Case {
        context: Context::new().with("aws:SecureTransport", "true"),
        ..case
    };
    assert_eq!(given.answer().decision, Allowed);
    assert!(given.answer().conditions.is_empty());
}

#[test]
fn an_unread_statement_counts_where_it_may() {
    let unread_deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":{"$unreadable":{"reason":"denied"}}}"#;
    let unread_elsewhere = r#"{"Effect":"Deny","Action":"ec2:*","Condition":{"Odd":{}}}"#;
    let unread_allow = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Odd":{}}}"#;
    for (identity, expected) in [
        (format!("{ALLOW},{unread_deny}"), Unknown),
        (unread_deny.to_owned(), DeniedImplicit),
        (format!("{ALLOW},{unread_elsewhere}"), Allowed),
        (unread_allow.to_owned(), Unknown),
        (format!("{unread_allow},{DENY}"), DeniedExplicit),
        (format!("{ALLOW},{unread_allow}"), Allowed),
        (format!("{ALLOW_FROM_OFFICE},{unread_allow}"), AllowedIf),
    ] {
        let case = Case {
            identity: &identity,
            ..Case::default()
        };
        let answer = case.answer();
        assert_eq!(answer.decision, expected, "{identity}");
        assert!(
            answer.decision != Unknown || !answer.unknown.is_empty(),
            "{identity}"
        );
    }
}

#[test]
fn a_question_about_some_resource_is_answered_for_parts() {
    let objects = Target::some_of("arn:aws:s3:::b/*").in_account(OWN);
    for (identity, expected) in [
        (ALLOW.to_owned(), Allowed),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/*"}"#.to_owned(),
            Allowed,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/public/*"}"#.to_owned(),
            AllowedIf,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}"#.to_owned(),
            DeniedImplicit,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::c/*"}"#.to_owned(),
            DeniedImplicit,
        ),
        (
            format!(r#"{ALLOW},{{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/secret/*"}}"#),
            AllowedIf,
        ),
        (
            format!(r#"{ALLOW},{{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/public/*"}}"#),
            AllowedIf,
        ),
        (
            format!(r#"{ALLOW},{{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::c/*"}}"#),
            DeniedExplicit,
        ),
    ] {
        let case = Case {
            identity: &identity,
            target: objects.clone(),
            ..Case::default()
        };
        assert_eq!(case.answer().decision, expected, "{identity}");
    }
    let part = Case {
        identity: r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/public/*"}"#,
        target: objects,
        ..Case::default()
    };
    assert_eq!(
        part.answer().conditions[0].to_string(),
        "if the resource matches `arn:aws:s3:::b/public/*` (allow by identity policy `identity`, statement 0 of `identity`)"
    );
}
