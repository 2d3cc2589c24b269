//! The files that wire Plumb into GitHub Actions, GitLab CI and pre-commit: they are YAML of the right form, and name options that
//! exist.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{Folder, bucket};

const FILES: [&str; 3] = ["action.yml", "ci/gitlab/plumb.yml", ".pre-commit-hooks.yaml"];

fn text(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(name)).unwrap()
}

fn parsed(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap()
}

/// The lines of scripts that a file runs.
fn scripts(name: &str) -> Vec<String> {
    let value = parsed(name);
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().unwrap();
        items
            .iter()
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    match name {
        "action.yml" => {
            let steps = value["runs"]["steps"].as_array().unwrap();
            let runs = steps.iter().filter_map(|step| step["run"].as_str());
            runs.map(str::to_owned).collect()
        }
        "ci/gitlab/plumb.yml" => texts(&value["plumb-code"]["script"]),
        _ => {
            let hooks = value.as_array().unwrap();
            hooks
                .iter()
                .map(|hook| hook["entry"].as_str().unwrap().to_owned())
                .collect()
        }
    }
}

/// The long options in a text.
fn options(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = text.split(|c: char| c.is_whitespace() || "\"=()".contains(c));
    let options = words.filter(|word| word.len() > 2 && word.starts_with("--") && word.chars().all(is_part));
    options.map(str::to_owned).collect()
}

#[test]
fn every_option_and_format_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .args(["scan", "code", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let known = options(&help.replace(',', " "));
    for name in FILES {
        let scripts = scripts(name);
        let lines = scripts.iter().flat_map(|script| script.lines());
        let mut used: Vec<String> = lines
            .filter(|line| !line.contains("cargo install"))
            .flat_map(options)
            .collect();
        used.sort();
        used.dedup();
        assert!(used.contains(&"--fail-on".to_owned()), "{name}: {used:?}");
        for option in used {
            assert!(
                known.contains(&option),
                "{name} uses {option}, which is none: {known:?}"
            );
        }
    }
}

#[test]
fn the_action_hands_over_inputs_that_it_has_and_runs_none_of_them() {
    let action = parsed("action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let inputs = action["inputs"].as_object().unwrap();
    let text = text("action.yml");
    let mut named: Vec<&str> = text
        .split("inputs.")
        .skip(1)
        .filter_map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .next()
        })
        .collect();
    named.sort_unstable();
    named.dedup();
    let known: Vec<&str> = inputs.keys().map(String::as_str).collect();
    for name in &named {
        assert!(known.contains(name), "{name}");
    }
    assert_eq!(named.len(), inputs.len());
    for step in action["runs"]["steps"].as_array().unwrap() {
        let run = step["run"].as_str().unwrap_or_default();
        assert!(
            !run.contains("${{"),
            "a template in a script can be made to run: {run}"
        );
        assert_eq!(step["run"].is_string(), step["shell"].is_string());
    }
}

#[test]
fn the_script_of_the_action_judges_and_reports() {
    let folder = Folder::new("action");
    folder.file("infra/main.tf", &bucket("a", "", ""));
    let script = scripts("action.yml").pop().unwrap();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&folder.0)
        .env("PLUMB_BINARY", env!("CARGO_BIN_EXE_plumb"))
        .env("PLUMB_PATH", "infra")
        .env("PLUMB_FAIL_ON", "low")
        .env("PLUMB_DIFF", "")
        .env("PLUMB_BASELINE", "")
        .env("PLUMB_SARIF", "plumb.sarif")
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("file=infra/main.tf,line=1,"), "{stdout}");
    assert!(folder.text("plumb.sarif").contains("\"uri\":\"infra/main.tf\""));
}

#[test]
fn hooks_have_what_pre_commit_asks_for() {
    let hooks = parsed(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        for key in ["id", "name", "entry", "language"] {
            assert!(hook[key].is_string(), "{key}: {hook}");
        }
        assert_eq!(hook["pass_filenames"], false);
    }
}

#[test]
fn the_gitlab_job_keeps_the_reports_that_it_writes() {
    let job = &parsed("ci/gitlab/plumb.yml")["plumb-code"];
    let script = scripts("ci/gitlab/plumb.yml").join("\n");
    for report in job["artifacts"]["reports"].as_object().unwrap().values() {
        assert!(script.contains(report.as_str().unwrap()), "{report}");
    }
}
