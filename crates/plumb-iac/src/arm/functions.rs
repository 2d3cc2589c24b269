//! Functions of nothing but their arguments, over values of which a part can be unknown.
//!
//! An argument that is not known makes the result unknown for the same reason, unless the rest decides it. Semantics:
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions>.

mod arguments;
mod cidr;
mod compare;
mod date;
mod encoding;
mod format;
mod list;
mod number;
mod object;
mod text;

use plumb_model::value::Text;

use super::MAX_TEXT;
use crate::val::{Kind, Val, Why};
pub(super) use encoding::parsed;

/// Why a call has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Something it needs is not known.
    Unknown(Why),
    /// It does not take these arguments.
    Wrong(String),
}

/// What a call gives.
pub(super) type Outcome = Result<Val, Stop>;

/// Functions that make something of arguments that are not known.
const TOLERANT: [&str; 6] = [
    "createarray",
    "createobject",
    "array",
    "union",
    "shallowmerge",
    "concat",
];

/// Calls a function by its name in lower case; `None` when there is none of this name.
pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    let of_all = [
        list::call,
        object::call,
        text::call,
        format::call,
        number::call,
        compare::call,
        encoding::call,
        date::call,
        cidr::call,
    ];
    let unknown = arguments
        .iter()
        .find_map(Val::why_unknown)
        .filter(|_| !TOLERANT.contains(&name));
    let found = of_all.iter().find_map(|call| call(name, arguments))?;
    Some(match (unknown, found) {
        (Some(why), _) => Err(Stop::Unknown(why.clone())),
        (None, Ok(value)) if size(&value) > MAX_TEXT => Err(Stop::Unknown(
            format!("the result has more than {MAX_TEXT} bytes").into(),
        )),
        (None, found) => found,
    })
}

/// How much work a value is: its texts in bytes and its items.
pub(super) fn size(value: &Val) -> usize {
    match &value.kind {
        Kind::String(text) => 1 + text.len() / 64,
        Kind::List(items) => items.len().saturating_add(1),
        Kind::Map(fields) => fields.entries.len().saturating_add(1),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Json(_) | Kind::Unknown(_) => 1,
    }
}

