//! Which objects are applied together: all of a tree, unless an object stands in several files.
//!
//! Trees often hold the same objects for several environments. Where one does, its folders stand for themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::object::Object;
use crate::declared::Language;
use crate::place::Sources;

/// Objects of one family of controllers that are applied together.
pub(super) struct Group {
    /// The folder or file, `.` for the whole tree.
    pub(super) path: Text,
    pub(super) language: Language,
    pub(super) objects: Vec<Object>,
}

/// What Kubernetes tells objects apart by.
type Identity = (Text, Option<Text>, Text);

/// The groups of objects, in the order of their paths.
pub(super) fn split(objects: Vec<Object>, sources: &Sources, problems: &mut Vec<Diagnostic>) -> Vec<Group> {
    let mut groups = Vec::new();
    part("", last_of_each(objects, sources, problems), &mut groups);
    groups.sort_by(|a, b| (&a.path, a.language).cmp(&(&b.path, b.language)));
    groups
}

/// The objects without those that a later one of the same file takes the place of.
fn last_of_each(objects: Vec<Object>, sources: &Sources, problems: &mut Vec<Diagnostic>) -> Vec<Object> {
    let mut last: HashMap<(Text, Identity), usize> = HashMap::new();
    for (at, object) in objects.iter().enumerate() {
        if let Some(identity) = identity(object) {
            last.insert((object.path.clone(), identity), at);
        }
    }
    let mut kept = Vec::with_capacity(objects.len());
    for (at, object) in objects.into_iter().enumerate() {
        let of_name = identity(&object).and_then(|identity| last.get(&(object.path.clone(), identity)));
        if of_name.is_none_or(|last| *last == at) {
            kept.push(object);
            continue;
        }
        let name = object.name.as_ref().map_or("", |name| name.text.as_str());
        let problem = Diagnostic::warning(format!("`{} {name}` stands twice in this file", object.kind));
        let problem = match sources.get(object.head.file) {
            Some(source) => problem.at(source, object.head.range(), "the first one"),
            None => problem,
        };
        problems.push(problem.help("the last one counts; remove the other"));
    }
    kept
}

/// Makes groups of what lies below a folder.
fn part(folder: &str, objects: Vec<Object>, groups: &mut Vec<Group>) {
    let mut seen: HashSet<Identity> = HashSet::new();
    let is_one = objects
        .iter()
        .filter_map(identity)
        .all(|identity| seen.insert(identity));
    if is_one {
        let path = common(folder, &objects);
        let mut by_language: BTreeMap<Language, Vec<Object>> = BTreeMap::new();
        for object in objects {
            by_language.entry(object.language).or_default().push(object);
        }
        groups.extend(by_language.into_iter().map(|(language, objects)| Group {
            path: path.clone(),
            language,
            objects,
        }));
        return;
    }
    // Files in the folder itself, and folders in it, by their paths.
    let mut files: Vec<Object> = Vec::new();
    let mut folders: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for object in objects {
        let below = match folder {
            "" => object.path.as_str(),
            _ => object.path.get(folder.len() + 1..).unwrap_or_default(),
        };
        match below.split_once('/') {
            None => files.push(object),
            Some((name, _)) => {
                let path = match folder {
                    "" => name.to_owned(),
                    _ => format!("{folder}/{name}"),
                };
                folders.entry(path).or_default().push(object);
            }
        }
    }
    for (path, objects) in folders {
        part(&path, objects, groups);
    }
    let mut seen: HashSet<Identity> = HashSet::new();
    let is_one = files
        .iter()
        .filter_map(identity)
        .all(|identity| seen.insert(identity));
    if is_one && !files.is_empty() {
        part(folder, files, groups);
        return;
    }
    let mut by_file: BTreeMap<Text, Vec<Object>> = BTreeMap::new();
    for object in files {
        by_file.entry(object.path.clone()).or_default().push(object);
    }
    for objects in by_file.into_values() {
        part(folder, objects, groups);
    }
}

/// The path of a group: the file when there is one, else the folder.
fn common(folder: &str, objects: &[Object]) -> Text {
    let mut paths = objects.iter().map(|object| &object.path);
    let first = paths.next();
    match (first, folder) {
        (Some(first), _) if paths.all(|path| path == first) => first.clone(),
        (_, "") => Text::new_static("."),
        (_, folder) => Text::from(folder),
    }
}

fn identity(object: &Object) -> Option<Identity> {
    let name = object.name.as_ref()?;
    Some((object.full_kind(), object.namespace.clone(), name.text.clone()))
}
