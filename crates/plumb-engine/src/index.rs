//! `AccountIndex`: the resources of one account as rules look them up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_expr::Inventory;
use plumb_graph::exposure::Exposures;
use plumb_model::coverage::Coverage;
use plumb_model::resource::{GLOBAL_REGION, UNKNOWN_REGION};
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_pack::recipe::Origin;
use plumb_pack::schema::ResourceType;

use crate::reads::{Read, ReadHow, Reader};

/// The documents of one account by type, with markers for what was not read.
///
/// INVARIANT: where a type could not be listed completely, its list ends in unreadable elements, so that no rule
/// can mistake "not seen" for "not there". The list of one region ends in those that may hide something of that region.
pub(crate) struct AccountIndex<'s> {
    by_type: BTreeMap<Text, Vec<&'s Value>>,
    /// The types that rules look up by region.
    by_region: BTreeMap<Text, RegionIndex<'s>>,
    markers: &'s Markers,
    relations: Vec<RelationIndex<'s>>,
    exposures: Exposures,
}

/// The resources of one type by region.
#[derive(Default)]
struct RegionIndex<'s> {
    resources: BTreeMap<&'s str, Vec<&'s Value>>,
    /// Stands for resources that do not say in which region they are.
    unplaced: Option<&'s Value>,
}

/// One relation of a source type, resolved to targets by the values they are found under.
struct RelationIndex<'s> {
    source: Text,
    target: Text,
    path: plumb_pack::recipe::Path,
    targets: HashMap<&'s str, Vec<&'s Value>>,
    /// What a value that matches no target means.
    missing: Vec<&'s Value>,
}

impl<'s> RelationIndex<'s> {
    /// The target that a value of `source` means: where several regions have one of that name, its own region's.
    fn target(&self, value: &str, source: &Value) -> Option<&'s Value> {
        let targets = self.targets.get(value)?;
        let region = source.get("region");
        targets
            .iter()
            .find(|target| target.get("region") == region)
            .or(targets.first())
            .copied()
    }
}

/// Values that stand for what was not read; they must outlive the index.
pub(crate) struct Markers {
    by_type: BTreeMap<Text, Vec<Marker>>,
    outside: Value,
    unplaced: Value,
}

/// Stands for resources of a type that were not read.
struct Marker {
    value: Value,
    reach: Reach,
}

/// Where the resources may be that a marker stands for.
enum Reach {
    Anywhere,
    Regions(Vec<Text>),
    AllBut(Vec<Text>),
}

impl Marker {
    /// Whether it may stand for something in a region.
    fn reaches(&self, region: &str) -> bool {
        match &self.reach {
            Reach::Anywhere => true,
            Reach::Regions(regions) => regions.iter().any(|known| known == region),
            Reach::AllBut(regions) => regions.iter().all(|known| known != region),
        }
    }
}

impl Markers {
    /// The markers of all types that are read; `regions` tells where resources of a type are.
    pub(crate) fn new(
        readers: &[&Reader],
        coverage: &Coverage,
        regions: impl Fn(&str) -> BTreeSet<Text>,
    ) -> Self {
        let mut by_type: BTreeMap<Text, Vec<Marker>> = BTreeMap::new();
        for read in readers.iter().flat_map(|reader| &reader.reads) {
            let name = &read.resource_type.name;
            if !by_type.contains_key(name) {
                let unlisted = unlisted(coverage, name).map(|(region, unreadable)| Marker {
                    value: Value::unreadable(unreadable),
                    reach: if region == GLOBAL_REGION {
                        Reach::Anywhere
                    } else {
                        Reach::Regions(vec![region])
                    },
                });
                let left_out = left_out(coverage, &read.resource_type).map(|unreadable| Marker {
                    value: Value::unreadable(unreadable),
                    reach: Reach::Regions(coverage.left_out.clone()),
                });
                let undeclared = coverage
                    .declared_only
                    .then(|| undeclared(&read.resource_type, regions(name)))
                    .flatten();
                by_type.insert(name.clone(), unlisted.chain(left_out).chain(undeclared).collect());
            }
        }
        let out_of_scope = |detail: &'static str| {
            Value::unreadable(Unreadable {
                detail: Text::new_static(detail),
                ..Unreadable::new(Reason::OutOfScope)
            })
        };
        Self {
            by_type,
            outside: out_of_scope("it refers to a resource that is not in this account's snapshot"),
            unplaced: out_of_scope("a resource does not say in which region it is"),
        }
    }

    fn of(&self, resource_type: &str) -> impl Iterator<Item = &Marker> {
        self.by_type.get(resource_type).into_iter().flatten()
    }
}

