//! The rows of a graph query: as a table for people, as JSON, as CSV.

use std::io;

use plumb_model::value::{Text, Value};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::csv::cell;
use crate::json_text::{write_json, write_json_lines_array};
use crate::numbers::counted;
use crate::visible::visible;

/// How wide a column of the table is at most.
const WIDEST: usize = 80;

/// A table as wide as its columns need, and below it the number of rows.
pub fn table(columns: &[Text], rows: &[Vec<Value>]) -> String {
    let shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|value| visible(&text(value)).into_owned())
                .collect()
        })
        .collect();
    let heads: Vec<String> = columns.iter().map(|name| visible(name).into_owned()).collect();
    let mut widths: Vec<usize> = heads.iter().map(|head| head.width().min(WIDEST)).collect();
    for row in &shown {
        for (width, value) in widths.iter_mut().zip(row) {
            *width = (*width).max(value.width().min(WIDEST));
        }
    }
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat((*width).max(1))).collect();
    let mut out = String::new();
    for row in [&heads, &rule].into_iter().chain(&shown) {
        let mut line = String::new();
        for (value, width) in row.iter().zip(&widths) {
            line.push_str(value);
            let gap = width.saturating_sub(value.width()) + 2;
            line.push_str(&" ".repeat(gap));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str(&counted(rows.len() as u64, "rows"));
    out.push('\n');
    out
}

/// CSV after RFC 4180, in which no cell is taken for a formula.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn csv(columns: &[Text], rows: &[Vec<Value>], out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(out);
    writer.write_record(columns.iter().map(|name| cell(name)))?;
    for row in rows {
        writer.write_record(row.iter().map(|value| cell(&text(value))))?;
    }
    writer.flush()
}

/// One JSON document: the columns, the rows as lists in their order, and what they lack.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn json(
    columns: &[Text],
    rows: &[Vec<Value>],
    problems: &[Text],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(b"{\"plumb_rows\":1,\"problems\":")?;
    write_json(problems, out)?;
    out.write_all(b",\"columns\":")?;
    write_json(columns, out)?;
    out.write_all(b",\"rows\":")?;
    write_json_lines_array(rows.iter(), out)?;
    out.write_all(b"}\n")
}

/// An answer as one JSON document, with the name of its kind, the version of that kind and what the answer lacks at its top.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn answer_json<T: Serialize>(
    kind: &'static str,
    answer: &T,
    problems: &[Text],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(b"{\"plumb_answer\":1,\"kind\":")?;
    write_json(kind, out)?;
    out.write_all(b",\"problems\":")?;
    write_json(problems, out)?;
    out.write_all(b",\"answer\":")?;
    write_json(answer, out)?;
    out.write_all(b"}\n")
}

/// A value as a cell shows it: texts as they are, nothing for what is missing.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Null => String::new(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Unreadable(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> (Vec<Text>, Vec<Vec<Value>>) {
        (
            vec!["n.name".into(), "many".into()],
            vec![
                vec![Value::from("web"), Value::Int(3)],
                vec![Value::from("=1\u{1b}[0m"), Value::Null],
            ],
        )
    }

    #[test]
    fn a_table_aligns_its_columns_and_counts_its_rows() {
        let (columns, rows) = rows();
        assert_eq!(
            table(&columns, &rows),
            "n.name       many\n-----------  ----\nweb          3\n=1\\u{1b}[0m\n2 rows\n"
        );
    }

    #[test]
    fn csv_and_json_are_harmless() {
        let (columns, rows) = rows();
        let mut out = Vec::new();
        csv(&columns, &rows, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "n.name,many\r\nweb,3\r\n'=1\\u{1b}[0m,\r\n"
        );
        let mut out = Vec::new();
        json(&columns, &rows, &["a problem".into()], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\u{1b}'));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["rows"][1][0], "=1\u{1b}[0m");
        assert_eq!(read["rows"][0][1], 3);
        assert_eq!(read["problems"][0], "a problem");
    }
}
