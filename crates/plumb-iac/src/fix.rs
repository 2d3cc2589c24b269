//! Corrections of source: what to change in the text of a block so that a policy passes, layout and comments kept.
//!
//! What to change is knowledge; here it becomes edits. An argument whose value comes from elsewhere (a variable, another
//! block) is left alone: changing it here would hide what is set there.

mod terraform;
mod yaml;

use plumb_model::code::{CodeFix, Replacement};
use plumb_model::value::Text;
use plumb_pack::fix::{Fix, Fixes};
use plumb_pack::mapping::Language;

use crate::locate::place_of;
use crate::mapping::Origin;
use crate::place::{Place, Sources};

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// Edits that correct a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// In the order of their places.
    pub edits: Vec<Edit>,
    /// What applying it does beside, when somebody should look first.
    pub caution: Option<Text>,
}

/// Why there is no correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCorrection {
    /// No knowledge tells how to correct this.
    NotKnown,
    /// It is known how, but this text cannot be changed so; the reason is a clause for people.
    NotHere(Text),
}

/// How to correct a finding: `origins` are the blocks that it may be corrected in, the nearest first.
///
/// # Errors
/// When there is no correction, why.
pub fn correct(
    sources: &Sources,
    fixes: &Fixes,
    policy: &str,
    language: Language,
    origins: &[&Origin],
) -> Result<Correction, NoCorrection> {
    let mut last = NoCorrection::NotKnown;
    for origin in origins {
        let corrected = match language {
            Language::Terraform => terraform::correct(sources, fixes, policy, origin),
            Language::CloudFormation => yaml::correct(sources, fixes, policy, origin),
            Language::Arm => Err(NoCorrection::NotKnown),
        };
        match corrected {
            Ok(correction) => return Ok(correction),
            Err(why) => {
                if last == NoCorrection::NotKnown {
                    last = why;
                }
            }
        }
    }
    Err(last)
}

impl Correction {
    /// As reports carry it.
    pub fn described(&self, sources: &Sources, description: &str) -> CodeFix {
        CodeFix {
            description: Text::from(description),
            caution: self.caution.clone(),
            replacements: self
                .edits
                .iter()
                .map(|edit| Replacement {
                    place: place_of(sources, edit.place),
                    text: Text::from(edit.text.as_str()),
                })
                .collect(),
        }
    }
}

fn correction(fix: &Fix, edits: Vec<Edit>) -> Correction {
    let mut edits = edits;
    edits.sort_by_key(|edit| edit.place);
    Correction {
        edits,
        caution: fix.caution.clone(),
    }
}

/// The spaces at the start of the line that holds a byte.
fn indentation(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..).unwrap_or_default();
    line.chars().take_while(|c| *c == ' ' || *c == '\t').collect()
}
