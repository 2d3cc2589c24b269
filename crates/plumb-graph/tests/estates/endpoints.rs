//! VPC endpoints: what only goes through them is certain for what runs in their network, as far as their policies permit it.

use plumb_graph::paths::Limits;
use plumb_graph::questions::Questions;
use plumb_graph::reachability;
use plumb_graph::whatif::{self, Change};
use plumb_iam::keys::Context;
use plumb_model::answer::PermissionDecision;
use plumb_model::path::{Certainty, EdgeKind};
use serde_json::{Value, json};

use crate::network::web_server;
use crate::world::network::{Way, ec2, tcp, tcp_from};
use crate::world::paths::{find, none};
use crate::world::{
    FOREIGN, KNOWLEDGE, OTHER, OWN, REGION, World, allow, denied, document, edges, iam, inline, trust,
};

const CARDS: &str = "arn:aws:s3:::cards";

pub(crate) fn named(id: &str) -> String {
    ec2(&format!("vpc-endpoint/{id}"))
}

/// The web server whose role reads the bucket, in the same organization as the account of the bucket.
fn server() -> World {
    web_server(Way::ToInternet, json!([tcp(80, &["0.0.0.0/0"])]))
}

/// A denial of what does not come as the condition says.
pub(crate) fn only(keys: Value) -> Value {
    json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [CARDS, "arn:aws:s3:::cards/*"], "Condition": keys })
}

pub(crate) fn only_through(ids: Value) -> Value {
    only(json!({ "StringNotEquals": { "aws:SourceVpce": ids } }))
}

/// The same server, where the bucket has one more statement.
pub(crate) fn guarded(statement: Value) -> World {
    let mut world = server();
    world.change(CARDS, "policy", document(json!([statement])));
    world
}

