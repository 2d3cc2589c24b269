//! `Mapper`: makes resource documents of declared blocks by the mappings of their language.
//!
//! A block gives documents of its own, or parts of documents that other blocks of the stack give; references between
//! blocks join by stand-ins ([`complete`]). What a mapping does not give is unreadable, so that no policy takes it for absent.

mod complete;
mod gaps;
mod identities;
mod inherit;
mod parsed;
mod parts;
mod places;
mod public;
mod rules;
mod scope;
mod shape;
#[cfg(test)]
mod tests;
mod used;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use plumb_expr::{Fields as _, Type};
use plumb_model::resource::{GLOBAL_REGION, Resource, UNKNOWN_REGION};
use plumb_model::value::{Map, Text, Value};
use plumb_pack::mapping::{
    ArgumentTemplate, BlockMapping, Inherited, Join, Language, Makers, Mapping, Mappings, Role,
};
use plumb_pack::pack::Pack;
use plumb_pack::schema::ResourceType;

pub(crate) use complete::scalar_text;
pub use complete::{Surroundings, complete, referred};
pub use places::{Children, Found, Nodes, Origin, PlaceNode, Places, StandsFor, Written};
pub use used::UsedPaths;

use crate::declared::{Declared, Stack};
use crate::mapping::complete::{Rendered, render};
use crate::mapping::gaps::Gaps;
use crate::mapping::identities::Identities;
use crate::mapping::parts::Parts;
use crate::mapping::rules::{Applies, Work};
use crate::mapping::scope::{Here, Item};
use crate::mapping::shape::shape;
use crate::place::Place;
use crate::val::{Val, Why};

/// Why an argument that nobody writes is unknown to references.
pub const KNOWN_AFTER_APPLY: &str = "known only after apply";

/// What stands for an account that code does not tell.
pub const STAND_IN_ACCOUNT: &str = "000000000000";

/// What stands for a region that code does not tell.
pub const STAND_IN_REGION: &str = UNKNOWN_REGION;

/// Makes documents of the stacks of one language.
#[derive(Debug)]
pub struct Mapper<'p> {
    pack: &'p Pack,
    language: Language,
    mappings: Arc<Mappings>,
    used: &'p UsedPaths,
    gaps: Mutex<KnownGaps>,
}

/// The gaps of each mapping, by the type of block and the position of the mapping.
type KnownGaps = HashMap<(Text, usize), Option<Arc<Gaps>>>;

/// The documents of one stack.
#[derive(Debug, Default)]
pub struct Mapped {
    /// Documents in the order of their blocks, each with the places of its values.
    pub resources: Vec<(Resource, Places)>,
    /// How many blocks there are of each type without a mapping.
    pub unmapped: BTreeMap<Text, u64>,
    /// Blocks that give parts alone, none of them of a document of the stack, in order.
    pub orphans: Vec<Orphan>,
    /// What could not be made, in the order of the blocks.
    pub problems: Vec<Problem>,
}

impl Mapped {
    /// How many blocks without a mapping declare something of a cloud, and not a password, a file or an object of a cluster.
    pub fn unmapped_of_clouds(&self) -> u64 {
        let of_a_cloud = self.unmapped.iter().filter(|(kind, _)| {
            let providers = ["aws_", "awscc_", "azurerm_", "azuread_", "azapi_", "google_"];
            let types = ["AWS::", "Microsoft."];
            providers
                .iter()
                .chain(&types)
                .any(|start| kind.starts_with(start))
        });
        of_a_cloud.map(|(_, count)| count).sum()
    }
}

/// A block that gives parts of documents that are not in the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The address of the block.
    pub address: Text,
    /// The type of the document of the first part.
    pub resource_type: Text,
    /// The line that opens the block.
    pub head: Place,
}

/// Something of a block that could not be made a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What and why; lower case, no full stop.
    pub message: String,
    /// The line that opens the block.
    pub place: Place,
}

/// A document under construction.
#[derive(Debug)]
struct Draft {
    block: Text,
    mapping: usize,
    uid: Text,
    name: Text,
    region: Text,
    account: Text,
    document: Value,
    places: Places,
    resource_type: Arc<ResourceType>,
}

