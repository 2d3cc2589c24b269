//! `CodeFrom` and `Holds`: in which resources the code of a workload lies, and who writes it there.
//!
//! `docs/specs/graph.md` describes the `code` and `holds` keys of a type's `graph`.

use plumb_expr::{Program, Root};
use plumb_model::value::Text;

use crate::graph_role::Access;
use crate::hands_on::Each;
use crate::recipe::{Path, Piece, Template};

/// That a workload runs what lies in another resource.
#[derive(Clone, Debug)]
pub struct CodeFrom {
    /// What is looked at one by one; rule and name are found in it.
    pub each: Each,
    /// Without which it runs nothing from there; sees what is looked at as `resource`.
    pub when: Option<Program>,
    /// What the code is called there.
    pub name: Template,
    /// The type of what holds the code.
    pub from: Text,
    /// What it is of the workload, a clause for people.
    pub clause: Text,
    /// What has to happen before a change counts, a clause; `None` where a change counts by itself.
    pub once: Option<Text>,
}

/// That a resource holds single things which workloads run, each of which is a node of its own.
#[derive(Clone, Debug)]
pub struct Holds {
    /// The type of these nodes.
    pub resource_type: Text,
    /// What people call that type.
    pub title: Text,
    /// The attribute by which texts name the resource.
    pub by: Path,
    /// How texts name what is in it.
    pub naming: Naming,
    /// What may stand before the name of the resource.
    pub begins: Vec<Text>,
    /// By what principals decide what is there.
    pub access: Vec<Access>,
}

/// How a text names a thing in a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `RESOURCE/PATH/TO/THING`.
    Path,
    /// `RESOURCE:TAG`, or `RESOURCE` alone for the tag `latest`; `RESOURCE@DIGEST` names what nobody can change.
    Tag,
}

/// In the place of an ARN under `holds`: the thing itself.
pub const ITEM: &str = "item";

/// What images are called that are asked for without a tag.
const USUAL_TAG: &str = "latest";

impl CodeFrom {
    /// The attributes of the resource that are read, without order.
    pub(crate) fn attributes(&self) -> Vec<Text> {
        match &self.each {
            Each::Element(path) | Each::Value(path) => path.root().cloned().into_iter().collect(),
            Each::Document => {
                let rules = self.when.iter().flat_map(Program::uses);
                let own = rules.filter(|used| used.root == Root::Resource);
                let own = own.filter_map(|used| used.path.first());
                own.chain(self.name.attributes()).cloned().collect()
            }
        }
    }

    /// Where the name stands, in so far as that is one place.
    pub fn place(&self) -> Option<&Path> {
        match self.name.0.as_slice() {
            [Piece::Attribute(path)] => Some(path),
            _ => None,
        }
    }
}

impl Holds {
    /// The resource and the thing in it that a text names; `None` where it names none, or one that nobody can change.
    pub fn named<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let begun = self
            .begins
            .iter()
            .find_map(|mark| text.strip_prefix(mark.as_str()));
        let text = begun.unwrap_or(text);
        let (holder, item) = match self.naming {
            Naming::Path => text.split_once('/')?,
            Naming::Tag if text.contains('@') => return None,
            Naming::Tag => match text.rsplit_once(':') {
                // What follows the colon of a port is a path.
                Some((holder, tag)) if !tag.contains('/') => (holder, tag),
                Some(_) | None => (text, USUAL_TAG),
            },
        };
        (!holder.is_empty() && !item.is_empty()).then_some((holder, item))
    }

    /// The same for a text of which only the beginning is known: the resource, and a pattern of the things in it; `None` where
    /// the resource is not known either.
    pub fn begun(&self, text: &str) -> Option<(Text, Text)> {
        let begun = self
            .begins
            .iter()
            .find_map(|mark| text.strip_prefix(mark.as_str()));
        let text = begun.unwrap_or(text);
        let (holder, item) = match self.naming {
            Naming::Path => text.split_once('/')?,
            Naming::Tag if text.contains('@') => return None,
            Naming::Tag => text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?,
        };
        (!holder.is_empty()).then(|| (Text::from(holder), Text::from(format!("{item}*"))))
    }

    /// What a thing is called within what holds it.
    pub fn full_name(&self, holder: &str, item: &str) -> Text {
        Text::from(match self.naming {
            Naming::Path => format!("{holder}/{item}"),
            Naming::Tag => format!("{holder}:{item}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(naming: Naming, begins: &'static str) -> Holds {
        Holds {
            resource_type: Text::new_static("thing"),
            title: Text::new_static("Thing"),
            by: Path::key("name"),
            naming,
            begins: vec![Text::new_static(begins)],
            access: Vec::new(),
        }
    }

    #[test]
    fn texts_name_things_by_paths_and_tags() {
        let paths = holds(Naming::Path, "s3://");
        let tags = holds(Naming::Tag, "docker://");
        let cases = [
            (&paths, "s3://code/jobs/a.py", Some(("code", "jobs/a.py"))),
            (&paths, "code/sources.zip", Some(("code", "sources.zip"))),
            (&paths, "s3://code", None),
            (&paths, "s3://code/", None),
            (&tags, "host/team/app:1.2", Some(("host/team/app", "1.2"))),
            (&tags, "host/app", Some(("host/app", "latest"))),
            (&tags, "host:5000/app", Some(("host:5000/app", "latest"))),
            (&tags, "host/app@sha256:00ff", None),
            (&tags, "host/app:1@sha256:00ff", None),
            (&tags, "host/app:", None),
            (&tags, "", None),
        ];
        for (holds, text, expected) in cases {
            assert_eq!(holds.named(text), expected, "{text}");
        }
        for (holds, text, expected) in [
            (&paths, "s3://code/jobs/", Some(("code", "jobs/*"))),
            (&paths, "s3://code/", Some(("code", "*"))),
            (&paths, "s3://co", None),
            (&tags, "host/app:", Some(("host/app", "*"))),
            (&tags, "host/app:v1-", Some(("host/app", "v1-*"))),
            (&tags, "host/app", None),
            (&tags, "host:5000/app", None),
            (&tags, "host/app@", None),
        ] {
            let found = holds.begun(text);
            let found = found
                .as_ref()
                .map(|(holder, item)| (holder.as_str(), item.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
