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
