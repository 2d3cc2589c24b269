//! One fixture per resource type as Terraform, as CloudFormation and as the cloud's own answer: the verdicts agree.
//!
//! The fixtures are `parity/<service>.yaml`: types with cases `good`, `bad` and others. `live` is the document as collected,
//! `beside` are others that policies look at; `files` stand beside the code. `untold` names policies
//! that code cannot answer in that case, `without` languages that cannot express it, with the reasons.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use plumb_expr::{Inventory, Scope};
use plumb_iac::fix::correct;
use plumb_iac::locate::spot;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, Scanned, scan};
use plumb_model::account::{Account, Provider};
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::{Language, Role};
use plumb_pack::pack::Pack;
use tree::Tree;

const REGION: &str = "us-east-1";
const LIVE_ACCOUNT: &str = "123456789012";

/// The languages with the file that a case of theirs is in.
const LANGUAGES: [(Language, &str); 2] = [
    (Language::Terraform, "main.tf"),
    (Language::CloudFormation, "stack.yaml"),
];

struct World {
    pack: Pack,
    /// The policies whose verdict follows from documents alone.
    policies: Vec<CompiledPolicy>,
    used: UsedPaths,
    fixes: Fixes,
    cases: Vec<Case>,
}

/// One case of a fixture.
struct Case {
    resource_type: String,
    name: String,
    document: Value,
}

fn world() -> &'static World {
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

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let fixture: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
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
    fn text(&self, key: &str) -> Option<&str> {
        self.document.get(key).and_then(Value::as_str)
    }

    /// Why a policy is unknown from code.
    fn untold(&self, policy: &str) -> bool {
        let untold = self.document.get("untold").and_then(|untold| untold.get(policy));
        untold.and_then(Value::as_str).is_some_and(|why| !why.is_empty())
    }

    /// Whether there can be no such case in a language.
    fn lacks(&self, language: Language) -> bool {
        let without = self.document.get("without");
        without.is_some_and(|without| without.get(language.name()).is_some())
    }

    fn live(&self) -> Option<Documents> {
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

fn world_type(name: &str) -> std::sync::Arc<plumb_pack::schema::ResourceType> {
    let pack = &world().pack;
    pack.resource_type(name)
        .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
}

/// The documents of one side.
struct Documents {
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
    fn verdict(&self, policy: &CompiledPolicy, resource_type: &str) -> Option<Verdict> {
        let of_type = self.by_type.get(resource_type)?;
        let verdicts = of_type.iter().map(|document| self.judge(policy, document));
        let worst = [Verdict::Fail, Verdict::Unknown, Verdict::Pass, Verdict::NotApplicable];
        let found: Vec<Verdict> = verdicts.collect();
        worst.into_iter().find(|verdict| found.contains(verdict))
    }

    fn judge(&self, policy: &CompiledPolicy, document: &Value) -> Verdict {
        let params = Value::Map(policy.policy.params.clone());
        policy.verdict(&self.scope(document, &params))
    }

    fn scope<'s>(&'s self, resource: &'s Value, params: &'s Value) -> Scope<'s> {
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
                let is_meant = |target: &&Value| relation.by.iter().any(|name| target.get(name) == Some(value));
                let targets = self.by_type.get(resource_type).into_iter().flatten().copied();
                let targets = targets.filter(|_| relation.to == resource_type).filter(is_meant);
                related.extend(targets);
            }
        }
        related
    }
}

