//! `plumb whatif`: what would remain of the attack paths after a change.

use std::borrow::Cow;
use std::collections::BTreeSet;

use plumb_expr::Root;
use plumb_graph::near::nearest;
use plumb_graph::paths::Limits;
use plumb_graph::security::SecurityGraph;
use plumb_graph::whatif::{self, Change, Narrowing, UnknownChange};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::{FindingView, Report};
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::graph_role::GraphRole;
use plumb_report::identity::fingerprint;
use plumb_report::terminal::answers;

use crate::addresses::Addresses;
use crate::answer::{did_you_mean, one_of};
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph_arguments::{AnswerFormat, WhatifArguments};
use crate::paths::look;
use crate::source::{Judging, Source};

/// The number of digits of a fingerprint.
const FINGERPRINT: usize = 32;

/// How many names are proposed in place of an unknown one.
const MOST_NEAR: usize = 3;

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &WhatifArguments) -> Result<Status, Failed> {
    let source = &arguments.source;
    let (format, destination) = arguments.answer.open(source.snapshot.as_deref())?;
    let judging = if arguments.fix.is_empty() {
        Judging::Nothing
    } else {
        Judging::EveryPolicy
    };
    let read = Source::read(console, source, judging)?;
    let (gaps, addresses) = (read.gaps.clone(), read.addresses.clone());
    let (policies, knowledge) = (read.policies.clone(), std::sync::Arc::clone(&read.knowledge));
    let (report, assembled) = read.findings_and_graph();
    let security = &assembled.graph;
    let mut change = Change::default();
    let mut assumed = Vec::new();
    for name in &arguments.remove {
        let name = meant(&addresses, name);
        change.remove(security, &name).map_err(|error| unknown(&error))?;
    }
    for name in &arguments.fix {
        let finding = find(&report, &policies, &addresses, name)?;
        let role = knowledge
            .type_id(&finding.policy.resource_type)
            .and_then(|id| knowledge.role(id));
        assumed.push(mend(&mut change, security, role, &policies, &finding));
    }
    if !change.facts.is_empty() {
        assumed.push(Text::new_static(
            "a step falls with any of the facts that it rests on; where another rule or statement allows the same, more remains than is said",
        ));
    }
    let mut answer = whatif::ask(security, &knowledge.weights, &Limits::default(), &change);
    answer.assumed = assumed;
    match format {
        AnswerFormat::Terminal => {
            let (width, color) = look(console, &destination);
            destination.text(&answers::what_if(&answer, width, color))
        }
        AnswerFormat::Json => destination.json("what_if", &answer, &gaps.with_problems(security)),
    }?;
    gaps.warn(console);
    Ok(gaps.status())
}

/// A change with the uids of resources that it names by the addresses of their blocks.
fn meant<'n>(addresses: &Addresses, name: &'n str) -> Cow<'n, str> {
    if let Some((from, to)) = name.rsplit_once("-> ") {
        let (from, kind) = match from.rfind("-[") {
            Some(at) => from.split_at(at),
            None => (from, ""),
        };
        let (start, end) = (addresses.meant(from.trim()), addresses.meant(to.trim()));
        if (start, end) == (from.trim(), to.trim()) {
            return Cow::Borrowed(name);
        }
        return Cow::Owned(format!("{start} {kind}-> {end}"));
    }
    let (resource, attribute) = match name.rfind('#') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    match addresses.meant(resource) {
        same if same == resource => Cow::Borrowed(name),
        uid => Cow::Owned(format!("{uid}{attribute}")),
    }
}

/// Adds what a finding speaks of, and says what was assumed.
fn mend(
    change: &mut Change,
    security: &SecurityGraph,
    role: Option<&GraphRole>,
    policies: &[CompiledPolicy],
    finding: &FindingView<'_>,
) -> Text {
    let policy = &finding.policy.name;
    let uid = &finding.resource.uid;
    let attributes: BTreeSet<Text> = policies
        .iter()
        .filter(|compiled| compiled.policy.name == *policy)
        .flat_map(|compiled| compiled.programs().flat_map(plumb_expr::Program::uses))
        .filter(|used| used.root == Root::Resource)
        .filter_map(|used| used.path.first().cloned())
        .collect();
    let gates: BTreeSet<Text> = role.map(GraphRole::gates).unwrap_or_default();
    let is_gate = !gates.is_disjoint(&attributes);
    let read: Vec<&str> = attributes.iter().map(Text::as_str).collect();
    let read = read.join("`, `");
    Text::from(match change.mend(&security.graph, uid, &attributes) {
        // What decides whether it is open at all stands behind every fact.
        Narrowing::Elsewhere if is_gate && change.remove(security, uid).is_ok() => format!(
            "mending `{policy}` takes away every fact of `{uid}` that the graph rests on, because what the policy reads, `{read}`, decides whether it is open to others"
        ),
        Narrowing::Attributes => format!(
            "mending `{policy}` takes away every fact of `{uid}` under what the policy reads: `{read}`"
        ),
        Narrowing::Elsewhere => format!(
            "no step rests on what `{policy}` reads of `{uid}`, `{read}`, so mending it closes none; `--remove '{uid}'` takes away everything that the graph rests on there"
        ),
        Narrowing::Nothing => {
            format!("no step of the graph rests on `{uid}`, so mending `{policy}` changes none")
        }
    })
}

