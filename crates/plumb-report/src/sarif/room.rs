//! How many results a file takes; of more the most severe ones are kept.

use std::collections::BTreeMap;

use plumb_model::verdict::Severity;

/// The most results that code scanning takes; it refuses files with more.
pub(super) const MAX_RESULTS: u64 = 25_000;

/// The room that is left for results.
pub(super) struct Room {
    by_severity: BTreeMap<Severity, u64>,
    /// How many are left out.
    pub(super) left_out: u64,
}

impl Room {
    /// The room for as many results as code scanning takes.
    pub(super) fn of(severities: impl Iterator<Item = Severity>) -> Self {
        Self::within(MAX_RESULTS, severities)
    }

    fn within(most: u64, severities: impl Iterator<Item = Severity>) -> Self {
        let mut by_severity: BTreeMap<Severity, u64> = BTreeMap::new();
        for severity in severities {
            *by_severity.entry(severity).or_default() += 1;
        }
        let (mut room, mut left_out) = (most, 0);
        for count in by_severity.values_mut().rev() {
            let taken = (*count).min(room);
            room -= taken;
            left_out += *count - taken;
            *count = taken;
        }
        Self {
            by_severity,
            left_out,
        }
    }

    /// Whether there is room for one more of a severity, which is then taken.
    pub(super) fn take(&mut self, severity: Severity) -> bool {
        let left = self.by_severity.entry(severity).or_default();
        let has_room = *left > 0;
        *left = left.saturating_sub(1);
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_severe_results_are_left_out_first() {
        use Severity::{Critical, High, Low};
        let all = [Low, High, Low, Critical, High, Low];
        for (most, expected, left_out) in [
            (9, &all[..], 0),
            (6, &all, 0),
            (4, &[Low, High, Critical, High], 2),
            (2, &[High, Critical], 4),
            (0, &[], 6),
        ] {
            let mut room = Room::within(most, all.into_iter());
            let kept: Vec<Severity> = all.into_iter().filter(|severity| room.take(*severity)).collect();
            assert_eq!((kept.as_slice(), room.left_out), (expected, left_out), "{most}");
        }
    }
}
