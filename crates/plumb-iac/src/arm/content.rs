//! Files that templates load into themselves: texts, JSON and YAML.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-files>.

use std::sync::Arc;

use plumb_model::diagnostic::{Level, Source};
use plumb_model::value::Text;

use super::deployment::Deployment;
use super::evaluate::member;
use super::frame::Spot;
use super::functions;
use super::modules::folder_of;
use super::parameters::literal;
use super::tree::{Expr, Safe};
use crate::cloudformation::parse::documents;
use crate::files;
use crate::place::FileId;
use crate::val::{Fields, Kind, Val};

impl Deployment<'_, '_> {
    /// A file beside the template.
    pub(super) fn loaded(&self, name: &str, path: &Expr, options: &[Expr], spot: Spot<'_>) -> Val {
        let relative = self.evaluate(path, spot.decision());
        let folder = folder_of(&self.template.path);
        let full = relative
            .as_str()
            .and_then(|relative| files::join(folder, relative));
        let Some(full) = full else {
            return self.wrong(path.place, "the file is not in the tree".to_owned());
        };
        let text = match self.work.context.files.read(&full) {
            Ok(text) => text,
            Err(error) => {
                self.work.warning(
                    path.place,
                    format!("cannot read `{full}`: {error}"),
                    "its content is unknown",
                );
                return Val::unknown(format!("`{full}` cannot be read"));
            }
        };
        if let Err(why) = self.work.spend(text.len() / 64, path.place) {
            return Val::unknown(why);
        }
        let whole = match name {
            "loadtextcontent" => return Val::string(text),
            "loadfileasbase64" => {
                return functions::call("base64", &[Val::string(text)])
                    .and_then(Result::ok)
                    .unwrap_or_else(|| Val::unknown("it cannot be encoded"));
            }
            "loadyamlcontent" => from_yaml(&full, text),
            _ => functions::parsed(&text),
        };
        let Some(query) = options.first() else {
            return whole;
        };
        let query = self.evaluate(query, spot.decision());
        match (query.as_str(), query.why_unknown()) {
            (Some(query), _) => selected(&whole, query).unwrap_or_else(|| {
                let why = format!("what `{query}` selects of `{full}` is not followed");
                Val::unknown(why)
            }),
            (None, Some(why)) => Val::unknown(why.clone()),
            (None, None) => whole,
        }
    }
}

/// The value of a YAML text of one document.
fn from_yaml(path: &str, text: String) -> Val {
    let source = Arc::new(Source {
        name: path.to_owned(),
        text,
    });
    let read = documents(FileId::NONE, &source);
    let is_broken =
        read.malformed.is_some() || read.problems.iter().any(|problem| problem.level == Level::Error);
    match (read.roots.as_slice(), is_broken) {
        ([only], false) => placeless(literal(only)),
        (_, _) => Val::unknown(format!("`{path}` is not understood")),
    }
}

/// The value without places: what is read of a file that is no code stands nowhere.
fn placeless(value: Val) -> Val {
    Val::new(match value.kind {
        Kind::List(items) => Kind::List(Arc::new(items.iter().cloned().map(placeless).collect())),
        Kind::Map(fields) => {
            let entries = fields.entries.iter();
            let entries = entries.map(|(key, value)| (key.clone(), placeless(value.clone())));
            Kind::Map(Arc::new(Fields {
                entries: entries.collect(),
                rest: fields.rest.clone(),
            }))
        }
        kind @ (Kind::Null
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::String(_)
        | Kind::Json(_)
        | Kind::Unknown(_)) => kind,
    })
}

/// What a JSON path selects: names and positions; `None` for one that asks for more than one value.
fn selected(value: &Val, query: &str) -> Option<Val> {
    let mut value = value.clone();
    let mut rest = query.strip_prefix('$').unwrap_or(query);
    if !rest.is_empty() && !rest.starts_with(['.', '[']) {
        return selected(&value, &format!(".{rest}"));
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, behind) = after.split_at_checked(end)?;
            if name.is_empty() || name.contains('*') {
                return None;
            }
            value = member(&value, name, Safe::No);
            rest = behind;
        } else {
            let (inner, behind) = rest.strip_prefix('[')?.split_once(']')?;
            let quoted = ['\'', '"']
                .iter()
                .find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote));
            value = match (quoted, inner.parse::<usize>(), &value.kind) {
                (Some(name), _, _) => member(&value, &Text::from(name), Safe::No),
                (None, Ok(at), Kind::List(items)) => items
                    .get(at)
                    .cloned()
                    .unwrap_or_else(|| Val::unknown(format!("there is no item {at} in it"))),
                (None, Ok(_), Kind::Unknown(_)) => value,
                (None, _, _) => return None,
            };
            rest = behind;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::super::functions::parsed;
    use super::selected;

    #[test]
    fn a_path_selects_names_and_positions() {
        let value = parsed(r#"{"a": {"b-c": [1, {"d": 2}]}}"#);
        for (query, expected) in [
            ("$.a['b-c'][1].d", Some("2")),
            (".a.b-c[0]", Some("1")),
            ("a.b-c[7]", Some("?(there is no item 7 in it)")),
            ("$.x", Some("?(there is no `x` in it)")),
            ("$", Some(r#"{a: {b-c: [1, {d: 2}]}}"#)),
            ("$.a[*]", None),
            ("$..d", None),
            ("$.a[?(@.x)]", None),
        ] {
            let found = selected(&value, query).map(|value| value.to_string());
            assert_eq!(found.as_deref(), expected, "{query}");
        }
    }
}
