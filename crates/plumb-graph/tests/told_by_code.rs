//! What the graph reads of documents is told by the mappings of code, or left unknown with a reason: nothing is silently absent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

use plumb_expr::{Program, Root};
use plumb_graph::knowledge::Knowledge;
use plumb_model::resource::Resource;
use plumb_model::value::Text;
use plumb_pack::graph_role::GraphRole;
use plumb_pack::hands_on::{Each, HandsOn};
use plumb_pack::mapping::{Language, Role};
use plumb_pack::mapping_cover::Cover;
use plumb_pack::pack::Pack;
use plumb_pack::recipe::{Path, Step, Template};
use world::KNOWLEDGE;

/// What networks are made of: a type a line, with the paths that are read of it.
const NETWORK: &str = include_str!("told_by_code/network.txt");

/// What code cannot tell: type, path, reason.
const LEFT_OUT: &str = include_str!("told_by_code/left_out.txt");

/// Relations that the graph follows whatever the roles of types say.
const FOLLOWED: [&str; 5] = ["runs_as", "member_of", "offered_by", "routes_to", "invokes"];

type Paths = BTreeMap<Text, BTreeSet<Vec<Text>>>;

#[test]
fn what_the_graph_reads_is_told_by_code() {
    let read = read_by_graph();
    let pack = Pack::builtin().unwrap();
    let left_out: BTreeMap<(String, String), &str> = rows(LEFT_OUT)
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().filter(|word| !word.is_empty()).expect(line);
            let key = (word().to_owned(), word().to_owned());
            (key, word())
        })
        .collect();
    let mut used = BTreeSet::new();
    let mut missing = BTreeSet::new();
    for language in [Language::Terraform, Language::CloudFormation] {
        let mappings = pack.mappings(language);
        for block in mappings.blocks() {
            for mapping in &block.mappings {
                let Role::Whole { .. } = mapping.role else {
                    continue;
                };
                let mut cover = Cover::of(mapping);
                for part in mappings.of_resource(&mapping.resource_type) {
                    if let Role::Part(_) = part.role {
                        cover.add(Cover::of(part));
                    }
                }
                let unknown: BTreeSet<Vec<Text>> = mapping.unknown.iter().map(keys).collect();
                for path in read.get(&mapping.resource_type).into_iter().flatten() {
                    let is_reserved = path
                        .first()
                        .is_none_or(|root| Resource::RESERVED.contains(&root.as_str()));
                    let is_left_unknown = (1..=path.len()).any(|end| unknown.contains(&path[..end]));
                    if is_reserved || cover.covers(path) || is_left_unknown {
                        continue;
                    }
                    let shown = path.iter().map(Text::as_str).collect::<Vec<_>>().join(".");
                    let key = (mapping.resource_type.to_string(), shown.clone());
                    if left_out.contains_key(&key) {
                        used.insert(key);
                    } else {
                        missing.insert(format!("{}: {} {shown}", block.block, mapping.resource_type));
                    }
                }
            }
        }
    }
    let missing: Vec<String> = missing.into_iter().collect();
    assert!(
        missing.is_empty(),
        "{} paths:\n{}",
        missing.len(),
        missing.join("\n")
    );
    let idle: Vec<_> = left_out.keys().filter(|key| !used.contains(*key)).collect();
    assert!(idle.is_empty(), "these are told or not read: {idle:?}");
}

#[test]
fn the_list_of_what_networks_read_is_whole() {
    let listed: BTreeSet<&str> = rows(NETWORK)
        .flat_map(|line| line.split(' ').skip(1))
        .flat_map(|path| path.split('.'))
        .collect();
    let mut missing = BTreeSet::new();
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../plumb-net/src/aws");
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in [
            "look::of(",
            "look::text(",
            "look::look(",
            "look::texts(",
            "look::fact(",
        ] {
            for (at, _) in text.match_indices(call) {
                let arguments = arguments(&text[at + call.len()..]);
                let literals = arguments.split('"').skip(1).step_by(2);
                let steps = literals.flat_map(|path| path.split('.'));
                let named = steps.filter(|step| !step.is_empty() && !step.contains(['{', ' ', '`']));
                missing.extend(named.filter(|step| !listed.contains(step)).map(str::to_owned));
            }
        }
    }
    assert!(missing.is_empty(), "not in network.txt: {missing:?}");
}

