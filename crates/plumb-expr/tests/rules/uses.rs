//! Which places a rule reads, as the planner needs it.

use plumb_expr::{Expected, Extent, Root};

use crate::surroundings::compile;

fn check(rule: &str, expected: &[&str]) {
    let program = compile(rule, Expected::Value);
    let uses: Vec<String> = program
        .uses()
        .iter()
        .map(|used| {
            let root = match &used.root {
                Root::Resource => "resource".to_owned(),
                Root::Account => "account".to_owned(),
                Root::Params => "params".to_owned(),
                Root::Inventory(name) => format!("inventory({name})"),
                Root::RegionalInventory(name) => format!("regional inventory({name})"),
                Root::Related(name) => format!("related({name})"),
                Root::Exposure => "exposure".to_owned(),
            };
            let path: String = used.path.iter().map(|key| format!(".{key}")).collect();
            let extent = match used.extent {
                Extent::Presence => "?",
                Extent::Whole => "",
            };
            format!("{root}{path}{extent}")
        })
        .collect();
    assert_eq!(uses, expected, "{rule}");
}

#[test]
fn paths_are_followed_to_their_document() {
    check(
        "resource.encryption.rules[0].apply_server_side_encryption_by_default.sse_algorithm in [\"x\"]",
        &["resource.encryption.rules.apply_server_side_encryption_by_default.sse_algorithm"],
    );
    check(
        "resource.tags[\"Environment\"] == account.environment",
        &["resource.tags.Environment", "account.environment"],
    );
    check(
        "resource.name == null || size(resource.names) > params.max_age_days",
        &["resource.name?", "resource.names?", "params.max_age_days"],
    );
    check("has(resource.encryption.rules)", &["resource.encryption.rules?"]);
    check("resource.names.length", &["resource.names?"]);
    check(
        "resource.tags[resource.name]",
        &["resource.name", "resource.tags"],
    );
    check(
        "resource == null || resource.name == \"x\"",
        &["resource?", "resource.name"],
    );
    check("resource", &["resource"]);
    check(
        "exposure(resource).level != \"none\"",
        &["resource?", "exposure.level"],
    );
}

#[test]
fn variables_of_macros_are_followed_to_their_source() {
    check(
        "inventory(\"aws_cloudtrail_trail\").exists(t, t.is_logging && t.selectors.a.exists(s, s.b == 1))",
        &[
            "inventory(aws_cloudtrail_trail)?",
            "inventory(aws_cloudtrail_trail).is_logging",
            "inventory(aws_cloudtrail_trail).selectors.a?",
            "inventory(aws_cloudtrail_trail).selectors.a.b",
        ],
    );
    check(
        "inventory(\"aws_cloudtrail_trail\", resource.name).exists(t, t.is_logging)",
        &[
            "resource.name",
            "regional inventory(aws_cloudtrail_trail)?",
            "regional inventory(aws_cloudtrail_trail).is_logging",
        ],
    );
    check(
        "related(resource, \"aws_kms_key\").all(k, k.enabled)",
        &[
            "resource?",
            "related(aws_kms_key)?",
            "related(aws_kms_key).enabled",
        ],
    );
    check(
        "resource.ip_permissions.filter(p, p.from_port == 22).map(p, p.ip_ranges).flatten().exists(r, r.cidr_ip == \"x\")",
        &[
            "resource.ip_permissions?",
            "resource.ip_permissions.from_port",
            "resource.ip_permissions.ip_ranges?",
            "resource.ip_permissions.ip_ranges.cidr_ip",
        ],
    );
    check(
        "(resource.enabled ? resource.ip_permissions : []).exists(p, p.to_port == 1)",
        &[
            "resource.enabled",
            "resource.ip_permissions?",
            "resource.ip_permissions.to_port",
        ],
    );
    check(
        "as_list(resource.policy.Statement).exists(s, s.Effect == \"Allow\")",
        &["resource.policy.Statement?", "resource.policy.Statement.Effect"],
    );
    check("resource.tags.exists(k, v, v == \"x\")", &["resource.tags"]);
    check(
        "statements(resource.policy).exists(s, s.effect == \"Allow\")",
        &["resource.policy"],
    );
}