/// Where and why the resources of a type could not be listed: region and cause.
///
/// A type that was never asked for is one place, `global`.
pub(crate) fn unlisted<'c>(
    coverage: &'c Coverage,
    resource_type: &'c str,
) -> impl Iterator<Item = (Text, Unreadable)> + 'c {
    let never_asked = !coverage.declared_only && coverage.collected_type(resource_type).is_none();
    let never_asked = never_asked.then(|| {
        let detail = Text::from(format!("the scan did not ask for {resource_type}"));
        (
            Text::new_static("global"),
            Unreadable {
                detail,
                ..Unreadable::new(Reason::NotCollected)
            },
        )
    });
    let gaps = coverage
        .gaps
        .iter()
        .filter(move |gap| gap.attribute.is_none() && gap.resource_type == resource_type)
        .map(|gap| (gap.region.clone(), gap.unreadable.clone()));
    never_asked.into_iter().chain(gaps)
}

/// What regions that were not asked mean for a type: nothing for one that belongs to no region.
pub(crate) fn left_out(coverage: &Coverage, resource_type: &ResourceType) -> Option<Unreadable> {
    let regional = resource_type.recipe.lives_in_regions();
    (regional && !coverage.left_out.is_empty()).then(|| Unreadable {
        detail: Text::from(format!("the scan left out {}", coverage.left_out.join(", "))),
        ..Unreadable::new(Reason::OutOfScope)
    })
}

/// Stands for what may be there without this code; nothing where there is only one and code declares it, and nothing for a
/// guard: what the code itself leaves open is judged, not what somebody may have put around it.
fn undeclared(resource_type: &ResourceType, declared: BTreeSet<Text>) -> Option<Marker> {
    let marker = |detail, reach| Marker {
        value: Value::unreadable(Unreadable {
            detail,
            ..Unreadable::new(Reason::OutOfScope)
        }),
        reach,
    };
    let recipe = &resource_type.recipe;
    match &recipe.origin {
        Origin::Single if recipe.is_guard => None,
        Origin::Single if recipe.lives_in_regions() => {
            let detail = format!("`{}` is not in this code for every region", recipe.title);
            // A region that code does not name may be another one.
            let named = declared.into_iter().filter(|region| region != UNKNOWN_REGION);
            Some(marker(Text::from(detail), Reach::AllBut(named.collect())))
        }
        Origin::Single => declared.is_empty().then(|| {
            let detail = format!("`{}` is not in this code", recipe.title);
            marker(Text::from(detail), Reach::Anywhere)
        }),
        Origin::List(_) | Origin::Declared => {
            let detail = Text::new_static("only what this code declares is known");
            Some(marker(detail, Reach::Anywhere))
        }
    }
}

impl<'s> AccountIndex<'s> {
    /// Indexes documents that are sorted by type and uid.
    pub(crate) fn new(
        readers: &[&Reader],
        documents: impl Iterator<Item = (&'s Text, &'s Value)>,
        markers: &'s Markers,
    ) -> Self {
        let mut by_type: BTreeMap<Text, Vec<&'s Value>> = BTreeMap::new();
        for (resource_type, document) in documents {
            match by_type.get_mut(resource_type) {
                Some(documents) => documents.push(document),
                None => _ = by_type.insert(resource_type.clone(), vec![document]),
            }
        }
        let mut index = Self {
            by_type,
            by_region: BTreeMap::new(),
            markers,
            relations: Vec::new(),
            exposures: Exposures::default(),
        };
        for reader in readers {
            for read in &reader.reads {
                match read.how {
                    ReadHow::Related => index.resolve(&reader.resource_type, read),
                    ReadHow::RegionalInventory => index.place(&read.resource_type),
                    ReadHow::Resource | ReadHow::Inventory => {}
                }
            }
        }
        for (resource_type, list) in &markers.by_type {
            if !list.is_empty() {
                index
                    .by_type
                    .entry(resource_type.clone())
                    .or_default()
                    .extend(list.iter().map(|marker| &marker.value));
            }
        }
        index
    }

