//! What modules hide, and what is told of the calls that lead to them.

mod tree;

use plumb_iac::complete::NothingKnown;
use plumb_iac::secrecy::Secrecy;
use plumb_iac::terraform::code::Code;
use plumb_iac::terraform::root::Given;
use tree::Tree;

/// What is told of the first root, and each of its blocks with its first argument.
fn evaluated(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    evaluated_with(Secrecy::Kept, files)
}

fn evaluated_with(secrecy: Secrecy, files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let tree = Tree::of(files);
    let mut code = Code::read(&tree, tree.folders());
    let given = Given {
        account: "111122223333".into(),
        secrecy,
        ..Given::default()
    };
    let root = code
        .roots(&Default::default())
        .into_iter()
        .next()
        .unwrap_or_default();
    let values = code.values(&tree, &root, &given);
    let evaluated = code.evaluate(&tree, &NothingKnown, &root, values, &given);
    let told = evaluated.problems.iter();
    let told = told.map(|problem| format!("{}: {}", problem.message, problem.help.as_deref().unwrap_or("")));
    let blocks = evaluated.stack.blocks.iter();
    let shown = blocks.map(|block| {
        let argument = block.body.get("a").map(ToString::to_string);
        format!("{}: {}", block.address, argument.unwrap_or_default())
    });
    (told.collect(), shown.collect())
}

#[test]
fn what_is_sensitive_is_not_looked_at() {
    let main = r#"
variable "plain" { default = "seen" }
variable "not" {
  sensitive = false
  default   = "seen"
}
variable "a" {
  sensitive = true
  default   = "hidden"
}
variable "b" {
  sensitive = !false
  default   = "hidden"
}
variable "c" {
  sensitive = "true"
  default   = "hidden"
}
variable "d" {
  ephemeral = true
  default   = "hidden"
}
module "m" { source = "./m" }
resource "x" "a" { a = var.a }
resource "x" "b" { a = "-${var.b}" }
resource "x" "c" { a = var.c }
resource "x" "d" { a = var.d }
resource "x" "e" { a = sensitive("hidden") }
resource "x" "f" { a = module.m.secret }
resource "x" "g" { a = "${var.plain}-${var.not}-${module.m.plain}" }
"#;
    let module = "output \"secret\" {\n  value = \"hidden\"\n  sensitive = true\n}\noutput \"plain\" { value = \"seen\" }\n";
    let (told, shown) = evaluated(&[("main.tf", main), ("m/out.tf", module)]);
    assert_eq!(told, [""; 0]);
    assert_eq!(shown.len(), 7);
    for line in &shown {
        assert!(!line.contains("hidden"), "{line}");
    }
    assert_eq!(shown.last().map(String::as_str), Some("x.g: \"seen-seen-seen\""));
}

/// The value of an expression in a root and in a module that gets a sensitive value and a plain one, in both readings.
fn in_both_readings(expression: &str) -> [String; 2] {
    let main = format!(
        r#"
variable "secret" {{
  sensitive = true
  default   = "hidden"
}}
variable "lacking" {{ sensitive = true }}
variable "plain" {{ default = "seen" }}
variable "unset" {{}}
variable "short" {{
  ephemeral = true
  default   = "hidden"
}}
locals {{
  secret = "x-${{var.secret}}"
  pair   = {{ a = var.secret, b = var.plain }}
}}
resource "y" "y" {{ a = var.secret }}
resource "x" "x" {{ a = {expression} }}
module "m" {{
  source = "./m"
  secret = local.secret
  plain  = var.plain
  bucket = y.y.a
}}
"#
    );
    let module = r#"
variable "secret" {}
variable "plain" {}
variable "bucket" {}
resource "z" "secret" { a = issensitive(var.secret) }
resource "z" "plain" { a = issensitive(var.plain) }
"#;
    [Secrecy::Kept, Secrecy::Revealed].map(|secrecy| {
        let (_, shown) = evaluated_with(secrecy, &[("main.tf", &main), ("m/main.tf", module)]);
        let value = |address: &str| {
            let line = shown.iter().find_map(|line| line.strip_prefix(address));
            line.unwrap_or("there is no such block").to_owned()
        };
        assert_eq!(value("module.m.z.secret: "), "true");
        assert_eq!(value("module.m.z.plain: "), "false");
        value("x.x: ")
    })
}

