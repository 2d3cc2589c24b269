//! Vulnerable estates on the wire and their hardened twins, asked for paths by the snapshot of a scan.

use serde_json::Value;

use crate::support::binary::Plumb;
use crate::support::fault::Fault;
use crate::support::folder::Folder;
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Rule};

/// An estate, the way in, and how sure it is.
struct Case {
    module: &'static str,
    /// Hops; what stands in braces is a label of a resource that AWS names.
    path: &'static str,
    certainty: &'static str,
    /// How sure the same way is in the twin, or that there is none.
    hardened: Option<&'static str>,
}

const CASES: [Case; 8] = [
    // moto cannot tell whether the region blocks public access.
    Case {
        module: "proxy_to_bucket",
        path: "internet -reaches-> {server} -runs_as-> proxy -can_read-> ridgeline-card-orders",
        certainty: "possible",
        hardened: None,
    },
    Case {
        module: "policy_rollback",
        path: "credentials -holds-> raider -can_escalate_to-> administrator",
        certainty: "certain",
        hardened: None,
    },
    Case {
        module: "policy_rewrite",
        path: "credentials -holds-> raider -can_escalate_to-> administrator",
        certainty: "certain",
        hardened: None,
    },
    Case {
        module: "passed_to_function",
        path: "credentials -holds-> tester -can_assume-> function-manager -can_escalate_to-> repair -can_administer-> administrator",
        certainty: "certain",
        hardened: None,
    },
    Case {
        module: "open_trust",
        path: "internet -can_assume-> support -can_read-> till-password",
        certainty: "certain",
        hardened: None,
    },
    Case {
        module: "vendor_trust",
        path: "account:640912736455 -can_assume-> cost-vendor -can_administer-> administrator",
        certainty: "certain",
        hardened: Some("conditional"),
    },
    Case {
        module: "public_snapshot",
        path: "internet -can_read-> ledger-before-move",
        certainty: "certain",
        hardened: None,
    },
    Case {
        module: "open_bucket",
        path: "internet -can_read-> orchard-member-photos",
        certainty: "certain",
        hardened: None,
    },
];

/// The paths of a cloud, each with how sure it is: a scan that leaves a snapshot, and a question to that.
fn paths(url: &str, name: &str) -> Vec<(String, String)> {
    let folder = Folder::new(name);
    let snapshot = folder.file("estate.jsonl.zst");
    let narrow = ["--paths", "always", "--policy", "s3-bucket-not-public"];
    Plumb::scan(url, &[&narrow, ["--snapshot", &snapshot].as_slice()].concat())
        .run()
        .report();
    let ended = Plumb::bare(&["paths", "--snapshot", &snapshot, "--format", "json"]).run();
    assert!([0, 4].contains(&ended.status), "{}", ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let paths = report["paths"].as_array().unwrap().iter();
    paths
        .map(|path| (hops(path), path["certainty"].as_str().unwrap().to_owned()))
        .collect()
}

fn hops(path: &Value) -> String {
    let name = |node: &Value| match node["type"].as_str().unwrap() {
        "administrator" => "administrator".to_owned(),
        "outside" => node["uid"].as_str().unwrap().to_owned(),
        _ => node["name"].as_str().unwrap().to_owned(),
    };
    let mut hops = name(&path["entry"]);
    for hop in path["hops"].as_array().unwrap() {
        hops.push_str(&format!(
            " -{}-> {}",
            hop["kind"].as_str().unwrap(),
            name(&hop["to"])
        ));
    }
    hops
}

/// The end of a path.
fn target(hops: &str) -> &str {
    hops.rsplit("-> ").next().unwrap_or_default()
}

#[test]
fn the_documented_path_into_each_estate_is_found() {
    for case in CASES {
        let Some(moto) = Moto::with(&[&format!("twins.{}@vulnerable", case.module)]) else {
            return;
        };
        let wanted = case.path.replace("{server}", moto.identifier("server"));
        let found = paths(&moto.url(), &format!("vulnerable-{}", case.module));
        assert!(
            found.contains(&(wanted, case.certainty.to_owned())),
            "{}: {found:#?}",
            case.module
        );
    }
}

#[test]
fn no_path_leads_to_the_target_of_a_hardened_twin() {
    for case in CASES {
        let Some(moto) = Moto::with(&[&format!("twins.{}@hardened", case.module)]) else {
            return;
        };
        let mut found = paths(&moto.url(), &format!("hardened-{}", case.module));
        found.retain(|(hops, _)| target(hops) == target(case.path));
        let told: Vec<&str> = found.iter().map(|(_, certainty)| certainty.as_str()).collect();
        let expected: Vec<&str> = case.hardened.into_iter().collect();
        assert_eq!(told, expected, "{}: {found:#?}", case.module);
    }
}

#[test]
fn a_path_is_possible_where_a_call_that_decides_is_denied() {
    let cases = [
        (
            "open_bucket",
            "s3",
            "?policy",
            "internet -can_read-> orchard-member-photos",
        ),
        (
            "public_snapshot",
            "rds",
            "DescribeDBSnapshotAttributes",
            "internet -can_read-> ledger-before-move",
        ),
        (
            "proxy_to_bucket",
            "ec2",
            "DescribeSecurityGroups",
            "internet -reaches-> {server} -runs_as-> proxy -can_read-> ridgeline-card-orders",
        ),
    ];
    for (module, service, operation, path) in cases {
        for twin in ["vulnerable", "hardened"] {
            let Some(moto) = Moto::with(&[&format!("twins.{module}@{twin}")]) else {
                return;
            };
            // What blocks public access closes the bucket of the twin whatever its policy says.
            if (module, twin) == ("open_bucket", "hardened") {
                continue;
            }
            let proxy = Proxy::start(moto.address, vec![Rule::new(service, operation, Fault::Deny)]);
            let wanted = path.replace("{server}", moto.identifier("server"));
            let found = paths(&proxy.url, &format!("denied-{module}-{twin}"));
            assert!(
                proxy.count(service, operation) > 0,
                "{operation} was not asked for"
            );
            let told: Vec<&(String, String)> = found.iter().filter(|(hops, _)| *hops == wanted).collect();
            assert_eq!(
                told,
                [&(wanted.clone(), "possible".to_owned())],
                "{module} {twin}: {found:#?}"
            );
        }
    }
}
