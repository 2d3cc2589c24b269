//! Terraform and OpenTofu: source, evaluated as far as code tells.
//!
//! [`Code`](code::Code) parses a tree once; each root of it is evaluated by itself. Everything is evaluated when it is
//! first asked for, as values of one module may hang on outputs of another.

mod accounts;
mod called;
pub mod code;
mod constraint;
mod convert;
mod data;
mod evaluator;
mod expression;
pub mod functions;
pub(crate) mod hcl;
mod instance;
mod interpolated;
mod json;
mod lifecycle;
mod module;
mod moved;
pub mod plan;
mod relative;
mod repeat;
mod resolve;
mod rewrite;
pub mod root;
mod scope;
mod sensitivity;
pub(crate) mod syntax;
mod twice;

pub(crate) use module::is_source;

use crate::place::{FileId, Sources};
use crate::suppress::outline::Item;

/// Whether a file of that name is one of a module, which only makes sense together with the others.
pub fn is_module_file(name: &str) -> bool {
    module::is_source(name)
}

/// The blocks and arguments of a file of Terraform source; `None` when it has a syntax error.
pub(crate) fn body_of(sources: &Sources, file: FileId) -> Option<Vec<Item>> {
    hcl::read(sources, file).ok().map(items)
}

fn items(body: syntax::Body) -> Vec<Item> {
    let arguments = body.attributes.into_iter().map(|argument| Item {
        whole: argument.place.range(),
        argument: Some(argument.name),
        children: Vec::new(),
    });
    let blocks = body.blocks.into_iter().map(|block| Item {
        whole: block.whole.range(),
        argument: None,
        children: items(block.body),
    });
    let mut items: Vec<Item> = arguments.chain(blocks).collect();
    items.sort_by_key(|item| item.whole.start);
    items
}