pub(crate) fn everything() -> Value {
    json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

pub(crate) fn admitting(more: Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*" });
    for (key, value) in more.as_object().unwrap() {
        statement[key] = value.clone();
    }
    document(json!([statement]))
}

pub(crate) fn gateway(id: &str, network: &str, tables: Value, policy: Value) -> Value {
    json!({
        "vpc_endpoint_id": id, "vpc_endpoint_type": "Gateway", "vpc_id": network, "owner_id": OWN,
        "service_name": "com.amazonaws.us-east-1.s3", "route_table_ids": tables, "policy_document": policy, "subnet_ids": [], "groups": [],
    })
}

/// The gateway endpoint `vpce-1` of the server's network, which its subnet is routed to.
pub(crate) fn own_gateway(policy: Value) -> Value {
    gateway("vpce-1", "vpc-1", json!(["rt-a"]), policy)
}

pub(crate) fn with(mut world: World, endpoints: &[Value]) -> World {
    for endpoint in endpoints {
        let uid = named(endpoint["vpc_endpoint_id"].as_str().unwrap());
        world.put("aws_vpc_endpoint", &uid, endpoint.clone());
    }
    world
}

/// How surely the role reads the bucket from anywhere, and what runs as the role within reach of `vpce-1` does.
fn reads(world: &World) -> [Option<Certainty>; 2] {
    let assembled = world.assemble();
    let session = format!("session:{}:vpce-1", iam("role/web"));
    let reads = [iam("role/web"), session].map(|from| {
        let found = edges(&assembled.graph, &from, CARDS);
        let reads = found.iter().filter(|edge| edge.step.kind == EdgeKind::CanRead);
        reads.map(|edge| edge.step.certainty).min()
    });
    // What is answered about the role is what its steps say.
    let questions = Questions::new(&assembled, &KNOWLEDGE);
    let what = questions.what(&format!("{CARDS}/x")).unwrap();
    let who = questions.who(&iam("role/web")).unwrap();
    let answer = questions
        .can(&who, "s3:GetObject", &what, &Context::over_tls())
        .unwrap();
    let answered = match answer.decision {
        PermissionDecision::Allowed => Some(Certainty::Certain),
        PermissionDecision::AllowedIf => Some(Certainty::Conditional),
        PermissionDecision::Unknown => Some(Certainty::Possible),
        PermissionDecision::DeniedExplicit | PermissionDecision::DeniedImplicit => None,
    };
    assert_eq!(answered, reads[0], "{answer:?}");
    reads
}

const HANGS_ON_NETWORK: [Option<Certainty>; 2] = [Some(Certainty::Conditional), Some(Certainty::Certain)];
const ELSEWHERE: [Option<Certainty>; 2] = [Some(Certainty::Conditional), None];
const POSSIBLE: [Option<Certainty>; 2] = [Some(Certainty::Possible), None];
const NO: [Option<Certainty>; 2] = [None, None];

#[test]
fn what_runs_in_the_network_reads_through_the_endpoint() {
    let world = with(
        guarded(only_through(json!("vpce-1"))),
        &[own_gateway(everything())],
    );
    assert_eq!(reads(&world), HANGS_ON_NETWORK);
    let report = world.report();
    let path = find(
        &report,
        "internet -reaches-> i-web -runs_as-> web -can_read-> cards",
    );
    assert_eq!(path.certainty, Certainty::Certain);
    assert_eq!(path.hops[2].how.as_deref(), Some("through vpce-1"));
    assert!(
        path.hops[2].proofs.iter().any(|proof| {
            proof.resource == named("vpce-1") && proof.attribute == "policy_document statement 0"
        }),
        "{:?}",
        path.hops[2].proofs
    );
    // That it is routed there is a fact of the step before.
    assert!(
        path.hops[1]
            .proofs
            .iter()
            .any(|proof| proof.resource == named("vpce-1"))
    );
}

#[test]
fn the_policy_of_the_endpoint_binds_what_goes_through_it() {
    let organization =
        |id: &str| admitting(json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": id } } }));
    let account =
        |id: &str| admitting(json!({ "Condition": { "StringEquals": { "aws:PrincipalAccount": id } } }));
    let of_resource =
        |id: &str| admitting(json!({ "Condition": { "StringEquals": { "aws:ResourceAccount": id } } }));
    let cases = [
        (everything(), HANGS_ON_NETWORK),
        (Value::Null, HANGS_ON_NETWORK),
        (
            admitting(json!({ "Resource": "arn:aws:s3:::cards/*" })),
            HANGS_ON_NETWORK,
        ),
        (admitting(json!({ "Resource": "arn:aws:s3:::logs/*" })), NO),
        (admitting(json!({ "Action": "s3:PutObject" })), NO),
        (organization("o-1"), HANGS_ON_NETWORK),
        (organization("o-2"), NO),
        (account(OWN), HANGS_ON_NETWORK),
        (account(OTHER), NO),
        (of_resource(OWN), HANGS_ON_NETWORK),
        (of_resource(OTHER), NO),
        // At a gateway an account stands for its root user.
        (admitting(json!({ "Principal": { "AWS": OWN } })), NO),
        (
            admitting(json!({ "Principal": { "AWS": iam("role/web") } })),
            HANGS_ON_NETWORK,
        ),
        (
            admitting(json!({ "Principal": { "AWS": iam("role/other") } })),
            NO,
        ),
        (document(json!([allow("s3:*", "*")])), POSSIBLE),
        (admitting(json!({ "Effect": "Deny" })), NO),
        (denied(), POSSIBLE),
        (
            admitting(json!({ "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } } })),
            ELSEWHERE,
        ),
    ];
    for (policy, expected) in cases {
        let world = with(
            guarded(only_through(json!("vpce-1"))),
            &[own_gateway(policy.clone())],
        );
        assert_eq!(reads(&world), expected, "{policy}");
    }
}

#[test]
fn which_endpoint_counts_is_told_by_what_was_read() {
    let elsewhere = || gateway("vpce-2", "vpc-2", json!(["rt-b"]), everything());
    let mut tables = own_gateway(everything());
    tables["service_name"] = json!("com.amazonaws.us-east-1.dynamodb");
    let mut strange = own_gateway(everything());
    strange["service_name"] = json!("com.amazonaws.us-east-1.thing");
    let unrouted = gateway("vpce-1", "vpc-1", json!(["rt-b"]), everything());
    let cases = [
        // It may belong to an account that is not part of the estate.
        (json!("vpce-1"), vec![], POSSIBLE),
        (json!("vpce-3"), vec![own_gateway(everything())], POSSIBLE),
        (json!("vpce-1"), vec![elsewhere()], POSSIBLE),
        (
            json!("vpce-2"),
            vec![elsewhere(), own_gateway(everything())],
            ELSEWHERE,
        ),
        (json!("vpce-1"), vec![tables], NO),
        (json!("vpce-1"), vec![strange], POSSIBLE),
        (json!("vpce-1"), vec![unrouted], ELSEWHERE),
        (
            json!(["vpce-1", "vpce-2"]),
            vec![elsewhere(), own_gateway(admitting(json!({ "Effect": "Deny" })))],
            ELSEWHERE,
        ),
        (
            json!(["vpce-1", "vpce-2"]),
            vec![own_gateway(everything()), elsewhere()],
            HANGS_ON_NETWORK,
        ),
    ];
    for (ids, endpoints, expected) in cases {
        let world = with(guarded(only_through(ids.clone())), &endpoints);
        assert_eq!(reads(&world), expected, "{ids} {endpoints:?}");
    }
    let mut unlisted = guarded(only_through(json!("vpce-1")));
    unlisted.cannot_list(OWN, "aws_vpc_endpoint");
    assert_eq!(reads(&unlisted), POSSIBLE);
}

#[test]
fn a_network_is_known_by_its_endpoints() {
    let within = |network: &str| guarded(only(json!({ "StringNotEquals": { "aws:SourceVpc": network } })));
    assert_eq!(
        reads(&with(within("vpc-1"), &[own_gateway(everything())])),
        HANGS_ON_NETWORK
    );
    // Without an endpoint no request says that it comes from there.
    assert_eq!(reads(&within("vpc-1")), NO);
    assert_eq!(
        reads(&with(within("vpc-9"), &[own_gateway(everything())])),
        POSSIBLE
    );
    let mut unlisted = within("vpc-1");
    unlisted.cannot_list(OWN, "aws_vpc_endpoint");
    assert_eq!(reads(&unlisted), POSSIBLE);
    let owned = |account: &str| {
        let world = guarded(only(json!({ "StringNotEquals": { "aws:VpceAccount": account } })));
        reads(&with(world, &[own_gateway(everything())]))
    };
    assert_eq!(owned(OWN), HANGS_ON_NETWORK);
    assert_eq!(owned(OTHER), POSSIBLE);
    let of_organization = |id: &str| {
        let world = guarded(only(json!({ "StringNotEquals": { "aws:VpceOrgID": id } })));
        reads(&with(world, &[own_gateway(everything())]))
    };
    assert_eq!(of_organization("o-1"), HANGS_ON_NETWORK);
    assert_eq!(of_organization("o-2"), POSSIBLE);
}

#[test]
fn the_condition_may_stand_in_any_policy() {
    let keys = json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" }, "BoolIfExists": { "aws:ViaAWSService": "false" } });
    let denial = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": keys });
    let build = |change: &dyn Fn(&mut World), policy: Value| {
        let mut world = server();
        change(&mut world);
        with(world, &[own_gateway(policy)])
    };
    let by_boundary = |world: &mut World| {
        let bound = world.managed("bound", json!([allow("*", "*"), denial]));
        let boundary = json!({ "permissions_boundary_arn": bound });
        world.change(&iam("role/web"), "permissions_boundary", boundary);
    };
    let by_identity = |world: &mut World| {
        let mut reading = allow("s3:GetObject", "arn:aws:s3:::cards/*");
        reading["Condition"] = json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } });
        world.change(&iam("role/web"), "role_policy_list", inline(json!([reading])));
    };
    let by_resource_control = |world: &mut World| {
        let mut denial = denial.clone();
        denial["Principal"] = json!("*");
        world.resource_control(json!([denial]));
    };
    let none_but_logs = || admitting(json!({ "Resource": "arn:aws:s3:::logs/*" }));
    for change in [
        &by_boundary as &dyn Fn(&mut World),
        &by_identity,
        &by_resource_control,
    ] {
        assert_eq!(reads(&build(change, everything())), HANGS_ON_NETWORK);
    }
    assert_eq!(reads(&build(&by_identity, none_but_logs())), NO);
    // A service may still send it on behalf of the role, which the denial leaves open.
    assert_eq!(reads(&build(&by_boundary, none_but_logs())), ELSEWHERE);
}

#[test]
fn any_endpoint_will_do_where_a_policy_asks_for_one() {
    let world = guarded(only(json!({ "Null": { "aws:SourceVpce": "true" } })));
    assert_eq!(
        reads(&with(world.clone(), &[own_gateway(everything())])),
        HANGS_ON_NETWORK
    );
    // Everybody can make one of their own.
    assert_eq!(reads(&world), ELSEWHERE);
    let other = admitting(json!({ "Resource": "arn:aws:s3:::logs/*" }));
    assert_eq!(reads(&with(world, &[own_gateway(other)])), ELSEWHERE);
}

#[test]
fn a_denial_of_one_endpoint_leaves_the_internet() {
    let but = only(json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }));
    let world = with(guarded(but), &[own_gateway(everything())]);
    assert_eq!(reads(&world)[0], Some(Certainty::Certain));
}

