//! The functions of the rule language, called with evaluated arguments.

pub(crate) mod cidr;
pub(crate) mod collection;
pub(crate) mod convert;
pub(crate) mod glob;
pub(crate) mod iam;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod version;

use plumb_model::value::Reason;

use crate::function::Function;
use crate::machine::Machine;
use crate::val::Val;

/// Calls a function; `count` tells how many of the arguments were written.
///
/// An unknown argument makes the result unknown, whatever the function.
pub(crate) fn call<'a>(
    machine: &mut Machine<'a>,
    function: Function,
    [first, second, third]: [Val<'a>; 3],
    count: usize,
) -> Val<'a> {
    for argument in [&first, &second, &third] {
        if argument.is_unknown() {
            return argument.clone();
        }
    }
    match function {
        Function::Size => collection::size(machine, &first),
        Function::StartsWith => text::tested(machine, &first, &second, |text, part| text.starts_with(part)),
        Function::EndsWith => text::tested(machine, &first, &second, |text, part| text.ends_with(part)),
        Function::Contains => text::tested(machine, &first, &second, |text, part| text.contains(part)),
        Function::Matches => text::matches_pattern(machine, &first, &second),
        Function::Glob => text::globbed(machine, &first, &second),
        Function::Lower => text::changed(machine, &first, str::to_lowercase),
        Function::Upper => text::changed(machine, &first, str::to_uppercase),
        Function::Trim => text::changed(machine, &first, |text| text.trim().to_owned()),
        Function::Split => text::split(machine, &first, &second),
        Function::Join if count == 1 => text::join(machine, &first, &Val::text("")),
        Function::Join => text::join(machine, &first, &second),
        Function::Replace => text::replace(machine, &first, &second, &third),
        Function::Distinct => collection::distinct(machine, first),
        Function::Flatten => collection::flatten(machine, first),
        Function::AsList => collection::as_list(first),
        Function::Keys => collection::keys(machine, first),
        Function::Values => collection::values(machine, first),
        Function::ToInt => convert::to_int(&first),
        Function::ToDouble => convert::to_double(&first),
        Function::ToText => convert::to_text(first),
        Function::ToBool => convert::to_bool(&first),
        Function::ToTimestamp => time::moment(&first).map_or(Val::Null, Val::Moment),
        Function::ToDuration => time::to_duration(&first),
        Function::TypeName => Val::text(first.kind()),
        Function::Dynamic => first,
        Function::Age => {
            let now = machine.scope.now;
            time::moment(&first).map_or(Val::Null, |moment| Val::Length(now.duration_since(moment)))
        }
        Function::Days => match first {
            Val::Int(days) => time::days(days).map_or(Val::Null, Val::Length),
            Val::Double(days) => time::seconds(days * 86_400.0).map_or(Val::Null, Val::Length),
            _ => Val::Null,
        },
        Function::Calendar(field) if count == 1 => time::calendar(field, &first, &Val::text("UTC")),
        Function::Calendar(field) => time::calendar(field, &first, &second),
        Function::CidrContains => cidr::related(&first, &second, cidr::Block::contains),
        Function::CidrOverlaps => cidr::related(&first, &second, cidr::Block::overlaps),
        Function::CidrIsAny => cidr::tested(&first, cidr::Block::is_any),
        Function::CidrsCoverAny => cidr::cover_any(machine, &first),
        Function::CidrIsPublic => cidr::tested(&first, cidr::Block::is_public),
        Function::PortsInclude => ports_include(&first, &second, &third),
        Function::VersionAtLeast => version::at_least(machine, &first, &second),
        Function::Statements => iam::statements(machine, &first),
        Function::ActionMatches => iam::action_matches(machine, &first, &second),
        Function::Unknown => {
            let reason = first.as_text().unwrap_or("configuration does not decide it");
            Val::unknown(Reason::OutOfScope, reason)
        }
    }
}

/// A missing bound of the range is open; a missing port is in no range.
fn ports_include<'a>(from: &Val<'a>, to: &Val<'a>, port: &Val<'a>) -> Val<'a> {
    let bound = |val: &Val<'a>, open: i64| match val {
        Val::Int(bound) => Some(*bound),
        Val::Null => Some(open),
        _ => None,
    };
    let (Val::Int(port), Some(from), Some(to)) = (port, bound(from, i64::MIN), bound(to, i64::MAX)) else {
        return Val::Bool(false);
    };
    Val::Bool((from..=to).contains(port))
}
