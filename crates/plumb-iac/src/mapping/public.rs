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
use crate::mapping::shape::unknown;

/// The type of buckets; access points block public access by default whatever their age.
const BUCKET: &str = "aws_s3_bucket";
/// Why a default is not known to hold.
const UNDECIDED: &str =
    "it cannot hold beside a policy or list for others, and whether there is one is not known";
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
    let strangers = gives(document, &strangers);
    let others = gives(document, &anybody_else);
    if is_default(places, "public_access_block") {
        settle_block(
            document,
            has_public_policy,
            ["block_public_policy", "restrict_public_buckets"],
        );
        settle_block(document, strangers, ["block_public_acls", "ignore_public_acls"]);
    }
    if is_default(places, "ownership_controls") {
        settle_ownership(document, others);
    }
}

/// Takes the default of settings back that refuse what there is; where it is not known whether there is, they are not known.
fn settle_block(document: &mut Map, is_there: Truth, settings: [&'static str; 2]) {
    let value = match is_there {
        Truth::False => return,
        Truth::True => Value::Bool(false),
        Truth::Depends | Truth::Unknown => unknown(UNDECIDED),
    };
    if let Some(Value::Map(block)) = document.get_mut("public_access_block") {
        for setting in settings {
            block.insert(setting, value.clone());
        }
    }
}

/// The same for whether the owner of the bucket owns all objects.
fn settle_ownership(document: &mut Map, is_there: Truth) {
    let ownership = match is_there {
        Truth::False => return,
        Truth::True => Value::string("ObjectWriter"),
        Truth::Depends | Truth::Unknown => unknown(UNDECIDED),
    };
    let rule: Map = [(Text::new_static("object_ownership"), ownership)]
        .into_iter()
        .collect();
    let rules = Value::List(vec![Value::Map(rule)]);
    let controls: Map = [(Text::new_static("rules"), rules)].into_iter().collect();
    document.insert("ownership_controls", Value::Map(controls));
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

/// Whether the access control list gives something to those that `is_given` looks for; it sees the list and one grantee.
fn gives(document: &Map, is_given: &dyn Fn(&Value, &Value) -> Truth) -> Truth {
    let acl = match document.get("acl") {
        Some(Value::Null) | None => return Truth::False,
        Some(acl @ Value::Map(_)) => acl,
        Some(_) => return Truth::Unknown,
    };
    let grants = match acl.get("grants") {
        Some(Value::Null) | None => return Truth::False,
        Some(Value::List(grants)) => grants,
        Some(_) => return Truth::Unknown,
    };
    let mut given = Truth::False;
    for grant in grants {
        let one = match grant.get("grantee") {
            Some(grantee @ Value::Map(_)) => is_given(acl, grantee),
            _ => Truth::Unknown,
        };
        match one {
            Truth::True => return Truth::True,
            Truth::False => {}
            Truth::Depends | Truth::Unknown => given = Truth::Unknown,
        }
    }
    given
}

fn strangers(_: &Value, grantee: &Value) -> Truth {
    match grantee.get("uri") {
        Some(Value::String(uri)) if STRANGERS.iter().any(|group| uri.ends_with(group)) => Truth::True,
        Some(Value::String(_) | Value::Null) | None => Truth::False,
        Some(_) => Truth::Unknown,
    }
}

/// Everybody but the owner: beside an owner of all objects a list may give nothing to them
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html>).
fn anybody_else(acl: &Value, grantee: &Value) -> Truth {
    let owner = acl.get("owner").and_then(|owner| owner.get("id"));
    match (grantee.get("uri"), grantee.get("id")) {
        (Some(Value::String(_)), _) => Truth::True,
        (None | Some(Value::Null), Some(Value::String(id))) => match owner {
            Some(Value::String(owner)) if owner == id => Truth::False,
            Some(Value::String(_)) => Truth::True,
            _ => Truth::Unknown,
        },
        (None | Some(Value::Null), None | Some(Value::Null)) => Truth::True,
        (_, _) => Truth::Unknown,
    }
}

/// Whether nothing but the mapping says an attribute.
fn is_default(places: &PlaceNode, attribute: &str) -> bool {
    let node = match &places.children {
        Children::Map(nodes) => nodes.get(attribute),
        Children::None | Children::List(_) => None,
    };
    node.is_none_or(|node| node.written == Written::ByDefault)
}
