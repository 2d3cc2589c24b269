//! Reading of mappings from YAML; `docs/specs/mapping.md` describes the file.

mod inherited;
mod rule;

use std::sync::Arc;

use plumb_api::names::snake_case;
use plumb_model::value::Text;

use crate::mapping::{
    ArgumentPath, ArgumentTemplate, BlockMapping, Condition, Effect, Join, Language, Makers, Mapping, Role,
    Rule,
};
use crate::mapping_reader::inherited::read_inherited;
use crate::mapping_reader::rule::{read_fields, read_path, read_source};
use crate::node::{Content, Key, Node};
use crate::policy::Provenance;
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};
use crate::recipe::Path;

const KEYS: [&str; 15] = [
    "type",
    "computed",
    "inherited",
    "parsed",
    "uid",
    "name",
    "when",
    "unless",
    "for",
    "part_of",
    "shared",
    "same",
    "document",
    "unknown",
    "note",
];

/// What a file of mappings says.
pub(crate) struct MappingFile {
    /// The language they are for.
    pub(crate) language: Language,
    pub(crate) blocks: Vec<BlockMapping>,
    /// Types of blocks that are known to matter and have no mapping.
    pub(crate) not_modelled: Vec<Text>,
}

/// Reads the mappings of a file; what is wrong goes to `problems`.
pub(crate) fn read_mappings(
    root: &Node,
    provenance: Provenance,
    problems: &mut Problems,
) -> Option<MappingFile> {
    let known = ["language", "mappings", "not_modelled"];
    let file = Fields::open(root, "a file of mappings", &known, problems)?;
    let language = read_language(&file, problems)?;
    let mut blocks = Vec::new();
    for (key, node) in file.entries("mappings", problems) {
        blocks.push(read_block(key, node, language, provenance, problems));
    }
    Some(MappingFile {
        language,
        blocks,
        not_modelled: file.texts("not_modelled", problems),
    })
}

fn read_language(file: &Fields<'_>, problems: &mut Problems) -> Option<Language> {
    let Some(text) = file.text("language", problems) else {
        let language = Language::of_file(&problems.source().name);
        if language.is_none() {
            problems.error_with_help(
                file.key_span("mappings"),
                "the file does not say which language it is for",
                "`language` is missing here",
                Some("add `language: terraform`, or call the file `terraform.yaml`".to_owned()),
            );
        }
        return language;
    };
    let names = Language::ALL.map(Language::name);
    parse_word(&text, file.get("language")?, &names, Language::named, problems)
}

fn read_block(
    key: &Key,
    node: &Node,
    language: Language,
    provenance: Provenance,
    problems: &mut Problems,
) -> BlockMapping {
    let mut block = BlockMapping {
        block: key.text.clone(),
        computed: Vec::new(),
        inherited: Vec::new(),
        parsed: Vec::new(),
        mappings: Vec::new(),
        source: Arc::clone(problems.source()),
        span: key.span.clone(),
        provenance,
    };
    let nodes = match &node.content {
        Content::List(items) => items.as_slice(),
        Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => std::slice::from_ref(node),
    };
    for node in nodes {
        let what = format!("a mapping of `{}`", block.block);
        let Some(fields) = Fields::open(node, &what, &KEYS, problems) else {
            continue;
        };
        for (name, template) in fields.entries("computed", problems) {
            if let Some(template) = read_template(template, problems) {
                block.computed.push((name.text.clone(), template));
            }
        }
        for (name, source) in fields.entries("inherited", problems) {
            let sources = read_inherited(&name.text, source, problems);
            block.inherited.extend(sources);
        }
        block.parsed.extend(fields.texts("parsed", problems));
        let gives = ["type", "part_of", "same", "document"];
        if gives.iter().any(|key| fields.get(key).is_some()) {
            let mapping = read_mapping(&fields, key, node, language, problems);
            block.mappings.extend(mapping);
        }
    }
    block
}

