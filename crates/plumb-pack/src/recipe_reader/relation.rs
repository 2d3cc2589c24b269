//! The references of a resource type to others.

use plumb_expr::Type;
use plumb_model::value::Text;

use super::TypeReader;
use crate::checks::read_path;
use crate::node::Content;
use crate::reader::Fields;
use crate::recipe::Relation;
use crate::typed_path::Spelling;

impl TypeReader<'_> {
    pub(super) fn relations(&mut self, fields: &Fields<'_>) -> Vec<Relation> {
        let mut relations = Vec::new();
        let root = self.attributes.to_type();
        for node in fields.list("relations", &mut self.problems) {
            let what = "a relation";
            let Some(relation) =
                Fields::open(node, what, &["attribute", "to", "by", "as"], &mut self.problems)
            else {
                continue;
            };
            let Some(place) = relation.required("attribute", what, &mut self.problems) else {
                continue;
            };
            let Some((attribute, type_)) = read_path(place, &root, Spelling::Document, &mut self.problems)
            else {
                continue;
            };
            if !is_reference(&type_) {
                let message = format!("path leads to {type_}, which cannot name a resource");
                self.problems.error(place.span.clone(), message, "not a text");
            }
            let to = relation.required_text("to", what, &mut self.problems);
            let label = relation.required_text("as", what, &mut self.problems);
            let by = match relation.get("by").map(|node| (&node.content, node)) {
                None => vec![Text::new_static("uid")],
                Some((Content::List(_), _)) => relation.texts("by", &mut self.problems),
                Some((_, node)) => self.problems.text(node, "by").into_iter().collect(),
            };
            if let (Some(to), Some(label)) = (to, label) {
                relations.push(Relation {
                    attribute,
                    to,
                    by,
                    label,
                });
            }
        }
        relations
    }
}

fn is_reference(type_: &Type) -> bool {
    match type_ {
        Type::String | Type::Int | Type::Any | Type::Json => true,
        Type::List(element) => is_reference(element),
        Type::Null
        | Type::Bool
        | Type::Double
        | Type::Timestamp
        | Type::Duration
        | Type::Map(_)
        | Type::Object(_) => false,
    }
}
