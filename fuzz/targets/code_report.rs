//! Code all the way: judged by every policy, joined into the security graph, its suppressions applied, reported in every format.
//!
//! The files are a root of Terraform, a definition in OpenAPI that it may read as `api.yaml`, a template of CloudFormation,
//! and manifests.

#![no_main]

mod code;

use std::sync::{Arc, OnceLock};

use code::{Tree, are_shown, deeply, pack};
use libfuzzer_sys::fuzz_target;
use plumb_engine::{Analyzer, Config};
use plumb_graph::knowledge::Knowledge;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, evaluate};
use plumb_iac::snapshot::{Undeclared, accounts};
use plumb_iac::suppress::{self, Idle};
use plumb_model::report::Report;
use plumb_report::baseline::Baseline;
use plumb_report::format::Format;
use plumb_report::options::RenderOptions;
use plumb_report::render;

fuzz_target!(|input: &[u8]| {
    if let Some(tree) = Tree::of(input, &["main.tf", "api.yaml", "template.yaml", "objects.yaml"]) {
        deeply(|| {
            let report = report(&tree);
            let json = written(&report, Format::Json);
            for format in Format::ALL {
                let text = String::from_utf8(written(&report, format)).expect("every format is text");
                is_sound(format, &text);
            }
            let baseline = std::str::from_utf8(&json).map(Baseline::read);
            let mut known = report;
            baseline
                .expect("JSON is text")
                .expect("a report is a baseline")
                .mark(&mut known);
            let counts = known.focus.and_then(|focus| focus.baseline).unwrap_or_default();
            assert_eq!(
                (counts.new, counts.gone),
                (0, 0),
                "a report knows its own failures"
            );
        });
    }
});

/// All policies over code, with the graph.
struct Judges {
    analyzer: Analyzer,
    used: UsedPaths,
}

fn judges() -> &'static Judges {
    static JUDGES: OnceLock<Judges> = OnceLock::new();
    JUDGES.get_or_init(|| {
        let knowledge = Knowledge::new(pack(), Arc::default()).expect("the built-in knowledge is sound");
        let config = Config {
            graph: Some(Arc::new(knowledge)),
            ..Config::default()
        };
        let compiled = pack().policies().iter().map(|policy| pack().compile(policy));
        let policies: Vec<_> = compiled
            .collect::<Result<_, _>>()
            .expect("built-in policies compile");
        Judges {
            used: UsedPaths::of(&policies),
            analyzer: Analyzer::new(pack(), policies, Vec::new(), config).expect("their types are known"),
        }
    })
}

fn report(tree: &Tree) -> Report {
    let Judges { analyzer, used } = judges();
    let evaluated = evaluate(pack(), tree, &tree.paths(), &Options::default());
    let scanned = evaluated.map(pack(), used);
    are_shown(&scanned.problems);
    let taken_at = "2026-01-01T00:00:00Z".into();
    let mut judged = Vec::new();
    for stack in scanned.stacks {
        for account in accounts(pack(), stack, &scanned.sources, Undeclared::Absent, &taken_at) {
            judged.push(analyzer.account(&account.snapshot));
        }
    }
    let mut report = analyzer.finish(judged, None);
    let (suppressions, problems) = suppress::read(&scanned.sources);
    are_shown(&problems);
    are_shown(&suppress::apply(
        &mut report,
        &scanned.sources,
        &suppressions,
        pack(),
        Idle::Told,
    ));
    report
}

fn written(report: &Report, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    render(report, format, &RenderOptions::default(), &mut out).expect("memory does not fail");
    out
}

fn is_sound(format: Format, text: &str) {
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    match format {
        Format::Json | Format::Sarif | Format::Gitlab => assert!(is_json(text), "{format}: {text}"),
        Format::Jsonl => assert!(text.lines().all(is_json), "{text}"),
        Format::Ocsf | Format::Terminal | Format::Csv | Format::Html | Format::Junit => {}
        Format::Markdown | Format::Github => {}
    }
    let commands = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    assert!(
        !text.contains(commands),
        "{format} has control characters: {text:?}"
    );
}
