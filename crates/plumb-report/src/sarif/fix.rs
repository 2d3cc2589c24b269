//! A correction as a SARIF fix: what is deleted and inserted in which file (section 3.55).

use std::collections::BTreeMap;

use plumb_model::code::{CodeFix, Replacement};
use plumb_model::report::FindingView;
use serde::Serialize;

use super::Message;
use super::location::{ArtifactLocation, Region};
use crate::options::RenderOptions;

/// One way to correct a finding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Change>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    deleted_region: Region,
    inserted_content: Content,
}

#[derive(Serialize)]
struct Content {
    text: String,
}

/// The corrections of a finding; one that does more than it says, says so.
pub(super) fn fixes(view: &FindingView<'_>, options: &RenderOptions) -> Vec<Fix> {
    let fix = view.finding.code.as_ref().and_then(|spot| spot.fix.as_ref());
    fix.map(|fix| Fix::new(fix, options)).into_iter().collect()
}

impl Fix {
    fn new(fix: &CodeFix, options: &RenderOptions) -> Self {
        let mut by_file: BTreeMap<&str, Vec<&Replacement>> = BTreeMap::new();
        for replacement in &fix.replacements {
            by_file
                .entry(&replacement.place.file)
                .or_default()
                .push(replacement);
        }
        let description = match &fix.caution {
            Some(caution) => format!("{} Mind: {caution}", fix.description),
            None => fix.description.to_string(),
        };
        Self {
            description: Message::new(&description),
            artifact_changes: by_file
                .into_values()
                .filter_map(|replacements| {
                    let place = &replacements.first()?.place;
                    Some(ArtifactChange {
                        artifact_location: ArtifactLocation::of(place, options),
                        replacements: replacements.into_iter().map(Change::new).collect(),
                    })
                })
                .collect(),
        }
    }
}

impl Change {
    fn new(replacement: &Replacement) -> Self {
        Self {
            deleted_region: Region::of(&replacement.place),
            inserted_content: Content {
                text: replacement.text.to_string(),
            },
        }
    }
}
