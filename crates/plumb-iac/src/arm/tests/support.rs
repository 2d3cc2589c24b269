//! Templates in, resources and problems out, both as text.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use crate::arm::{Context, Reading, Values, read};
use crate::declared::Declared;
use crate::files::Files;
use crate::place::{Place, Sources};
use crate::secrecy::Secrecy;
use crate::val::Val;

/// A tree of files in memory.
pub(super) struct Tree(pub(super) &'static [(&'static str, &'static str)]);

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

/// Everything that a check looks at.
pub(super) struct Checked {
    pub(super) reading: Reading,
    pub(super) sources: Sources,
}

/// Reads a template beside the files of a tree, with values of the command line.
pub(super) fn reading(tree: &Tree, path: &str, template: &str, given: &[(&str, &str)]) -> Checked {
    let given = given
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let values = Values {
        file: None,
        given: given.collect(),
    };
    reading_with(tree, path, template, &values)
}

/// The same with whatever values.
pub(super) fn reading_with(tree: &Tree, path: &str, template: &str, values: &Values) -> Checked {
    reading_as(Secrecy::Kept, tree, path, template, values)
}

/// The same with secrets revealed.
pub(super) fn revealed(tree: &Tree, path: &str, template: &str) -> Checked {
    reading_as(Secrecy::Revealed, tree, path, template, &Values::default())
}

fn reading_as(secrecy: Secrecy, tree: &Tree, path: &str, template: &str, values: &Values) -> Checked {
    let kind = "Microsoft.Storage/storageAccounts";
    let kinds = BTreeMap::from([(Text::from(kind.to_lowercase()), Text::from(kind))]);
    let context = Context {
        files: tree,
        kinds: &kinds,
        region: None,
        account: Some("sub".into()),
        secrecy,
    };
    let mut sources = Sources::default();
    let reading = read(&mut sources, path, template, values, &context);
    Checked { reading, sources }
}

impl Checked {
    /// The block with an address.
    pub(super) fn block(&self, address: &str) -> &Declared {
        let found = self
            .reading
            .stack
            .blocks
            .iter()
            .find(|block| block.address == address);
        found.unwrap_or_else(|| {
            panic!(
                "no `{address}` among {:?}: {:?}",
                self.addresses(),
                self.problems()
            )
        })
    }

    /// The addresses, with why it is not sure that there is such a block.
    pub(super) fn addresses(&self) -> Vec<String> {
        let blocks = self.reading.stack.blocks.iter();
        let shown = |block: &Declared| match &block.perhaps {
            None => block.address.to_string(),
            Some(why) => format!("{} ?({why})", block.address),
        };
        blocks.map(shown).collect()
    }

    /// A value within a block: keys and indices with dots.
    pub(super) fn value(&self, address: &str, path: &str) -> &Val {
        let body = &self.block(address).body;
        path.split('.')
            .fold(body, |value, step| match step.parse::<usize>() {
                Ok(index) => &value.as_list().expect("a list")[index],
                Err(_) => value
                    .get(step)
                    .unwrap_or_else(|| panic!("no `{step}` in {value}")),
            })
    }

    /// The problems, one a line, without place and advice.
    pub(super) fn problems(&self) -> Vec<String> {
        let all = self.reading.diagnostics.iter();
        all.map(|one| one.message.clone()).collect()
    }

    /// `file:line:column text` of a place; only the first line of its text.
    pub(super) fn at(&self, place: Option<Place>) -> String {
        let Some(place) = place else {
            return "nowhere".to_owned();
        };
        let source = self.sources.get(place.file).expect("a file that was read");
        let (line, column) = self.sources.line_and_column(place.file, place.range().start);
        let text = source.text.get(place.range()).unwrap_or_default();
        let text = text.lines().next().unwrap_or_default();
        format!("{}:{line}:{column} {text}", source.name)
    }
}

/// The value of property `v` of a resource in a template of which `rest` gives the other sections, and the problems.
pub(super) fn evaluated(value: &str, rest: &str, given: &[(&str, &str)]) -> (String, Vec<String>) {
    let template = format!(
        r#"{{ {rest} "resources": [{{ "type": "A.B/c", "apiVersion": "1", "name": "r", "properties": {{ "v": {value} }} }}] }}"#
    );
    let checked = reading(&Tree(&[]), "main.json", &template, given);
    let shown = checked.value("A.B/c/r", "properties.v").to_string();
    (shown, checked.problems())
}

/// The same for a Bicep file.
pub(super) fn evaluated_bicep(value: &str, rest: &str) -> (String, Vec<String>) {
    let template = format!(
        "{rest}\nresource r 'A.B/c@1' = {{\n  name: 'r'\n  properties: {{\n    v: {value}\n  }}\n}}\n"
    );
    let checked = reading(&Tree(&[]), "main.bicep", &template, &[]);
    let shown = checked.value("r", "properties.v").to_string();
    (shown, checked.problems())
}
