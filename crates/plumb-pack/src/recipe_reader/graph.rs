//! What a type is in the security graph: the `graph` key.

use std::str::FromStr as _;

use plumb_expr::{Program, Type};
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::value::Text;

use super::TypeReader;
use crate::action::read_action;
use crate::call_reader::{PendingTemplate, read_template};
use crate::checks::{compile_graph_rule, read_path};
use crate::graph_role::{
    Access, AccessLevel, Circumstance, Door, Encryption, Grant, GraphRole, KnownAs, Needs, Shared, Strangers,
    Tells,
};
use crate::node::{Content, Node};
use crate::policy_reader::parse_word;
use crate::reader::Fields;
use crate::recipe::{Path, Piece, Relation, Template};
use crate::suggest::did_you_mean;
use crate::typed_path::Spelling;

const GRAPH_KEYS: [&str; 20] = [
    "kind",
    "policy",
    "access",
    "opens",
    "exposed",
    "closed",
    "weak",
    "withheld",
    "guarded",
    "hands_on",
    "known_as",
    "shared",
    "tells",
    "vouches",
    "gives",
    "tagged",
    "code",
    "holds",
    "sensitivity",
    "runs_as",
];

impl TypeReader<'_> {
    /// `relations` are those of the type, which `decrypt` names.
    pub(super) fn graph(&mut self, fields: &Fields<'_>, relations: &[Relation]) -> Option<GraphRole> {
        let what = "the `graph` of a type";
        let graph = Fields::open(fields.get("graph")?, what, &GRAPH_KEYS, &mut self.problems)?;
        let kind = graph
            .required_text("kind", what, &mut self.problems)
            .and_then(|text| {
                let words = NodeKind::ALL.map(NodeKind::name);
                let parse = |text: &str| NodeKind::from_str(text).ok();
                parse_word(&text, graph.get("kind")?, &words, parse, &mut self.problems)
            });
        let sensitivity = graph
            .text("sensitivity", &mut self.problems)
            .and_then(|text| self.sensitivity_word(&text, graph.get("sensitivity")?));
        let policy = self.policy_path(&graph);
        let runs_as = self.graph_path(&graph, "runs_as", is_name, "a text that names a role");
        let access = self.accesses(&graph, relations);
        let opens = graph.get("opens").and_then(|node| self.door(node, relations));
        let exposed = graph
            .list("exposed", &mut self.problems)
            .iter()
            .filter_map(|node| self.opening(node, policy.as_ref(), relations))
            .collect();
        let closed = self.circumstances(&graph, "closed");
        let weak = self.circumstances(&graph, "weak");
        let withheld = self.circumstances(&graph, "withheld");
        let guarded = self.circumstances(&graph, "guarded");
        let hands_on = graph
            .list("hands_on", &mut self.problems)
            .iter()
            .filter_map(|node| self.hands_on(node, relations))
            .collect();
        let known_as = graph.get("known_as").and_then(|node| self.known_as(node));
        let shared = graph
            .list("shared", &mut self.problems)
            .iter()
            .filter_map(|node| self.shared(node, relations))
            .collect();
        let tells = graph
            .list("tells", &mut self.problems)
            .iter()
            .filter_map(|node| self.tells(node, relations))
            .collect();
        let vouches = graph
            .list("vouches", &mut self.problems)
            .iter()
            .filter_map(|node| self.vouches(node))
            .collect();
        let gives = graph
            .list("gives", &mut self.problems)
            .iter()
            .filter_map(|node| self.gives(node, relations))
            .collect();
        let tagged = match graph.get("tagged") {
            Some(node) => Some(self.rule_about(node, self.attributes.to_type())?),
            None => None,
        };
        let code = graph
            .list("code", &mut self.problems)
            .iter()
            .filter_map(|node| self.code_from(node))
            .collect();
        let holds = graph.get("holds").and_then(|node| self.holds(node, relations));
        let kind = kind?;
        Some(GraphRole {
            kind,
            policy,
            access,
            opens,
            exposed,
            closed,
            weak,
            withheld,
            guarded,
            hands_on,
            known_as,
            shared,
            tells,
            vouches,
            gives,
            tagged,
            code,
            holds,
            sensitivity: sensitivity.unwrap_or_else(|| usual_sensitivity(kind)),
            runs_as,
        })
    }

    fn policy_path(&mut self, graph: &Fields<'_>) -> Option<Path> {
        let path = self.graph_path(graph, "policy", is_document, "a parsed document")?;
        if path.flattens() {
            let span = graph.get("policy")?.span.clone();
            self.problems
                .error(span, "`policy` leads to several documents", "must be one");
            return None;
        }
        Some(path)
    }

    pub(super) fn graph_path(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        fits: fn(&Type) -> bool,
        wanted: &str,
    ) -> Option<Path> {
        let node = fields.get(key)?;
        let root = self.attributes.to_type();
        let (path, type_) = read_path(node, &root, Spelling::Document, &mut self.problems)?;
        if !fits(&type_) {
            let message = format!("`{key}` leads to {type_}, not to {wanted}");
            self.problems.error(node.span.clone(), message, "does not fit");
            return None;
        }
        Some(path)
    }

    pub(super) fn accesses(&mut self, graph: &Fields<'_>, relations: &[Relation]) -> Vec<Access> {
        let mut accesses = Vec::new();
        for (key, node) in graph.entries("access", &mut self.problems) {
            let words = AccessLevel::ALL.map(AccessLevel::name);
            let Some(level) = AccessLevel::ALL
                .into_iter()
                .find(|level| level.name() == key.text)
            else {
                let help = did_you_mean(&key.text, words);
                let message = format!("unknown access `{}`", key.text);
                let label = format!("expected one of {}", words.join(", "));
                self.problems
                    .error_with_help(key.span.clone(), message, label, help);
                continue;
            };
            for node in one_or_more(node) {
                accesses.extend(self.access(node, level, relations));
            }
        }
        accesses
    }

    fn access(&mut self, node: &Node, level: AccessLevel, relations: &[Relation]) -> Option<Access> {
        let what = "an access";
        let known = [
            "actions",
            "all",
            "on",
            "also",
            "decrypt",
            "encrypt",
            "when",
            "home",
            "once",
            "strangers",
        ];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        let mut grants: Vec<Grant> = self.grant(&fields, what).into_iter().collect();
        let also = fields.get("also");
        for node in also.map(one_or_more).unwrap_or_default() {
            let what = "an entry of `also`";
            let opened = Fields::open(node, what, &["actions", "all", "on"], &mut self.problems);
            grants.extend(opened.and_then(|fields| self.grant(&fields, what)));
        }
        let when = match fields.get("when") {
            Some(_) => Some(self.graph_rule(&fields, what)?),
            None => None,
        };
        let decrypt = self.relation_label(&fields, "decrypt", relations);
        let encrypt = fields
            .get("encrypt")
            .and_then(|node| self.encryption(node, relations));
        let strangers = fields.text("strangers", &mut self.problems).and_then(|text| {
            let parse = |text: &str| match text {
                "openings" => Some(Strangers::ByOpenings),
                "alone" => Some(Strangers::Alone),
                _ => None,
            };
            let words = ["openings", "alone"];
            parse_word(&text, fields.get("strangers")?, &words, parse, &mut self.problems)
        });
        Some(Access {
            level,
            when,
            grants,
            decrypt,
            encrypt,
            home: self.circumstances(&fields, "home"),
            once: self.circumstances(&fields, "once"),
            strangers: strangers.unwrap_or(Strangers::ByPolicy),
        })
    }

    /// The `as` of one of the type's relations.
    pub(super) fn relation_label(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        relations: &[Relation],
    ) -> Option<Text> {
        let label = fields.text(key, &mut self.problems)?;
        if relations.iter().all(|relation| relation.label != label) {
            let labels = relations.iter().map(|relation| relation.label.as_str());
            let help = did_you_mean(&label, labels)
                .unwrap_or_else(|| format!("`{key}` takes the `as` of a relation of the type"));
            let message = format!("`{}` has no relation `{label}`", self.entry.name);
            self.problems
                .error_with_help(fields.key_span(key), message, "not under `relations`", Some(help));
        }
        Some(label)
    }

    fn tells(&mut self, node: &Node, relations: &[Relation]) -> Option<Tells> {
        let what = "an entry of `tells`";
        let known = ["of", "when", "level", "label", "as"];
        let fields = Fields::open(node, what, &known, &mut self.problems)?;
        let when = self.graph_rule(&fields, what);
        fields.required("of", what, &mut self.problems);
        let of = self.relation_label(&fields, "of", relations);
        let level = fields
            .required_text("level", what, &mut self.problems)
            .and_then(|text| self.sensitivity_word(&text, fields.get("level")?));
        let label = fields.text("label", &mut self.problems);
        let clause = fields.required_text("as", what, &mut self.problems);
        Some(Tells {
            of: of?,
            when: when?,
            level: level?,
            label,
            clause: clause?,
        })
    }

    fn sensitivity_word(&mut self, text: &str, node: &Node) -> Option<Sensitivity> {
        let words = Sensitivity::ALL.map(Sensitivity::name);
        let parse = |text: &str| Sensitivity::from_str(text).ok();
        parse_word(text, node, &words, parse, &mut self.problems)
    }

    fn shared(&mut self, node: &Node, relations: &[Relation]) -> Option<Shared> {
        let what = "an entry of `shared`";
        let fields = Fields::open(node, what, &["accounts", "as", "decrypt"], &mut self.problems)?;
        fields.required("accounts", what, &mut self.problems);
        let accounts = self.graph_path(&fields, "accounts", is_names, "a list of accounts");
        let clause = fields.required_text("as", what, &mut self.problems);
        let decrypt = self.relation_label(&fields, "decrypt", relations);
        Some(Shared {
            accounts: accounts?,
            clause: clause?,
            decrypt,
        })
    }

    fn known_as(&mut self, node: &Node) -> Option<KnownAs> {
        let what = "the `known_as` of a type";
        let fields = Fields::open(node, what, &["arn", "canonical"], &mut self.problems)?;
        let arn = fields.required("arn", what, &mut self.problems);
        let arn = arn.and_then(|node| self.graph_template(node));
        fields.required("canonical", what, &mut self.problems);
        let canonical = self.graph_path(&fields, "canonical", is_name, "a text");
        Some(KnownAs {
            arn: arn?,
            canonical: canonical?,
        })
    }

    fn encryption(&mut self, node: &Node, relations: &[Relation]) -> Option<Encryption> {
        let what = "the `encrypt` of an access";
        let fields = Fields::open(node, what, &["key", "actions"], &mut self.problems)?;
        fields.required("key", what, &mut self.problems)?;
        let key = self.relation_label(&fields, "key", relations)?;
        let list = fields.required("actions", what, &mut self.problems)?;
        let actions = self.problems.list(list, "actions");
        let actions = actions
            .iter()
            .filter_map(|node| read_action(node, &mut self.problems))
            .collect();
        Some(Encryption { key, actions })
    }

    fn door(&mut self, node: &Node, relations: &[Relation]) -> Option<Door> {
        let what = "the `opens` of a type";
        let fields = Fields::open(node, what, &["relation", "context"], &mut self.problems)?;
        fields.required("relation", what, &mut self.problems)?;
        let relation = self.relation_label(&fields, "relation", relations)?;
        let context = self.context(&fields);
        Some(Door { relation, context })
    }

    /// The condition keys that requests bring along.
    pub(super) fn context(&mut self, fields: &Fields<'_>) -> Vec<(Text, Template)> {
        let mut context = Vec::new();
        for (key, value) in fields.entries("context", &mut self.problems) {
            if let Some(template) = self.graph_template(value) {
                context.push((key.text.clone(), template));
            }
        }
        context
    }

    pub(super) fn grant(&mut self, fields: &Fields<'_>, what: &str) -> Option<Grant> {
        let (key, needs) = match (fields.get("actions"), fields.get("all")) {
            (_, None) => ("actions", Needs::Any),
            (None, Some(_)) => ("all", Needs::All),
            (Some(_), Some(_)) => {
                let message = format!("{what} has either `actions` or `all`");
                self.problems.error(fields.key_span("all"), message, "has both");
                return None;
            }
        };
        let list = fields.required(key, what, &mut self.problems)?;
        let nodes = self.problems.list(list, key);
        if nodes.is_empty() {
            let message = format!("`{key}` names no action");
            self.problems.error(list.span.clone(), message, "at least one");
        }
        let actions: Vec<Text> = nodes
            .iter()
            .filter_map(|node| read_action(node, &mut self.problems))
            .collect();
        let on = match fields.get("on") {
            Some(node) => self.graph_template(node)?,
            None => Template(vec![Piece::Attribute(Path::key("uid"))]),
        };
        Some(Grant { actions, needs, on })
    }

    pub(super) fn graph_template(&mut self, node: &Node) -> Option<Template> {
        let text = self.problems.text(node, "on")?;
        let template = read_template(node, &text, &mut self.problems)?;
        let pending = PendingTemplate {
            template: template.clone(),
            span: node.span.clone(),
        };
        if template.parent_paths().next().is_some() {
            let message = "a parent is known only while its children are read";
            self.problems.error_with_help(
                node.span.clone(),
                message,
                "in this template",
                Some("take what is needed over with `keep`".to_owned()),
            );
            return None;
        }
        self.template_type(&pending);
        Some(template)
    }

    pub(super) fn circumstances(&mut self, graph: &Fields<'_>, key: &str) -> Vec<Circumstance> {
        let what = format!("an entry of `{key}`");
        let mut circumstances = Vec::new();
        for node in graph.list(key, &mut self.problems) {
            let Some(fields) = Fields::open(node, &what, &["when", "as"], &mut self.problems) else {
                continue;
            };
            let when = self.graph_rule(&fields, &what);
            let clause = fields.required_text("as", &what, &mut self.problems);
            if let (Some(when), Some(clause)) = (when, clause) {
                circumstances.push(Circumstance { when, clause });
            }
        }
        circumstances
    }

    pub(super) fn graph_rule(&mut self, fields: &Fields<'_>, what: &str) -> Option<Program> {
        let node = fields.required("when", what, &mut self.problems)?;
        self.rule_about(node, self.attributes.to_type())
    }

    /// A rule about something of this type.
    pub(super) fn rule_about(&mut self, node: &Node, seen: Type) -> Option<Program> {
        let text = self.problems.text(node, "when")?;
        let title = format!("graph of {}", self.entry.name);
        compile_graph_rule(node, &text, &title, seen, self.surroundings, &mut self.problems)
    }
}

