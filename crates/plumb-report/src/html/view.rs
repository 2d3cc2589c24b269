//! What the page's template shows, as text that is visible already; the template escapes it.

mod accounts;
mod frameworks;
mod risk;

use plumb_model::report::{Report, Score};
use plumb_model::verdict::{Severity, Verdict};

use self::accounts::{AccountRow, account_rows};
use self::frameworks::FrameworkView;
use self::risk::{AcceptedRow, LostList, accepted_rows, lost_lists, priority_bars};
use super::marked::Marked;
use super::paths::PathsView;
use super::selection::SelectedPolicy;
use crate::digest::{Origin, assessment_day, effort, obstacles, policy_tallies, providers};
use crate::numbers::{basis_points, counted, thousands};
use crate::visible::visible;
use crate::words::{severity_gloss, severity_title, verdict_title};

/// Longest table of accounts, obstacles and gaps.
const MAX_ROWS: usize = 500;

/// How many attack paths are drawn.
const MAX_PATHS: usize = 20;

/// The page's content apart from the findings.
pub(super) struct View {
    pub(super) organization: Option<String>,
    pub(super) providers: String,
    pub(super) nouns: Nouns,
    pub(super) plumb_version: String,
    pub(super) assessed_at: String,
    pub(super) assessment_day: String,
    pub(super) score: Option<ScoreView>,
    pub(super) severities: Vec<Bar>,
    /// Empty when there are no risks.
    pub(super) priorities: Vec<Bar>,
    pub(super) verdicts: Vec<Bar>,
    pub(super) paths: Option<PathsView>,
    pub(super) lost: Vec<LostList>,
    pub(super) accepted: Vec<AcceptedRow>,
    pub(super) accepted_left_out: Option<String>,
    pub(super) accepted_findings: String,
    pub(super) estate_doubts: Vec<Marked>,
    pub(super) total_verdicts: String,
    pub(super) total_resources: String,
    pub(super) incomplete: Option<String>,
    pub(super) frameworks: Vec<FrameworkView>,
    pub(super) detailed: String,
    pub(super) left_out: Option<String>,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) accounts: Vec<AccountRow>,
    pub(super) accounts_left_out: Option<String>,
    pub(super) effort: String,
    pub(super) obstacles: Vec<ObstacleRow>,
    pub(super) gaps: Vec<GapRow>,
    pub(super) gaps_left_out: Option<String>,
}

impl View {
    pub(super) fn new(report: &Report, selection: &[SelectedPolicy]) -> Self {
        let (gaps, gaps_left_out) = first_rows(gap_rows(report), "gaps");
        let (accounts, accounts_left_out) = first_rows(account_rows(report), "accounts");
        let (accepted, accepted_left_out) = first_rows(accepted_rows(report), "accepted risks");
        let detailed: usize = selection.iter().map(|selected| selected.findings.len()).sum();
        let all: usize = selection
            .iter()
            .map(|selected| selected.fail + selected.unknown)
            .sum();
        Self {
            organization: report.organization.as_deref().map(shown),
            providers: providers(report),
            nouns: Nouns::of(report),
            plumb_version: shown(&report.plumb_version),
            assessed_at: shown(&report.assessed_at),
            assessment_day: assessment_day(report),
            score: report.summary.score.as_ref().map(ScoreView::new),
            severities: severity_bars(report),
            priorities: priority_bars(report),
            verdicts: verdict_bars(report),
            paths: report
                .paths
                .as_ref()
                .map(|paths| PathsView::new(paths, MAX_PATHS)),
            lost: lost_lists(report),
            accepted,
            accepted_left_out,
            accepted_findings: counted(report.summary.accepted, "failing findings"),
            estate_doubts: report
                .estate_doubts
                .iter()
                .map(|doubt| Marked::new(doubt))
                .collect(),
            total_verdicts: counted(report.summary.verdicts.total(), "verdicts"),
            total_resources: counted(report.summary.resources, "resources"),
            incomplete: incomplete(report),
            frameworks: report
                .frameworks
                .iter()
                .map(|framework| FrameworkView::new(framework, Origin::of(report)))
                .collect(),
            detailed: thousands(wide(detailed)),
            left_out: (all > detailed).then(|| thousands(wide(all - detailed))),
            policies: policy_tallies(report).iter().map(PolicyRow::new).collect(),
            accounts,
            accounts_left_out,
            effort: effort_text(report),
            obstacles: obstacle_rows(report),
            gaps,
            gaps_left_out,
        }
    }
}

/// What the parts of the estate are called: code has roots where clouds have accounts.
pub(super) struct Nouns {
    pub(super) one: &'static str,
    pub(super) several: &'static str,
    pub(super) small: &'static str,
}

impl Nouns {
    fn of(report: &Report) -> Self {
        let (one, several, small) = match Origin::of(report) {
            Origin::Cloud => ("Account", "Accounts", "account"),
            Origin::Code => ("Root", "Roots", "root"),
        };
        Self { one, several, small }
    }
}

