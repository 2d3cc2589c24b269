//! Code that hides behind other code: names that are declared twice, files of OpenTofu, folders that are passed over.

use crate::{Folder, failures};

fn bucket(status: &str) -> String {
    format!(
        "resource \"aws_s3_bucket\" \"b\" {{\n  bucket = \"b\"\n  versioning {{\n    enabled = {status}\n  }}\n}}\n"
    )
}

#[test]
fn what_is_declared_twice_is_told_and_fails_in_whatever_order() {
    let variable = |value: &str| format!("variable \"on\" {{\n  default = {value}\n}}\n");
    let local = |value: &str| format!("locals {{\n  on = {value}\n}}\n");
    let output = |value: &str| format!("output \"on\" {{\n  value = {value}\n}}\n");
    let module = |source: &str| format!("module \"m\" {{\n  source = \"./{source}\"\n}}\n");
    type Declared<'d> = (&'d str, Box<dyn Fn(&str) -> String>, String);
    let cases: [Declared<'_>; 5] = [
        ("aws_s3_bucket.b", Box::new(bucket), String::new()),
        ("var.on", Box::new(variable), bucket("var.on")),
        ("local.on", Box::new(local), bucket("local.on")),
        ("module.m", Box::new(module), String::new()),
        ("output.on", Box::new(output), String::new()),
    ];
    for (name, declared, rest) in cases {
        for (first, second) in [("true", "false"), ("false", "true")] {
            let folder = Folder::new(&format!("twice-{name}-{first}"));
            // The outputs are those of a module.
            let within = if name == "output.on" { "m/" } else { "" };
            folder.file(&format!("{within}a.tf"), &declared(first));
            folder.file(&format!("{within}b.tf"), &declared(second));
            folder.file("rest.tf", &rest);
            match name {
                "output.on" => folder.file("main.tf", &format!("{}{}", module("m"), bucket("module.m.on"))),
                "module.m" => {
                    folder.file("true/main.tf", &bucket("true"));
                    folder.file("false/main.tf", &bucket("false"));
                }
                _ => {}
            }
            let (scan, report) = folder.report(&[]);
            scan.ends(
                1,
                &[
                    &format!("`{name}` is declared twice"),
                    &format!("it is declared at `{within}a.tf:"),
                    &format!("--> {within}b.tf:"),
                ],
            );
            assert_eq!(failures(&report).len(), 1, "{name} {first}: {report:#}");
        }
    }
}

/// Files with what each says, how many failures they give, and what is told.
type Case<'c> = (&'c [(&'c str, &'c str)], usize, &'c [&'c str]);

#[test]
fn a_file_of_opentofu_and_that_of_terraform_in_its_place_are_both_judged() {
    let cases: [Case<'_>; 5] = [
        (
            &[("main.tf", "true"), ("main.tofu", "false")],
            1,
            &["Terraform reads `main.tf`, and OpenTofu `main.tofu` in its place"],
        ),
        (
            &[("main.tf", "false"), ("main.tofu", "true")],
            1,
            &["both files were judged"],
        ),
        (&[("main.tofu", "false")], 1, &[]),
        // A copy that an editor keeps, and a test.
        (
            &[
                ("main.tf", "true"),
                (".#main.tf", "false"),
                ("b.tofutest.hcl", "false"),
            ],
            0,
            &[],
        ),
        (
            &[
                ("main.tf", "true"),
                (
                    "m/x.tf.json",
                    "{\"resource\":{\"aws_s3_bucket\":{\"b\":{\"bucket\":\"b\"}}}}",
                ),
                ("m/x.tofu.json", "{}"),
            ],
            1,
            &["Terraform reads `m/x.tf.json`"],
        ),
    ];
    for (files, failing, said) in cases {
        let folder = Folder::new(&format!("tofu-{}", files[0].1.len() + files.len() * 10));
        for (name, status) in files {
            let text = if name.ends_with(".json") {
                (*status).to_owned()
            } else {
                bucket(status)
            };
            folder.file(name, &text);
        }
        let (scan, report) = folder.report(&[]);
        scan.ends(i32::from(failing > 0), said);
        assert_eq!(failures(&report).len(), failing, "{files:?}: {report:#}");
    }
}

#[test]
fn code_in_folders_that_are_passed_over_is_told() {
    let folder = Folder::new("passed-over");
    folder.file("main.tf", "module \"m\" {\n  source = \"./vendor/m\"\n}\n");
    folder.file("vendor/m/main.tf", &bucket("true"));
    folder.file(".github/infra/main.tf", &bucket("false"));
    folder.file("node_modules/x/main.bicep", "");
    folder.file(".terraform/modules/x/main.tf", &bucket("false"));
    folder.scan(&[]).ends(
        0,
        &[
            "passed over: `.github/infra`, `node_modules/x`\n",
            "name such a folder to judge it",
        ],
    );
    folder.scan(&[".github/infra"]).ends(1, &[]);
}

#[test]
fn what_completes_a_resource_is_pointed_at_where_it_stands() {
    let folder = Folder::new("parts-that-decide");
    let permission = |name: &str, principal: &str| {
        format!(
            "resource \"aws_lambda_permission\" \"{name}\" {{\n  function_name = aws_lambda_function.f.function_name\n  action = \"lambda:InvokeFunction\"\n  principal = \"{principal}\"\n}}\n"
        )
    };
    let function =
        "resource \"aws_lambda_function\" \"f\" {\n  function_name = \"f\"\n  role = aws_iam_role.r.arn\n}\n";
    // Nothing but the role says that there is a policy of AWS.
    let role = "resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = jsonencode({ Statement = [] })\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n}\n";
    let account = permission("a_ok", "111122223333");
    let everybody = permission("b_open", "*");
    folder.file("main.tf", &format!("{function}{account}{everybody}{role}"));
    let policies = [
        "lambda-function-not-public",
        "iam-aws-policy-full-admin-not-attached",
    ];
    let arguments = policies.iter().flat_map(|policy| ["--policy", policy]);
    let (_, report) = folder.report(&arguments.collect::<Vec<_>>());
    let findings = report["accounts"][0]["findings"].as_array().unwrap();
    let mut places: Vec<(String, u64)> = findings
        .iter()
        .filter(|finding| finding["verdict"] == "fail")
        .map(|finding| {
            let line = finding["code"]["place"]["line"].as_u64().unwrap();
            (finding["policy"].as_str().unwrap().to_owned(), line)
        })
        .collect();
    places.sort();
    assert_eq!(
        places,
        [
            ("iam-aws-policy-full-admin-not-attached".to_owned(), 18),
            ("lambda-function-not-public".to_owned(), 10),
        ]
    );
}
