//! `moved` blocks: under which addresses a block was known before.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;

use super::syntax::{Body, Expr, ExprKind, Step};

/// The most addresses that one block had before.
const MOST_FORMER: usize = 32;

/// What one `moved` block says, in addresses within its module: from where, and to where.
pub(crate) fn read(body: &Body) -> Option<(Text, Text)> {
    let address = |name: &str| address(&body.attribute(name)?.value).map(Text::from);
    Some((address("from")?, address("to")?))
}

/// The addresses that each block of a root had before, the latest first; blocks without any are left out.
///
/// What is still declared has not moved, and what two blocks claim to have been was neither: Terraform refuses both
/// (<https://developer.hashicorp.com/terraform/language/modules/develop/refactoring>), and a new block could pass for a
/// known one.
pub(crate) fn former<'a>(
    addresses: impl Iterator<Item = &'a Text>,
    moves: &BTreeMap<Text, Vec<Text>>,
) -> BTreeMap<Text, Vec<Text>> {
    let mut former: BTreeMap<Text, Vec<Text>> = addresses
        .map(|address| (address.clone(), before(address, moves)))
        .collect();
    let mut claims: BTreeMap<Text, usize> = BTreeMap::new();
    for old in former.values().flatten() {
        *claims.entry(old.clone()).or_default() += 1;
    }
    claims.retain(|old, count| *count == 1 && !former.contains_key(old));
    for olds in former.values_mut() {
        olds.retain(|old| claims.contains_key(old));
    }
    former.retain(|_, olds| !olds.is_empty());
    former
}

/// The addresses that a block had before, by all moves of its root; the latest first.
///
/// A move of a module or of a block without a key moves all that is in it.
fn before(address: &str, moves: &BTreeMap<Text, Vec<Text>>) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    let mut seen: BTreeSet<Text> = BTreeSet::from([Text::from(address)]);
    let mut waiting = vec![Text::from(address)];
    while let Some(current) = waiting.pop() {
        for end in ends(&current) {
            let (Some(start), Some(rest)) = (current.get(..end), current.get(end..)) else {
                continue;
            };
            for from in moves.get(start).into_iter().flatten() {
                let old = Text::from(format!("{from}{rest}"));
                if found.len() < MOST_FORMER && seen.insert(old.clone()) {
                    found.push(old.clone());
                    waiting.push(old);
                }
            }
        }
    }
    found
}

/// Where the parts of an address end: before each `.` and `[` outside of keys, and at its end.
fn ends(address: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut is_quoted = false;
    for (at, character) in address.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '.' | '[' if !is_quoted => ends.push(at),
            _ => {}
        }
    }
    ends.push(address.len());
    ends
}

/// An address that is written as an expression, or as a text in JSON.
pub(crate) fn address(expr: &Expr) -> Option<String> {
    let (base, steps) = match &expr.kind {
        ExprKind::String(text) => return Some(text.to_string()),
        ExprKind::Traversal(base, steps) => (base, steps),
        _ => return None,
    };
    let ExprKind::Variable(name) = &base.kind else {
        return None;
    };
    let mut address = name.to_string();
    for step in steps {
        match step {
            Step::Key(key) => address.extend([".", key]),
            Step::Index(index) => match &index.kind {
                ExprKind::Int(index) => address.push_str(&format!("[{index}]")),
                ExprKind::String(key) => address.push_str(&format!("[{key:?}]")),
                _ => return None,
            },
            Step::AttributeSplat | Step::FullSplat => return None,
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumb_model::value::Text;

    use super::{before, former};

    fn moves(pairs: &[(&str, &str)]) -> BTreeMap<Text, Vec<Text>> {
        let mut moves: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
        for (from, to) in pairs {
            moves.entry((*to).into()).or_default().push((*from).into());
        }
        moves
    }

    #[test]
    fn a_block_is_known_by_the_addresses_that_it_had() {
        for (pairs, address, expected) in [
            (&[("x.a", "x.b")][..], "x.b", &["x.a"][..]),
            (&[("x.a", "x.b")], "x.b[0]", &["x.a[0]"]),
            (&[("x.a", "x.b[\"k.x\"]")], "x.b[\"k.x\"]", &["x.a"]),
            (&[("x.a", "x.b")], "x.bb", &[]),
            (
                &[("module.a", "module.b.module.c")],
                "module.b.module.c.x.y",
                &["module.a.x.y"],
            ),
            (&[("x.a", "x.b"), ("x.b", "x.c")], "x.c", &["x.b", "x.a"]),
            (&[("x.a", "x.b"), ("x.b", "x.a")], "x.a", &["x.b"]),
        ] {
            assert_eq!(before(address, &moves(pairs)), expected, "{pairs:?} {address}");
        }
    }

    #[test]
    fn a_block_is_nothing_that_is_still_there_or_that_another_one_was() {
        for (pairs, addresses, expected) in [
            (&[("x.a", "x.b")][..], &["x.b"][..], &[("x.b", "x.a")][..]),
            (&[("x.a", "x.b")], &["x.a", "x.b"], &[]),
            (&[("x.a", "x.b"), ("x.a", "x.c")], &["x.b", "x.c"], &[]),
            (&[("x.a", "x.b"), ("x.a", "x.c")], &["x.c"], &[("x.c", "x.a")]),
            (&[("x.a", "x.b"), ("x.b", "x.c")], &["x.b", "x.c"], &[]),
            (
                &[("module.a", "module.b")],
                &["module.a.x.y", "module.b.x.y", "module.b.x.z"],
                &[("module.b.x.z", "module.a.x.z")],
            ),
        ] {
            let addresses: Vec<Text> = addresses.iter().map(|address| (*address).into()).collect();
            let found = former(addresses.iter(), &moves(pairs));
            let found: Vec<(&str, &str)> = found
                .iter()
                .flat_map(|(address, olds)| olds.iter().map(|old| (address.as_str(), old.as_str())))
                .collect();
            assert_eq!(found, expected, "{pairs:?} {addresses:?}");
        }
    }
}
