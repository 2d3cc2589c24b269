//! `plumb schema`: the attributes of a resource type.

use std::fmt::Write as _;

use plumb_pack::pack::Pack;
use plumb_pack::schema_tree::schema_tree;

use crate::arguments::SchemaArguments;
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::output::print;

/// Runs the command.
pub(crate) fn run(_console: Console, arguments: &SchemaArguments) -> Result<Status, Failed> {
    let pack = Pack::builtin()?;
    let mut text = String::new();
    let Some(name) = &arguments.resource_type else {
        for name in pack.resource_types() {
            let _ = writeln!(text, "{name}");
        }
        print(&text)?;
        return Ok(Status::Clean);
    };
    let resource_type = pack.resource_type(name)?;
    let _ = write!(text, "{}: {}", resource_type.name, resource_type.title);
    if !resource_type.aliases.is_empty() {
        let aliases: Vec<&str> = resource_type.aliases.iter().map(|alias| alias.as_str()).collect();
        let _ = write!(text, " (also {})", aliases.join(", "));
    }
    text.push_str("\n\n");
    let lines: Vec<_> = schema_tree(&resource_type)
        .into_iter()
        .filter(|line| line.depth < arguments.depth)
        .collect();
    let label =
        |line: &plumb_pack::schema_tree::SchemaLine| format!("{}{}", "  ".repeat(line.depth), line.name);
    let name_width = lines
        .iter()
        .map(|line| label(line).chars().count())
        .max()
        .unwrap_or(0)
        .min(56);
    let type_width = lines
        .iter()
        .map(|line| line.type_.chars().count())
        .max()
        .unwrap_or(0)
        .min(24);
    for line in &lines {
        let row = format!(
            "{:name_width$}  {:type_width$}  {}",
            label(line),
            line.type_,
            line.source
        );
        let _ = writeln!(text, "{}", row.trim_end());
    }
    if !resource_type.recipe.relations.is_empty() {
        text.push_str("\nrelated(resource, …) reaches\n");
        for relation in &resource_type.recipe.relations {
            let _ = writeln!(
                text,
                "  {}  {} by {}",
                relation.to, relation.label, relation.attribute
            );
        }
    }
    print(&text)?;
    Ok(Status::Clean)
}
