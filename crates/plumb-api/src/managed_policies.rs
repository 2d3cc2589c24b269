//! `ManagedPolicies`: the IAM policies that AWS itself keeps, the same in every account, as its API answers them.
//!
//! Code attaches them by name or ARN without saying what is in them. They are told here with the version that was current
//! when the file was made; AWS changes them without asking, so a document that was read from an account counts before these.

use std::ops::Range;
use std::sync::LazyLock;

use lz4_flex::block::decompress;
use plumb_model::value::{Map, Text, Value};

use crate::format::Fields;

static AWS_MANAGED_POLICIES: &[u8] = include_bytes!("../models/aws_managed_policies.bin");

/// The layout of `models/aws_managed_policies.bin`, shared with its writer (`cargo xtask managed-policies`).
///
/// Integers and texts are those of [`crate::format`]. The file is
///
/// ```text
/// MAGIC, version, text: where the policies come from,
/// raw length and compressed length of the texts, texts, raw length and compressed length of the policies, policies
/// ```
///
/// Texts and policies are an LZ4 block each. The texts are sorted: their number, then each as the number of bytes that it
/// shares with the one before, and a text with the rest. A policy is its name, path, version, date of that version, and a
/// record with the document; policies are sorted by name. A value of a document begins with its [`tag`]: a text is its
/// position; a list of texts is their number and the distances of their positions, which only grow; a list is its number
/// and its values; a map is its number and positions of keys with values. Statements are without their `Sid`, and lists of
/// texts, which are sets wherever policies have them, are sorted.
pub mod layout {
    /// The first bytes of the file.
    pub const MAGIC: &[u8; 4] = b"PLMP";
    /// Raised whenever the layout changes.
    pub const VERSION: u32 = 1;

    /// What a value is.
    pub mod tag {
        #![allow(missing_docs, reason = "each constant is the kind of its name")]
        pub const FALSE: u32 = 0;
        pub const TRUE: u32 = 1;
        pub const TEXT: u32 = 2;
        pub const TEXTS: u32 = 3;
        pub const LIST: u32 = 4;
        pub const MAP: u32 = 5;
    }
}

/// How deeply documents nest: statements, conditions, operators, keys, values.
const MAX_DEPTH: usize = 8;

/// The policies that AWS keeps and that can be attached to users, groups and roles.
#[derive(Debug)]
pub struct ManagedPolicies {
    source: Text,
    texts: Texts,
    policies: Vec<ManagedPolicy>,
    documents: Vec<u8>,
}

/// A policy that AWS keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its name, for example `AmazonS3ReadOnlyAccess`.
    pub name: Text,
    /// Its path, for example `/service-role/`.
    pub path: Text,
    /// The version in force, for example `v3`.
    pub version: Text,
    /// When that version was made, in RFC 3339.
    pub updated: Text,
    document: Range<usize>,
}

