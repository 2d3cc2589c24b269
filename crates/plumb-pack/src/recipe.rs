//! `Recipe`: how the resources of one type are collected, parsed and checked against the API model.
//!
//! `docs/specs/recipe.md` describes the file. All paths here are in the document's spelling (snake_case).

use std::sync::Arc;

use plumb_expr::Program;
use plumb_model::account::Provider;
use plumb_model::value::Text;

use crate::graph_role::GraphRole;

/// What all recipes of one service share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The cloud.
    pub provider: Provider,
    /// The name of the API model, for example `s3`; also the name of the knowledge folder.
    pub name: Text,
    /// How people call it, for example `Amazon S3`.
    pub title: Text,
    /// Before the colon of an IAM action, for example `elasticloadbalancing`.
    pub iam_prefix: Text,
    /// The IAM actions of operations that do not follow `<iam_prefix>:<Operation>`.
    pub actions: Vec<(Text, Vec<Text>)>,
}

impl Service {
    /// The IAM actions that an operation of this service needs.
    pub fn iam_actions(&self, operation: &str) -> Vec<Text> {
        match self.actions.iter().find(|(name, _)| name == operation) {
            Some((_, actions)) => actions.clone(),
            None => vec![Text::from(format!("{}:{operation}", self.iam_prefix))],
        }
    }
}

/// How the resources of one type are collected.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// For example `aws_s3_bucket`.
    pub resource_type: Text,
    /// For example `S3 bucket`.
    pub title: Text,
    /// Other names of the type.
    pub aliases: Vec<Text>,
    /// The service it belongs to.
    pub service: Arc<Service>,
    /// Whether its calls go to every region or once to the account.
    pub scope: CallScope,
    /// Where the items come from.
    pub origin: Origin,
    /// Whether it protects what other resources leave open; code that does not declare it is judged as if there were none.
    pub is_guard: bool,
    /// Template of the region; `None` for the region of the call.
    pub region: Option<Template>,
    /// Template of the uid.
    pub uid: Template,
    /// Template of the name.
    pub name: Template,
    /// Path in the item to the tags; `None` when there are none or a fact reads them.
    pub tags: Option<Path>,
    /// Attributes to rename, old name first.
    pub rename: Vec<(Text, Text)>,
    /// Members to leave out.
    pub drop: Vec<Text>,
    /// Attributes taken over from the parent.
    pub keep: Vec<(Text, Template)>,
    /// Transformations of members of the item.
    pub decode: Vec<(Path, Vec<Transform>)>,
    /// Keeps only items for which it is true.
    pub filter: Option<Program>,
    /// Attributes with a call of their own, in the order of the file.
    pub facts: Vec<Fact>,
    /// References to other resources.
    pub relations: Vec<Relation>,
    /// What they are in the security graph; `None` for types that have no part in it.
    pub graph: Option<GraphRole>,
}

impl Recipe {
    /// The fact of that name.
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }

    /// Whether its resources live in regions: each is found in one, or says itself where it is.
    pub fn lives_in_regions(&self) -> bool {
        self.scope == CallScope::Region || self.region.is_some()
    }
}

/// How often a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallScope {
    /// Once per account, at the partition's default region.
    Global,
    /// Once per account and region.
    Region,
}

/// Where the items of a type come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// One item, made of facts only.
    Single,
    /// The items of a list call.
    List(Box<ListCall>),
    /// Nowhere: the type is declared by hand and Plumb has no collector for it.
    Declared,
}

/// A call whose answer holds items.
#[derive(Clone, Debug)]
pub struct ListCall {
    /// The call.
    pub call: Call,
    /// Path in the answer to the items.
    pub items: Path,
    /// The attribute that a plain text item becomes.
    pub item_key: Text,
    /// One call for each resource of this type in the same account and region.
    pub for_each: Option<Text>,
    /// Whether what it finds is asked in turn, as a parent, until nothing new is found.
    pub descend: Descend,
    /// One call for each value of a parameter.
    pub for_values: Option<(Text, Vec<Text>)>,
}

/// Whether what a list call finds is asked in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descend {
    /// No.
    No,
    /// Yes, level by level.
    ByLevel,
}

/// An operation with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The service whose API it is; mostly the recipe's own.
    pub service: Text,
    /// For example `GetBucketPolicy`.
    pub operation: Text,
    /// The IAM actions it needs, sorted.
    pub actions: Vec<Text>,
    /// Parameters in the API's spelling, sorted by name.
    pub with: Vec<(Text, Parameter)>,
    /// Errors that are an answer: nothing there.
    pub absent_on: Vec<ErrorPattern>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// Given in the recipe; texts within may be templates.
    Template(TemplateValue),
    /// The list of the values of a template over all resources of a batch.
    Each(Template),
}