impl<'p> Mapper<'p> {
    /// A mapper for a language; `used` are the paths that policies read.
    pub fn new(pack: &'p Pack, language: Language, used: &'p UsedPaths) -> Self {
        Self {
            pack,
            language,
            mappings: pack.mappings(language),
            used,
            gaps: Mutex::default(),
        }
    }

    /// The arguments of a block with the computed ones; see [`complete`].
    pub fn complete(&self, body: &Val, surroundings: &Surroundings<'_>) -> Val {
        complete(
            body,
            self.mappings.block(surroundings.kind).map(Arc::as_ref),
            surroundings,
        )
    }

    /// What a block with its computed arguments is worth to references; see [`referred`].
    pub fn referred(&self, body: &Val, surroundings: &Surroundings<'_>) -> Val {
        let mapping = self.mappings.block(surroundings.kind).map(Arc::as_ref);
        referred(body, mapping, surroundings)
    }

    /// The documents of a stack.
    pub fn documents(&self, stack: &Stack) -> Mapped {
        let mut mapped = Mapped::default();
        let mut drafts = Vec::new();
        let mut parts = Parts::default();
        let mut shared = HashMap::new();
        let blocks = self.prepared(stack, &mut mapped);
        let identities = Identities::of(&blocks, |block, template| {
            let here = Here::block(&block.body);
            identity(template, here, 0, &block.surroundings).unwrap_or_else(|| block.block.address.clone())
        });
        for prepared in &blocks {
            let block = prepared.block;
            let filled = identities.filled(&prepared.body);
            let body = filled.as_ref().unwrap_or(&prepared.body);
            let origin = Arc::new(Origin::of(block));
            for (number, mapping) in prepared.mapping.mappings.iter().enumerate() {
                let Ok(resource_type) = self.pack.resource_type(&mapping.resource_type) else {
                    continue;
                };
                let at = At {
                    block,
                    body,
                    surroundings: &prepared.surroundings,
                    origin: &origin,
                    number,
                };
                match &mapping.role {
                    Role::Whole { uid, name, makers } => {
                        let first = drafts.len();
                        self.whole(at, mapping, &resource_type, (uid, name), &mut drafts, &mut mapped);
                        if *makers == Makers::Several {
                            join_shared(&mut drafts, first, &mut shared);
                        }
                    }
                    Role::Part(joins) => at.part(mapping, joins, &resource_type, &identities, &mut parts),
                }
            }
        }
        mapped.orphans = parts.put_into(&mut drafts);
        mapped.resources.reserve_exact(drafts.len());
        for mut draft in drafts {
            match self.language {
                Language::Terraform | Language::Crossplane => {}
                Language::CloudFormation | Language::Arm | Language::Ack => {
                    shape::after_deployment(&mut draft.document)
                }
            }
            public::settle(&draft.resource_type.name, &mut draft.document, &draft.places.root);
            if let Some(gaps) = self.gaps_of(&draft) {
                gaps.fill(&mut draft.document);
            }
            mapped.resources.push(draft.finish());
        }
        mapped
    }

    /// The blocks that have a mapping, with all their arguments; the others are counted.
    fn prepared<'s>(&'s self, stack: &'s Stack, mapped: &mut Mapped) -> Vec<Prepared<'s>> {
        let mut blocks = Vec::with_capacity(stack.blocks.len());
        for block in &stack.blocks {
            let Some(mapping) = self.mappings.block(&block.kind) else {
                *mapped.unmapped.entry(block.kind.clone()).or_default() += 1;
                continue;
            };
            let surroundings = Surroundings::of(stack, block);
            let mut body = complete(&block.body, Some(mapping), &surroundings);
            parsed::read_texts(&mut body, &mapping.parsed);
            blocks.push(Prepared {
                block,
                mapping,
                surroundings,
                body,
            });
        }
        // What a block has from another one that has it from a third comes second.
        let passed_on = |inherited: &Inherited| {
            let source = self.mappings.block(&inherited.block);
            let mut sources = source.iter().flat_map(|source| &source.inherited);
            sources.any(|source| {
                let mut paths = inherited.paths.iter();
                paths.any(|path| path.steps.first() == Some(&source.name))
            })
        };
        let passes: [&dyn Fn(&Inherited) -> bool; 2] = [&|_| true, &passed_on];
        for is_due in passes {
            for (at, arguments) in inherit::inherited(&blocks, is_due) {
                if let Some(block) = blocks.get_mut(at) {
                    inherit::with_inherited(&mut block.body, arguments);
                }
            }
        }
        blocks
    }

