//! Policies that ask what reaches a resource.

use plumb_engine::Analyzer;
use plumb_model::resource::Resource;
use plumb_model::value::Reason;

use crate::support::{DENIED, account, because, report, resource, unlisted, verdicts, without_graph};

/// A public and a private subnet; the instance `web` answers SSH and `inner` nothing from outside.
fn network(ssh_from: &str) -> Vec<Resource> {
    let instance = |name: &str, subnet: &str, public: &str| {
        let interface = format!(
            r#"{{"network_interface_id":"eni-{name}","subnet_id":"{subnet}","vpc_id":"vpc-1","groups":[{{"group_id":"sg-1"}}],
            "private_ip_addresses":[{{"private_ip_address":"10.0.0.9","association":{public}}}],"ipv6_addresses":[]}}"#
        );
        let attributes = format!(
            r#"{{"instance_id":"{name}","subnet_id":"{subnet}","vpc_id":"vpc-1","state":{{"name":"running"}},
            "security_groups":[{{"group_id":"sg-1"}}],"network_interfaces":[{interface}]}}"#
        );
        resource("aws_ec2_instance", name, &attributes)
    };
    let table = |name: &str, subnet: &str, route: &str| {
        let attributes = format!(
            r#"{{"route_table_id":"{name}","vpc_id":"vpc-1","associations":[{{"subnet_id":"{subnet}","main":false,"association_state":{{"state":"associated"}}}}],
            "routes":[{{"destination_cidr_block":"10.0.0.0/16","gateway_id":"local","state":"active"}}{route}]}}"#
        );
        resource("aws_route_table", name, &attributes)
    };
    let subnet = |name: &str, block: &str| {
        let attributes = format!(r#"{{"subnet_id":"{name}","vpc_id":"vpc-1","cidr_block":"{block}"}}"#);
        resource("aws_subnet", name, &attributes)
    };
    let entries = |egress: bool| {
        format!(
            r#"{{"rule_number":100,"rule_action":"allow","protocol":"-1","egress":{egress},"cidr_block":"0.0.0.0/0"}}"#
        )
    };
    let acl = format!(
        r#"{{"network_acl_id":"acl-1","vpc_id":"vpc-1","is_default":true,"entries":[{},{}],
        "associations":[{{"subnet_id":"sub-a"}},{{"subnet_id":"sub-b"}}]}}"#,
        entries(false),
        entries(true)
    );
    let group = format!(
        r#"{{"group_id":"sg-1","vpc_id":"vpc-1","ip_permissions":[{{"ip_protocol":"tcp","from_port":22,"to_port":22,"ip_ranges":{ssh_from}}}],
        "ip_permissions_egress":[{{"ip_protocol":"-1","ip_ranges":[{{"cidr_ip":"0.0.0.0/0"}}]}}]}}"#
    );
    let open = r#",{"destination_cidr_block":"0.0.0.0/0","gateway_id":"igw-1","state":"active"}"#;
    vec![
        resource(
            "aws_ec2_region_settings",
            "settings",
            r#"{"vpc_block_public_access":{"internet_gateway_block_mode":"off"}}"#,
        ),
        resource(
            "aws_vpc",
            "vpc-1",
            r#"{"vpc_id":"vpc-1","cidr_block":"10.0.0.0/16"}"#,
        ),
        resource(
            "aws_internet_gateway",
            "igw-1",
            r#"{"internet_gateway_id":"igw-1","attachments":[{"vpc_id":"vpc-1","state":"available"}]}"#,
        ),
        subnet("sub-a", "10.0.0.0/24"),
        subnet("sub-b", "10.0.1.0/24"),
        table("rt-a", "sub-a", open),
        table("rt-b", "sub-b", ""),
        resource("aws_network_acl", "acl-1", &acl),
        resource("aws_security_group", "sg-1", &group),
        instance("web", "sub-a", r#"{"public_ip":"198.51.100.7"}"#),
        instance("inner", "sub-b", r#"{"public_ip":"198.51.100.8"}"#),
    ]
}

const ANYWHERE: &str = r#"[{"cidr_ip":"0.0.0.0/0"}]"#;
const OFFICE: &str = r#"[{"cidr_ip":"203.0.113.0/28"}]"#;
const HALVES: &str = r#"[{"cidr_ip":"0.0.0.0/1"},{"cidr_ip":"128.0.0.0/1"}]"#;

fn ssh() -> Analyzer {
    without_graph(&["own-internet", "own-ssh"])
}

#[test]
fn an_open_group_counts_where_a_route_leads_and_not_where_none_does() {
    for open in [ANYWHERE, HALVES, OFFICE] {
        let judged = report(&ssh(), vec![account(network(open))]);
        let expected = [
            "own-internet inner pass",
            "own-internet web fail",
            "own-ssh inner pass",
            "own-ssh web fail",
        ];
        assert_eq!(verdicts(&judged), expected, "{open}");
        let width = if open == OFFICE { "narrow" } else { "wide" };
        let because = because(&judged, "web");
        assert_eq!(
            because,
            format!("`exposure(resource).internet` is \"{width}\", required == \"none\"")
        );
    }
    let closed = report(&ssh(), vec![account(network("[]"))]);
    assert!(
        verdicts(&closed).iter().all(|line| line.ends_with("pass")),
        "{:?}",
        verdicts(&closed)
    );
}

#[test]
fn what_was_not_read_is_unknown_and_neither_open_nor_closed() {
    let expected = |inner: &str, web: &str| {
        ["internet", "ssh"]
            .into_iter()
            .flat_map(|policy| {
                [("inner", inner), ("web", web)]
                    .map(|(name, verdict)| format!("own-{policy} {name} {verdict}"))
            })
            .collect::<Vec<_>>()
    };
    let unread_group = report(&ssh(), vec![account(network(DENIED))]);
    assert_eq!(verdicts(&unread_group), expected("pass", "unknown"));
    let why = because(&unread_group, "web");
    assert!(why.starts_with("cannot be decided: what reaches it"), "{why}");
    // Without load balancers nothing is certainly unexposed, but what is exposed stays so.
    let unread_balancers = report(&ssh(), vec![unlisted(account(network(ANYWHERE)), "aws_lb")]);
    assert_eq!(verdicts(&unread_balancers), expected("unknown", "fail"));
    let unread_groups = report(
        &ssh(),
        vec![unlisted(account(network(ANYWHERE)), "aws_security_group")],
    );
    assert_eq!(verdicts(&unread_groups), expected("pass", "unknown"));
}

#[test]
fn a_scan_that_did_not_ask_for_networks_knows_nothing_of_them() {
    let mut snapshot = account(network("[]"));
    snapshot
        .coverage
        .collected
        .retain(|collected| collected.resource_type == "aws_ec2_instance");
    let judged = report(&ssh(), vec![snapshot]);
    assert!(
        verdicts(&judged).iter().all(|line| line.ends_with("unknown")),
        "{:?}",
        verdicts(&judged)
    );
    let reasons = judged.findings().flat_map(|view| &view.finding.evidence);
    let mut reasons = reasons
        .flat_map(|evidence| &evidence.unreadable)
        .map(|one| one.reason);
    assert!(
        reasons.all(|reason| reason == Reason::NotCollected),
        "the scan could have asked"
    );
}

#[test]
fn openings_of_roles_are_exposure_too() {
    let function = |name: &str, auth: &str, policy: &str| {
        let uid = format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}");
        let attributes = format!(
            r#"{{"function_arn":"{uid}","function_name":"{name}","policy":{policy},"url_configs":[{{"auth_type":"{auth}","function_arn":"{uid}"}}]}}"#
        );
        resource("aws_lambda_function", &uid, &attributes)
    };
    let for_all = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"*"}]}"#;
    let functions = vec![
        function("open", "NONE", for_all),
        function("guarded", "AWS_IAM", "null"),
        function("silent", "NONE", "null"),
        function("unread", "NONE", DENIED),
    ];
    let judged = report(&without_graph(&["own-function"]), vec![account(functions)]);
    let expected = [
        "own-function guarded pass",
        "own-function open fail",
        "own-function silent pass",
        "own-function unread unknown",
    ];
    assert_eq!(verdicts(&judged), expected);
}

