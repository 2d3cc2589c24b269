//! What events need to know of APIs, and the APIs that they ask for without naming one.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;

use super::apis;
use super::macros::Macro;
use crate::cloudformation::conditions::Truth;
use crate::cloudformation::instance::Instance;
use crate::cloudformation::template::Template;
use crate::cloudformation::tree::{Entry, Node};
use crate::place::Place;

/// The logical ids of the APIs that SAM makes for events which name none.
const REST: &str = "ServerlessRestApi";
const HTTP: &str = "ServerlessHttpApi";

/// What events need to know of APIs: those that they ask for without naming one, at the place of the first event that
/// does, and the stages of the others.
pub(super) struct Implicit {
    rest: Option<Asked>,
    http: Option<Asked>,
    /// By logical id; `None` for a stage whose name is no plain text.
    stages: BTreeMap<Text, Option<Text>>,
    /// The APIs of which nothing says that callers have to show who they are.
    open: BTreeSet<Text>,
    noted: Vec<Noted>,
}

/// Who asks for an API that no event names.
struct Asked {
    place: Place,
    /// The conditions of those who do; `None` for one without.
    conditions: Vec<Option<Entry>>,
}

/// A property that SAM adds to a resource because of an event.
struct Noted {
    id: Text,
    property: &'static str,
    place: Place,
}

impl Implicit {
    /// The APIs of the resources of a template.
    pub(super) fn new(resources: &[Entry], template: &Template) -> Self {
        let apis = resources
            .iter()
            .filter(|entry| entry.value.get_text("Type") == Some("AWS::Serverless::Api"));
        let stages = apis.map(|entry| {
            let properties = entry.value.get("Properties");
            let stage = properties.and_then(|properties| properties.get("StageName"));
            (entry.key.clone(), stage.and_then(Node::text).cloned())
        });
        let kinds = [
            ("Api", "AWS::Serverless::Api", REST),
            ("HttpApi", "AWS::Serverless::HttpApi", HTTP),
        ];
        let mut open = BTreeSet::new();
        for (section, kind, id) in kinds {
            let globals = template.globals.as_ref().and_then(|globals| globals.get(section));
            if globals.is_some_and(asks) {
                continue;
            }
            open.insert(Text::new_static(id));
            let declared = resources
                .iter()
                .filter(|entry| entry.value.get_text("Type") == Some(kind));
            let silent = declared.filter(|entry| !entry.value.get("Properties").is_some_and(asks));
            open.extend(silent.map(|entry| entry.key.clone()));
        }
        Self {
            open,
            rest: None,
            http: None,
            stages: stages.collect(),
            noted: Vec::new(),
        }
    }

    /// Whether nothing says that callers of an API have to show who they are.
    pub(super) fn is_open(&self, api: &Node) -> bool {
        match api.call() {
            Some(("Ref", id)) => id.text().is_some_and(|id| self.open.contains(id)),
            Some(_) | None => false,
        }
    }

    /// How the logical id of the permission for an API ends: the stage that it has, as far as that can be told.
    pub(super) fn ending(&self, api: Option<&Node>) -> String {
        let Some(api) = api else {
            return "Prod".to_owned();
        };
        let id = match api.call() {
            Some(("Ref", id)) => id.text(),
            Some(_) => None,
            None => api.text(),
        };
        match id.map(|id| self.stages.get(id)) {
            Some(Some(Some(stage))) => stage.chars().filter(char::is_ascii_alphanumeric).collect(),
            Some(_) => "Stage".to_owned(),
            None => "AllStages".to_owned(),
        }
    }