    fn whole(
        &self,
        at: At<'_>,
        mapping: &Mapping,
        resource_type: &Arc<ResourceType>,
        identity: (&ArgumentTemplate, &ArgumentTemplate),
        drafts: &mut Vec<Draft>,
        mapped: &mut Mapped,
    ) {
        let elements = match &mapping.each {
            None => vec![Item::Element(Cow::Borrowed(at.body))],
            Some(path) => Here::block(at.body).items(path),
        };
        for (index, item) in elements.into_iter().enumerate() {
            let element = match &item {
                Item::Element(element) if element.why_unknown().is_none() => element,
                Item::Element(element) | Item::Unknown(element) => {
                    mapped.problems.push(Problem {
                        message: format!(
                            "resources of type `{}` in `{}` are not seen: {}",
                            resource_type.name,
                            at.block.address,
                            element.why_unknown().map_or("", Text::as_str)
                        ),
                        place: at.block.head,
                    });
                    continue;
                }
            };
            let work = at.work(element, index);
            let perhaps = match work.applies(&mapping.when) {
                Applies::No => continue,
                Applies::Yes => at.block.perhaps.clone(),
                Applies::Unknown(why) => at.block.perhaps.clone().or(Some(why)),
            };
            drafts.push(self.draft(at, work, mapping, resource_type, identity, perhaps));
        }
    }

    fn draft(
        &self,
        at: At<'_>,
        work: Work<'_>,
        mapping: &Mapping,
        resource_type: &Arc<ResourceType>,
        (uid, name): (&ArgumentTemplate, &ArgumentTemplate),
        perhaps: Option<Why>,
    ) -> Draft {
        let text = |template| {
            let text = identity(template, work.here, work.index, at.surroundings);
            text.unwrap_or_else(|| match mapping.each {
                Some(_) => Text::from(format!("{}[{}]", at.block.address, work.index)),
                None => at.block.address.clone(),
            })
        };
        let (mut entries, mut nodes) = make_attributes(work, mapping, resource_type);
        if !entries.contains_key("tags")
            && let Some(made) = tags(at.body)
        {
            entries.insert("tags", made.value);
            nodes.insert(Text::new_static("tags"), made.node);
        }
        let in_region = resource_type.recipe.lives_in_regions();
        let root = PlaceNode {
            written: Written::InCode,
            children: Children::Map(nodes),
            ..match mapping.each {
                Some(_) => PlaceNode::of(work.here.element),
                None => PlaceNode::default(),
            }
        };
        Draft {
            block: at.block.kind.clone(),
            mapping: at.number,
            uid: text(uid),
            name: text(name),
            region: match in_region {
                true => Text::from(at.surroundings.region_or_stand_in()),
                false => Text::new_static(GLOBAL_REGION),
            },
            account: Text::from(at.surroundings.account_or_stand_in()),
            document: Value::Map(entries),
            places: Places {
                origin: Arc::clone(at.origin),
                perhaps,
                stands_for: match mapping.each {
                    Some(_) => StandsFor::Element,
                    None => StandsFor::Block,
                },
                root,
            },
            resource_type: Arc::clone(resource_type),
        }
    }

    /// What the mapping of a draft leaves open, reckoned once for each mapping.
    fn gaps_of(&self, draft: &Draft) -> Option<Arc<Gaps>> {
        let mut known = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        let gaps = known
            .entry((draft.block.clone(), draft.mapping))
            .or_insert_with(|| {
                let block = self.mappings.block(&draft.block)?;
                let mapping = block.mappings.get(draft.mapping)?;
                let gaps = Gaps::of(mapping, &draft.resource_type, &self.mappings, self.used);
                Some(Arc::new(gaps))
            });
        gaps.clone()
    }
}

impl Draft {
    /// The same as a part of another document.
    fn into_part(self) -> parts::Part {
        let entries = match self.document {
            Value::Map(map) => map,
            _ => Map::new(),
        };
        let nodes = match self.places.root.children {
            Children::Map(nodes) => nodes,
            Children::None | Children::List(_) => Nodes::new(),
        };
        parts::Part {
            resource_type: self.resource_type.name.clone(),
            joined: Vec::new(),
            entries,
            nodes,
            perhaps: self.places.perhaps,
            origin: self.places.origin,
        }
    }

