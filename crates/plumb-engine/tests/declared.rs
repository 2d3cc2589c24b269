//! What code declares of settings that an account or a region has once decides; of everything else there may be more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use plumb_engine::{Analyzer, Config};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Coverage;
use plumb_model::resource::Resource;
use plumb_model::snapshot::{AccountSnapshot, Header, Snapshot};
use plumb_model::value::{Map, Value};
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use serde_json::{Value as Json, json};

const POLICIES: &str = r#"
policies:
- { name: own-account, provider: aws, resource_type: aws_sqs_queue, severity: LOW, rule: 'inventory("aws_iam_account_password_policy").exists(b, b.require_numbers == true)' }
- { name: own-guard, provider: aws, resource_type: aws_sqs_queue, severity: LOW, rule: 'inventory("aws_s3_account_public_access_block").exists(b, b.public_access_block.block_public_acls == true)' }
- { name: own-everywhere, provider: aws, resource_type: aws_sqs_queue, severity: LOW, rule: 'inventory("aws_ec2_region_settings").exists(s, s.serial_console_access == true)' }
- { name: own-list, provider: aws, resource_type: aws_sqs_queue, severity: LOW, rule: 'inventory("aws_sns_topic").exists(t, t.topic_arn == "x")' }
- { name: own-region, provider: aws, resource_type: aws_sqs_queue, severity: LOW, rule: 'inventory("aws_ec2_region_settings", resource.region).exists(s, s.serial_console_access == true)' }
"#;

fn resource(resource_type: &str, region: &str, attributes: Json) -> Resource {
    let attributes: Map = serde_json::from_value(attributes).unwrap();
    let uid = format!("{resource_type}/{region}");
    Resource::new(uid, resource_type, region, "000000000001", region, attributes)
}

/// The verdicts of the policies on a queue in `region` beside what else the code declares, and what the unknown ones name.
fn judged(region: &str, declared: Vec<Resource>) -> Vec<String> {
    let own = SourceFile {
        path: "own.yaml".to_owned(),
        text: POLICIES.to_owned(),
    };
    let loaded = Pack::load(Base::BuiltIn, &[own]);
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let pack = loaded.pack;
    let own = pack
        .policies()
        .iter()
        .filter(|policy| policy.name.starts_with("own-"));
    let policies = own.map(|policy| pack.compile(policy).unwrap()).collect();
    let analyzer = Analyzer::new(&pack, policies, Vec::new(), Config::default()).unwrap();
    let mut resources = declared;
    resources.push(resource("aws_sqs_queue", region, json!({})));
    resources.push(resource("aws_sns_topic", region, json!({ "topic_arn": "y" })));
    let account = AccountSnapshot {
        account: Account::new(Provider::Aws, "000000000001"),
        taken_at: "2026-01-01T00:00:00Z".into(),
        regions: Vec::new(),
        resources,
        coverage: Coverage {
            declared_only: true,
            ..Coverage::default()
        },
    };
    let report = analyzer.analyze(&Snapshot {
        header: Header::new("0", None),
        accounts: vec![account],
    });
    let told = report.findings().filter(|view| !view.resource.stand_in);
    told.map(|view| {
        let message = view
            .finding
            .evidence
            .as_ref()
            .map(|evidence| evidence.message.to_string());
        let named = message.unwrap_or_default();
        let named = named.split('`').nth(1).filter(|_| named.contains("in this code"));
        format!(
            "{} {}{}",
            view.policy.name,
            view.finding.verdict,
            named.map_or(String::new(), |named| format!(": {named}"))
        )
    })
    .collect()
}

#[test]
fn what_is_there_once_decides_where_code_declares_it() {
    let passwords = |on: bool| {
        let settings = json!({ "require_numbers": on });
        resource("aws_iam_account_password_policy", "global", settings)
    };
    let block = |on: bool| {
        let settings = json!({ "public_access_block": { "block_public_acls": on } });
        resource("aws_s3_account_public_access_block", "global", settings)
    };
    let console = |region: &str, on: bool| {
        resource(
            "aws_ec2_region_settings",
            region,
            json!({ "serial_console_access": Value::Bool(on) }),
        )
    };
    let account = "own-account unknown: IAM password policy";
    // What others may have put around the code counts for nothing.
    let guard = "own-guard fail";
    let everywhere = "own-everywhere unknown: EC2 settings of a region";
    let here = "own-region unknown: EC2 settings of a region";
    let list = "own-list unknown";
    let cases = [
        (vec![], [account, everywhere, guard, list, here]),
        (
            vec![passwords(false)],
            ["own-account fail", everywhere, guard, list, here],
        ),
        (
            vec![passwords(true)],
            ["own-account pass", everywhere, guard, list, here],
        ),
        (vec![block(false)], [account, everywhere, guard, list, here]),
        (
            vec![block(true)],
            [account, everywhere, "own-guard pass", list, here],
        ),
        (
            vec![console("eu-west-1", false)],
            [account, everywhere, guard, list, "own-region fail"],
        ),
        (
            vec![console("eu-west-2", false)],
            [account, everywhere, guard, list, here],
        ),
        (
            vec![console("eu-west-1", true), console("eu-west-2", false)],
            [account, "own-everywhere pass", guard, list, "own-region pass"],
        ),
    ];
    for (declared, expected) in cases {
        let what = format!("{declared:?}");
        assert_eq!(judged("eu-west-1", declared), expected, "{what}");
    }
    // The same unknown region may be two.
    let unknown = judged("unknown", vec![console("unknown", false)]);
    assert_eq!(unknown, [account, everywhere, guard, list, here]);
}
