//! Any JSON as a policy document of a principal and of a resource: it is read and evaluated, and twice the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_iam::answer::{Answer, Decision};
use plumb_iam::assume::assumable_by;
use plumb_iam::evaluate::evaluate;
use plumb_iam::keys::Context;
use plumb_iam::policy::{NamedPolicy, PrincipalPolicies, ResourcePolicies};
use plumb_iam::principal::Principal;
use plumb_iam::request::{Request, Target};
use plumb_iam::scope::Scope;
use plumb_model::value::Value;

fuzz_target!(|input: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let answer = ask(&document);
    assert_eq!(answer, ask(&document), "evaluation is deterministic");
    assert!(
        answer.decision != Decision::Unknown || !answer.unknown.is_empty(),
        "an unknown answer says what was not read"
    );
});

fn ask(document: &Value) -> Answer {
    let policy = NamedPolicy::read("holder", "policy", document);
    assumable_by(&policy);
    let own = PrincipalPolicies {
        identity: vec![policy.clone()],
        ..PrincipalPolicies::default()
    };
    Scope::of(&own, "s3:GetObject");
    let resource = ResourcePolicies {
        policy: Some(policy),
        ..ResourcePolicies::default()
    };
    let principal = Principal::of_arn("arn:aws:iam::111122223333:role/app").expect("the ARN is a role's");
    let request = Request {
        principal: &principal,
        action: "s3:GetObject",
        target: &Target::new("arn:aws:s3:::bucket/key").in_account("111122223333"),
        context: &Context::over_tls(),
    };
    evaluate(&request, &own, &resource)
}
