//! Attack paths as SVG drawings: a box for each node, a labelled arrow for each step, dashed where it is not certain.

mod layout;
mod text;

use std::fmt::Write as _;

use plumb_model::path::{AttackPath, Certainty, Hop, PathNode};
use plumb_model::risk::Priority;

use crate::path_words::{certainty_gloss, node, nodes, proof_on};
use crate::xml::Xml;
use layout::{BOX_HEIGHT, BOX_WIDTH, Layout, Point, Room};
use text::{fitted, fitted_name, lines, name_lines};

/// Style of a drawing that stands alone; a page brings its own for the same classes.
const STYLE: &str = include_str!("../templates/path-alone.css");

/// A drawing that stands alone: escaped, at most 1,084 units wide, in several rows when the path is long.
pub fn path(path: &AttackPath) -> String {
    let layout = Layout::of(path, Room::Wide);
    let mut out = String::new();
    let attributes = format!(
        r#" xmlns="http://www.w3.org/2000/svg" class="attack-path {}""#,
        tone(path.priority)
    );
    open(path, &layout, &attributes, &mut out);
    push(&mut out, format_args!("<style>{STYLE}</style>"));
    push(
        &mut out,
        format_args!(
            r#"<rect class="ap-page" width="{}" height="{}"/>"#,
            layout.width(),
            layout.height()
        ),
    );
    content(path, &layout, &mut out);
    out.push_str("</svg>\n");
    out
}

/// The drawings for a page that styles them and shows the one for which there is room.
pub(crate) fn inline(path: &AttackPath) -> String {
    let mut out = String::new();
    for (room, name) in [(Room::Wide, "wide"), (Room::Narrow, "narrow")] {
        let layout = Layout::of(path, room);
        let attributes = format!(r#" class="attack-path {name} {}""#, tone(path.priority));
        open(path, &layout, &attributes, &mut out);
        content(path, &layout, &mut out);
        out.push_str("</svg>");
    }
    out
}

fn tone(priority: Priority) -> &'static str {
    priority.name()
}

/// Writing into a `String` cannot fail.
fn push(out: &mut String, piece: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(piece);
}

fn open(path: &AttackPath, layout: &Layout, attributes: &str, out: &mut String) {
    let (width, height) = (layout.width(), layout.height());
    push(
        out,
        format_args!(
            r#"<svg{attributes} viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{}">"#,
            Xml(&path.title)
        ),
    );
}

fn content(path: &AttackPath, layout: &Layout, out: &mut String) {
    for (index, hop) in path.hops.iter().enumerate() {
        arrow(path, hop, layout, index, out);
    }
    let last = path.hops.len();
    for (index, node) in nodes(path).enumerate() {
        let role = if index == last { Role::Target } else { Role::Way };
        draw_node(node, role, layout.place(index), out);
    }
}

/// From one row of text in a box to the next.
const ROW_HEIGHT: i64 = 17;

/// What a node is to its path.
#[derive(Clone, Copy)]
enum Role {
    Way,
    Target,
}

fn draw_node(shown: &PathNode, role: Role, at: Point, out: &mut String) {
    let outside = shown.resource_type == "outside";
    let class = match (role, outside) {
        (Role::Target, _) => "ap-node ap-target",
        (Role::Way, true) => "ap-node ap-outside",
        (Role::Way, false) => "ap-node",
    };
    let radius = if outside { BOX_HEIGHT / 2 } else { 9 };
    let tip = format!("{}: {}", node(shown), shown.uid);
    push(
        out,
        format_args!(
            r#"<g class="{class}"><title>{}</title><rect x="{}" y="{}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="{radius}"/>"#,
            Xml(&tip),
            at.x,
            at.y
        ),
    );
    let middle = at.x + BOX_WIDTH / 2;
    if outside {
        // What is outside goes by words, not by an identifier.
        let words = lines(&shown.name, 20, 2);
        let first = at.y + BOX_HEIGHT / 2 + if words.len() > 1 { -4 } else { 5 };
        for (line, y) in words.iter().zip([first, first + 18]) {
            label("ap-name", middle, y, line, out);
        }
    } else {
        let mut rows = vec![("ap-type", fitted(&shown.title, 26))];
        rows.extend(
            name_lines(&shown.name, 20)
                .into_iter()
                .map(|line| ("ap-name", line)),
        );
        rows.push(("ap-type", fitted_name(&shown.account, 26)));
        rows.push(("ap-label", fitted(shown.label.as_deref().unwrap_or_default(), 24)));
        rows.retain(|(_, text)| !text.is_empty());
        let height = ROW_HEIGHT * i64::try_from(rows.len()).unwrap_or(0);
        let first = at.y + (BOX_HEIGHT - height) / 2 + 13;
        for ((class, text), row) in rows.iter().zip(0..) {
            label(class, middle, first + ROW_HEIGHT * row, text, out);
        }
    }
    out.push_str("</g>");
}

fn label(class: &str, x: i64, y: i64, text: &str, out: &mut String) {
    if !text.is_empty() {
        push(
            out,
            format_args!(r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, Xml(text)),
        );
    }
}

/// An arrow from the node at `index` to the next one, with its step above and its way below.
fn arrow(path: &AttackPath, hop: &Hop, layout: &Layout, index: usize, out: &mut String) {
    let class = match hop.certainty {
        Certainty::Certain => "ap-step",
        Certainty::Conditional => "ap-step ap-conditional",
        Certainty::Possible => "ap-step ap-possible",
    };
    push(
        out,
        format_args!(r#"<g class="{class}"><title>{}</title>"#, Xml(&tip(path, hop))),
    );
    let line = layout.line(index);
    push(
        out,
        format_args!(r#"<path d="{}"/><polygon points="{}"/>"#, line.drawing, line.head),
    );
    let Point { x, y } = line.label;
    let verb = lines(hop.kind.phrase(), line.columns, 2);
    for (text, above) in verb.iter().rev().zip([8, 21]) {
        label("ap-verb", x, y - above, text, out);
    }
    let mut below = y + 16;
    let room = match hop.certainty {
        Certainty::Certain => 3,
        Certainty::Conditional | Certainty::Possible => 2,
    };
    for text in lines(hop.how.as_deref().unwrap_or_default(), line.columns, room) {
        label("ap-how", x, below, &text, out);
        below += 13;
    }
    match hop.certainty {
        Certainty::Certain => {}
        Certainty::Conditional | Certainty::Possible => {
            label("ap-certainty", x, below, hop.certainty.name(), out);
        }
    }
    out.push_str("</g>");
}

/// Everything that is known of a step, for the pointer that rests on it.
fn tip(path: &AttackPath, hop: &Hop) -> String {
    let proofs = hop.proofs.iter().map(|proof| proof_on(path, proof));
    let gloss = certainty_gloss(hop.certainty).map(str::to_owned);
    let parts: Vec<String> = proofs
        .chain(gloss)
        .chain(hop.conditions.iter().map(ToString::to_string))
        .collect();
    if parts.is_empty() {
        hop.kind.phrase().to_owned()
    } else {
        parts.join("; ")
    }
}
