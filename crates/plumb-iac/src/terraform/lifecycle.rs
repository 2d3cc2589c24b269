//! `lifecycle`, `import` and `removed` blocks: what code leaves to others, and what becomes of what is there.
//!
//! <https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle>,
//! <https://developer.hashicorp.com/terraform/language/block/import>,
//! <https://developer.hashicorp.com/terraform/language/block/removed>.

use plumb_model::value::Text;

use super::moved::address;
use super::syntax::{Block, Body, Expr, ExprKind, Step};
use crate::declared::{Ignored, Intent};

/// What the `lifecycle` of a block leaves to others, as far as the block says anything of it.
pub(crate) fn ignored(block: &Block) -> Vec<Ignored> {
    let lists = block
        .body
        .blocks_of("lifecycle")
        .filter_map(|lifecycle| lifecycle.body.attribute("ignore_changes"));
    let named = lists.flat_map(|list| match &list.value.kind {
        ExprKind::List(items) => items.iter().collect(),
        _ => vec![&list.value],
    });
    named.flat_map(|expr| left_out(block, expr)).collect()
}

/// What an `import` or a `removed` block says of which address within its module.
///
/// The key of an import that is made for each of several is left out.
pub(crate) fn intent(kind: &str, body: &Body) -> Option<(Text, Intent)> {
    let (name, intent) = match kind {
        "import" => ("to", Intent::Imported),
        "removed" => ("from", Intent::Removed),
        _ => return None,
    };
    let expr = &body.attribute(name)?.value;
    let found = address(expr).or_else(|| match &expr.kind {
        ExprKind::Traversal(base, steps) => {
            let (last, steps) = steps.split_last()?;
            let shorter = ExprKind::Traversal(base.clone(), steps.to_vec());
            let shorter = Expr {
                kind: shorter,
                place: expr.place,
            };
            address(&shorter).filter(|_| matches!(last, Step::Index(_)))
        }
        _ => None,
    });
    Some((Text::from(found?), intent))
}

/// The arguments and nested blocks that one entry of `ignore_changes` names.
fn left_out(block: &Block, expr: &Expr) -> Vec<Ignored> {
    let Some((name, key)) = entry(expr) else {
        return Vec::new();
    };
    if name == "all" {
        return vec![Ignored {
            place: block.whole,
            key: None,
        }];
    }
    let argument = block.body.attribute(&name).map(|argument| argument.place);
    let blocks = block.body.blocks_of(&name).map(|nested| nested.whole);
    let dynamic = block.body.blocks_of("dynamic");
    let dynamic = dynamic.filter(|nested| nested.labels.first().is_some_and(|label| *label == name));
    argument
        .into_iter()
        .chain(blocks)
        .chain(dynamic.map(|nested| nested.whole))
        .map(|place| Ignored {
            place,
            key: key.clone(),
        })
        .collect()
}

/// The name of an argument, and the only key of it that is meant.
fn entry(expr: &Expr) -> Option<(Text, Option<Text>)> {
    match &expr.kind {
        ExprKind::Variable(name) => Some((name.clone(), None)),
        // As JSON has it, and versions before 0.12.
        ExprKind::String(text) => {
            let (name, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
            let key = rest.trim_matches(['.', '[', ']', '"']);
            Some((Text::from(name), (!key.is_empty()).then(|| Text::from(key))))
        }
        ExprKind::Traversal(base, steps) => {
            let ExprKind::Variable(name) = &base.kind else {
                return None;
            };
            let key = match steps.as_slice() {
                [Step::Key(key)] => Some(key.clone()),
                [Step::Index(index)] => match &index.kind {
                    ExprKind::String(key) => Some(key.clone()),
                    _ => None,
                },
                _ => None,
            };
            Some((name.clone(), key))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Sources;
    use crate::terraform::hcl;

    fn body(text: &str) -> Body {
        let mut sources = Sources::default();
        let file = sources.add("main.tf", text);
        hcl::read(&sources, file).unwrap_or_default()
    }

    #[test]
    fn ignored_changes_are_arguments_blocks_and_keys() {
        let block = |ignore: &str| {
            format!(
                "resource \"x\" \"y\" {{\n  ami = 1\n  tags = {{ a = 1 }}\n  root {{\n    size = 1\n  }}\n  lifecycle {{\n    ignore_changes = {ignore}\n  }}\n}}\n"
            )
        };
        for (ignore, expected) in [
            ("[ami]", "ami = 1"),
            ("[ami, missing]", "ami = 1"),
            ("[tags[\"a\"]]", "tags = { a = 1 } a"),
            ("[tags.a]", "tags = { a = 1 } a"),
            ("[\"ami\"]", "ami = 1"),
            ("[root]", "root {\n    size = 1\n  }"),
            ("[root[0].size]", "root {\n    size = 1\n  }"),
            ("[]", ""),
            ("all", "resource"),
        ] {
            let text = block(ignore);
            let body = body(&text);
            let found = body.blocks.iter().flat_map(ignored);
            let found: Vec<String> = found
                .map(|ignored| {
                    let place = text.get(ignored.place.range()).unwrap_or_default();
                    let key = ignored.key.map(|key| format!(" {key}")).unwrap_or_default();
                    format!("{place}{key}")
                })
                .collect();
            let found = found.join("; ");
            let is_right = if ignore == "all" {
                found.starts_with(expected)
            } else {
                found == expected
            };
            assert!(is_right, "{ignore}: {found}");
        }
    }

    #[test]
    fn imports_and_removals_name_addresses() {
        for (text, expected) in [
            (
                "import {\n  to = x.y\n  id = \"1\"\n}",
                Some(("x.y", Intent::Imported)),
            ),
            (
                "import {\n  to = module.m.x.y[0]\n  id = \"1\"\n}",
                Some(("module.m.x.y[0]", Intent::Imported)),
            ),
            (
                "import {\n  for_each = var.all\n  to = x.y[each.key]\n  id = each.value\n}",
                Some(("x.y", Intent::Imported)),
            ),
            (
                "removed {\n  from = module.m\n}",
                Some(("module.m", Intent::Removed)),
            ),
            ("removed {\n  from = 7\n}", None),
            ("moved {\n  from = x.y\n}", None),
        ] {
            let body = body(text);
            let found = body
                .blocks
                .iter()
                .find_map(|block| intent(&block.kind, &block.body));
            let expected = expected.map(|(address, intent)| (Text::from(address), intent));
            assert_eq!(found, expected, "{text}");
        }
    }
}
