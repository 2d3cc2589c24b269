//! Where findings come from: from what a rule looked at to the place in code.

use plumb_model::code::{CodePlace, CodeSpot};
use plumb_model::finding::Evidence;
use plumb_model::value::Text;
use plumb_pack::recipe::Step;

use crate::mapping::{Found, Origin, Places};
use crate::place::{Place, Sources};

/// The most lines of an excerpt.
const MAX_LINES: usize = 4;
/// The most characters of a line in an excerpt.
const MAX_WIDTH: usize = 160;
/// The same where what is meant stands behind them; what stands even farther behind is not shown.
const MAX_REACH: usize = 2000;

/// The place in code that a finding comes from: the attribute that was looked at, or the block that lacks it; with the
/// blocks that it may be corrected in, the nearest first.
pub fn spot<'p>(
    sources: &Sources,
    places: &'p Places,
    evidence: Option<&Evidence>,
) -> (CodeSpot, Vec<&'p Origin>) {
    let looked_at: Vec<Vec<Step>> = evidence
        .iter()
        .flat_map(|evidence| &evidence.observed)
        .filter_map(|observed| path_in(&observed.expression))
        .collect();
    let (found, path) = deciding(places, &looked_at);
    let lacking = found.depth == 0 || found.depth < path.len() && found.at == found.origin.head;
    let place = if found.depth == 0 {
        places.origin.head
    } else {
        found.at
    };
    let spot = CodeSpot {
        place: place_of(sources, place),
        attribute: Text::from(shown(&path)),
        lacking,
        set_at: found
            .set
            .filter(|set| !place.holds(*set))
            .map(|set| place_of(sources, set)),
        also: also(sources, places, evidence),
        excerpt: match holds_secrets(evidence) {
            true => heading(excerpt(sources, place)),
            false => excerpt(sources, place),
        },
        fix: None,
    };
    let own: &Origin = &places.origin;
    let origins = if found.origin == own {
        vec![own]
    } else {
        vec![found.origin, own]
    };
    (spot, origins)
}