#[test]
fn whether_a_value_is_sensitive_is_told_in_both_readings_alike() {
    let unknown = "?(whether a provider or a loop marks it is not known)";
    for (expression, expected) in [
        ("issensitive(var.secret)", "true"),
        ("issensitive(var.plain)", "false"),
        ("issensitive(1)", "false"),
        ("issensitive(var.lacking)", "true"),
        ("issensitive(var.unset)", "?(variable `unset` has no value)"),
        ("issensitive(local.secret)", "true"),
        ("issensitive(sensitive(\"x\"))", "true"),
        ("issensitive(nonsensitive(var.secret))", "false"),
        ("issensitive(upper(var.secret))", "true"),
        ("issensitive(var.secret == \"hidden\" ? 1 : 2)", "true"),
        ("issensitive(local.pair)", "false"),
        ("issensitive(local.pair.a)", "true"),
        ("issensitive(local.pair.b)", "false"),
        ("issensitive(y.y.a)", unknown),
        (
            "[for v in [var.secret, 1]: issensitive(v)]",
            &format!("[{unknown}, {unknown}]"),
        ),
        ("issensitive(var.secret) ? \"yes\" : \"no\"", "\"yes\""),
    ] {
        assert_eq!(in_both_readings(expression), [expected, expected], "{expression}");
    }
}

#[test]
fn what_is_ephemeral_becomes_null_and_the_rest_stays() {
    let secret = "?(variable `secret` is sensitive, and its value was not looked at)";
    for (expression, kept, revealed) in [
        ("ephemeralasnull(var.short)", "null", "null"),
        ("ephemeralasnull(ephemeral.token.t.value)", "null", "null"),
        ("ephemeralasnull(var.plain)", "\"seen\"", "\"seen\""),
        ("ephemeralasnull([1, var.short])", "[1, null]", "[1, null]"),
        ("ephemeralasnull(var.secret)", secret, "\"hidden\""),
        ("ephemeralasnull(upper(var.secret))", secret, secret),
    ] {
        assert_eq!(in_both_readings(expression), [kept, revealed], "{expression}");
    }
}

#[test]
fn values_are_converted_to_types_that_are_written() {
    for (expression, expected) in [
        ("convert(\"true\", bool)", "true"),
        (
            "convert({}, object({ name = optional(string, \"x\") }))",
            "{name: \"x\"}",
        ),
        ("convert([1, 1, 2], set(string))", "[\"1\", \"2\"]"),
    ] {
        assert_eq!(in_both_readings(expression), [expected, expected], "{expression}");
    }
}

#[test]
fn a_function_of_a_provider_is_told_of_once() {
    let main = r#"
resource "x" "a" { a = provider::time::rfc3339_parse("2020-01-01T00:00:00Z").year }
resource "x" "b" { a = provider::time::rfc3339_parse("2021-01-01T00:00:00Z").year }
resource "x" "c" { a = provider::aws::trim_iam_role_path("arn:aws:iam::1:role/p/r") }
"#;
    let (told, shown) = evaluated(&[("main.tf", main)]);
    let why = "`provider::time::rfc3339_parse` is a function of a provider";
    assert_eq!(
        told,
        [format!("{why}, which is not run; what it gives is unknown: ")]
    );
    assert_eq!(
        shown,
        [
            format!("x.a: ?({why})"),
            format!("x.b: ?({why})"),
            "x.c: \"arn:aws:iam::1:role/r\"".to_owned()
        ]
    );
}

#[test]
fn warnings_name_the_call_of_their_module() {
    let main =
        "module \"a\" { source = \"./m\" }\nmodule \"b\" {\n  source = \"./m\"\n  n = element([], 0)\n}\n";
    let module = "variable \"n\" { default = 1 }\nresource \"x\" \"x\" { a = coalesce(\"\", \"\") }\nresource \"x\" \"y\" { a = var.n }\n";
    let (told, _) = evaluated(&[("main.tf", main), ("m/main.tf", module)]);
    let found: Vec<(bool, bool)> = told
        .iter()
        .map(|told| {
            (
                told.contains("empty list"),
                told.ends_with("in the module that `main.tf:1` calls"),
            )
        })
        .collect();
    // What the caller writes stands in the caller.
    assert_eq!(found, [(false, true), (true, false)], "{told:#?}");
}

#[test]
fn the_folder_of_the_code_has_a_name_where_it_is_known() {
    let names = r#"
resource "x" "a" { a = basename(path.cwd) }
resource "x" "b" { a = "ex-${basename(abspath(path.root))}" }
resource "x" "c" { a = basename(path.root) }
resource "x" "d" { a = basename(abspath(path.module)) }
"#;
    let (_, shown) = evaluated(&[("examples/complete/main.tf", names)]);
    assert_eq!(
        shown,
        [
            "x.a: \"complete\"",
            "x.b: \"ex-complete\"",
            "x.c: \".\"",
            "x.d: \"complete\""
        ]
    );
    let (_, shown) = evaluated(&[("main.tf", names)]);
    let why = "?(how the folder of the code is called is not known)";
    assert_eq!(
        shown,
        [
            format!("x.a: {why}"),
            format!("x.b: {why}"),
            "x.c: \".\"".to_owned(),
            format!("x.d: {why}")
        ]
    );
}
