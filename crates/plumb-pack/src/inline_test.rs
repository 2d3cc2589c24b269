//! Running the inline tests of policies.

use std::sync::Arc;

use jiff::Timestamp;
use plumb_expr::{Fields, Inventory, Scope, Truth, Type, exposure_type};
use plumb_model::account::Account;
use plumb_model::finding::Evidence;
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_model::verdict::Verdict;

use crate::compiled::CompiledPolicy;
use crate::pack::Pack;
use crate::policy::{Policy, PolicyTest, TestPath, TestResource};
use crate::requirement::{Led, PathRequirement, TAGS_UNREAD};
use crate::schema::ResourceType;
use crate::sensitivity::{self, Classified};
use crate::suggest::did_you_mean;

/// What became of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct TestOutcome {
    /// The policy.
    pub policy: Text,
    /// The case.
    pub name: Text,
    /// The verdict that must come out.
    pub expected: Verdict,
    /// The verdict that came out; `None` when the case could not be run.
    pub actual: Option<Verdict>,
    /// What is wrong; `None` for a case that holds.
    pub problem: Option<String>,
    /// Why the verdict is what it is.
    pub evidence: Option<Evidence>,
}

/// The account that resources of cases live in, unless they say otherwise.
pub const TEST_ACCOUNT: &str = "123456789012";
/// The region that resources of cases live in, unless they say otherwise.
pub const TEST_REGION: &str = "us-east-1";
/// The time of cases that do not say theirs: 2026-01-01T00:00:00Z, in seconds since 1970.
pub const TEST_NOW: i64 = 1_767_225_600;

/// What the members of an exposure may say.
const LEVELS: [&str; 5] = ["none", "internal", "accounts", "narrow", "wide"];
const INTERNET: [&str; 3] = ["none", "narrow", "wide"];

/// Runs the cases of one policy.
pub fn run_tests(pack: &Pack, policy: &Arc<Policy>) -> Vec<TestOutcome> {
    let compiled = pack.compile(policy);
    policy
        .tests
        .iter()
        .map(|test| run(pack, compiled.as_ref().ok(), policy, test))
        .collect()
}

fn run(pack: &Pack, compiled: Option<&CompiledPolicy>, policy: &Policy, test: &PolicyTest) -> TestOutcome {
    let outcome = TestOutcome {
        policy: policy.name.clone(),
        name: test.name.clone(),
        expected: test.expect,
        actual: None,
        problem: None,
        evidence: None,
    };
    let Some(compiled) = compiled else {
        return TestOutcome {
            problem: Some("the policy does not compile".to_owned()),
            ..outcome
        };
    };
    let documents = match Documents::of(pack, policy, test) {
        Ok(documents) => documents,
        Err(problem) => {
            return TestOutcome {
                problem: Some(problem),
                ..outcome
            };
        }
    };
    let inventory = TestInventory::of(&documents);
    let params = test.params(policy);
    let scope = Scope {
        resource: &documents.resource,
        account: &documents.account,
        params: &params,
        now: test
            .now
            .unwrap_or_else(|| Timestamp::from_second(TEST_NOW).unwrap_or_default()),
        inventory: &inventory,
    };
    let (actual, evidence) = match (compiled.path(), &test.paths) {
        (Some(path), Some(paths)) if compiled.applies(&scope) == Truth::True => {
            by_paths(&documents, path, paths)
        }
        _ => {
            let verdict = compiled.verdict(&scope);
            (verdict, compiled.evidence(&scope, verdict))
        }
    };
    let problem = if actual != test.expect {
        let because = evidence
            .as_ref()
            .map(|evidence| format!(": {}", evidence.message))
            .unwrap_or_default();
        Some(format!("expected {}, got {actual}{because}", test.expect))
    } else {
        missing_evidence(test, evidence.as_ref())
    };
    TestOutcome {
        actual: Some(actual),
        problem,
        evidence,
        ..outcome
    }
}

/// The verdict of a policy that forbids attack paths.
fn by_paths(
    documents: &Documents<'_>,
    requirement: &PathRequirement,
    paths: &[TestPath],
) -> (Verdict, Option<Evidence>) {
    if let Some(least) = requirement.sensitivity {
        let content = documents.classified();
        if content.level < least {
            return match content.certainty {
                sensitivity::Certainty::Certain => (Verdict::NotApplicable, None),
                sensitivity::Certainty::TagsUnread => requirement.unknown(TAGS_UNREAD, Vec::new()),
            };
        }
    }
    let riskiest = |counts: &dyn Fn(&&TestPath) -> bool| {
        let among = paths.iter().filter(|path| requirement.from.includes(path.from));
        among.filter(counts).map(|path| path.risk).max()
    };
    requirement.judge(&Led {
        sure: riskiest(&|path| path.certainty <= requirement.certainty),
        any: riskiest(&|_| true),
        hidden: &[],
    })
}

