//! What control of a resource brings, and what gives it: the `vouches` and `gives` keys of a `graph`.

use super::TypeReader;
use super::graph::is_name;
use crate::graph_role::{Gives, Vouches};
use crate::node::Node;
use crate::reader::Fields;
use crate::recipe::Relation;

impl TypeReader<'_> {
    pub(super) fn vouches(&mut self, node: &Node) -> Option<Vouches> {
        let what = "an entry of `vouches`";
        let known = ["issuer", "subjects", "as"];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        fields.required("issuer", what, &mut self.problems);
        let issuer = self.graph_path(&fields, "issuer", is_name, "a text");
        let subjects = fields.required_text("subjects", what, &mut self.problems);
        let clause = fields.required_text("as", what, &mut self.problems);
        Some(Vouches {
            issuer: issuer?,
            subjects: subjects?,
            clause: clause?,
        })
    }

    pub(super) fn gives(&mut self, node: &Node, relations: &[Relation]) -> Option<Gives> {
        let what = "an entry of `gives`";
        let known = ["of", "to", "when", "as", "needs", "once"];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        for key in ["of", "to"] {
            fields.required(key, what, &mut self.problems);
        }
        let of = self.relation_label(&fields, "of", relations);
        let to = self.relation_label(&fields, "to", relations);
        let when = self.graph_rule(&fields, what);
        let clause = fields.required_text("as", what, &mut self.problems);
        let needs = match fields.get("needs") {
            Some(node) => {
                let what = "the `needs` of an entry of `gives`";
                let needs = Fields::open(node, what, &["actions", "all", "on"], &mut self.problems)?;
                Some(self.grant(&needs, what)?)
            }
            None => None,
        };
        let once = self.circumstances(&fields, "once");
        Some(Gives {
            of: of?,
            to: to?,
            when: when?,
            clause: clause?,
            needs,
            once,
        })
    }
}