/// The server's network with an interface endpoint, whose group admits members of this group.
fn interface(group: &str) -> World {
    let mut world = guarded(only_through(json!("vpce-1")));
    world.security_group("sg-endpoint", json!([tcp_from(443, group)]));
    with(
        world,
        &[json!({
            "vpc_endpoint_id": "vpce-1", "vpc_endpoint_type": "Interface", "vpc_id": "vpc-1", "owner_id": OWN,
            "service_name": "com.amazonaws.us-east-1.s3", "route_table_ids": [], "policy_document": everything(),
            "subnet_ids": ["sub-a"], "groups": [{ "group_id": "sg-endpoint" }],
        })],
    )
}

#[test]
fn an_interface_is_reached_by_whom_its_groups_admit() {
    assert_eq!(reads(&interface("sg-web")), HANGS_ON_NETWORK);
    assert_eq!(reads(&interface("sg-other")), ELSEWHERE);
}

#[test]
fn filters_and_routes_stand_before_a_gateway() {
    let shut = |egress: Value| {
        let mut world = with(
            guarded(only_through(json!("vpce-1"))),
            &[own_gateway(everything())],
        );
        world.change(&ec2("security-group/sg-web"), "ip_permissions_egress", egress);
        reads(&world)
    };
    assert_eq!(shut(json!([])), ELSEWHERE);
    let https = |blocks: &[&str]| json!([tcp(443, blocks)]);
    assert_eq!(shut(https(&["0.0.0.0/0"])), HANGS_ON_NETWORK);
    assert_eq!(shut(https(&["10.0.0.0/8"])), ELSEWHERE);
    assert_eq!(shut(json!([tcp(80, &["0.0.0.0/0"])])), ELSEWHERE);
}

