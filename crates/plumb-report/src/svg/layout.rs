//! Where the boxes and arrows of a drawing stand: rows of four, read like text.

use plumb_model::path::AttackPath;

/// Width of a box.
pub(super) const BOX_WIDTH: i64 = 176;

/// Height of a box.
pub(super) const BOX_HEIGHT: i64 = 84;

const COLUMNS: usize = 4;
const GAP: i64 = 118;
const ROW_GAP: i64 = 84;
const MARGIN: i64 = 13;

/// Columns of text that fit over an arrow between neighbours, and over one to the next row.
const SHORT_LABEL: usize = 17;
const LONG_LABEL: usize = 60;

/// A place on the drawing.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: i64,
    pub(super) y: i64,
}

/// An arrow: its line, its head, and where its label stands.
pub(super) struct Line {
    pub(super) drawing: String,
    pub(super) head: String,
    pub(super) label: Point,
    /// Columns of text that fit.
    pub(super) columns: usize,
}

/// The places of all nodes of one path.
pub(super) struct Layout {
    nodes: usize,
}

impl Layout {
    pub(super) fn of(path: &AttackPath) -> Self {
        Self {
            nodes: path.hops.len() + 1,
        }
    }

    pub(super) fn width(&self) -> i64 {
        let columns = signed(self.nodes.min(COLUMNS));
        2 * MARGIN + columns * BOX_WIDTH + (columns - 1) * GAP
    }

    pub(super) fn height(&self) -> i64 {
        let rows = signed(self.nodes.div_ceil(COLUMNS));
        2 * MARGIN + rows * BOX_HEIGHT + (rows - 1) * ROW_GAP
    }

    /// The upper left corner of a node's box.
    pub(super) fn place(&self, node: usize) -> Point {
        let (row, column) = (signed(node / COLUMNS), signed(node % COLUMNS));
        Point {
            x: MARGIN + column * (BOX_WIDTH + GAP),
            y: MARGIN + row * (BOX_HEIGHT + ROW_GAP),
        }
    }

    /// The arrow from a node to the next.
    pub(super) fn line(&self, from: usize) -> Line {
        let (start, end) = (self.place(from), self.place(from + 1));
        if start.y == end.y {
            across(start, end)
        } else {
            down(start, end)
        }
    }
}

/// From the right side of one box to the left side of its neighbour.
fn across(start: Point, end: Point) -> Line {
    let (left, right, y) = (start.x + BOX_WIDTH, end.x, start.y + BOX_HEIGHT / 2);
    Line {
        drawing: format!("M{} {y}H{}", left + 3, right - 9),
        head: format!(
            "{},{y} {},{} {},{}",
            right - 2,
            right - 10,
            y - 5,
            right - 10,
            y + 5
        ),
        label: Point {
            x: i64::midpoint(left, right),
            y,
        },
        columns: SHORT_LABEL,
    }
}

/// From below the last box of a row to above the first of the next.
fn down(start: Point, end: Point) -> Line {
    let (right, left) = (start.x + BOX_WIDTH / 2, end.x + BOX_WIDTH / 2);
    let middle = start.y + BOX_HEIGHT + ROW_GAP / 2 - 4;
    let (top, bottom) = (start.y + BOX_HEIGHT + 3, end.y);
    Line {
        drawing: format!("M{right} {top}V{middle}H{left}V{}", bottom - 9),
        head: format!(
            "{left},{} {},{} {},{}",
            bottom - 2,
            left - 5,
            bottom - 10,
            left + 5,
            bottom - 10
        ),
        label: Point {
            x: i64::midpoint(left, right),
            y: middle,
        },
        columns: LONG_LABEL,
    }
}

/// Numbers of nodes are far below the bound.
fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX / 1_000_000)
}
