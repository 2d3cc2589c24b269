//! `AccessList`: what the access control list of an S3 bucket grants beside its policy.
//!
//! Facts: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>.

use std::sync::Arc;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::attribute::{list, text_at};
use crate::policy::{Grant, Origin};
use crate::principal::{Principal, PrincipalKind};
use crate::principal_pattern::PrincipalPattern;
use crate::s3::{PublicAccessBlock, acls_are_disabled};
use crate::truth::Truth;

/// The type that has such lists.
const BUCKET: &str = "aws_s3_bucket";

/// The type that blocks public access for a whole account.
pub const ACCOUNT_BLOCK: &str = "aws_s3_account_public_access_block";

/// What the permissions of a list on a bucket permit; those on its objects stand in lists of their own.
const PERMITS: [(&str, &[&str]); 4] = [
    (
        "READ",
        &[
            "s3:listbucket",
            "s3:listbucketversions",
            "s3:listbucketmultipartuploads",
        ],
    ),
    ("WRITE", &["s3:putobject"]),
    ("READ_ACP", &["s3:getbucketacl"]),
    ("WRITE_ACP", &["s3:putbucketacl"]),
];

/// The actions that lists on buckets permit, as IAM writes them; some are named like no operation.
pub const ACTIONS: [&str; 6] = [
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:PutObject",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
];

/// Actions on objects that the list of an object may permit.
const OF_OBJECTS: [&str; 6] = [
    "s3:getobject",
    "s3:getobjectversion",
    "s3:getobjectacl",
    "s3:getobjectversionacl",
    "s3:putobjectacl",
    "s3:putobjectversionacl",
];

/// Whom an entry of a list is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Grantee {
    Everybody,
    /// Whoever signs a request.
    Authenticated,
    /// An account, by its canonical identifier.
    Other(Text),
}

/// What a list grants beside the policy, to others than the owner.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AccessList {
    entries: Vec<(Grantee, Grant)>,
    /// The canonical identifier of the owner, as far as it was read.
    owner: Option<Text>,
    /// Whether lists count at all, those of objects included.
    counts: Truth,
    /// Why further entries may exist.
    unread: Option<Text>,
}

impl AccessList {
    /// Reads the list of a bucket; `None` for other resources.
    ///
    /// `blocks` are the settings of the account, as documents of the type [`ACCOUNT_BLOCK`].
    pub fn read(bucket: &Resource, blocks: &[&Value]) -> Option<Self> {
        if bucket.resource_type != BUCKET {
            return None;
        }
        let document = bucket.document();
        let is_unread = |name| !matches!(document.get(name), Some(Value::Null | Value::Map(_)));
        let counts = if acls_are_disabled(document) {
            Truth::False
        } else if is_unread("ownership_controls") {
            Truth::Unknown
        } else {
            Truth::True
        };
        let block = blocks.iter().fold(
            PublicAccessBlock::read(document.get("public_access_block")),
            |block, of_account| block.or(PublicAccessBlock::read(of_account.get("public_access_block"))),
        );
        let mut found = Self {
            counts,
            owner: document
                .get("acl")
                .and_then(|acl| acl.get("owner"))
                .and_then(|owner| text_at(owner, "id").ok()),
            ..Self::default()
        };
        if counts == Truth::False {
            return Some(found);
        }
        if counts == Truth::Unknown {
            found.unread = Some(Text::new_static(
                "whether the owner of the bucket owns all objects was not read",
            ));
        }
        found.add_entries(bucket, block.ignore_public_acls);
        Some(found)
    }

    /// What the list grants to a principal; `owner` is the account of the bucket.
    pub fn grants_to(&self, principal: &Principal, owner: &str) -> Vec<Grant> {
        let is_anonymous = principal.kind == PrincipalKind::Anonymous;
        let is_own = principal.account.as_deref() == Some(owner);
        self.entries
            .iter()
            .filter(|(grantee, _)| match grantee {
                Grantee::Everybody => true,
                Grantee::Authenticated => !is_anonymous,
                Grantee::Other(_) => !is_anonymous && !is_own,
            })
            .map(|(_, grant)| grant.clone())
            .collect()
    }

    /// The canonical identifier of the owner, as far as it was read.
    pub fn owner(&self) -> Option<&Text> {
        self.owner.as_ref()
    }

