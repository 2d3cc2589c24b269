//! Patterns of file names: `*`, `?`, classes such as `[a-z]` and alternatives in braces.

use super::arguments::{Take, wrong};

/// How many patterns the alternatives of one pattern can make.
const MAX_PATTERNS: usize = 256;

/// The patterns that a pattern with alternatives such as `{a,b}` stands for.
pub(super) fn alternatives(pattern: &str) -> Take<Vec<String>> {
    let mut patterns = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(pattern) = patterns.pop() {
        let Some((before, rest)) = pattern.split_once('{') else {
            done.push(pattern);
            continue;
        };
        let (inner, after) = rest
            .split_once('}')
            .filter(|(inner, _)| !inner.contains('{'))
            .ok_or_else(|| wrong("the braces of the pattern do not pair"))?;
        patterns.extend(inner.split(',').map(|choice| format!("{before}{choice}{after}")));
        if patterns.len() + done.len() > MAX_PATTERNS {
            return Err(wrong(format!(
                "the pattern has more than {MAX_PATTERNS} alternatives"
            )));
        }
    }
    Ok(done)
}

/// Whether a file's name matches `*`, `?` and classes such as `[a-z]`.
pub(super) fn matches_name(pattern: &str, name: &str) -> Take<bool> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut in_name) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            last_star = Some((at, in_name));
            continue;
        }
        let step = match (pattern.get(at..), name.get(in_name)) {
            (None | Some([]), None) => return Ok(true),
            (Some(pattern), Some(char)) if !pattern.is_empty() => one(pattern, *char)?,
            (None | Some(_), _) => None,
        };
        match (step, last_star) {
            (Some(length), _) => {
                at += length;
                in_name += 1;
            }
            // The last star takes one more character.
            (None, Some((after_star, taken))) if taken < name.len() => {
                at = after_star;
                in_name = taken + 1;
                last_star = Some((after_star, in_name));
            }
            (None, _) => return Ok(false),
        }
    }
}

/// How much of a pattern matches a character.
fn one(pattern: &[char], char: char) -> Take<Option<usize>> {
    match pattern {
        ['?', ..] => Ok(Some(1)),
        ['\\', literal, ..] => Ok((*literal == char).then_some(2)),
        ['[', class @ ..] => {
            let end = class
                .iter()
                .skip(1)
                .position(|char| *char == ']')
                .map(|position| position + 1)
                .ok_or_else(|| wrong("a class of the pattern does not end"))?;
            let mut members = class.get(..end).unwrap_or_default();
            let negated = matches!(members, ['^' | '!', ..]);
            members = members.get(usize::from(negated)..).unwrap_or_default();
            let mut holds = false;
            while let [first, rest @ ..] = members {
                if let ['-', last, rest @ ..] = rest {
                    holds |= (*first..=*last).contains(&char);
                    members = rest;
                } else {
                    holds |= *first == char;
                    members = rest;
                }
            }
            Ok((holds != negated).then_some(end + 2))
        }
        [literal, ..] => Ok((*literal == char).then_some(1)),
        [] => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::matches_name;

    #[test]
    fn names_match_patterns() {
        let cases = [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("*.t?t", "x.txt", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[]]", "]", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*a*b*", "xxaxxbxx", true),
            ("", "a", false),
        ];
        for (pattern, name, expected) in cases {
            let matched = matches_name(pattern, name).expect("a pattern");
            assert_eq!(matched, expected, "{pattern} {name}");
        }
    }
}
