//! Network interfaces and elastic addresses, alone and as instances show them.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::network::{Group, Place};

/// A public address that the account owns.
#[derive(Clone, Debug)]
pub(crate) struct Elastic {
    pub(crate) ip: Text,
    pub(crate) allocation: Text,
}

/// Who uses an interface.
#[derive(Clone, Debug)]
pub(crate) enum Use {
    Instance(Text),
    NatGateway(Text),
    /// By the part of the ARN after `loadbalancer/`.
    Balancer(Text),
    Database,
    Function(Text),
    /// A mount target of this file system.
    FileSystem(Text),
}

/// An interface to be made.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub(crate) place: Place,
    pub(crate) groups: Vec<Group>,
    pub(crate) address: Option<Elastic>,
    pub(crate) used_by: Use,
}

/// Makes up a public address out of the blocks that are set aside for documentation, with its allocation.
pub(crate) fn elastic_address(builder: &mut AccountBuilder) -> Elastic {
    let serial = builder.serial();
    let block = ["203.0.113", "198.51.100", "192.0.2"]
        .into_iter()
        .cycle()
        .nth((serial / 254 % 3) as usize)
        .unwrap_or("203.0.113");
    Elastic {
        ip: Text::from(format!("{block}.{}", serial % 254 + 1)),
        allocation: builder.id("eipalloc"),
    }
}

fn association(account: &Text, address: &Elastic) -> Value {
    map! { "public_ip": address.ip.clone(), "allocation_id": address.allocation.clone(), "ip_owner_id": account.clone() }
}

fn groups(groups: &[Group]) -> Vec<Value> {
    groups
        .iter()
        .map(|group| map! { "group_id": group.id.clone(), "group_name": group.name.clone() })
        .collect()
}

/// Adds an interface and the elastic address on it; returns the interface's id.
pub(crate) fn add(builder: &mut AccountBuilder, interface: &Interface) -> Text {
    let id = builder.id("eni");
    add_as(builder, interface, &id);
    id
}

/// Adds an interface whose id is known beforehand.
pub(crate) fn add_as(builder: &mut AccountBuilder, interface: &Interface, id: &Text) {
    let (place, account) = (&interface.place, builder.id.clone());
    let region = place.region;
    let attachment_id = Text::from(format!("eni-attach-{}", id.trim_start_matches("eni-")));
    let (kind, requester, description, instance) = match &interface.used_by {
        Use::Instance(instance) => ("interface", None, String::new(), Some(instance.clone())),
        Use::NatGateway(nat) => (
            "nat_gateway",
            Some("amazon-aws"),
            format!("Interface for NAT Gateway {nat}"),
            None,
        ),
        Use::Balancer(name) => ("interface", Some("amazon-elb"), format!("ELB {name}"), None),
        Use::Database => (
            "interface",
            Some("amazon-rds"),
            "RDSNetworkInterface".to_owned(),
            None,
        ),
        Use::Function(name) => (
            "lambda",
            Some("amazon-aws"),
            format!("AWS Lambda VPC ENI-{name}"),
            None,
        ),
        Use::FileSystem(file_system) => (
            "efs",
            Some("amazon-efs"),
            format!("EFS mount target for {file_system}"),
            None,
        ),
    };
    let attachment = match &instance {
        Some(instance) => map! {
            "attachment_id": attachment_id, "status": "attached", "device_index": 0, "delete_on_termination": true,
            "instance_id": instance.clone(), "instance_owner_id": account.clone(),
        },
        None => {
            map! { "attachment_id": attachment_id, "status": "attached", "device_index": 1, "instance_owner_id": requester.unwrap_or_default() }
        }
    };
    let shown = interface
        .address
        .as_ref()
        .map(|address| association(&account, address))
        .unwrap_or_default();
    builder.add(
        "aws_network_interface",
        format!("arn:aws:ec2:{region}:{account}:network-interface/{id}"),
        id,
        region,
        map! {
            "network_interface_id": id.clone(), "vpc_id": place.vpc.clone(), "subnet_id": place.subnet.clone(), "owner_id": account.clone(),
            "availability_zone": place.zone.clone(), "interface_type": kind, "status": "in-use", "description": description,
            "requester_managed": requester.is_some(), "requester_id": requester.map(Value::from).unwrap_or_default(),
            "source_dest_check": kind != "nat_gateway", "private_ip_address": place.address.clone(), "groups": groups(&interface.groups),
            "association": shown.clone(), "attachment": attachment, "ipv6_addresses": list![], "tags": map! {},
            "private_ip_addresses": list![map! { "private_ip_address": place.address.clone(), "primary": true, "association": shown }],
        },
    );
    if let Some(address) = &interface.address {
        builder.add(
            "aws_eip",
            format!("arn:aws:ec2:{region}:{account}:elastic-ip/{}", address.allocation),
            &address.ip,
            region,
            map! {
                "allocation_id": address.allocation.clone(), "public_ip": address.ip.clone(), "domain": "vpc",
                "network_interface_id": id.clone(), "network_interface_owner_id": account, "private_ip_address": place.address.clone(),
                "instance_id": instance.map(Value::from).unwrap_or_default(), "tags": map! {},
            },
        );
    }
}

/// The interface as the document of its instance shows it.
pub(crate) fn embedded(account: &Text, interface: &Interface, id: &Text) -> Value {
    let place = &interface.place;
    let shown = interface
        .address
        .as_ref()
        .map(|address| map! { "public_ip": address.ip.clone(), "ip_owner_id": account.clone() })
        .unwrap_or_default();
    map! {
        "network_interface_id": id.clone(), "vpc_id": place.vpc.clone(), "subnet_id": place.subnet.clone(), "owner_id": account.clone(),
        "interface_type": "interface", "status": "in-use", "source_dest_check": true, "private_ip_address": place.address.clone(),
        "groups": groups(&interface.groups), "association": shown.clone(), "ipv6_addresses": list![],
        "private_ip_addresses": list![map! { "private_ip_address": place.address.clone(), "primary": true, "association": shown }],
    }
}

/// Groups as an instance shows them.
pub(crate) fn shown_groups(shown: &[Group]) -> Vec<Value> {
    groups(shown)
}

/// Adds an interface that shows a public address which a service lent it.
pub(crate) fn add_shown(builder: &mut AccountBuilder, interface: &Interface, lent: Option<Elastic>) {
    let id = builder.id("eni");
    add_as(builder, interface, &id);
    if let Some(lent) = lent {
        let association = map! { "public_ip": lent.ip, "ip_owner_id": "amazon-rds" };
        builder.amend("association", association);
    }
}