/// The failing finding that a text means.
fn find<'r>(
    report: &'r Report,
    policies: &[CompiledPolicy],
    addresses: &Addresses,
    name: &str,
) -> Result<FindingView<'r>, Failed> {
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    let found = if name.len() == FINGERPRINT && name.bytes().all(is_digit) {
        let wanted = name.to_ascii_lowercase();
        let found = report.findings().find(|view| fingerprint(view) == wanted);
        found.ok_or_else(|| {
            Diagnostic::error(format!("no finding has the fingerprint `{name}`")).help(
                "fingerprints stand in `--format jsonl` and `--format csv` of a scan of the same accounts",
            )
        })
    } else {
        by_name(report, policies, addresses, name)
    };
    let finding = found?;
    let (policy, uid) = (&finding.policy.name, &finding.resource.uid);
    match finding.finding.verdict {
        Verdict::Fail => Ok(finding),
        verdict @ (Verdict::Pass | Verdict::NotApplicable | Verdict::Unknown) => {
            let message = format!(
                "`{policy}` does not fail on `{uid}`: its verdict is {}",
                verdict.name()
            );
            Err(Diagnostic::error(message)
                .help("only a failure can be mended; `--remove RESOURCE` takes away what the graph rests on")
                .into())
        }
    }
}

fn by_name<'r>(
    report: &'r Report,
    policies: &[CompiledPolicy],
    addresses: &Addresses,
    name: &str,
) -> Result<FindingView<'r>, Diagnostic> {
    let Some((policy, resource)) = name.split_once('@') else {
        return Err(Diagnostic::error(format!("`{name}` is no finding"))
            .help("write it as `POLICY@RESOURCE`, or give the 32 digits of its fingerprint"));
    };
    let resource = addresses.meant(resource);
    let meant: BTreeSet<&Text> = policies
        .iter()
        .filter(|compiled| compiled.policy.is_called(policy))
        .map(|compiled| &compiled.policy.name)
        .collect();
    let is_policy = |view: &FindingView<'_>| meant.contains(&view.policy.name);
    let of_policy: Vec<FindingView<'_>> = report.findings().filter(is_policy).collect();
    if of_policy.is_empty() {
        let names = report.policies.iter().map(|policy| policy.name.as_str());
        let near = owned(nearest(policy, names, MOST_NEAR));
        return Err(Diagnostic::error(format!("no policy `{policy}` judged anything"))
            .help(did_you_mean(&near, "`plumb policy list` lists the policies")));
    }
    let on = |view: &&FindingView<'_>| view.resource.uid == resource || view.resource.name == resource;
    let found: Vec<&FindingView<'_>> = of_policy.iter().filter(on).collect();
    match found.as_slice() {
        [only] => Ok(**only),
        [] => {
            let failing = of_policy
                .iter()
                .filter(|view| view.finding.verdict == Verdict::Fail);
            let uids = failing.map(|view| view.resource.uid.as_str());
            let near = owned(nearest(resource, uids, MOST_NEAR));
            Err(
                Diagnostic::error(format!("`{policy}` judged no resource `{resource}`"))
                    .help(did_you_mean(&near, "name the resource by its uid")),
            )
        }
        several => {
            let uids: Vec<String> = several
                .iter()
                .map(|view| view.resource.uid.to_string())
                .take(MOST_NEAR)
                .collect();
            Err(Diagnostic::error(format!(
                "`{policy}` judged {} resources called `{resource}`",
                several.len()
            ))
            .help(format!("name one by its uid: {}", one_of(&uids, several.len()))))
        }
    }
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// What is wrong with the name of a change or of a resource.
pub(crate) fn unknown(error: &UnknownChange) -> Failed {
    let help = match error {
        UnknownChange::Resource { near, resources: 0, .. } => did_you_mean(
            near,
            "`plumb graph query 'MATCH (n) RETURN n.uid, n.name'` lists all resources",
        ),
        UnknownChange::Resource { near, resources, .. } => {
            format!("name one by its uid: {}", one_of(near, *resources))
        }
        UnknownChange::Kind(_) => {
            "kinds are reaches, runs_as, can_assume, can_escalate_to, holds, can_read, can_write and can_administer"
                .to_owned()
        }
        UnknownChange::Step { .. } => {
            "`plumb paths show ID` names the ends of each step".to_owned()
        }
        UnknownChange::Fact { near, .. } => did_you_mean(
            near,
            "`plumb chokepoints` names facts; `plumb whatif --help` says how facts and steps are written",
        ),
    };
    Diagnostic::error(error.to_string()).help(help).into()
}
