//! Answers to `plumb can` where policies look at the VPC endpoint that a request comes through.

use plumb_graph::questions::Questions;
use plumb_iam::keys::Context;
use plumb_model::answer::PermissionAnswer;
use plumb_model::answer::PermissionDecision::{Allowed, AllowedIf, DeniedExplicit, DeniedImplicit, Unknown};
use serde_json::json;

use crate::endpoints::{
    admitting, everything, gateway, guarded, named, only, only_through, own_gateway, with,
};
use crate::world::{KNOWLEDGE, OTHER, World, denied, iam};

const CARD: &str = "arn:aws:s3:::cards/4711";

fn ask(world: &World, given: &[(&str, &str)]) -> PermissionAnswer {
    ask_for(world, &iam("role/web"), given)
}

fn ask_for(world: &World, who: &str, given: &[(&str, &str)]) -> PermissionAnswer {
    let assembled = world.assemble();
    let questions = Questions::new(&assembled, &KNOWLEDGE);
    let (who, what) = (questions.who(who).unwrap(), questions.what(CARD).unwrap());
    let context = given.iter().fold(Context::over_tls(), |context, (key, value)| {
        context.with(key, *value)
    });
    questions.can(&who, "s3:GetObject", &what, &context).unwrap()
}

const THROUGH: &[(&str, &str)] = &[("aws:SourceVpce", "vpce-1")];

#[test]
fn the_policy_of_a_given_endpoint_is_asked() {
    let restricted = |more| {
        with(
            guarded(only_through(json!("vpce-1"))),
            &[own_gateway(admitting(more))],
        )
    };
    let open = with(
        guarded(only_through(json!("vpce-1"))),
        &[own_gateway(everything())],
    );
    let answer = ask(&open, THROUGH);
    assert_eq!(answer.decision, Allowed);
    let statement = format!(
        "allow by endpoint policy `policy_document`, statement 0 of `{}`",
        named("vpce-1")
    );
    assert!(
        answer.deciding.iter().any(|clause| **clause == *statement),
        "{answer:?}"
    );
    // Not a word of the policy speaks of the bucket.
    let answer = ask(&restricted(json!({ "Resource": "arn:aws:s3:::logs/*" })), THROUGH);
    assert_eq!(answer.decision, DeniedImplicit);
    assert_eq!(answer.missing, ["endpoint policy"]);
    let answer = ask(&restricted(json!({ "Effect": "Deny", "Sid": "Shut" })), THROUGH);
    assert_eq!(answer.decision, DeniedExplicit);
    assert!(
        answer.deciding.iter().all(|clause| clause.contains("`Shut`")),
        "{answer:?}"
    );
    let unread = with(guarded(only_through(json!("vpce-1"))), &[own_gateway(denied())]);
    assert_eq!(ask(&unread, THROUGH).decision, Unknown);
    // It binds everybody, also where no policy speaks of endpoints.
    let anybody = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*" });
    let own = admitting(json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } }));
    let public = with(guarded(anybody), &[own_gateway(own)]);
    assert_eq!(ask_for(&public, "internet", THROUGH).decision, DeniedImplicit);
    assert_eq!(ask(&public, THROUGH).decision, Allowed);
    assert_eq!(ask_for(&public, "internet", &[]).decision, Allowed);
}

#[test]
fn an_endpoint_that_was_not_read_is_said_to_be_unknown() {
    let world = with(
        guarded(only_through(json!(["vpce-1", "vpce-9"]))),
        &[own_gateway(everything())],
    );
    let answer = ask(&world, &[("aws:SourceVpce", "vpce-9")]);
    assert_eq!(answer.decision, Unknown);
    assert!(
        answer
            .unknown
            .iter()
            .any(|clause| clause.contains("`vpce-9` is not among what was read")),
        "{answer:?}"
    );
    // What is denied for another reason stays denied.
    let answer = ask(&world, &[("aws:SourceVpce", "vpce-8")]);
    assert_eq!(answer.decision, DeniedExplicit);
    let mut tables = own_gateway(everything());
    tables["service_name"] = json!("com.amazonaws.us-east-1.dynamodb");
    let answer = ask(&with(guarded(only_through(json!("vpce-1"))), &[tables]), THROUGH);
    assert!(
        answer
            .caveats
            .iter()
            .any(|clause| clause.contains("leads to another service")),
        "{answer:?}"
    );
}

#[test]
fn without_a_given_endpoint_those_that_were_read_are_tried() {
    let world = |policy| with(guarded(only_through(json!("vpce-1"))), &[own_gateway(policy)]);
    let answer = ask(&world(everything()), &[]);
    assert_eq!(answer.decision, AllowedIf);
    let through = "if the request comes through the VPC endpoint `vpce-1` from within the network `vpc-1`";
    assert_eq!(answer.conditions, [through]);
    let answer = ask(
        &world(admitting(json!({ "Resource": "arn:aws:s3:::logs/*" }))),
        &[],
    );
    assert_eq!(answer.decision, DeniedExplicit);
    assert!(
        answer
            .caveats
            .iter()
            .any(|clause| **clause
                == *"through `vpce-1` it is denied: nothing permits it, by no endpoint policy"),
        "{answer:?}"
    );
    assert_eq!(
        ask(&guarded(only_through(json!("vpce-1"))), &[]).decision,
        Unknown
    );
    let only_in = |network| only(json!({ "StringNotEquals": { "aws:SourceVpc": network } }));
    let within = with(guarded(only_in("vpc-1")), &[own_gateway(everything())]);
    assert_eq!(ask(&within, &[]).decision, AllowedIf);
    assert_eq!(ask(&guarded(only_in("vpc-1")), &[]).decision, DeniedExplicit);
}

#[test]
fn what_is_given_of_the_place_narrows_the_endpoints() {
    let other = gateway(
        "vpce-2",
        "vpc-2",
        json!([]),
        admitting(json!({ "Effect": "Deny" })),
    );
    let both = with(
        guarded(only_through(json!(["vpce-1", "vpce-2"]))),
        &[own_gateway(everything()), other],
    );
    assert_eq!(ask(&both, &[("aws:SourceVpc", "vpc-1")]).decision, AllowedIf);
    assert_eq!(ask(&both, &[("aws:SourceVpc", "vpc-2")]).decision, DeniedExplicit);
    // A request with a public address comes by no endpoint.
    assert_eq!(
        ask(&both, &[("aws:SourceIp", "203.0.113.9")]).decision,
        DeniedExplicit
    );
    assert_eq!(ask(&both, &[("aws:VpceAccount", OTHER)]).decision, DeniedExplicit);
}