    /// All that the list grants to others than the owner.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.entries.iter().map(|(_, grant)| grant)
    }

    /// What the list grants to other accounts, which are named by their canonical identifiers.
    pub fn of_accounts(&self) -> impl Iterator<Item = (&Text, &Grant)> {
        self.entries.iter().filter_map(|(grantee, grant)| match grantee {
            Grantee::Other(id) => Some((id, grant)),
            Grantee::Everybody | Grantee::Authenticated => None,
        })
    }

    /// Whether lists can permit an action at all, those of objects included.
    pub fn is_about(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let of_bucket = PERMITS
            .iter()
            .any(|(_, actions)| actions.contains(&action.as_str()));
        of_bucket || self.leaves_to_objects(&action)
    }

    /// Why the list may grant more.
    pub fn unread(&self) -> Option<&Text> {
        self.unread.as_ref()
    }

    /// Whether an action on an object may be permitted by the object's own list, which nobody reads.
    pub fn leaves_to_objects(&self, action: &str) -> bool {
        self.counts.is_possible() && OF_OBJECTS.contains(&action.to_ascii_lowercase().as_str())
    }

    fn add_entries(&mut self, bucket: &Resource, ignores_public: Truth) {
        let acl = bucket.get("acl");
        let grants = match acl {
            Some(Value::Map(acl)) => list(acl.get("grants")),
            Some(Value::Null) => Ok(&[][..]),
            None => Err("not collected by the scan".into()),
            Some(other) => list(Some(other)),
        };
        let grants = match grants {
            Ok(grants) => grants,
            Err(why) => {
                self.unread = Some(format!("the access control list was not read: {why}").into());
                return;
            }
        };
        let owner = self.owner.clone();
        for grant in grants {
            let Some(grantee) = grant
                .get("grantee")
                .and_then(|grantee| read_grantee(grantee, owner.as_ref()))
            else {
                continue;
            };
            let is_public = match &grantee {
                Ok(Grantee::Everybody | Grantee::Authenticated) => true,
                Ok(Grantee::Other(_)) | Err(_) => false,
            };
            match (grantee, is_public.then_some(ignores_public)) {
                (_, Some(Truth::True)) => {}
                (_, Some(Truth::Unknown | Truth::Depends)) => {
                    self.unread = Some(Text::new_static(
                        "whether public access control lists count was not read",
                    ));
                }
                (Err(why), _) => {
                    self.unread =
                        Some(format!("an entry of the access control list was not read: {why}").into());
                }
                (Ok(grantee), None | Some(Truth::False)) => {
                    let permission = text_at(grant, "permission").unwrap_or_default();
                    self.entries
                        .push((grantee.clone(), entry(&bucket.uid, &grantee, &permission)));
                }
            }
        }
    }
}

/// The canonical identifier of an account, as the owner of its buckets; several owners tell nothing.
pub(crate) fn canonical_of(resources: &[&Resource]) -> Option<Text> {
    let buckets = resources
        .iter()
        .filter(|resource| resource.resource_type == BUCKET);
    let mut owners = buckets.filter_map(|bucket| text_at(bucket.get("acl")?.get("owner")?, "id").ok());
    let first = owners.next()?;
    owners.all(|owner| owner == first).then_some(first)
}

/// Whom an entry is for; `None` for the owner and for the services' own groups.
fn read_grantee(grantee: &Value, owner: Option<&Text>) -> Option<Result<Grantee, Text>> {
    if let Value::Unreadable(unreadable) = grantee {
        return Some(Err(unreadable.to_string().into()));
    }
    let group = text_at(grantee, "uri").ok();
    if let Some(group) = group.as_deref().and_then(|uri| uri.rsplit('/').next()) {
        return match group {
            "AllUsers" => Some(Ok(Grantee::Everybody)),
            "AuthenticatedUsers" => Some(Ok(Grantee::Authenticated)),
            _ => None,
        };
    }
    if let Some(Value::Unreadable(unreadable)) = grantee.get("id") {
        return Some(Err(unreadable.to_string().into()));
    }
    let id = text_at(grantee, "id").ok()?;
    (Some(&id) != owner).then_some(Ok(Grantee::Other(id)))
}

fn entry(uid: &Text, grantee: &Grantee, permission: &str) -> Grant {
    let actions = PERMITS
        .iter()
        .filter(|(name, _)| *name == permission || permission == "FULL_CONTROL")
        .flat_map(|(_, actions)| *actions);
    let (pattern, whom) = match grantee {
        Grantee::Everybody => (PrincipalPattern::Everyone, "everybody"),
        Grantee::Authenticated => (PrincipalPattern::Everyone, "everybody with an AWS account"),
        Grantee::Other(id) => (PrincipalPattern::CanonicalUser(id.clone()), "another account"),
    };
    Grant {
        origin: Arc::new(Origin {
            holder: uid.clone(),
            policy: format!("access control list: {permission} for {whom}").into(),
            group: None,
        }),
        grantee: pattern,
        actions: actions.map(|action| Text::new_static(action)).collect(),
        condition: None,
    }
}

