//! `Instance`: a template with the values of its parameters, in the place where it is used.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use plumb_model::value::Text;

use super::conditions::Truth;
use super::template::Template;
use super::tree::Entry;
use super::work::Work;
use super::{parameters, sam};
use crate::place::Place;
use crate::val::Val;
use crate::work::Memo;
use parameters::Parameter;

/// Where an instance stands among nested stacks.
#[derive(Clone)]
pub(super) struct Origin {
    /// The path of the template.
    pub(super) path: Text,
    /// The path and `/` before the addresses of its resources; empty for a root.
    pub(super) prefix: String,
    /// The resources that nest it, outermost first.
    pub(super) calls: Vec<Place>,
    /// The paths of the templates around it.
    pub(super) around: Vec<Text>,
}

impl Origin {
    /// The origin of a root.
    pub(super) fn root(path: &str) -> Self {
        Self {
            path: path.into(),
            prefix: String::new(),
            calls: Vec::new(),
            around: Vec::new(),
        }
    }
}

/// A template in use.
pub(super) struct Instance<'w, 'a> {
    pub(super) work: &'w Work<'a>,
    pub(super) origin: Origin,
    pub(super) parameters: BTreeMap<Text, Parameter>,
    pub(super) mappings: BTreeMap<Text, Entry>,
    pub(super) conditions: BTreeMap<Text, Entry>,
    pub(super) resources: BTreeMap<Text, Entry>,
    pub(super) outputs: BTreeMap<Text, Entry>,
    pub(super) truths: RefCell<BTreeMap<Text, Memo<Truth>>>,
    pub(super) references: RefCell<BTreeMap<(Text, Text), Memo<Val>>>,
    pub(super) children: RefCell<BTreeMap<Text, Memo<Option<Rc<Instance<'w, 'a>>>>>>,
}

impl<'w, 'a> Instance<'w, 'a> {
    /// A template with the parameters that are given to it; loops are unrolled and SAM's resources rewritten.
    pub(super) fn new(
        work: &'w Work<'a>,
        template: &Template,
        given: BTreeMap<Text, Parameter>,
        origin: Origin,
    ) -> Self {
        let declared = template.parameters.iter();
        let parameters =
            declared.map(|(name, entry)| (name.clone(), Parameter::new(entry, given.get(name), work)));
        let mut instance = Self {
            work,
            origin,
            parameters: parameters.collect(),
            mappings: template.mappings.clone(),
            conditions: BTreeMap::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            truths: RefCell::default(),
            references: RefCell::default(),
            children: RefCell::default(),
        };
        instance.conditions = by_name(instance.unrolled(&template.conditions).entries);
        let resources = instance.unrolled(&template.resources).entries;
        instance.resources = by_name(sam::transformed(&instance, template, resources));
        instance.outputs = by_name(instance.unrolled(&template.outputs).entries);
        instance
    }

    /// The name of the stack where nobody tells it: the file's name without its ending.
    pub(super) fn stack_name(&self) -> &str {
        let file = self.origin.path.rsplit('/').next().unwrap_or_default();
        file.split('.').next().unwrap_or(file)
    }

    /// The address of a resource.
    pub(super) fn address(&self, id: &str) -> Text {
        format!("{}{id}", self.origin.prefix).into()
    }
}

fn by_name(entries: Vec<Entry>) -> BTreeMap<Text, Entry> {
    entries
        .into_iter()
        .map(|entry| (entry.key.clone(), entry))
        .collect()
}
