//! Reading of arguments that a block has from another one.

use plumb_model::value::Text;

use super::one_or_more;
use super::rule::{read_paths, read_source};
use crate::mapping::{Inherited, Rule, Yields};
use crate::node::Node;
use crate::reader::{Fields, Problems};

/// Reads where an argument may come from: one source, or a list of them.
pub(super) fn read_inherited(name: &Text, node: &Node, problems: &mut Problems) -> Vec<Inherited> {
    let sources = one_or_more(node).iter();
    sources
        .filter_map(|node| read_source_block(name, node, problems))
        .collect()
}

fn read_source_block(name: &Text, node: &Node, problems: &mut Problems) -> Option<Inherited> {
    let what = "the source of an argument";
    let fields = Fields::open(
        node,
        what,
        &["of", "where", "take", "only", "unsure", "count"],
        problems,
    )?;
    let block = fields.required_text("of", what, problems);
    let taken = fields.required("take", what, problems)?;
    let text = problems.text(taken, "take")?;
    let Rule::First { paths, otherwise, .. } = read_source(&text, taken, problems)? else {
        return None;
    };
    let mut joins = Vec::new();
    for (theirs, ours) in fields.entries("where", problems) {
        let text = problems.text(ours, "where")?;
        joins.push((theirs.text.clone(), read_paths(&text, ours, problems)?));
    }
    Some(Inherited {
        name: name.clone(),
        block: block?,
        joins,
        paths,
        otherwise,
        yields: match fields.flag("count", problems) {
            true => Yields::Count,
            false => Yields::Value,
        },
        is_unsure: fields.flag("unsure", problems),
        only: fields
            .get("only")
            .map(|node| one_or_more(node).iter().map(Node::to_value).collect()),
    })
}
