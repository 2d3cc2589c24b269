//! The fixtures, and the verdicts of policies on what they say.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use plumb_expr::{Inventory, Scope};
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, Scanned, scan};
use plumb_model::account::{Account, Provider};
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;

use crate::tree::Tree;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const LIVE_ACCOUNT: &str = "123456789012";

/// The languages with the file that a case of theirs is in.
pub(crate) const LANGUAGES: [(Language, &str); 4] = [
    (Language::Terraform, "main.tf"),
    (Language::CloudFormation, "stack.yaml"),
    (Language::Ack, "ack.yaml"),
    (Language::Crossplane, "crossplane.yaml"),
];

pub(crate) struct World {
    pub(crate) pack: Pack,
    /// The policies whose verdict follows from documents alone.
    pub(crate) policies: Vec<CompiledPolicy>,
    used: UsedPaths,
    pub(crate) fixes: Fixes,
    pub(crate) cases: Vec<Case>,
}

/// One case of a fixture.
pub(crate) struct Case {
    pub(crate) resource_type: String,
    pub(crate) name: String,
    pub(crate) document: Value,
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let pack = Pack::builtin().unwrap();
        let compiled = pack.policies().iter().map(|policy| pack.compile(policy).unwrap());
        let policies: Vec<CompiledPolicy> = compiled.filter(|policy| policy.path().is_none()).collect();
        let used = UsedPaths::of(&policies);
        let (fixes, problems) = pack.fixes();
        assert_eq!(problems, []);
        World {
            pack,
            policies,
            used,
            fixes,
            cases: cases(),
        }
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let fixture: Value =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for (resource_type, of_type) in fixture.as_map().unwrap().iter() {
            let of_type = of_type.as_map().unwrap().iter();
            cases.extend(of_type.map(|(name, document)| Case {
                resource_type: resource_type.to_string(),
                name: name.to_string(),
                document: document.clone(),
            }));
        }
    }
    cases
}

impl Case {
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.document.get(key).and_then(Value::as_str)
    }

    /// Why a policy is unknown from code.
    pub(crate) fn untold(&self, policy: &str) -> bool {
        let untold = self.document.get("untold").and_then(|untold| untold.get(policy));
        untold.and_then(Value::as_str).is_some_and(|why| !why.is_empty())
    }

    /// Whether there can be no such case in a language.
    pub(crate) fn lacks(&self, language: Language) -> bool {
        let without = self.document.get("without");
        without.is_some_and(|without| without.get(language.name()).is_some())
    }

    pub(crate) fn live(&self) -> Option<Documents> {
        let live = self.document.get("live")?;
        let mut resources = vec![self.collected(&self.resource_type, live)];
        let beside = self.document.get("beside").and_then(Value::as_map);
        for (resource_type, documents) in beside.iter().flat_map(|beside| beside.iter()) {
            let documents = documents.as_list().unwrap().iter();
            resources.extend(documents.map(|document| self.collected(resource_type, document)));
        }
        Some(Documents::of(resources, LIVE_ACCOUNT))
    }

    fn collected(&self, resource_type: &str, document: &Value) -> Resource {
        let known = world_type(resource_type);
        let attributes = document.as_map().cloned().unwrap_or_default();
        for (name, _) in attributes.iter() {
            assert!(
                known.attribute(name).is_some(),
                "{self}: `{resource_type}` has no attribute `{name}`"
            );
        }
        let text = |key: &str, otherwise: &str| {
            let text = attributes.get(key).and_then(Value::as_str);
            text.unwrap_or(otherwise).to_owned()
        };
        let (uid, name) = (text("uid", "live"), text("name", "live"));
        let region = text("region", REGION);
        Resource::new(uid, resource_type, name, LIVE_ACCOUNT, region, attributes)
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.resource_type, self.name)
    }
}

pub(crate) fn world_type(name: &str) -> std::sync::Arc<plumb_pack::schema::ResourceType> {
    let pack = &world().pack;
    pack.resource_type(name)
        .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
}

