//! A secret that was found is nowhere to be read.

use crate::support::binary::Plumb;
use crate::support::folder::Folder;
use crate::support::moto::Moto;

/// As `tests/python/estate/compute.py` has them, with the forms that an encoding could leave.
const SECRETS: [&str; 4] = [
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzR9kQ2vT0a",
    "wJalrXUtnFEMI",
    "AKIAZ7QK3WNP5LXTB2VD",
    // `export AWS_ACCESS_KEY_ID=` in Base64, as the API gives it.
    "ZXhwb3J0IEFXU19BQ0NFU1NfS0VZX0lE",
];

fn check(place: &str, bytes: &[u8]) {
    for secret in SECRETS {
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "`{secret}` is in {place}");
    }
}

#[test]
fn a_secret_in_user_data_is_found_and_never_shown_logged_or_stored() {
    let Some(moto) = Moto::with(&["compute"]) else {
        return;
    };
    let folder = Folder::new("a-secret-in-user-data");
    let selection = ["--service", "ec2", "-vv"];
    for format in [
        "terminal", "json", "jsonl", "csv", "html", "ocsf", "sarif", "junit", "markdown",
    ] {
        let snapshot = folder.file(&format!("{format}.jsonl.zst"));
        let arguments = [
            "scan",
            "aws",
            "--region",
            "us-east-1",
            "--format",
            format,
            "--snapshot",
            &snapshot,
        ];
        let inventory: &[&str] = if format == "json" { &["--inventory"] } else { &[] };
        let ended = Plumb::at(
            &moto.url(),
            &[&arguments, selection.as_slice(), inventory].concat(),
        )
        .run();
        assert!([0, 4].contains(&ended.status), "{}", ended.stderr);
        check(format, ended.stdout.as_bytes());
        check("the log", ended.stderr.as_bytes());
        let stored = zstd::decode_all(std::fs::File::open(&snapshot).unwrap()).unwrap();
        assert!(stored.len() > 1000);
        check("the snapshot", &stored);
        if format == "json" {
            let secret = moto.identifier("instance-secret");
            assert_eq!(
                ended
                    .report()
                    .verdict("ec2-instance-user-data-no-secrets", secret),
                "fail"
            );
        }
    }
}