/// The text up to the parenthesis that closes a call.
fn arguments(text: &str) -> &str {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Everything that is read of documents, by type.
fn read_by_graph() -> Paths {
    let knowledge: &Knowledge = &KNOWLEDGE;
    let mut paths = Paths::new();
    for line in rows(NETWORK) {
        let mut words = line.split(' ');
        let known = paths.entry(words.next().unwrap().into()).or_default();
        known.extend(words.map(|path| path.split('.').map(Text::from).collect()));
    }
    for known in knowledge.types() {
        let Some(role) = &known.recipe.graph else { continue };
        of_role(&known.name, role, &mut paths);
        let labels = followed(role);
        for relation in &known.recipe.relations {
            if labels.contains(relation.label.as_str()) {
                paths
                    .entry(known.name.clone())
                    .or_default()
                    .insert(keys(&relation.attribute));
                let ends = relation.by.iter().map(|by| vec![by.clone()]);
                paths.entry(relation.to.clone()).or_default().extend(ends);
            }
        }
    }
    paths
}

fn followed(role: &GraphRole) -> BTreeSet<&str> {
    let access = role.access.iter().flat_map(|access| access.keys());
    let gives = role.gives.iter().flat_map(|gives| [&gives.of, &gives.to]);
    let hands_on = role
        .hands_on
        .iter()
        .flat_map(|on| on.then.iter().chain(&on.part_of));
    let others = role
        .tells
        .iter()
        .map(|tells| &tells.of)
        .chain(role.opens.iter().map(|opens| &opens.relation));
    let shared = role.shared.iter().filter_map(|shared| shared.decrypt.as_ref());
    let labels = access.chain(gives).chain(hands_on).chain(others).chain(shared);
    labels.map(Text::as_str).chain(FOLLOWED).collect()
}

fn of_role(name: &Text, role: &GraphRole, paths: &mut Paths) {
    for used in role.rules().flat_map(Program::uses) {
        let of = match &used.root {
            Root::Resource => name,
            Root::Inventory(other) | Root::RegionalInventory(other) | Root::Related(other) => other,
            Root::Account | Root::Params | Root::Exposure => continue,
        };
        paths.entry(of.clone()).or_default().insert(used.path.clone());
    }
    let own = paths.entry(name.clone()).or_default();
    let plain = [&role.policy, &role.runs_as].into_iter().flatten();
    let plain = plain
        .chain(role.exposed.iter().filter_map(|opening| opening.width.as_ref()))
        .chain(role.shared.iter().map(|shared| &shared.accounts))
        .chain(role.vouches.iter().map(|vouches| &vouches.issuer));
    own.extend(plain.map(keys));
    let grants = role.access.iter().flat_map(|access| &access.grants);
    let context = role
        .opens
        .iter()
        .flat_map(|opens| opens.context.iter().map(|(_, value)| value));
    own.extend(
        grants
            .map(|grant| &grant.on)
            .chain(context)
            .flat_map(Template::paths)
            .map(keys),
    );
    for on in &role.hands_on {
        own.extend(of_front(on));
    }
}

fn of_front(on: &HandsOn) -> Vec<Vec<Text>> {
    let within = match &on.each {
        Each::Document => Vec::new(),
        Each::Element(path) | Each::Value(path) => keys(path),
    };
    let guards = on.free.iter().map(|(path, _)| path);
    let paths = on
        .name
        .paths()
        .chain(&on.with)
        .chain(&on.without)
        .chain(guards)
        .chain(&on.role);
    let rules = on
        .when
        .iter()
        .flat_map(Program::uses)
        .filter(|used| used.root == Root::Resource);
    let read = paths.map(keys).chain(rules.map(|used| used.path.clone()));
    read.map(|path| [within.clone(), path].concat())
        .filter(|path| !path.is_empty())
        .collect()
}

fn keys(path: &Path) -> Vec<Text> {
    let keys = path.0.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.clone()),
        Step::Index(_) | Step::Flatten => None,
    });
    keys.collect()
}
