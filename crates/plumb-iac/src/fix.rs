//! Corrections of source: what to change in the text of a block so that a policy passes, layout and comments kept.
//!
//! What to change is knowledge; here it becomes edits. An argument whose value comes from elsewhere (a variable, another
//! block) is left alone: changing it here would hide what is set there.

mod apply;
mod terraform;
mod yaml;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

pub use apply::apply;
use plumb_model::code::{CodeFix, Replacement};
use plumb_model::value::Text;
use plumb_pack::fix::{Fix, Fixes};
use plumb_pack::mapping::Language;

use crate::cloudformation::tree::Node;
use crate::locate::place_of;
use crate::mapping::Origin;
use crate::place::{FileId, Place, Sources};

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

/// Corrects findings of one scan; every file is parsed once.
pub struct Corrector<'c> {
    sources: &'c Sources,
    fixes: &'c Fixes,
    terraform: RefCell<HashMap<FileId, Option<Rc<terraform::File>>>>,
    templates: RefCell<HashMap<FileId, Option<Node>>>,
    /// Several instances of a block are corrected in one way.
    known: RefCell<KnownCorrections>,
}

/// By policy and the blocks that may be corrected.
type KnownCorrections = HashMap<(Text, Vec<Place>), Result<Rc<Correction>, NoCorrection>>;

impl<'c> Corrector<'c> {
    /// Nothing is parsed yet.
    pub fn new(sources: &'c Sources, fixes: &'c Fixes) -> Self {
        Self {
            sources,
            fixes,
            terraform: RefCell::default(),
            templates: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// How to correct a finding: `origins` are the blocks that it may be corrected in, the nearest first.
    ///
    /// # Errors
    /// When there is no correction, why.
    pub fn correct(
        &self,
        policy: &str,
        language: Language,
        origins: &[&Origin],
    ) -> Result<Rc<Correction>, NoCorrection> {
        let places = origins.iter().flat_map(|origin| [origin.head, origin.whole]);
        let key = (Text::from(policy), places.collect());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let corrected = self.find(policy, language, origins).map(Rc::new);
        self.known.borrow_mut().insert(key, corrected.clone());
        corrected
    }

    fn find(
        &self,
        policy: &str,
        language: Language,
        origins: &[&Origin],
    ) -> Result<Correction, NoCorrection> {
        let mut last = NoCorrection::NotKnown;
        for origin in origins {
            let corrected = match language {
                Language::Terraform => self.terraform(policy, origin),
                Language::CloudFormation => self.template(policy, origin),
                Language::Arm | Language::Ack | Language::Crossplane => Err(NoCorrection::NotKnown),
            };
            match corrected {
                Ok(correction) => return Ok(self.in_own_lines(correction)),
                Err(why) => {
                    if last == NoCorrection::NotKnown {
                        last = why;
                    }
                }
            }
        }
        Err(last)
    }

    /// The same with the ends of lines that the file has.
    fn in_own_lines(&self, mut correction: Correction) -> Correction {
        for edit in &mut correction.edits {
            let source = self.sources.get(edit.place.file);
            // The first line tells; a large file is not gone through for each correction.
            let first = source.and_then(|source| source.text.split_inclusive('\n').next());
            if first.is_some_and(|line| line.ends_with("\r\n")) {
                edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
            }
        }
        correction
    }

    fn terraform(&self, policy: &str, origin: &Origin) -> Result<Correction, NoCorrection> {
        let id = origin.whole.file;
        let mut files = self.terraform.borrow_mut();
        let file = files
            .entry(id)
            .or_insert_with(|| terraform::File::read(self.sources, id).map(Rc::new));
        let source = self.sources.get(id);
        let (Some(file), Some(source)) = (file, source) else {
            return Err(NoCorrection::NotKnown);
        };
        terraform::correct(&source.text, file, self.fixes, policy, origin)
    }

    fn template(&self, policy: &str, origin: &Origin) -> Result<Correction, NoCorrection> {
        let id = origin.head.file;
        let Some(source) = self.sources.get(id) else {
            return Err(NoCorrection::NotKnown);
        };
        let mut templates = self.templates.borrow_mut();
        let root = templates
            .entry(id)
            .or_insert_with(|| crate::cloudformation::parse::parse(id, source).0);
        let root = root.as_ref().ok_or(NoCorrection::NotKnown)?;
        yaml::correct(&source.text, root, self.fixes, policy, origin)
    }
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
