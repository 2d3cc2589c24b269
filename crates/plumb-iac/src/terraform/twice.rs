//! What a module declares several times: each of it in a form of its own.
//!
//! Neither Terraform nor OpenTofu applies such a module, but where one file is for the one and a file beside it for the other.

use std::collections::{BTreeMap, HashMap};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::module::hidden_by;
use super::syntax::{Block, Body};
use crate::place::{Place, Sources};

/// The most forms of one module.
pub(crate) const MAX_FORMS: usize = 8;
/// The most names of one folder that are told.
const MAX_TOLD: usize = 50;

/// The declarations of each name that has several, in the order in which they were read.
#[derive(Debug, Default)]
pub(crate) struct Twice(BTreeMap<Text, Vec<Place>>);

impl Twice {
    /// Finds them; override files are no declarations.
    pub(crate) fn of(bodies: &[Body]) -> Self {
        let mut places: HashMap<Text, Vec<Place>> = HashMap::new();
        let mut note = |name: Text, place: Place| places.entry(name).or_default().push(place);
        for block in bodies.iter().flat_map(|body| &body.blocks) {
            if block.kind == "locals" {
                for local in &block.body.attributes {
                    note(local_name(&local.name), local.place);
                }
            } else if let Some(name) = name_of(block) {
                note(name, block.head);
            }
        }
        places.retain(|_, places| places.len() > 1);
        Self(places.into_iter().collect())
    }

    /// How many forms there are: in each, one declaration of a name counts.
    pub(crate) fn forms(&self) -> usize {
        let most = self.0.values().map(Vec::len).max().unwrap_or(1);
        most.min(MAX_FORMS)
    }

    /// The files with one declaration of each name: in the form with number `form`, counted from 0, the one with that number,
    /// or the last.
    pub(crate) fn form(&self, bodies: &[Body], form: usize) -> Vec<Body> {
        let counts = |name: &Text, place: Place| match self.0.get(name) {
            Some(places) => places.get(form.min(places.len().saturating_sub(1))) == Some(&place),
            None => true,
        };
        let mut bodies = bodies.to_vec();
        for body in &mut bodies {
            body.blocks
                .retain(|block| name_of(block).is_none_or(|name| counts(&name, block.head)));
            for block in body.blocks.iter_mut().filter(|block| block.kind == "locals") {
                block
                    .body
                    .attributes
                    .retain(|local| counts(&local_name(&local.name), local.place));
            }
        }
        bodies
    }

    /// Tells each name at its second declaration, with where the first is.
    pub(crate) fn tell(&self, sources: &Sources) -> Vec<Diagnostic> {
        let several = self
            .0
            .iter()
            .map(|(name, places)| (name, in_one_tool(places, sources)));
        let several = several.filter(|(_, places)| places.len() > 1);
        let told = several.take(MAX_TOLD).filter_map(|(name, places)| {
            let (first, second) = (places.first()?, places.get(1)?);
            let times = match places.len() {
                2 => "twice".to_owned(),
                more => format!("{more} times"),
            };
            let file = &sources.get(first.file)?.name;
            let (line, _) = sources.line_and_column(first.file, first.range().start);
            let judged = match places.len() {
                more if more > MAX_FORMS => format!("the first {MAX_FORMS} of them were"),
                _ => "each was".to_owned(),
            };
            let help = format!(
                "it is declared at `{file}:{line}` too; no Terraform applies this, and {judged} judged as if the others were not there"
            );
            let problem = Diagnostic::error(format!("`{name}` is declared {times}"));
            let source = sources.get(second.file)?;
            Some(problem.at(source, second.range(), "again here").help(help))
        });
        told.collect()
    }
}

/// Without the places in files of Terraform that OpenTofu passes over for another of them.
fn in_one_tool(places: &[Place], sources: &Sources) -> Vec<Place> {
    let name = |place: &Place| sources.get(place.file).map(|source| source.name.as_str());
    let names: Vec<&str> = places.iter().filter_map(name).collect();
    let other = |place: &&Place| name(place).and_then(hidden_by);
    let counts = |place: &&Place| other(place).is_none_or(|other| !names.contains(&other.as_str()));
    places.iter().filter(counts).copied().collect()
}

/// What a block declares, as expressions name it; nothing for blocks of which there may be several.
fn name_of(block: &Block) -> Option<Text> {
    let name = match (block.kind.as_str(), block.labels.as_slice()) {
        ("resource", [kind, name]) => format!("{kind}.{name}"),
        ("data", [kind, name]) => format!("data.{kind}.{name}"),
        ("module", [name]) => format!("module.{name}"),
        ("variable", [name]) => format!("var.{name}"),
        ("output", [name]) => format!("output.{name}"),
        _ => return None,
    };
    Some(Text::from(name))
}

fn local_name(name: &str) -> Text {
    Text::from(format!("local.{name}"))
}
