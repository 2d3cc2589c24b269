//! Stories of credentials: an administrator without a second factor, a vendor without an external id.

use crate::account::{AccountBuilder, HOME};
use crate::document::list;
use crate::managed;
use crate::policies;
use crate::roles::{self, Profile, Role};
use crate::story::data;
use crate::users::{self, Factor, User};

pub(super) const ADMINISTRATOR: &str = "nadia.operations";
pub(super) const VENDOR_ROLE: &str = "vendor-analytics";

/// A user who is administrator by a group and signs in by password alone.
pub(super) fn administrator(builder: &mut AccountBuilder) {
    users::group(builder, "administrators", &[managed::ADMINISTRATOR], Vec::new());
    let user = User {
        name: ADMINISTRATOR,
        groups: list!["administrators"],
        managed: &[],
        console: true,
        factor: Factor::None,
        key_rotated: Some("2024-11-04T10:00:00Z"),
        second_key: false,
        last_used: "2026-11-20T08:15:00Z",
    };
    users::add(builder, &user);
}

/// A vendor's role that reads payments.
pub(super) fn vendor(builder: &mut AccountBuilder) {
    let (bucket, key) = (data::payments(builder), builder.key(HOME));
    let role = Role {
        name: VENDOR_ROLE.to_owned(),
        trust: roles::trust_vendor(None),
        managed: &[],
        own: Vec::new(),
        inline: vec![("payments", policies::read_bucket(&bucket, &key))],
        boundary: None,
        profile: Profile::Without,
    };
    roles::add(builder, role);
}
