//! Stories that begin at an instance, and what stops some of them.

use plumb_model::value::{Text, Value};

use crate::account::{AccountBuilder, HOME, account_id};
use crate::balancers::{self, Balancer, Scheme};
use crate::compute::{self, Machine, Reach};
use crate::databases;
use crate::document::map;
use crate::groups;
use crate::managed::ADMINISTRATOR;
use crate::network::{self, Filter, Group, Network, Tier};
use crate::policies::{self, Used};
use crate::roles::{self, Profile, Role};
use crate::story::{
    ADMINISTERED, ADMINISTRATOR_ROLE, NEAR_MISS_DENY, NEAR_MISS_GUARDRAIL, NEAR_MISS_NETWORK_ACL,
    NEAR_MISS_PRIVATE_SUBNET, OPEN_SSH, data, instance_id,
};

pub(super) const BASTION: &str = "deployment-bastion";
pub(super) const PAYMENTS: &str = "payments-api";
pub(super) const BUILDER: &str = "build-agent";
pub(super) const DEPLOYER: &str = "deployment-administrator";
pub(super) const BOUNDED: &str = "bounded-administrator";
pub(super) const SECRET: &str = "production/payments/database";

const EVERYBODY: &[&str] = &["0.0.0.0/0", "::/0"];
/// The whole of IPv4 in two halves, which does not look like it.
const BOTH_HALVES: &[&str] = &["0.0.0.0/1", "128.0.0.0/1"];

/// A role of instances.
fn machine_role<'a>(
    name: &str,
    inline: Vec<(&'static str, Vec<Value>)>,
    managed: &'a [&'static str],
) -> Role<'a> {
    Role {
        name: name.to_owned(),
        trust: roles::trust_service("ec2.amazonaws.com"),
        managed,
        own: Vec::new(),
        inline,
        boundary: None,
        profile: Profile::With,
    }
}

/// Adds the story's instance to a network.
fn machine(
    builder: &mut AccountBuilder,
    network: &mut Network,
    tier: Tier,
    group: Group,
    role: &str,
) -> Option<(Text, Text)> {
    let place = network.take(tier)?;
    let (id, zone) = (Text::from(instance_id(builder.position)), place.zone.clone());
    let reach = match tier {
        Tier::Public => Reach::PublicAddress,
        Tier::Private => Reach::PrivateAddress,
    };
    compute::add(
        builder,
        Machine {
            id: id.clone(),
            name: role,
            place,
            groups: vec![group],
            reach,
            profile: Some(role),
        },
    );
    Some((id, zone))
}

fn open_ssh(builder: &mut AccountBuilder, network: &Network, blocks: &[&str]) -> Group {
    let rule = groups::from_blocks(22, blocks);
    groups::add(builder, HOME, &network.vpc, "ssh-anywhere", vec![rule])
}

/// An instance with open SSH whose role is allowed to assume the administrator's role in another account. In all
/// accounts but one, one thing stands in between: the subnet, the network ACL, a denial, a guardrail.
pub(super) fn bastion(builder: &mut AccountBuilder) {
    let position = builder.position;
    let target = format!(
        "arn:aws:iam::{}:role/{ADMINISTRATOR_ROLE}",
        account_id(ADMINISTERED)
    );
    let mut statements = vec![policies::allow(&["sts:AssumeRole"], &[&target])];
    if position == NEAR_MISS_DENY {
        statements.push(policies::deny(
            &["sts:AssumeRole"],
            &["arn:aws:iam::*:role/platform-*"],
        ));
    }
    roles::add(builder, machine_role(BASTION, vec![("deploy", statements)], &[]));
    let filter = if position == NEAR_MISS_NETWORK_ACL {
        Filter::DenyAdministration
    } else {
        Filter::AllowAll
    };
    let tier = if position == NEAR_MISS_PRIVATE_SUBNET {
        Tier::Private
    } else {
        Tier::Public
    };
    let mut network = network::vpc(builder, HOME, filter);
    let group = open_ssh(builder, &network, EVERYBODY);
    machine(builder, &mut network, tier, group, BASTION);
}

