//! The first reading of a recipe file: its service and the names of its types. The types themselves are read when asked for.

use std::ops::Range;
use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::diagnostic::Source;
use plumb_model::value::Text;

use crate::node::{Content, Node};
use crate::policy::Provenance;
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};

/// A recipe file.
#[derive(Debug)]
pub(crate) struct RecipeFile {
    /// The cloud.
    pub(crate) provider: Provider,
    /// The name of the API model.
    pub(crate) service: Text,
    /// Where that name stands.
    pub(crate) service_span: Range<usize>,
    /// How people call the service.
    pub(crate) title: Text,
    /// Before the colon of an IAM action; `None` for the signing name of the API model.
    pub(crate) iam_prefix: Option<Text>,
    /// IAM actions that do not follow the prefix.
    pub(crate) actions: Vec<(Text, Vec<Text>)>,
    /// Where the keys of `actions` stand.
    pub(crate) action_spans: Vec<Range<usize>>,
    /// The types.
    pub(crate) types: Vec<TypeEntry>,
    /// The file.
    pub(crate) source: Arc<Source>,
    /// Who wrote it.
    pub(crate) provenance: Provenance,
}

/// A type that has been named but not read.
#[derive(Clone, Debug)]
pub(crate) struct TypeEntry {
    /// For example `aws_s3_bucket`.
    pub(crate) name: Text,
    /// Where the name stands.
    pub(crate) span: Range<usize>,
    /// Other names.
    pub(crate) aliases: Vec<Text>,
    /// Everything that stands under the name.
    pub(crate) node: Node,
}

/// Reads the file's outer layer. `provider` is what the file's folder says.
pub(crate) fn read_recipe_file(
    root: &Node,
    provider: Option<Provider>,
    provenance: Provenance,
    problems: &mut Problems,
) -> Option<RecipeFile> {
    let what = "a recipe file";
    let known = [
        "provider",
        "service",
        "title",
        "iam_prefix",
        "actions",
        "resources",
    ];
    let fields = Fields::open(root, what, &known, problems)?;
    let named = fields.text("provider", problems).and_then(|text| {
        parse_word(
            &text,
            fields.get("provider")?,
            &["aws", "azure", "gcp"],
            |text| text.parse().ok(),
            problems,
        )
    });
    let provider = named.or(provider);
    if provider.is_none() {
        problems.error_with_help(
            fields.key_span("service"),
            "the file does not say which cloud it is for",
            "`provider` is missing here",
            Some("add `provider: aws`, or put the file into a folder `aws/<service>/`".to_owned()),
        );
    }
    let service = fields.required_text("service", what, problems);
    let title = fields.text("title", problems);
    let iam_prefix = fields.text("iam_prefix", problems);
    let mut actions = Vec::new();
    let mut action_spans = Vec::new();
    for (key, node) in fields.entries("actions", problems) {
        let names = match &node.content {
            Content::List(items) => items
                .iter()
                .filter_map(|item| problems.text(item, "actions"))
                .collect(),
            Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => {
                problems.text(node, "actions").into_iter().collect::<Vec<_>>()
            }
        };
        if let Some(name) = names.iter().find(|name| !name.contains(':')) {
            let message = format!("IAM action `{name}` has no service before a colon");
            problems.error(
                node.span.clone(),
                message,
                "expected for example `s3:ListAllMyBuckets`",
            );
        }
        actions.push((key.text.clone(), names));
        action_spans.push(key.span.clone());
    }
    let mut types = Vec::new();
    for (key, node) in fields
        .required("resources", what, problems)
        .map_or(&[][..], |n| problems.entries(n, "resources"))
    {
        if !key
            .text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            problems.error(
                key.span.clone(),
                format!("type name `{}` is not in snake_case", key.text),
                "not a type name",
            );
        }
        // Aliases are needed for the index; everything else waits until the type is asked for.
        let aliases = match &node.content {
            Content::Map(entries) => entries
                .iter()
                .find(|(key, _)| key.text == "aliases")
                .map(|(_, node)| node),
            Content::Plain(_) | Content::Quoted(_) | Content::List(_) => None,
        };
        let aliases = aliases.map_or(&[][..], |node| problems.list(node, "aliases"));
        let aliases = aliases
            .iter()
            .filter_map(|alias| problems.text(alias, "aliases"))
            .collect();
        types.push(TypeEntry {
            name: key.text.clone(),
            span: key.span.clone(),
            aliases,
            node: node.clone(),
        });
    }
    let service = service?;
    Some(RecipeFile {
        provider: provider?,
        service_span: fields
            .get("service")
            .map(|node| node.span.clone())
            .unwrap_or_default(),
        title: title.unwrap_or_else(|| service.clone()),
        service,
        iam_prefix,
        actions,
        action_spans,
        types,
        source: Arc::clone(problems.source()),
        provenance,
    })
}