fn missing_evidence(test: &PolicyTest, evidence: Option<&Evidence>) -> Option<String> {
    let wanted = test.evidence.as_ref()?;
    let found = evidence.is_some_and(|evidence| {
        evidence.message.contains(wanted.as_str())
            || evidence.expression.contains(wanted.as_str())
            || evidence
                .observed
                .iter()
                .any(|observed| observed.value.to_string().contains(wanted.as_str()))
            || evidence
                .unreadable
                .iter()
                .any(|unreadable| unreadable.to_string().contains(wanted.as_str()))
    });
    let shown = evidence.map_or("there is none", |evidence| evidence.message.as_str());
    (!found).then(|| format!("the evidence does not mention `{wanted}`: {shown}"))
}

/// Everything a case sees.
struct Documents<'p> {
    pack: &'p Pack,
    resource: Value,
    /// What reaches the resource; `None` when nobody looked.
    exposure: Option<Value>,
    judged: Arc<ResourceType>,
    account: Value,
    /// By type; a type that could not be listed has one unreadable element.
    inventory: Vec<(Text, Vec<Value>)>,
    outside: Value,
}

impl<'p> Documents<'p> {
    fn of(pack: &'p Pack, policy: &Policy, test: &PolicyTest) -> Result<Self, String> {
        let judged = resource_type(pack, &policy.resource_type)?;
        let resource = document(&judged, &test.resource, &test.unreadable)?;
        let mut account = Account::new(policy.provider, TEST_ACCOUNT).document();
        if let Value::Map(map) = &mut account {
            for (name, value) in test.account.iter() {
                if !map.contains_key(name) {
                    let known: Vec<Text> = map.iter().map(|(name, _)| name.clone()).collect();
                    let help = did_you_mean(name, known.iter().map(Text::as_str)).unwrap_or_default();
                    return Err(format!("`account` has no field `{name}` {help}")
                        .trim_end()
                        .to_owned());
                }
                map.insert(name.clone(), value.clone());
            }
        }
        let mut inventory = Vec::new();
        for (name, resources) in &test.inventory {
            let type_ = resource_type(pack, name)?;
            let document =
                |resource: &TestResource| document(&type_, &resource.attributes, &resource.unreadable);
            let documents = resources.iter().map(document).collect::<Result<Vec<_>, _>>()?;
            inventory.push((type_.name.clone(), documents));
        }
        for name in &test.unreadable_types {
            let type_ = resource_type(pack, name)?;
            inventory.push((type_.name.clone(), vec![unreadable(list_call(&type_))]));
        }
        let outside = Value::unreadable(Unreadable::new(Reason::OutOfScope));
        Ok(Self {
            pack,
            resource,
            exposure: test.exposure.as_ref().map(exposure).transpose()?,
            judged,
            account,
            inventory,
            outside,
        })
    }
}

impl Documents<'_> {
    /// How sensitive the content of the resource is.
    fn classified(&self) -> Classified {
        let text = |document: &Value, key: &str| {
            let text = document.get(key).and_then(Value::as_str);
            text.map(Text::from)
        };
        let default = self.judged.recipe.graph.as_ref().map(|role| role.sensitivity);
        self.pack.sensitivity().classify(
            &text(&self.resource, "name").unwrap_or_default(),
            self.resource.get("tags").unwrap_or(&Value::Null),
            text(&self.account, "data_class").as_deref(),
            default.unwrap_or_default(),
        )
    }
}

/// What reaches the resource of a case; members that it does not name are unknown.
fn exposure(members: &Map) -> Result<Value, String> {
    let Type::Object(fields) = exposure_type() else {
        return Err("an exposure has no members".to_owned());
    };
    if let Some(problem) = crate::conformity::misfit(&Value::Map(members.clone()), &exposure_type()) {
        return Err(format!("`exposure`{problem}"));
    }
    for (key, words) in [("level", LEVELS.as_slice()), ("internet", INTERNET.as_slice())] {
        if let Some(word) = members.get(key).and_then(Value::as_str)
            && !words.contains(&word)
        {
            return Err(format!(
                "`exposure.{key}` is `{word}`, expected one of {}, unknown",
                words.join(", ")
            ));
        }
    }
    let member = |name: Text| {
        let given = members.get(&name).filter(|value| !value.is_null()).cloned();
        let value = given.unwrap_or_else(|| Value::unreadable(Unreadable::new(Reason::NotCollected)));
        (name, value)
    };
    Ok(Value::Map(fields.names().into_iter().map(member).collect()))
}

fn resource_type(pack: &Pack, name: &str) -> Result<Arc<ResourceType>, String> {
    let message = |found: Vec<plumb_model::diagnostic::Diagnostic>| {
        found.first().map_or_else(
            || format!("`{name}` cannot be used"),
            |diagnostic| diagnostic.message.clone(),
        )
    };
    pack.resource_type(name).map_err(message)
}

