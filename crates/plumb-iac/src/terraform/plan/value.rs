//! Values of plans and states: what is known only after apply is unknown, and so is what is sensitive.

use std::sync::Arc;

use plumb_model::value::Text;
use serde_json::Value as Json;

use super::{Reader, list, text};
use crate::mapping::KNOWN_AFTER_APPLY;
use crate::place::Place;
use crate::secrecy::Secrecy;
use crate::val::{Fields, Kind, Val};

/// How deep values nest.
const MAX_DEPTH: usize = 64;
/// Why a sensitive value is not looked at.
const SENSITIVE: &str = "it is marked as sensitive and was not looked at";

impl Reader<'_> {
    /// A value, with the marks of what is unknown and of what is sensitive in it.
    pub(super) fn value(
        &self,
        json: &Json,
        unknown: Option<&Json>,
        sensitive: Option<&Json>,
        depth: usize,
    ) -> Val {
        let place = Some(Place::new(self.file, 0..0));
        let made = |kind| Val::placed(kind, place);
        if depth > MAX_DEPTH {
            return made(Kind::Unknown(Text::new_static("this is nested too deeply")));
        }
        if unknown == Some(&Json::Bool(true)) {
            return made(Kind::Unknown(Text::new_static(KNOWN_AFTER_APPLY)));
        }
        if sensitive == Some(&Json::Bool(true)) && self.secrecy == Secrecy::Kept {
            self.kept_back.set(true);
            return made(Kind::Unknown(Text::new_static(SENSITIVE)));
        }
        made(match json {
            Json::Null => Kind::Null,
            Json::Bool(bool) => Kind::Bool(*bool),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Kind::Int(int),
                None => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(value) => Kind::String(Text::from(value.as_str())),
            Json::Array(items) => {
                let within = |marks: Option<&Json>, at: usize| match marks {
                    Some(Json::Array(marks)) => marks.get(at).cloned(),
                    _ => None,
                };
                let items = items.iter().enumerate().map(|(at, item)| {
                    let (unknown, sensitive) = (within(unknown, at), within(sensitive, at));
                    self.value(item, unknown.as_ref(), sensitive.as_ref(), depth + 1)
                });
                Kind::List(Arc::new(items.collect()))
            }
            Json::Object(entries) => {
                let mut fields = Fields::default();
                for (key, value) in entries {
                    let within = |marks: Option<&Json>| marks.and_then(|marks| marks.get(key)).cloned();
                    let (unknown, sensitive) = (within(unknown), within(sensitive));
                    let value = self.value(value, unknown.as_ref(), sensitive.as_ref(), depth + 1);
                    fields.entries.insert(Text::from(key.as_str()), value);
                }
                // Planned values leave out what is known only after apply.
                if let Some(Json::Object(marks)) = unknown {
                    for (key, mark) in marks {
                        if mark == &Json::Bool(true) && !fields.entries.contains_key(key.as_str()) {
                            let value = made(Kind::Unknown(Text::new_static(KNOWN_AFTER_APPLY)));
                            fields.entries.insert(Text::from(key.as_str()), value);
                        }
                    }
                }
                Kind::Map(Arc::new(fields))
            }
        })
    }
}

/// Makes the value at a path of `sensitive_attributes` unknown.
pub(super) fn hide(value: &mut Val, path: &Json) {
    let Some(step) = list(Some(path)).next() else {
        return;
    };
    let (Some("get_attr"), Some(Json::String(name))) = (text(step, "type"), step.get("value")) else {
        return;
    };
    if let Kind::Map(fields) = &mut value.kind
        && let Some(entry) = Arc::make_mut(fields).entries.get_mut(name.as_str())
        && !entry.is_null()
    {
        entry.kind = Kind::Unknown(Text::new_static(SENSITIVE));
    }
}
