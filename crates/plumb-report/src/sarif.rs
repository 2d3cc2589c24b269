//! SARIF 2.1.0: a rule per policy, a result per finding, a notification per gap in coverage.
//!
//! Attribute meanings: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; what code scanning reads:
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

pub(crate) mod fix;
pub(crate) mod location;
mod room;
mod rule;

use std::io::{self, Write};

use plumb_model::finding::Standing;
use plumb_model::report::{FindingView, Report};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use serde::Serialize;

use crate::digest::obstacles;
use crate::identity::fingerprint;
use crate::json_text::{write_json, write_json_lines_array};
use crate::numbers::counted;
use crate::options::RenderOptions;
use crate::path_index::PathIndex;
use crate::risk_json::{AcceptedEntry, RiskEntry, accepted};
use crate::visible::visible;
use fix::{Fix, fixes};
use location::{Location, RelatedLocation, related};
use room::{MAX_RESULTS, Room};
use rule::{Rule, level};

/// Writes one log with one run.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    // Code scanning makes an alert of every result, whatever its kind.
    let verdicts = options.listed_verdicts(&[Verdict::Fail]);
    let listed = report.findings().filter(|view| is_listed(view, &verdicts));
    let mut room = Room::of(listed.map(|view| view.policy.severity));
    out.write_all(
        b"{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\",\n\
        \"version\":\"2.1.0\",\n\"runs\":[{\n\"tool\":{\"driver\":{\"name\":\"Plumb\",\"version\":",
    )?;
    write_json(&report.plumb_version, out)?;
    out.write_all(b",\n\"rules\":")?;
    write_json_lines_array(report.policies.iter().map(Rule::new), out)?;
    out.write_all(b"}},\n\"invocations\":")?;
    write_json(&[Invocation::new(report, &room)], out)?;
    out.write_all(b",\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":")?;
    let paths = PathIndex::new(report);
    let listed = report
        .findings()
        .filter(|view| is_listed(view, &verdicts) && room.take(view.policy.severity));
    write_json_lines_array(
        listed.map(|view| SarifResult::new(report, &view, &paths, options)),
        out,
    )?;
    out.write_all(b"\n}]}\n")
}

fn is_listed(view: &FindingView<'_>, verdicts: &[Verdict]) -> bool {
    verdicts.contains(&view.finding.verdict) && view.finding.standing != Standing::Untouched
}

