//! The functions of Terraform and OpenTofu over values of which a part can be unknown.
//!
//! [`call`] evaluates one call. An argument that is not known makes the result unknown for the same reason, unless the rest decides
//! it: `merge` keeps what a later unknown map cannot change, `contains` answers when a known item is equal. Items that a function hands
//! on keep the place where they were written; what it makes anew has none. A file that is not there, or not in the tree, is unknown
//! rather than an error, because the tree of a scan is not the machine that applies the code.
//!
//! Semantics are those of <https://developer.hashicorp.com/terraform/language/functions> and <https://opentofu.org/docs/language/functions>.

mod arguments;
mod ask;
mod choose;
mod compare;
mod conversion;
mod convert;
mod csv;
mod date;
mod encoding;
mod file;
mod format;
mod glob;
mod hash;
mod json;
mod list;
mod map;
mod network;
mod notation;
mod number;
mod pattern;
mod prefix;
#[cfg(test)]
mod properties;
mod provider;
mod range;
mod rewrite;
mod set;
#[cfg(test)]
mod testing;
mod text;
mod timestamp;
mod verb;
mod yaml_decode;
mod yaml_encode;
mod yaml_scalar;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use plumb_model::value::Text;

use crate::files::Files;
use crate::val::Val;
use arguments::{Arguments, Function, Stop};

/// How many items a list, a set or a map that a function makes can have.
pub const MAX_ITEMS: usize = 1_000_000;

/// How many bytes a text that a function makes can have.
pub const MAX_TEXT: usize = 16 << 20;

/// How deeply a value can nest where a function goes into it.
pub const MAX_DEPTH: usize = 128;

/// What a call needs beside its arguments.
pub struct Context<'a> {
    /// The folder that relative paths start from: the root module's, from which `path.module` counts too.
    pub folder: &'a str,
    /// The tree of code.
    pub files: &'a dyn Files,
    /// Evaluates the text of a template with an object of variables. Templates can call `templatefile` again: whoever evaluates them
    /// counts how deep.
    pub template: &'a dyn Fn(&str, &Val) -> Val,
    /// Steps that are left for the evaluation; each item and each 64 bytes of text that a call works through take one.
    pub steps: &'a Cell<u64>,
}

impl Context<'_> {
    /// Takes steps from the budget.
    fn spend(&self, steps: usize) -> Result<(), Problem> {
        let wanted = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.steps.get().checked_sub(wanted) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => {
                self.steps.set(0);
                Err(Problem::OutOfSteps)
            }
        }
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No function has this name.
    #[error("there is no function `{0}`")]
    UnknownFunction(Text),
    /// The function does not take these arguments, or finds nothing in them.
    #[error("{0}")]
    WrongArguments(String),
    /// The result would be too large.
    #[error("the result of the call has more than {limit} {unit}")]
    TooLarge {
        /// The limit that it passes.
        limit: usize,
        /// What is counted, in the plural.
        unit: &'static str,
    },
    /// An argument nests too deeply.
    #[error("a value nests more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// The budget of the evaluation is used up.
    #[error("the evaluation takes more steps than it may")]
    OutOfSteps,
}

impl Problem {
    /// Whether Terraform finds no result either, so that `try` goes on to its next argument and `can` is false. After any other problem
    /// these are unknown.
    pub fn is_certain(&self) -> bool {
        match self {
            Self::WrongArguments(_) => true,
            Self::UnknownFunction(_) | Self::TooLarge { .. } | Self::TooDeep | Self::OutOfSteps => false,
        }
    }
}

/// Evaluates the call of a function; `name` is as written, for example `merge`, `core::merge` or `provider::aws::arn_parse`.
///
/// # Errors
/// The call has no result, see [`Problem`]. An unknown result is none: it is [`Kind::Unknown`](crate::val::Kind::Unknown) and says why.
pub fn call(name: &str, arguments: Vec<Val>, context: &Context<'_>) -> Result<Val, Problem> {
    context.spend(1)?;
    let Some(function) = FUNCTIONS.get(name.strip_prefix("core::").unwrap_or(name)) else {
        return match name.strip_prefix("provider::") {
            Some(_) => Ok(Val::unknown(format!("`{name}` is a function of a provider"))),
            None => Err(Problem::UnknownFunction(name.into())),
        };
    };
    function.check_count(arguments.len())?;
    match (function.run)(&Arguments::new(&arguments, context)) {
        Ok(val) => Ok(val),
        Err(Stop::Unknown(why)) => Ok(Val::unknown(why)),
        Err(Stop::Problem(problem)) => Err(problem),
    }
}

/// Whether a name is that of a function which only its provider can compute.
pub fn is_of_unseen_provider(name: &str) -> bool {
    name.starts_with("provider::") && !FUNCTIONS.contains_key(name)
}

/// The names of all functions, sorted; for suggestions where a name is misspelt.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.keys().copied()
}

