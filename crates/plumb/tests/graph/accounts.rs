//! Code of which the providers work in several accounts.

use serde_json::{Value, json};

use crate::{Folder, text_with};

/// A role that trusts the role `a` by its ARN; `meta` says by which provider it is made.
fn trusting(meta: &str) -> String {
    format!(
        "resource \"aws_iam_role\" \"b\" {{\n  {meta}\n  name = \"b\"\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", \
         Action = \"sts:AssumeRole\", Principal = {{ AWS = var.trusted }} }}] }})\n}}\nvariable \"trusted\" {{ default = \"\" }}\n"
    )
}

const OWN: &str = r#"
resource "aws_iam_role" "a" {
  name = "a"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
"#;
const ASKS: &str = r#"
resource "aws_iam_role_policy" "a" {
  role = aws_iam_role.a.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "*" }] })
}
"#;

fn provider(alias: &str, arguments: &str) -> String {
    let alias = match alias {
        "" => String::new(),
        alias => format!("  alias = \"{alias}\"\n"),
    };
    format!("provider \"aws\" {{\n{alias}  region = \"eu-west-1\"\n  {arguments}\n}}\n")
}

#[test]
fn a_trust_across_accounts_needs_both_sides() {
    let allowed = |id: &str| format!("allowed_account_ids = [\"{id}\"]");
    let role = |id: &str| format!("assume_role {{ role_arn = \"arn:aws:iam::{id}:role/deploy\" }}");
    let (own, other) = ("111122223333", "444455556666");
    let cases = [
        ("one", provider("", ""), provider("b", ""), "", true),
        (
            "same",
            provider("", &allowed(own)),
            provider("b", &role(own)),
            "",
            true,
        ),
        (
            "apart",
            provider("", &allowed(own)),
            provider("b", &allowed(other)),
            "",
            false,
        ),
        (
            "assumed",
            provider("", ""),
            provider("b", &role(other)),
            "",
            false,
        ),
        (
            "both-sides",
            provider("", ""),
            provider("b", &role(other)),
            ASKS,
            true,
        ),
    ];
    for (name, first, second, asks, expected) in cases {
        for through in ["resource", "module"] {
            let tree = Folder::new(&format!("accounts-{name}-{through}"));
            let own = [&first, &second, OWN, asks].concat();
            match through {
                "resource" => {
                    let block = trusting("provider = aws.b").replace("var.trusted", "aws_iam_role.a.arn");
                    tree.file("main.tf", &(own + &block));
                }
                _ => {
                    std::fs::create_dir(tree.path("m")).unwrap();
                    tree.file("m/main.tf", &trusting(""));
                    let call = "module \"m\" {\n  source = \"./m\"\n  trusted = aws_iam_role.a.arn\n  providers = { aws = aws.b }\n}\n";
                    tree.file("main.tf", &(own + call));
                }
            }
            let query =
                "MATCH (a)-[r:can_assume]->(b) WHERE a.name = 'a' AND b.name = 'b' RETURN r.certainty";
            let found = text_with(0, &["graph", "query", query, "--code", &tree.path("")]);
            assert_eq!(
                !found.contains("0 rows"),
                expected,
                "{name} by {through}: {found}"
            );
        }
    }
}

#[test]
fn resources_of_other_accounts_are_told_by_their_numbers() {
    let tree = Folder::new("accounts-told");
    let code = provider("", "")
        + &provider(
            "b",
            "assume_role { role_arn = \"arn:aws:iam::444455556666:role/deploy\" }",
        )
        + "data \"aws_caller_identity\" \"b\" { provider = aws.b }\n\
           resource \"aws_s3_bucket\" \"here\" { bucket = \"here\" }\n\
           resource \"aws_s3_bucket\" \"there\" {\n  provider = aws.b\n  bucket = \"there-${data.aws_caller_identity.b.account_id}\"\n}\n";
    tree.file("main.tf", &code);
    let query = "MATCH (b:data) RETURN b.name, b.account ORDER BY b.name";
    let found = text_with(0, &["graph", "query", query, "--code", &tree.path("")]);
    assert!(
        found.contains("000000000001") && found.contains("000100000001"),
        "{found}"
    );
    assert!(found.contains("there-000100000001"), "{found}");
}

/// A resource of a state; the provider's alias is empty for the default one.
fn applied(kind: &str, name: &str, alias: &str, attributes: &Value) -> Value {
    let provider = format!("provider[\"registry.terraform.io/hashicorp/aws\"]{alias}");
    json!({"mode": "managed", "type": kind, "name": name, "provider": provider, "instances": [{"attributes": attributes}]})
}

#[test]
fn a_state_of_two_accounts_needs_both_sides_of_a_trust() {
    let statement =
        |statement: &Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let role = |name: &str, account: &str, trusted: &Value| {
        let trust = statement(&json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}));
        json!({"name": name, "id": name, "path": "/", "arn": format!("arn:aws:iam::{account}:role/{name}"), "assume_role_policy": trust})
    };
    let asks = statement(&json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}));
    let asks = applied(
        "aws_iam_role_policy",
        "a",
        "",
        &json!({"name": "p", "id": "a:p", "role": "a", "policy": asks}),
    );
    let (own, other) = ("111122223333", "444455556666");
    for (name, trusted, account, more, expected) in [
        (
            "both",
            json!({"AWS": "arn:aws:iam::111122223333:root"}),
            other,
            vec![asks.clone()],
            true,
        ),
        (
            "no-policy",
            json!({"AWS": "arn:aws:iam::111122223333:role/a"}),
            other,
            vec![],
            false,
        ),
        (
            "no-trust",
            json!({"AWS": "arn:aws:iam::777788889999:root"}),
            other,
            vec![asks],
            false,
        ),
        // In one account the trust alone is enough.
        (
            "one",
            json!({"AWS": "arn:aws:iam::111122223333:role/a"}),
            own,
            vec![],
            true,
        ),
    ] {
        let tree = Folder::new(&format!("accounts-state-{name}"));
        let mut resources = vec![
            applied(
                "aws_iam_role",
                "a",
                "",
                &role("a", own, &json!({"Service": "ec2.amazonaws.com"})),
            ),
            applied("aws_iam_role", "b", ".b", &role("b", account, &trusted)),
        ];
        resources.extend(more);
        let state = json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "l", "resources": resources});
        let state = tree.file("terraform.tfstate", &state.to_string());
        let query =
            "MATCH (a)-[r:can_assume]->(b) WHERE a.name = 'a' AND b.name = 'b' RETURN a.account, b.account";
        let found = text_with(0, &["graph", "query", query, "--code", &state]);
        assert_eq!(!found.contains("0 rows"), expected, "{name}: {found}");
        assert!(
            !expected || found.contains(own) && found.contains(account),
            "{name}: {found}"
        );
    }
}
