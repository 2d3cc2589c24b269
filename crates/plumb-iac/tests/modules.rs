//! What modules hide, and what is told of the calls that lead to them.

mod tree;

use plumb_iac::complete::NothingKnown;
use plumb_iac::terraform::code::Code;
use plumb_iac::terraform::root::Given;
use tree::Tree;

/// What is told of the first root, and each of its blocks with its first argument.
fn evaluated(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let tree = Tree::of(files);
    let mut code = Code::read(&tree, tree.folders());
    let given = Given {
        account: "111122223333".into(),
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
