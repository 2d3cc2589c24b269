//! What the exit status says of code of which nothing could be judged.

use std::fs;
use std::process::Command;

use crate::{Folder, Scan, bucket};

#[test]
fn code_of_which_no_policy_speaks_is_not_clean() {
    let vault = "resource \"azurerm_recovery_services_vault\" \"v\" {\n  name = \"v\"\n}\n";
    let random = "resource \"random_id\" \"r\" {\n  byte_length = 8\n}\n";
    let with_bucket = format!("{vault}{}", bucket("b", "", ""));
    for (name, code, arguments, status) in [
        ("cloud", vault, vec![], 4),
        ("cloud-allowed", vault, vec!["--allow-incomplete"], 0),
        ("cloud-one-policy", vault, vec!["--policy", "s3-*"], 0),
        ("cloud-one-service", vault, vec!["--service", "s3"], 0),
        ("no-cloud", random, vec![], 0),
        ("some", &with_bucket, vec![], 0),
    ] {
        let folder = Folder::new(name);
        folder.file("main.tf", code);
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args(["scan", "code", "--format", "json"])
            .args(arguments)
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let scan = Scan::new(output);
        assert_eq!(scan.status, Some(status), "{name}: {}", scan.stderr);
    }
}

#[test]
fn code_that_cannot_be_read_is_neither_without_drift_nor_mended() {
    let folder = Folder::new("broken");
    folder.file("code/main.tf", "resource \"aws_s3_bucket\" \"a\" {\n  bucket =\n");
    folder.file("whole/main.tf", "locals {\n  a = 1\n}\n");
    folder.file("none/notes.txt", "nothing to judge\n");
    folder.file(
        "terraform.tfstate",
        "{\"version\":4,\"terraform_version\":\"1.9.0\",\"serial\":1,\"lineage\":\"x\",\"outputs\":{},\"resources\":[]}",
    );
    for (code, status) in [("code", 4), ("whole", 0), ("none", 3)] {
        for command in [
            &["drift", "--state", "terraform.tfstate", "--code", code][..],
            &["fix", "code", code],
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
                .args(command)
                .current_dir(&folder.0)
                .output()
                .unwrap();
            let ended = Scan::new(output);
            assert_eq!(ended.status, Some(status), "{command:?}: {}", ended.stderr);
        }
    }
}

/// Runs `plumb scan code` over a path in the folder.
fn scanned(folder: &Folder, path: &str) -> Scan {
    let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .args(["scan", "code", "--policy", "s3-bucket-versioning-enabled", path])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    Scan::new(output)
}

#[cfg(target_os = "linux")]
#[test]
fn code_whose_name_is_no_text_is_missing_from_the_scan() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    for (number, (name, status)) in [(&b"caf\xe9.tf"[..], 4), (b"caf\xe9.yaml", 4), (b"caf\xe9.jpg", 0)]
        .into_iter()
        .enumerate()
    {
        let folder = Folder::new(&format!("no-text-{number}"));
        folder.file("main.tf", &bucket("a", "", ""));
        fs::write(folder.0.join(OsStr::from_bytes(name)), bucket("b", "", "")).unwrap();
        let scan = scanned(&folder, ".");
        assert_eq!(scan.status, Some(status), "{name:?}: {}", scan.stderr);
        assert_eq!(
            scan.stderr.contains("has a name that is no text"),
            status == 4,
            "{}",
            scan.stderr
        );
    }
    let folder = Folder::new("no-text-folder");
    folder.file("main.tf", &bucket("a", "", ""));
    fs::create_dir(folder.0.join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    assert_eq!(scanned(&folder, ".").status, Some(4));
}

#[test]
fn folders_that_nest_too_deeply_are_missing_from_the_scan() {
    let folder = Folder::new("deep");
    folder.file("main.tf", &bucket("a", "", ""));
    folder.file(&format!("{}main.tf", "d/".repeat(80)), &bucket("b", "", ""));
    scanned(&folder, ".").ends(4, &["is nested too deeply and was left out"]);
}

#[test]
fn plans_may_be_longer_than_other_files() {
    let folder = Folder::new("long");
    let long = "x".repeat(9 * 1024 * 1024);
    let planned = serde_json::json!({ "root_module": { "resources": [{
        "address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
        "provider_name": "registry.terraform.io/hashicorp/aws", "values": { "bucket": "b", "tags": { "long": long } },
    }] } });
    let plan = format!(
        "{{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"planned_values\":{planned}}}"
    );
    folder.file("plan/plan.json", &plan);
    folder.file("data/data.json", &format!("{{\"long\":\"{long}\"}}"));
    let scan = scanned(&folder, "plan/plan.json");
    assert_eq!(scan.status, Some(0), "{}", scan.stderr);
    assert!(scan.stdout.contains("aws_s3_bucket.b"), "{}", scan.stdout);
    scanned(&folder, "data/data.json").ends(3, &["bytes, more than 8388608"]);
}

#[test]
fn what_is_mapped_and_not_judged_is_not_clean_and_idle_variables_are_told() {
    let folder = Folder::new("no-policy-speaks");
    folder.file(
        "main.tf",
        "resource \"azurerm_storage_account\" \"s\" {\n  name = \"s\"\n}\n",
    );
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args(["scan", "code"])
            .args(arguments)
            .current_dir(&folder.0)
            .env_clear()
            .env("HOME", "/nonexistent")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&[]).0, Some(4));
    assert_eq!(run(&["--allow-incomplete"]).0, Some(0));
    let (_, told) = run(&["--var", "nosuch=1"]);
    assert!(told.contains("no root declares the variable `nosuch`"), "{told}");
    folder.file("variables.tf", "variable \"nosuch\" {}\n");
    let (_, told) = run(&["--var", "nosuch=1"]);
    assert!(!told.contains("nosuch"), "{told}");
}
