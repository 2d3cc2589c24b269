//! What every format says of a node and of an edge: cells under named columns.

use std::io::{self, Write};

use plumb_model::path::EdgeKind;
use plumb_model::value::Text;

use crate::graph::{Edge, NodeId};
use crate::security::SecurityGraph;

/// A column of nodes or edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Whether its cells are numbers; texts otherwise.
    pub is_number: bool,
}

/// What stands under a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// There is nothing.
    Nothing,
    /// A number.
    Number(i64),
    /// Text; hostile.
    Text(Text),
}

const fn text(name: &'static str) -> Column {
    Column {
        name,
        is_number: false,
    }
}

const fn number(name: &'static str) -> Column {
    Column {
        name,
        is_number: true,
    }
}

/// The columns of nodes. `id` is the position in the graph; `uid` is missing for classes and selectors.
pub const NODE_COLUMNS: [Column; 12] = [
    number("id"),
    text("uid"),
    text("type"),
    text("title"),
    text("kind"),
    text("name"),
    text("provider"),
    text("account"),
    text("region"),
    text("sensitivity"),
    text("label"),
    text("exposure"),
];

/// The columns of edges. `type` is the kind, or the name of a plain relation; `conditions` are joined by `; `.
pub const EDGE_COLUMNS: [Column; 8] = [
    number("from"),
    number("to"),
    text("type"),
    text("kind"),
    text("how"),
    text("certainty"),
    number("cost"),
    text("conditions"),
];

/// The cells of a node under [`NODE_COLUMNS`].
pub fn node_record(graph: &SecurityGraph, node: NodeId) -> [Cell; NODE_COLUMNS.len()] {
    let id = Cell::Number(i64::from(node.0));
    let Some(info) = graph.node(node).filter(|info| !info.uid.is_empty()) else {
        return hidden_record(graph, node, id);
    };
    let account = info.account.and_then(|at| graph.accounts.get(at as usize));
    [
        id,
        filled(&info.uid),
        filled(&info.resource_type),
        filled(&info.title),
        word(info.kind.name()),
        filled(&info.name),
        account.map_or(Cell::Nothing, |(provider, _)| word(provider.name())),
        account.map_or(Cell::Nothing, |(_, id)| filled(id)),
        filled(&info.region),
        info.sensitivity.map_or(Cell::Nothing, |level| word(level.name())),
        info.label.as_ref().map_or(Cell::Nothing, filled),
        word(info.exposure.name()),
    ]
}

/// The cells of a class of principals or of a selector, whose title says how much it stands for.
fn hidden_record(graph: &SecurityGraph, node: NodeId, id: Cell) -> [Cell; NODE_COLUMNS.len()] {
    let members = graph
        .graph
        .incoming(node)
        .filter(|edge| edge.step.kind == EdgeKind::In)
        .count();
    let covered = graph
        .graph
        .outgoing(node)
        .filter(|edge| edge.step.kind == EdgeKind::Covers)
        .count();
    let (type_name, title) = if members > 0 {
        ("class", format!("{members} equal principals"))
    } else {
        ("selector", format!("any of {covered} resources"))
    };
    let mut cells = [const { Cell::Nothing }; NODE_COLUMNS.len()];
    for (cell, column) in cells.iter_mut().zip(NODE_COLUMNS) {
        match column.name {
            "id" => *cell = id.clone(),
            "type" => *cell = word(type_name),
            "title" => *cell = Cell::Text(Text::from(title.as_str())),
            _ => {}
        }
    }
    cells
}

/// The cells of an edge under [`EDGE_COLUMNS`].
pub fn edge_record(edge: &Edge<'_>) -> [Cell; EDGE_COLUMNS.len()] {
    let step = edge.step;
    let notes: Vec<&str> = step.notes().map(Text::as_str).collect();
    [
        Cell::Number(i64::from(edge.from.0)),
        Cell::Number(i64::from(edge.to.0)),
        Cell::Text(type_name(edge)),
        word(step.kind.name()),
        step.how.as_ref().map_or(Cell::Nothing, filled),
        word(step.certainty.name()),
        Cell::Number(i64::from(step.cost)),
        filled(&Text::from(notes.join("; "))),
    ]
}

/// The kind of an edge, or the name of a plain relation.
pub(super) fn type_name(edge: &Edge<'_>) -> Text {
    match (&edge.step.how, edge.step.kind) {
        (Some(how), EdgeKind::Relation) if !how.is_empty() => how.clone(),
        (_, kind) => kind.name().into(),
    }
}

/// All cells that have something with their columns.
pub(super) fn full<'c>(
    columns: &'static [Column],
    cells: &'c [Cell],
) -> impl Iterator<Item = (Column, &'c Cell)> {
    columns
        .iter()
        .copied()
        .zip(cells)
        .filter(|(_, cell)| **cell != Cell::Nothing)
}

/// All nodes of a graph.
pub(super) fn all_nodes(graph: &SecurityGraph) -> impl Iterator<Item = NodeId> {
    (0u32..).take(graph.graph.nodes()).map(NodeId)
}

fn word(word: &'static str) -> Cell {
    Cell::Text(word.into())
}

fn filled(text: &Text) -> Cell {
    if text.is_empty() {
        Cell::Nothing
    } else {
        Cell::Text(text.clone())
    }
}

/// Whether a terminal may obey a character, or show the text around it in another order or on another line.
///
/// An export goes to the screen where no file is named.
pub(super) fn is_deceptive(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Writes text with some of its characters replaced.
pub(super) fn write_escaped(
    out: &mut impl Write,
    text: &str,
    replaced: impl Fn(char) -> Option<&'static str>,
) -> io::Result<()> {
    let mut plain = 0;
    for (position, character) in text.char_indices() {
        if let Some(replacement) = replaced(character) {
            out.write_all(text.get(plain..position).unwrap_or_default().as_bytes())?;
            out.write_all(replacement.as_bytes())?;
            plain = position + character.len_utf8();
        }
    }
    out.write_all(text.get(plain..).unwrap_or_default().as_bytes())
}
