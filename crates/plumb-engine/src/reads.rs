//! `Reader`: what rules read, resolved to types and attributes.

use std::sync::Arc;

use plumb_expr::{Program, Root};
use plumb_graph::exposure;
use plumb_graph::knowledge::Knowledge;
use plumb_model::value::Text;
use plumb_pack::pack::Pack;
use plumb_pack::schema::ResourceType;

/// A resource type with everything that rules on its resources read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// The type.
    pub(crate) resource_type: Arc<ResourceType>,
    /// What is read, by type.
    pub(crate) reads: Vec<Read>,
    /// Whether they ask what reaches the resources.
    pub(crate) asks_exposure: bool,
}

/// A resource type that is read, with the attributes that are needed of it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) resource_type: Arc<ResourceType>,
    pub(crate) attributes: Vec<Text>,
    pub(crate) how: ReadHow,
}

/// How rules come by resources of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadHow {
    /// They are judged.
    Resource,
    /// By `inventory("…")`.
    Inventory,
    /// By the same within one region.
    RegionalInventory,
    /// By `related(resource, "…")`.
    Related,
}

impl Reader {
    /// Nothing is read yet but the resources themselves.
    fn new(resource_type: Arc<ResourceType>) -> Self {
        let itself = Read {
            resource_type: Arc::clone(&resource_type),
            attributes: Vec::new(),
            how: ReadHow::Resource,
        };
        Self {
            resource_type,
            reads: vec![itself],
            asks_exposure: false,
        }
    }

    /// What programs read; the error is the name of a type that no recipe describes.
    pub(crate) fn of<'p>(
        pack: &Pack,
        resource_type: Arc<ResourceType>,
        programs: impl Iterator<Item = &'p Program>,
    ) -> Result<Self, Text> {
        let mut reader = Self::new(resource_type);
        for used in programs.flat_map(Program::uses) {
            let (name, how) = match &used.root {
                Root::Resource => (None, ReadHow::Resource),
                Root::Inventory(name) => (Some(name), ReadHow::Inventory),
                Root::RegionalInventory(name) => (Some(name), ReadHow::RegionalInventory),
                Root::Related(name) => (Some(name), ReadHow::Related),
                Root::Exposure => {
                    reader.add_exposure(pack)?;
                    continue;
                }
                Root::Account | Root::Params => continue,
            };
            let used_type = match name {
                Some(name) => pack.resource_type(name).map_err(|_| name.clone())?,
                None => Arc::clone(&reader.resource_type),
            };
            reader.add(used_type, how, used.path.first());
        }
        Ok(reader)
    }

    /// An attribute of the judged resources.
    pub(crate) fn add_attribute(&mut self, attribute: &Text) {
        self.add(
            Arc::clone(&self.resource_type),
            ReadHow::Resource,
            Some(attribute),
        );
    }

    /// What the exposure of the judged resources is made of.
    fn add_exposure(&mut self, pack: &Pack) -> Result<(), Text> {
        if std::mem::replace(&mut self.asks_exposure, true) {
            return Ok(());
        }
        let role = self.resource_type.recipe.graph.as_ref();
        let rules: Vec<Program> = role.into_iter().flat_map(exposure::rules).cloned().collect();
        let of_rules = Self::of(pack, Arc::clone(&self.resource_type), rules.iter())?;
        for read in of_rules.reads {
            for attribute in read.attributes.iter().map(Some).chain([None]) {
                self.add(Arc::clone(&read.resource_type), read.how, attribute);
            }
        }
        for demand in exposure::demands(pack, &self.resource_type) {
            let name = &demand.resource_type;
            let resource_type = pack.resource_type(name).map_err(|_| name.clone())?;
            self.add(resource_type, ReadHow::Resource, demand.attribute.as_ref());
        }
        Ok(())
    }

    fn add(&mut self, resource_type: Arc<ResourceType>, how: ReadHow, attribute: Option<&Text>) {
        let known = self
            .reads
            .iter()
            .position(|read| read.how == how && read.resource_type.name == resource_type.name);
        let position = known.unwrap_or_else(|| {
            self.reads.push(Read {
                resource_type,
                attributes: Vec::new(),
                how,
            });
            self.reads.len() - 1
        });
        if let (Some(read), Some(attribute)) = (self.reads.get_mut(position), attribute)
            && !read.attributes.contains(attribute)
        {
            read.attributes.push(attribute.clone());
        }
    }
}

/// What the graph reads.
pub(crate) fn of_graph(pack: &Pack, knowledge: &Knowledge) -> Result<Vec<Reader>, Text> {
    let mut readers = Vec::new();
    for resource_type in knowledge.types() {
        if let Some(role) = &resource_type.recipe.graph {
            let mut reader = Reader::of(pack, Arc::clone(resource_type), role.rules())?;
            // What these read of their own is part of what the role names anyway.
            let of_elements = Reader::of(pack, Arc::clone(resource_type), role.rules_of_elements())?;
            let others = of_elements
                .reads
                .iter()
                .filter(|read| read.how != ReadHow::Resource);
            for read in others {
                for attribute in read.attributes.iter().map(Some).chain([None]) {
                    reader.add(Arc::clone(&read.resource_type), read.how, attribute);
                }
            }
            readers.push(reader);
        }
    }
    for demand in knowledge.demands() {
        let resource_type = pack
            .resource_type(&demand.resource_type)
            .map_err(|_| demand.resource_type.clone())?;
        let known = readers
            .iter()
            .position(|reader| reader.resource_type.name == resource_type.name);
        let position = known.unwrap_or_else(|| {
            readers.push(Reader::new(Arc::clone(&resource_type)));
            readers.len() - 1
        });
        if let Some(reader) = readers.get_mut(position) {
            reader.add(resource_type, ReadHow::Resource, demand.attribute.as_ref());
        }
    }
    Ok(readers)
}
