//! `Verb`: one verb of `format`, and what it makes of a value.

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Take, wrong};
use super::convert::{self, Number};
use super::notation::{exponent, shortest, significant};
use super::{Context, json};
use crate::val::{Kind, Val};

/// One `%…` of a specification.
#[derive(Default)]
pub(super) struct Verb {
    pub(super) zero: bool,
    pub(super) sharp: bool,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) space: bool,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
    pub(super) mode: char,
}

impl Verb {
    /// Whether it puts a text in as it is.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.mode, 's' | 'v') && !self.sharp && self.width == 0 && self.precision.is_none()
    }

    /// A value as the verb wants it.
    pub(super) fn text(&self, val: &Val, context: &Context<'_>) -> Take<String> {
        if val.is_null() && self.mode != 'v' {
            return Err(wrong(format!("`%{}` takes no null", self.mode)));
        }
        match self.mode {
            'v' => Ok(self.padded(self.as_is(val, context)?)),
            't' => Ok(convert::truth(val, context)?.to_string()),
            's' => Ok(self.padded(self.cut(&convert::text(val, context)?))),
            'q' => {
                let mut quoted = String::new();
                json::quote(&self.cut(&convert::text(val, context)?), &mut quoted);
                Ok(self.padded(quoted))
            }
            'b' | 'd' | 'o' | 'x' | 'X' => self.whole(convert::number(val, context)?),
            'e' | 'E' | 'f' | 'g' | 'G' => {
                let number = convert::number(val, context)?.float();
                let digits = self.decimal(number.abs());
                Ok(self.signed(number < 0.0, digits))
            }
            mode => Err(wrong(format!("`%{mode}` is no verb"))),
        }
    }

    fn as_is(&self, val: &Val, context: &Context<'_>) -> Take<String> {
        match &val.kind {
            Kind::String(_) | Kind::Json(_) if !self.sharp => Ok(convert::text(val, context)?.into()),
            Kind::Int(_) | Kind::Float(_) if !self.sharp => {
                let number = convert::number(val, context)?.float();
                let sign = if number < 0.0 { "-" } else { "" };
                Ok(format!("{sign}{}", shortest(number.abs(), 'e')))
            }
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => json::text(val, context),
        }
    }

    fn cut(&self, text: &str) -> String {
        match self.precision {
            Some(precision) if precision > 0 => text.graphemes(true).take(precision).collect(),
            Some(_) | None => text.to_owned(),
        }
    }

    fn padded(&self, text: String) -> String {
        let lacking = self.width.saturating_sub(text.graphemes(true).count());
        let pad = if self.zero { "0" } else { " " }.repeat(lacking);
        if self.minus { text + &pad } else { pad + &text }
    }

    fn whole(&self, number: Number) -> Take<String> {
        let (negative, digits) = match (number, self.mode) {
            (Number::Int(int), 'b') => (int < 0, format!("{:b}", int.unsigned_abs())),
            (Number::Int(int), 'o') => (int < 0, format!("{:o}", int.unsigned_abs())),
            (Number::Int(int), 'x') => (int < 0, format!("{:x}", int.unsigned_abs())),
            (Number::Int(int), 'X') => (int < 0, format!("{:X}", int.unsigned_abs())),
            (Number::Int(int), _) => (int < 0, int.unsigned_abs().to_string()),
            (Number::Float(float), 'd') if float.fract() == 0.0 => {
                (float < 0.0, format!("{:.0}", float.abs()))
            }
            (Number::Float(float), mode) => {
                return Err(wrong(format!("`%{mode}` wants a whole number, not {float}")));
            }
        };
        let prefix = match (self.sharp, self.mode) {
            (true, 'b') => "0b",
            (true, 'o') => "0",
            (true, 'x') => "0x",
            (true, 'X') => "0X",
            _ => "",
        };
        Ok(self.signed(negative, format!("{prefix}{digits}")))
    }

    /// The digits of a number that is not negative.
    fn decimal(&self, number: f64) -> String {
        let precision = self.precision;
        match self.mode {
            'e' | 'E' => exponent(&format!("{number:.*e}", precision.unwrap_or(6)), self.mode),
            'f' => format!("{number:.*}", precision.unwrap_or(6)),
            mode => {
                let letter = if mode == 'G' { 'E' } else { 'e' };
                match precision {
                    None => shortest(number, letter),
                    Some(precision) => significant(number, precision.max(1), letter),
                }
            }
        }
    }

    fn signed(&self, negative: bool, digits: String) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        if self.zero && !self.minus {
            let lacking = self.width.saturating_sub(sign.len() + digits.len());
            return format!("{sign}{}{digits}", "0".repeat(lacking));
        }
        self.padded_with_spaces(format!("{sign}{digits}"))
    }

    fn padded_with_spaces(&self, text: String) -> String {
        let pad = " ".repeat(self.width.saturating_sub(text.len()));
        if self.minus { text + &pad } else { pad + &text }
    }
}
