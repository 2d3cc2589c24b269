//! Blocks of which it is not known how often they are there, and what refers to them.

mod tree;

use plumb_iac::complete::NothingKnown;
use plumb_iac::terraform::code::Code;
use plumb_iac::terraform::root::Given;
use plumb_model::value::Text;
use tree::Tree;

/// What `x.z` says of `x.y` under `count` and `for_each` that are not known; `workspace` is that of the user.
fn said(source: &str, workspace: Option<&str>) -> String {
    let tree = Tree::of(&[
        ("main.tf", source),
        (
            "m/main.tf",
            "resource \"x\" \"y\" {}\noutput \"name\" { value = \"inner\" }\n",
        ),
    ]);
    let mut code = Code::read(&tree, tree.folders());
    let given = Given {
        account: "111122223333".into(),
        workspace: workspace.map(Text::from),
        ..Given::default()
    };
    let values = code.values(&tree, "", &given);
    let evaluated = code.evaluate(&tree, &NothingKnown, "", values, &given);
    assert_eq!(code.problems, []);
    let blocks = &evaluated.stack.blocks;
    let z = blocks.iter().find(|block| block.address.starts_with("x.z"));
    let said = z.and_then(|z| z.body.get("says")).map(ToString::to_string);
    said.unwrap_or_else(|| "nothing".to_owned())
}

#[test]
fn the_one_that_may_be_there_is_meant_by_who_takes_it_for_given() {
    let inputs = "variable \"on\" { type = bool }\nvariable \"many\" {}\n";
    for (repeats, z, expected) in [
        ("count = var.on ? 1 : 0", "says = x.y[0].name", "\"yes\""),
        ("count = var.on ? 0 : 1", "says = resource.x.y[0].name", "\"yes\""),
        (
            "count = var.on ? 1 : 0",
            "count = var.on ? 1 : 0\nsays = x.y[count.index].name",
            "\"yes\"",
        ),
        (
            "count = var.on ? 1 : 0",
            "says = x.y[1].name",
            "?(variable `on` has no value)",
        ),
        // Whether it is there decides what these are.
        (
            "count = var.on ? 1 : 0",
            "says = try(x.y[0].name, \"no\")",
            "?(variable `on` has no value)",
        ),
        (
            "count = var.on ? 1 : 0",
            "says = can(x.y[0].name)",
            "?(variable `on` has no value)",
        ),
        (
            "count = var.on ? 1 : 0",
            "says = length(x.y)",
            "?(variable `on` has no value)",
        ),
        // A local fails for itself, and nobody catches it.
        (
            "count = var.on ? 1 : 0",
            "says = try(local.name, \"no\")",
            "\"yes\"",
        ),
        // Of several any one may be meant, except by those that repeat alike.
        (
            "count = var.on ? 2 : 1",
            "says = x.y[0].name",
            "?(variable `on` has no value)",
        ),
        (
            "count = var.many",
            "says = x.y[0].name",
            "?(variable `many` has no value)",
        ),
        (
            "count = var.many",
            "count = var.many\nsays = x.y[count.index].name",
            "\"yes\"",
        ),
        (
            "count = var.many",
            "count = 2\nsays = x.y[count.index].name",
            "?(variable `many` has no value)",
        ),
        (
            "for_each = var.many",
            "for_each = var.many\nsays = x.y[each.key].name",
            "\"yes\"",
        ),
        (
            "for_each = var.many",
            "for_each = var.many\nsays = x.y[each.value.of].name",
            "?(variable `many` has no value)",
        ),
        (
            "for_each = var.many",
            "for_each = x.y\nsays = each.value.name",
            "\"yes\"",
        ),
        (
            "for_each = var.many",
            "for_each = resource.x.y\nsays = each.value.name",
            "\"yes\"",
        ),
        (
            "for_each = var.many",
            "for_each = { a = 1 }\nsays = x.y[each.key].name",
            "?(variable `many` has no value)",
        ),
    ] {
        let source = format!(
            "{inputs}locals {{ name = x.y[0].name }}\nresource \"x\" \"y\" {{\n{repeats}\nname = \"yes\"\n}}\nresource \"x\" \"z\" {{\n{z}\n}}\n"
        );
        assert_eq!(said(&source, None), expected, "{repeats}: {z}");
    }
}

#[test]
fn a_module_that_may_be_called_once_is_meant_likewise() {
    for (count, expected) in [
        ("var.on ? 1 : 0", "\"inner\""),
        ("var.on", "?(variable `on` has no value)"),
    ] {
        let source = format!(
            "variable \"on\" {{}}\nmodule \"m\" {{\nsource = \"./m\"\ncount = {count}\n}}\nresource \"x\" \"z\" {{\nsays = module.m[0].name\n}}\n"
        );
        assert_eq!(said(&source, None), expected, "{count}");
    }
}

#[test]
fn the_workspace_is_what_the_user_says() {
    let source = "resource \"x\" \"z\" { says = \"app-${terraform.workspace}\" }\n";
    assert_eq!(said(source, Some("prod")), "\"app-prod\"");
    assert!(said(source, None).contains("the workspace is chosen when the code is applied"));
}

#[test]
fn a_later_item_of_an_object_replaces_an_earlier_one() {
    let source = "resource \"x\" \"z\" {\n says = {\n a = 1\n b = 2\n a = 3\n }\n}\n";
    assert_eq!(said(source, None), "{a: 3, b: 2}");
}

#[test]
fn ends_of_lines_mean_nothing_where_an_object_is_made_of_others() {
    let source = "resource \"x\" \"z\" {\n says = { for k, v in { a = true } : k =>\n v # yes\n ? {\n c = 1\n d = 2\n }\n : null }\n}\n";
    assert_eq!(said(source, None), "{a: {c: 1, d: 2}}");
}
