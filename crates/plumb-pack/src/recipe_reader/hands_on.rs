//! To what a front hands requests on: the `hands_on` key of a `graph`.

use plumb_expr::{Program, Root, Type, Use};
use plumb_model::value::Text;

use super::TypeReader;
use super::graph::one_or_more;
use crate::action::read_action;
use crate::call_reader::{PendingTemplate, read_template};
use crate::checks::read_path;
use crate::hands_on::{Asks, Caller, Each, HandsOn, Version};
use crate::node::Node;
use crate::reader::Fields;
use crate::recipe::{Path, Relation, Template};
use crate::typed_path::{Spelling, resolve};

const WHAT: &str = "an entry of `hands_on`";

const KEYS: [&str; 21] = [
    "as", "when", "each", "name", "between", "version", "to", "by", "then", "part_of", "with", "without",
    "free", "guard", "provided", "service", "source", "identity", "role", "gains", "actions",
];

impl TypeReader<'_> {
    pub(super) fn hands_on(&mut self, node: &Node, relations: &[Relation]) -> Option<HandsOn> {
        let fields = Fields::open(node, WHAT, &KEYS, &mut self.problems)?;
        let (each, seen) = self.each(&fields)?;
        let clause = fields.text("as", &mut self.problems);
        let when = match fields.get("when") {
            Some(node) => Some(self.rule_of_element(node, &each, &seen)?),
            None => None,
        };
        let name = self.seen_template(&fields, ("name", WHAT), &seen);
        let between = self.between(&fields);
        let version = match fields.text("version", &mut self.problems).as_deref() {
            None => Version::Kept,
            Some("cut_off") => Version::CutOff,
            Some(_) => {
                let span = fields
                    .get("version")
                    .map(|node| node.span.clone())
                    .unwrap_or_default();
                self.problems
                    .error(span, "`version` is `cut_off` or left out", "unknown word");
                Version::Kept
            }
        };
        let to = fields.required("to", WHAT, &mut self.problems);
        let to: Vec<Text> = to
            .map(one_or_more)
            .unwrap_or_default()
            .iter()
            .filter_map(|node| self.problems.text(node, "to"))
            .collect();
        let by = match fields.get("by") {
            None => Some(Path::key("uid")),
            Some(node) => self
                .problems
                .text(node, "by")
                .and_then(|text| match Path::parse(&text) {
                    Ok(path) => Some(path),
                    Err(problem) => {
                        self.problems
                            .error(node.span.clone(), problem.to_string(), "not a path");
                        None
                    }
                }),
        };
        let then = fields.text("then", &mut self.problems);
        let part_of = self.relation_label(&fields, "part_of", relations);
        let with = self.seen_paths(&fields, "with", &seen);
        let without = self.seen_paths(&fields, "without", &seen);
        let free = self.free(&fields, &seen);
        let guard = fields.text("guard", &mut self.problems);
        if free.is_empty() != guard.is_none() {
            let span = fields.key_span(if guard.is_some() { "guard" } else { "free" });
            let message =
                "`free` and `guard` belong together: what everybody's requests need, and what others need";
            self.problems.error(span, message, "stands alone");
        }
        let provided = fields.text("provided", &mut self.problems);
        let caller = self.caller(&fields, &seen)?;
        let role = fields
            .get("role")
            .and_then(|node| read_path(node, &seen, Spelling::Document, &mut self.problems))
            .map(|(path, _)| path);
        let asks = self.asks(&fields)?;
        Some(HandsOn {
            each,
            clause,
            when,
            name: name?,
            between,
            version,
            to,
            by: by?,
            then,
            part_of,
            with,
            without,
            free,
            guard,
            provided,
            caller,
            role,
            asks,
        })
    }

    /// What is looked at one by one, and its type.
    pub(super) fn each(&mut self, fields: &Fields<'_>) -> Option<(Each, Type)> {
        let root = self.attributes.to_type();
        let Some(node) = fields.get("each") else {
            return Some((Each::Document, root));
        };
        let (path, type_) = read_path(node, &root, Spelling::Document, &mut self.problems)?;
        match type_ {
            Type::List(element) => Some((Each::Element(path), Type::clone(&element))),
            Type::Map(value) => Some((Each::Value(path), Type::clone(&value))),
            other => {
                let message = format!("`each` leads to {other}, not to a list or a map");
                self.problems.error(node.span.clone(), message, "does not fit");
                None
            }
        }
    }

    /// A rule about what is looked at, which is no resource by itself where there are several.
    pub(super) fn rule_of_element(&mut self, node: &Node, each: &Each, seen: &Type) -> Option<Program> {
        let rule = self.rule_about(node, seen.clone())?;
        let is_related = |used: &Use| matches!(used.root, Root::Related(_));
        if *each != Each::Document && rule.uses().iter().any(is_related) {
            let message = "nothing is related to an element; `inventory` has the other resources";
            self.problems
                .error(node.span.clone(), message, "looked at in this rule");
            return None;
        }
        Some(rule)
    }

    pub(super) fn seen_template(
        &mut self,
        fields: &Fields<'_>,
        (key, what): (&str, &str),
        seen: &Type,
    ) -> Option<Template> {
        let node = fields.required(key, what, &mut self.problems)?;
        let text = self.problems.text(node, key)?;
        let template = read_template(node, &text, &mut self.problems)?;
        for path in template.paths() {
            if let Err(misfit) = resolve(seen, path, Spelling::Document) {
                self.problems.error_with_help(
                    node.span.clone(),
                    misfit.message,
                    "in this template",
                    misfit.help,
                );
                return None;
            }
        }
        Some(template)
    }

    fn seen_paths(&mut self, fields: &Fields<'_>, key: &str, seen: &Type) -> Vec<Path> {
        let nodes = fields.list(key, &mut self.problems);
        nodes
            .iter()
            .filter_map(|node| read_path(node, seen, Spelling::Document, &mut self.problems))
            .map(|(path, _)| path)
            .collect()
    }

    fn free(&mut self, fields: &Fields<'_>, seen: &Type) -> Vec<(Path, Vec<Text>)> {
        let mut found = Vec::new();
        for (key, node) in fields.entries("free", &mut self.problems) {
            let path = match Path::parse(&key.text) {
                Ok(path) => path,
                Err(problem) => {
                    self.problems
                        .error(key.span.clone(), problem.to_string(), "not a path");
                    continue;
                }
            };
            if let Err(misfit) = resolve(seen, &path, Spelling::Document) {
                self.problems
                    .error_with_help(key.span.clone(), misfit.message, "in this path", misfit.help);
                continue;
            }
            let values = self.problems.list(node, &key.text);
            let values = values
                .iter()
                .filter_map(|node| self.problems.text(node, &key.text))
                .collect();
            found.push((path, values));
        }
        found
    }

    fn between(&mut self, fields: &Fields<'_>) -> Option<(Text, Text)> {
        let node = fields.get("between")?;
        let marks = fields.texts("between", &mut self.problems);
        match marks.as_slice() {
            [before, after] => Some((before.clone(), after.clone())),
            _ => {
                let message = "`between` takes two texts, between which the name stands";
                self.problems.error(node.span.clone(), message, "not two");
                None
            }
        }
    }

    fn caller(&mut self, fields: &Fields<'_>, seen: &Type) -> Option<Caller> {
        let service = fields.text("service", &mut self.problems);
        match (service, fields.get("identity")) {
            (None, None) => Some(Caller::Anybody),
            (None, Some(_)) => self
                .seen_template(fields, ("identity", WHAT), seen)
                .map(Caller::Identity),
            (Some(name), None) => {
                let node = fields.required("source", WHAT, &mut self.problems)?;
                let text = self.problems.text(node, "source")?;
                let source = read_template(node, &text, &mut self.problems)?;
                self.template_type(&PendingTemplate {
                    template: source.clone(),
                    span: node.span.clone(),
                });
                Some(Caller::Service { name, source })
            }
            (Some(_), Some(_)) => {
                let span = fields.key_span("identity");
                self.problems
                    .error(span, "a front asks as a service or as an identity", "has both");
                None
            }
        }
    }

    fn asks(&mut self, fields: &Fields<'_>) -> Option<Asks> {
        match (fields.get("gains"), fields.get("actions")) {
            (None, None) => Some(Asks::Nothing),
            (Some(node), None) => {
                let word = self.problems.text(node, "gains")?;
                if word != "read" {
                    self.problems.error(
                        node.span.clone(),
                        "`gains` is `read`: what the target's type says of that must be allowed",
                        "unknown word",
                    );
                }
                Some(Asks::Read)
            }
            (None, Some(_)) => {
                let actions = fields.list("actions", &mut self.problems);
                let actions = actions
                    .iter()
                    .filter_map(|node| read_action(node, &mut self.problems))
                    .collect();
                Some(Asks::Actions(actions))
            }
            (Some(_), Some(_)) => {
                let span = fields.key_span("gains");
                self.problems.error(
                    span,
                    "an entry of `hands_on` has `gains` or `actions`",
                    "has both",
                );
                None
            }
        }
    }
}
