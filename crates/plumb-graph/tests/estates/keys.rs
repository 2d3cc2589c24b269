//! Keys: what is encrypted is read by those whom its key admits too.

use plumb_model::path::{Certainty, EdgeKind};
use serde_json::{Value, json};

use crate::world::{FOREIGN, OTHER, OWN, REGION, World, allow, document, edges, iam, inline};

const CARDS: &str = "arn:aws:s3:::cards";

fn key_arn() -> String {
    format!("arn:aws:kms:{REGION}:{OWN}:key/1111")
}

/// Default encryption with KMS by a key, or by the one of the service.
fn by_kms(key: Value) -> Value {
    json!({ "rules": [{ "apply_server_side_encryption_by_default": { "sse_algorithm": "aws:kms", "kms_master_key_id": key } }] })
}

/// The bucket `cards`, open to everybody, with user `ann` of its account and role `guest` of another, who may read everything.
fn shared(encryption: Value) -> World {
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    let everything = json!([allow("*", "*")]);
    world.user("ann", json!({ "user_policy_list": inline(everything.clone()) }));
    let nobody = json!([{ "Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*" }]);
    world.role_in(
        OTHER,
        "guest",
        document(nobody),
        json!({ "role_policy_list": inline(everything) }),
    );
    let policy = json!([{
        "Effect": "Allow", "Principal": { "AWS": ["*", OTHER, FOREIGN] }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*",
    }]);
    world.bucket(
        "cards",
        json!({ "policy": document(policy), "encryption": encryption }),
    );
    world
}

fn with_key(attributes: Value) -> World {
    let mut world = shared(by_kms(json!(key_arn())));
    let mut key = json!({ "key_manager": "CUSTOMER", "key_state": "Enabled", "grants": [] });
    for (name, value) in attributes.as_object().unwrap() {
        key[name] = value.clone();
    }
    world.put("aws_kms_key", &key_arn(), key);
    world
}