#[test]
fn a_resource_policy_for_everybody_is_left_to_attack_paths() {
    let topic = |name: &str, policy: &str| {
        let uid = format!("arn:aws:sns:eu-west-1:111122223333:{name}");
        resource(
            "aws_sns_topic",
            &uid,
            &format!(r#"{{"topic_arn":"{uid}","policy":{policy}}}"#),
        )
    };
    let statement = |effect: &str, principal: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"sns:Publish","Resource":"*"}}]}}"#
        )
    };
    let topics = vec![
        topic("denied", DENIED),
        topic("everybody", &statement("Allow", r#"{"AWS":["*"]}"#)),
        topic("nobody", &statement("Deny", r#""*""#)),
        topic(
            "partner",
            &statement("Allow", r#"{"AWS":"arn:aws:iam::444455556666:root"}"#),
        ),
    ];
    let judged = report(&without_graph(&["own-topic"]), vec![account(topics)]);
    let expected = [
        "own-topic denied unknown",
        "own-topic everybody unknown",
        "own-topic nobody pass",
        "own-topic partner pass",
    ];
    assert_eq!(verdicts(&judged), expected);
}

#[test]
fn of_what_no_packet_arrives_at_nothing_is_known() {
    let judged = report(&without_graph(&["own-vpc"]), vec![account(network("[]"))]);
    assert_eq!(verdicts(&judged), ["own-vpc vpc-1 unknown"]);
}

#[test]
fn the_order_of_resources_changes_nothing() {
    let mut turned = network(ANYWHERE);
    turned.reverse();
    let (one, other) = (
        report(&ssh(), vec![account(network(ANYWHERE))]),
        report(&ssh(), vec![account(turned)]),
    );
    assert_eq!(one, other);
}
