//! `Mappings`: how blocks of infrastructure code become resource documents; `docs/specs/mapping.md` describes the files.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::{Text, Value};

use crate::policy::Provenance;
use crate::recipe::{Path, Transform};

/// A language of infrastructure code; decides which mappings apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Terraform and OpenTofu: source, plans and state.
    Terraform,
    /// CloudFormation and SAM.
    CloudFormation,
    /// ARM templates and Bicep.
    Arm,
    /// Objects of Kubernetes for AWS Controllers for Kubernetes.
    Ack,
    /// Objects of Kubernetes for Crossplane's providers that are made of Terraform's: its mappings are Terraform's.
    Crossplane,
}

impl Language {
    /// Those that have mappings of their own.
    pub const ALL: [Self; 4] = [Self::Terraform, Self::CloudFormation, Self::Arm, Self::Ack];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::CloudFormation => "cloudformation",
            Self::Arm => "arm",
            Self::Ack => "ack",
            Self::Crossplane => "crossplane",
        }
    }

    /// The language whose mappings its blocks have.
    pub fn mapped_as(self) -> Self {
        match self {
            Self::Crossplane => Self::Terraform,
            Self::Terraform | Self::CloudFormation | Self::Arm | Self::Ack => self,
        }
    }

    /// The language of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// The language whose mappings a file holds by its name, for example `aws/s3/terraform.yaml`.
    pub fn of_file(path: &str) -> Option<Self> {
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
        file.strip_suffix(".yaml").and_then(Self::named)
    }
}

/// All mappings of one language.
#[derive(Debug, Default)]
pub struct Mappings {
    blocks: BTreeMap<Text, Arc<BlockMapping>>,
    by_resource: BTreeMap<Text, Vec<Text>>,
    /// Types of blocks, or how they begin before a `*`, that networks and permissions hang on and nothing maps.
    pub(crate) not_modelled: Vec<Text>,
    /// What is wrong with the files they were read from.
    pub problems: Vec<Diagnostic>,
}

impl Mappings {
    /// The mapping of a type of block.
    pub fn block(&self, name: &str) -> Option<&Arc<BlockMapping>> {
        self.blocks.get(name)
    }

    /// All of them, sorted by the type of block.
    pub fn blocks(&self) -> impl Iterator<Item = &Arc<BlockMapping>> {
        self.blocks.values()
    }

    /// Everything that gives documents of a resource type or parts of them, in the order of the blocks.
    pub fn of_resource<'m>(&'m self, resource_type: &str) -> impl Iterator<Item = &'m Mapping> {
        let blocks = self.by_resource.get(resource_type).into_iter().flatten();
        blocks
            .filter_map(|block| self.blocks.get(block))
            .flat_map(|block| &block.mappings)
            .filter(move |mapping| mapping.resource_type == resource_type)
    }

    /// The resource types that blocks give, sorted.
    pub fn resource_types(&self) -> impl Iterator<Item = &Text> {
        self.by_resource.keys()
    }

    /// Whether networks or permissions hang on blocks of a type that nothing maps.
    pub fn is_missed(&self, block: &str) -> bool {
        let is_named = |named: &Text| match named.strip_suffix('*') {
            Some(start) => block.starts_with(start),
            None => named == block,
        };
        !self.blocks.contains_key(block) && self.not_modelled.iter().any(is_named)
    }

    /// Adds a mapping; it replaces an earlier one of the same type of block, which is given back.
    pub(crate) fn put(&mut self, mapping: Arc<BlockMapping>) -> Option<Arc<BlockMapping>> {
        let earlier = self.blocks.insert(mapping.block.clone(), Arc::clone(&mapping));
        if let Some(earlier) = &earlier {
            for blocks in self.by_resource.values_mut() {
                blocks.retain(|block| *block != earlier.block);
            }
        }
        for part in &mapping.mappings {
            let blocks = self.by_resource.entry(part.resource_type.clone()).or_default();
            if !blocks.contains(&mapping.block) {
                blocks.push(mapping.block.clone());
            }
        }
        earlier
    }
}

