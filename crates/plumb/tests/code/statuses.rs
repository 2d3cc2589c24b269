//! What the exit status says of code of which nothing could be judged.

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
