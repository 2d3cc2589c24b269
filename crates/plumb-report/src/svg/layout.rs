//! Where the boxes and arrows of a drawing stand: rows of four, read like text, or one below the other.

use plumb_model::path::AttackPath;

/// Width of a box.
pub(super) const BOX_WIDTH: i64 = 176;

/// Height of a box.
pub(super) const BOX_HEIGHT: i64 = 98;

const GAP: i64 = 118;
const ROW_GAP: i64 = 84;
const MARGIN: i64 = 13;

/// Columns of text that fit over an arrow between neighbours, over one to the next row, and beside one that leads straight down.
const SHORT_LABEL: usize = 17;
const LONG_LABEL: usize = 60;
const SIDE_LABEL: usize = 28;

/// Width of a drawing whose boxes stand one below the other.
const COLUMN_WIDTH: i64 = 240;

/// How far from the left side of a box an arrow leads straight down.
const INDENT: i64 = 22;

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

/// How much room there is for a drawing.
#[derive(Clone, Copy)]
pub(super) enum Room {
    /// For four boxes side by side.
    Wide,
    /// For one: a telephone.
    Narrow,
}

/// The places of all nodes of one path.
pub(super) struct Layout {
    nodes: usize,
    room: Room,
}

impl Layout {
    pub(super) fn of(path: &AttackPath, room: Room) -> Self {
        Self {
            nodes: path.hops.len() + 1,
            room,
        }
    }

    fn columns(&self) -> usize {
        match self.room {
            Room::Wide => 4,
            Room::Narrow => 1,
        }
    }

    pub(super) fn width(&self) -> i64 {
        let columns = signed(self.nodes.min(self.columns()));
        match self.room {
            Room::Wide => 2 * MARGIN + columns * BOX_WIDTH + (columns - 1) * GAP,
            Room::Narrow => COLUMN_WIDTH,
        }
    }

    pub(super) fn height(&self) -> i64 {
        let rows = signed(self.nodes.div_ceil(self.columns()));
        2 * MARGIN + rows * BOX_HEIGHT + (rows - 1) * ROW_GAP
    }

    /// The upper left corner of a node's box.
    pub(super) fn place(&self, node: usize) -> Point {
        let (row, column) = (signed(node / self.columns()), signed(node % self.columns()));
        Point {
            x: MARGIN + column * (BOX_WIDTH + GAP),
            y: MARGIN + row * (BOX_HEIGHT + ROW_GAP),
        }
    }

    /// The arrow from a node to the next.
    pub(super) fn line(&self, from: usize) -> Line {
        let (start, end) = (self.place(from), self.place(from + 1));
        match self.room {
            Room::Narrow => straight(start, end),
            Room::Wide if start.y == end.y => across(start, end),
            Room::Wide => down(start, end),
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

/// From below one box to above the next, with the label beside.
fn straight(start: Point, end: Point) -> Line {
    let (x, top, bottom) = (start.x + INDENT, start.y + BOX_HEIGHT + 3, end.y);
    Line {
        drawing: format!("M{x} {top}V{}", bottom - 9),
        head: format!(
            "{x},{} {},{} {},{}",
            bottom - 2,
            x - 5,
            bottom - 10,
            x + 5,
            bottom - 10
        ),
        label: Point {
            x: start.x + BOX_WIDTH / 2 + INDENT,
            y: start.y + BOX_HEIGHT + ROW_GAP / 2 - 8,
        },
        columns: SIDE_LABEL,
    }
}

/// Numbers of nodes are far below the bound.
fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX / 1_000_000)
}