/// What becomes of the blocks of one type.
#[derive(Clone, Debug)]
pub struct BlockMapping {
    /// The type of the block, for example `aws_s3_bucket` or `AWS::S3::Bucket`.
    pub block: Text,
    /// Arguments that a block has without its author writing them, in the order in which they are made.
    pub computed: Vec<(Text, ArgumentTemplate)>,
    /// Arguments that other blocks of the stack decide where its author does not write them.
    pub inherited: Vec<Inherited>,
    /// Arguments whose texts are documents in JSON or YAML.
    pub parsed: Vec<Text>,
    /// The documents and parts of documents it gives.
    pub mappings: Vec<Mapping>,
    /// The file.
    pub source: Arc<Source>,
    /// Its name in the file.
    pub span: Range<usize>,
    /// Who wrote it.
    pub provenance: Provenance,
}

/// An argument that another block of the same region decides, as long as it is not written.
#[derive(Clone, Debug)]
pub struct Inherited {
    /// The argument.
    pub name: Text,
    /// The type of the block that decides.
    pub block: Text,
    /// Arguments of that block, each with those of this one of which the first that is written has the same text.
    pub joins: Vec<(Text, Vec<ArgumentPath>)>,
    /// The arguments of that block of which the first that is written is the value.
    pub paths: Vec<ArgumentPath>,
    /// What the value is when none is written.
    pub otherwise: Otherwise,
    /// The values that are taken; `None` for all.
    pub only: Option<Vec<Value>>,
    /// What the values of such blocks come to.
    pub yields: Yields,
    /// Whether the argument is unknown, and not as good as not written, where such a block does not decide it for sure.
    pub is_unsure: bool,
}

/// What the values of the blocks of an [`Inherited`] come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// The value that all of them have.
    Value,
    /// How many different values they have; one that has none counts as having its own. Unknown ones may make it more.
    Count,
}

/// One document, or one part of a document, that a block gives.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The type of the document, for example `aws_ec2_instance`.
    pub resource_type: Text,
    /// Whether it is a document of its own.
    pub role: Role,
    /// Values that arguments must have for the mapping to apply.
    pub when: Vec<Condition>,
    /// The list of blocks of which each element gives a document; `None` for the block itself.
    pub each: Option<ArgumentPath>,
    /// What makes the attributes, by name.
    pub attributes: Vec<(Text, Rule)>,
    /// Paths into the document that code cannot tell, although what they are in is covered.
    pub unknown: Vec<Path>,
    /// Its place in the file.
    pub span: Range<usize>,
}

/// What a mapping gives.
#[derive(Clone, Debug)]
pub enum Role {
    /// A document.
    Whole {
        /// Its uid.
        uid: ArgumentTemplate,
        /// Its name.
        name: ArgumentTemplate,
        /// Whether other blocks make the same document.
        makers: Makers,
    },
    /// A part of the documents for which every join holds.
    Part(Vec<Join>),
}

/// How many blocks make a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Makers {
    /// One.
    One,
    /// All that come to the same uid: settings of an account or a region, for example.
    Several,
}

/// An argument of a part that names the document it belongs to.
#[derive(Clone, Debug)]
pub struct Join {
    /// The argument: a text, or a list of them for several documents.
    pub argument: ArgumentPath,
    /// The attributes of the document of which one has that value.
    pub keys: Vec<Path>,
}

/// An argument with the values that let a mapping apply.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The argument.
    pub argument: ArgumentPath,
    /// The values; null stands for an argument that is not written.
    pub values: Vec<Value>,
    /// Whether the values let it apply or keep it from it.
    pub effect: Effect,
}

/// What a value that is among those of a [`Condition`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The mapping applies.
    Applies,
    /// It does not.
    Excludes,
}

/// A path of arguments. A step into a list of one element goes into that element.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArgumentPath {
    /// Where it begins.
    pub from: Start,
    /// The names of the arguments; none for what it begins at.
    pub steps: Vec<Text>,
}

/// Where a path of arguments begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Start {
    /// The element at hand: an element of a list, else the block.
    #[default]
    Here,
    /// The block.
    Block,
}

/// A text with placeholders that arguments fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentTemplate(pub Vec<TemplatePart>);

/// A part of an [`ArgumentTemplate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text that stands for itself.
    Literal(Text),
    /// The first of them that is known and not empty.
    FirstOf(Vec<TemplateSource>),
}

