//! Terraform as users write it, from source to evaluated blocks.

mod tree;

use std::collections::BTreeMap;

use plumb_iac::complete::NothingKnown;
use plumb_iac::terraform::code::Code;
use plumb_iac::terraform::root::{Evaluated, Given};
use tree::Tree;

fn evaluate(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (Code, Evaluated) {
    let tree = Tree::of(files);
    let mut code = Code::read(&tree, tree.folders());
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let given = Given {
        variables: variables.collect::<BTreeMap<_, _>>(),
        account: "111122223333".into(),
        region: Some("eu-central-1".into()),
        ..Given::default()
    };
    let root = code
        .roots(&Default::default())
        .into_iter()
        .next()
        .unwrap_or_default();
    let values = code.values(&tree, &root, &given);
    let evaluated = code.evaluate(&tree, &NothingKnown, &root, values, &given);
    (code, evaluated)
}

/// Each block as `address: arguments`, without what every block lacks.
fn shown(evaluated: &Evaluated) -> String {
    let after_apply = format!(" ...?({})", plumb_iac::mapping::KNOWN_AFTER_APPLY);
    let lines = evaluated.stack.blocks.iter().map(|block| {
        let perhaps = block
            .perhaps
            .as_ref()
            .map_or(String::new(), |why| format!(" perhaps({why})"));
        format!(
            "{}{perhaps}: {}\n",
            block.address,
            block.body.to_string().replace(&after_apply, "")
        )
    });
    lines.collect()
}

#[track_caller]
fn check(files: &[(&str, &str)], variables: &[(&str, &str)], expected: &str) {
    let (code, evaluated) = evaluate(files, variables);
    assert_eq!(code.problems, [], "{files:?}");
    let told: Vec<String> = evaluated.problems.iter().map(ToString::to_string).collect();
    assert_eq!(shown(&evaluated), expected, "{told:#?}");
}

#[test]
fn arguments_come_from_variables_locals_and_literals() {
    check(
        &[
            (
                "main.tf",
                r#"
variable "env" { default = "dev" }
variable "size" { type = number }
variable "flags" { type = object({ a = optional(bool, true), b = optional(string) }) }
locals { name = "app-${var.env}" }
resource "x" "y" {
  name = local.name
  size = var.size
  flag = var.flags.a
  none = var.flags.b
  big  = var.size > 3 ? "big" : "small"
  text = <<-EOT
    a
      b ${var.env}
  EOT
}
"#,
            ),
            ("terraform.tfvars", "size = \"4\"\nflags = {}\nenv = \"test\"\n"),
            ("z.auto.tfvars.json", r#"{"env": "auto"}"#),
        ],
        &[],
        "x.y: {big: \"big\", flag: true, name: \"app-auto\", none: null, size: 4, text: \"a\\n  b auto\\n\"}\n",
    );
}

#[test]
fn what_the_command_line_gives_wins() {
    let main = "variable \"n\" { type = number }\nvariable \"l\" {}\nresource \"x\" \"y\" {\n n = var.n\n l = var.l\n}\n";
    check(
        &[("main.tf", main), ("terraform.tfvars", "n = 1\nl = 2\n")],
        &[("n", "7"), ("l", "[\"a\"]")],
        "x.y: {l: [\"a\"], n: 7}\n",
    );
}

#[test]
fn a_variable_without_value_is_unknown_and_not_guessed() {
    let main = r#"
variable "on" {}
resource "x" "y" {
  a = var.on
  b = var.on && false
  c = var.on ? 1 : 1
  d = var.on ? 1 : 2
  e = "n-${var.on}"
  f = [var.on, 1]
  g = { k = var.on }
  h = [for i in [1, 2] : i if var.on]
}
"#;
    let why = "?(variable `on` has no value)";
    let expected = format!(
        "x.y: {{a: {why}, b: false, c: 1, d: {why}, e: {why}, f: [{why}, 1], g: {{k: {why}}}, h: {why}}}\n"
    );
    check(&[("main.tf", main)], &[], &expected);
}

#[test]
fn blocks_are_repeated_by_count_and_for_each() {
    let main = r#"
resource "x" "c" {
  count = 2
  n     = count.index
}
resource "x" "e" {
  for_each = { a = 1, b = 2 }
  k = each.key
  v = each.value
}
resource "x" "none" { count = 0 }
resource "x" "r" {
  all = x.c[*].n
  one = x.e["b"].v
  old = x.c.1.n
}
variable "v" {}
resource "x" "u" {
  for_each = var.v
  k = each.key
}
"#;
    let why = "variable `v` has no value";
    let expected = format!(
        "x.c[0]: {{n: 0}}\nx.c[1]: {{n: 1}}\nx.e[\"a\"]: {{k: \"a\", v: 1}}\nx.e[\"b\"]: {{k: \"b\", v: 2}}\n\
         x.r: {{all: [0, 1], old: 1, one: 2}}\nx.u[*] perhaps({why}): {{k: ?({why})}}\n"
    );
    check(&[("main.tf", main)], &[], &expected);
}

#[test]
fn dynamic_blocks_become_blocks() {
    let main = r#"
variable "open" {}
resource "x" "y" {
  rule { port = 1 }
  dynamic "rule" {
    for_each = { a = 80, b = 443 }
    content {
      name = rule.key
      port = rule.value
      dynamic "range" {
        for_each = ["10.0.0.0/8"]
        iterator = r
        content { cidr = "${r.value}" }
      }
    }
  }
  dynamic "none" {
    for_each = []
    content {}
  }
  dynamic "more" {
    for_each = var.open
    content {}
  }
}
"#;
    let expected = "x.y: {more: [?(variable `open` has no value)], rule: [{port: 1}, \
        {name: \"a\", port: 80, range: [{cidr: \"10.0.0.0/8\"}]}, {name: \"b\", port: 443, range: [{cidr: \"10.0.0.0/8\"}]}]}\n";
    check(&[("main.tf", main)], &[], expected);
}

#[test]
fn modules_pass_values_in_and_out() {
    let files = [
        (
            "live/main.tf",
            r#"
module "a" {
  source = "../modules/m"
  for_each = toset(["p", "q"])
  name   = "a-${each.key}"
  other  = module.b.made
}
module "b" {
  source = "../modules/m"
  name   = "b"
  other  = "none"
}
resource "x" "r" { names = [module.a["p"].made, module.b.made] }
"#,
        ),
        (
            "modules/m/main.tf",
            r#"
variable "name" {}
variable "other" {}
resource "x" "inner" {
  name  = var.name
  other = var.other
}
output "made" { value = "made-${x.inner.name}" }
"#,
        ),
    ];
    check(
        &files,
        &[],
        "module.a[\"p\"].x.inner: {name: \"a-p\", other: \"made-b\"}\nmodule.a[\"q\"].x.inner: {name: \"a-q\", other: \"made-b\"}\n\
         module.b.x.inner: {name: \"b\", other: \"none\"}\nx.r: {names: [\"made-a-p\", \"made-b\"]}\n",
    );
}

#[test]
fn default_tags_reach_resources_through_modules() {
    let files = [
        (
            "main.tf",
            r#"
provider "aws" {
  region = "eu-west-1"
  default_tags { tags = { Owner = "core", Team = "a" } }
}
provider "aws" {
  alias  = "us"
  region = "us-east-1"
}
module "m" {
  source = "./m"
  providers = { aws = aws.us }
}
resource "aws_x" "y" { tags = { Team = "b" } }
resource "aws_x" "z" { provider = aws.us }
"#,
        ),
        ("m/main.tf", "resource \"aws_x\" \"in\" {}\n"),
    ];
    let (_, evaluated) = evaluate(&files, &[]);
    assert_eq!(
        shown(&evaluated),
        "aws_x.y: {tags: {Team: \"b\"}, tags_all: {Owner: \"core\", Team: \"b\"}}\naws_x.z: {}\nmodule.m.aws_x.in: {}\n"
    );
    let regions: Vec<Option<&str>> = evaluated
        .stack
        .blocks
        .iter()
        .map(|block| block.region.as_deref())
        .collect();
    assert_eq!(regions, [Some("eu-west-1"), Some("us-east-1"), Some("us-east-1")]);
}

#[test]
fn policy_documents_are_computed() {
    let main = r#"
variable "who" {}
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "one"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    sid     = "two"
    effect  = "Deny"
    actions = ["s3:*", "kms:*"]
    principals {
      type        = "AWS"
      identifiers = [var.who]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
resource "x" "y" { policy = data.aws_iam_policy_document.d.json }
"#;
    let expected = "x.y: {policy: json({Statement: [{Action: \"s3:GetObject\", Effect: \"Allow\", Resource: \"*\", Sid: \"one\"}, \
        {Action: [\"s3:*\", \"kms:*\"], Condition: {Bool: {aws:SecureTransport: \"false\"}}, Effect: \"Deny\", \
        Principal: {AWS: ?(variable `who` has no value)}, Sid: \"two\"}], Version: \"2012-10-17\"})}\n";
    check(&[("main.tf", main)], &[], expected);
}

#[test]
fn json_syntax_means_the_same() {
    let main = r#"{
  "//": "a comment",
  "variable": { "env": { "type": "string", "default": "dev" } },
  "resource": {
    "x": {
      "y": { "name": "app-${var.env}", "rule": [ { "port": 1 } ] },
      "z": [ { "n": "${x.y.name}", "dynamic": { "b": { "for_each": [1], "content": { "v": "${b.value}" } } } } ]
    }
  }
}"#;
    check(
        &[("main.tf.json", main)],
        &[],
        "x.y: {name: \"app-dev\", rule: [{port: 1}]}\nx.z: {b: [{v: 1}], n: \"app-dev\"}\n",
    );
}

#[test]
fn values_know_where_they_were_written() {
    let files = [
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n  acl    = \"public-read\"\n}\n",
        ),
        (
            "m/main.tf",
            "variable \"acl\" {}\nresource \"x\" \"y\" {\n  acl = var.acl\n}\n",
        ),
    ];
    let (code, evaluated) = evaluate(&files, &[]);
    let block = &evaluated.stack.blocks[0];
    let acl = block.body.get("acl").expect("an argument");
    let text = |place: Option<plumb_iac::place::Place>| {
        let place = place.expect("a place");
        let source = code.sources().get(place.file).expect("a file");
        format!(
            "{}: {}",
            source.name,
            source.text.get(place.range()).unwrap_or_default()
        )
    };
    assert_eq!(text(acl.at), "m/main.tf: acl = var.acl");
    assert_eq!(text(acl.set), "main.tf: \"public-read\"");
    assert_eq!(text(Some(block.head)), "m/main.tf: resource \"x\" \"y\"");
    assert_eq!(text(block.calls.first().copied()), "main.tf: module \"m\"");
}

#[test]
fn what_is_wrong_is_told_and_the_rest_goes_on() {
    type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, &'c str);
    let cases: [Case<'_>; 7] = [
        (
            &[(
                "a.tf",
                "resource \"x\" \"y\" {\n  a = local.a\n}\nlocals {\n  a = local.b\n  b = local.a\n}\n",
            )],
            "x.y: {a: ?(this needs its own value)}\n",
            "this needs its own value; it counts as unknown",
        ),
        (
            &[
                ("a.tf", "resource \"x\" \"y\" {\n"),
                ("b.tf", "resource \"x\" \"z\" {}\n"),
            ],
            "x.z: {}\n",
            "this is not valid Terraform; the file was left out",
        ),
        (
            &[(
                "a.tf",
                "module \"m\" {\n  source = \"./\"\n}\nresource \"x\" \"z\" {}\n",
            )],
            "x.z: {}\n",
            "module `./` calls itself",
        ),
        (
            &[(
                "a.tf",
                "module \"m\" {\n  source = \"terraform-aws-modules/vpc/aws\"\n}\nresource \"x\" \"z\" { v = module.m.id }\n",
            )],
            "x.z: {v: ?(module `terraform-aws-modules/vpc/aws` is not here and was not seen)}\n",
            "module `terraform-aws-modules/vpc/aws` is not here and was not seen",
        ),
        (
            &[(
                "a.tf",
                "module \"m\" {\n  source = \"../../etc\"\n}\nresource \"x\" \"z\" {}\n",
            )],
            "x.z: {}\n",
            "module `../../etc` lies outside the scanned tree and was not seen",
        ),
        (
            &[("a.tf", "resource \"x\" \"z\" {\n  a = nosuch(1)\n  b = 2\n}\n")],
            "x.z: {a: ?(there is no function `nosuch`), b: 2}\n",
            "there is no function `nosuch`; it counts as unknown",
        ),
        (
            &[(
                "a.tf",
                "resource \"x\" \"z\" {\n  a = x.gone.id\n  b = 1 / 0\n}\n",
            )],
            "x.z: {a: ?(`x.gone` is not declared), b: ?(this divides by zero)}\n",
            "`x.gone` is not declared; it counts as unknown",
        ),
    ];
    for (files, expected, problem) in cases {
        let (code, evaluated) = evaluate(files, &[]);
        assert_eq!(shown(&evaluated), expected, "{files:?}");
        let told: Vec<&str> = code
            .problems
            .iter()
            .chain(&evaluated.problems)
            .map(|told| told.message.as_str())
            .collect();
        assert!(told.contains(&problem), "{told:?}");
    }
}

#[test]
fn code_that_explodes_is_cut_and_the_rest_goes_on() {
    let mut doubling = String::from("locals {\n  l0 = [1, 2]\n");
    for level in 1..60 {
        doubling.push_str(&format!("  l{level} = [local.l{0}, local.l{0}]\n", level - 1));
    }
    doubling
        .push_str("}\nresource \"x\" \"y\" {\n  a = local.l59\n  b = jsonencode(local.l59)\n  c = 1\n}\n");
    let mut chain = String::from("locals {\n  l0 = 1\n");
    for level in 1..5000 {
        chain.push_str(&format!("  l{level} = [local.l{}]\n", level - 1));
    }
    chain.push_str("}\nresource \"x\" \"y\" { a = local.l4999 }\nresource \"x\" \"z\" { c = 1 }\n");
    let loops = "resource \"x\" \"y\" { a = [for i in range(100000) : [for j in range(100000) : j]] }\nresource \"x\" \"z\" { c = 1 }\n";
    for (text, kept) in [
        (doubling.as_str(), "c: 1"),
        (&chain, "x.z: {c: 1}"),
        (loops, "x.z: {c: "),
    ] {
        let text = text.to_owned();
        let evaluated = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn(move || shown(&evaluate(&[("main.tf", &text)], &[]).1))
            .expect("a thread")
            .join()
            .expect("no panic");
        assert!(
            evaluated.contains(kept),
            "{}",
            evaluated.chars().take(300).collect::<String>()
        );
    }
}

#[test]
fn what_the_cloud_may_decide_is_unknown_to_references_and_no_error() {
    let main = r#"
resource "x" "y" {
  none = null
  nested { a = 1 }
}
resource "x" "z" {
  a = x.y.none
  b = x.y.nested[0].made
  c = "n-${x.y.none}"
  d = x.y.nested[0].a
}
"#;
    let (_, evaluated) = evaluate(&[("main.tf", main)], &[]);
    assert_eq!(evaluated.problems, []);
    let why = "?(known only after apply)";
    assert_eq!(
        shown(&evaluated),
        format!("x.y: {{nested: [{{a: 1}}], none: null}}\nx.z: {{a: {why}, b: {why}, c: {why}, d: 1}}\n")
    );
}

#[test]
fn a_module_that_is_called_but_never_made_stands_for_itself() {
    let files = [
        (
            "prod/main.tf",
            "resource \"aws_s3_bucket\" \"b\" { bucket = \"b\" }\n",
        ),
        (
            "zz/main.tf",
            "module \"p\" {\n  source = \"../prod\"\n  count  = 0\n}\n",
        ),
        (
            "used/main.tf",
            "resource \"aws_s3_bucket\" \"u\" { bucket = \"u\" }\n",
        ),
        ("live/main.tf", "module \"u\" { source = \"../used\" }\n"),
    ];
    let tree = Tree::of(&files);
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let pack = plumb_pack::pack::Pack::builtin().expect("the built-in pack");
    let options = plumb_iac::scan::Options::default();
    let found: Vec<String> = plumb_iac::scan::evaluate(&pack, &tree, &paths, &options)
        .stacks
        .iter()
        .map(|stack| {
            let blocks: Vec<&str> = stack
                .stack
                .blocks
                .iter()
                .map(|block| block.address.as_str())
                .collect();
            format!("{}: {}", stack.stack.path, blocks.join(", "))
        })
        .collect();
    assert_eq!(
        found,
        ["live: module.u.aws_s3_bucket.u", "prod: aws_s3_bucket.b", "zz: "]
    );
}

#[test]
fn names_that_are_not_known_join_all_the_same() {
    let main = r#"
variable "n" {}
resource "aws_s3_bucket" "a" { bucket = "x-${var.n}" }
resource "aws_s3_bucket" "b" { bucket = "y" }
resource "aws_s3_bucket_versioning" "a" {
  bucket = aws_s3_bucket.a.bucket
  versioning_configuration { status = "Enabled" }
}
"#;
    let tree = Tree::of(&[("main.tf", main)]);
    let pack = plumb_pack::pack::Pack::builtin().expect("the built-in pack");
    let scanned = plumb_iac::scan::scan(
        &pack,
        &tree,
        &["main.tf".to_owned()],
        &plumb_iac::mapping::UsedPaths::default(),
        &plumb_iac::scan::Options::default(),
    );
    let versioning: Vec<String> = scanned.stacks[0]
        .mapped
        .resources
        .iter()
        .map(|(resource, _)| {
            resource
                .get("versioning")
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .collect();
    assert_eq!(versioning, ["{\"status\":\"Enabled\"}", "{}"]);
}
