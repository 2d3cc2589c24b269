//! "Did you mean": the known name nearest to a misspelt one, and glob patterns over names.

/// The candidate nearest to `name` by edit distance, when it is near enough to be meant.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name: Vec<char> = name
        .chars()
        .take(MAX_CHARS)
        .flat_map(char::to_lowercase)
        .collect();
    let allowed = 1 + name.len() / 4;
    candidates
        .into_iter()
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The sentence "did you mean `x`?", when there is a near candidate.
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Whether `text` matches a pattern in which `*` stands for any text and `?` for one character, ignoring ASCII case.
///
/// Linear in the product of the lengths at worst; no recursion.
pub(crate) fn glob_matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while from < text.len() {
        match (pattern.get(at), text.get(from)) {
            (Some('*'), _) => {
                retry = Some((at + 1, from));
                at += 1;
            }
            (Some(wanted), Some(found)) if *wanted == '?' || wanted.eq_ignore_ascii_case(found) => {
                at += 1;
                from += 1;
            }
            _ => match retry {
                Some((after_star, start)) => {
                    retry = Some((after_star, start + 1));
                    at = after_star;
                    from = start + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

const MAX_CHARS: usize = 80;

/// Edits (insert, delete, replace, swap of neighbours) between two texts, case ignored.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().take(MAX_CHARS).flat_map(char::to_lowercase).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (cell(&last, j) + usize::from(from != to))
                .min(cell(&last, j + 1) + 1)
                .min(cell(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                best = best.min(cell(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["sse_algorithm", "kms_master_key_id", "rules"];
        for (name, expected) in [
            ("sse_algoritm", Some("sse_algorithm")),
            ("SSEAlgorithm", Some("sse_algorithm")),
            ("kms_key", None),
            ("ruels", Some("rules")),
            ("Rules", Some("rules")),
            ("policy", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
    }

    #[test]
    fn globs_match_whole_names() {
        for (pattern, text, expected) in [
            ("s3-*", "s3-bucket", true),
            ("*", "", true),
            ("s3-*-required", "s3-bucket-encryption-required", true),
            ("s3", "s3-bucket", false),
            ("S?-*", "s3-x", true),
            ("*a*b*c", "aaabbbccc", true),
            ("*a*b*d", "aaabbbccc", false),
            ("", "a", false),
        ] {
            assert_eq!(glob_matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