/// What can stand in a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSource {
    /// `address`: the address of the block in its language.
    Address,
    /// `label`: the last part of the address, without an index.
    Label,
    /// `region`
    Region,
    /// `account`
    Account,
    /// `partition`
    Partition,
    /// `index`: the position of the element from which the document is made.
    Index,
    /// An argument.
    Argument(ArgumentPath),
    /// `'app'`: a text that stands for itself.
    Fixed(Text),
    /// `type=network 'net'`: a text where an argument has a value.
    Chosen {
        /// The argument.
        argument: ArgumentPath,
        /// The value.
        value: Text,
        /// The text.
        text: Text,
    },
}

/// As files write it.
impl fmt::Display for ArgumentTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                TemplatePart::Literal(text) => f.write_str(text)?,
                TemplatePart::FirstOf(sources) => {
                    for (position, source) in sources.iter().enumerate() {
                        f.write_str(if position == 0 { "{" } else { "|" })?;
                        match source {
                            TemplateSource::Address => f.write_str("address")?,
                            TemplateSource::Label => f.write_str("label")?,
                            TemplateSource::Region => f.write_str("region")?,
                            TemplateSource::Account => f.write_str("account")?,
                            TemplateSource::Partition => f.write_str("partition")?,
                            TemplateSource::Index => f.write_str("index")?,
                            TemplateSource::Argument(path) => f.write_str(&path.steps.join("."))?,
                            TemplateSource::Fixed(text) => write!(f, "'{text}'")?,
                            TemplateSource::Chosen {
                                argument,
                                value,
                                text,
                            } => write!(f, "{}={value} '{text}'", argument.steps.join("."))?,
                        }
                    }
                    f.write_str("}")?;
                }
            }
        }
        Ok(())
    }
}

/// What makes a value of a document.
#[derive(Clone, Debug)]
pub enum Rule {
    /// The first argument that is written.
    First {
        /// The arguments.
        paths: Vec<ArgumentPath>,
        /// What is done to a text first.
        decode: Vec<Transform>,
        /// Other values for some of theirs, by their text. Those that are not named stay.
        map: Vec<(Text, Value)>,
        /// What it is when none is written.
        otherwise: Otherwise,
    },
    /// A value that does not depend on the block.
    Fixed(Value),
    /// Not known, and why.
    Unknown(Text),
    /// A text made of arguments.
    Text(ArgumentTemplate),
    /// A value for an argument that is written, and one for an argument that is null or an empty list or text.
    Present {
        /// The argument.
        path: ArgumentPath,
        /// The value when it is written.
        yes: Value,
        /// The value when it is not.
        no: Value,
    },
    /// What the first of them makes that makes something.
    Either(Vec<Rule>),
    /// A document.
    Object {
        /// The block or map that the rules of its attributes look at and without which it is absent; `None` for the element at
        /// hand, and absent when all its attributes are.
        within: Option<ArgumentPath>,
        /// Whether it is there although all attributes are absent.
        when_empty: WhenEmpty,
        /// The attributes.
        fields: Vec<(Text, Rule)>,
    },
    /// A list with a value for each element of lists, one after the other.
    Each {
        /// The lists.
        paths: Vec<ArgumentPath>,
        /// The value.
        to: Box<Rule>,
        /// Whether there is a list when there are no elements.
        when_empty: WhenEmpty,
    },
    /// A map with an entry for each element of a list.
    Entries {
        /// The list.
        path: ArgumentPath,
        /// The key of the entry of an element.
        key: ArgumentTemplate,
        /// The value.
        to: Box<Rule>,
    },
    /// What another rule makes of the one entry of a map that is named.
    Entry {
        /// The map.
        of: ArgumentPath,
        /// What names the entry: a text, or a map by its only key; lists of them that agree.
        named: ArgumentPath,
        /// The rule.
        to: Box<Rule>,
    },
    /// What another rule makes, if arguments have certain values.
    When {
        /// The conditions.
        conditions: Vec<Condition>,
        /// The rule.
        to: Box<Rule>,
    },
    /// A list, perhaps empty, of those values that are there; lists among them give their elements.
    List(Vec<Rule>),
}

/// Whether a document without attributes, or a list without elements, is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenEmpty {
    /// It is there, with nothing in it.
    Kept,
    /// It is absent.
    Absent,
}

/// What a value is when no argument gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Otherwise {
    /// Absent.
    Absent,
    /// That value, which the provider or the cloud puts in.
    Value(Value),
    /// Not known: the cloud decides.
    Unknown,
}
