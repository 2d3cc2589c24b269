//! `HandsOn`: to what a front hands requests on, and as whom it asks there.
//!
//! `docs/specs/graph.md` describes the `hands_on` key of a type's `graph`.

use plumb_expr::{Program, Root};
use plumb_model::value::Text;

use crate::recipe::{Path, Piece, Template};

/// One way in which a front hands requests on.
#[derive(Clone, Debug)]
pub struct HandsOn {
    /// What is looked at one by one; all paths and the name are found in it.
    pub each: Each,
    /// How it hands on, a clause for people where it is not requests that it hands on.
    pub clause: Option<Text>,
    /// Without which it does not hand on; sees what is looked at as `resource`.
    pub when: Option<Program>,
    /// What the target is called there.
    pub name: Template,
    /// The marks between which the target's name stands; a name without them means nothing.
    pub between: Option<(Text, Text)>,
    /// How a version at the end of the name is treated.
    pub version: Version,
    /// The types that the target may have, at least one.
    pub to: Vec<Text>,
    /// The attribute of the target that the name equals, maybe one of several.
    pub by: Path,
    /// The relation that leads from the target to what takes the requests, where that is something else.
    pub then: Option<Text>,
    /// The relation to the front that the resource is a part of; `None` where it is the front.
    pub part_of: Option<Text>,
    /// What must have a value.
    pub with: Vec<Path>,
    /// What must have none.
    pub without: Vec<Path>,
    /// The texts that values must have so that everybody's requests are handed on.
    pub free: Vec<(Path, Vec<Text>)>,
    /// What must hold otherwise, a clause.
    pub guard: Option<Text>,
    /// What must hold in any case, a clause.
    pub provided: Option<Text>,
    /// Who asks the target.
    pub caller: Caller,
    /// Where the role stands with which the front asks, where it has one.
    pub role: Option<Path>,
    /// What the policies of the target must allow.
    pub asks: Asks,
}

/// What of a resource is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each {
    /// The document.
    Document,
    /// The elements of a list.
    Element(Path),
    /// The values of a map.
    Value(Path),
}

/// How a version number at the end of a name, after a colon, is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// It is part of the name.
    Kept,
    /// It is cut off; a name without one means nothing.
    CutOff,
}

/// Who asks the target of a front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Anybody: the front adds nothing.
    Anybody,
    /// A service of the cloud, for a resource.
    Service {
        /// The service.
        name: Text,
        /// The ARN of what it acts for; a `*` in it stands for anything.
        source: Template,
    },
    /// An identity, by ARN; a template over what is looked at.
    Identity(Template),
}

/// What the policies of the target must allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// What reads it, as the target's type says.
    Read,
    /// One of these actions on it.
    Actions(Vec<Text>),
}

impl HandsOn {
    /// The attributes of the resource that are read, without order.
    pub(crate) fn attributes(&self) -> Vec<Text> {
        let roots = |template: &Template| -> Vec<Text> { template.attributes().cloned().collect() };
        let mut found = match &self.caller {
            Caller::Service { source, .. } => roots(source),
            Caller::Anybody | Caller::Identity(_) => Vec::new(),
        };
        match &self.each {
            Each::Element(path) | Each::Value(path) => found.extend(path.root().cloned()),
            Each::Document => {
                found.extend(roots(&self.name));
                if let Caller::Identity(arn) = &self.caller {
                    found.extend(roots(arn));
                }
                let rules = self.when.iter().flat_map(Program::uses);
                let own = rules.filter(|used| used.root == Root::Resource);
                found.extend(own.filter_map(|used| used.path.first().cloned()));
                let paths = self.with.iter().chain(&self.without).chain(&self.role);
                let paths = paths.chain(self.free.iter().map(|(path, _)| path));
                found.extend(paths.filter_map(|path| path.root().cloned()));
            }
        }
        found
    }

    /// The part of a text that names the target; `None` where it names nothing of this kind.
    pub fn named<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = match &self.between {
            Some((before, after)) => {
                let (_, rest) = text.split_once(before.as_str())?;
                rest.rsplit_once(after.as_str())?.0
            }
            None => text,
        };
        let name = match self.version {
            Version::Kept => text,
            Version::CutOff => {
                let (name, version) = text.rsplit_once(':')?;
                let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
                is_number.then_some(name)?
            }
        };
        (!name.is_empty()).then_some(name)
    }

    /// Whether the name is what stands at one path, so that nothing but that path need be told.
    pub fn place(&self) -> Option<&Path> {
        match self.name.0.as_slice() {
            [Piece::Attribute(path)] => Some(path),
            _ => None,
        }
    }
}