static FUNCTIONS: LazyLock<BTreeMap<&'static str, &'static Function>> = LazyLock::new(|| {
    [
        ask::FUNCTIONS,
        choose::FUNCTIONS,
        conversion::FUNCTIONS,
        csv::FUNCTIONS,
        date::FUNCTIONS,
        encoding::FUNCTIONS,
        file::FUNCTIONS,
        format::FUNCTIONS,
        hash::FUNCTIONS,
        json::FUNCTIONS,
        list::FUNCTIONS,
        map::FUNCTIONS,
        network::FUNCTIONS,
        number::FUNCTIONS,
        pattern::FUNCTIONS,
        provider::FUNCTIONS,
        range::FUNCTIONS,
        set::FUNCTIONS,
        text::FUNCTIONS,
        yaml_decode::FUNCTIONS,
        yaml_encode::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
    .map(|function| (function.name, function))
    .collect()
});

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::testing::{fails, json, shown, unknown};
    use super::{Context, Problem, call, names};
    use crate::val::Val;

    #[test]
    fn unknown_names_and_wrong_counts_are_problems() {
        assert_eq!(fails("mergee", vec![]), "there is no function `mergee`");
        assert_eq!(fails("upper", vec![]), "`upper` takes 1 argument, not 0");
        assert_eq!(
            fails("substr", vec![json(r#""a""#)]),
            "`substr` takes 3 arguments, not 1"
        );
        assert_eq!(
            fails("lookup", vec![json("{}")]),
            "`lookup` takes 2 to 3 arguments, not 1"
        );
        assert_eq!(fails("max", vec![]), "`max` takes at least 1 argument, not 0");
    }

    #[test]
    fn only_what_terraform_refuses_too_is_certain() {
        assert!(Problem::WrongArguments("argument 1 is null".into()).is_certain());
        for problem in [
            Problem::UnknownFunction("f".into()),
            Problem::TooLarge {
                limit: 1,
                unit: "items",
            },
            Problem::TooDeep,
            Problem::OutOfSteps,
        ] {
            assert!(!problem.is_certain(), "{problem}");
        }
    }

    #[test]
    fn a_namespace_is_understood() {
        assert_eq!(shown("core::upper", vec![json(r#""a""#)]), r#""A""#);
        assert_eq!(
            shown("provider::time::rfc3339_parse", vec![json(r#""a""#)]),
            "?(`provider::time::rfc3339_parse` is a function of a provider)"
        );
    }

    #[test]
    fn an_unknown_argument_says_why() {
        for name in ["upper", "tonumber", "jsondecode", "sha256", "keys", "sort"] {
            assert_eq!(shown(name, vec![unknown()]), "?(`var.x` has no value)", "{name}");
        }
    }

    #[test]
    fn the_budget_ends_a_call() {
        let steps = Cell::new(100);
        let context = Context {
            folder: "",
            files: &super::testing::TREE,
            template: &|_, _| Val::null(),
            steps: &steps,
        };
        let numbers = || vec![Val::list(vec![json("1"); 60])];
        assert_eq!(
            call("sum", numbers(), &context).map(|sum| sum.kind),
            Ok(json("60").kind)
        );
        assert_eq!(call("sum", numbers(), &context), Err(Problem::OutOfSteps));
        assert_eq!(steps.get(), 0);
    }

    /// The functions of Terraform 1.14 and OpenTofu 1.11 as their documentation has them, pure or not.
    const DOCUMENTED: &str = "abs abspath alltrue anytrue base64decode base64encode base64gunzip base64gzip base64sha256 base64sha512 \
        basename bcrypt can ceil chomp chunklist cidrcontains cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact \
        concat contains convert csvdecode dirname distinct element endswith ephemeralasnull file filebase64 filebase64sha256 \
        filebase64sha512 fileexists filemd5 fileset filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent index \
        issensitive join jsondecode jsonencode keys length list log lookup lower map matchkeys max md5 merge min nonsensitive one parseint \
        pathexpand plantimestamp pow range regex regexall replace reverse rsadecrypt sensitive setintersection setproduct setsubtract \
        setunion sha1 sha256 sha512 signum slice sort split startswith strcontains strrev substr sum templatefile templatestring \
        textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool tolist tomap tonumber toset tostring transpose trim \
        trimprefix trimspace trimsuffix try type upper urldecode urlencode uuid uuidv5 values yamldecode yamlencode zipmap";

    #[test]
    fn every_documented_function_is_there() {
        let documented: Vec<&str> = DOCUMENTED.split_whitespace().collect();
        let there: Vec<&str> = names().collect();
        let lacking = documented.iter().filter(|name| !there.contains(name));
        assert_eq!(lacking.collect::<Vec<_>>(), Vec::<&&str>::new());
        // `defaults` was an experiment that old code still has; functions of providers are documented by these.
        let other = there
            .iter()
            .filter(|name| !documented.contains(name) && !name.contains("::"));
        assert_eq!(other.collect::<Vec<_>>(), [&"defaults"]);
        assert!(there.is_sorted());
    }
}
