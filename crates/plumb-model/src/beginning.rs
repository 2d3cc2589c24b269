//! `Beginning`: what is known of a text that is not known to its end.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::value::Text;

/// The known beginning of a text; empty where nothing is known. Why something is not known is the same whatever it begins with.
#[derive(Clone, Debug, Default)]
pub struct Beginning(pub Text);

impl PartialEq for Beginning {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Beginning {}

impl Ord for Beginning {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl PartialOrd for Beginning {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Beginning {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
