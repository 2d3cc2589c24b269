//! What of an account can be judged: each resource once, with gaps for what contradicts itself or is of an unknown type.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::coverage::Gap;
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Reason, Text, Unreadable, Value};

/// The resources that can be judged, and what cannot.
pub(crate) struct Understood<'s> {
    /// Sorted by type and uid, each once.
    pub(crate) resources: Vec<Cow<'s, Resource>>,
    /// What is not understood, in no particular order.
    pub(crate) gaps: Vec<Gap>,
}

/// Sorts resources and joins those of one type and uid.
///
/// Equal documents are one. Of documents that disagree nobody can tell which is right, so that every attribute on which they do
/// counts as unread: a rule that needs it says unknown, and no step of the graph is certain or absent by it.
pub(crate) fn of<'s>(resources: &'s [Resource], known_types: &BTreeSet<Text>) -> Understood<'s> {
    let sorted = sorted(resources);
    let mut gaps = Gaps::default();
    let mut types: HashMap<&Text, &Resource> = HashMap::new();
    let mut joined = Vec::with_capacity(sorted.len());
    for alike in sorted.chunk_by(|a, b| a.resource_type == b.resource_type && a.uid == b.uid) {
        let Some((first, others)) = alike.split_first() else {
            continue;
        };
        if !known_types.contains(&first.resource_type) {
            gaps.unknown_type(first);
        }
        match types.get(&first.uid) {
            Some(other) => gaps.two_types(other, first),
            None => _ = types.insert(&first.uid, first),
        }
        joined.push(if others.is_empty() {
            Cow::Borrowed(*first)
        } else {
            Cow::Owned(join(first, others, &mut gaps))
        });
    }
    Understood {
        resources: joined,
        gaps: gaps.into_list(),
    }
}

/// Each different document once, in the order of type, uid and content.
fn sorted(resources: &[Resource]) -> Vec<&Resource> {
    let mut sorted: Vec<&Resource> = resources.iter().collect();
    sorted.sort_by(|a, b| {
        a.resource_type
            .cmp(&b.resource_type)
            .then_with(|| a.uid.cmp(&b.uid))
            .then_with(|| a.document().total_cmp(b.document()))
    });
    sorted.dedup_by(|a, b| a.resource_type == b.resource_type && a.uid == b.uid && a == b);
    sorted
}

fn join(first: &Resource, others: &[&Resource], gaps: &mut Gaps) -> Resource {
    let keys: BTreeSet<&Text> = std::iter::once(first)
        .chain(others.iter().copied())
        .filter_map(|resource| resource.document().as_map())
        .flat_map(|document| document.iter().map(|(key, _)| key))
        .collect();
    let mut joined = first.clone();
    for key in keys {
        let value = first.get(key);
        if others.iter().all(|other| other.get(key) == value) {
            continue;
        }
        let detail = format!("{} documents with this uid disagree on it", others.len() + 1);
        let marker = Unreadable {
            detail: Text::from(detail),
            ..Unreadable::new(Reason::NotUnderstood)
        };
        joined.set(key.clone(), Value::unreadable(marker));
        gaps.disagreement(first, key);
    }
    joined
}

/// What is not understood, summed by type, attribute and region.
#[derive(Default)]
struct Gaps(BTreeMap<(Text, Option<Text>, Text), (Text, u64)>);

impl Gaps {
    fn unknown_type(&mut self, resource: &Resource) {
        let detail = || Text::from("this version knows no resources of that type, so none of them is judged");
        let region = Text::new_static(GLOBAL_REGION);
        self.count((resource.resource_type.clone(), None, region), detail);
    }

    fn two_types(&mut self, other: &Resource, resource: &Resource) {
        let (uid, type_name) = (&resource.uid, &other.resource_type);
        let detail = || {
            Text::from(format!(
                "`{uid}` is the uid of something of the type {type_name} too"
            ))
        };
        let uid = Some(Text::new_static("uid"));
        self.count(
            (resource.resource_type.clone(), uid, resource.region.clone()),
            detail,
        );
    }

    fn disagreement(&mut self, resource: &Resource, attribute: &Text) {
        let uid = &resource.uid;
        let detail = || Text::from(format!("documents with the uid `{uid}` disagree on it"));
        let attribute = Some(attribute.clone());
        self.count(
            (resource.resource_type.clone(), attribute, resource.region.clone()),
            detail,
        );
    }

    /// Of several the first is named.
    fn count(&mut self, place: (Text, Option<Text>, Text), detail: impl FnOnce() -> Text) {
        let gap = self.0.entry(place).or_insert_with(|| (detail(), 0));
        gap.1 += 1;
    }

    fn into_list(self) -> Vec<Gap> {
        self.0
            .into_iter()
            .map(|((resource_type, attribute, region), (detail, count))| Gap {
                resource_type,
                attribute,
                region,
                unreadable: Unreadable {
                    detail,
                    ..Unreadable::new(Reason::NotUnderstood)
                },
                count,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use plumb_model::value::Map;

    use super::*;

    fn lamp(resource_type: &'static str, attributes: &str) -> Resource {
        let attributes: Map = serde_json::from_str(attributes).unwrap();
        Resource::new("/lamp", resource_type, "lamp", "1", "north", attributes)
    }

    fn check(resources: &[Resource], documents: &[&str], expected: &[&str]) {
        let known = BTreeSet::from([Text::from("lamp"), Text::from("desk")]);
        let mut reversed = resources.to_vec();
        reversed.reverse();
        for resources in [resources, &reversed] {
            let understood = of(resources, &known);
            let shown: Vec<String> = understood
                .resources
                .iter()
                .map(|resource| {
                    let bulb = resource.get("bulb").unwrap_or(&Value::Null);
                    format!(
                        "{} {}",
                        resource.resource_type,
                        serde_json::to_string(bulb).unwrap()
                    )
                })
                .collect();
            assert_eq!(shown, documents);
            let gaps: Vec<String> = understood
                .gaps
                .iter()
                .map(|gap| {
                    let attribute = gap.attribute.as_deref().unwrap_or("-");
                    format!(
                        "{} {attribute} {} {}",
                        gap.resource_type, gap.count, gap.unreadable.detail
                    )
                })
                .collect();
            assert_eq!(gaps, expected);
        }
    }

    #[test]
    fn equal_twins_are_one() {
        let led = || lamp("lamp", r#"{"bulb":"led"}"#);
        check(&[led(), led()], &[r#"lamp "led""#], &[]);
    }

    #[test]
    fn what_twins_disagree_on_is_unread_in_either_order() {
        let marker = r#"lamp {"$unreadable":{"reason":"not_understood","detail":"2 documents with this uid disagree on it"}}"#;
        let gap = "lamp bulb 1 documents with the uid `/lamp` disagree on it";
        let led = || lamp("lamp", r#"{"bulb":"led","watts":5}"#);
        for other in [r#"{"bulb":null,"watts":5}"#, r#"{"watts":5}"#] {
            check(&[led(), lamp("lamp", other)], &[marker], &[gap]);
        }
    }

    #[test]
    fn unknown_types_and_uids_of_two_types_are_gaps() {
        check(
            &[lamp("lamp", "{}"), lamp("desk", "{}")],
            &["desk null", "lamp null"],
            &["lamp uid 1 `/lamp` is the uid of something of the type desk too"],
        );
        check(
            &[lamp("nope", "{}")],
            &["nope null"],
            &["nope - 1 this version knows no resources of that type, so none of them is judged"],
        );
    }
}
