//! Answers of the security graph at a terminal: what a change would bring, what is exposed, who may do what.

use std::collections::HashMap;
use std::io;

use plumb_model::account::{Provider, is_stand_in};
use plumb_model::answer::{
    ChangedPath, ExposedResource, ExposureAnswer, ExposureWay, PermissionAnswer, PermissionDecision,
    SourceKind, Standing, WhatIf, WhoCan,
};
use plumb_model::path::{Certainty, PathNode};
use plumb_model::value::Text;

use super::page::{Page, fitted, painted_text};
use crate::numbers::{counted, thousands};
use crate::options::Color;
use crate::path_words::{certainty_gloss, node, proof};
use crate::words::exposure_title;

/// How many principals of whom the same holds are named.
const MOST_ALIKE: usize = 6;

/// How many paths of one sort a page lists.
const MOST_PATHS: usize = 20;

/// How many saved targets a page lists.
const MOST_SAVED: usize = 10;

/// What would remain after a change; `width` is held between 60 and 200 columns.
pub fn what_if(answer: &WhatIf, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        for fact in &answer.facts {
            page.wrapped("without: ", &proof(fact))?;
        }
        for step in &answer.steps {
            let (from, to) = (node(&step.from), node(&step.to));
            page.wrapped("without: ", &format!("{from} {} {to}", step.kind.phrase()))?;
        }
        if answer.facts.is_empty() && answer.steps.is_empty() {
            page.wrapped("", "nothing in the graph rests on that, so it closes no path")?;
        }
        page.blank()?;
        let (before, after) = (answer.risk_before, answer.risk_after);
        let removed = thousands(before.saturating_sub(after));
        page.wrapped(
            "",
            &format!(
                "the risk of all targets would fall from {} to {}, by {removed}; {} would be out of reach",
                thousands(before),
                thousands(after),
                counted(answer.targets_saved, "targets"),
            ),
        )?;
        let saved = answer.saved.iter().take(MOST_SAVED);
        for target in saved {
            page.wrapped("  ", &place(target))?;
        }
        let more = answer
            .targets_saved
            .saturating_sub(answer.saved.len().min(MOST_SAVED) as u64);
        if more > 0 {
            page.wrapped("  ", &format!("and {} more", thousands(more)))?;
        }
        changed_paths("CLOSED", &answer.closed, page)?;
        changed_paths("LESS RISKY, OR FEWER", &answer.lessened, page)?;
        changed_paths(
            "COMING TO THE FORE, UNTIL NOW BEHIND RISKIER ONES",
            &answer.emerging,
            page,
        )?;
        page.blank()?;
        page.wrapped("", &format!("{} as before", counted(answer.unchanged, "paths")))?;
        notes("assumed: ", &answer.assumed, page)?;
        notes("not complete: ", &answer.problems, page)
    })
}

fn changed_paths(heading: &str, paths: &[ChangedPath], page: &mut Page<'_>) -> io::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    page.heading(&format!("{heading}: {}", counted(paths.len() as u64, "paths")))?;
    for path in paths.iter().take(MOST_PATHS) {
        let count = if path.count_before == path.count_after || path.risk_after == 0 || path.risk_before == 0
        {
            String::new()
        } else {
            format!(
                ", {} to {} equal ones",
                thousands(path.count_before),
                thousands(path.count_after)
            )
        };
        let head = format!(
            "  {}  {:>3} -> {:<3} ",
            fitted(&path.id, 12),
            path.risk_before,
            path.risk_after
        );
        page.wrapped(&head, &format!("{}{count}", path.title))?;
    }
    if let Some(more) = paths.len().checked_sub(MOST_PATHS).filter(|more| *more > 0) {
        page.wrapped("  ", &format!("and {more} more, with --format json"))?;
    }
    Ok(())
}

