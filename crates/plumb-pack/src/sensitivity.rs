//! `SensitivityRules`: how names, tags and the class of an account tell how sensitive data is.
//!
//! `docs/specs/graph.md` describes the file. What a tag says goes before what a name hints at, and that before what is
//! said of the whole account. Words are compared whole, so `chips` holds no `hips`.

mod phrases;
pub(crate) mod reader;
mod words;

use plumb_model::graph::Sensitivity;
use plumb_model::value::{Text, Value};

use phrases::{Hit, PhraseBook};
use words::{squash, words};

/// How names, tags and the class of an account tell how sensitive data is.
#[derive(Clone, Debug, Default)]
pub struct SensitivityRules {
    /// One layer a file, the users' first; the first layer that says something decides.
    layers: Vec<Layer>,
}

/// The rules of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    /// Keys of tags that hold a classification, squashed.
    classification_tags: Vec<Text>,
    /// What classifications say.
    says: PhraseBook,
    /// Tags that say by yes that something is there.
    flags: Vec<Flag>,
    /// Words that mean yes, lower case.
    yes: Vec<Text>,
    /// What names hint at.
    names: PhraseBook,
}

/// Tags that say by yes that something is there.
#[derive(Clone, Debug)]
struct Flag {
    /// Keys of tags, squashed.
    tags: Vec<Text>,
    level: Sensitivity,
    label: Option<Text>,
}

/// How sensitive something is, and why it is thought so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    /// How sensitive.
    pub level: Sensitivity,
    /// What it holds, for example `payment data`.
    pub label: Option<Text>,
    /// What told so, a clause for people.
    pub because: Text,
    /// Whether everything could be looked at.
    pub certainty: Certainty,
}

/// Whether everything could be looked at that tells how sensitive something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// It could.
    Certain,
    /// Tags could not be read, and could say something else.
    TagsUnread,
}

/// The most tags of a resource that are looked at; AWS allows 50.
const MAX_TAGS: usize = 200;
/// How much of a text is put into a reason, in characters.
const MAX_SHOWN: usize = 80;

impl SensitivityRules {
    /// How sensitive a resource is.
    ///
    /// `tags` is the resource's map of tags, null or unreadable. `default` is what is assumed where nothing tells; when it is
    /// above `internal`, a name does not lower it, because names are hints only.
    pub fn classify(
        &self,
        name: &str,
        tags: &Value,
        account_data_class: Option<&str>,
        default: Sensitivity,
    ) -> Classified {
        let (by_tag, certainty) = self.by_tags(tags);
        let classified = |level, label, because: String| Classified {
            level,
            label,
            because: Text::from(because),
            certainty,
        };
        if let Some((hit, key, value)) = by_tag {
            let because = format!("tag `{}` says `{}`", shown(&key), shown(&value));
            // What is said outright is certain whatever the other tags hold.
            // A tag says how sensitive it is, a name often what it is.
            let label = hit.label.or_else(|| {
                let more = |named: &Hit| named.level > Sensitivity::Public && named.level >= hit.level;
                self.by_name(name).filter(more)?.label
            });
            return classified(hit.level, label, because);
        }
        if let Some(hit) = self.by_name(name)
            && (hit.level >= default || default <= Sensitivity::Internal)
        {
            let because = format!("its name holds `{}`", shown(&hit.words));
            return classified(hit.level, hit.label, because);
        }
        if let Some(class) = account_data_class
            && let Some(hit) = self.by_class(class)
            && hit.level > default
        {
            let because = format!("the account holds data of the class `{}`", shown(class));
            return classified(hit.level, hit.label, because);
        }
        classified(default, None, "nothing tells more".to_owned())
    }

    pub(crate) fn put_before(&mut self, layer: Layer) {
        self.layers.insert(0, layer);
    }

    fn by_tags(&self, tags: &Value) -> (Option<(Hit, Text, Text)>, Certainty) {
        let map = match tags {
            Value::Map(map) => map,
            Value::Unreadable(_) => return (None, Certainty::TagsUnread),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::List(_) => return (None, Certainty::Certain),
        };
        let mut certainty = Certainty::Certain;
        let mut best: Option<(Hit, Text, Text)> = None;
        for layer in &self.layers {
            for (key, value) in map.iter().take(MAX_TAGS) {
                if matches!(value, Value::Unreadable(_)) {
                    certainty = Certainty::TagsUnread;
                }
                let Some(value) = value.as_str() else { continue };
                if let Some(hit) = layer.by_tag(key, value)
                    && best.as_ref().is_none_or(|(best, _, _)| hit.beats(best))
                {
                    best = Some((hit, key.clone(), Text::from(value)));
                }
            }
            if best.is_some() {
                break;
            }
        }
        (best, certainty)
    }

    fn by_name(&self, name: &str) -> Option<Hit> {
        let words = words(name);
        self.layers.iter().find_map(|layer| layer.names.strongest(&words))
    }

    fn by_class(&self, class: &str) -> Option<Hit> {
        let words = words(class);
        self.layers.iter().find_map(|layer| layer.says.strongest(&words))
    }
}

impl Layer {
    fn by_tag(&self, key: &str, value: &str) -> Option<Hit> {
        // A key may stand behind a prefix: `example.com/data-class`, `acme:data-class`.
        let own = key.rsplit([':', '/']).next().unwrap_or(key);
        let keys = [squash(key), squash(own)];
        let is = |known: &Text| keys.iter().any(|key| key == known.as_str());
        if self.classification_tags.iter().any(is) {
            return self.says.strongest(&words(value));
        }
        let flag = self.flags.iter().find(|flag| flag.tags.iter().any(is))?;
        let said = value.trim().to_lowercase();
        self.yes.iter().any(|yes| *yes == said).then(|| Hit {
            level: flag.level,
            label: flag.label.clone(),
            words: Text::from(said.as_str()),
        })
    }
}

/// A text from a cloud as a reason shows it: one line, cut.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_SHOWN)
        .map(|c| if c.is_control() || c == '`' { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