/// The documents of one side.
pub(crate) struct Documents {
    /// References that live as long as the test, as an inventory gives lists of references.
    by_type: BTreeMap<Text, Vec<&'static Value>>,
    account: Value,
}

impl Documents {
    fn of(resources: Vec<Resource>, account: &str) -> Self {
        let mut by_type: BTreeMap<Text, Vec<&'static Value>> = BTreeMap::new();
        for resource in resources {
            let of_type = by_type.entry(resource.resource_type.clone()).or_default();
            of_type.push(Box::leak(Box::new(resource.document().clone())));
        }
        Self {
            by_type,
            account: Account::new(Provider::Aws, account).document(),
        }
    }

    /// The worst verdict on documents of the type that the policy is about.
    pub(crate) fn verdict(&self, policy: &CompiledPolicy, resource_type: &str) -> Option<Verdict> {
        let of_type = self.by_type.get(resource_type)?;
        let verdicts = of_type.iter().map(|document| self.judge(policy, document));
        let worst = [
            Verdict::Fail,
            Verdict::Unknown,
            Verdict::Pass,
            Verdict::NotApplicable,
        ];
        let found: Vec<Verdict> = verdicts.collect();
        worst.into_iter().find(|verdict| found.contains(verdict))
    }

    pub(crate) fn judge(&self, policy: &CompiledPolicy, document: &Value) -> Verdict {
        let params = Value::Map(policy.policy.params.clone());
        policy.verdict(&self.scope(document, &params))
    }

    pub(crate) fn scope<'s>(&'s self, resource: &'s Value, params: &'s Value) -> Scope<'s> {
        Scope {
            resource,
            account: &self.account,
            params,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            inventory: self,
        }
    }
}

impl Inventory for Documents {
    fn of_type(&self, resource_type: &str) -> &[&Value] {
        self.by_type.get(resource_type).map_or(&[], Vec::as_slice)
    }

    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value> {
        let all = self.by_type.get(resource_type).into_iter().flatten().copied();
        all.filter(|found| found.get("region").and_then(Value::as_str) == Some(region))
            .collect()
    }

    fn related<'a>(&'a self, resource: &'a Value, resource_type: &str) -> Vec<&'a Value> {
        let own = resource.get("resource_type").and_then(Value::as_str).unwrap();
        let mut related: Vec<&Value> = Vec::new();
        for relation in &world_type(own).recipe.relations {
            for value in relation.attribute.all(resource) {
                let is_meant =
                    |target: &&Value| relation.by.iter().any(|name| target.get(name) == Some(value));
                let targets = self.by_type.get(resource_type).into_iter().flatten().copied();
                let targets = targets.filter(|_| relation.to == resource_type).filter(is_meant);
                related.extend(targets);
            }
        }
        related
    }
}

pub(crate) fn scanned(world: &World, case: &Case, file: &str, text: &str) -> Scanned {
    let mut files = vec![(file, text)];
    let beside = case.document.get("files").and_then(Value::as_map);
    for (path, text) in beside.iter().flat_map(|files| files.iter()) {
        files.push((path.as_str(), text.as_str().unwrap()));
    }
    let tree = Tree::of(&files);
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let options = Options {
        region: Some(Text::new_static(REGION)),
        ..Options::default()
    };
    scan(&world.pack, &tree, &paths, &world.used, &options)
}

pub(crate) fn documents(scanned: &Scanned) -> Documents {
    let resources = scanned.stacks.iter().flat_map(|stack| &stack.mapped.resources);
    let account = scanned
        .stacks
        .first()
        .and_then(|stack| stack.stack.account.clone());
    let resources = resources.map(|(resource, _)| resource.clone()).collect();
    Documents::of(resources, account.as_deref().unwrap_or("000000000000"))
}

/// The policies about a type.
pub(crate) fn about<'w>(
    world: &'w World,
    resource_type: &'w str,
) -> impl Iterator<Item = &'w CompiledPolicy> {
    world.policies.iter().filter(move |policy| {
        let name = world.pack.type_name(&policy.policy.resource_type);
        name.is_some_and(|name| name == resource_type)
    })
}
