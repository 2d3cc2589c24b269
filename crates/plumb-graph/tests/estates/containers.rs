//! Estates of containers.

use serde_json::{Value, json};

use crate::world::network::{Way, ec2, tcp};
use crate::world::paths::{find, none};
use crate::world::{OWN, REGION, World, allow, iam, inline, trust};

fn ecs(what: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{OWN}:{what}")
}

/// A task with a public address, whose definition has a role that reads a bucket, and perhaps another role that it was
/// started with.
fn task(rules: Value, started_with: Option<&str>) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world.network(Way::ToInternet);
    world.security_group("sg-task", rules);
    for (name, bucket) in [("web", "cards"), ("batch", "books")] {
        let trusted = trust(json!({ "Service": "ecs-tasks.amazonaws.com" }));
        let reads = inline(json!([allow(
            "s3:GetObject",
            &format!("arn:aws:s3:::{bucket}/*")
        )]));
        world.role(name, trusted, json!({ "role_policy_list": reads }));
        world.bucket(bucket, json!({ "tags": { "DataClassification": "restricted" } }));
    }
    let definition = ecs("task-definition/site:7");
    world.put(
        "aws_ecs_task_definition",
        &definition,
        json!({ "task_definition_arn": definition, "task_role_arn": iam("role/web"), "container_definitions": [] }),
    );
    let details =
        json!([{ "name": "subnetId", "value": "sub-a" }, { "name": "networkInterfaceId", "value": "eni-1" }]);
    world.put(
        "aws_ecs_task",
        &ecs("task/one/t-1"),
        json!({
            "cluster_arn": ecs("cluster/one"), "task_definition_arn": definition,
            "attachments": [{ "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details }],
            "overrides": { "task_role_arn": started_with },
        }),
    );
    world.put(
        "aws_network_interface",
        &ec2("network-interface/eni-1"),
        json!({
            "network_interface_id": "eni-1", "interface_type": "interface", "status": "in-use", "subnet_id": "sub-a",
            "description": ecs("attachment/a-1"), "attachment": { "attachment_id": "ela-1" },
            "groups": [{ "group_id": "sg-task" }], "ipv6_addresses": [],
            "private_ip_addresses": [{
                "private_ip_address": "10.0.1.77", "primary": true, "association": { "public_ip": "198.51.100.77" },
            }],
        }),
    );
    world
}

#[test]
fn a_public_task_leads_to_what_the_role_of_its_definition_reads() {
    let open = json!([tcp(8080, &["0.0.0.0/0"])]);
    find(
        &task(open.clone(), None).report(),
        "internet -reaches-> t-1 -runs_as-> web -can_read-> cards",
    );
    none(&task(json!([]), None).report());
    let other = iam("role/batch");
    find(
        &task(open, Some(&other)).report(),
        "internet -reaches-> t-1 -runs_as-> batch -can_read-> books",
    );
}

#[test]
fn a_task_behind_a_load_balancer_is_reached_through_it() {
    let estate = |scheme: &str| {
        let mut world = task(json!([tcp(8080, &["10.0.0.0/16"])]), None);
        world.security_group("sg-front", json!([tcp(443, &["0.0.0.0/0"])]));
        let elb = |what: &str| format!("arn:aws:elasticloadbalancing:{REGION}:{OWN}:{what}");
        let (front, group) = (elb("loadbalancer/app/front/1"), elb("targetgroup/app/1"));
        world.put(
            "aws_lb",
            &front,
            json!({
                "load_balancer_arn": front, "type": "application", "scheme": scheme, "ip_address_type": "ipv4", "vpc_id": "vpc-1",
                "security_groups": ["sg-front"], "availability_zones": [{ "subnet_id": "sub-a" }], "web_acl": null,
            }),
        );
        let forward = json!([{ "type": "forward", "target_group_arn": group }]);
        world.put(
            "aws_lb_listener",
            &elb("listener/app/front/1/1"),
            json!({ "load_balancer_arn": front, "port": 443, "protocol": "HTTPS", "default_actions": forward }),
        );
        world.put(
            "aws_lb_target_group",
            &group,
            json!({
                "target_group_arn": group, "target_type": "ip", "protocol": "HTTP", "port": 8080, "vpc_id": "vpc-1",
                "attributes": [], "targets": [{ "target": { "id": "10.0.1.77", "port": 8080 } }],
            }),
        );
        world
    };
    find(
        &estate("internet-facing").report(),
        "internet -reaches-> 1 -reaches-> t-1 -runs_as-> web -can_read-> cards",
    );
    none(&estate("internal").report());
}