/// Cloud text, made visible.
pub(super) fn shown(text: &str) -> String {
    visible(text).into_owned()
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn first_rows<T>(mut rows: Vec<T>, noun: &str) -> (Vec<T>, Option<String>) {
    let left_out = rows.len().saturating_sub(MAX_ROWS);
    rows.truncate(MAX_ROWS);
    (rows, (left_out > 0).then(|| counted(wide(left_out), noun)))
}

/// The score with the sum behind it.
pub(super) struct ScoreView {
    pub(super) value: u8,
    pub(super) passed: String,
    pub(super) judged: String,
    pub(super) unknown: Option<String>,
    /// Length of the drawn part of a ring whose whole length is 1,000.
    pub(super) arc: u64,
}

impl ScoreView {
    fn new(score: &Score) -> Self {
        Self {
            value: score.value,
            passed: thousands(score.passed),
            judged: thousands(score.passed.saturating_add(score.failed)),
            unknown: (score.unknown > 0).then(|| thousands(score.unknown)),
            arc: u64::from(score.value) * 10,
        }
    }
}

/// A labelled count with a bar.
pub(super) struct Bar {
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) gloss: &'static str,
    pub(super) count: String,
    /// Length of the bar, 0 to 1,000; at least 8 when there is anything to show.
    pub(super) length: u64,
}

impl Bar {
    fn new(class: &'static str, label: &'static str, gloss: &'static str, count: u64, whole: u64) -> Self {
        let length = (basis_points(count, whole) / 10).max(if count > 0 { 8 } else { 0 });
        Self {
            class,
            label,
            gloss,
            count: thousands(count),
            length,
        }
    }
}

fn severity_bars(report: &Report) -> Vec<Bar> {
    let failures = &report.summary.failures;
    let most = Severity::ALL
        .into_iter()
        .map(|severity| failures.get(severity))
        .max()
        .unwrap_or(0);
    let bar = |severity: Severity| {
        let (title, gloss) = (severity_title(severity), severity_gloss(severity));
        Bar::new(severity.name(), title, gloss, failures.get(severity), most)
    };
    Severity::ALL.into_iter().map(bar).collect()
}

fn verdict_bars(report: &Report) -> Vec<Bar> {
    let verdicts = &report.summary.verdicts;
    let bar = |verdict: Verdict| {
        let gloss = match verdict {
            Verdict::Fail => "the requirement is not met",
            Verdict::Unknown => "something needed was not read",
            Verdict::Pass => "the requirement is met",
            Verdict::NotApplicable => "outside the policy's scope",
        };
        Bar::new(
            verdict.name(),
            verdict_title(verdict),
            gloss,
            verdicts.get(verdict),
            verdicts.total(),
        )
    };
    Verdict::ALL.into_iter().map(bar).collect()
}

fn incomplete(report: &Report) -> Option<String> {
    let effort = effort(report);
    let parts = Origin::of(report).parts();
    let gaps = (effort.gaps > 0).then(|| {
        let (places, accounts) = (
            counted(effort.gaps, "places"),
            counted(effort.accounts_with_gaps, parts),
        );
        format!("{places} in {accounts} could not be read")
    });
    let interrupted = (effort.interrupted_accounts > 0).then(|| {
        format!(
            "the scan of {} was cut short",
            counted(effort.interrupted_accounts, parts)
        )
    });
    let parts: Vec<String> = gaps.into_iter().chain(interrupted).collect();
    (!parts.is_empty()).then(|| parts.join(", and "))
}

fn effort_text(report: &Report) -> String {
    let effort = effort(report);
    let accounts = counted(wide(report.accounts.len()), Origin::of(report).parts());
    let regions = counted(effort.regions, "regions");
    let mut text = format!(
        "{accounts}, {regions}, {}",
        counted(report.summary.resources, "resources")
    );
    if effort.requests > 0 {
        let (retries, throttled) = (thousands(effort.retries), thousands(effort.throttled));
        let requests = counted(effort.requests, "requests");
        text.push_str(&format!(
            ", {requests} of which {retries} were repeated and {throttled} throttled"
        ));
    }
    text
}

/// A policy with its counts.
pub(super) struct PolicyRow {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) severity: &'static str,
    pub(super) severity_title: &'static str,
    /// Counts in the order of [`Verdict::ALL`].
    pub(super) counts: [String; 4],
}

impl PolicyRow {
    fn new(tally: &crate::digest::PolicyTally<'_>) -> Self {
        Self {
            name: shown(&tally.policy.name),
            title: shown(&tally.policy.title),
            severity: tally.policy.severity.name(),
            severity_title: severity_title(tally.policy.severity),
            counts: Verdict::ALL.map(|verdict| thousands(tally.verdicts.get(verdict))),
        }
    }
}

/// Something that stood in the way.
pub(super) struct ObstacleRow {
    pub(super) cause: Marked,
    pub(super) verdicts: String,
    pub(super) calls: String,
    pub(super) accounts: String,
}

fn obstacle_rows(report: &Report) -> Vec<ObstacleRow> {
    let rows = obstacles(report)
        .into_iter()
        .take(MAX_ROWS)
        .map(|obstacle| ObstacleRow {
            cause: Marked::new(&obstacle.cause.to_string()),
            verdicts: thousands(obstacle.verdicts),
            calls: thousands(obstacle.calls),
            accounts: thousands(obstacle.accounts),
        });
    rows.collect()
}

/// One gap of one account.
pub(super) struct GapRow {
    pub(super) account: String,
    pub(super) what: String,
    pub(super) region: String,
    pub(super) why: Marked,
    pub(super) count: String,
}

fn gap_rows(report: &Report) -> Vec<GapRow> {
    let mut rows = Vec::new();
    for account in &report.accounts {
        for gap in &account.coverage.gaps {
            let what = match &gap.attribute {
                Some(attribute) => format!("{}.{attribute}", gap.resource_type),
                None => format!("all {}", gap.resource_type),
            };
            rows.push(GapRow {
                account: shown(account.account.label()),
                what: shown(&what),
                region: shown(&gap.region),
                why: Marked::new(&gap.unreadable.to_string()),
                count: thousands(gap.count),
            });
        }
    }
    rows
}