/// The administrator's role that the bastions of other accounts are trusted with.
pub(super) fn administrator(builder: &mut AccountBuilder) {
    let trusted: Vec<Value> = [
        OPEN_SSH,
        NEAR_MISS_PRIVATE_SUBNET,
        NEAR_MISS_DENY,
        NEAR_MISS_NETWORK_ACL,
        NEAR_MISS_GUARDRAIL,
    ]
    .into_iter()
    .filter(|position| *position < builder.accounts)
    .map(|position| Value::from(format!("arn:aws:iam::{}:role/{BASTION}", account_id(position))))
    .collect();
    let role = Role {
        name: ADMINISTRATOR_ROLE.to_owned(),
        trust: roles::trust(map! { "AWS": trusted }),
        managed: &[ADMINISTRATOR],
        own: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        profile: Profile::Without,
    };
    roles::add(builder, role);
}

/// An exposed build agent that can hand the administrator's role to a function of its own making.
pub(super) fn builder(builder: &mut AccountBuilder) {
    let deployer = Role {
        name: DEPLOYER.to_owned(),
        trust: roles::trust_service("lambda.amazonaws.com"),
        managed: &[ADMINISTRATOR],
        own: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        profile: Profile::Without,
    };
    let deployer = roles::add(builder, deployer);
    let statements = vec![
        policies::allow(&["iam:PassRole"], &[&deployer]),
        policies::allow(&["lambda:CreateFunction", "lambda:InvokeFunction"], &["*"]),
    ];
    roles::add(builder, machine_role(BUILDER, vec![("build", statements)], &[]));
    let mut network = network::vpc(builder, HOME, Filter::AllowAll);
    let group = open_ssh(builder, &network, BOTH_HALVES);
    machine(builder, &mut network, Tier::Public, group, BUILDER);
}

/// An exposed instance of which the boundary leaves nothing of its administrator's rights but logs.
pub(super) fn bounded(builder: &mut AccountBuilder) {
    let most = policies::allow(&["logs:CreateLogStream", "logs:PutLogEvents"], &["*"]);
    let boundary = policies::add(builder, "logs-only", vec![most], Used::AsBoundary);
    let role = Role {
        boundary: Some(boundary),
        ..machine_role(BOUNDED, Vec::new(), &[ADMINISTRATOR])
    };
    roles::add(builder, role);
    let mut network = network::vpc(builder, HOME, Filter::AllowAll);
    let group = open_ssh(builder, &network, EVERYBODY);
    machine(builder, &mut network, Tier::Public, group, BOUNDED);
}

/// The role that reads payments, and their secret where secrets are read.
fn payments_role(builder: &mut AccountBuilder) {
    let (bucket, key) = (data::payments(builder), builder.key(HOME));
    let mut inline = vec![("payments", policies::read_bucket(&bucket, &key))];
    if builder.with_secrets {
        let secret = databases::add_secret(builder, HOME, SECRET);
        inline.push((
            "secret",
            vec![policies::allow(&["secretsmanager:GetSecretValue"], &[&secret])],
        ));
    }
    roles::add(builder, machine_role(PAYMENTS, inline, &[]));
}

/// A public load balancer before an instance that reads payments.
pub(super) fn balanced(builder: &mut AccountBuilder) {
    payments_role(builder);
    let mut network = network::vpc(builder, HOME, Filter::AllowAll);
    let web = network.tiers.web.clone();
    let target = machine(builder, &mut network, Tier::Private, web, PAYMENTS);
    let balancer = Balancer {
        name: PAYMENTS,
        scheme: Scheme::InternetFacing,
        places: balancers::places(&mut network, Tier::Public),
        targets: target.into_iter().collect(),
    };
    balancers::add(builder, &balancer);
}

/// An instance with a public address that only a load balancer is let in to.
pub(super) fn closed(builder: &mut AccountBuilder) {
    payments_role(builder);
    let mut network = network::vpc(builder, HOME, Filter::AllowAll);
    let web = network.tiers.web.clone();
    machine(builder, &mut network, Tier::Public, web, PAYMENTS);
}
