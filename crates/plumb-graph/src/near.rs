//! The names that somebody may have meant who wrote one that does not exist.

/// The longest name that is compared letter by letter, in characters.
const LONGEST: usize = 160;

/// The shortest text of which it means something that a name contains it, in characters.
const SHORTEST_PART: usize = 3;

/// The `most` candidates nearest to `wrong`: those that contain it first, then those with the fewest changed letters.
///
/// Candidates that share next to nothing with it are left out.
pub fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let wrong: String = wrong.to_lowercase().chars().take(LONGEST).collect();
    let enough = (wrong.chars().count() / 2).max(1);
    let mut found: Vec<(usize, &str)> = candidates
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            if wrong.chars().count() >= SHORTEST_PART && lower.contains(&wrong) {
                return Some((0, candidate));
            }
            let changes = changes(&wrong, &lower)?;
            (changes <= enough).then_some((changes, candidate))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(most);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The candidate that `wrong` is a misspelling of: with at most two letters changed, one where it is short.
pub fn misspelt<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong: String = wrong.to_lowercase().chars().take(LONGEST).collect();
    let most = if wrong.chars().count() < 8 { 1 } else { 2 };
    candidates
        .filter_map(|candidate| Some((changes(&wrong, &candidate.to_lowercase())?, candidate)))
        .filter(|(changes, _)| (1..=most).contains(changes))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, removals and replacements between two texts; `None` for texts too different in length to compare.
fn changes(a: &str, b: &str) -> Option<usize> {
    let b: Vec<char> = b.chars().take(LONGEST + 1).collect();
    let length = a.chars().count();
    if b.len() > LONGEST || length.abs_diff(b.len()) > length / 2 + 1 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (position, of_a) in a.chars().enumerate() {
        let mut diagonal = position;
        let mut left = position + 1;
        for (slot, of_b) in row.iter_mut().skip(1).zip(&b) {
            let above = *slot;
            let replaced = diagonal + usize::from(of_a != *of_b);
            left = replaced.min(above + 1).min(left + 1);
            *slot = left;
            diagonal = above;
        }
        if let Some(first) = row.first_mut() {
            *first = position + 1;
        }
    }
    row.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_contains_the_text_comes_before_what_resembles_it() {
        let names = ["ledger", "payments-ledger", "ledgre", "other", "ledge"];
        assert_eq!(
            nearest("ledger", names.into_iter(), 3),
            ["ledger", "payments-ledger", "ledge"]
        );
        assert_eq!(nearest("zzzz", names.into_iter(), 3), [""; 0]);
        assert_eq!(nearest("", names.into_iter(), 3), [""; 0]);
    }

    #[test]
    fn a_misspelling_is_a_letter_or_two() {
        let names = ["GetObject", "GetObjectAcl", "ListBucket"];
        assert_eq!(misspelt("GetObjet", names.into_iter()), Some("GetObject"));
        assert_eq!(misspelt("getobejct", names.into_iter()), Some("GetObject"));
        assert_eq!(misspelt("GetObject", names.into_iter()), None);
        assert_eq!(misspelt("PutBucketPolicy", names.into_iter()), None);
        assert_eq!(misspelt("ec3", ["ec2", "ecs"].into_iter()), Some("ec2"));
    }

    #[test]
    fn long_and_strange_names_cost_little() {
        let long = "x".repeat(1 << 16);
        assert_eq!(
            nearest(&long, [long.as_str(), "x"].into_iter(), 3),
            [long.as_str()]
        );
        assert_eq!(nearest("\u{1F600}", ["\u{1F601}"].into_iter(), 1), ["\u{1F601}"]);
    }
}
