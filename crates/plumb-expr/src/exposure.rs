//! The type of `exposure(resource)`: what reaches a resource, and through what.

use std::sync::{Arc, LazyLock};

use plumb_model::value::Text;

use crate::types::{Fields, Type};

/// The type of what `exposure(resource)` gives; `docs/specs/rule-language.md` says what its members mean.
pub fn exposure_type() -> Type {
    static EXPOSURE: LazyLock<Type> = LazyLock::new(|| {
        let port = Members {
            name: "port range",
            members: vec![
                ("protocol", Type::String),
                ("from", Type::Int),
                ("to", Type::Int),
                ("width", Type::String),
            ],
        };
        Type::Object(Arc::new(Members {
            name: "exposure",
            members: vec![
                ("level", Type::String),
                ("internet", Type::String),
                ("accounts", Type::Bool),
                ("ports", Type::Object(Arc::new(port)).list()),
                ("certain", Type::Bool),
                ("through", Type::String.list()),
            ],
        }))
    });
    EXPOSURE.clone()
}

#[derive(Debug)]
struct Members {
    name: &'static str,
    members: Vec<(&'static str, Type)>,
}

impl Fields for Members {
    fn type_name(&self) -> &str {
        self.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.members
            .iter()
            .find(|(member, _)| *member == name)
            .map(|(_, type_)| type_.clone())
    }

    fn names(&self) -> Vec<Text> {
        self.members
            .iter()
            .map(|(member, _)| Text::new_static(member))
            .collect()
    }
}
