//! Measures an account with many instances: `cargo run --release -p plumb-net --example large_account [instances]`.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::time::Instant;

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::resource::Resource;
use plumb_model::value::Value;
use plumb_net::aws::READS;
use plumb_net::estate::Estate;
use plumb_net::model::AccountNetwork;
use serde_json::{Value as Json, json};

const REGION: &str = "eu-west-1";

fn main() {
    let instances: usize = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let resources = documents(instances);
    let documents: Vec<&Resource> = resources.iter().collect();
    let account = Account::new(Provider::Aws, "111");
    let collected = READS.iter().map(|(kind, facts)| CollectedType {
        resource_type: (*kind).into(),
        facts: facts.iter().map(|fact| (*fact).into()).collect(),
        regions: vec![REGION.into()],
    });
    let coverage = Coverage {
        collected: collected.collect(),
        ..Coverage::default()
    };

    let start = Instant::now();
    let parsed = AccountNetwork::read(&account, &documents, &coverage);
    let read = start.elapsed();
    let problems = parsed.problems.len();
    let start = Instant::now();
    let estate = Estate::new(vec![parsed.value]);
    let solved = start.elapsed();
    let start = Instant::now();
    let lateral = estate.group_reach();
    let compared = start.elapsed();
    println!(
        "{instances} instances in {} groups, {problems} problems",
        estate.groups().len()
    );
    println!(
        "read {read:?}, solved {solved:?}: {} exposures",
        estate.exposures().len()
    );
    println!(
        "lateral {compared:?}: {} pairs, {} groups left out",
        lateral.reach.len(),
        lateral.left_out.len()
    );
}

/// 200 subnets in ten VPCs, 40 security groups in each VPC, every fourth instance with a public address.
fn documents(instances: usize) -> Vec<Resource> {
    let mut all = vec![document(
        "settings",
        "aws_ec2_region_settings",
        json!({"vpc_block_public_access": null}),
    )];
    for vpc in 0..10 {
        let id = format!("vpc-{vpc}");
        all.push(document(
            &id,
            "aws_vpc",
            json!({"vpc_id": id, "cidr_block": format!("10.{vpc}.0.0/16")}),
        ));
        let gateway = format!("igw-{vpc}");
        let attached =
            json!({"internet_gateway_id": gateway, "attachments": [{"vpc_id": id, "state": "available"}]});
        all.push(document(&gateway, "aws_internet_gateway", attached));
        let subnets: Vec<String> = (0..20).map(|at| format!("subnet-{vpc}-{at}")).collect();
        let of: Vec<Json> = subnets
            .iter()
            .map(|subnet| json!({"subnet_id": subnet}))
            .collect();
        let table = json!({"route_table_id": format!("rt-{vpc}"), "vpc_id": id, "associations": of, "routes": [
            {"destination_cidr_block": "0.0.0.0/0", "gateway_id": gateway, "state": "active"}]});
        all.push(document(&format!("rt-{vpc}"), "aws_route_table", table));
        let entry = |egress: bool| json!({"rule_number": 100, "egress": egress, "rule_action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"});
        let acl = json!({"network_acl_id": format!("acl-{vpc}"), "associations": of, "entries": [entry(true), entry(false)]});
        all.push(document(&format!("acl-{vpc}"), "aws_network_acl", acl));
        for (at, subnet) in subnets.iter().enumerate() {
            let cidr = format!("10.{vpc}.{}.0/21", at * 8);
            all.push(document(
                subnet,
                "aws_subnet",
                json!({"subnet_id": subnet, "vpc_id": id, "cidr_block": cidr}),
            ));
        }
        for group in 0..40 {
            let name = format!("sg-{vpc}-{group}");
            let rule = json!({"ip_protocol": "tcp", "from_port": 1000 + group, "to_port": 1000 + group,
                "ip_ranges": [{"cidr_ip": if group % 4 == 0 { "0.0.0.0/0" } else { "203.0.113.0/24" }}],
                "user_id_group_pairs": [{"group_id": format!("sg-{vpc}-{}", (group + 1) % 40)}]});
            let out = json!({"ip_protocol": "-1", "ip_ranges": [{"cidr_ip": "0.0.0.0/0"}]});
            let group = json!({"group_id": name, "vpc_id": id, "ip_permissions": [rule], "ip_permissions_egress": [out]});
            all.push(document(&name, "aws_security_group", group));
        }
    }
    all.extend((0..instances).map(instance));
    all
}

fn instance(at: usize) -> Resource {
    let (vpc, subnet, group) = (at % 10, at / 10 % 20, at / 200 % 10);
    let host = at / 200 % 2000;
    let mut address =
        json!({"private_ip_address": format!("10.{vpc}.{}.{}", subnet * 8 + host / 250, host % 250 + 1)});
    if at.is_multiple_of(4)
        && let Some(map) = address.as_object_mut()
    {
        let public = format!("198.51.{}.{}", at / 250 % 250, at % 250);
        map.insert("association".to_owned(), json!({"public_ip": public}));
    }
    let name = format!("i-{at}");
    let interface = json!({"subnet_id": format!("subnet-{vpc}-{subnet}"), "private_ip_addresses": [address],
        "groups": [{"group_id": format!("sg-{vpc}-{}", group * 4)}, {"group_id": format!("sg-{vpc}-{}", group * 4 + 1)}]});
    document(
        &name,
        "aws_ec2_instance",
        json!({"instance_id": name, "state": {"name": "running"}, "network_interfaces": [interface]}),
    )
}

fn document(name: &str, kind: &str, attributes: Json) -> Resource {
    let attributes = match serde_json::from_value(attributes) {
        Ok(Value::Map(map)) => map,
        Ok(_) | Err(_) => Default::default(),
    };
    Resource::new(name, kind, name, "111", REGION, attributes)
}