/// A message in which nothing is taken for a placeholder or a link.
///
/// Braces are doubled as section 3.11.5 asks, and a space parts what would be an embedded link (3.11.6).
#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    fn new(text: &str) -> Self {
        Self {
            text: visible(text)
                .replace('{', "{{")
                .replace('}', "}}")
                .replace("](", "] ("),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

impl Invocation {
    /// An interrupted scan is not successful; a gap is a warning.
    fn new(report: &Report, room: &Room) -> Self {
        let left_out = (room.left_out > 0).then(|| {
            let text = format!(
                "{} are left out, the least severe ones: code scanning takes {MAX_RESULTS} in a file; the format json has all",
                counted(room.left_out, "results")
            );
            Notification {
                level: "warning",
                message: Message::new(&text),
            }
        });
        let interrupted = report.accounts.iter().filter_map(|account| {
            let reason = account.coverage.interrupted?;
            let text = format!(
                "account `{}` was not read to its end: {}",
                account.account.id,
                reason.phrase()
            );
            Some(Notification {
                level: "error",
                message: Message::new(&text),
            })
        });
        let gaps = obstacles(report).into_iter().map(|obstacle| {
            let (verdicts, accounts) = (
                counted(obstacle.verdicts, "verdicts"),
                counted(obstacle.accounts, "accounts"),
            );
            let text = format!("{}; {verdicts} unknown in {accounts}", obstacle.cause);
            Notification {
                level: "warning",
                message: Message::new(&text),
            }
        });
        Self {
            execution_successful: report
                .accounts
                .iter()
                .all(|account| account.coverage.interrupted.is_none()),
            tool_execution_notifications: left_out.into_iter().chain(interrupted).chain(gaps).collect(),
        }
    }
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: u32,
    kind: &'static str,
    level: &'static str,
    /// 0 to 100, the most important first (3.27.25); left out when there is no risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u8>,
    message: Message,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    partial_fingerprints: Fingerprints,
    /// Section 3.27.24; left out when there is no baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    /// Section 3.27.23.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
    properties: ResultProperties<'a>,
}

impl<'a> SarifResult<'a> {
    fn new(
        report: &'a Report,
        view: &FindingView<'a>,
        paths: &PathIndex<'a>,
        options: &RenderOptions,
    ) -> Self {
        let FindingView { policy, finding, .. } = *view;
        // Section 3.27.9: `open` means that too little is known to decide; 3.27.10: only `fail` has a level.
        let (kind, level) = match finding.verdict {
            Verdict::Fail => ("fail", level(policy.severity)),
            Verdict::Unknown => ("open", "none"),
            Verdict::Pass => ("pass", "none"),
            Verdict::NotApplicable => ("notApplicable", "none"),
        };
        let fingerprint = fingerprint(view);
        Self {
            rule_id: &policy.name,
            rule_index: finding.policy,
            kind,
            level,
            rank: finding.risk.map(|risk| risk.score),
            message: Message::new(&message(view)),
            locations: [Location::new(view, options)],
            related_locations: related(view, options),
            fixes: fixes(view, options),
            partial_fingerprints: Fingerprints {
                plumb: fingerprint.clone(),
                primary_location: fingerprint,
            },
            baseline_state: baseline_state(report, view),
            suppressions: Suppression::of(report, view),
            properties: ResultProperties {
                verdict: finding.verdict,
                account: &view.account.account.id,
                region: &view.resource.region,
                resource_type: &view.resource.resource_type,
                aliases: &policy.aliases,
                unreadable: unreadable(view),
                risk: RiskEntry::of(view),
                exposure: view.resource.exposure,
                attack_paths: paths.of(view).to_vec(),
                accepted: AcceptedEntry::of(report, view),
            },
        }
    }
}

fn baseline_state(report: &Report, view: &FindingView<'_>) -> Option<&'static str> {
    report.focus.as_ref()?.baseline?;
    (view.finding.verdict == Verdict::Fail).then_some(match view.finding.standing {
        Standing::Asked | Standing::Untouched => "new",
        Standing::Known => "unchanged",
    })
}

/// What the source accepts, as section 3.35 has it. Risks that were accepted elsewhere stay plain failures.
#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: &'a str,
}

impl<'a> Suppression<'a> {
    fn of(report: &'a Report, view: &FindingView<'_>) -> Vec<Self> {
        let in_source = accepted(report, view).filter(|accepted| accepted.owner.is_empty());
        let suppression = in_source.map(|accepted| Self {
            kind: "inSource",
            status: "accepted",
            justification: &accepted.reason,
        });
        suppression.into_iter().collect()
    }
}

fn message(view: &FindingView<'_>) -> String {
    let name = view
        .resource
        .code
        .as_ref()
        .map_or(&view.resource.name, |code| &code.address);
    let sentence = match view.finding.verdict {
        Verdict::Fail => format!("{name} fails {}", view.policy.name),
        Verdict::Unknown => format!("{name} could not be judged by {}", view.policy.name),
        Verdict::Pass => format!("{name} passes {}", view.policy.name),
        Verdict::NotApplicable => format!("{} does not apply to {name}", view.policy.name),
    };
    match view.finding.evidence.as_deref() {
        Some(evidence) if !evidence.message.is_empty() => format!("{sentence}: {}", evidence.message),
        Some(_) | None => sentence,
    }
}

fn unreadable(view: &FindingView<'_>) -> Vec<String> {
    view.finding
        .evidence
        .iter()
        .flat_map(|evidence| &evidence.unreadable)
        .map(ToString::to_string)
        .collect()
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "plumbFinding/v1")]
    plumb: String,
    #[serde(rename = "primaryLocationLineHash")]
    primary_location: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties<'a> {
    verdict: Verdict,
    account: &'a str,
    region: &'a str,
    resource_type: &'a str,
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    aliases: &'a [Text],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<RiskEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureLevel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attack_paths: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<AcceptedEntry<'a>>,
}