fn kms_policy(principal: &str) -> Value {
    document(
        json!([{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" }]),
    )
}

/// How surely ann, the guest, the foreign account and the internet read the bucket.
fn readers(world: &World) -> [Option<Certainty>; 4] {
    let assembled = world.assemble();
    let guest = format!("arn:aws:iam::{OTHER}:role/guest");
    let foreign = format!("account:{FOREIGN}");
    [iam("user/ann").as_str(), &guest, &foreign, "internet"].map(|from| {
        let found = edges(&assembled.graph, from, CARDS);
        found
            .iter()
            .filter(|edge| edge.step.kind == EdgeKind::CanRead)
            .map(|edge| edge.step.certainty)
            .min()
    })
}

#[test]
fn the_key_of_the_service_serves_its_own_account_alone() {
    use Certainty::{Certain, Possible};
    let everybody = [Some(Certain); 4];
    assert_eq!(readers(&shared(Value::Null)), everybody);
    let own_key =
        json!({ "rules": [{ "apply_server_side_encryption_by_default": { "sse_algorithm": "AES256" } }] });
    assert_eq!(readers(&shared(own_key)), everybody);
    let at_home = [Some(Certain), None, None, None];
    assert_eq!(readers(&shared(by_kms(Value::Null))), at_home);
    assert_eq!(readers(&shared(by_kms(json!("alias/aws/s3")))), at_home);
    // The key itself, of which no policy can be changed.
    let managed = json!({ "key_manager": "AWS", "policy": null });
    assert_eq!(readers(&with_key(managed)), at_home);
    let unread = [Some(Certain), Some(Possible), Some(Possible), Some(Possible)];
    let unknown_key = json!({ "rules": [{ "apply_server_side_encryption_by_default": {
        "sse_algorithm": { "$unreadable": { "reason": "denied" } } } }] });
    assert_eq!(readers(&shared(unknown_key)), unread);
}

#[test]
fn a_key_with_a_policy_admits_whom_it_names() {
    use Certainty::Certain;
    let root = || json!({ "policy": kms_policy(&iam("root")) });
    assert_eq!(readers(&with_key(root())), [Some(Certain), None, None, None]);
    let guest = json!({ "policy": kms_policy(OTHER) });
    // It leaves ann's account out.
    assert_eq!(readers(&with_key(guest)), [None, Some(Certain), None, None]);
    let everybody = json!({ "policy": kms_policy("*") });
    // Without credentials nobody is answered by KMS, but whoever has an account of their own is.
    assert_eq!(readers(&with_key(everybody)), [Some(Certain); 4]);
}

#[test]
fn only_decryption_reads_what_a_key_encrypts() {
    let policy = document(json!([
        { "Effect": "Allow", "Principal": { "AWS": iam("root") }, "Action": "kms:ReEncrypt*", "Resource": "*" },
    ]));
    assert_eq!(readers(&with_key(json!({ "policy": policy }))), [None; 4]);
}

#[test]
fn another_name_of_a_key_leads_to_its_policy() {
    let queue = format!("arn:aws:sqs:{REGION}:{OWN}:orders");
    let reads = |alias: &str, target: &str| {
        let mut world = with_key(json!({ "key_id": "1111", "policy": kms_policy(&iam("user/bob")) }));
        let uid = format!("arn:aws:kms:{REGION}:{OWN}:{alias}");
        world.put(
            "aws_kms_alias",
            &uid,
            json!({ "alias_name": alias, "alias_arn": uid, "target_key_id": target }),
        );
        world.change(&uid, "name", json!(alias));
        world.put(
            "aws_sqs_queue",
            &queue,
            json!({ "policy": null, "kms_master_key_id": alias }),
        );
        let assembled = world.assemble();
        let found = edges(&assembled.graph, &iam("user/ann"), &queue);
        found
            .iter()
            .filter(|edge| edge.step.kind == EdgeKind::CanRead)
            .map(|edge| edge.step.certainty)
            .min()
    };
    assert_eq!(reads("alias/orders", "1111"), None);
    assert_eq!(reads("alias/orders", "gone"), Some(Certainty::Possible));
    assert_eq!(reads("alias/aws/sqs", "gone"), Some(Certainty::Certain));
}

#[test]
fn a_key_that_is_not_enabled_decrypts_nothing_as_it_is() {
    for state in ["Disabled", "PendingDeletion", "PendingImport", "Unavailable"] {
        let world = with_key(json!({ "key_state": state, "policy": kms_policy(&iam("root")) }));
        assert_eq!(
            readers(&world),
            [Some(Certainty::Conditional), None, None, None],
            "{state}"
        );
        let assembled = world.assemble();
        let found = edges(&assembled.graph, &iam("user/ann"), CARDS);
        let said = found.iter().flat_map(|edge| &edge.step.conditions);
        assert!(
            said.clone().any(|clause| clause.contains("enabled again")),
            "{state}"
        );
    }
    let world = with_key(json!({ "key_state": "Updating", "policy": kms_policy(&iam("root")) }));
    assert_eq!(readers(&world), [Some(Certainty::Certain), None, None, None]);
}

#[test]
fn secrets_of_the_key_of_the_service_stay_in_the_account() {
    let secret = format!("arn:aws:secretsmanager:{REGION}:{OWN}:secret:token-AbCdEf");
    let outside = |key: Value| {
        let mut world = shared(Value::Null);
        world.put(
            "aws_kms_key",
            &key_arn(),
            json!({ "key_state": "Enabled", "grants": [], "policy": kms_policy(FOREIGN) }),
        );
        let policy = json!([{ "Effect": "Allow", "Principal": { "AWS": FOREIGN }, "Action": "secretsmanager:*", "Resource": "*" }]);
        world.put(
            "aws_secretsmanager_secret",
            &secret,
            json!({ "policy": document(policy), "kms_key_id": key }),
        );
        let assembled = world.assemble();
        let found = edges(&assembled.graph, &format!("account:{FOREIGN}"), &secret);
        found.iter().any(|edge| edge.step.kind == EdgeKind::CanRead)
    };
    assert!(!outside(Value::Null));
    assert!(outside(json!(key_arn())));
}
