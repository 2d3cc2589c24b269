//! `Frame`: the names that loops and functions give values while something in them is evaluated.

use plumb_model::value::Text;

use super::Certainty;
use super::tree::For;
use crate::place::Place;
use crate::val::{Val, Why};

/// Names with their values, innermost first.
#[derive(Clone, Copy, Default)]
pub(super) struct Frame<'f> {
    up: Option<&'f Frame<'f>>,
    turn: Option<&'f Turn>,
}

/// One turn of a loop, or one call of a function.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    /// Values by name.
    pub(super) names: Vec<(Text, Val)>,
    /// Numbers of turns by the name of the loop; that of a resource's loop has the empty name too.
    pub(super) copies: Vec<(Text, Val)>,
}

impl Turn {
    /// A turn of a loop of which nothing is known.
    pub(super) fn unknown(repeat: &For, why: &Why) -> Self {
        let unknown = |name: &Text| (name.clone(), Val::unknown(why.clone()));
        Self {
            names: repeat.item.iter().chain(&repeat.index).map(unknown).collect(),
            copies: repeat.copy.iter().map(unknown).collect(),
        }
    }
}

/// Where and for what something is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Spot<'f> {
    /// The property or item of the judged resource that holds it; `None` outside of resources.
    pub(super) at: Option<Place>,
    pub(super) certainty: Certainty,
    pub(super) frame: Frame<'f>,
}

impl<'f> Frame<'f> {
    /// The same with the names of a turn.
    pub(super) fn with(up: &'f Frame<'f>, turn: &'f Turn) -> Self {
        Self {
            up: Some(up),
            turn: Some(turn),
        }
    }

    /// The value of a name.
    pub(super) fn name(&self, name: &str) -> Option<&'f Val> {
        self.find(|turn| turn.names.iter(), name)
    }

    /// The number of the turn of a loop.
    pub(super) fn copy(&self, name: &str) -> Option<&'f Val> {
        self.find(|turn| turn.copies.iter(), name)
    }

    /// All names in one turn, for what outlives the frame.
    pub(super) fn flat(&self) -> Turn {
        let mut flat = Turn::default();
        let mut frame = Some(self);
        while let Some(current) = frame {
            if let Some(turn) = current.turn {
                flat.names.extend(turn.names.iter().cloned());
                flat.copies.extend(turn.copies.iter().cloned());
            }
            frame = current.up;
        }
        flat
    }

    fn find(
        &self,
        of: impl Fn(&'f Turn) -> std::slice::Iter<'f, (Text, Val)>,
        name: &str,
    ) -> Option<&'f Val> {
        let mut frame = Some(self);
        while let Some(current) = frame {
            let mut found = current.turn.map(&of).into_iter().flatten();
            if let Some((_, value)) = found.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                return Some(value);
            }
            frame = current.up;
        }
        None
    }
}

impl<'f> Spot<'f> {
    /// Outside of resources.
    pub(super) fn new(certainty: Certainty, frame: Frame<'f>) -> Self {
        Self {
            at: None,
            certainty,
            frame,
        }
    }

    /// The same purpose in an inner property or item.
    pub(super) fn within(self, place: Place) -> Self {
        Self {
            at: self.at.map(|_| place),
            ..self
        }
    }

    /// For a decision.
    pub(super) fn decision(self) -> Self {
        Self::new(Certainty::Required, self.frame)
    }

    /// For an id or a name.
    pub(super) fn identity(self) -> Self {
        Self::new(Certainty::Identity, self.frame)
    }

    /// The same with the names of a turn.
    pub(super) fn turn<'n>(self, up: &'n Frame<'n>, turn: &'n Turn) -> Spot<'n>
    where
        'f: 'n,
    {
        Spot {
            at: self.at,
            certainty: self.certainty,
            frame: Frame::with(up, turn),
        }
    }
}