/// Where else something decides likewise; what may be anywhere is the block.
fn also(sources: &Sources, places: &Places, evidence: Option<&Evidence>) -> Vec<CodePlace> {
    let mut found: Vec<Place> = evidence
        .iter()
        .flat_map(|evidence| &evidence.also)
        .map(|looked_at| {
            let paths: Vec<Vec<Step>> = looked_at
                .iter()
                .filter_map(|looked_at| path_in(looked_at))
                .collect();
            deciding(places, &paths).0.at
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    let found = found.into_iter();
    found.map(|place| place_of(sources, place)).collect()
}

/// Of the paths that were looked at and are written the one that is told most exactly, the first of equals; where several
/// arguments of one block are equal, the block.
fn deciding<'p>(places: &'p Places, looked_at: &[Vec<Step>]) -> (Found<'p>, Vec<Step>) {
    let found: Vec<(Found<'p>, &Vec<Step>)> =
        looked_at.iter().map(|path| (places.find(path), path)).collect();
    let deepest = found.iter().map(|(found, _)| found.depth).max().unwrap_or(0);
    let mut equals = found.into_iter().filter(|(found, _)| found.depth == deepest);
    let Some((first, path)) = equals.next() else {
        return (places.find(&[]), Vec::new());
    };
    let others: Vec<&Vec<Step>> = equals
        .filter(|(found, _)| found.at != first.at)
        .map(|(_, path)| path)
        .collect();
    let shared = |other: &&Vec<Step>| {
        let same = path.iter().zip(other.iter());
        same.take_while(|(ours, theirs)| ours == theirs).count()
    };
    let block = others
        .iter()
        .map(shared)
        .min()
        .and_then(|length| path.get(..length));
    if let Some(block) = block.filter(|block| !block.is_empty()) {
        let found = places.find(block);
        if found.depth == block.len() {
            return (found, block.to_vec());
        }
    }
    (first, path.clone())
}

/// Lines and columns of a place.
pub fn place_of(sources: &Sources, place: Place) -> CodePlace {
    let Some(source) = sources.get(place.file) else {
        return CodePlace {
            file: Text::default(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
        };
    };
    let (line, column) = sources.line_and_column(place.file, place.range().start);
    let (end_line, end_column) = sources.line_and_column(place.file, place.range().end);
    CodePlace {
        file: Text::from(source.name.as_str()),
        line,
        column,
        end_line,
        end_column,
    }
}

/// Whether a finding is about secrets, which are shown nowhere.
fn holds_secrets(evidence: Option<&Evidence>) -> bool {
    evidence
        .iter()
        .flat_map(|evidence| &evidence.observed)
        .any(|observed| observed.expression.contains(".secrets"))
}

/// The first of some lines, as far as it tells no value.
fn heading(lines: Vec<Text>) -> Vec<Text> {
    let first = lines.into_iter().next();
    let cut = first.map(|line| {
        let end = line.find(['=', ':', '{', '<']).map_or(line.len(), |at| at + 1);
        let kept = line.get(..end).unwrap_or_default();
        let hidden = line.chars().count().saturating_sub(kept.chars().count());
        Text::from(format!("{kept}{}", if hidden > 0 { " ***" } else { "" }))
    });
    cut.into_iter().collect()
}

/// The first lines of a place, cut to a readable width, without secrets.
fn excerpt(sources: &Sources, place: Place) -> Vec<Text> {
    let Some(source) = sources.shown(place.file) else {
        return Vec::new();
    };
    let text = &source.text;
    let range = place.range();
    if range.is_empty() {
        // What is written in plans and states has no place in them.
        return Vec::new();
    }
    let before = text.get(..range.start.min(text.len())).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = range.end.max(range.start).min(text.len());
    let rest = text.get(end..).unwrap_or_default();
    let end = end + rest.find('\n').unwrap_or(rest.len());
    // What is cut off may be what tells that something is a secret.
    let shown: Vec<&str> = text
        .get(start..end)
        .unwrap_or_default()
        .lines()
        .take(MAX_LINES + 1)
        .collect();
    let meant = text.get(start..range.start).unwrap_or_default().chars().count();
    let width = match meant {
        near if near < MAX_WIDTH / 2 => MAX_WIDTH,
        far if far < MAX_REACH => far + MAX_WIDTH,
        _ => return Vec::new(),
    };
    let shown = plumb_pack::secret::masked(&shown.join("\n"));
    let lines = shown.lines().map(|line| line.trim_end_matches('\r'));
    lines
        .take(MAX_LINES)
        .map(|line| Text::from(line.chars().take(width).collect::<String>()))
        .collect()
}

/// The path into the document that an expression names: what follows `resource.`.
///
/// `statements(resource.policy)[2]` names a statement of the policy.
fn path_in(expression: &str) -> Option<Vec<Step>> {
    let start = word_at(expression, "resource")?;
    let rest = expression.get(start + "resource".len()..)?;
    let (mut steps, after) = steps_of(rest);
    if steps.is_empty() {
        return None;
    }
    let before = expression.get(..start)?;
    if before.ends_with("statements(")
        && let Some(after) = after.strip_prefix(')')
    {
        let (index, _) = steps_of(after);
        if let [Step::Index(index), ..] = index.as_slice() {
            steps.push(Step::Key(Text::new_static("Statement")));
            steps.push(Step::Index(*index));
        }
    }
    Some(steps)
}

/// Where a whole word stands with a step after it.
fn word_at(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"';
        !before.is_some_and(is_part) && matches!(after, Some('.' | '['))
    })
}

/// The steps at the start of a text, and what follows them; a call of a method ends them.
fn steps_of(text: &str) -> (Vec<Step>, &str) {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(after.len());
            let (Some(name), Some(next)) = (after.get(..end), after.get(end..)) else {
                break;
            };
            if name.is_empty() || next.starts_with('(') {
                break;
            }
            steps.push(Step::Key(Text::from(name)));
            rest = next;
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some((inner, next)) = after.split_once(']') else {
                break;
            };
            let quoted = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
            match (inner.parse::<usize>(), quoted) {
                (Ok(index), _) => steps.push(Step::Index(index)),
                (Err(_), Some(key)) => steps.push(Step::Key(Text::from(key))),
                (Err(_), None) => break,
            }
            rest = next;
        } else {
            break;
        }
    }
    (steps, rest)
}

fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Flatten => text.push_str("[]"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{path_in, shown};

    #[test]
    fn what_a_rule_looked_at_is_a_path_into_the_document() {
        let cases = [
            ("resource.encryption.rules[0].x", Some("encryption.rules[0].x")),
            ("size(resource.ip_permissions)", Some("ip_permissions")),
            ("statements(resource.policy)[2]", Some("policy.Statement[2]")),
            ("resource.tags[\"Environment\"]", Some("tags.Environment")),
            ("resource.ip_permissions.filter(p, p.x)", Some("ip_permissions")),
            ("age(timestamp(resource.a.b))", Some("a.b")),
            ("params.days", None),
            ("exposure(resource).internet", None),
            ("inventory(\"aws_x\")[0]", None),
        ];
        for (expression, expected) in cases {
            let path = path_in(expression).map(|path| shown(&path));
            assert_eq!(path.as_deref(), expected, "{expression}");
        }
    }
}
