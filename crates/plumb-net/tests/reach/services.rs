//! Databases, functions, file shares, clusters, and private entries to services.

use serde_json::{Value, json};

use crate::fixture::{Net, open_acl, tcp, tcp_from};

fn database(public: bool, subnets: &[(&str, &str)]) -> Value {
    let subnets: Vec<Value> = subnets
        .iter()
        .map(|(id, zone)| json!({"subnet_identifier": id, "subnet_availability_zone": {"name": zone}}))
        .collect();
    json!({"publicly_accessible": public, "endpoint": {"port": 5432}, "availability_zone": "a",
        "db_subnet_group": {"vpc_id": "vpc-1", "subnets": subnets}, "vpc_security_groups": [{"vpc_security_group_id": "sg-db"}]})
}

fn net() -> Net {
    let mut net = Net::new();
    net.group(
        "sg-db",
        "vpc-1",
        json!([tcp(5432, "0.0.0.0/0"), tcp(22, "0.0.0.0/0")]),
    );
    net
}

#[test]
fn a_database_needs_switch_route_and_group() {
    let mut net = net();
    net.put(
        "db",
        "aws_db_instance",
        database(true, &[("sub-a", "a"), ("sub-b", "b")]),
    );
    assert_eq!(
        net.exposed("db"),
        "wide 0.0.0.0/0 tcp 5432 certain",
        "only the port it listens on"
    );
    net.put("db", "aws_db_instance", database(false, &[("sub-a", "a")]));
    assert_eq!(net.exposed("db"), "-");
    assert_eq!(net.lateral("web", "db"), "tcp 5432 certain");
    net.put(
        "db",
        "aws_db_instance",
        database(true, &[("sub-a", "b"), ("sub-b", "a")]),
    );
    assert_eq!(
        net.exposed("db"),
        "-",
        "it runs in the zone of the private subnet"
    );
    net.put("db", "aws_db_instance", database(true, &[("sub-a", "a")]));
    net.group("sg-db", "vpc-1", json!([tcp(5432, "10.0.0.0/8")]));
    assert_eq!(net.exposed("db"), "-");
}

#[test]
fn a_database_whose_subnet_is_not_known_is_exposed_on_condition() {
    let mut net = net();
    net.put(
        "db",
        "aws_db_instance",
        database(true, &[("sub-a", "x"), ("sub-b", "y")]),
    );
    assert_eq!(net.exposed("db"), "wide 0.0.0.0/0 tcp 5432 conditional");
}

#[test]
fn a_cluster_is_reached_through_its_instances() {
    let mut net = net();
    let mut member = database(true, &[("sub-a", "a")]);
    member["db_instance_identifier"] = json!("member");
    net.put("member", "aws_db_instance", member);
    net.put("group", "aws_db_subnet_group", json!({"db_subnet_group_name": "group", "subnets": [{"subnet_identifier": "sub-a", "subnet_availability_zone": {"name": "a"}}]}));
    net.put("cluster", "aws_rds_cluster", json!({"port": 5432, "db_subnet_group": "group",
        "db_cluster_members": [{"db_instance_identifier": "member"}], "vpc_security_groups": [{"vpc_security_group_id": "sg-db"}]}));
    assert_eq!(net.exposed("cluster"), "wide 0.0.0.0/0 tcp 5432 certain");
    net.set("member", "publicly_accessible", json!(false));
    assert_eq!(net.exposed("cluster"), "-");
    net.drop("group")
        .set("member", "publicly_accessible", json!(true));
    assert_eq!(
        net.exposed("cluster"),
        "wide 0.0.0.0/0 tcp 5432 possible",
        "its subnet group was not read"
    );
}

#[test]
fn a_warehouse_is_like_a_database() {
    let mut net = net();
    net.put(
        "g",
        "aws_redshift_subnet_group",
        json!({"cluster_subnet_group_name": "g", "subnets": [{"subnet_identifier": "sub-a"}]}),
    );
    net.put(
        "dw",
        "aws_redshift_cluster",
        json!({"publicly_accessible": true, "endpoint": {"port": 5432}, "vpc_id": "vpc-1",
        "cluster_subnet_group_name": "g", "vpc_security_groups": [{"vpc_security_group_id": "sg-db"}]}),
    );
    assert_eq!(net.exposed("dw"), "wide 0.0.0.0/0 tcp 5432 certain");
    net.set("dw", "publicly_accessible", json!(false));
    assert_eq!(
        (net.exposed("dw").as_str(), net.lateral("app", "dw").as_str()),
        ("-", "tcp 5432 certain")
    );
}

#[test]
fn caches_are_inside_only() {
    let mut net = net();
    net.group("sg-cache", "vpc-1", json!([tcp_from(6379, "sg-app")]));
    net.put(
        "cg",
        "aws_elasticache_subnet_group",
        json!({"cache_subnet_group_name": "cg", "subnets": [{"subnet_identifier": "sub-a"}]}),
    );
    net.put(
        "cache",
        "aws_elasticache_cluster",
        json!({"cache_subnet_group_name": "cg", "cache_nodes": [{"endpoint": {"port": 6379}}],
        "security_groups": [{"security_group_id": "sg-cache"}]}),
    );
    assert_eq!(
        (
            net.exposed("cache").as_str(),
            net.lateral("app", "cache").as_str()
        ),
        ("-", "tcp 6379 certain")
    );
    assert_eq!(net.lateral("web", "cache"), "-");
    net.put(
        "free",
        "aws_elasticache_serverless_cache",
        json!({"subnet_ids": ["sub-a"], "security_group_ids": ["sg-cache"], "endpoint": {"port": 6379}}),
    );
    assert_eq!(net.lateral("app", "free"), "tcp 6379 certain");
}

