//! Drawings and exports of attack paths: escaped, well formed, and the same in every run.

use expect_test::{ExpectFile, expect_file};
use plumb_model::path::{AttackPath, PathReport};
use plumb_report::paths_export::{self, Head};
use plumb_report::svg;
use serde_json::Value;

use crate::hostile_paths::make_paths_hostile;
use crate::long_path;
use crate::sample_paths::sample_paths;
use crate::schema::violations;

fn hostile_paths() -> PathReport {
    let mut paths = sample_paths();
    make_paths_hostile(&mut paths);
    paths
}

fn page(paths: &PathReport) -> String {
    let head = Head {
        organization: Some(crate::sample::HOSTILE),
        assessed_at: "2026-02-23T09:30:00Z",
        plumb_version: "0.1.0",
    };
    let mut out = Vec::new();
    paths_export::html(paths, head, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json(paths: &PathReport) -> String {
    let mut out = Vec::new();
    paths_export::json(paths, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn check(text: &str, expected: ExpectFile) {
    expected.assert_eq(text);
}

/// All paths worth drawing.
fn drawn() -> Vec<AttackPath> {
    let mut paths = sample_paths().paths;
    paths.extend(hostile_paths().paths);
    paths.push(long_path());
    let entry_only = AttackPath {
        hops: Vec::new(),
        ..long_path()
    };
    paths.push(entry_only);
    paths
}

#[test]
fn drawing_of_a_path() {
    check(
        &svg::path(&sample_paths().paths[1]),
        expect_file!["snapshots/path.svg"],
    );
}

#[test]
fn dot_export() {
    check(
        &paths_export::dot(&sample_paths()),
        expect_file!["snapshots/paths.dot"],
    );
}

#[test]
fn graphml_export() {
    check(
        &paths_export::graphml(&sample_paths()),
        expect_file!["snapshots/paths.graphml"],
    );
}

#[test]
fn every_drawing_is_well_formed_and_bounded_in_width() {
    for path in drawn() {
        let text = svg::path(&path);
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        let width: u32 = root.attribute("width").unwrap().parse().unwrap();
        assert!(width <= 1_084, "{width}");
        let count = |class: &str| {
            root.descendants()
                .filter(|node| {
                    node.tag_name().name() == "g"
                        && node.attribute("class").unwrap().split(' ').any(|c| c == class)
                })
                .count()
        };
        assert_eq!(count("ap-node"), path.hops.len() + 1);
        assert_eq!(count("ap-step"), path.hops.len());
        for node in root.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            assert!(
                ["svg", "style", "g", "rect", "title", "text", "path", "polygon"].contains(&name),
                "{name}"
            );
            assert!(
                node.attributes()
                    .all(|attribute| !attribute.name().starts_with("on"))
            );
        }
        let inside = |name: &str, limit: &str| {
            let limit: f64 = root.attribute(limit).unwrap().parse().unwrap();
            root.descendants()
                .filter_map(|node| node.attribute(name))
                .all(|value| (0.0..=limit).contains(&value.parse::<f64>().unwrap()))
        };
        assert!(inside("x", "width") && inside("y", "height"));
    }
}

#[test]
fn uncertain_steps_are_drawn_differently_and_say_so() {
    let certain = svg::path(&sample_paths().paths[0]);
    let conditional = svg::path(&sample_paths().paths[1]);
    let possible = svg::path(&sample_paths().paths[2]);
    assert!(!certain.contains("class=\"ap-step ap-") && !certain.contains("class=\"ap-certainty\""));
    assert!(
        conditional.contains("class=\"ap-step ap-conditional\"") && conditional.contains(">conditional<")
    );
    assert!(possible.contains("class=\"ap-step ap-possible\"") && possible.contains(">possible<"));
}

#[test]
fn graphml_is_well_formed_and_its_edges_lead_somewhere() {
    for paths in [sample_paths(), hostile_paths(), PathReport::default()] {
        let text = paths_export::graphml(&paths);
        let document = roxmltree::Document::parse(&text).unwrap();
        let elements = |name: &'static str| {
            document
                .descendants()
                .filter(move |node| node.tag_name().name() == name)
        };
        let ids: Vec<_> = elements("node")
            .map(|node| node.attribute("id").unwrap())
            .collect();
        let keys: Vec<_> = elements("key")
            .map(|node| node.attribute("id").unwrap())
            .collect();
        for edge in elements("edge") {
            for end in ["source", "target"] {
                assert!(ids.contains(&edge.attribute(end).unwrap()));
            }
        }
        for data in elements("data") {
            assert!(keys.contains(&data.attribute("key").unwrap()));
        }
        let steps: usize = paths.paths.iter().map(|path| path.hops.len()).sum();
        assert_eq!(elements("edge").count(), steps);
    }
}

#[test]
fn dot_strings_end_where_they_should() {
    for line in paths_export::dot(&hostile_paths()).lines() {
        assert!(!line.contains(char::is_control), "{line}");
        let mut inside = false;
        let mut characters = line.chars();
        let mut outside = String::new();
        while let Some(character) = characters.next() {
            match (inside, character) {
                (true, '\\') => {
                    characters.next();
                }
                (_, '"') => inside = !inside,
                (true, _) => {}
                (false, _) => outside.push(character),
            }
        }
        assert!(!inside, "{line}");
        assert!(
            !outside.contains(['<', '&', '@', '`', '|']) && !outside.contains("img"),
            "{outside}"
        );
    }
}

#[test]
fn json_matches_its_schema_and_keeps_the_exact_text() {
    let schema: Value = serde_json::from_str(include_str!("../../schema/paths-1.schema.json")).unwrap();
    for paths in [sample_paths(), hostile_paths(), PathReport::default()] {
        let value: Value = serde_json::from_str(&json(&paths)).unwrap();
        let found = violations(&schema, &value);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
    let hostile: Value = serde_json::from_str(&json(&hostile_paths())).unwrap();
    assert_eq!(
        hostile["paths"][0]["hops"][0]["to"]["name"],
        crate::sample::HOSTILE
    );
}

#[test]
fn the_page_has_no_script_and_nothing_of_theirs() {
    for paths in [sample_paths(), hostile_paths(), PathReport::default()] {
        let page = page(&paths);
        for forbidden in ["<script", "<img", "onerror=alert(1)>", "style=\""] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!(
            page.matches("href=\"").count(),
            page.matches("href=\"data:,").count()
        );
        assert_eq!(
            page.matches("<svg class=\"attack-path").count(),
            2 * paths.paths.len(),
            "one for wide screens and one for narrow ones"
        );
    }
    assert!(page(&PathReport::default()).contains("No attack path was found"));
}
