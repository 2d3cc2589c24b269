//! `Arguments`: what a function is called with, taken as the type that it wants.

use plumb_model::value::Text;

use super::convert::{self, Number};
use super::{Context, MAX_ITEMS, MAX_TEXT, Problem};
use crate::val::{Fields, Kind, Val, Why};

/// One function.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// The fewest arguments.
    pub(super) least: usize,
    /// The most arguments; `None` for any number.
    pub(super) most: Option<usize>,
    pub(super) run: fn(&Arguments<'_>) -> Take<Val>,
}

/// What taking a value as some type, and thus a function, gives.
pub(super) type Take<T> = Result<T, Stop>;

/// Why a function ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The result is unknown.
    Unknown(Why),
    /// There is no result.
    Problem(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// A wrong argument, in words.
pub(super) fn wrong(text: impl Into<String>) -> Stop {
    Stop::Problem(Problem::WrongArguments(text.into()))
}

impl Function {
    /// A function with a fixed number of arguments.
    pub(super) const fn new(name: &'static str, count: usize, run: fn(&Arguments<'_>) -> Take<Val>) -> Self {
        Self {
            name,
            least: count,
            most: Some(count),
            run,
        }
    }

    /// A function with at least so many arguments.
    pub(super) const fn variadic(
        name: &'static str,
        least: usize,
        run: fn(&Arguments<'_>) -> Take<Val>,
    ) -> Self {
        Self {
            name,
            least,
            most: None,
            run,
        }
    }

    /// Whether it takes so many arguments.
    pub(super) fn check_count(&self, count: usize) -> Result<(), Problem> {
        if count >= self.least && self.most.is_none_or(|most| count <= most) {
            return Ok(());
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let least = self.least;
        let takes = match self.most {
            Some(most) if most == least => format!("{least} argument{}", plural(least)),
            Some(most) => format!("{least} to {most} arguments"),
            None => format!("at least {least} argument{}", plural(least)),
        };
        Err(Problem::WrongArguments(format!(
            "`{}` takes {takes}, not {count}",
            self.name
        )))
    }
}

/// The arguments of one call; positions count from 0, messages from 1.
pub(super) struct Arguments<'a> {
    values: &'a [Val],
    pub(super) context: &'a Context<'a>,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(values: &'a [Val], context: &'a Context<'a>) -> Self {
        Self { values, context }
    }

    pub(super) fn all(&self) -> &'a [Val] {
        self.values
    }

    /// Whatever there is at the position, unknown or null too.
    pub(super) fn value(&self, at: usize) -> Take<&'a Val> {
        self.values
            .get(at)
            .ok_or_else(|| wrong(format!("argument {} is missing", at + 1)))
    }

    /// A value that is neither unknown as a whole nor null.
    pub(super) fn known(&self, at: usize) -> Take<&'a Val> {
        let val = self.value(at)?;
        match &val.kind {
            Kind::Unknown(why) => Err(Stop::Unknown(why.clone())),
            Kind::Null => Err(wrong(format!("argument {} is null", at + 1))),
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_) => Ok(val),
        }
    }

    /// Text, also of a number or a truth value.
    pub(super) fn text(&self, at: usize) -> Take<Text> {
        let text = convert::text(self.known(at)?, self.context).map_err(|stop| self.say(at, stop))?;
        self.spend_text(text.len())?;
        Ok(text)
    }

    /// A number, also one written in a text.
    pub(super) fn number(&self, at: usize) -> Take<Number> {
        convert::number(self.known(at)?, self.context).map_err(|stop| self.say(at, stop))
    }

    /// A whole number.
    pub(super) fn whole(&self, at: usize) -> Take<i64> {
        match self.number(at)? {
            Number::Int(int) => Ok(int),
            Number::Float(_) => Err(wrong(format!("argument {} is no whole number", at + 1))),
        }
    }

    /// The items of a list.
    pub(super) fn list(&self, at: usize) -> Take<&'a [Val]> {
        let val = self.known(at)?;
        val.as_list().ok_or_else(|| self.not(at, val, "list"))
    }

    /// The entries of a map.
    pub(super) fn map(&self, at: usize) -> Take<&'a Fields> {
        let val = self.known(at)?;
        val.as_map().ok_or_else(|| self.not(at, val, "map"))
    }

    /// Takes steps from the budget of the evaluation.
    pub(super) fn spend(&self, steps: usize) -> Take<()> {
        Ok(self.context.spend(steps)?)
    }

    /// Takes the steps for a text of so many bytes, if it may be so long.
    pub(super) fn spend_text(&self, bytes: usize) -> Take<()> {
        if bytes > MAX_TEXT {
            return Err(Stop::Problem(Problem::TooLarge {
                limit: MAX_TEXT,
                unit: "bytes",
            }));
        }
        self.spend(bytes / 64)
    }

    /// Takes the steps for a collection of so many items, if it may be so large.
    pub(super) fn spend_items(&self, items: usize) -> Take<()> {
        if items > MAX_ITEMS {
            return Err(Stop::Problem(Problem::TooLarge {
                limit: MAX_ITEMS,
                unit: "items",
            }));
        }
        self.spend(items)
    }

    /// That an argument has another type than the one wanted.
    pub(super) fn not(&self, at: usize, val: &Val, wanted: &str) -> Stop {
        wrong(format!(
            "argument {} is a {}, not a {wanted}",
            at + 1,
            val.kind_name()
        ))
    }

    fn say(&self, at: usize, stop: Stop) -> Stop {
        match stop {
            Stop::Problem(Problem::WrongArguments(text)) => wrong(format!("argument {}: {text}", at + 1)),
            Stop::Unknown(_) | Stop::Problem(_) => stop,
        }
    }
}
