//! The parts of a resource in the order of their places.

use super::Part;
use crate::arm::tree::{Entry, Form, Item, Resource};

/// The properties and nested resources of a resource.
pub(super) fn parts(resource: &Resource) -> Vec<Part> {
    let nested = resource.children.iter().map(|child| Part {
        whole: child.whole.range(),
        argument: None,
        parts: parts(child),
    });
    let mut all: Vec<Part> = entries(&resource.fields).into_iter().chain(nested).collect();
    all.sort_by_key(|part| part.whole.start);
    all
}

fn entries(entries: &[Entry]) -> Vec<Part> {
    let fields = entries.iter().filter_map(|entry| match entry {
        Entry::Field(field) => Some(field),
        Entry::Spread(_) => None,
    });
    fields
        .map(|field| {
            let parts = within(&field.value.form);
            let is_scalar = !matches!(field.value.form, Form::List(_) | Form::Map(_) | Form::For(_));
            Part {
                whole: field.place().range(),
                argument: field.key.as_text().filter(|_| is_scalar).cloned(),
                parts,
            }
        })
        .collect()
}

fn within(form: &Form) -> Vec<Part> {
    if let Form::Map(fields) = form {
        return entries(fields);
    }
    let Form::List(items) = form else {
        return Vec::new();
    };
    let parts = items.iter().map(|item| {
        let (Item::One(expr) | Item::Spread(expr)) = item;
        Part {
            whole: expr.place.range(),
            argument: None,
            parts: within(&expr.form),
        }
    });
    parts.collect()
}