/// From where one resource can be reached.
pub fn exposure(answer: &ExposureAnswer, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        let head = page.bold(&fitted(&place(&answer.resource), page.width()));
        page.line(&head)?;
        let uid = page.dimmed(&fitted(&answer.resource.uid, page.width()));
        page.line(&uid)?;
        let sure = match answer.certainty {
            Some(Certainty::Conditional) => ", but only if what stands below holds",
            Some(Certainty::Certain | Certainty::Possible) | None => "",
        };
        let to = match (&answer.internet, answer.ways.first()) {
            // Of what has no address it is not addresses that it is open to.
            (Standing::NotNetworked, Some(way))
                if way.source == SourceKind::Internet && answer.certainty != Some(Certainty::Possible) =>
            {
                format!("to {}", way.from)
            }
            (_, _) => exposure_title(answer.level).to_owned(),
        };
        page.wrapped("exposed: ", &format!("{to}{sure}"))?;
        stands("the internet as a whole: ", &answer.internet, page)?;
        stands("everything outside of its account: ", &answer.outside, page)?;
        for note in &answer.notes {
            page.wrapped("", note)?;
        }
        for way in &answer.ways {
            page.blank()?;
            way_lines(way, page)?;
        }
        if answer.more_inside > 0 {
            page.blank()?;
            let more = counted(answer.more_inside, "more resources");
            page.wrapped("", &format!("{more} inside reach it too"))?;
        }
        if answer.ways.is_empty() {
            page.blank()?;
            page.wrapped("", "no way to it is known")?;
        }
        if let Some(risk) = answer.path_risk {
            page.blank()?;
            page.wrapped(
                "",
                &format!(
                    "attack paths lead to it, at a risk of up to {risk} of 100: `plumb paths` lists them"
                ),
            )?;
        }
        Ok(())
    })
}

fn stands(lead: &str, standing: &Standing, page: &mut Page<'_>) -> io::Result<()> {
    match standing {
        Standing::Exposed => page.wrapped(lead, "its address can be reached"),
        Standing::ExposedThrough(fronts) => {
            page.wrapped(
                lead,
                "not at an address of its own, but through what hands requests on to it",
            )?;
            notes("  ", fronts, page)
        }
        Standing::ExposedIf(conditions) => {
            page.wrapped(lead, "its address can be reached, but only if")?;
            notes("  ", conditions, page)
        }
        Standing::NotExposed => page.wrapped(
            lead,
            "its address cannot be reached; everything that decides was read",
        ),
        Standing::NotKnown(why) => {
            page.wrapped(lead, "not known, because something that decides was not read")?;
            notes("  not read: ", why, page)
        }
        // It has no address of which anything could be said.
        Standing::NotNetworked => Ok(()),
    }
}

fn way_lines(way: &ExposureWay, page: &mut Page<'_>) -> io::Result<()> {
    let ports = if way.ports.is_empty() {
        String::new()
    } else {
        format!(" on {}", way.ports.join(", "))
    };
    let how = match way.how.as_deref() {
        Some(how) if !how.is_empty() => format!(" ({how})"),
        Some(_) | None => String::new(),
    };
    page.wrapped(
        "  ",
        &format!("{} {} it{ports}{how}", way.from, way.kind.phrase()),
    )?;
    for fact in &way.proofs {
        page.framed("    because ", "            ", &proof(fact))?;
    }
    if let Some(gloss) = certainty_gloss(way.certainty) {
        page.wrapped("    ", gloss)?;
    }
    notes("    hangs on: ", &way.conditions, page)
}

