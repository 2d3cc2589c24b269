//! The stories of the estate: ways an attacker could go, and what looks like one and is none.
//!
//! Each story lives in fixed accounts under fixed names, whatever the seed, so that tests can ask for it. It is made of
//! ordinary resources only: nothing in a snapshot says that it belongs to a story.

mod data;
mod machines;
mod people;

use crate::account::{AccountBuilder, HOME, account_id};
use crate::databases::secret_arn;

/// The role in another account that the story's instances would assume.
pub const ADMINISTRATOR_ROLE: &str = "platform-administrator";

/// Accounts with a public bucket of personal data that is not encrypted.
pub const PUBLIC_PERSONAL_DATA: [u32; 3] = [7, 19, 33];
/// The account of the instance with open SSH, whose role can become administrator in another account ...
pub const OPEN_SSH: u32 = 5;
/// ... which is this one.
pub const ADMINISTERED: u32 = 11;
/// Accounts in which a load balancer leads to an instance that reads payments.
pub const BALANCED: [u32; 2] = [9, 27];
/// Accounts with an administrator who signs in by password alone.
pub const PASSWORD_ONLY: [u32; 3] = [14, 30, 43];
/// Accounts that let a vendor in without an external id.
pub const VENDOR_TRUSTED: [u32; 2] = [16, 40];
/// The account in which an exposed instance can pass an administrator's role to a new function.
pub const ESCALATING: u32 = 22;
/// Accounts with a database that the internet reaches.
pub const PUBLIC_DATABASE: [u32; 2] = [12, 36];

/// SSH is open on an instance that no route leads to.
pub const NEAR_MISS_PRIVATE_SUBNET: u32 = 2;
/// The administrator's rights of an exposed instance are bounded.
pub const NEAR_MISS_BOUNDARY: u32 = 6;
/// An exposed instance is denied to assume the role that it is allowed to assume.
pub const NEAR_MISS_DENY: u32 = 8;
/// A service control policy denies it.
pub const NEAR_MISS_GUARDRAIL: u32 = 45;
/// The policy of a bucket is public, and its public access block ignores that.
pub const NEAR_MISS_BLOCKED_BUCKET: u32 = 17;
/// An instance has a public address and groups that admit a load balancer only.
pub const NEAR_MISS_CLOSED_GROUP: u32 = 24;
/// The network ACL denies what the security group allows.
pub const NEAR_MISS_NETWORK_ACL: u32 = 26;

/// Whether a story is an attack path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It leads from its entry to its target.
    Path,
    /// It does not: something on the way stops it.
    NearMiss,
}

/// One story in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// For example `open-ssh-to-administrator`.
    pub name: &'static str,
    /// Whether it is an attack path.
    pub outcome: Outcome,
    /// The positions of the accounts that it needs.
    pub accounts: Vec<u32>,
    /// Uids of its resources, in the order of the way.
    pub way: Vec<String>,
}

/// The bucket of personal data of an account.
pub fn personal_data_bucket(position: u32) -> String {
    format!("acme-customer-pii-{}", account_id(position))
}

/// The bucket of payments of an account.
pub fn payments_bucket(position: u32) -> String {
    format!("acme-payments-ledger-{}", account_id(position))
}

/// The id of the story's instance of an account.
pub fn instance_id(position: u32) -> String {
    format!("i-05709{position:04x}00000001")
}

fn instance(position: u32) -> String {
    format!(
        "arn:aws:ec2:{HOME}:{}:instance/{}",
        account_id(position),
        instance_id(position)
    )
}

fn role(position: u32, name: &str) -> String {
    format!("arn:aws:iam::{}:role/{name}", account_id(position))
}