fn scanned(world: &World, case: &Case, file: &str, text: &str) -> Scanned {
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

fn documents(scanned: &Scanned) -> Documents {
    let resources = scanned.stacks.iter().flat_map(|stack| &stack.mapped.resources);
    let account = scanned.stacks.first().and_then(|stack| stack.stack.account.clone());
    let resources = resources.map(|(resource, _)| resource.clone()).collect();
    Documents::of(resources, account.as_deref().unwrap_or("000000000000"))
}

/// The policies about a type.
fn about<'w>(world: &'w World, resource_type: &'w str) -> impl Iterator<Item = &'w CompiledPolicy> {
    world.policies.iter().filter(move |policy| {
        let name = world.pack.type_name(&policy.policy.resource_type);
        name.is_some_and(|name| name == resource_type)
    })
}

#[test]
fn verdicts_of_code_and_cloud_agree() {
    let world = world();
    let mut wrong = Vec::new();
    for case in &world.cases {
        let live = case.live();
        let mut sides: Vec<(&str, Documents)> = Vec::new();
        for (language, file) in LANGUAGES {
            let Some(text) = case.text(language.name()) else { continue };
            let scanned = scanned(world, case, file, text);
            let orphans = scanned.stacks.iter().flat_map(|stack| &stack.mapped.orphans);
            wrong.extend(orphans.map(|orphan| format!("{case}: `{}` is a part of nothing", orphan.address)));
            wrong.extend(scanned.problems.iter().map(|problem| format!("{case}: {problem}")));
            sides.push((language.name(), documents(&scanned)));
        }
        let mut seen = BTreeSet::new();
        for policy in about(world, &case.resource_type) {
            let name = &policy.policy.name;
            let expected = live.as_ref().and_then(|live| live.verdict(policy, &case.resource_type));
            seen.extend(expected);
            for (side, documents) in &sides {
                let verdict = documents.verdict(policy, &case.resource_type);
                seen.extend(verdict);
                let is_told = match (verdict, expected) {
                    (None, _) => false,
                    (Some(Verdict::Unknown), Some(known)) if known != Verdict::Unknown => {
                        case.untold(name)
                    }
                    (_, None) => true,
                    (verdict, expected) => verdict == expected,
                };
                if !is_told {
                    wrong.push(format!("{case}: {name} is {verdict:?} from {side}, {expected:?} live"));
                }
            }
        }
        let is_as_called = match case.name.as_str() {
            "good" => !seen.contains(&Verdict::Fail) && seen.contains(&Verdict::Pass),
            _ => seen.contains(&Verdict::Fail),
        };
        if !is_as_called {
            wrong.push(format!("{case}: the verdicts are {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mapped_type_with_policies_has_a_good_and_a_bad_fixture() {
    let world = world();
    let mut lacking = Vec::new();
    for (language, _) in LANGUAGES {
        let mappings = world.pack.mappings(language);
        for resource_type in mappings.resource_types().filter(|name| name.starts_with("aws_")) {
            let mut whole = mappings.of_resource(resource_type);
            let is_whole = whole.any(|mapping| matches!(mapping.role, Role::Whole { .. }));
            let is_judged = about(world, resource_type).any(|policy| decided(world, policy, resource_type));
            if !is_whole || !is_judged {
                continue;
            }
            for name in ["good", "bad"] {
                let mut cases = world.cases.iter();
                let found = cases.find(|case| case.resource_type == *resource_type && case.name == name);
                let is_there = found.is_some_and(|case| {
                    let is_written = case.text(language.name()).is_some() || case.lacks(language);
                    is_written && case.document.get("live").is_some()
                });
                if !is_there {
                    lacking.push(format!("{resource_type}: no {name} case in {}", language.name()));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

/// Whether code tells something that a policy reads.
fn decided(world: &World, policy: &CompiledPolicy, resource_type: &str) -> bool {
    let covers = |path: &[Text]| {
        LANGUAGES.iter().any(|(language, _)| {
            let mappings = world.pack.mappings(*language);
            let mut mappings = mappings.of_resource(resource_type);
            mappings.any(|mapping| plumb_pack::mapping_cover::Cover::of(mapping).covers(path))
        })
    };
    let mut uses = policy.programs().flat_map(plumb_expr::Program::uses);
    uses.any(|used| used.root == plumb_expr::Root::Resource && !used.path.is_empty() && covers(&used.path))
}

#[test]
fn nothing_is_called_untold_that_code_tells() {
    let world = world();
    let mut idle = Vec::new();
    for case in &world.cases {
        let untold = case.document.get("untold").and_then(Value::as_map).cloned().unwrap_or_default();
        let sides: Vec<Documents> = LANGUAGES
            .iter()
            .filter_map(|(language, file)| Some(documents(&scanned(world, case, file, case.text(language.name())?))))
            .collect();
        for (name, _) in untold.iter() {
            let policy = about(world, &case.resource_type).find(|policy| policy.policy.name == *name);
            let is_unknown = |side: &Documents| {
                policy.and_then(|policy| side.verdict(policy, &case.resource_type)) == Some(Verdict::Unknown)
            };
            if !sides.iter().any(is_unknown) {
                idle.push(format!("{case}: {name}"));
            }
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// What a correction of the findings of a policy in a case makes of the code.
struct Corrected {
    text: String,
    /// The types of the corrected blocks.
    kinds: BTreeSet<Text>,
}

/// Corrects everything that fails; `None` when there is nothing to correct, or nobody knows how.
fn corrected(
    world: &World,
    case: &Case,
    policy: &CompiledPolicy,
    (language, file, text): (Language, &str, &str),
) -> Option<Corrected> {
    let scanned = scanned(world, case, file, text);
    let documents = documents(&scanned);
    let params = Value::Map(policy.policy.params.clone());
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let mut kinds = BTreeSet::new();
    for stack in &scanned.stacks {
        let of_type = stack.mapped.resources.iter();
        for (resource, places) in of_type.filter(|(found, _)| found.resource_type == case.resource_type) {
            if documents.judge(policy, resource.document()) != Verdict::Fail {
                continue;
            }
            let scope = documents.scope(resource.document(), &params);
            let evidence = policy.evidence(&scope, Verdict::Fail);
            let (_, origins) = spot(&scanned.sources, places, evidence.as_ref());
            let name = &policy.policy.name;
            let found = origins.into_iter().find_map(|origin| {
                let correction = correct(&scanned.sources, &world.fixes, name, language, &[origin]).ok()?;
                Some((correction, origin))
            });
            let (correction, origin) = found?;
            let block = stack.stack.blocks.iter().find(|block| block.address == origin.address);
            kinds.insert(block.unwrap().kind.clone());
            for edit in correction.edits {
                let edit = (edit.place.range(), edit.text);
                if !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse((range.start, range.end)));
    let mut text = text.to_owned();
    for (range, new) in &edits {
        text.replace_range(range.clone(), new);
    }
    (!edits.is_empty()).then_some(Corrected { text, kinds })
}

#[test]
fn corrections_make_their_policies_pass_and_keep_comments() {
    let world = world();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for case in &world.cases {
        for policy in about(world, &case.resource_type) {
            let name = &policy.policy.name;
            for (language, file) in LANGUAGES {
                let Some(text) = case.text(language.name()) else { continue };
                let Some(after) = corrected(world, case, policy, (language, file, text)) else {
                    continue;
                };
                used.extend(after.kinds.into_iter().map(|kind| (name.clone(), language, kind)));
                let scanned = scanned(world, case, file, &after.text);
                let verdict = documents(&scanned).verdict(policy, &case.resource_type);
                let comments = text.lines().filter_map(|line| Some(line.split_once('#')?.1));
                let lost: Vec<&str> = comments.filter(|comment| !after.text.contains(comment)).collect();
                let is_sound = verdict == Some(Verdict::Pass) && lost.is_empty() && scanned.problems.is_empty();
                if !is_sound {
                    wrong.push(format!("{case}: {name} is {verdict:?}, lost {lost:?} in\n{}", after.text));
                }
            }
        }
    }
    for (key, _) in world.fixes.iter() {
        let (name, language, kind) = key;
        if kind.starts_with("aws_") || kind.starts_with("AWS::") {
            if !used.contains(key) {
                wrong.push(format!("no fixture needs the correction of `{kind}` for {name} in {}", language.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