/// The document of a resource as a case describes it; see `docs/specs/policy.md` for what is assumed.
fn document(type_: &ResourceType, attributes: &Map, gaps: &[Text]) -> Result<Value, String> {
    let text = |key: &str| match attributes.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    for (name, value) in attributes.iter() {
        let attribute = type_
            .attribute(name)
            .ok_or_else(|| unknown_attribute(type_, name))?;
        if let Some(problem) = crate::conformity::misfit(value, &attribute.type_) {
            return Err(format!("attribute `{name}`{problem}"));
        }
    }
    let name = text("name").unwrap_or(Text::new_static("test"));
    let mut map: Map = attributes
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !map.contains_key("tags") {
        map.insert("tags", Map::new());
    }
    for gap in gaps {
        // A merged fact stands for all its attributes.
        let merged = type_.recipe.fact(gap).filter(|fact| fact.merge);
        let names: Vec<Text> = match merged {
            Some(fact) => type_
                .attributes()
                .iter()
                .filter(|attribute| {
                    type_
                        .fact_of(&attribute.name)
                        .is_some_and(|found| found.name == fact.name)
                })
                .map(|attribute| attribute.name.clone())
                .collect(),
            None => vec![gap.clone()],
        };
        for name in names {
            if type_.attribute(&name).is_none() {
                return Err(unknown_attribute(type_, &name));
            }
            let call = type_.fact_of(&name).map(|fact| &fact.call).or(list_call(type_));
            map.insert(name, unreadable(call));
        }
    }
    let uid = text("uid").unwrap_or_else(|| name.clone());
    let account = text("account").unwrap_or(Text::new_static(TEST_ACCOUNT));
    let region = text("region").unwrap_or(Text::new_static(TEST_REGION));
    Ok(Resource::new(uid, type_.name.clone(), name, account, region, map)
        .document()
        .clone())
}

fn unknown_attribute(type_: &ResourceType, name: &str) -> String {
    let names = type_.names();
    let help = did_you_mean(name, names.iter().map(Text::as_str))
        .map(|help| format!("; {help}"))
        .unwrap_or_default();
    format!("`{}` has no attribute `{name}`{help}", type_.name)
}

fn list_call(type_: &ResourceType) -> Option<&crate::recipe::Call> {
    match &type_.recipe.origin {
        crate::recipe::Origin::List(list) => Some(&list.call),
        crate::recipe::Origin::Single | crate::recipe::Origin::Declared => None,
    }
}

fn unreadable(call: Option<&crate::recipe::Call>) -> Value {
    let name = |call: &crate::recipe::Call| Text::from(format!("{}:{}", call.service, call.operation));
    Value::unreadable(Unreadable {
        call: call.map(name),
        action: call.and_then(|call| call.actions.first().cloned()),
        ..Unreadable::new(Reason::Denied)
    })
}

/// The inventory of a case; relations are followed by looking at everything, which is slow and obvious.
struct TestInventory<'d> {
    documents: &'d Documents<'d>,
    by_type: Vec<(&'d Text, Vec<&'d Value>)>,
}

impl<'d> TestInventory<'d> {
    fn of(documents: &'d Documents<'d>) -> Self {
        let by_type = documents
            .inventory
            .iter()
            .map(|(name, list)| (name, list.iter().collect()))
            .collect();
        Self { documents, by_type }
    }
}

impl Inventory for TestInventory<'_> {
    fn of_type(&self, resource_type: &str) -> &[&Value] {
        self.by_type
            .iter()
            .find(|(name, _)| *name == resource_type)
            .map_or(&[], |(_, list)| list.as_slice())
    }

    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value> {
        let is_there = |found: &&Value| {
            let stands_for_more = matches!(found, Value::Unreadable(_));
            stands_for_more || found.get("region").and_then(Value::as_str) == Some(region)
        };
        self.of_type(resource_type)
            .iter()
            .copied()
            .filter(is_there)
            .collect()
    }

    fn related<'a>(&'a self, resource: &'a Value, resource_type: &str) -> Vec<&'a Value> {
        let own_type = resource
            .get("resource_type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Ok(type_) = self.documents.pack.resource_type(own_type) else {
            return Vec::new();
        };
        let mut related: Vec<&Value> = Vec::new();
        let mut add = |value| {
            if !related.contains(&value) {
                related.push(value);
            }
        };
        for relation in type_
            .recipe
            .relations
            .iter()
            .filter(|relation| relation.to == resource_type)
        {
            for value in relation.attribute.all(resource) {
                let matches =
                    |target: &&&Value| relation.by.iter().any(|name| target.get(name) == Some(value));
                let mut targets = self.of_type(resource_type).iter().filter(matches).peekable();
                match value {
                    Value::Unreadable(_) => add(value),
                    _ if targets.peek().is_none() => add(&self.documents.outside),
                    _ => targets.for_each(|target| add(target)),
                }
            }
        }
        related
    }

    fn exposure<'a>(&'a self, _resource: &'a Value) -> Option<&'a Value> {
        self.documents.exposure.as_ref()
    }
}