fn read_mapping(
    fields: &Fields<'_>,
    block: &Key,
    node: &Node,
    language: Language,
    problems: &mut Problems,
) -> Option<Mapping> {
    let part = match fields.get("part_of") {
        Some(node) => Some(read_part(node, problems)?),
        None => None,
    };
    let named = fields.text("type", problems);
    let (resource_type, role) = match part {
        Some((resource_type, joins)) => (resource_type, Role::Part(joins)),
        None => {
            let (uid, name) = match language {
                Language::Terraform | Language::Ack | Language::Crossplane => ("{arn}", "{name|address}"),
                Language::CloudFormation => ("{Arn}", "{Name|address}"),
                Language::Arm => ("{id}", "{name|address}"),
            };
            let role = Role::Whole {
                uid: template_or(fields, "uid", uid, problems)?,
                name: template_or(fields, "name", name, problems)?,
                makers: if fields.flag("shared", problems) {
                    Makers::Several
                } else {
                    Makers::One
                },
            };
            (named.unwrap_or_else(|| block.text.clone()), role)
        }
    };
    let mut when = read_conditions(fields, "when", Effect::Applies, problems);
    when.extend(read_conditions(fields, "unless", Effect::Excludes, problems));
    let mut attributes = Vec::new();
    for node in fields.list("same", problems) {
        if let Some((name, rule)) = read_same(node, problems) {
            attributes.push((name, rule));
        }
    }
    if let Some(document) = fields.get("document") {
        attributes.extend(read_fields(document, "document", problems));
    }
    Some(Mapping {
        resource_type,
        role,
        when,
        each: fields.get("for").and_then(|node| read_path(node, problems)),
        attributes,
        unknown: read_unknown(fields, problems),
        span: node.head(&problems.source().text),
    })
}

fn read_part(node: &Node, problems: &mut Problems) -> Option<(Text, Vec<Join>)> {
    let fields = Fields::open(node, "`part_of`", &["type", "where"], problems)?;
    let resource_type = fields.required_text("type", "`part_of`", problems);
    fields.required("where", "`part_of`", problems);
    let mut joins = Vec::new();
    for (key, node) in fields.entries("where", problems) {
        let argument = ArgumentPath::parse(&key.text);
        if argument.is_none() {
            let message = format!("`{}` is not a path of arguments", key.text);
            problems.error(key.span.clone(), message, "not a path");
        }
        let mut keys = Vec::new();
        for node in one_or_more(node) {
            keys.extend(read_document_path(node, problems));
        }
        joins.extend(argument.map(|argument| Join { argument, keys }));
    }
    Some((resource_type?, joins))
}

fn read_conditions(
    fields: &Fields<'_>,
    key: &str,
    effect: Effect,
    problems: &mut Problems,
) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (name, node) in fields.entries(key, problems) {
        let Some(argument) = ArgumentPath::parse(&name.text) else {
            let message = format!("`{}` is not a path of arguments", name.text);
            problems.error(name.span.clone(), message, "not a path");
            continue;
        };
        conditions.push(Condition {
            argument,
            values: one_or_more(node).iter().map(Node::to_value).collect(),
            effect,
        });
    }
    conditions
}

/// An argument whose name is the attribute's: `storage_encrypted ?? false`, `BucketName`.
fn read_same(node: &Node, problems: &mut Problems) -> Option<(Text, Rule)> {
    let text = problems.text(node, "same")?;
    let rule = read_source(&text, node, problems)?;
    let Rule::First { paths, .. } = &rule else {
        return None;
    };
    let last = paths.first()?.steps.last()?;
    Some((Text::from(snake_case(last)), rule))
}

fn read_unknown(fields: &Fields<'_>, problems: &mut Problems) -> Vec<Path> {
    let nodes = fields.list("unknown", problems);
    nodes
        .iter()
        .filter_map(|node| read_document_path(node, problems))
        .collect()
}

fn read_document_path(node: &Node, problems: &mut Problems) -> Option<Path> {
    let text = problems.text(node, "path")?;
    match Path::parse(&text) {
        Ok(path) => Some(path),
        Err(error) => {
            problems.error(node.span.clone(), error.to_string(), "not a path");
            None
        }
    }
}

fn template_or(
    fields: &Fields<'_>,
    key: &str,
    standard: &str,
    problems: &mut Problems,
) -> Option<ArgumentTemplate> {
    match fields.get(key) {
        Some(node) => read_template(node, problems),
        None => ArgumentTemplate::parse(standard),
    }
}

pub(crate) fn read_template(node: &Node, problems: &mut Problems) -> Option<ArgumentTemplate> {
    let text = problems.text(node, "template")?;
    let template = ArgumentTemplate::parse(&text);
    if template.is_none() {
        let message = format!("`{text}` is not a template");
        let help = "placeholders hold arguments, as in `arn:{partition}:s3:::{bucket|address}`";
        problems.error_with_help(
            node.span.clone(),
            message,
            "not a template",
            Some(help.to_owned()),
        );
    }
    template
}

fn one_or_more(node: &Node) -> &[Node] {
    match &node.content {
        Content::List(items) => items,
        Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => std::slice::from_ref(node),
    }
}
