//! Estates in which data or its key is open.

use serde_json::{Value, json};

use crate::Twin;
use crate::identity::careless;
use crate::world::paths::{find, none, stories};
use crate::world::{FOREIGN, OTHER, OWN, REGION, World, allow, document, edges, iam, inline, trust};

fn estate() -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    world
}

/// A bucket whose policy lets everybody read, with settings that block it or not.
fn public_bucket(block: Value, account_block: Value) -> World {
    let mut world = estate();
    let everybody = json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*" }]);
    world.bucket(
        "site",
        json!({ "policy": document(everybody), "public_access_block": block }),
    );
    world.put(
        "aws_s3_account_public_access_block",
        &format!("arn:aws:s3::{OWN}:block"),
        json!({ "public_access_block": account_block }),
    );
    world
}

#[test]
fn a_bucket_whose_policy_lets_everybody_read_is_open() {
    find(
        &public_bucket(Value::Null, Value::Null).report(),
        "internet -can_read-> site",
    );
    let blocks = json!({ "restrict_public_buckets": true });
    none(&public_bucket(blocks.clone(), Value::Null).report());
    none(&public_bucket(Value::Null, blocks).report());
    // Blocking new policies does not undo the one that is there.
    find(
        &public_bucket(
            json!({ "block_public_policy": true, "restrict_public_buckets": false }),
            Value::Null,
        )
        .report(),
        "internet -can_read-> site",
    );
}

#[test]
fn a_bucket_whose_access_list_names_everybody_is_open() {
    let estate = |ownership: Value, block: Value| {
        let mut world = estate();
        let grant = json!({ "grantee": { "uri": "http://acs.amazonaws.com/groups/global/AllUsers" }, "permission": "READ" });
        world.bucket("logs", json!({ "acl": { "grants": [grant] }, "ownership_controls": ownership, "public_access_block": block }));
        world
    };
    find(
        &estate(Value::Null, Value::Null).report(),
        "internet -reaches-> logs",
    );
    none(
        &estate(
            json!({ "rules": [{ "object_ownership": "BucketOwnerEnforced" }] }),
            Value::Null,
        )
        .report(),
    );
    none(&estate(Value::Null, json!({ "ignore_public_acls": true })).report());
}