    /// The logical id of the API for an event of a kind, which `source` has.
    pub(super) fn needed(&mut self, event: &str, at: Place, source: &Macro<'_, '_, '_>) -> &'static str {
        let (asked, id) = if event == "Api" {
            (&mut self.rest, REST)
        } else {
            (&mut self.http, HTTP)
        };
        let asked = asked.get_or_insert_with(|| Asked {
            place: at,
            conditions: Vec::new(),
        });
        asked.conditions.push(source.condition().cloned());
        id
    }

    /// Notes that SAM adds a property to the resource that `reference` refers to.
    pub(super) fn note(&mut self, reference: Option<&Node>, property: &'static str, place: Place) {
        if let Some(("Ref", id)) = reference.and_then(Node::call)
            && let Some(id) = id.text()
        {
            let id = id.clone();
            self.noted.push(Noted { id, property, place });
        }
    }

    /// Adds the APIs that were asked for, and tells resources what was noted.
    pub(super) fn expand(self, instance: &Instance<'_, '_>, template: &Template, out: &mut Vec<Entry>) {
        let indices: BTreeMap<Text, usize> = out
            .iter()
            .enumerate()
            .map(|(index, resource)| (resource.key.clone(), index))
            .collect();
        for Noted { id, property, place } in self.noted {
            if let Some(resource) = indices.get(&id).and_then(|index| out.get_mut(*index)) {
                let why = "an event of SAM adds to it";
                let entry = Entry::made(place, property, Node::unknown(place, why));
                let properties = resource.value.get("Properties").and_then(Node::entries);
                if instance
                    .work
                    .spend(properties.map_or(1, <[Entry]>::len), place)
                    .is_ok()
                {
                    resource.value = resource.value.with_property(entry);
                }
            }
        }
        // A resource with the id of such an API takes its place.
        let is_free = |id: &str| !indices.contains_key(id);
        let (rest, http) = (
            self.rest.filter(|_| is_free(REST)),
            self.http.filter(|_| is_free(HTTP)),
        );
        let globals = |kind: &str| template.globals.as_ref().and_then(|globals| globals.get(kind));
        if let Some(api) = rest.and_then(|asked| asked.resource(instance, REST, Some("Prod"))) {
            apis::rest(&Macro::new(instance, &api, globals("Api")), out);
        }
        if let Some(api) = http.and_then(|asked| asked.resource(instance, HTTP, None)) {
            apis::http(&Macro::new(instance, &api, globals("HttpApi")), out);
        }
    }
}

impl Asked {
    /// The API; `None` when the conditions of all who ask for it are false.
    fn resource(self, instance: &Instance<'_, '_>, id: &str, stage: Option<&str>) -> Option<Entry> {
        let place = self.place;
        let stage = stage.map(|stage| Entry::made(place, "StageName", Node::text_at(place, stage)));
        let properties = Node::map_at(place, stage.into_iter().collect());
        let mut entries = vec![Entry::made(place, "Properties", properties)];
        match any(instance, &self.conditions) {
            Truth::True => {}
            Truth::False => return None,
            Truth::Unknown(why) => entries.push(Entry::made(place, "Condition", Node::unknown(place, why))),
        }
        Some(Entry::made(place, id, Node::map_at(place, entries)))
    }
}

/// Whether properties of an API say who may call it, or may say so out of sight.
fn asks(properties: &Node) -> bool {
    let telling = ["Auth", "DefinitionBody", "DefinitionUri", "Fn::Transform"];
    properties.call().is_some() || telling.iter().any(|name| properties.entry(name).is_some())
}

/// Whether any of the conditions of resources is true.
fn any(instance: &Instance<'_, '_>, conditions: &[Option<Entry>]) -> Truth {
    let mut result = Truth::False;
    for condition in conditions {
        let name = condition.as_ref().map(|entry| (entry, entry.value.text()));
        match name {
            None => return Truth::True,
            Some((entry, None)) => result = Truth::Unknown(format!("`{}` is no name", entry.key).into()),
            Some((entry, Some(name))) => match instance.condition(name, entry.value.place) {
                Truth::True => return Truth::True,
                Truth::False => {}
                unknown @ Truth::Unknown(_) => result = unknown,
            },
        }
    }
    result
}