#[cfg(test)]
mod tests {
    use plumb_model::value::Map;

    use super::*;

    const ALL: &str = r#"{"uri":"http://acs.amazonaws.com/groups/global/AllUsers"}"#;
    const SIGNED: &str = r#"{"uri":"http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}"#;

    fn read(grantee: &str, permission: &str, settings: &str, block: &str) -> AccessList {
        let json = format!(
            r#"{{"acl":{{"owner":{{"id":"own"}},"grants":[{{"grantee":{{"id":"own"}},"permission":"FULL_CONTROL"}},
                {{"grantee":{grantee},"permission":"{permission}"}}]}}{settings}}}"#
        );
        let attributes: Map = serde_json::from_str(&json).unwrap();
        let bucket = Resource::new("arn:aws:s3:::b", BUCKET, "b", "1", "global", attributes);
        let block: Value = serde_json::from_str(block).unwrap();
        AccessList::read(&bucket, &[&block]).unwrap()
    }

    /// The actions that anonymous, a stranger and somebody of the own account are granted.
    fn granted(list: &AccessList) -> [usize; 3] {
        let own = Principal::of_arn("arn:aws:iam::111122223333:user/ann").unwrap();
        [&Principal::anonymous(), &Principal::stranger(), &own].map(|principal| {
            let grants = list.grants_to(principal, "111122223333");
            grants.iter().map(|grant| grant.actions.len()).sum()
        })
    }

    const NO_BLOCK: &str = r#"{"public_access_block":null}"#;
    const OPEN: &str = r#","ownership_controls":null,"public_access_block":null"#;

    #[test]
    fn entries_are_for_groups_and_other_accounts() {
        let list = |grantee: &str, permission: &str| read(grantee, permission, OPEN, NO_BLOCK);
        assert_eq!(granted(&list(ALL, "READ")), [3, 3, 3]);
        assert_eq!(granted(&list(SIGNED, "WRITE")), [0, 1, 1]);
        assert_eq!(granted(&list(ALL, "FULL_CONTROL")), [6, 6, 6]);
        assert_eq!(granted(&list(r#"{"id":"foreign"}"#, "READ_ACP")), [0, 1, 0]);
        assert_eq!(granted(&list(r#"{"id":"own"}"#, "READ")), [0, 0, 0]);
        let logs = r#"{"uri":"http://acs.amazonaws.com/groups/s3/LogDelivery"}"#;
        assert_eq!(granted(&list(logs, "WRITE")), [0, 0, 0]);
        let unread = list(r#"{"$unreadable":{"reason":"denied"}}"#, "READ");
        assert!(unread.unread().is_some() && granted(&unread) == [0, 0, 0]);
    }

    #[test]
    fn settings_switch_lists_off() {
        let enforced = r#","ownership_controls":{"rules":[{"object_ownership":"BucketOwnerEnforced"}]},"public_access_block":null"#;
        let list = read(ALL, "READ", enforced, NO_BLOCK);
        assert_eq!((granted(&list), list.unread()), ([0, 0, 0], None));
        assert!(!list.leaves_to_objects("s3:GetObject"));
        let ignored = r#"{"public_access_block":{"ignore_public_acls":true}}"#;
        let list = read(ALL, "READ", OPEN, ignored);
        assert_eq!((granted(&list), list.unread()), ([0, 0, 0], None));
        assert!(list.leaves_to_objects("s3:GetObject") && !list.leaves_to_objects("s3:ListBucket"));
        // Other accounts are no public.
        assert_eq!(
            granted(&read(r#"{"id":"foreign"}"#, "READ", OPEN, ignored)),
            [0, 3, 0]
        );
    }

    #[test]
    fn what_was_not_read_may_grant() {
        let denied = r#"{"$unreadable":{"reason":"denied"}}"#;
        let unread_block = format!(r#"{{"public_access_block":{denied}}}"#);
        assert!(read(ALL, "READ", OPEN, &unread_block).unread().is_some());
        let unread_ownership = format!(r#","ownership_controls":{denied},"public_access_block":null"#);
        assert!(read(ALL, "READ", &unread_ownership, NO_BLOCK).unread().is_some());
        let attributes: Map =
            serde_json::from_str(&format!(r#"{{"acl":{denied},"ownership_controls":null}}"#)).unwrap();
        let bucket = Resource::new("arn:aws:s3:::b", BUCKET, "b", "1", "global", attributes.clone());
        assert!(AccessList::read(&bucket, &[]).unwrap().unread().is_some());
        let other = Resource::new("q", "aws_sqs_queue", "q", "1", "global", attributes);
        assert_eq!(AccessList::read(&other, &[]), None);
    }
}