/// Everything that is exposed, widest first.
pub fn exposed(resources: &[ExposedResource], width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        let count = counted(resources.len() as u64, "resources");
        let whose = match resources.len() {
            1 => "its network, or it is not known whether it can",
            _ => "their networks, or it is not known whether they can",
        };
        page.wrapped("", &format!("{count} can be reached from outside of {whose}"))?;
        let mut level = None;
        for exposed in resources {
            if level != Some(exposed.level) {
                level = Some(exposed.level);
                let of_level = resources
                    .iter()
                    .filter(|other| other.level == exposed.level)
                    .count();
                let count = counted(of_level as u64, "resources");
                page.heading(&format!(
                    "{}: {count}",
                    exposure_title(exposed.level).to_uppercase()
                ))?;
            }
            let gloss = exposed.certainty.and_then(certainty_gloss);
            let sure = gloss.map_or_else(String::new, |gloss| format!(" | {gloss}"));
            page.wrapped(
                "  ",
                &format!("{}: {}{sure}", place(&exposed.resource), exposed.open.join(", ")),
            )?;
            notes("    hangs on: ", &exposed.conditions, page)?;
            notes("    not read: ", &exposed.not_known, page)?;
        }
        Ok(())
    })
}

/// Whether somebody may do something.
pub fn permission(answer: &PermissionAnswer, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        let decision = page.bold(answer.decision.title());
        page.line(&decision)?;
        page.wrapped("  who:      ", &answer.who)?;
        page.wrapped("  action:   ", &answer.action)?;
        page.wrapped("  resource: ", &answer.resource)?;
        reasons("", answer, page)
    })
}

fn reasons(indent: &str, answer: &PermissionAnswer, page: &mut Page<'_>) -> io::Result<()> {
    notes(&format!("{indent}because: "), &answer.deciding, page)?;
    notes(&format!("{indent}condition: "), &answer.conditions, page)?;
    for layer in &answer.missing {
        page.wrapped(&format!("{indent}because: "), &format!("no {layer} permits it"))?;
    }
    notes(&format!("{indent}not read: "), &answer.unknown, page)?;
    notes(&format!("{indent}note: "), &answer.caveats, page)
}

/// Everybody who may do something.
pub fn who_can(answer: &WhoCan, width: usize, color: Color) -> String {
    painted_text(width, color, |page| {
        let of = |decision: PermissionDecision| {
            answer
                .answers
                .iter()
                .filter(|answer| answer.decision == decision)
                .count() as u64
        };
        let (sure, conditional) = (of(PermissionDecision::Allowed), of(PermissionDecision::AllowedIf));
        page.wrapped(
            "",
            &format!(
                "{} on {}: {} allowed, {} under conditions, {} not known",
                answer.action,
                answer.resource,
                thousands(sure),
                thousands(conditional),
                thousands(of(PermissionDecision::Unknown)),
            ),
        )?;
        notes("note: ", &answer.caveats, page)?;
        for alike in alike(&answer.answers) {
            page.blank()?;
            answers_alike(&alike, page)?;
        }
        if !answer.gaps.is_empty() {
            page.blank()?;
        }
        notes("somebody may be missing: ", &answer.gaps, page)
    })
}

