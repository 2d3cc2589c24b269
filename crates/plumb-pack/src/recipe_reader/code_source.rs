//! Where code lies, and who writes it: the `code` and `holds` keys of a `graph`.

use super::TypeReader;
use crate::code_source::{CodeFrom, Holds, Naming};
use crate::node::Node;
use crate::policy_reader::parse_word;
use crate::reader::Fields;
use crate::recipe::{Path, Relation};

impl TypeReader<'_> {
    pub(super) fn code_from(&mut self, node: &Node) -> Option<CodeFrom> {
        let what = "an entry of `code`";
        let known = ["each", "when", "name", "from", "as", "once"];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        let (each, seen) = self.each(&fields)?;
        let when = match fields.get("when") {
            Some(node) => Some(self.rule_of_element(node, &each, &seen)?),
            None => None,
        };
        let name = self.seen_template(&fields, ("name", what), &seen);
        let from = fields.required_text("from", what, &mut self.problems);
        let clause = fields.required_text("as", what, &mut self.problems);
        let once = fields.text("once", &mut self.problems);
        Some(CodeFrom {
            each,
            when,
            name: name?,
            from: from?,
            clause: clause?,
            once,
        })
    }

    pub(super) fn holds(&mut self, node: &Node, relations: &[Relation]) -> Option<Holds> {
        let what = "the `holds` of a type";
        let known = ["type", "title", "by", "naming", "begins", "access"];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        let resource_type = fields.required_text("type", what, &mut self.problems);
        let title = fields.required_text("title", what, &mut self.problems);
        fields.required("by", what, &mut self.problems);
        let by = self.graph_path(&fields, "by", super::graph::is_name, "a text");
        let naming = fields.required_text("naming", what, &mut self.problems);
        let naming = naming.and_then(|text| {
            let parse = |text: &str| match text {
                "path" => Some(Naming::Path),
                "tag" => Some(Naming::Tag),
                _ => None,
            };
            let node = fields.get("naming")?;
            parse_word(&text, node, &["path", "tag"], parse, &mut self.problems)
        });
        let begins = fields.texts("begins", &mut self.problems);
        fields.required("access", what, &mut self.problems);
        let access = self.accesses(&fields, relations);
        Some(Holds {
            resource_type: resource_type?,
            title: title?,
            by: by.unwrap_or_else(|| Path::key("uid")),
            naming: naming?,
            begins,
            access,
        })
    }
}
