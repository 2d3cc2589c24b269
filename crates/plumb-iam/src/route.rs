//! `Route`: one way to a permission through the layers, all of whose parts must permit.

use crate::answer::{Layer, StatementRef};
use crate::layer::{Hit, Verdict};
use crate::principal_pattern::Named;
use crate::truth::Truth;

/// All ways in which a resource policy can name a requester.
pub(crate) const EVERY_WAY: [Named; 4] = [
    Named::Directly,
    Named::AsEveryone,
    Named::ByRole,
    Named::ByAccount,
];

/// One layer's share in a permission; in a resource policy only some ways of naming the requester count.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) verdict: &'a Verdict,
    pub(crate) counts: Option<&'static [Named]>,
}

impl<'a> Part<'a> {
    fn counts(self, hit: &Hit) -> bool {
        match (self.counts, hit.named) {
            (Some(counts), Some(named)) => counts.contains(&named),
            (None, _) | (Some(_), None) => true,
        }
    }

    pub(crate) fn truth(self) -> Truth {
        self.verdict.allow(|hit| self.counts(hit))
    }

    pub(crate) fn hits(self) -> impl Iterator<Item = &'a Hit> {
        self.verdict.allows.iter().filter(move |hit| self.counts(hit))
    }
}

/// A way to a permission: all its parts must permit.
pub(crate) struct Route<'a>(pub(crate) Vec<Part<'a>>);

impl Route<'_> {
    pub(crate) fn truth(&self) -> Truth {
        self.0
            .iter()
            .map(|part| part.truth())
            .fold(Truth::True, Truth::and)
    }
}

/// The permitting statements of the principal's own policies and of the resource; certain ones where there are any.
pub(crate) fn statements(routes: &[Route<'_>]) -> Vec<StatementRef> {
    let mut statements = Vec::new();
    for part in routes.iter().flat_map(|route| &route.0) {
        let truth = part.truth();
        let deciding = part
            .hits()
            .filter(|hit| hit.truth == truth)
            .map(|hit| &hit.statement);
        statements.extend(
            deciding
                .filter(|statement| {
                    matches!(statement.layer, Layer::Identity | Layer::Resource | Layer::Grant)
                })
                .cloned(),
        );
    }
    statements
}