/// A value as part of a text.
///
/// # Errors
/// Why its text is not known.
pub(super) fn text_of(value: &Val) -> Result<Text, Why> {
    match &value.kind {
        Kind::String(text) => Ok(text.clone()),
        Kind::Null => Ok(Text::default()),
        // As the Resource Manager writes them.
        Kind::Bool(truth) => Ok(Text::new_static(if *truth { "True" } else { "False" })),
        Kind::Int(int) => Ok(int.to_string().into()),
        Kind::Float(float) => Ok(float.to_string().into()),
        Kind::List(_) | Kind::Map(_) | Kind::Json(_) => encoding::json_text(value),
        Kind::Unknown(why) => Err(why.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Stop, call, parsed};
    use crate::val::Val;

    /// The result of a call whose arguments are JSON; `?` stands for one that is not known.
    fn shown(name: &str, arguments: &[&str]) -> String {
        let arguments: Vec<Val> = arguments
            .iter()
            .map(|text| match *text {
                "?" => Val::unknown("why"),
                text => parsed(text),
            })
            .collect();
        match call(name, &arguments) {
            None => "no such function".to_owned(),
            Some(Ok(value)) => value.to_string(),
            Some(Err(Stop::Unknown(why))) => format!("?({why})"),
            Some(Err(Stop::Wrong(message))) => format!("wrong: {message}"),
        }
    }

    #[test]
    fn functions_do_what_their_pages_say() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("concat", &["\"a\"", "1", "\"b\""], "\"a1b\""),
            ("concat", &["[1]", "[2, 3]"], "[1, 2, 3]"),
            ("createarray", &["1", "\"x\""], "[1, \"x\"]"),
            ("createobject", &["\"a\"", "1"], "{a: 1}"),
            ("contains", &["\"abc\"", "\"b\""], "true"),
            ("contains", &["[1, 2]", "2"], "true"),
            ("contains", &["{\"A\": 1}", "\"a\""], "true"),
            ("first", &["[4, 5]"], "4"),
            ("first", &["\"xyz\""], "\"x\""),
            ("last", &["[]"], "null"),
            ("indexof", &["\"TestB\"", "\"b\""], "4"),
            ("indexof", &["[\"a\", \"B\"]", "\"B\""], "1"),
            ("intersection", &["[1, 2, 3]", "[3, 2]"], "[2, 3]"),
            (
                "intersection",
                &["{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 3}"],
                "{a: 1}",
            ),
            ("length", &["{\"a\": 1}"], "1"),
            ("length", &["\"äb\""], "2"),
            ("max", &["[0, 3, 2]"], "3"),
            ("min", &["7", "4"], "4"),
            ("range", &["5", "3"], "[5, 6, 7]"),
            ("skip", &["\"abcd\"", "2"], "\"cd\""),
            ("take", &["[1, 2, 3]", "2"], "[1, 2]"),
            (
                "union",
                &["{\"a\": 1, \"b\": {\"x\": 1}}", "{\"b\": {\"y\": 2}}"],
                "{a: 1, b: {x: 1, y: 2}}",
            ),
            (
                "shallowmerge",
                &["[{\"b\": {\"x\": 1}}, {\"b\": {\"y\": 2}}]"],
                "{b: {y: 2}}",
            ),
            ("union", &["[1, 2]", "[2, 3]"], "[1, 2, 3]"),
            (
                "items",
                &["{\"b\": 1, \"a\": 2}"],
                "[{key: \"a\", value: 2}, {key: \"b\", value: 1}]",
            ),
            ("objectkeys", &["{\"b\": 1, \"a\": 2}"], "[\"a\", \"b\"]"),
            ("tryget", &["{\"a\": {\"b\": 1}}", "\"a\"", "\"b\""], "1"),
            ("tryget", &["{\"a\": 1}", "\"x\""], "null"),
            ("flatten", &["[[1], [2, 3]]"], "[1, 2, 3]"),
            ("empty", &["\"\""], "true"),
            ("empty", &["{\"a\": 1}"], "false"),
            ("equals", &["{\"a\": [1]}", "{\"a\": [1]}"], "true"),
            ("equals", &["\"a\"", "\"A\""], "false"),
            ("equalsignorecase", &["\"a\"", "\"A\""], "true"),
            ("less", &["1", "2"], "true"),
            ("greaterorequals", &["\"a\"", "\"A\""], "false"),
            ("not", &["true"], "false"),
            ("bool", &["\"True\""], "true"),
            ("bool", &["0"], "false"),
            ("add", &["5", "3"], "8"),
            ("sub", &["5", "8"], "-3"),
            ("div", &["8", "3"], "2"),
            ("div", &["8", "0"], "wrong: division by zero"),
            ("mod", &["7", "3"], "1"),
            ("int", &["\"12\""], "12"),
            ("float", &["\"1.5\""], "1.5"),
            ("base64", &["\"one\""], "\"b25l\""),
            ("base64tostring", &["\"b25l\""], "\"one\""),
            ("base64tojson", &["\"eyJhIjoxfQ==\""], "{a: 1}"),
            ("json", &["\"{\\\"a\\\": [1, null]}\""], "{a: [1, null]}"),
            ("string", &["[1, \"a\", true]"], "\"[1,\\\"a\\\",true]\""),
            (
                "datauri",
                &["\"Hello\""],
                "\"data:text/plain;charset=utf8;base64,SGVsbG8=\"",
            ),
            ("datauritostring", &["\"data:;base64,SGVsbG8=\""], "\"Hello\""),
            ("endswith", &["\"abcdef\"", "\"DEF\""], "true"),
            ("like", &["\"abcdef\"", "\"A*c*F\""], "true"),
            ("like", &["\"abcdef\"", "\"*x*\""], "false"),
            ("like", &["\"ab\"", "\"ab*b\""], "false"),
            ("like", &["\"ab\"", "\"ab\""], "true"),
            ("distinct", &["[2, 1, 2]"], "[2, 1]"),
            ("startswith", &["\"abcdef\"", "\"AB\""], "true"),
            ("format", &["\"{0}-{1:D3} {{x}}\"", "\"a\"", "7"], "\"a-007 {x}\""),
            ("format", &["\"{0:N0}\"", "8175133"], "\"8,175,133\""),
            ("join", &["[\"a\", \"b\"]", "\"-\""], "\"a-b\""),
            ("padleft", &["\"123\"", "6", "\"0\""], "\"000123\""),
            ("replace", &["\"1-2-3\"", "\"-\"", "\"\""], "\"123\""),
            ("split", &["\"a,b;c\"", "[\",\", \";\"]"], "[\"a\", \"b\", \"c\"]"),
            ("substring", &["\"one two three\"", "4", "3"], "\"two\""),
            (
                "substring",
                &["\"ab\"", "1", "3"],
                "wrong: the text has 2 characters, 1 + 3 are asked for",
            ),
            ("tolower", &["\"ÄB\""], "\"äb\""),
            ("toupper", &["\"ab\""], "\"AB\""),
            ("trim", &["\" a \""], "\"a\""),
            (
                "uri",
                &["\"http://h/a/b.json\"", "\"n/c.json\""],
                "\"http://h/a/n/c.json\"",
            ),
            ("uricomponent", &["\"a b/c\""], "\"a%20b%2Fc\""),
            ("uricomponenttostring", &["\"a%20b%2Fc\""], "\"a b/c\""),
            (
                "datetimeadd",
                &["\"2020-04-07T14:53:14Z\"", "\"P3Y\""],
                "\"2023-04-07T14:53:14Z\"",
            ),
            ("datetimetoepoch", &["\"2023-04-07T14:53:14Z\""], "1680879194"),
            ("datetimefromepoch", &["1680879194"], "\"2023-04-07T14:53:14Z\""),
            (
                "cidrsubnet",
                &["\"10.144.0.0/20\"", "24", "1"],
                "\"10.144.1.0/24\"",
            ),
            ("cidrhost", &["\"10.144.3.0/24\"", "0"], "\"10.144.3.1\""),
            ("nothing", &[], "no such function"),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(shown(name, arguments), *expected, "{name} {arguments:?}");
        }
        let parsed = shown("parsecidr", &["\"10.144.0.0/20\""]);
        assert_eq!(
            parsed,
            "{broadcast: \"10.144.15.255\", cidr: 20, firstUsable: \"10.144.0.1\", lastUsable: \"10.144.15.254\", netmask: \
             \"255.255.240.0\", network: \"10.144.0.0\"}"
        );
    }

    #[test]
    fn what_is_not_known_stays_unknown_where_it_decides() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("tolower", &["?"], "?(why)"),
            ("concat", &["[1]", "?"], "?(why)"),
            ("createarray", &["1", "?"], "[1, ?(why)]"),
            ("union", &["?", "{\"a\": 1}"], "{a: 1 ...?(why)}"),
            ("union", &["{\"a\": 1}", "?"], "?(why)"),
            ("equals", &["?", "1"], "?(why)"),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(shown(name, arguments), *expected, "{name} {arguments:?}");
        }
        let partly = Val::list(vec![parsed("1"), Val::unknown("why")]);
        for (wanted, expected) in [("1", "true"), ("2", "?(why)")] {
            let found = call("contains", &[partly.clone(), parsed(wanted)]);
            let found = match found {
                Some(Ok(value)) => value.to_string(),
                Some(Err(Stop::Unknown(why))) => format!("?({why})"),
                other => format!("{other:?}"),
            };
            assert_eq!(found, expected);
        }
    }
}