/// A bucket whose access control list grants something to somebody beside its owner, and a bucket of another account of the estate.
fn listed(grantee: Value, permission: &str, ownership: Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    let full = json!({ "grantee": { "id": "0a0a" }, "permission": "FULL_CONTROL" });
    let other = json!({ "grantee": grantee, "permission": permission });
    // In either order.
    for (name, grants) in [("cards", json!([full, other])), ("books", json!([other, full]))] {
        world.bucket(
            name,
            json!({
                "acl": { "owner": { "id": "0a0a" }, "grants": grants }, "ownership_controls": ownership,
                "tags": { "DataClassification": "restricted" },
            }),
        );
    }
    let own = json!({ "acl": { "owner": { "id": "0b0b" }, "grants": [] }, "policy": null, "ownership_controls": null });
    world.put_in(OTHER, "aws_s3_bucket", "arn:aws:s3:::theirs", own);
    let vendor = trust(json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:root") }));
    for (name, action) in [("writer", "s3:PutObject"), ("reader", "s3:GetObject")] {
        let statements = inline(json!([allow(action, "*")]));
        world.role_in(
            OTHER,
            name,
            vendor.clone(),
            json!({ "role_policy_list": statements }),
        );
    }
    world
}

#[test]
fn an_access_list_lets_other_accounts_do_what_it_grants() {
    let kinds = |world: &World, from: &str, to: &str| {
        let graph = world.assemble().graph;
        let found = edges(&graph, from, &format!("arn:aws:s3:::{to}"));
        let mut kinds: Vec<&str> = found.iter().map(|edge| edge.step.kind.name()).collect();
        kinds.sort_unstable();
        kinds
    };
    let stranger = || json!({ "id": "0c0c", "type": "CanonicalUser" });
    for (permission, expected) in [
        ("READ", &["reaches"][..]),
        ("READ_ACP", &["reaches"]),
        ("WRITE", &["can_write", "reaches"]),
        ("WRITE_ACP", &["can_write", "reaches"]),
        ("FULL_CONTROL", &["can_write", "reaches"]),
    ] {
        let world = listed(stranger(), permission, Value::Null);
        for bucket in ["cards", "books"] {
            assert_eq!(kinds(&world, "account:0c0c", bucket), expected, "{permission}");
        }
        let enforced = json!({ "rules": [{ "object_ownership": "BucketOwnerEnforced" }] });
        assert!(kinds(&listed(stranger(), permission, enforced), "account:0c0c", "cards").is_empty());
    }
    // An account of the estate, known by what it owns: who may do it there by its own policies.
    let world = listed(json!({ "id": "0b0b" }), "WRITE", Value::Null);
    let role = |name: &str| format!("arn:aws:iam::{OTHER}:role/{name}");
    assert_eq!(kinds(&world, &role("writer"), "cards"), ["can_write"]);
    assert!(kinds(&world, &role("reader"), "cards").is_empty());
    assert!(kinds(&world, "account:0b0b", "cards").is_empty());
    find(
        &world.report(),
        &format!("account:{FOREIGN} -can_assume-> writer -can_write-> books"),
    );
    // Neither the owner nor a group of the service's own is somebody else.
    let logs = json!({ "type": "Group", "uri": "http://acs.amazonaws.com/groups/s3/LogDelivery" });
    for grantee in [json!({ "id": "0a0a" }), logs] {
        let found = stories(&listed(grantee, "FULL_CONTROL", Value::Null).report());
        let is_about = |story: &&String| story.ends_with("cards") || story.ends_with("books");
        assert_eq!(found.iter().find(is_about), None);
    }
}

#[test]
fn a_policy_that_names_the_canonical_user_of_an_account_of_the_estate_names_the_account() {
    let mut world = listed(json!({ "id": "0a0a" }), "READ", Value::Null);
    let statement = json!({
        "Effect": "Allow", "Principal": { "CanonicalUser": "0b0b" }, "Action": "s3:*", "Resource": "arn:aws:s3:::cards/*",
    });
    world.change("arn:aws:s3:::cards", "policy", document(json!([statement])));
    find(
        &world.report(),
        &format!("account:{FOREIGN} -can_assume-> reader -can_read-> cards"),
    );
}

#[test]
fn everybody_but_one_is_everybody() {
    let estate = |statements: Value| {
        let mut world = estate();
        world.bucket("site", json!({ "policy": document(statements) }));
        world
    };
    let but = |effect: &str| {
        json!([{
            "Effect": effect, "NotPrincipal": { "AWS": iam("root") }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*",
        }])
    };
    find(&estate(but("Allow")).report(), "internet -can_read-> site");
    none(&estate(but("Deny")).report());
}

/// A bucket that is encrypted with a key which the reader of the bucket may use, or not.
fn encrypted(grants: Value, key_statements: Value) -> World {
    let mut world = estate();
    let key = format!("arn:aws:kms:{REGION}:{OWN}:key/1111");
    world.put(
        "aws_kms_key",
        &key,
        json!({ "key_id": "1111", "policy": document(key_statements), "grants": grants }),
    );
    world.bucket("vault", json!({
        "tags": { "DataClassification": "restricted" },
        "encryption": { "rules": [{ "apply_server_side_encryption_by_default": { "sse_algorithm": "aws:kms", "kms_master_key_id": key } }] },
    }));
    careless(
        &mut world,
        "ann",
        json!([allow("s3:GetObject", "arn:aws:s3:::vault/*")]),
    );
    world
}

fn root_may_everything() -> Value {
    json!([{ "Effect": "Allow", "Principal": { "AWS": iam("root") }, "Action": "kms:*", "Resource": "*" }])
}

#[test]
fn a_grant_on_the_key_opens_what_it_encrypts() {
    let to_ann =
        json!([{ "grant_id": "g-1", "grantee_principal": iam("user/ann"), "operations": ["Decrypt"] }]);
    let to_bob =
        json!([{ "grant_id": "g-1", "grantee_principal": iam("user/bob"), "operations": ["Decrypt"] }]);
    let for_signing =
        json!([{ "grant_id": "g-1", "grantee_principal": iam("user/ann"), "operations": ["Sign"] }]);
    let story = "credentials -holds-> ann -can_read-> vault";
    find(&encrypted(to_ann, root_may_everything()).report(), story);
    for closed in [json!([]), to_bob, for_signing] {
        none(&encrypted(closed, root_may_everything()).report());
    }
}

#[test]
fn a_key_policy_that_names_the_reader_opens_what_it_encrypts() {
    let named = json!([{ "Effect": "Allow", "Principal": { "AWS": iam("user/ann") }, "Action": "kms:Decrypt", "Resource": "*" }]);
    find(
        &encrypted(json!([]), named).report(),
        "credentials -holds-> ann -can_read-> vault",
    );
    let other = json!([{ "Effect": "Allow", "Principal": { "AWS": iam("user/bob") }, "Action": "kms:Decrypt", "Resource": "*" }]);
    none(&encrypted(json!([]), other).report());
}

#[test]
fn a_public_database_snapshot_is_open_to_every_account() {
    let estate = |values: Value| {
        let mut world = estate();
        world.put(
            "aws_db_snapshot",
            &format!("arn:aws:rds:{REGION}:{OWN}:snapshot:orders"),
            json!({
                "snapshot_type": "manual", "kms_key_id": null,
                "attributes": [{ "attribute_name": "restore", "attribute_values": values }],
            }),
        );
        world
    };
    find(&estate(json!(["all"])).report(), "internet -can_read-> orders");
    find(
        &estate(json!(["777788889999"])).report(),
        "account:777788889999 -can_read-> orders",
    );
    none(&estate(json!([])).report());
    none(&estate(json!([OWN])).report());
}

#[test]
fn a_boundary_or_a_control_policy_keeps_a_reader_out() {
    let estate = |twin: Twin, by_organization: bool| {
        let mut world = World::default();
        let denial =
            json!([{ "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*" }]);
        let hardened = twin == Twin::Hardened;
        world.organization(
            &[OWN],
            if hardened && by_organization {
                denial
            } else {
                json!([])
            },
        );
        world.bucket("cards", json!({ "tags": { "DataClassification": "restricted" } }));
        let fence = world.managed("fence", json!([allow("sqs:*", "*")]));
        let boundary = (hardened && !by_organization).then(|| json!({ "permissions_boundary_arn": fence }));
        world.role("web", trust(json!({ "AWS": "arn:aws:iam::777788889999:root" })), json!({
            "role_policy_list": inline(json!([allow("s3:GetObject", "*")])), "permissions_boundary": boundary,
        }));
        world
    };
    for by_organization in [false, true] {
        find(
            &estate(Twin::Vulnerable, by_organization).report(),
            "account:777788889999 -can_assume-> web -can_read-> cards",
        );
        none(&estate(Twin::Hardened, by_organization).report());
    }
}

#[test]
fn a_perimeter_of_the_organization_keeps_strangers_out() {
    let estate = |action: &str, condition: Value| {
        let mut world = estate();
        world.resource_control(json!([{
            "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition,
        }]));
        let everybody =
            json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }]);
        world.bucket("site", json!({ "policy": document(everybody) }));
        world
    };
    let outsiders = json!({ "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } });
    none(&estate("*", outsiders.clone()).report());
    none(&estate("s3:GetObject", outsiders.clone()).report());
    let story = "internet -can_read-> site";
    find(&estate("kms:*", outsiders).report(), story);
    find(
        &estate("s3:*", json!({ "Bool": { "aws:SecureTransport": "false" } })).report(),
        story,
    );
}

/// A public bucket of which nothing tells anything, and what a scanner of data says of it.
fn scanned(view: Value) -> plumb_model::path::PathReport {
    let mut world = estate();
    let everybody = json!([{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::heap/*",
    }]);
    world.bucket("heap", json!({ "policy": document(everybody) }));
    let mut attributes = json!({ "bucket_arn": "arn:aws:s3:::heap", "bucket_name": "heap" });
    for (key, value) in view.as_object().unwrap() {
        attributes[key] = value.clone();
    }
    let uid = format!("arn:aws:macie2:{REGION}:{OWN}:bucket/heap");
    world.put("aws_macie2_bucket", &uid, attributes);
    world.report()
}

#[test]
fn what_was_found_in_a_bucket_tells_how_sensitive_it_is() {
    let told = |view: Value| {
        let report = scanned(view);
        let path = find(&report, "internet -can_read-> heap");
        let label = path.hops[0].to.label.as_deref().unwrap_or_default().to_owned();
        (path.why.to_string(), label, path.risk)
    };
    let (why, label, risk) = told(json!({ "sensitivity_score": 50, "sensitive_data_findings": null }));
    assert_eq!((why.as_str(), label.as_str()), ("holds internal data", ""));
    for (view, expected, expected_label) in [
        (
            json!({ "sensitivity_score": 51 }),
            "holds confidential data: Macie scores it as sensitive",
            "",
        ),
        (
            json!({ "sensitivity_score": 12, "sensitive_data_findings": 1 }),
            "holds confidential data: Macie found sensitive data in it",
            "",
        ),
        (
            json!({ "sensitivity_score": 90, "sensitive_data_findings": 7, "personal_findings": 5 }),
            "holds restricted data (PII): Macie found personal data in it",
            "PII",
        ),
        (
            json!({ "credential_findings": 1, "personal_findings": 5 }),
            "holds restricted data (credentials): Macie found credentials in it",
            "credentials",
        ),
        (
            json!({ "multiple_findings": 1, "financial_findings": 2 }),
            "holds restricted data (financial data): Macie found financial data in it",
            "financial data",
        ),
    ] {
        let (why, label, raised) = told(view);
        assert_eq!((why.as_str(), label.as_str()), (expected, expected_label));
        assert!(raised > risk, "{expected}: {raised} is not above {risk}");
    }
    let unread = json!({ "$unreadable": { "reason": "denied" } });
    let (why, ..) = told(json!({ "sensitivity_score": unread, "personal_findings": unread }));
    assert_eq!(why, "holds internal data");
}