    /// Adds what reaches the resources, which is found with the index itself.
    pub(crate) fn with_exposures(self, exposures: Exposures) -> Self {
        Self { exposures, ..self }
    }

    /// Sorts the resources of a type by region.
    fn place(&mut self, resource_type: &ResourceType) {
        if self.by_region.contains_key(&resource_type.name) {
            return;
        }
        let mut index = RegionIndex::default();
        for document in self.by_type.get(&resource_type.name).into_iter().flatten() {
            let region = document
                .get("region")
                .and_then(Value::as_str)
                .unwrap_or(GLOBAL_REGION);
            index.resources.entry(region).or_default().push(document);
        }
        // One that should say itself where it is and does not may be anywhere.
        if resource_type.recipe.region.is_some() && index.resources.contains_key(GLOBAL_REGION) {
            index.unplaced = Some(&self.markers.unplaced);
        }
        self.by_region.insert(resource_type.name.clone(), index);
    }

    fn resolve(&mut self, source: &ResourceType, read: &Read) {
        let target = read.resource_type.name.as_str();
        let known = self
            .relations
            .iter()
            .any(|index| index.source == source.name && index.target == target);
        if known {
            return;
        }
        let recipe = &source.recipe;
        for relation in recipe.relations.iter().filter(|relation| relation.to == target) {
            let mut targets: HashMap<&str, Vec<&Value>> = HashMap::new();
            for document in self.by_type.get(target).into_iter().flatten() {
                for by in &relation.by {
                    if let Some(value) = document.get(by).and_then(Value::as_str) {
                        targets.entry(value).or_default().push(document);
                    }
                }
            }
            let mut missing: Vec<&'s Value> = self.markers.of(target).map(|marker| &marker.value).collect();
            if missing.is_empty() {
                missing.push(&self.markers.outside);
            }
            self.relations.push(RelationIndex {
                source: source.name.clone(),
                target: Text::from(target),
                path: relation.attribute.clone(),
                targets,
                missing,
            });
        }
    }
}

impl Inventory for AccountIndex<'_> {
    fn of_type(&self, resource_type: &str) -> &[&Value] {
        self.by_type
            .get(resource_type)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value> {
        let index = self.by_region.get(resource_type);
        let resources = index
            .and_then(|index| index.resources.get(region))
            .into_iter()
            .flatten()
            .copied();
        let unplaced = index.and_then(|index| index.unplaced);
        let markers = self.markers.of(resource_type);
        let hidden = markers.filter(|marker| marker.reaches(region));
        resources
            .chain(unplaced)
            .chain(hidden.map(|marker| &marker.value))
            .collect()
    }

    fn related<'a>(&'a self, resource: &'a Value, resource_type: &str) -> Vec<&'a Value> {
        let source = resource
            .get("resource_type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut found: Vec<&'a Value> = Vec::new();
        let relations = self
            .relations
            .iter()
            .filter(|index| index.target == resource_type && index.source == source);
        for relation in relations {
            for value in relation.path.all(resource) {
                match value {
                    Value::Unreadable(_) => found.push(value),
                    Value::String(text) => match relation.target(text, resource) {
                        Some(target) => {
                            if !found.iter().any(|known| std::ptr::eq(*known, target)) {
                                found.push(target);
                            }
                        }
                        None => found.extend(&relation.missing),
                    },
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::List(_)
                    | Value::Map(_) => {}
                }
            }
        }
        found
    }

    fn exposure<'a>(&'a self, resource: &'a Value) -> Option<&'a Value> {
        let text = |key: &str| resource.get(key).and_then(Value::as_str);
        self.exposures.of(text("resource_type")?, text("uid")?)
    }
}