/// The elements of a list, or the one node that stands in place of a list of one.
pub(super) fn one_or_more(node: &Node) -> &[Node] {
    match &node.content {
        Content::List(items) => items.as_slice(),
        Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => std::slice::from_ref(node),
    }
}

/// What a secret holds opens other things; of everything else nothing is known.
fn usual_sensitivity(kind: NodeKind) -> Sensitivity {
    match kind {
        NodeKind::Secret => Sensitivity::Confidential,
        NodeKind::Identity
        | NodeKind::Workload
        | NodeKind::Data
        | NodeKind::Key
        | NodeKind::Front
        | NodeKind::Network
        | NodeKind::Other => Sensitivity::Internal,
    }
}

fn is_document(type_: &Type) -> bool {
    matches!(type_, Type::Json | Type::Any)
}

pub(super) fn is_name(type_: &Type) -> bool {
    match type_ {
        Type::String | Type::Any | Type::Json => true,
        Type::List(element) => is_name(element),
        Type::Null
        | Type::Bool
        | Type::Int
        | Type::Double
        | Type::Timestamp
        | Type::Duration
        | Type::Map(_)
        | Type::Object(_) => false,
    }
}

pub(super) fn is_names(type_: &Type) -> bool {
    match type_ {
        Type::List(element) => is_name(element),
        Type::Any | Type::Json => true,
        Type::Null
        | Type::Bool
        | Type::Int
        | Type::Double
        | Type::String
        | Type::Timestamp
        | Type::Duration
        | Type::Map(_)
        | Type::Object(_) => false,
    }
}
