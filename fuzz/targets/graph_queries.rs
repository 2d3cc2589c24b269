//! Any text as a query of the security graph: it is answered within its limits, twice the same, or the reason has a place.

#![no_main]

mod code;

use std::sync::OnceLock;

use code::{are_shown, pack};
use libfuzzer_sys::fuzz_target;
use plumb_demo::Estate;
use plumb_engine::{Analyzer, Config};
use plumb_graph::assemble::graph;
use plumb_graph::knowledge::Knowledge;
use plumb_graph::query::{Index, Limits, Query, Vocabulary};
use plumb_graph::security::SecurityGraph;

/// Less than a user has, so that a slow query is told from a hanging one.
const LIMITS: Limits = Limits {
    steps: 200_000,
    rows: 2_000,
    values: 50_000,
};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Query::parse("<query>", text) {
        Ok(query) => {
            let index = Index::new(estate());
            let answer = query.run(&index, &Vocabulary::default(), &LIMITS);
            match &answer {
                Ok(table) => {
                    assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
                }
                Err(problem) => are_shown(std::slice::from_ref(problem)),
            }
            assert_eq!(answer, query.run(&index, &Vocabulary::default(), &LIMITS));
        }
        Err(problem) => {
            assert!(problem.span.is_some(), "{problem} has no place");
            are_shown(&[problem]);
        }
    }
});

/// The graph of one generated account.
fn estate() -> &'static SecurityGraph {
    static GRAPH: OnceLock<SecurityGraph> = OnceLock::new();
    GRAPH.get_or_init(|| {
        let knowledge = std::sync::Arc::new(
            Knowledge::new(pack(), Default::default()).expect("the built-in knowledge is sound"),
        );
        let config = Config {
            graph: Some(std::sync::Arc::clone(&knowledge)),
            ..Config::default()
        };
        let analyzer = Analyzer::new(pack(), Vec::new(), Vec::new(), config).expect("its types are known");
        let snapshot = Estate::new(1, Some(60), 1).account(0, &[]);
        let fragment = analyzer.account(&snapshot).fragment.expect("the graph is wanted");
        graph(&knowledge, vec![fragment])
    })
}