/// A parameter value in which texts are templates.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplateValue {
    /// A text with placeholders.
    Text(Template),
    /// A number or truth value.
    Literal(plumb_model::value::Value),
    /// A list.
    List(Vec<TemplateValue>),
    /// A structure or map, in the API's spelling.
    Map(Vec<(Text, TemplateValue)>),
}

/// A text with placeholders, for example `arn:{partition}:s3:::{name}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Literal(Text),
    /// The value at a path of the resource document.
    Attribute(Path),
    /// What follows the last slash of the text at a path of the resource document.
    Tail(Path),
    /// The value at a path of the parent's document.
    Parent(Path),
    /// `{partition}`.
    Partition,
    /// `{account}`.
    Account,
    /// `{region}`.
    Region,
}

impl Template {
    /// The names of the resource's own attributes that the template reads (first step of each path).
    pub fn attributes(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Attribute(path) | Piece::Tail(path) => path.root(),
            Piece::Literal(_) | Piece::Parent(_) | Piece::Partition | Piece::Account | Piece::Region => None,
        })
    }
}

/// A path into a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// `.name`
    Key(Text),
    /// `[0]`
    Index(usize),
    /// `[]`: all elements; the results are put into one list.
    Flatten,
}

impl Path {
    /// The first key.
    pub fn root(&self) -> Option<&Text> {
        match self.0.first() {
            Some(Step::Key(key)) => Some(key),
            Some(Step::Index(_) | Step::Flatten) | None => None,
        }
    }
}

/// An error of the cloud that means "nothing there".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPattern {
    /// The error code.
    pub code: Text,
    /// A text that the message must contain.
    pub message: Option<Text>,
}

impl ErrorPattern {
    /// Whether an error is of this kind.
    pub fn matches(&self, code: &str, message: &str) -> bool {
        self.code == code && self.message.as_deref().is_none_or(|part| message.contains(part))
    }
}

/// An attribute with a call of its own.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The attribute; for a merged fact a name that stands for all its attributes.
    pub name: Text,
    /// The call.
    pub call: Call,
    /// Template of the region of the call; `None` for the region of the resource.
    pub region: Option<Template>,
    /// Whether the call goes to the partition's default region whatever the resource's region.
    pub global: bool,
    /// False means null without a call.
    pub condition: Option<Program>,
    /// A call that makes the cloud prepare the answer.
    pub prepare: Option<Prepare>,
    /// How the answer becomes the attribute.
    pub kind: FactKind,
    /// Transformations of the result.
    pub parse: Vec<Transform>,
    /// Transformations of what stands at paths within the result.
    pub decode: Vec<(Path, Vec<Transform>)>,
    /// Whether the members of the result become attributes of the resource.
    pub merge: bool,
}

/// A call that makes the cloud prepare an answer, as IAM's credential report needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepare {
    /// The call to make.
    pub call: Call,
    /// The errors of the fact's own call that say the answer is not ready.
    pub on: Vec<ErrorPattern>,
}

/// How a fact's answer becomes its attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// One call per resource; the value at a path of the answer.
    Take(Path),
    /// One call per resource; the list of all pages' items.
    Items(Path),
    /// Items matched to resources.
    Join {
        /// Path in the answer to the items.
        items: Path,
        /// Transformations of what stands at `items`, where that is a text that holds the items (a CSV report).
        decode: Vec<Transform>,
        /// Pairs of item path and resource path that must be equal.
        on: Vec<(Path, Path)>,
        /// Path within the item.
        take: Path,
        /// A list of all matches instead of the first one.
        many: bool,
        /// Resources per call; `None` for one call per account and region.
        batch: Option<usize>,
    },
}

/// A transformation of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transform {
    /// Percent-decoding.
    Url,
    /// Base64 to text.
    Base64,
    /// The inside of a JSON text literal to the text it stands for.
    Unescape,
    /// A JSON text to its value.
    Json,
    /// Comma-separated text with a header to a list of maps.
    Csv,
    /// A text to the list of its parts between commas.
    Split,
    /// A text to its length and the secrets found in it.
    SecretScan,
}

/// A reference to other resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Path to the value or values.
    pub attribute: Path,
    /// The type it refers to.
    pub to: Text,
    /// Attributes of the target that the value may equal.
    pub by: Vec<Text>,
    /// What the relation is called, for example `encrypted_with`.
    pub label: Text,
}
