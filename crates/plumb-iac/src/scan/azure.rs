//! The ARM templates and Bicep files of a tree, each with every parameter file that is for it.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;

use super::{Options, Read, account, folder_of};
use crate::arm::{self, Values};
use crate::files::{self, Files};

/// With how many parameter files one template is judged.
const MAX_VALUES: usize = 20;

/// Reads what Azure's languages declare.
pub(super) struct Azure<'t> {
    pub(super) pack: &'t Pack,
    pub(super) files: &'t dyn Files,
    pub(super) options: &'t Options,
}

/// A file of the tree.
struct File<'t> {
    path: &'t str,
    text: String,
}

impl Azure<'_> {
    /// Reads every template that no other one deploys.
    pub(super) fn read(&self, paths: &[String], all: &mut Read<'_>) {
        let mut templates = Vec::new();
        let mut values = Vec::new();
        let endings = [".json", ".jsonc", ".template", ".bicep", ".bicepparam"];
        for path in paths {
            if !endings.iter().any(|ending| path.ends_with(ending)) {
                continue;
            }
            let Ok(text) = self.files.read(path) else { continue };
            if arm::is_parameter_file(path, &text) {
                values.push(File { path, text });
            } else if arm::is_template(path, &text) {
                templates.push(File { path, text });
            }
        }
        if templates.is_empty() {
            return;
        }
        let mappings = self.pack.mappings(Language::Arm);
        let kinds = mappings.blocks().map(|block| block.block.clone());
        let kinds: BTreeMap<Text, Text> = kinds
            .map(|kind| (Text::from(kind.to_lowercase()), kind))
            .collect();
        let given: BTreeMap<Text, Text> = self
            .options
            .variables
            .iter()
            .map(|(name, value)| (Text::from(name.as_str()), Text::from(value.as_str())))
            .collect();
        let mut read = Vec::new();
        let mut number = u32::try_from(all.stacks.len()).unwrap_or(u32::MAX);
        // What a template in JSON was compiled from is judged in its place.
        let compiled: BTreeSet<String> = templates
            .iter()
            .filter_map(|template| template.path.strip_suffix(".bicep"))
            .map(|stem| format!("{stem}.json"))
            .collect();
        let known: BTreeSet<&str> = templates.iter().map(|template| template.path).collect();
        for template in templates
            .iter()
            .filter(|template| !compiled.contains(template.path))
        {
            let mut files: Vec<Option<(Text, Text)>> = values
                .iter()
                .filter(|file| is_for(file, template.path, &known))
                .take(MAX_VALUES)
                .map(|file| Some((Text::from(file.path), Text::from(file.text.as_str()))))
                .collect();
            if files.is_empty() {
                files.push(None);
            }
            for file in files {
                number = number.saturating_add(1);
                let context = arm::Context {
                    files: self.files,
                    kinds: &kinds,
                    region: self.options.region.clone(),
                    account: Some(account(number)),
                    secrecy: self.options.secrecy,
                };
                let values = Values {
                    file,
                    given: given.clone(),
                };
                let mut reading = arm::read(all.sources, template.path, &template.text, &values, &context);
                all.kept_back.add(reading.secrets.take());
                read.push((template.path, reading));
            }
        }
        // What another template deploys is judged there, with the values that it gets.
        let own: Vec<Text> = read.iter().map(|(path, _)| Text::from(*path)).collect();
        let below = read.iter().map(|(_, reading)| reading.nested.as_slice());
        let mut roots = super::roots(&own.iter().zip(below).collect::<Vec<_>>()).into_iter();
        read.retain(|_| roots.next().unwrap_or(true));
        for (_, reading) in read {
            all.add(reading.stack, reading.diagnostics);
        }
    }
}

/// Whether a parameter file is for a template: it says so, or is called like it.
fn is_for(file: &File<'_>, template: &str, all: &BTreeSet<&str>) -> bool {
    let folder = folder_of(file.path);
    if file.path.ends_with(".bicepparam") {
        let using = file
            .text
            .lines()
            .find_map(|line| line.trim().strip_prefix("using"));
        let using = using.and_then(|rest| rest.trim().strip_prefix('\'')?.split_once('\''));
        return using.is_some_and(|(path, _)| files::join(&folder, path).as_deref() == Some(template));
    }
    if folder != folder_of(template) {
        return false;
    }
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let (name, template_name) = (name(file.path), name(template));
    let Some((stem, _)) = template_name.rsplit_once('.') else {
        return false;
    };
    // `main.parameters.json`, `main.prod.parameters.json`; the portal writes `parameters.json` beside `template.json`.
    let rest = name
        .strip_prefix(stem)
        .filter(|rest| rest.starts_with(['.', '-']));
    let belongs_to_longer = all.iter().any(|other| {
        let other = other.rsplit('/').next().unwrap_or_default();
        let other_stem = other.rsplit_once('.').map_or(other, |(stem, _)| stem);
        other_stem.len() > stem.len() && name.starts_with(&format!("{other_stem}."))
    });
    rest.is_some() && !belongs_to_longer || stem == "template" && name == "parameters.json"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{File, is_for};

    #[test]
    fn parameter_files_are_for_the_template_that_they_name() {
        let all = BTreeSet::from([
            "a/main.json",
            "a/main.prod.json",
            "a/template.json",
            "a/main.bicep",
        ]);
        let cases = [
            ("a/main.parameters.json", "{}", "a/main.json", true),
            ("a/main.dev.parameters.json", "{}", "a/main.json", true),
            ("a/main.prod.parameters.json", "{}", "a/main.json", false),
            ("a/main.prod.parameters.json", "{}", "a/main.prod.json", true),
            ("b/main.parameters.json", "{}", "a/main.json", false),
            ("a/parameters.json", "{}", "a/template.json", true),
            ("a/parameters.json", "{}", "a/main.json", false),
            (
                "env/dev.bicepparam",
                "using '../a/main.bicep'\n",
                "a/main.bicep",
                true,
            ),
            (
                "env/dev.bicepparam",
                "// x\nusing './main.bicep'\n",
                "a/main.bicep",
                false,
            ),
        ];
        for (path, text, template, expected) in cases {
            let file = File {
                path,
                text: text.to_owned(),
            };
            assert_eq!(is_for(&file, template, &all), expected, "{path} for {template}");
        }
    }
}
