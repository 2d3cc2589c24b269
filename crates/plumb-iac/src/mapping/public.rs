//! What S3 makes of the policy and the access control list that code gives a bucket.
//!
//! Whether a policy is public is S3's own judgement, which AWS documents, and which defaults of a new bucket cannot hold beside what
//! code declares follows from what S3 refuses: blocked public access refuses a public policy or list, and a bucket whose owner owns
//! all objects refuses lists
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>).

use plumb_iam::document::PolicyDocument;
use plumb_iam::s3::policy_is_public;
use plumb_iam::truth::Truth;
use plumb_model::value::{Map, Text, Value};

use crate::mapping::places::{Children, PlaceNode, Written};

/// The type of buckets; access points block public access by default whatever their age.
const BUCKET: &str = "aws_s3_bucket";
/// The groups of strangers in an access control list.
const STRANGERS: [&str; 2] = ["/AllUsers", "/AuthenticatedUsers"];

/// Puts in whether the policy is public where the document asks for it, and takes defaults back that cannot hold.
pub(super) fn settle(resource_type: &str, document: &mut Value, places: &PlaceNode) {
    let Value::Map(document) = document else { return };
    let has_public_policy = has_public_policy(document);
    if let (Some(Value::Map(status)), Some(is_public)) =
        (document.get_mut("policy_status"), known(has_public_policy))
        && matches!(status.get("is_public"), Some(Value::Unreadable(_)))
    {
        status.insert("is_public", is_public);
    }
    if resource_type != BUCKET {
        return;
    }
    if has_public_policy == Truth::True && is_default(places, "public_access_block") {
        switch_off(document, ["block_public_policy", "restrict_public_buckets"]);
    }
    if has_public_list(document) {
        if is_default(places, "public_access_block") {
            switch_off(document, ["block_public_acls", "ignore_public_acls"]);
        }
        if is_default(places, "ownership_controls") {
            let rule: Map = [(
                Text::new_static("object_ownership"),
                Value::string("ObjectWriter"),
            )]
            .into_iter()
            .collect();
            let rules = Value::List(vec![Value::Map(rule)]);
            let controls: Map = [(Text::new_static("rules"), rules)].into_iter().collect();
            document.insert("ownership_controls", Value::Map(controls));
        }
    }
}

/// Whether S3 takes the policy for a public one; unknown where parts of it that matter are.
fn has_public_policy(document: &Map) -> Truth {
    match document.get("policy") {
        Some(policy @ Value::Map(_)) => policy_is_public(&PolicyDocument::read(policy).value),
        Some(Value::Null) | None => Truth::False,
        Some(_) => Truth::Unknown,
    }
}

fn known(truth: Truth) -> Option<bool> {
    match truth {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Depends | Truth::Unknown => None,
    }
}

/// Whether the access control list surely gives something to strangers.
fn has_public_list(document: &Map) -> bool {
    let grants = document.get("acl").and_then(|acl| acl.get("grants"));
    let grants = grants.and_then(Value::as_list).unwrap_or_default();
    let uris = grants
        .iter()
        .filter_map(|grant| grant.get("grantee")?.get("uri")?.as_str());
    uris.into_iter()
        .any(|uri| STRANGERS.iter().any(|group| uri.ends_with(group)))
}

/// Whether nothing but the mapping says an attribute.
fn is_default(places: &PlaceNode, attribute: &str) -> bool {
    let node = match &places.children {
        Children::Map(nodes) => nodes.get(attribute),
        Children::None | Children::List(_) => None,
    };
    node.is_none_or(|node| node.written == Written::ByDefault)
}

fn switch_off(document: &mut Map, settings: [&'static str; 2]) {
    if let Some(Value::Map(block)) = document.get_mut("public_access_block") {
        for setting in settings {
            block.insert(setting, false);
        }
    }
}
