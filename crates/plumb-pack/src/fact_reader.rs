//! Reading of facts: attributes with a call of their own.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use plumb_expr::{Root, Type};
use plumb_model::value::Text;

use crate::api_type::tag_shape;
use crate::call_reader::{CalledService, PendingTemplate, ReadCall, read_call, read_error, read_template};
use crate::checks::{
    called_service, check_template, compile_recipe_rule, output_type, read_path, read_transforms,
    transform_all,
};
use crate::node::{Key, Node};
use crate::reader::{Fields, Problems};
use crate::recipe::{Fact, FactKind, Path, Prepare, Transform};
use crate::recipe_file::RecipeFile;
use crate::recipe_reader::Surroundings;
use crate::schema::{AttributeSet, AttributeSource, ResourceType};
use crate::typed_path::{Spelling, replaced, resolve};

const FACT_KEYS: [&str; 16] = [
    "call",
    "service",
    "region",
    "scope",
    "with",
    "when",
    "take",
    "items",
    "on",
    "many",
    "batch",
    "parse",
    "decode",
    "merge",
    "absent_on",
    "prepare",
];

/// Reads the facts of one type.
pub(crate) struct FactReader<'r> {
    /// The service of the recipe.
    pub(crate) own: &'r CalledService,
    /// The file.
    pub(crate) file: &'r RecipeFile,
    /// Other services.
    pub(crate) surroundings: &'r dyn Surroundings,
    /// What is wrong.
    pub(crate) problems: &'r mut Problems,
    /// The attributes so far; those of facts are added.
    pub(crate) attributes: &'r mut AttributeSet,
    /// The type that the list call goes through.
    pub(crate) parent: Option<&'r ResourceType>,
}

/// What can only be checked when all attributes are known.
struct Pending<'n> {
    templates: Vec<PendingTemplate>,
    condition: Option<&'n Node>,
    /// Resource paths of a join, with their place.
    joined: Vec<(Path, Range<usize>)>,
    span: Range<usize>,
}

