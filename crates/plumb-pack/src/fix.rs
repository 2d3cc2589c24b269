//! `Fix`: how code is corrected so that a policy passes; `docs/specs/mapping.md` describes the files.

use std::collections::BTreeMap;

use plumb_model::value::{Text, Value};

use crate::mapping::Language;

/// All fixes of a pack.
#[derive(Clone, Debug, Default)]
pub struct Fixes(pub(crate) BTreeMap<(Text, Language, Text), Vec<Fix>>);

impl Fixes {
    /// The ways in which a block of a type is corrected for a policy, the first that fits is to be taken.
    pub fn of(&self, policy: &str, language: Language, block: &str) -> &[Fix] {
        self.0
            .get(&(Text::from(policy), language, Text::from(block)))
            .map_or(&[], Vec::as_slice)
    }

    /// All of them with policy, language and type of block, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&(Text, Language, Text), &Vec<Fix>)> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How a block is corrected.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// An argument or nested block that the block must have for this to be the way; in templates a path of properties.
    pub has: Option<Text>,
    /// Values that arguments must have, by their paths; a step goes into a nested block.
    pub set: Vec<(Vec<Text>, Value)>,
    /// A block to stand behind it: text in which `{block}` is the address of the block and `{label}` its name.
    pub add: Option<Text>,
    /// What applying it does beside, when it is not safe to apply without a look: "Terraform replaces the database".
    pub caution: Option<Text>,
}
