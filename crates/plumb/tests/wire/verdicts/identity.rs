//! Users, policies, groups and roles.

use super::cases::{Case, check};

const USERS: &[Case] = &[
    (
        "iam-user-console-mfa-enabled",
        &[
            ("with-mfa", "pass"),
            ("without-mfa", "fail"),
            ("robot", "not_applicable"),
            ("idle", "not_applicable"),
        ],
    ),
    (
        "iam-user-single-active-access-key",
        &[
            ("robot", "pass"),
            ("two-keys", "fail"),
            ("idle", "not_applicable"),
        ],
    ),
    (
        "iam-user-access-keys-rotated",
        &[
            ("robot", "pass"),
            ("two-keys", "pass"),
            ("idle", "not_applicable"),
        ],
    ),
    (
        "iam-user-permissions-through-groups",
        &[("with-mfa", "pass"), ("robot", "fail"), ("inline", "fail")],
    ),
    (
        "iam-user-inline-policy-full-admin-absent",
        &[("inline", "fail"), ("robot", "not_applicable")],
    ),
    (
        "iam-password-policy-minimum-length",
        &[("password policy", "pass")],
    ),
    (
        "iam-password-policy-reuse-prevented",
        &[("password policy", "fail")],
    ),
    ("iam-root-access-key-absent", &[("root", "pass")]),
    // moto's credential report has no row for the root user.
    ("iam-root-user-not-used", &[("root", "unknown")]),
];

const GRANTS: &[Case] = &[
    (
        "iam-customer-policy-full-admin-not-attached",
        &[
            ("full-admin", "fail"),
            ("narrow", "pass"),
            ("former-admin", "pass"),
            ("full-admin-unused", "not_applicable"),
        ],
    ),
    (
        "iam-group-inline-policy-full-admin-absent",
        &[("admins", "fail"), ("readers", "pass")],
    ),
    (
        "iam-role-inline-policy-full-admin-absent",
        &[("compute", "fail"), ("support", "not_applicable")],
    ),
    (
        "iam-role-trust-not-public",
        &[("anyone", "fail"), ("compute", "pass"), ("stranger", "pass")],
    ),
    (
        "iam-role-cross-account-trust-conditioned",
        &[
            ("stranger", "fail"),
            ("stranger-with-id", "pass"),
            ("compute", "not_applicable"),
        ],
    ),
    ("iam-support-role-exists", &[("123456789012", "pass")]),
    (
        "iam-cloudshell-full-access-not-attached",
        &[("123456789012", "pass")],
    ),
];

#[test]
fn users_are_judged_by_credential_report_and_grants() {
    check(&["iam"], &["iam"], USERS);
}

#[test]
fn policies_are_judged_by_their_default_version_and_use() {
    check(&["iam"], &["iam"], GRANTS);
}

#[test]
fn an_account_without_a_password_policy_fails() {
    check(
        &[],
        &["iam"],
        &[
            (
                "iam-password-policy-minimum-length",
                &[("password policy", "fail")],
            ),
            ("iam-support-role-exists", &[("123456789012", "fail")]),
        ],
    );
}