fn bucket(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// The secret of the story with a load balancer; it exists where secrets are read.
pub fn payments_secret(position: u32) -> String {
    secret_arn(HOME, &account_id(position), machines::SECRET)
}

/// All stories of the default estate.
pub fn stories() -> Vec<Story> {
    let mut stories = Vec::new();
    let mut tell = |name, outcome, accounts: &[u32], way: Vec<String>| {
        stories.push(Story {
            name,
            outcome,
            accounts: accounts.to_vec(),
            way,
        });
    };
    for at in PUBLIC_PERSONAL_DATA {
        tell(
            "public-personal-data",
            Outcome::Path,
            &[at],
            vec![bucket(&personal_data_bucket(at))],
        );
    }
    let administrator = || role(ADMINISTERED, ADMINISTRATOR_ROLE);
    let bastion = |at: u32| vec![instance(at), role(at, machines::BASTION), administrator()];
    tell(
        "open-ssh-to-administrator",
        Outcome::Path,
        &[OPEN_SSH, ADMINISTERED],
        bastion(OPEN_SSH),
    );
    for at in BALANCED {
        let way = vec![
            instance(at),
            role(at, machines::PAYMENTS),
            bucket(&payments_bucket(at)),
        ];
        tell("balancer-to-payments", Outcome::Path, &[at], way);
    }
    for at in PASSWORD_ONLY {
        let user = format!("arn:aws:iam::{}:user/{}", account_id(at), people::ADMINISTRATOR);
        tell(
            "administrator-without-second-factor",
            Outcome::Path,
            &[at],
            vec![user],
        );
    }
    for at in VENDOR_TRUSTED {
        let way = vec![role(at, people::VENDOR_ROLE), bucket(&payments_bucket(at))];
        tell("vendor-without-external-id", Outcome::Path, &[at], way);
    }
    let way = vec![
        instance(ESCALATING),
        role(ESCALATING, machines::BUILDER),
        role(ESCALATING, machines::DEPLOYER),
    ];
    tell("role-passed-to-function", Outcome::Path, &[ESCALATING], way);
    for at in PUBLIC_DATABASE {
        let database = format!("arn:aws:rds:{HOME}:{}:db:{}", account_id(at), data::DATABASE);
        tell("public-database", Outcome::Path, &[at], vec![database]);
    }
    for (name, at) in [
        ("open-ssh-in-private-subnet", NEAR_MISS_PRIVATE_SUBNET),
        ("assumption-denied", NEAR_MISS_DENY),
        ("assumption-denied-by-guardrail", NEAR_MISS_GUARDRAIL),
        ("network-acl-denies-ssh", NEAR_MISS_NETWORK_ACL),
    ] {
        tell(name, Outcome::NearMiss, &[at, ADMINISTERED], bastion(at));
    }
    let way = vec![
        instance(NEAR_MISS_BOUNDARY),
        role(NEAR_MISS_BOUNDARY, machines::BOUNDED),
    ];
    tell(
        "administrator-bounded",
        Outcome::NearMiss,
        &[NEAR_MISS_BOUNDARY],
        way,
    );
    let way = vec![bucket(&personal_data_bucket(NEAR_MISS_BLOCKED_BUCKET))];
    tell(
        "public-policy-blocked",
        Outcome::NearMiss,
        &[NEAR_MISS_BLOCKED_BUCKET],
        way,
    );
    let at = NEAR_MISS_CLOSED_GROUP;
    let way = vec![
        instance(at),
        role(at, machines::PAYMENTS),
        bucket(&payments_bucket(at)),
    ];
    tell("public-address-closed-group", Outcome::NearMiss, &[at], way);
    stories
}

/// Whether an account must not block public buckets altogether for its story to be told.
pub(crate) fn opens_buckets(position: u32) -> bool {
    PUBLIC_PERSONAL_DATA.contains(&position)
}

/// Adds the story of an account, where it has one.
pub(crate) fn tell(builder: &mut AccountBuilder) {
    let position = builder.position;
    // The source of the cross-account path is told only when its target exists too.
    let administered = builder.accounts > ADMINISTERED;
    match position {
        OPEN_SSH
        | NEAR_MISS_PRIVATE_SUBNET
        | NEAR_MISS_DENY
        | NEAR_MISS_GUARDRAIL
        | NEAR_MISS_NETWORK_ACL
            if administered =>
        {
            machines::bastion(builder);
        }
        ADMINISTERED => machines::administrator(builder),
        ESCALATING => machines::builder(builder),
        NEAR_MISS_BOUNDARY => machines::bounded(builder),
        NEAR_MISS_CLOSED_GROUP => machines::closed(builder),
        NEAR_MISS_BLOCKED_BUCKET => data::personal(builder),
        at if PUBLIC_PERSONAL_DATA.contains(&at) => data::personal(builder),
        at if BALANCED.contains(&at) => machines::balanced(builder),
        at if PASSWORD_ONLY.contains(&at) => people::administrator(builder),
        at if VENDOR_TRUSTED.contains(&at) => people::vendor(builder),
        at if PUBLIC_DATABASE.contains(&at) => data::database(builder),
        _ => {}
    }
}
