//! The files that wire Plumb into GitHub Actions, GitLab CI and pre-commit: they are YAML of the right form, and name options that
//! exist.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{Folder, Scan, bucket};

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

/// Runs the script of the action in a folder, as a workflow for a pull request into `main` does.
fn judged_as_pull_request(workspace: &Path) -> Scan {
    let output = Command::new("bash")
        .args(["-c", &scripts("action.yml").pop().unwrap()])
        .current_dir(workspace)
        .env("PLUMB_BINARY", env!("CARGO_BIN_EXE_plumb"))
        .env("PLUMB_PATH", "infra")
        .env("PLUMB_FAIL_ON", "low")
        .env("PLUMB_DIFF", "origin/main")
        .env("PLUMB_BASELINE", "")
        .env("PLUMB_SARIF", "plumb.sarif")
        .output()
        .unwrap();
    Scan::new(output)
}

#[test]
fn the_action_judges_what_a_pull_request_touches() {
    let folder = Folder::new("pull-request");
    folder.file("infra/main.tf", &bucket("old", "", ""));
    let folder = folder.committed();
    folder.git(&["branch", "--move", "--force", "main"]);
    folder.git(&["checkout", "-b", "work"]);
    folder.file("infra/new.tf", &bucket("new", "", ""));
    folder.commit();
    // GitHub merges the branch into its target, and checks out what comes of it.
    folder.git(&["checkout", "main"]);
    folder.file("infra/later.tf", &bucket("later", "", ""));
    folder.commit();
    folder.git(&["merge", "--no-ff", "--message", "x", "work"]);
    folder.git(&["update-ref", "refs/pull/1/merge", "HEAD"]);
    folder.git(&["reset", "--hard", "HEAD~1"]);
    let origin = format!("file://{}", folder.0.display());
    let pull_request = "+refs/pull/1/merge:refs/remotes/pull/1/merge";
    let branches = "+refs/heads/*:refs/remotes/origin/*";
    for (name, fetched) in [
        (
            "whole",
            &["fetch", "--no-tags", "origin", branches, pull_request][..],
        ),
        (
            "shallow",
            &["fetch", "--no-tags", "--depth=1", "origin", pull_request],
        ),
    ] {
        let workspace = Folder::new(&format!("pull-request-{name}"));
        workspace.git(&["init"]);
        workspace.git(&["remote", "add", "origin", &origin]);
        workspace.git(fetched);
        workspace.git(&["checkout", "--force", "refs/remotes/pull/1/merge"]);
        let scan = judged_as_pull_request(&workspace.0);
        if name == "whole" {
            assert_eq!(scan.status, Some(1), "{}", scan.stderr);
            assert!(
                scan.stdout.contains("file=infra/new.tf,line=1,"),
                "{}",
                scan.stdout
            );
            assert!(
                !scan.stdout.contains("main.tf") && !scan.stdout.contains("later.tf"),
                "{}",
                scan.stdout
            );
        } else {
            scan.ends(2, &["git knows no commit `origin/main`", "`fetch-depth: 0`"]);
        }
    }
}

#[cfg(unix)]
#[test]
fn the_hook_stops_commits_that_bring_failures_and_no_others() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("hook");
    folder.file("infra/main.tf", &bucket("old", "", ""));
    let folder = folder.committed();
    let program = Path::new(env!("CARGO_BIN_EXE_plumb")).parent().unwrap();
    let entry = scripts(".pre-commit-hooks.yaml").remove(0);
    let hook = folder.0.join(".git/hooks/pre-commit");
    let script = format!(
        "#!/bin/sh\nPATH='{}':\"$PATH\"\nexec {entry} infra\n",
        program.display()
    );
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, script).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    folder.file("README", "x");
    folder.commit();
    let public = bucket("old", "", "  acl = \"public-read\"\n");
    folder.file("infra/main.tf", &public);
    folder.file("README", "y");
    for commit in [
        &["commit", "--all", "--message", "x"][..],
        // Of one file: git hands the hook an index of its own.
        &["commit", "--message", "x", "infra/main.tf"],
    ] {
        let status = Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
            .args(commit)
            .current_dir(&folder.0)
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        let said = String::from_utf8(status.stdout).unwrap() + &String::from_utf8(status.stderr).unwrap();
        assert!(!status.status.success(), "{said}");
        assert!(
            said.contains("s3-bucket-not-public") || said.contains("high"),
            "{said}"
        );
    }
    folder.git(&["checkout", "infra/main.tf"]);
    folder.commit();
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
