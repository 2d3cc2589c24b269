//! `ResourceType`: the attributes of a resource type, their types and the call each comes from.

use std::sync::Arc;

use plumb_expr::{Fields, Type};
use plumb_model::account::Provider;
use plumb_model::diagnostic::Source;
use plumb_model::value::Text;

use crate::graph_role::GraphRole;
use crate::policy::Provenance;
use crate::recipe::{Fact, Origin, Recipe};

/// A resource type with its recipe, checked against the cloud's API model.
#[derive(Debug)]
pub struct ResourceType {
    /// For example `aws_s3_bucket`.
    pub name: Text,
    /// The cloud.
    pub provider: Provider,
    /// For example `S3 bucket`.
    pub title: Text,
    /// Other names of the type.
    pub aliases: Vec<Text>,
    /// How its resources are collected.
    pub recipe: Arc<Recipe>,
    /// The file.
    pub source: Arc<Source>,
    /// Who wrote it.
    pub provenance: Provenance,
    attributes: AttributeSet,
}

/// One attribute of a resource type.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// For example `encryption`.
    pub name: Text,
    /// Its static type.
    pub type_: Type,
    /// Where it comes from.
    pub source: AttributeSource,
}

/// Where an attribute comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeSource {
    /// Every document has it.
    Reserved,
    /// The answer of the list call.
    List {
        /// The operation, for example `s3:ListBuckets`.
        operation: Text,
    },
    /// A call of its own.
    Fact {
        /// The fact; differs from the attribute where the fact is merged.
        fact: Text,
        /// The operation, for example `s3:GetBucketPolicy`.
        operation: Text,
    },
    /// The file declares it, and Plumb has no collector for it.
    Declared,
}

impl ResourceType {
    pub(crate) fn new(
        provider: Provider,
        recipe: Recipe,
        attributes: AttributeSet,
        source: Arc<Source>,
        provenance: Provenance,
    ) -> Self {
        Self {
            name: recipe.resource_type.clone(),
            provider,
            title: recipe.title.clone(),
            aliases: recipe.aliases.clone(),
            recipe: Arc::new(recipe),
            source,
            provenance,
            attributes,
        }
    }

    /// The type of the single things that resources of this type hold; nothing is known of these but who decides what they are.
    pub fn held(&self) -> Option<Self> {
        let holds = self.recipe.graph.as_ref()?.holds.as_ref()?;
        let recipe = Recipe {
            resource_type: holds.resource_type.clone(),
            title: holds.title.clone(),
            aliases: Vec::new(),
            origin: Origin::Declared,
            facts: Vec::new(),
            relations: Vec::new(),
            graph: Some(GraphRole::of_held(holds)),
            ..Recipe::clone(&self.recipe)
        };
        let attributes = AttributeSet::new(&holds.resource_type);
        Some(Self::new(
            self.provider,
            recipe,
            attributes,
            Arc::clone(&self.source),
            self.provenance,
        ))
    }

    /// All attributes, sorted by name.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes.attributes
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.get(name)
    }

    /// The fact that reads an attribute; `None` for an attribute that needs no call of its own.
    ///
    /// Attributes of merged facts lead to that fact, unless the list call gives them too.
    pub fn fact_of(&self, attribute: &str) -> Option<&Fact> {
        match &self.attribute(attribute)?.source {
            AttributeSource::Fact { fact, .. } => self.recipe.fact(fact),
            AttributeSource::Reserved | AttributeSource::List { .. } | AttributeSource::Declared => None,
        }
    }

    /// The type of `resource` in rules.
    pub fn document_type(self: &Arc<Self>) -> Type {
        Type::Object(Arc::clone(self) as Arc<dyn Fields>)
    }
}

impl Fields for ResourceType {
    fn type_name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.attributes.field(name)
    }

    fn names(&self) -> Vec<Text> {
        self.attributes.names()
    }
}

/// Attributes under construction.
#[derive(Clone, Debug)]
pub(crate) struct AttributeSet {
    type_name: Text,
    /// INVARIANT: sorted by name, names distinct.
    attributes: Vec<Attribute>,
}

impl AttributeSet {
    /// No attributes.
    pub(crate) fn new(type_name: &Text) -> Self {
        Self {
            type_name: type_name.clone(),
            attributes: Vec::new(),
        }
    }

    /// The attribute of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Attribute> {
        self.position(name).ok().and_then(|at| self.attributes.get(at))
    }

    /// Adds an attribute, or replaces the one of that name.
    pub(crate) fn put(&mut self, name: Text, type_: Type, source: AttributeSource) {
        match self.position(&name) {
            Ok(at) => {
                if let Some(place) = self.attributes.get_mut(at) {
                    *place = Attribute { name, type_, source };
                }
            }
            Err(at) => self.attributes.insert(at, Attribute { name, type_, source }),
        }
    }

    /// Takes an attribute out.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Attribute> {
        self.position(name).ok().map(|at| self.attributes.remove(at))
    }

    /// The document type with these attributes.
    pub(crate) fn to_type(&self) -> Type {
        Type::Object(Arc::new(self.clone()))
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.attributes
            .binary_search_by(|attribute| attribute.name.as_str().cmp(name))
    }
}

impl Fields for AttributeSet {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.get(name).map(|attribute| attribute.type_.clone())
    }

    fn names(&self) -> Vec<Text> {
        self.attributes
            .iter()
            .map(|attribute| attribute.name.clone())
            .collect()
    }
}