#[test]
fn taking_the_statement_of_an_only_endpoint_away_closes_the_path() {
    let remaining = |ids: Value, endpoints: &[Value]| {
        let graph = with(guarded(only_through(ids)), endpoints).assemble().graph;
        let mut change = Change::default();
        let statement = format!("{}#policy_document statement 0", named("vpce-1"));
        change.remove(&graph, &statement).unwrap();
        let answer = whatif::ask(&graph, &KNOWLEDGE.weights, &Limits::default(), &change);
        (answer.risk_before > 0, answer.risk_after > 0)
    };
    assert_eq!(
        remaining(json!("vpce-1"), &[own_gateway(everything())]),
        (true, false)
    );
    // Where another endpoint admits too, it is not the only way.
    let other = gateway("vpce-2", "vpc-1", json!(["rt-a"]), everything());
    let both = json!(["vpce-1", "vpce-2"]);
    assert_eq!(remaining(both, &[own_gateway(everything()), other]), (true, true));
    let for_logs = own_gateway(admitting(json!({ "Resource": "arn:aws:s3:::logs/*" })));
    none(&with(guarded(only_through(json!("vpce-1"))), &[for_logs]).report());
}

#[test]
fn equal_roles_read_within_the_network_alike() {
    let mut world = with(
        guarded(only_through(json!("vpce-1"))),
        &[own_gateway(everything())],
    );
    let reading = json!([allow("s3:GetObject", "arn:aws:s3:::cards/*")]);
    let service = || trust(json!({ "Service": "ec2.amazonaws.com" }));
    let role = world.role(
        "shop",
        service(),
        json!({ "role_policy_list": inline(reading.clone()) }),
    );
    world.role("idle", service(), json!({ "role_policy_list": inline(reading) }));
    world.instance("i-shop", 11, "sg-web", Some(&role));
    let graph = world.assemble().graph;
    let certainty = |role: &str| {
        let session = format!("session:{}:vpce-1", iam(role));
        let found = edges(&graph, &session, CARDS);
        found.iter().map(|edge| edge.step.certainty).min()
    };
    assert_eq!(certainty("role/web"), Some(Certainty::Certain));
    assert_eq!(certainty("role/shop"), Some(Certainty::Certain));
    // Nothing runs as this one.
    assert_eq!(certainty("role/idle"), None);
}