impl FactReader<'_> {
    /// All facts in the order of the file.
    pub(crate) fn read(&mut self, fields: &Fields<'_>) -> Vec<Fact> {
        let mut facts: Vec<(Fact, Pending<'_>)> = Vec::new();
        for (key, node) in fields.entries("facts", self.problems) {
            facts.extend(self.fact(key, node));
        }
        for (fact, pending) in &mut facts {
            self.finish(fact, pending);
        }
        self.refuse_circles(&facts);
        facts.into_iter().map(|(fact, _)| fact).collect()
    }

    fn fact<'n>(&mut self, key: &Key, node: &'n Node) -> Option<(Fact, Pending<'n>)> {
        let what = "a fact";
        let fields = Fields::open(node, what, &FACT_KEYS, self.problems)?;
        fields.required("call", what, self.problems)?;
        let other = match fields.text("service", self.problems) {
            Some(name) => {
                let span = fields.get("service")?.span.clone();
                Some(called_service(
                    &name,
                    span,
                    self.file,
                    self.surroundings,
                    self.problems,
                )?)
            }
            None => None,
        };
        let called = other.as_ref().unwrap_or(self.own);
        let read = read_call(&fields, "call", None, called, self.problems)?;
        let parse = fields
            .get("parse")
            .map(|node| read_transforms(node, "parse", self.problems))
            .unwrap_or_default();
        let mut pending = Pending {
            templates: read.templates.clone(),
            condition: fields.get("when"),
            joined: Vec::new(),
            span: key.span.clone(),
        };
        let merge = fields.flag("merge", self.problems);
        let (kind, type_, parse) = self.kind(&fields, &read, parse, &mut pending)?;
        let (type_, decode) = self.decode(&fields, type_);
        let region = self.region(&fields, &mut pending);
        let operation = Text::from(format!("{}:{}", called.service.name, read.call.operation));
        self.add_attributes(key, &type_, merge, &operation);
        let prepare = fields
            .get("prepare")
            .and_then(|node| self.preparation(node, called));
        let global = match fields.text("scope", self.problems).as_deref() {
            None | Some("region") => false,
            Some("global") => true,
            Some(_) => {
                self.problems.error(
                    fields.key_span("scope"),
                    "`scope` must be `region` or `global`",
                    "not known here",
                );
                false
            }
        };
        let fact = Fact {
            name: key.text.clone(),
            call: read.call,
            region,
            global,
            condition: None,
            kind,
            parse,
            decode,
            merge,
            prepare,
        };
        Some((fact, pending))
    }

    /// How the answer becomes the attribute, the attribute's type, and the transformations of the result.
    fn kind(
        &mut self,
        fields: &Fields<'_>,
        read: &ReadCall,
        parse: Vec<Transform>,
        pending: &mut Pending<'_>,
    ) -> Option<(FactKind, Type, Vec<Transform>)> {
        let output = output_type(read);
        let batch = self.batch(fields);
        if read.each && batch.is_none() {
            self.problems.error(
                fields.key_span("with"),
                "`each` needs `batch`, the number of resources per call",
                "no batch",
            );
        }
        if fields.get("on").is_none() {
            for key in ["many", "batch"] {
                if fields.get(key).is_some() {
                    self.problems.error(
                        fields.key_span(key),
                        format!("`{key}` needs `on`"),
                        "nothing to match by",
                    );
                }
            }
            let (key, list) = if fields.get("items").is_some() {
                ("items", true)
            } else {
                ("take", false)
            };
            if list && fields.get("take").is_some() {
                self.problems.error(
                    fields.key_span("take"),
                    "`take` beside `items` needs `on`",
                    "nothing to match by",
                );
            }
            let (path, type_) = self.path_or_whole(fields, key, &output, Spelling::Api)?;
            if list && !matches!(type_, Type::List(_)) {
                self.problems.error(
                    fields.key_span("items"),
                    format!("`items` leads to {type_}, not to a list"),
                    "not a list",
                );
                return None;
            }
            let type_ = self.transform(fields, &type_, &parse)?;
            let kind = if list {
                FactKind::Items(path)
            } else {
                FactKind::Take(path)
            };
            return Some((kind, type_, parse));
        }
        fields.required("items", "a join", self.problems)?;
        let (items, found) = self.path_or_whole(fields, "items", &output, Spelling::Api)?;
        // A text at `items` holds the items, and `parse` brings them out; otherwise `parse` is for the result.
        let (found, decode, parse) = match found {
            Type::String => (self.transform(fields, &found, &parse)?, parse, Vec::new()),
            other => (other, Vec::new(), parse),
        };
        let Type::List(item) = found else {
            self.problems.error(
                fields.key_span("items"),
                format!("`items` leads to {found}, not to a list"),
                "not a list",
            );
            return None;
        };
        let on = self.on(fields, &item, pending);
        let (take, taken) = self.path_or_whole(fields, "take", &item, Spelling::Api)?;
        let many = fields.flag("many", self.problems);
        let type_ = if many { taken.list() } else { taken };
        let type_ = self.transform(fields, &type_, &parse)?;
        Some((
            FactKind::Join {
                items,
                decode,
                on,
                take,
                many,
                batch,
            },
            type_,
            parse,
        ))
    }

    fn on(&mut self, fields: &Fields<'_>, item: &Type, pending: &mut Pending<'_>) -> Vec<(Path, Path)> {
        let mut pairs = Vec::new();
        for (key, node) in fields.entries("on", self.problems) {
            let of_item = Node {
                span: key.span.clone(),
                content: crate::node::Content::Quoted(key.text.clone()),
            };
            let of_item = read_path(&of_item, item, Spelling::Api, self.problems);
            let of_resource = self
                .problems
                .text(node, "on")
                .and_then(|text| match Path::parse(&text) {
                    Ok(path) => Some(path),
                    Err(problem) => {
                        self.problems
                            .error(node.span.clone(), problem.to_string(), "not a path");
                        None
                    }
                });
            if let (Some((of_item, _)), Some(of_resource)) = (of_item, of_resource) {
                pending.joined.push((of_resource.clone(), node.span.clone()));
                pairs.push((of_item, of_resource));
            }
        }
        if pairs.is_empty() {
            self.problems.error(
                fields.key_span("on"),
                "`on` names no pair of paths",
                "nothing to match by",
            );
        }
        pairs
    }

    fn batch(&mut self, fields: &Fields<'_>) -> Option<usize> {
        let node = fields.get("batch")?;
        let batch = node
            .to_value()
            .as_int()
            .and_then(|int| usize::try_from(int).ok())
            .filter(|batch| (1..=1000).contains(batch));
        if batch.is_none() {
            self.problems.error(
                node.span.clone(),
                "`batch` must be a number from 1 to 1000",
                "not such a number",
            );
        }
        batch
    }

    fn path_or_whole(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        root: &Type,
        spelling: Spelling,
    ) -> Option<(Path, Type)> {
        match fields.get(key) {
            Some(node) => read_path(node, root, spelling, self.problems),
            None => Some((Path::default(), root.clone())),
        }
    }

    fn transform(&mut self, fields: &Fields<'_>, type_: &Type, parse: &[Transform]) -> Option<Type> {
        match transform_all(type_, parse) {
            Ok(type_) => Some(type_),
            Err(misfit) => {
                self.problems.error_with_help(
                    fields.key_span("parse"),
                    misfit.message,
                    "does not fit",
                    misfit.help,
                );
                None
            }
        }
    }

    /// What changes within the result, and the type of the result afterwards.
    fn decode(&mut self, fields: &Fields<'_>, result: Type) -> (Type, Vec<(Path, Vec<Transform>)>) {
        let mut type_ = result;
        let mut decode = Vec::new();
        for (key, node) in fields.entries("decode", self.problems) {
            let transforms = read_transforms(node, "decode", self.problems);
            let path = match Path::parse(&key.text) {
                Ok(path) => path,
                Err(problem) => {
                    self.problems
                        .error(key.span.clone(), problem.to_string(), "not a path");
                    continue;
                }
            };
            // Resolving the whole path first gives the better message.
            let changed = resolve(&type_, &path, Spelling::Document)
                .and_then(|_| replaced(&type_, &path.0, &|at| transform_all(at, &transforms)));
            match changed {
                Ok(changed) => {
                    type_ = changed;
                    decode.push((path, transforms));
                }
                Err(misfit) => self.problems.error_with_help(
                    key.span.clone(),
                    misfit.message,
                    "in this path",
                    misfit.help,
                ),
            }
        }
        (type_, decode)
    }

    fn region(&mut self, fields: &Fields<'_>, pending: &mut Pending<'_>) -> Option<crate::recipe::Template> {
        let node = fields.get("region")?;
        let text = self.problems.text(node, "region")?;
        let template = read_template(node, &text, self.problems)?;
        pending.templates.push(PendingTemplate {
            template: template.clone(),
            span: node.span.clone(),
        });
        Some(template)
    }

    fn preparation(&mut self, node: &Node, called: &CalledService) -> Option<Prepare> {
        let what = "a preparation";
        let fields = Fields::open(node, what, &["call", "with", "on"], self.problems)?;
        let read = read_call(&fields, "call", None, called, self.problems)?;
        let on = fields
            .list("on", self.problems)
            .iter()
            .filter_map(|node| read_error(node, self.problems))
            .collect();
        fields.required("on", what, self.problems)?;
        Some(Prepare { call: read.call, on })
    }

    fn add_attributes(&mut self, key: &Key, type_: &Type, merge: bool, operation: &Text) {
        let source = AttributeSource::Fact {
            fact: key.text.clone(),
            operation: operation.clone(),
        };
        if !merge {
            let type_ = if key.text == "tags" {
                if !tag_shape(type_) {
                    let message = format!("fact `tags` is {type_}, not a list of keys and values or a map");
                    self.problems.error(key.span.clone(), message, "not tags");
                }
                Type::String.map()
            } else {
                type_.clone()
            };
            if plumb_model::resource::Resource::RESERVED
                .iter()
                .take(5)
                .any(|reserved| *reserved == key.text)
            {
                let message = format!(
                    "`{}` is the same in every document and cannot be a fact",
                    key.text
                );
                self.problems.error(key.span.clone(), message, "a reserved key");
            }
            self.attributes.put(key.text.clone(), type_, source);
            return;
        }
        let Type::Object(members) = type_ else {
            let message = format!("a merged fact must be a structure, this is {type_}");
            self.problems.error(key.span.clone(), message, "cannot be merged");
            return;
        };
        for name in members.names() {
            // What the list call gives already needs no second call.
            if self.attributes.get(&name).is_none()
                && let Some(type_) = members.field(&name)
            {
                self.attributes.put(name, type_, source.clone());
            }
        }
    }

    fn finish(&mut self, fact: &mut Fact, pending: &Pending<'_>) {
        for template in &pending.templates {
            check_template(template, self.attributes, self.parent, self.problems);
        }
        for (path, span) in &pending.joined {
            let node = Node {
                span: span.clone(),
                content: crate::node::Content::Quoted(Text::from(path.to_string())),
            };
            read_path(
                &node,
                &self.attributes.to_type(),
                Spelling::Document,
                self.problems,
            );
        }
        fact.condition = pending.condition.and_then(|node| {
            let text = self.problems.text(node, "when")?;
            compile_recipe_rule(
                node,
                &text,
                &format!("when of {}", fact.name),
                self.attributes,
                self.problems,
            )
        });
    }

    /// A fact that needs itself, through others or not, could never be read.
    fn refuse_circles(&mut self, facts: &[(Fact, Pending<'_>)]) {
        let needs: HashMap<&str, Vec<&str>> = facts
            .iter()
            .map(|(fact, pending)| (fact.name.as_str(), self.needed_facts(fact, pending, facts)))
            .collect();
        for (fact, pending) in facts {
            let mut seen = HashSet::new();
            let mut next = needs.get(fact.name.as_str()).cloned().unwrap_or_default();
            while let Some(name) = next.pop() {
                if seen.insert(name) {
                    next.extend(needs.get(name).into_iter().flatten());
                }
            }
            if seen.contains(fact.name.as_str()) {
                let message = format!("fact `{}` needs itself before it can be read", fact.name);
                self.problems
                    .error(pending.span.clone(), message, "part of a circle");
            }
        }
    }

    fn needed_facts<'f>(
        &self,
        fact: &'f Fact,
        pending: &Pending<'_>,
        facts: &'f [(Fact, Pending<'_>)],
    ) -> Vec<&'f str> {
        let mut roots: Vec<Text> = pending
            .templates
            .iter()
            .flat_map(|pending| pending.template.attributes().cloned())
            .collect();
        roots.extend(pending.joined.iter().filter_map(|(path, _)| path.root().cloned()));
        if let Some(condition) = &fact.condition {
            let uses = condition.uses().iter().filter(|used| used.root == Root::Resource);
            roots.extend(uses.filter_map(|used| used.path.first().cloned()));
        }
        let fact_of = |root: &Text| match &self.attributes.get(root)?.source {
            AttributeSource::Fact { fact, .. } => facts.iter().find(|(other, _)| other.name == *fact),
            AttributeSource::Reserved | AttributeSource::List { .. } | AttributeSource::Declared => None,
        };
        roots
            .iter()
            .filter_map(fact_of)
            .map(|(fact, _)| fact.name.as_str())
            .collect()
    }
}
