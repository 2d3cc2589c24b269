//! `Framework`: a publisher's controls and the policies that judge them.

use std::ops::Range;
use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::diagnostic::Source;
use plumb_model::framework::Assessment;
use plumb_model::value::Text;

use crate::node::Node;
use crate::policy::Provenance;
use crate::policy_reader::parse_word;
use crate::reader::{Fields, Problems};

/// A publisher's controls.
#[derive(Clone, Debug)]
pub struct Framework {
    /// For example `cis-aws-5.0`.
    pub id: Text,
    /// For example `CIS AWS v5.0`.
    pub title: Text,
    /// The cloud it speaks of; `None` when it speaks of every cloud.
    pub provider: Option<Provider>,
    /// For example `Center for Internet Security`.
    pub publisher: Text,
    /// Other ids, for example `CIS_AWS_v5.0`.
    pub aliases: Vec<Text>,
    /// Where the publisher has it.
    pub references: Vec<Text>,
    /// Sections in the publisher's order.
    pub sections: Vec<Section>,
    /// Controls in the publisher's order.
    pub controls: Vec<Control>,
    /// The file; for a framework that exists only by `compliance_mapping` the file of the first policy that names it.
    pub source: Arc<Source>,
    /// Who wrote it.
    pub provenance: Provenance,
    /// Whether it has all controls.
    pub extent: Extent,
}

/// Which controls of a framework are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All: a file describes the framework.
    Whole,
    /// Those that policies name by `compliance_mapping`.
    Mapped,
}

/// A part of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// For example `1`.
    pub id: Text,
    /// In our words.
    pub title: Text,
}

/// One control of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// For example `2.1.1`.
    pub id: Text,
    /// Our own short title.
    pub title: Text,
    /// The title of the section it belongs to; empty where there is none.
    pub section: Text,
    /// For example `1`; empty where the framework has no levels.
    pub level: Text,
    /// How its publisher means it to be assessed.
    pub assessment: Assessment,
    /// Names of the policies that judge it, sorted.
    pub policies: Vec<Text>,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

impl Framework {
    /// Whether `name` is the id or an alias; case is ignored.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// The control of that id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }
}

/// Reads the framework of a file; what is wrong goes to `problems`.
pub(crate) fn read_framework(
    root: &Node,
    provenance: Provenance,
    problems: &mut Problems,
) -> Option<Framework> {
    let what = "a framework";
    let known = [
        "id",
        "title",
        "provider",
        "publisher",
        "aliases",
        "references",
        "sections",
        "controls",
    ];
    let fields = Fields::open(root, what, &known, problems)?;
    let provider = fields.text("provider", problems).and_then(|text| {
        parse_word(
            &text,
            fields.get("provider")?,
            &["aws", "azure", "gcp"],
            |text| text.parse().ok(),
            problems,
        )
    });
    let sections: Vec<Section> = fields
        .list("sections", problems)
        .iter()
        .filter_map(|node| read_section(node, problems))
        .collect();
    let mut controls: Vec<Control> = Vec::new();
    for node in fields
        .required("controls", what, problems)
        .map_or(&[][..], |node| problems.list(node, "controls"))
    {
        let Some(control) = read_control(node, &sections, problems) else {
            continue;
        };
        if controls.iter().any(|other| other.id == control.id) {
            problems.error(
                control.span,
                format!("control `{}` stands twice", control.id),
                "used before",
            );
        } else {
            controls.push(control);
        }
    }
    Some(Framework {
        id: fields.required_text("id", what, problems)?,
        title: fields.required_text("title", what, problems)?,
        provider,
        publisher: fields.text("publisher", problems).unwrap_or_default(),
        aliases: fields.texts("aliases", problems),
        references: fields.texts("references", problems),
        sections,
        controls,
        source: Arc::clone(problems.source()),
        provenance,
        extent: Extent::Whole,
    })
}

fn read_section(node: &Node, problems: &mut Problems) -> Option<Section> {
    let fields = Fields::open(node, "a section", &["id", "title"], problems)?;
    Some(Section {
        id: fields.required_text("id", "a section", problems)?,
        title: fields.required_text("title", "a section", problems)?,
    })
}

fn read_control(node: &Node, sections: &[Section], problems: &mut Problems) -> Option<Control> {
    let what = "a control";
    let known = ["id", "title", "section", "level", "assessment", "policies"];
    let fields = Fields::open(node, what, &known, problems)?;
    let id = fields.required_text("id", what, problems)?;
    let title = fields.required_text("title", what, problems);
    let assessment = fields
        .required_text("assessment", what, problems)
        .and_then(|text| {
            let parse = |text: &str| match text {
                "automated" => Some(Assessment::Automated),
                "manual" => Some(Assessment::Manual),
                _ => None,
            };
            parse_word(
                &text,
                fields.get("assessment")?,
                &["automated", "manual"],
                parse,
                problems,
            )
        });
    let section = match fields.text("section", problems) {
        Some(wanted) => {
            let found = sections.iter().find(|section| section.id == wanted);
            if found.is_none() {
                problems.error(
                    fields.key_span("section"),
                    format!("no section `{wanted}`"),
                    "not under `sections`",
                );
            }
            found
        }
        None => section_of(&id, sections),
    };
    let mut policies = fields.texts("policies", problems);
    policies.sort();
    policies.dedup();
    Some(Control {
        title: title?,
        section: section.map(|section| section.title.clone()).unwrap_or_default(),
        level: fields.text("level", problems).unwrap_or_default(),
        assessment: assessment?,
        policies,
        span: fields.key_span("id"),
        id,
    })
}

/// The section with the longest id that the control's id continues: `2.1` for `2.1.4`.
fn section_of<'s>(control: &str, sections: &'s [Section]) -> Option<&'s Section> {
    let continues = |section: &&Section| {
        control
            .strip_prefix(section.id.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    sections
        .iter()
        .filter(continues)
        .max_by_key(|section| section.id.len())
}
