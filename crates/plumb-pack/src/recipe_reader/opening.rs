//! How a type is open to the internet: the `exposed` key of a `graph`.

use plumb_model::value::{Text, Value};

use super::TypeReader;
use super::graph::is_names;
use crate::action::read_action;
use crate::graph_role::{Callers, Demand, Gate, Opening, WithoutPolicy};
use crate::node::Node;
use crate::policy_reader::parse_word;
use crate::reader::Fields;
use crate::recipe::{Path, Piece, Relation, Template};

impl TypeReader<'_> {
    /// `policy` is where the resource policy of the type stands.
    pub(super) fn opening(
        &mut self,
        node: &Node,
        policy: Option<&Path>,
        relations: &[Relation],
    ) -> Option<Opening> {
        let what = "an entry of `exposed`";
        let known = ["when", "as", "ports", "width", "provided", "gate", "part_of"];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        let when = self.graph_rule(&fields, what);
        let clause = fields.required_text("as", what, &mut self.problems);
        let mut ports = Vec::new();
        for port in fields.list("ports", &mut self.problems) {
            match port.to_value() {
                Value::Int(number @ 1..=65535) => ports.extend(u16::try_from(number)),
                _ => self.problems.error(
                    port.span.clone(),
                    "a port is a number from 1 to 65535",
                    "not a port",
                ),
            }
        }
        let width = self.graph_path(&fields, "width", is_names, "a list of address blocks");
        let provided = fields.text("provided", &mut self.problems);
        let gate = match fields.get("gate") {
            Some(node) if policy.is_none() => {
                let message = "a `gate` needs the `policy` of the type";
                self.problems
                    .error(node.span.clone(), message, "there is none to ask");
                return None;
            }
            Some(node) => Some(self.gate(node)?),
            None => None,
        };
        Some(Opening {
            when: when?,
            clause: clause?,
            ports,
            width,
            provided,
            gate,
            part_of: self.relation_label(&fields, "part_of", relations),
        })
    }

    fn gate(&mut self, node: &Node) -> Option<Gate> {
        let what = "the `gate` of an entry of `exposed`";
        let known = [
            "allows",
            "denies",
            "on",
            "accounts",
            "without_policy",
            "context",
            "lacks",
        ];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        let (key, demand) = match (fields.get("allows"), fields.get("denies")) {
            (_, None) => ("allows", Demand::Allowed),
            (None, Some(_)) => ("denies", Demand::NotDenied),
            (Some(_), Some(_)) => {
                let message = format!("{what} has either `allows` or `denies`");
                self.problems
                    .error(fields.key_span("denies"), message, "has both");
                return None;
            }
        };
        let list = fields.required(key, what, &mut self.problems)?;
        let nodes = self.problems.list(list, key);
        if nodes.is_empty() {
            let message = format!("`{key}` names no action");
            self.problems.error(list.span.clone(), message, "at least one");
        }
        let actions = nodes
            .iter()
            .filter_map(|node| read_action(node, &mut self.problems))
            .collect();
        let on = match fields.get("on") {
            Some(node) => self.graph_template(node)?,
            None => Template(vec![Piece::Attribute(Path::key("uid"))]),
        };
        let callers = match fields.text("accounts", &mut self.problems) {
            Some(clause) => Callers::Accounts(clause),
            None => Callers::Anybody,
        };
        let without_policy = match fields.text("without_policy", &mut self.problems) {
            Some(text) => self.without_policy(&text, fields.get("without_policy")?)?,
            None => WithoutPolicy::Shut,
        };
        let context = self.context(&fields);
        let lacks = fields.list("lacks", &mut self.problems);
        let lacks = lacks
            .iter()
            .filter_map(|node| self.problems.text(node, "lacks"))
            .collect();
        Some(Gate {
            actions,
            demand,
            on,
            callers,
            without_policy,
            context,
            lacks,
        })
    }

    fn without_policy(&mut self, text: &Text, node: &Node) -> Option<WithoutPolicy> {
        let parse = |text: &str| match text {
            "open" => Some(WithoutPolicy::Open),
            "shut" => Some(WithoutPolicy::Shut),
            _ => None,
        };
        parse_word(text, node, &["open", "shut"], parse, &mut self.problems)
    }
}