    fn finish(mut self) -> (Resource, Places) {
        let mut attributes = match self.document {
            Value::Map(map) => map,
            _ => Map::new(),
        };
        attributes.shrink();
        self.places.root.shrink();
        let name = &self.resource_type.name;
        let resource = Resource::new(
            self.uid,
            name.clone(),
            self.name,
            self.account,
            self.region,
            attributes,
        );
        (resource, self.places)
    }
}

/// Puts drafts of documents that several blocks make into the first one with that uid.
fn join_shared(drafts: &mut Vec<Draft>, first: usize, shared: &mut HashMap<(Text, Text), usize>) {
    for draft in drafts.split_off(first) {
        let key = (draft.resource_type.name.clone(), draft.uid.clone());
        match shared.get(&key).and_then(|at| drafts.get_mut(*at)) {
            Some(earlier) => draft.into_part().put_into(earlier),
            None => {
                shared.insert(key, drafts.len());
                drafts.push(draft);
            }
        }
    }
}

/// A block with the arguments that its author does not write.
struct Prepared<'s> {
    block: &'s Declared,
    mapping: &'s BlockMapping,
    surroundings: Surroundings<'s>,
    body: Val,
}

/// A uid or a name; `None` where what it is made of is not known.
fn identity(
    template: &ArgumentTemplate,
    here: Here<'_>,
    index: usize,
    surroundings: &Surroundings<'_>,
) -> Option<Text> {
    match render(template, here, index, surroundings) {
        Rendered::Text(text) => Some(text),
        Rendered::Absent | Rendered::Unknown(_) => None,
    }
}

/// A block at work.
#[derive(Clone, Copy)]
struct At<'w> {
    block: &'w Declared,
    body: &'w Val,
    surroundings: &'w Surroundings<'w>,
    origin: &'w Arc<Origin>,
    number: usize,
}

impl<'w> At<'w> {
    fn work<'n>(self, element: &'n Val, index: usize) -> Work<'n>
    where
        'w: 'n,
    {
        Work {
            here: Here::block(self.body).at(element),
            index,
            surroundings: self.surroundings,
        }
    }

    fn part(
        self,
        mapping: &Mapping,
        joins: &[Join],
        resource_type: &Arc<ResourceType>,
        identities: &Identities,
        parts: &mut Parts,
    ) {
        let elements = match &mapping.each {
            None => vec![Item::Element(Cow::Borrowed(self.body))],
            Some(path) => Here::block(self.body).items(path),
        };
        for (index, item) in elements.into_iter().enumerate() {
            let (Item::Element(element) | Item::Unknown(element)) = &item;
            let work = self.work(element, index);
            let perhaps = match work.applies(&mapping.when) {
                Applies::No => continue,
                Applies::Yes => self.block.perhaps.clone(),
                Applies::Unknown(why) => Some(why),
            };
            let (entries, nodes) = make_attributes(work, mapping, resource_type);
            parts.add(parts::Part {
                resource_type: mapping.resource_type.clone(),
                joined: parts::joined(joins, &mapping.resource_type, work.here, identities),
                entries,
                nodes,
                perhaps,
                origin: Arc::clone(self.origin),
            });
        }
    }
}

fn make_attributes(work: Work<'_>, mapping: &Mapping, resource_type: &Arc<ResourceType>) -> (Map, Nodes) {
    let mut entries = Map::new();
    let mut nodes = Nodes::new();
    for (name, rule) in &mapping.attributes {
        let type_ = resource_type.field(name).unwrap_or(Type::Any);
        if let Some(made) = work.make(rule, &type_) {
            entries.insert(name.clone(), made.value);
            nodes.insert(name.clone(), made.node);
        }
    }
    (entries, nodes)
}

/// The tags of a block, in the language's own place for them.
fn tags(body: &Val) -> Option<shape::Made> {
    let names = ["tags_all", "tags", "Tags"];
    let val = names
        .into_iter()
        .find_map(|name| body.get(name).filter(|val| !val.is_null()))?;
    shape(val, &Type::String.map())
}
