//! The functions of the rule language: names, parameters and results.

use crate::types::Type;

/// A function that the evaluator calls with evaluated arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    Glob,
    Lower,
    Upper,
    Trim,
    Split,
    Join,
    Replace,
    Distinct,
    Flatten,
    AsList,
    Keys,
    Values,
    ToInt,
    ToDouble,
    ToText,
    ToBool,
    ToTimestamp,
    ToDuration,
    TypeName,
    Dynamic,
    Age,
    Days,
    Calendar(CalendarField),
    CidrContains,
    CidrOverlaps,
    CidrIsAny,
    CidrsCoverAny,
    CidrIsPublic,
    PortsInclude,
    VersionAtLeast,
    Statements,
    ActionMatches,
    Unknown,
}

/// A part of a timestamp or duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarField {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `f(x)`.
    Global,
    /// `x.f()`.
    Method,
    /// Both.
    Either,
}

/// What an argument may be; null and dynamic values are always accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Text,
    Int,
    Number,
    List,
    TextList,
    Map,
    Countable,
    Scalar,
    Timestamp,
    Time,
    Anything,
}

/// The type of what a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Bool,
    Int,
    Double,
    Text,
    Timestamp,
    Duration,
    TextList,
    Any,
    /// The type of the first argument.
    Same,
    /// The list inside the first argument's lists.
    Flattened,
    /// The first argument, or a list of it when it is no list.
    Listed,
    /// The values of the first argument's map.
    MapValues,
    /// The statements of an IAM policy document.
    Statements,
}

/// A function's name, parameters and result.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) function: Function,
    pub(crate) form: Form,
    /// The target of a method comes first.
    pub(crate) parameters: &'static [Parameter],
    /// How many of the last parameters may be left out.
    pub(crate) optional: usize,
    pub(crate) outcome: Outcome,
}

/// All functions but `has`, `inventory`, `related`, `exposure` and the macros, which are not called with values.
pub(crate) const SIGNATURES: &[Signature] = {
    use CalendarField as C;
    use Form::{Either, Global, Method};
    use Function as F;
    use Outcome as O;
    use Parameter as P;
    &[
        new("size", F::Size, Either, &[P::Countable], O::Int),
        new("startsWith", F::StartsWith, Method, &[P::Text, P::Text], O::Bool),
        new("endsWith", F::EndsWith, Method, &[P::Text, P::Text], O::Bool),
        new("contains", F::Contains, Method, &[P::Text, P::Text], O::Bool),
        new("matches", F::Matches, Either, &[P::Text, P::Text], O::Bool),
        new("glob", F::Glob, Method, &[P::Text, P::Text], O::Bool),
        new("lower", F::Lower, Method, &[P::Text], O::Text),
        new("upper", F::Upper, Method, &[P::Text], O::Text),
        new("trim", F::Trim, Method, &[P::Text], O::Text),
        new("split", F::Split, Method, &[P::Text, P::Text], O::TextList),
        optional("join", F::Join, Method, &[P::TextList, P::Text], O::Text),
        new(
            "replace",
            F::Replace,
            Method,
            &[P::Text, P::Text, P::Text],
            O::Text,
        ),
        new("distinct", F::Distinct, Method, &[P::List], O::Same),
        new("flatten", F::Flatten, Method, &[P::List], O::Flattened),
        new("as_list", F::AsList, Global, &[P::Anything], O::Listed),
        new("keys", F::Keys, Method, &[P::Map], O::TextList),
        new("values", F::Values, Method, &[P::Map], O::MapValues),
        new("int", F::ToInt, Global, &[P::Scalar], O::Int),
        new("double", F::ToDouble, Global, &[P::Scalar], O::Double),
        new("string", F::ToText, Global, &[P::Scalar], O::Text),
        new("bool", F::ToBool, Global, &[P::Scalar], O::Bool),
        new("timestamp", F::ToTimestamp, Global, &[P::Scalar], O::Timestamp),
        new("duration", F::ToDuration, Global, &[P::Scalar], O::Duration),
        new("type", F::TypeName, Global, &[P::Anything], O::Text),
        new("dyn", F::Dynamic, Global, &[P::Anything], O::Any),
        new("age", F::Age, Global, &[P::Timestamp], O::Duration),
        new("days", F::Days, Global, &[P::Number], O::Duration),
        optional(
            "getFullYear",
            F::Calendar(C::FullYear),
            Method,
            &[P::Timestamp, P::Text],
            O::Int,
        ),
        optional(
            "getMonth",
            F::Calendar(C::Month),
            Method,
            &[P::Timestamp, P::Text],
            O::Int,
        ),
        optional(
            "getDate",
            F::Calendar(C::Date),
            Method,
            &[P::Timestamp, P::Text],
            O::Int,
        ),
        optional(
            "getDayOfMonth",
            F::Calendar(C::DayOfMonth),
            Method,
            &[P::Timestamp, P::Text],
            O::Int,
        ),
        optional(
            "getDayOfWeek",
            F::Calendar(C::DayOfWeek),
            Method,
            &[P::Timestamp, P::Text],
            O::Int,
        ),
        optional(
            "getDayOfYear",
            F::Calendar(C::DayOfYear),
            Method,
            &[P::Timestamp, P::Text],
            O::Int,
        ),
        optional(
            "getHours",
            F::Calendar(C::Hours),
            Method,
            &[P::Time, P::Text],
            O::Int,
        ),
        optional(
            "getMinutes",
            F::Calendar(C::Minutes),
            Method,
            &[P::Time, P::Text],
            O::Int,
        ),
        optional(
            "getSeconds",
            F::Calendar(C::Seconds),
            Method,
            &[P::Time, P::Text],
            O::Int,
        ),
        optional(
            "getMilliseconds",
            F::Calendar(C::Milliseconds),
            Method,
            &[P::Time, P::Text],
            O::Int,
        ),
        new(
            "cidr_contains",
            F::CidrContains,
            Global,
            &[P::Text, P::Text],
            O::Bool,
        ),
        new(
            "cidr_overlaps",
            F::CidrOverlaps,
            Global,
            &[P::Text, P::Text],
            O::Bool,
        ),
        new("cidr_is_any", F::CidrIsAny, Global, &[P::Text], O::Bool),
        new(
            "cidrs_cover_any",
            F::CidrsCoverAny,
            Global,
            &[P::TextList],
            O::Bool,
        ),
        new("cidr_is_public", F::CidrIsPublic, Global, &[P::Text], O::Bool),
        new(
            "ports_include",
            F::PortsInclude,
            Global,
            &[P::Int, P::Int, P::Int],
            O::Bool,
        ),
        new(
            "version_at_least",
            F::VersionAtLeast,
            Global,
            &[P::Text, P::Text],
            O::Bool,
        ),
        new("statements", F::Statements, Global, &[P::Map], O::Statements),
        new(
            "action_matches",
            F::ActionMatches,
            Global,
            &[P::Text, P::Text],
            O::Bool,
        ),
        new("unknown", F::Unknown, Global, &[P::Text], O::Bool),
    ]
};