#[test]
fn the_exposure_of_an_endpoint_tells_who_uses_it_and_what_its_policy_is() {
    let told = |policy: Value| {
        let world = with(server(), &[own_gateway(policy)]);
        let assembled = world.assemble();
        let node = assembled.graph.by_uid(&named("vpce-1")).unwrap();
        let answer = reachability::of(&assembled, node);
        let ways: Vec<String> = answer
            .ways
            .iter()
            .map(|way| format!("{} {:?}", way.from, way.certainty))
            .collect();
        (answer.notes, ways)
    };
    let (notes, ways) = told(everything());
    assert_eq!(notes[0], "it leads from vpc-1 to com.amazonaws.us-east-1.s3");
    assert!(notes[1].contains("whatever anybody asks for"), "{notes:?}");
    let instance = ec2("instance/i-web");
    assert_eq!(ways, [format!("EC2 instance i-web ({instance}) Certain")]);
    let (notes, _) = told(admitting(json!({ "Resource": "arn:aws:s3:::cards/*" })));
    assert!(notes[1].contains("narrows"), "{notes:?}");
    let (notes, _) = told(denied());
    assert!(notes[1].contains("not read"), "{notes:?}");
}

/// A bucket that admits everybody who comes through `vpce-1`, and a server that runs as nobody.
fn open_within(principal: Value, more: &[Value]) -> World {
    let statement = json!({
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
        "Condition": { "StringEquals": { "aws:SourceVpce": "vpce-1" } },
    });
    let mut world = with(guarded(statement), more);
    world.change(&iam("role/web"), "role_policy_list", json!([]));
    world.instance("i-bare", 12, "sg-web", None);
    world
}

