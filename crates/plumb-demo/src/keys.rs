//! The keys that encrypt.

use plumb_model::value::{Text, Value};

use crate::account::AccountBuilder;
use crate::document::{list, map};

/// The key that the account's data in a region is encrypted with: its policy leaves permission to IAM.
pub(crate) fn data_key(builder: &mut AccountBuilder, region: &'static str) -> Text {
    let statements = vec![delegation(builder)];
    add(builder, region, statements)
}

/// Adds a key that stands by itself. Some admit named roles; a few admit everybody.
pub(crate) fn key(builder: &mut AccountBuilder) {
    let (region, account) = (builder.region(), builder.id.clone());
    if builder.random.basis_points(600) {
        let open =
            map! { "Effect": "Allow", "Principal": map! { "AWS": "*" }, "Action": "kms:*", "Resource": "*" };
        add(builder, region, vec![open]);
        return;
    }
    let mut statements = vec![delegation(builder)];
    if builder.random.percent(30) {
        statements.push(map! {
            "Sid": "Application", "Effect": "Allow", "Action": list!["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
            "Principal": map! { "AWS": format!("arn:aws:iam::{account}:role/{}-app", builder.team) },
        });
    }
    add(builder, region, statements);
}

/// The statement that lets IAM policies of the account decide.
fn delegation(builder: &AccountBuilder) -> Value {
    map! {
        "Sid": "Account", "Effect": "Allow", "Principal": map! { "AWS": format!("arn:aws:iam::{}:root", builder.id) },
        "Action": "kms:*", "Resource": "*",
    }
}

fn add(builder: &mut AccountBuilder, region: &'static str, statements: Vec<Value>) -> Text {
    let (account, serial) = (builder.id.clone(), builder.serial());
    let digits = builder.random.hex(24);
    let mut key = format!("{serial:08x}");
    for part in [
        digits.get(..4),
        digits.get(4..8),
        digits.get(8..12),
        digits.get(12..),
    ] {
        key.push('-');
        key.push_str(part.unwrap_or_default());
    }
    let arn = format!("arn:aws:kms:{region}:{account}:key/{key}");
    let (rotated, tags) = (builder.right(65), builder.tags());
    builder.add(
        "aws_kms_key",
        arn.clone(),
        &key,
        region,
        map! {
            "arn": arn.as_str(), "key_id": key.as_str(), "aws_account_id": account, "key_manager": "CUSTOMER", "key_spec": "SYMMETRIC_DEFAULT",
            "key_usage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS", "key_state": "Enabled", "enabled": true, "multi_region": false,
            "key_rotation_enabled": rotated, "policy": map! { "Version": "2012-10-17", "Statement": statements }, "tags": tags,
        },
    );
    Text::from(arn)
}
