//! Instances and functions.

use plumb_model::value::{Map, Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// Adds an instance.
pub(crate) fn instance(builder: &mut AccountBuilder) {
    let (region, id, instance) = (builder.region(), builder.id.clone(), builder.id("i"));
    let exposed = !builder.right(78);
    let address = |random: &mut crate::random::Random| format!("203.0.113.{}", random.below(254) + 1);
    let public = if exposed {
        Value::from(address(&mut builder.random))
    } else {
        Value::Null
    };
    let tokens = if builder.right(68) { "required" } else { "optional" };
    let profile = builder.right(82).then(
        || map! { "arn": format!("arn:aws:iam::{id}:instance-profile/{}", builder.team), "id": "AIPA0000" },
    );
    let secrets = if builder.random.basis_points(120) {
        list![map! { "kind": "aws_secret_access_key", "line": 4, "fingerprint": "9f2c1d0b7a44" }]
    } else {
        list![]
    };
    let association = if exposed {
        map! { "public_ip": public.clone() }
    } else {
        Value::Null
    };
    let interface = map! { "network_interface_id": "eni-0aa", "private_ip_address": "10.0.1.7", "association": association,
    "private_ip_addresses": list![map! { "private_ip_address": "10.0.1.7", "primary": true }] };
    let tags = builder.tags();
    builder.add(
        "aws_ec2_instance",
        format!("arn:aws:ec2:{region}:{id}:instance/{instance}"),
        &instance,
        region,
        map! {
            "instance_id": instance.clone(), "instance_type": "m7g.large", "image_id": "ami-0demo", "state": map! { "name": "running", "code": 16 },
            "launch_time": "2026-07-14T05:55:00Z", "public_ip_address": public, "private_ip_address": "10.0.1.7",
            "metadata_options": map! { "http_tokens": tokens, "http_endpoint": "enabled", "http_put_response_hop_limit": 1 },
            "iam_instance_profile": profile.unwrap_or_default(),
            "network_interfaces": list![interface],
            "user_data": map! { "length": 640, "secrets": secrets },
            "monitoring": map! { "state": "disabled" }, "tags": tags,
        },
    );
}

/// Adds a function.
pub(crate) fn function(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id.clone(), builder.serial());
    let name = format!(
        "{}-{}-{serial}",
        builder.team,
        builder.random.pick(&["resize", "notify", "ingest", "webhook"])
    );
    let arn = format!("arn:aws:lambda:{region}:{id}:function:{name}");
    let runtime = if builder.right(72) {
        "python3.13"
    } else {
        "python3.8"
    };
    let leaked = builder.random.basis_points(180);
    let secrets = if leaked {
        list![map! { "kind": "password", "line": 1, "fingerprint": "4be1a09c5512" }]
    } else {
        list![]
    };
    let variables = Map::from_iter([
        (
            Text::new_static("LOG_LEVEL"),
            map! { "length": 4, "secrets": list![] },
        ),
        (
            Text::new_static("DB_PASSWORD"),
            map! { "length": 24, "secrets": secrets },
        ),
    ]);
    let public = builder.random.basis_points(60);
    let policy = public.then(|| {
        map! { "Version": "2012-10-17", "Statement": list![map! { "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": arn.as_str() }] }
    });
    let url = builder.random.percent(6);
    let auth = if builder.right(75) { "AWS_IAM" } else { "NONE" };
    let urls = if url {
        list![
            map! { "function_url": format!("https://{serial}.lambda-url.{region}.on.aws/"), "auth_type": auth }
        ]
    } else {
        list![]
    };
    let tags = builder.tags();
    builder.add(
        "aws_lambda_function",
        arn.clone(),
        &name,
        region,
        map! {
            "function_arn": arn, "function_name": name.as_str(), "runtime": runtime, "package_type": "Zip", "handler": "app.handler",
            "memory_size": 512, "timeout": 30, "environment": map! { "variables": variables },
            "policy": policy.unwrap_or_default(), "url_configs": urls, "tags": tags,
        },
    );
}