#[test]
fn a_bucket_for_everybody_in_a_network_needs_no_credentials_there() {
    let world = open_within(json!("*"), &[own_gateway(everything())]);
    let report = world.report();
    let path = find(
        &report,
        "internet -reaches-> i-bare -reaches-> vpce-1 -can_read-> cards",
    );
    assert_eq!(path.hops[2].how.as_deref(), Some("without credentials"));
    for policy in [
        admitting(json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } })),
        admitting(json!({ "Resource": "arn:aws:s3:::logs/*" })),
        denied(),
    ] {
        let shut = open_within(json!("*"), &[own_gateway(policy.clone())]);
        let graph = shut.assemble().graph;
        assert_eq!(edges(&graph, &named("vpce-1"), CARDS).len(), 0, "{policy}");
    }
    // Blocking public access does not count such a policy as public.
    let mut blocked = world;
    blocked.change(
        CARDS,
        "public_access_block",
        json!({ "restrict_public_buckets": true }),
    );
    assert_eq!(edges(&blocked.assemble().graph, &named("vpce-1"), CARDS).len(), 1);
}

#[test]
fn another_account_may_have_the_endpoint_that_a_policy_names() {
    let entry = format!("account:{FOREIGN}");
    let foreign = |endpoints: &[Value]| {
        let graph = open_within(json!({ "AWS": FOREIGN }), endpoints).assemble().graph;
        let found = edges(&graph, &entry, CARDS);
        found.iter().map(|edge| edge.step.certainty).min()
    };
    assert_eq!(foreign(&[]), Some(Certainty::Possible));
    // It is the estate's own, where nobody of that account is.
    assert_eq!(foreign(&[own_gateway(everything())]), None);
}

#[test]
fn equal_endpoints_are_one_way_and_of_many_none_is_the_only_one() {
    let within = |count: usize| {
        let world = guarded(only(json!({ "StringNotEquals": { "aws:VpceAccount": OWN } })));
        let endpoints: Vec<Value> = (1..=count)
            .map(|at| gateway(&format!("vpce-{at}"), "vpc-1", json!(["rt-a"]), everything()))
            .collect();
        let world = with(world, &endpoints);
        assert_eq!(reads(&world), HANGS_ON_NETWORK, "{count}");
        let graph = world.assemble().graph;
        let steps = edges(&graph, &iam("role/web"), CARDS).len();
        let mut change = Change::default();
        change.remove(&graph, &named("vpce-1")).unwrap();
        let answer = whatif::ask(&graph, &KNOWLEDGE.weights, &Limits::default(), &change);
        (steps, answer.risk_after > 0)
    };
    assert_eq!(within(1), (1, false));
    assert_eq!(within(3), (3, true));
    assert_eq!(within(70), (1, true));
}

#[test]
fn the_key_of_the_content_is_asked_by_the_service() {
    let decrypts = |key: Value| {
        let mut world = with(
            guarded(only_through(json!("vpce-1"))),
            &[own_gateway(everything())],
        );
        let arn = format!("arn:aws:kms:{REGION}:{OWN}:key/1111");
        let root = json!({ "Effect": "Allow", "Principal": { "AWS": iam("root") }, "Action": "kms:*", "Resource": "*" });
        let policy = document(json!([root, key]));
        world.put(
            "aws_kms_key",
            &arn,
            json!({ "key_state": "Enabled", "grants": [], "policy": policy }),
        );
        let by_key = json!({ "sse_algorithm": "aws:kms", "kms_master_key_id": arn });
        let rules = json!({ "rules": [{ "apply_server_side_encryption_by_default": by_key }] });
        world.change(CARDS, "encryption", rules);
        let reading = [
            allow("s3:GetObject", "arn:aws:s3:::cards/*"),
            allow("kms:Decrypt", "*"),
        ];
        world.change(&iam("role/web"), "role_policy_list", inline(json!(reading)));
        reads(&world)
    };
    let only_direct = |keys: Value| json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": keys });
    let endpoint = json!({ "aws:SourceVpce": "vpce-1" });
    // Not through the endpoint, and so a condition on it stays one.
    assert_eq!(
        decrypts(only_direct(json!({ "StringNotEquals": endpoint }))),
        ELSEWHERE
    );
    let unless_by_service = json!({ "StringNotEquals": endpoint, "Bool": { "aws:ViaAWSService": "false" } });
    assert_eq!(decrypts(only_direct(unless_by_service)), HANGS_ON_NETWORK);
}
