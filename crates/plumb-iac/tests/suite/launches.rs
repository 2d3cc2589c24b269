//! Instances of launch templates and fleets.

use plumb_iac::declared::Language;
use serde_json::json;

use crate::support::{check, check_in, key};

#[test]
fn another_default_version_of_a_template_is_not_in_the_code() {
    let template = |default: &str| json!({ "default_version": default, "metadata_options": [{ "http_tokens": "required" }] });
    let of = |id: &str, version: &str| json!({ "launch_template": [{ "id": id, "version": version }] });
    let fleet = |id: &str, version: &str| {
        let specification = json!([{ "launch_template_id": id, "version": version }]);
        json!({ "launch_template_config": [{ "launch_template_specification": specification }] })
    };
    check(
        "ec2-instance-imdsv2-required",
        &json!({ "aws_launch_template.first": { "metadata_options": [{ "http_tokens": "required" }] },
            "aws_launch_template.third": template("3"), "aws_launch_template.same": template("1"),
            "aws_instance.a": { "launch_template": [{ "id": "aws_launch_template.first" }] }, "aws_instance.b": { "launch_template": [{ "id": "aws_launch_template.third" }] },
            "aws_instance.c": of("aws_launch_template.third", "$Default"), "aws_instance.d": of("aws_launch_template.third", "1"),
            "aws_instance.e": of("aws_launch_template.third", "$Latest"), "aws_instance.f": of("aws_launch_template.same", "$Default"),
            "aws_ec2_fleet.a": fleet("aws_launch_template.third", "$Default"), "aws_ec2_fleet.b": fleet("aws_launch_template.third", "$Latest"),
            "aws_ec2_fleet.c": fleet("aws_launch_template.first", "$Default") }),
        &[
            "unknown", "pass", "pass", "pass", "unknown", "unknown", "unknown", "pass", "pass",
        ],
    );
}

#[test]
fn subnets_of_templates_decide_over_addresses() {
    let expected = ["fail", "pass", "pass"];
    let instance = |template: &str| json!({ "launch_template": [{ "id": template }] });
    check(
        "ec2-instance-no-public-ip",
        &json!({ "aws_subnet.open": { "map_public_ip_on_launch": true }, "aws_subnet.closed": {},
            "aws_launch_template.open": { "network_interfaces": [{ "subnet_id": "aws_subnet.open" }] },
            "aws_launch_template.closed": { "network_interfaces": [{ "subnet_id": "aws_subnet.closed" }] },
            "aws_instance.a": instance("aws_launch_template.open"), "aws_instance.b": instance("aws_launch_template.closed"),
            "aws_instance.c": { "subnet_id": "aws_subnet.closed", "launch_template": [{ "id": "aws_launch_template.open" }] } }),
        &expected,
    );
    let template =
        |subnet: &str| json!({ "LaunchTemplateData": { "NetworkInterfaces": [{ "SubnetId": subnet }] } });
    let instance = |template: &str| json!({ "LaunchTemplate": { "LaunchTemplateId": template } });
    check_in(
        Language::CloudFormation,
        "ec2-instance-no-public-ip",
        &json!({ "AWS::EC2::Subnet@Open": { "MapPublicIpOnLaunch": true }, "AWS::EC2::Subnet@Closed": {},
            "AWS::EC2::LaunchTemplate@OpenTemplate": template("Open"), "AWS::EC2::LaunchTemplate@ClosedTemplate": template("Closed"),
            "AWS::EC2::Instance@A": instance("OpenTemplate"), "AWS::EC2::Instance@B": instance("ClosedTemplate"),
            "AWS::EC2::Instance@C": { "SubnetId": "Closed", "LaunchTemplate": { "LaunchTemplateId": "OpenTemplate" } } }),
        &expected,
    );
}

#[test]
fn user_data_of_specifications_may_be_plain() {
    let specification = |text: &str| json!({ "launch_specification": [{ "user_data": text }] });
    check(
        "ec2-instance-user-data-no-secrets",
        &json!({ "aws_spot_fleet_request.a": specification(&format!("#!/bin/sh\nexport KEY={}\n", key())),
            "aws_spot_fleet_request.b": specification("#!/bin/sh\nexit\n"), "aws_spot_fleet_request.c": specification("IyEvYmluL3NoCg==") }),
        &["fail", "pass", "pass"],
    );
}

#[test]
fn what_another_block_decides_is_unknown_where_that_is_not_known() {
    let unknown = "?`var.x` has no value";
    let code = json!({
        "aws_launch_template.t": { "name": "t", "user_data": unknown, "network_interfaces": [{ "associate_public_ip_address": unknown }] },
        "aws_instance.i": { "subnet_id": "aws_subnet.s", "launch_template": [{ "id": "aws_launch_template.t" }] },
        "aws_subnet.s": {},
    });
    check("ec2-instance-user-data-no-secrets", &code, &["unknown"]);
    check("ec2-instance-no-public-ip", &code, &["unknown"]);
}