#[test]
fn a_search_domain_stands_in_a_vpc_or_in_no_network() {
    let mut net = net();
    net.put(
        "search",
        "aws_opensearch_domain",
        json!({"domain_name": "search"}),
    );
    assert_eq!(net.exposed("search"), "-");
    net.put("search", "aws_opensearch_domain", json!({"vpc_options": {"vpc_id": "vpc-1", "subnet_ids": ["sub-a"], "security_group_ids": ["sg-web"]}}));
    assert_eq!(
        (
            net.exposed("search").as_str(),
            net.lateral("app", "search").as_str()
        ),
        ("-", "tcp 443 certain")
    );
}

#[test]
fn a_cluster_api_is_public_for_whom_it_says() {
    let cluster = |public: bool, cidrs: Value| {
        json!({"resources_vpc_config": {"endpoint_public_access": public, "public_access_cidrs": cidrs,
            "subnet_ids": ["sub-b"], "security_group_ids": [], "cluster_security_group_id": "sg-web", "vpc_id": "vpc-1"}})
    };
    for (public, cidrs, expected) in [
        (true, json!(["0.0.0.0/0"]), "wide 0.0.0.0/0 tcp 443 certain"),
        (true, json!(["203.0.113.0/24"]), "203.0.113.0/24 tcp 443 certain"),
        (true, json!(null), "wide 0.0.0.0/0+::/0 tcp 443 certain"),
        (false, json!(["0.0.0.0/0"]), "-"),
    ] {
        let mut net = net();
        net.put("eks", "aws_eks_cluster", cluster(public, cidrs));
        assert_eq!(net.exposed("eks"), expected);
        assert_eq!(net.lateral("app", "eks"), "tcp 443 certain");
    }
}

#[test]
fn functions_call_and_are_not_called() {
    let mut net = net();
    net.group("sg-fn", "vpc-1", json!([tcp(443, "0.0.0.0/0")]));
    net.put(
        "fn",
        "aws_lambda_function",
        json!({"vpc_config": {"vpc_id": "vpc-1", "subnet_ids": ["sub-b"], "security_group_ids": ["sg-fn"]}}),
    );
    assert_eq!(
        (net.exposed("fn").as_str(), net.lateral("app", "fn").as_str()),
        ("-", "-")
    );
    assert_eq!(net.egress("fn"), "all certain");
    assert_eq!(net.lateral("fn", "web"), "tcp 443 certain");
    net.put(
        "fn",
        "aws_lambda_function",
        json!({"vpc_config": {"subnet_ids": [], "security_group_ids": []}}),
    );
    assert!(
        net.estate().exposure_of("fn").is_none(),
        "it has no place in a network"
    );
}

#[test]
fn file_shares_answer_on_their_port() {
    let mut net = net();
    net.group(
        "sg-nfs",
        "vpc-1",
        json!([tcp_from(2049, "sg-app"), tcp_from(22, "sg-app")]),
    );
    net.put(
        "mount",
        "aws_efs_mount_target",
        json!({"subnet_id": "sub-a", "security_groups": ["sg-nfs"]}),
    );
    assert_eq!(
        (
            net.lateral("app", "mount").as_str(),
            net.lateral("web", "mount").as_str()
        ),
        ("tcp 2049 certain", "-")
    );
    net.set("mount", "security_groups", crate::fixture::unreadable());
    assert_eq!(net.lateral("web", "mount"), "tcp 2049 possible");
}

#[test]
fn private_entries_to_services_are_endpoints() {
    let mut net = net();
    net.put("vpce", "aws_vpc_endpoint", json!({"vpc_endpoint_type": "Interface", "subnet_ids": ["sub-b"], "groups": [{"group_id": "sg-app"}]}));
    assert_eq!(
        (net.exposed("vpce").as_str(), net.lateral("web", "vpce").as_str()),
        ("-", "tcp 8080 certain")
    );
    net.put(
        "vpce",
        "aws_vpc_endpoint",
        json!({"vpc_endpoint_type": "Gateway", "route_table_ids": ["rt-a"]}),
    );
    assert!(net.estate().exposure_of("vpce").is_none());
}

#[test]
fn members_of_a_group_are_solved_together() {
    let mut net = net();
    for at in 20..40 {
        net.instance(
            &format!("web-{at}"),
            "sub-a",
            &format!("10.0.1.{at}"),
            None,
            &["sg-web"],
        );
    }
    let estate = net.estate();
    let groups = estate.groups();
    assert_eq!(groups.len(), 2);
    let web = &groups[estate.groups_of("web")[0]];
    assert_eq!(web.members.len(), 21);
    assert_eq!(
        (web.subnet.as_deref(), web.filters.as_slice()),
        (Some("sub-a"), &["sg-web".into()][..])
    );
    net.acl("acl-2", "vpc-1", &[], open_acl());
    assert_eq!(net.estate().groups().len(), 2);
}
