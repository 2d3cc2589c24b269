//! Instances and functions.

use plumb_model::value::{Map, Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::groups;
use crate::interface::{self, Interface, Use};
use crate::network::{Group, Place, Tier};
use crate::volumes;

/// An instance to be made.
pub(crate) struct Machine<'a> {
    pub(crate) id: Text,
    pub(crate) name: &'a str,
    pub(crate) place: Place,
    pub(crate) groups: Vec<Group>,
    pub(crate) reach: Reach,
    /// The instance profile, which has the name of its role.
    pub(crate) profile: Option<&'a str>,
}

/// Whether an instance has a public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    PublicAddress,
    PrivateAddress,
}

/// Adds an instance. One that has a public address wears groups that admit nobody from outside but the offices.
pub(crate) fn instance(builder: &mut AccountBuilder) {
    let (region, id, serial) = (builder.region(), builder.id("i"), builder.serial());
    let public = !builder.right(80);
    let tier = if public { Tier::Public } else { Tier::Private };
    let Some(place) = builder.place(region, tier) else {
        return;
    };
    let tiers = place.tiers.clone();
    let (role, groups) = match (public, builder.random.below(10)) {
        (true, 0..=6) => ("web", vec![tiers.web]),
        (true, _) => ("bastion", vec![groups::office(builder, region, &place.vpc)]),
        (false, 0..=3) => ("web", vec![tiers.web]),
        // A wide rule on an instance that no route leads to.
        (false, 4) => ("app", vec![builder.take_loose_group(region).unwrap_or(tiers.app)]),
        (false, _) => ("app", vec![tiers.app]),
    };
    let kind = if role == "app" { "app" } else { "web" };
    let profile = builder.right(82).then(|| format!("{}-{kind}", builder.team));
    if role == "web" {
        builder
            .made
            .web
            .entry(region)
            .or_default()
            .push((id.clone(), place.clone()));
    }
    let name = format!("{}-{role}-{serial}", builder.team);
    let reach = if public {
        Reach::PublicAddress
    } else {
        Reach::PrivateAddress
    };
    add(
        builder,
        Machine {
            id,
            name: &name,
            place,
            groups,
            reach,
            profile: profile.as_deref(),
        },
    );
}

/// Adds an instance with its interface and its root volume.
pub(crate) fn add(builder: &mut AccountBuilder, machine: Machine<'_>) {
    let (account, instance, region) = (builder.id.clone(), machine.id, machine.place.region);
    let tokens = if builder.right(40) { "required" } else { "optional" };
    let secrets = if builder.random.basis_points(250) {
        list![map! { "kind": "aws_secret_access_key", "line": 4, "fingerprint": "9f2c1d0b7a44" }]
    } else {
        list![]
    };
    let profile = machine.profile.map(|name| {
        map! { "arn": format!("arn:aws:iam::{account}:instance-profile/{name}"), "id": crate::roles::unique_id("AIPA", &account, name) }
    });
    let address = match machine.reach {
        Reach::PublicAddress => Some(builder.elastic_address()),
        Reach::PrivateAddress => None,
    };
    let public = address
        .as_ref()
        .map(|address| Value::from(address.ip.clone()))
        .unwrap_or_default();
    let interface = Interface {
        place: machine.place,
        groups: machine.groups,
        address,
        used_by: Use::Instance(instance.clone()),
    };
    let (interface_id, volume) = (builder.id("eni"), builder.id("vol"));
    let place = &interface.place;
    let mut tags = builder.tags();
    if let Value::Map(tags) = &mut tags {
        tags.insert("Name", Value::from(machine.name));
    }
    builder.add(
        "aws_ec2_instance",
        format!("arn:aws:ec2:{region}:{account}:instance/{instance}"),
        &instance,
        region,
        map! {
            "instance_id": instance.clone(), "instance_type": "m7g.large", "image_id": "ami-0c1ea4b1d0f2a9e73",
            "state": map! { "name": "running", "code": 16 }, "launch_time": "2026-07-14T05:55:00Z",
            "placement": map! { "availability_zone": place.zone.clone(), "tenancy": "default" },
            "vpc_id": place.vpc.clone(), "subnet_id": place.subnet.clone(), "source_dest_check": true,
            "public_ip_address": public, "private_ip_address": place.address.clone(),
            "security_groups": interface::shown_groups(&interface.groups),
            "network_interfaces": list![interface::embedded(&account, &interface, &interface_id)],
            "block_device_mappings": list![map! { "device_name": "/dev/xvda", "ebs": map! { "volume_id": volume.clone(), "status": "attached", "delete_on_termination": true } }],
            "metadata_options": map! { "http_tokens": tokens, "http_endpoint": "enabled", "http_put_response_hop_limit": 1 },
            "iam_instance_profile": profile.unwrap_or_default(),
            "user_data": map! { "length": 640, "secrets": secrets },
            "monitoring": map! { "state": "disabled" }, "tags": tags,
        },
    );
    let zone = place.zone.clone();
    interface::add_as(builder, &interface, &interface_id);
    volumes::add(builder, region, &volume, &zone, Some(&instance), "/dev/xvda");
    builder.made.instances.insert(region, (instance, zone));
}

/// Adds a function. Those that anybody can call may do no more than write logs.
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
    let secrets = if builder.random.basis_points(700) {
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
    let url = builder.random.percent(14);
    let auth = if builder.right(75) { "AWS_IAM" } else { "NONE" };
    let urls = if url {
        list![
            map! { "function_url": format!("https://{serial}.lambda-url.{region}.on.aws/"), "auth_type": auth, "function_arn": arn.as_str() }
        ]
    } else {
        list![]
    };
    let pick = usize::try_from(builder.random.below(builder.made.function_roles.len() as u64)).unwrap_or(0);
    let role = match builder.made.function_roles.get(pick) {
        Some(role) if !url && !public => role.to_string(),
        Some(_) | None => format!("arn:aws:iam::{id}:role/{}-function", builder.team),
    };
    let network = if builder.random.percent(25) {
        in_network(builder, region, &name)
    } else {
        Value::Null
    };
    let tags = builder.tags();
    builder.add(
        "aws_lambda_function",
        arn.clone(),
        &name,
        region,
        map! {
            "function_arn": arn, "function_name": name.as_str(), "role": role, "runtime": runtime, "package_type": "Zip",
            "handler": "app.handler", "memory_size": 512, "timeout": 30, "state": "Active", "vpc_config": network,
            "environment": map! { "variables": variables }, "policy": policy.unwrap_or_default(), "url_configs": urls, "tags": tags,
        },
    );
}

/// Gives a function an interface in a private subnet.
fn in_network(builder: &mut AccountBuilder, region: &'static str, name: &str) -> Value {
    let Some(place) = builder.place(region, Tier::Private) else {
        return Value::Null;
    };
    let group = place.tiers.app.clone();
    let network = map! {
        "vpc_id": place.vpc.clone(), "subnet_ids": list![place.subnet.clone()], "security_group_ids": list![group.id.clone()],
    };
    let interface = Interface {
        place,
        groups: vec![group],
        address: None,
        used_by: Use::Function(Text::from(name)),
    };
    interface::add(builder, &interface);
    network
}
