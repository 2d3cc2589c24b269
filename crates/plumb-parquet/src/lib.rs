//! The security graph as Parquet files: one of nodes and one of edges, with the columns of [`plumb_graph::export`].
//!
//! A crate of its own because the library for Parquet is heavy. Numbers are required 64-bit integers, texts are optional strings;
//! classes and selectors are rows as in every other export.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use plumb_graph::export::{Cell, Column, EDGE_COLUMNS, NODE_COLUMNS, edge_record, node_record};
use plumb_graph::graph::NodeId;
use plumb_graph::security::SecurityGraph;

/// Rows that are written together; what is in memory is bounded by them.
const ROWS: usize = 65_536;

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write parquet")]
pub struct WriteError(#[from] ParquetError);

/// Writes the nodes of a graph.
pub fn write_nodes(graph: &SecurityGraph, out: impl Write + Send) -> Result<(), WriteError> {
    let nodes = (0u32..).take(graph.graph.nodes()).map(NodeId);
    write(out, &NODE_COLUMNS, nodes.map(|node| node_record(graph, node)))
}

/// Writes the edges of a graph.
pub fn write_edges(graph: &SecurityGraph, out: impl Write + Send) -> Result<(), WriteError> {
    let edges = graph.graph.all_edges();
    write(out, &EDGE_COLUMNS, edges.map(|edge| edge_record(&edge)))
}

fn write<const N: usize>(
    out: impl Write + Send,
    columns: &[Column; N],
    mut records: impl Iterator<Item = [Cell; N]>,
) -> Result<(), WriteError> {
    let properties = WriterProperties::builder()
        .set_created_by("plumb".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut file = SerializedFileWriter::new(out, schema(columns)?, Arc::new(properties))?;
    loop {
        let rows: Vec<[Cell; N]> = records.by_ref().take(ROWS).collect();
        if rows.is_empty() {
            break;
        }
        let mut group = file.next_row_group()?;
        for (position, column) in columns.iter().enumerate() {
            let cells = rows.iter().filter_map(|row| row.get(position));
            write_column(&mut group, column, cells)?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

fn schema(columns: &[Column]) -> Result<TypePtr, WriteError> {
    let mut fields: Vec<TypePtr> = Vec::with_capacity(columns.len());
    for column in columns {
        let field = if column.is_number {
            Type::primitive_type_builder(column.name, PhysicalType::INT64)
                .with_repetition(Repetition::REQUIRED)
        } else {
            Type::primitive_type_builder(column.name, PhysicalType::BYTE_ARRAY)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::String))
        };
        fields.push(Arc::new(field.build()?));
    }
    let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
    Ok(Arc::new(schema))
}

fn write_column<'c, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    cells: impl Iterator<Item = &'c Cell>,
) -> Result<(), WriteError> {
    let Some(mut writer) = group.next_column()? else {
        return Ok(());
    };
    if column.is_number {
        let numbers: Vec<i64> = cells.map(number).collect();
        writer.typed::<Int64Type>().write_batch(&numbers, None, None)?;
    } else {
        let (mut texts, mut levels) = (Vec::new(), Vec::new());
        for cell in cells {
            let text = text(cell);
            levels.push(i16::from(text.is_some()));
            texts.extend(text);
        }
        writer
            .typed::<ByteArrayType>()
            .write_batch(&texts, Some(&levels), None)?;
    }
    writer.close()?;
    Ok(())
}

fn number(cell: &Cell) -> i64 {
    match cell {
        Cell::Number(number) => *number,
        Cell::Nothing | Cell::Text(_) => 0,
    }
}

fn text(cell: &Cell) -> Option<ByteArray> {
    match cell {
        Cell::Text(text) => Some(ByteArray::from(text.as_bytes().to_vec())),
        Cell::Nothing | Cell::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Row;
    use plumb_graph::graph::{Builder, Step};
    use plumb_graph::security::NodeInfo;
    use plumb_model::path::{Certainty, EdgeKind};

    use super::*;

    fn read(file: Vec<u8>) -> (usize, Vec<Row>) {
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let groups = reader.metadata().num_row_groups();
        (
            groups,
            reader.get_row_iter(None).unwrap().map(Result::unwrap).collect(),
        )
    }

    /// A ring of nodes whose names are hostile, and a hidden one at the end.
    fn ring(size: u32) -> SecurityGraph {
        let mut builder = Builder::default();
        let nodes: Vec<NodeId> = (0..size).map(|_| builder.node()).collect();
        let step = builder.step(Step {
            kind: EdgeKind::Relation,
            how: Some("uses".into()),
            certainty: Certainty::Conditional,
            conditions: vec!["a".into(), "b".into()],
            caveats: Vec::new(),
            proofs: Vec::new(),
            cost: 9,
        });
        for (from, to) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
            builder.edge(*from, *to, step);
        }
        let infos = (0..size).map(|position| NodeInfo {
            uid: if position + 1 < size {
                format!("n{position}\u{0}\"é🙂").into()
            } else {
                "".into()
            },
            ..NodeInfo::default()
        });
        SecurityGraph::new(builder.build(), infos.collect(), Vec::new(), Vec::new())
    }

    #[test]
    fn nodes_and_edges_are_read_back() {
        let graph = ring(3);
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        write_nodes(&graph, &mut nodes).unwrap();
        write_edges(&graph, &mut edges).unwrap();
        let (_, nodes) = read(nodes);
        let (_, edges) = read(edges);
        let shown: Vec<String> = nodes[1]
            .get_column_iter()
            .map(|(name, field)| format!("{name}={field}"))
            .collect();
        assert_eq!(shown[0], "id=1");
        assert_eq!(shown[1], "uid=\"n1\u{0}\"é🙂\"");
        assert_eq!(
            (shown[4].as_str(), shown[5].as_str()),
            ("kind=\"other\"", "name=null")
        );
        let hidden: Vec<String> = nodes[2]
            .get_column_iter()
            .map(|(_, field)| field.to_string())
            .collect();
        assert_eq!(
            hidden[..4],
            ["2", "null", "\"selector\"", "\"any of 0 resources\""]
        );
        let shown: Vec<String> = edges[2]
            .get_column_iter()
            .map(|(_, field)| field.to_string())
            .collect();
        assert_eq!(
            shown,
            [
                "2",
                "0",
                "\"uses\"",
                "\"relation\"",
                "\"uses\"",
                "\"conditional\"",
                "9",
                "\"a; b\""
            ]
        );
    }

    #[test]
    fn many_rows_are_written_in_groups_and_none_are_a_file_too() {
        let mut file = Vec::new();
        write_edges(&ring(70_000), &mut file).unwrap();
        let (groups, rows) = read(file);
        assert_eq!((groups, rows.len()), (2, 70_000));
        let mut file = Vec::new();
        write_nodes(&SecurityGraph::default(), &mut file).unwrap();
        assert_eq!(read(file), (0, Vec::new()));
    }
}
