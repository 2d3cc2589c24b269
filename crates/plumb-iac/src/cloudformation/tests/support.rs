//! Templates in, resources and problems out, both as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use plumb_model::diagnostic::Source;
use plumb_model::value::Text;

use crate::cloudformation::{Context, Identities, Reading, read};
use crate::declared::Declared;
use crate::files::Files;
use crate::place::{Place, Sources};
use crate::secrecy::Secrecy;
use crate::val::{Kind, Val};

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

/// Identities of a few kinds.
struct Known(BTreeMap<&'static str, Vec<(Text, Text)>>);

impl Identities for Known {
    fn computed(&self, kind: &str) -> &[(Text, Text)] {
        self.0.get(kind).map_or(&[], Vec::as_slice)
    }
}

fn known() -> Known {
    let list = |all: &[(&str, &str)]| {
        all.iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    };
    let kinds = [
        (
            "AWS::S3::Bucket",
            list(&[
                ("Ref", "{BucketName|address}"),
                ("Arn", "arn:{partition}:s3:::{Ref}"),
            ]),
        ),
        (
            "AWS::IAM::Role",
            list(&[
                ("Ref", "{RoleName|address}"),
                ("Arn", "arn:{partition}:iam::{account}:role/{Ref}"),
            ]),
        ),
        (
            "AWS::SQS::Queue",
            list(&[("Arn", "arn:{partition}:sqs:{region}:{account}:{QueueName|label}")]),
        ),
        (
            "AWS::Lambda::Function",
            list(&[(
                "Arn",
                "arn:{partition}:lambda:{region}:{account}:function:{FunctionName|address}",
            )]),
        ),
    ];
    Known(kinds.into_iter().collect())
}

/// Everything that a check looks at.
pub(super) struct Checked {
    pub(super) reading: Reading,
    pub(super) sources: Sources,
}

/// Reads `template` as `stack.yaml` beside the files of a tree, with parameters.
pub(super) fn reading(tree: Tree, template: &str, parameters: &[(&str, &str)]) -> Checked {
    reading_in(None, tree, template, parameters)
}

/// The same where region and account are told.
pub(super) fn reading_in(
    told: Option<(&str, &str)>,
    tree: Tree,
    template: &str,
    parameters: &[(&str, &str)],
) -> Checked {
    let identities = known();
    let context = Context {
        files: &tree,
        identities: &identities,
        region: told.map(|(region, _)| region.into()),
        account: told.map(|(_, account)| account.into()),
        secrecy: Secrecy::Kept,
    };
    let parameters = parameters
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let mut sources = Sources::default();
    let reading = read(
        &mut sources,
        "stack.yaml",
        template,
        &parameters.collect(),
        &context,
    );
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
                "no `{address}` among {:?}, {:?}",
                self.addresses(),
                self.problems()
            )
        })
    }

    /// Addresses and kinds, one a line.
    pub(super) fn addresses(&self) -> Vec<String> {
        let blocks = self.reading.stack.blocks.iter();
        blocks
            .map(|block| format!("{} {}", block.address, block.kind))
            .collect()
    }

    /// The body of a block as text.
    pub(super) fn body(&self, address: &str) -> String {
        shown(&self.block(address).body)
    }

    /// A value within a block: keys and indices with dots.
    pub(super) fn value(&self, address: &str, path: &str) -> &Val {
        let body = &self.block(address).body;
        path.split('.')
            .fold(body, |value, step| match step.parse::<usize>() {
                Ok(index) => &value.as_list().expect("a list")[index],
                Err(_) => value
                    .get(step)
                    .unwrap_or_else(|| panic!("no `{step}` in {}", shown(value))),
            })
    }

    /// The problems, one a line, without advice.
    pub(super) fn problems(&self) -> Vec<String> {
        let all = self.reading.diagnostics.iter();
        all.map(|one| one.to_string().lines().next().unwrap_or_default().to_owned())
            .collect()
    }

    /// `file:line:column text` of a place; only the first line of its text.
    pub(super) fn at(&self, place: Option<Place>) -> String {
        let Some(place) = place else {
            return "nowhere".to_owned();
        };
        let source: &Source = self.sources.get(place.file).expect("a file that was read");
        let before = source.text.get(..place.range().start).unwrap();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let text = source
            .text
            .get(place.range())
            .unwrap()
            .lines()
            .next()
            .unwrap_or_default();
        format!("{}:{line}:{column} {text}", source.name)
    }
}

/// A value as compact text: unknown parts as `?(why)`, JSON texts as `json(…)`.
pub(super) fn shown(value: &Val) -> String {
    let mut text = String::new();
    match &value.kind {
        Kind::Null => text.push_str("null"),
        Kind::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Kind::Int(int) => text = int.to_string(),
        Kind::Float(float) => text = float.to_string(),
        Kind::String(inner) => text = format!("{inner:?}"),
        Kind::Json(inner) => text = format!("json({})", shown(inner)),
        Kind::Unknown(why) => text = format!("?({why})"),
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            text = format!("[{}]", items.join(", "));
        }
        Kind::Map(fields) => {
            let mut entries: Vec<String> = fields
                .entries
                .iter()
                .map(|(key, value)| format!("{key}: {}", shown(value)))
                .collect();
            if let Some(why) = &fields.rest {
                entries.push(format!("..?({why})"));
            }
            let _ = write!(text, "{{{}}}", entries.join(", "));
        }
    }
    text
}

/// The value of property `V` of resource `R` in a template of which `rest` gives the other sections.
pub(super) fn evaluated(value: &str, rest: &str, parameters: &[(&str, &str)]) -> (String, Vec<String>) {
    let template =
        format!("{rest}\nResources:\n  R:\n    Type: Custom::Thing\n    Properties:\n      V: {value}\n");
    let checked = reading(Tree(&[]), &template, parameters);
    let block = checked.block("R");
    let shown = block.body.get("V").map_or_else(|| "absent".to_owned(), shown);
    (shown, checked.problems())
}