/// Answers that differ in who asks alone, together, in the order of the first of each.
fn alike(answers: &[PermissionAnswer]) -> Vec<Vec<&PermissionAnswer>> {
    let nobody = |answer: &PermissionAnswer| PermissionAnswer {
        who: Text::default(),
        ..answer.clone()
    };
    let mut groups: Vec<(PermissionAnswer, Vec<&PermissionAnswer>)> = Vec::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for answer in answers {
        let place = places.entry(answer.deciding.join("\n")).or_default();
        let bare = nobody(answer);
        let known = place
            .iter()
            .copied()
            .find(|at| groups.get(*at).is_some_and(|(own, _)| *own == bare));
        match known.and_then(|at| groups.get_mut(at)) {
            Some((_, members)) => members.push(answer),
            None => {
                place.push(groups.len());
                groups.push((bare, vec![answer]));
            }
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// What holds for all of some principals, once.
fn answers_alike(alike: &[&PermissionAnswer], page: &mut Page<'_>) -> io::Result<()> {
    let Some(first) = alike.first() else {
        return Ok(());
    };
    let decision = first.decision.title();
    if alike.len() > 1 {
        let count = counted(alike.len() as u64, "principals");
        page.wrapped("  ", &format!("{count}: {decision}"))?;
        for answer in alike.iter().take(MOST_ALIKE) {
            page.wrapped("    ", &answer.who)?;
        }
        if let Some(more) = alike.len().checked_sub(MOST_ALIKE).filter(|more| *more > 0) {
            page.wrapped("    ", &format!("and {more} more, with --format json"))?;
        }
    } else {
        page.wrapped("  ", &format!("{}: {decision}", first.who))?;
    }
    reasons("    ", first, page)
}

fn notes(lead: &str, notes: &[Text], page: &mut Page<'_>) -> io::Result<()> {
    notes.iter().try_for_each(|note| page.wrapped(lead, note))
}

/// A node with its account, unless that is a number that code has for one.
fn place(found: &PathNode) -> String {
    match account_of(found) {
        None => node(found),
        Some(account) => format!("{} ({account})", node(found)),
    }
}

fn account_of(found: &PathNode) -> Option<&str> {
    let account = found.account.as_str();
    (!account.is_empty() && !is_stand_in(Provider::Aws, account)).then_some(account)
}

#[cfg(test)]
mod tests {
    use plumb_model::path::{EdgeKind, Proof};
    use plumb_model::risk::ExposureLevel;

    use super::*;

    fn hostile() -> PathNode {
        PathNode {
            uid: "arn:\u{1b}[31m".into(),
            title: "Instance".into(),
            name: "web\u{202e}\n1".into(),
            account: "1".into(),
            ..PathNode::default()
        }
    }

    #[test]
    fn principals_of_whom_the_same_holds_are_told_together() {
        let answer = |who: String, because: &'static str| PermissionAnswer {
            who: who.into(),
            action: "s3:GetObject".into(),
            resource: "arn:aws:s3:::b/*".into(),
            decision: PermissionDecision::Allowed,
            deciding: vec![because.into()],
            conditions: Vec::new(),
            missing: Vec::new(),
            unknown: Vec::new(),
            caveats: Vec::new(),
        };
        let mut answers: Vec<PermissionAnswer> = (0..9)
            .map(|account| answer(format!("root {account}"), "the policy of the bucket"))
            .collect();
        answers.insert(4, answer("ann".to_owned(), "her own policy"));
        let found = WhoCan {
            action: "s3:GetObject".into(),
            resource: "arn:aws:s3:::b/*".into(),
            answers,
            caveats: Vec::new(),
            gaps: Vec::new(),
        };
        let shown = who_can(&found, 100, Color::Never);
        assert!(
            shown.contains("10 allowed") && shown.contains("9 principals: allowed"),
            "{shown}"
        );
        assert_eq!(shown.matches("the policy of the bucket").count(), 1, "{shown}");
        assert!(shown.contains("and 3 more, with --format json"), "{shown}");
        assert!(
            shown.contains("ann: allowed") && shown.contains("her own policy"),
            "{shown}"
        );
    }

    #[test]
    fn hostile_names_are_made_visible_everywhere() {
        let evil = Text::new("\u{1b}]0;x\u{7}");
        let way = ExposureWay {
            from: evil.clone(),
            source: SourceKind::Internet,
            prefixes: Vec::new(),
            kind: EdgeKind::Reaches,
            ports: vec![evil.clone()],
            how: Some(evil.clone()),
            certainty: Certainty::Possible,
            conditions: vec![evil.clone()],
            proofs: vec![Proof {
                resource: evil.clone(),
                attribute: evil.clone(),
                detail: evil.clone(),
            }],
        };
        let one = PermissionAnswer {
            who: evil.clone(),
            action: evil.clone(),
            resource: evil.clone(),
            decision: PermissionDecision::AllowedIf,
            deciding: vec![evil.clone()],
            conditions: vec![evil.clone()],
            missing: vec![evil.clone()],
            unknown: vec![evil.clone()],
            caveats: vec![evil.clone()],
        };
        let path = ChangedPath {
            id: evil.clone(),
            title: evil.clone(),
            risk_before: 9,
            risk_after: 3,
            count_before: 2,
            count_after: 1,
        };
        let pages = [
            exposure(
                &ExposureAnswer {
                    resource: hostile(),
                    level: ExposureLevel::Wide,
                    certainty: Some(Certainty::Conditional),
                    internet: Standing::NotKnown(vec![evil.clone()]),
                    outside: Standing::Exposed,
                    ways: vec![way],
                    more_inside: 2,
                    notes: vec!["it leads from vpc-1 to a service".into()],
                    path_risk: Some(9),
                },
                80,
                Color::Never,
            ),
            exposed(
                &[ExposedResource {
                    resource: hostile(),
                    level: ExposureLevel::Unknown,
                    open: vec![evil.clone()],
                    certainty: None,
                    conditions: vec![evil.clone()],
                    not_known: vec![evil.clone()],
                }],
                80,
                Color::Never,
            ),
            permission(&one, 80, Color::Never),
            who_can(
                &WhoCan {
                    action: evil.clone(),
                    resource: evil.clone(),
                    answers: vec![one],
                    caveats: vec![evil.clone()],
                    gaps: vec![evil.clone()],
                },
                80,
                Color::Never,
            ),
            what_if(
                &WhatIf {
                    saved: vec![hostile()],
                    targets_saved: 3,
                    closed: vec![path],
                    assumed: vec![evil.clone()],
                    problems: vec![evil],
                    ..WhatIf::default()
                },
                80,
                Color::Never,
            ),
        ];
        for page in pages {
            assert!(page.lines().count() > 2, "{page}");
            let hidden = |character: char| character != '\n' && crate::visible::is_hidden(character);
            assert!(!page.contains(hidden), "{page:?}");
        }
    }

    #[test]
    fn a_page_says_on_what_exposure_hangs_and_speaks_of_no_address_where_there_is_none() {
        let way = |from: &str, how: Option<&str>, certainty| ExposureWay {
            from: from.into(),
            source: SourceKind::Internet,
            prefixes: Vec::new(),
            kind: EdgeKind::Reaches,
            ports: vec!["tcp 22".into()],
            how: how.map(Text::from),
            certainty,
            conditions: Vec::new(),
            proofs: Vec::new(),
        };
        let page = |internet: Standing, way: ExposureWay| {
            let answer = ExposureAnswer {
                resource: PathNode {
                    name: "web".into(),
                    ..PathNode::default()
                },
                level: ExposureLevel::Wide,
                certainty: Some(way.certainty),
                outside: internet.clone(),
                internet,
                ways: vec![way],
                more_inside: 0,
                notes: Vec::new(),
                path_risk: None,
            };
            exposure(&answer, 120, Color::Never)
        };
        let once = Standing::ExposedIf(vec!["the instance is started".into()]);
        let stopped = page(once, way("any address", None, Certainty::Conditional));
        for line in [
            "exposed: from any address, but only if what stands below holds",
            "the internet as a whole: its address can be reached, but only if",
            "  the instance is started",
        ] {
            assert!(stopped.lines().any(|shown| shown == line), "{line}: {stopped}");
        }
        let front = Standing::ExposedThrough(vec!["Load balancer front".into()]);
        let behind = page(
            front,
            way(
                "any address",
                Some("through Load balancer front"),
                Certainty::Certain,
            ),
        );
        assert!(behind.contains("not at an address of its own"), "{behind}");
        assert!(
            behind.contains("reaches it on tcp 22 (through Load balancer front)"),
            "{behind}"
        );
        let role = page(Standing::NotNetworked, way("anybody", None, Certainty::Certain));
        assert!(role.lines().any(|line| line == "exposed: to anybody"), "{role}");
        assert!(!role.contains("address"), "{role}");
    }
}
