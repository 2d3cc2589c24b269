//! Vulnerable estates and their hardened twins: from code, each documented path is found, and none where a few lines differ.
//!
//! A folder is an estate: `vulnerable/main.tf`, `hardened/main.tf`, and `expected.txt` with the path by its title and hops.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests report by panic"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The fewest estates that there must be, so that a move of the folder is noticed.
const FEWEST: usize = 24;

/// How many lines the twins may differ in.
const MOST_CHANGED: usize = 3;

/// One estate.
struct Estate {
    folder: PathBuf,
    expected: String,
}

/// An attack path, as far as estates tell of it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    title: String,
    hops: String,
    certainty: String,
}

impl Estate {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/estates");
        let mut folders: Vec<PathBuf> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        let estates: Vec<Self> = folders
            .into_iter()
            .map(|folder| Self {
                expected: fs::read_to_string(folder.join("expected.txt")).unwrap(),
                folder,
            })
            .collect();
        assert!(estates.len() >= FEWEST, "only {} estates", estates.len());
        estates
    }

    fn name(&self) -> String {
        self.folder.file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// What the file says under a key.
    fn says(&self, key: &str) -> &str {
        let line = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(": "));
        let found = self.expected.lines().find(|one| line(one));
        found
            .and_then(|line| line.get(key.len() + 2..))
            .unwrap_or_else(|| panic!("{}: `{key}` is missing", self.name()))
    }

    fn source(&self, twin: &str) -> String {
        fs::read_to_string(self.folder.join(twin).join("main.tf")).unwrap()
    }

    /// The paths of a twin that end where the documented one does.
    fn paths(&self, twin: &str) -> Vec<Told> {
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args(["paths", "--format", "json", "--code"])
            .arg(self.folder.join(twin))
            .env_clear()
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let label = format!("{} {twin}", self.name());
        // All of the code is understood.
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{label}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let paths = report["paths"].as_array().unwrap().iter();
        paths
            .filter(|path| name(last(path)) == self.says("target"))
            .map(told)
            .collect()
    }
}

fn last(path: &Value) -> &Value {
    &path["hops"].as_array().unwrap().last().unwrap()["to"]
}

fn name(node: &Value) -> &str {
    match node["type"].as_str().unwrap() {
        "administrator" => "administrator",
        "outside" => node["uid"].as_str().unwrap(),
        _ => node["name"].as_str().unwrap(),
    }
}

fn told(path: &Value) -> Told {
    let mut hops = name(&path["entry"]).to_owned();
    for hop in path["hops"].as_array().unwrap() {
        hops.push_str(&format!(
            " -{}-> {}",
            hop["kind"].as_str().unwrap(),
            name(&hop["to"])
        ));
    }
    let text = |key: &str| path[key].as_str().unwrap().to_owned();
    Told {
        title: text("title"),
        hops,
        certainty: text("certainty"),
    }
}

#[test]
fn the_documented_path_into_each_estate_is_found() {
    for estate in Estate::all() {
        let wanted = Told {
            title: estate.says("title").to_owned(),
            hops: estate.says("hops").to_owned(),
            certainty: estate.says("certainty").to_owned(),
        };
        let found = estate.paths("vulnerable");
        assert!(found.contains(&wanted), "{}: {found:#?}", estate.name());
    }
}

#[test]
fn no_path_leads_to_the_target_of_a_hardened_twin() {
    for estate in Estate::all() {
        let found = estate.paths("hardened");
        let (name, left) = (estate.name(), estate.says("hardened"));
        match left {
            "none" => assert!(found.is_empty(), "{name}: {found:#?}"),
            _ => assert!(
                !found.is_empty() && found.iter().all(|path| path.certainty == left),
                "{name}: {found:#?}"
            ),
        }
    }
}

#[test]
fn twins_differ_in_the_lines_that_decide() {
    for estate in Estate::all() {
        let (vulnerable, hardened) = (estate.source("vulnerable"), estate.source("hardened"));
        let lines = similar::TextDiff::from_lines(&vulnerable, &hardened);
        let changed =
            |tag: similar::ChangeTag| lines.iter_all_changes().filter(|one| one.tag() == tag).count();
        let most = changed(similar::ChangeTag::Insert).max(changed(similar::ChangeTag::Delete));
        assert!(
            (1..=MOST_CHANGED).contains(&most),
            "{}: {most} lines differ",
            estate.name()
        );
    }
}