impl ManagedPolicies {
    /// Those of the partition `aws`.
    ///
    /// Other partitions have policies of the same names whose documents may differ.
    pub fn aws() -> &'static Self {
        static POLICIES: LazyLock<ManagedPolicies> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the embedded file is checked by a test")]
            ManagedPolicies::read(AWS_MANAGED_POLICIES).expect("the embedded managed policies are sound")
        });
        &POLICIES
    }

    /// Where they come from, for people.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The date of the youngest of them: younger versions and policies are not known.
    pub fn as_of(&self) -> &str {
        let dates = self.policies.iter().map(|policy| policy.updated.as_str());
        dates.max().and_then(|date| date.get(..10)).unwrap_or_default()
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> &[ManagedPolicy] {
        &self.policies
    }

    /// The policy of a name.
    pub fn named(&self, name: &str) -> Option<&ManagedPolicy> {
        let found = self
            .policies
            .binary_search_by(|policy| policy.name.as_str().cmp(name));
        self.policies.get(found.ok()?)
    }

    /// The policy of an ARN.
    pub fn of_arn(&self, arn: &str) -> Option<&ManagedPolicy> {
        let path_and_name = arn.strip_prefix(ARN_PREFIX)?;
        let name_at = path_and_name.rfind('/').map_or(0, |slash| slash + 1);
        let (path, name) = path_and_name.split_at_checked(name_at)?;
        self.named(name)
            .filter(|policy| policy.path.strip_prefix('/') == Some(path))
    }

    /// What a policy says; null where the file is damaged.
    pub fn document(&self, policy: &ManagedPolicy) -> Value {
        let bytes = self.documents.get(policy.document.clone()).unwrap_or_default();
        self.value(&mut Fields::new(bytes), MAX_DEPTH).unwrap_or_default()
    }

    fn read(file: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(file);
        if fields.bytes(layout::MAGIC.len())? != layout::MAGIC || fields.varint()? != layout::VERSION {
            return None;
        }
        let source = Text::from(fields.text()?);
        let texts = Texts::read(&block(&mut fields)?)?;
        let documents = block(&mut fields)?;
        let mut rest = Fields::new(&documents);
        let mut policies = Vec::new();
        for _ in 0..rest.size()? {
            let mut text = || rest.text().map(Text::from);
            let (name, path, version, updated) = (text()?, text()?, text()?, text()?);
            let size = rest.size()?;
            let start = documents.len().checked_sub(rest.remaining())?;
            rest.bytes(size)?;
            policies.push(ManagedPolicy {
                name,
                path,
                version,
                updated,
                document: start..start.checked_add(size)?,
            });
        }
        let is_sorted = policies.is_sorted_by(|a, b| a.name < b.name);
        (is_sorted && rest.is_empty() && fields.is_empty()).then_some(Self {
            source,
            texts,
            policies,
            documents,
        })
    }

    fn value(&self, fields: &mut Fields<'_>, depth: usize) -> Option<Value> {
        use layout::tag;
        let deeper = depth.checked_sub(1)?;
        let text = |position| Some(Text::from(self.texts.get(position)?));
        Some(match fields.varint()? {
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::TEXT => Value::String(text(fields.size()?)?),
            tag::TEXTS => {
                let mut position = 0_usize;
                let texts = (0..fields.size()?).map(|_| {
                    position = position.checked_add(fields.size()?)?;
                    text(position).map(Value::String)
                });
                Value::List(texts.collect::<Option<_>>()?)
            }
            tag::LIST => {
                let items = (0..fields.size()?).map(|_| self.value(fields, deeper));
                Value::List(items.collect::<Option<_>>()?)
            }
            tag::MAP => {
                let entries = (0..fields.size()?).map(|_| {
                    let key = text(fields.size()?)?;
                    Some((key, self.value(fields, deeper)?))
                });
                Value::Map(entries.collect::<Option<Map>>()?)
            }
            _ => return None,
        })
    }
}

/// How the ARNs of all policies begin that AWS keeps.
const ARN_PREFIX: &str = "arn:aws:iam::aws:policy/";

impl ManagedPolicy {
    /// Its ARN.
    pub fn arn(&self) -> String {
        let path = self.path.strip_prefix('/').unwrap_or_default();
        format!("{ARN_PREFIX}{path}{}", self.name)
    }

    /// How many bytes its condensed document has.
    pub fn size(&self) -> usize {
        self.document.len()
    }
}

fn block(fields: &mut Fields<'_>) -> Option<Vec<u8>> {
    let size = fields.size()?;
    let packed_size = fields.size()?;
    decompress(fields.bytes(packed_size)?, size)
        .ok()
        .filter(|unpacked| unpacked.len() == size)
}

/// The texts of all documents, one after the other.
#[derive(Debug)]
struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let mut texts = Self {
            all: String::new(),
            ends: Vec::new(),
        };
        let mut last: Range<usize> = 0..0;
        for _ in 0..fields.size()? {
            let shared = fields.size()?;
            let start = texts.all.len();
            let common = last.start..last.start.checked_add(shared).filter(|end| *end <= last.end)?;
            texts.all.get(common.clone())?;
            texts.all.extend_from_within(common);
            texts.all.push_str(fields.text()?);
            last = start..texts.all.len();
            texts.ends.push(last.end);
        }
        fields.is_empty().then_some(texts)
    }

    fn get(&self, position: usize) -> Option<&str> {
        let end = *self.ends.get(position)?;
        let start = match position.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.all.get(start..end)
    }
}
