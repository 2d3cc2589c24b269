//! What tests of several languages share: a tree of files in memory, and places as text.

use crate::files::Files;
use crate::place::{Place, Sources};

/// A tree of files in memory.
pub(crate) struct Tree(pub(crate) &'static [(&'static str, &'static str)]);

impl Files for Tree {
    fn files_in(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(self.0.iter().map(|(path, _)| (*path).to_owned()).collect())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let file = self.0.iter().find(|(known, _)| *known == path);
        file.map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

/// `file:line:column text` of a place; only the first line of its text.
pub(crate) fn at(sources: &Sources, place: Option<Place>) -> String {
    let Some(place) = place else {
        return "nowhere".to_owned();
    };
    let source = sources.get(place.file).expect("a file that was read");
    let (line, column) = sources.line_and_column(place.file, place.range().start);
    let text = source.text.get(place.range()).unwrap_or_default();
    let text = text.lines().next().unwrap_or_default();
    format!("{}:{line}:{column} {text}", source.name)
}