/// Names that are called but have no signature.
pub(crate) const SPECIAL_NAMES: [&str; 10] = [
    "has",
    "inventory",
    "related",
    "exposure",
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "map",
];

/// Names that stand for the result of `type(x)`.
pub(crate) const TYPE_NAMES: [&str; 10] = [
    "null_type",
    "bool",
    "int",
    "double",
    "string",
    "timestamp",
    "duration",
    "list",
    "map",
    "type",
];

impl Parameter {
    /// Whether an argument of this type is accepted.
    pub(crate) fn accepts(self, argument: &Type) -> bool {
        if argument.is_dynamic() || matches!(argument, Type::Null) {
            return true;
        }
        match self {
            Self::Anything => true,
            Self::Text => matches!(argument, Type::String),
            Self::Int => matches!(argument, Type::Int),
            Self::Number => matches!(argument, Type::Int | Type::Double),
            Self::List => matches!(argument, Type::List(_)),
            Self::TextList => matches!(argument, Type::List(element) if Self::Text.accepts(element)),
            Self::Map => matches!(argument, Type::Map(_) | Type::Object(_)),
            Self::Countable => matches!(argument, Type::String | Type::List(_) | Type::Map(_)),
            Self::Scalar => !matches!(argument, Type::List(_) | Type::Map(_) | Type::Object(_)),
            Self::Timestamp => matches!(argument, Type::Timestamp),
            Self::Time => matches!(argument, Type::Timestamp | Type::Duration),
        }
    }

    /// As messages name it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Int => "int",
            Self::Number => "number",
            Self::List => "list",
            Self::TextList => "list of string",
            Self::Map => "map",
            Self::Countable => "string, list or map",
            Self::Scalar => "single value",
            Self::Timestamp => "timestamp",
            Self::Time => "timestamp or duration",
            Self::Anything => "value",
        }
    }
}

const fn new(
    name: &'static str,
    function: Function,
    form: Form,
    parameters: &'static [Parameter],
    outcome: Outcome,
) -> Signature {
    Signature {
        name,
        function,
        form,
        parameters,
        optional: 0,
        outcome,
    }
}

/// A signature whose last parameter may be left out.
const fn optional(
    name: &'static str,
    function: Function,
    form: Form,
    parameters: &'static [Parameter],
    outcome: Outcome,
) -> Signature {
    Signature {
        name,
        function,
        form,
        parameters,
        optional: 1,
        outcome,
    }
}
