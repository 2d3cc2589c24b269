//! `Scope`: what names mean where an expression stands.

use std::rc::Rc;

use plumb_model::value::Text;

use super::instance::Instance;
use crate::place::Place;
use crate::val::Val;

/// What names mean where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// The module instance.
    pub(crate) instance: &'s Rc<Instance>,
    /// Names of `for`, of `dynamic`, `each` and `count`, the innermost first.
    pub(crate) frame: Option<&'s Frame<'s>>,
}

/// One name that stands before all outer ones.
pub(crate) struct Frame<'s> {
    pub(crate) name: &'s str,
    pub(crate) value: Val,
    pub(crate) outer: Option<&'s Frame<'s>>,
}

impl<'s> Scope<'s> {
    /// The scope of a module instance.
    pub(crate) fn of(instance: &'s Rc<Instance>) -> Self {
        Self {
            instance,
            frame: None,
        }
    }

    /// The value of a name within an expression.
    pub(crate) fn local(&self, name: &str) -> Option<&'s Val> {
        let mut frame = self.frame;
        while let Some(found) = frame {
            if found.name == name {
                return Some(&found.value);
            }
            frame = found.outer;
        }
        None
    }
}

/// An expression that Terraform itself would refuse.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What is wrong, a clause.
    pub(crate) message: Text,
    /// Where.
    pub(crate) place: Option<Place>,
    /// Whether Terraform fails there too; otherwise only this evaluation does.
    pub(crate) certain: bool,
    /// Whether no Terraform can apply the code for it, so that what was judged is not all there is.
    pub(crate) breaks: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<Text>, place: Option<Place>) -> Box<Self> {
        Box::new(Self {
            message: message.into(),
            place,
            certain: true,
            breaks: false,
        })
    }

    /// Something for which nobody can apply the code.
    pub(crate) fn breaking(message: impl Into<Text>, place: Option<Place>) -> Box<Self> {
        Box::new(Self {
            breaks: true,
            ..*Self::new(message, place)
        })
    }

    /// Something that this evaluation alone cannot do.
    pub(crate) fn own(message: impl Into<Text>, place: Option<Place>) -> Box<Self> {
        Box::new(Self {
            certain: false,
            ..*Self::new(message, place)
        })
    }
}

/// A value, or why there is none.
pub(crate) type Evaluated = Result<Val, Box<Failure>>;
