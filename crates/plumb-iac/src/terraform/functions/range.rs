//! `range`: numbers in a row.

use super::arguments::{Arguments, Function, Take, wrong};
use super::convert::Number;
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "range",
    least: 1,
    most: Some(3),
    run: range,
}];

/// The most numbers of a range, in Terraform too.
const MAX_RANGE: usize = 1024;

fn range(arguments: &Arguments<'_>) -> Take<Val> {
    let numbers = (0..arguments.all().len())
        .map(|at| arguments.number(at))
        .collect::<Take<Vec<Number>>>()?;
    let towards = |start: f64, end: f64| if end < start { -1.0 } else { 1.0 };
    let (start, end, step) = match *numbers.as_slice() {
        [end] => (0.0, end.float(), towards(0.0, end.float())),
        [start, end] => (start.float(), end.float(), towards(start.float(), end.float())),
        [start, end, step] => (start.float(), end.float(), step.float()),
        _ => return Err(wrong("`range` takes 1 to 3 arguments")),
    };
    if step == 0.0 || (step < 0.0 && end > start) || (step > 0.0 && end < start) {
        return Err(wrong(format!(
            "a step of {step} does not lead from {start} to {end}"
        )));
    }
    let mut numbers = Vec::new();
    let mut number = start;
    while (step > 0.0 && number < end) || (step < 0.0 && number > end) {
        if numbers.len() == MAX_RANGE {
            return Err(wrong(format!("the range has more than {MAX_RANGE} numbers")));
        }
        numbers.push(Number::new(number).val()?);
        number += step;
    }
    arguments.spend(numbers.len())?;
    Ok(Val::list(numbers))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn ranges() {
        check(&[
            ("range", "[3]", "[0,1,2]"),
            ("range", "[-2]", "[0,-1]"),
            ("range", "[0]", "[]"),
            ("range", "[1, 4]", "[1,2,3]"),
            ("range", "[4, 1, -1.5]", "[4,2.5]"),
            ("range", "[1, 4, -1]", "!a step of -1 does not lead from 1 to 4"),
            ("range", "[1, 4, 0]", "!a step of 0"),
            ("range", "[1025]", "!more than 1024 numbers"),
            ("range", "[1e300, 1e301, 1]", "!more than 1024 numbers"),
        ]);
    }
}
