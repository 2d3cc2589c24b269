//! Stories of data that lies open: a public bucket, a public database.

use crate::account::{AccountBuilder, HOME};
use crate::databases::{self, Database, Reach};
use crate::groups;
use crate::network::{self, Filter, Tier};
use crate::storage::{self, Bucket, Encryption, PublicAccess};
use crate::story::{NEAR_MISS_BLOCKED_BUCKET, payments_bucket, personal_data_bucket};

pub(super) const DATABASE: &str = "customers-public";

/// A bucket of personal data with a public policy; in one account its public access block overrules the policy.
pub(super) fn personal(builder: &mut AccountBuilder) {
    let name = personal_data_bucket(builder.position);
    let block = if builder.position == NEAR_MISS_BLOCKED_BUCKET {
        PublicAccess::Blocked
    } else {
        PublicAccess::NotBlocked
    };
    let bucket = Bucket {
        name: &name,
        region: HOME,
        data_class: Some("restricted"),
        encryption: Encryption::None,
        block,
        statements: vec![storage::public_read(&name)],
        public: true,
    };
    storage::add(builder, bucket);
}

/// A bucket of payments that only some role reads.
pub(super) fn payments(builder: &mut AccountBuilder) -> String {
    let name = payments_bucket(builder.position);
    let bucket = Bucket {
        name: &name,
        region: HOME,
        data_class: Some("restricted"),
        encryption: Encryption::Key,
        block: PublicAccess::Blocked,
        statements: Vec::new(),
        public: false,
    };
    storage::add(builder, bucket);
    name
}

/// A database in public subnets with a public address and a group that admits everybody.
pub(super) fn database(builder: &mut AccountBuilder) {
    let mut network = network::vpc(builder, HOME, Filter::AllowAll);
    let Some(place) = network.take(Tier::Public) else {
        return;
    };
    let rule = groups::from_blocks(5432, &["0.0.0.0/0"]);
    let group = groups::add(builder, HOME, &network.vpc, "customers-anywhere", vec![rule]);
    network::subnet_group(builder, &network, "customers-public", Tier::Public);
    let database = Database {
        name: DATABASE,
        subnet_group: "customers-public".into(),
        subnets: network::subnet_list(&network.subnets_of(Tier::Public)),
        place,
        group,
        reach: Reach::Public,
    };
    databases::add(builder, database);
}
