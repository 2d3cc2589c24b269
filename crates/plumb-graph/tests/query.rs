//! Queries on a small estate: what they find, and what is said of those that cannot be answered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use plumb_graph::query::{Index, Limits, Query, Table, Vocabulary};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Value;

mod estate;

fn ask(text: &str, limits: Limits) -> Result<Table, Diagnostic> {
    let graph = estate::estate();
    let vocabulary = Vocabulary {
        labels: BTreeMap::from([
            ("aws_instance".into(), "aws_ec2_instance".into()),
            ("aws_sqs_queue".into(), "aws_sqs_queue".into()),
        ]),
        relations: ["logs_to".into()].into(),
    };
    Query::parse("<test>", text)?.run(&Index::new(&graph), &vocabulary, &limits)
}

/// The rows, values joined by blanks, rows by semicolons.
fn check(text: &str, expected: &str) {
    let table = ask(text, Limits::default()).unwrap_or_else(|problem| panic!("{text}\n{problem}"));
    let cell = |value: &Value| match value {
        Value::String(text) => text.to_string(),
        other => other.to_string(),
    };
    let rows: Vec<String> = table
        .rows
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(rows.join("; "), expected, "{text}");
}

/// The text under the caret, the message and the advice.
fn refused(text: &str, place: &str, message: &str, help: &str) {
    let problem = ask(text, Limits::default()).expect_err(text);
    let (span, _) = problem.span.clone().unwrap();
    assert_eq!(&text[span], place, "{text}");
    assert_eq!(problem.message, message, "{text}");
    assert_eq!(problem.help.unwrap_or_default(), help, "{text}");
}

#[test]
fn a_query_may_end_with_a_semicolon_and_is_one_statement() {
    check("MATCH (n:aws_instance) RETURN n.name;", "web");
    refused(
        "MATCH (n) RETURN n; MATCH (m) RETURN m",
        "MATCH",
        "expected the end of the query, found `MATCH`",
        "a query is one statement; ask the next one by itself",
    );
}

#[test]
fn nodes_that_nothing_connects_are_joined_by_equal_properties_without_trying_all_pairs() {
    let pairs = "MATCH (a), (b) WHERE a.account = b.account AND a.name < b.name RETURN count(*)";
    // The same in words that no index answers.
    let slow = "MATCH (a), (b) WHERE NOT a.account <> b.account AND a.name < b.name RETURN count(*)";
    let count = |text: &str| ask(text, Limits::default()).unwrap().rows[0][0].to_string();
    assert_eq!(count(pairs), count(slow));
    assert_ne!(count(pairs), "0");
    let by_name = "MATCH (a:aws_s3_bucket), (b) WHERE b.name = a.name RETURN a.name, b.type";
    let few = Limits {
        steps: 12,
        ..Limits::default()
    };
    check(by_name, "cards aws_s3_bucket; logs aws_s3_bucket");
    ask(by_name, few).unwrap();
    // A property that a node has not is equal to nothing, not even to another that is missing.
    check(
        "MATCH (a), (b) WHERE a.label = b.label AND a.uid <> b.uid AND a.label IS NULL RETURN a",
        "",
    );
}

#[test]
fn labels_are_types_aliases_and_kinds() {
    check("MATCH (n:aws_s3_bucket) RETURN n.name", "cards; logs");
    check("MATCH (n:aws_instance) RETURN n.name", "web");
    check("MATCH (n:aws_sqs_queue) RETURN n.name", "");
    check(
        "MATCH (n:Data|key) RETURN n.name ORDER BY n.name",
        "cards; data key; logs",
    );
    check("MATCH (n:data:aws_kms_key) RETURN n.name", "");
    check(
        "match (n:key) return labels(n), id(n)",
        r#"["aws_kms_key","key"] k-1"#,
    );
}

#[test]
fn relationships_are_matched_by_type_and_direction() {
    check(
        "MATCH ({uid: 'internet'})-[r:REACHES]->(w) RETURN w.name, r.how, r.cost",
        "web HTTPS open 2",
    );
    check(
        "MATCH (b)-[r:encrypted_with]->(k:key) RETURN b.name, type(r), r.kind",
        "cards encrypted_with relation",
    );
    check("MATCH (b)-[:relation]->(k) RETURN b.name", "cards");
    check("MATCH (b)-[:logs_to]->(k) RETURN b.name", "");
    check("MATCH (k)<-[:encrypted_with]-(b) RETURN b.name", "cards");
    check(
        "MATCH (b {name: 'cards'})--(other) RETURN other.name ORDER BY other.name",
        "admin; data key; web-role",
    );
    check(
        "MATCH (a)-[:reaches|runs_as]->(b) RETURN a.name, b.name",
        "web web-role; internet web",
    );
}

#[test]
fn classes_and_selectors_are_left_out() {
    check(
        "MATCH (r:identity)-[:can_read]->(b:data) RETURN r.name, b.name ORDER BY r.name, b.name",
        "admin cards; admin logs; web-role cards; web-role logs",
    );
    check("MATCH (n) RETURN count(*)", "8");
}

#[test]
fn paths_of_variable_length_never_use_a_relationship_twice() {
    check(
        "MATCH p = (:outside)-[*1..4]->(n:identity) RETURN n.name, length(p) ORDER BY length(p)",
        "web-role 2; ops 3; admin 4",
    );
    check(
        "MATCH (a {name: 'web'})-[*0..1]->(b) RETURN b.name",
        "web; web-role",
    );
    check(
        "MATCH (a {name: 'web'})-[r*2]->(b) RETURN b.name, size(r)",
        "ops 2; cards 2; logs 2",
    );
    check("MATCH (k:key)-[*2]-(k) RETURN count(*)", "0");
    check(
        "MATCH (r {name: 'web-role'})-[*..2 {certainty: 'certain'}]->(b) RETURN b.name",
        "cards; data key; logs",
    );
    let table = ask(
        "MATCH p = (a)-[:encrypted_with]->(b) RETURN p, nodes(p), relationships(p)",
        Limits::default(),
    )
    .unwrap();
    let path = &table.rows[0][0];
    assert_eq!(path.at(["nodes"]).unwrap(), &table.rows[0][1]);
    assert_eq!(path.at(["relationships"]).unwrap(), &table.rows[0][2]);
    let hop = &table.rows[0][2].as_list().unwrap()[0];
    assert_eq!(hop.get("from"), Some(&"b-cards".into()));
    assert_eq!(hop.get("type"), Some(&"encrypted_with".into()));
    assert_eq!(
        path.get("nodes").unwrap().as_list().unwrap()[1].get("uid"),
        Some(&"k-1".into())
    );
}

#[test]
fn a_path_that_is_searched_from_its_end_is_told_from_its_beginning() {
    check(
        "MATCH p = (a:workload)-[r*1..3]->(b {uid: 'r-admin'}) RETURN length(p), size(nodes(p)), size(r), a.name",
        "3 4 3 web",
    );
    let text = "MATCH p = (a:workload)-[*3]->({uid: 'r-admin'}) RETURN nodes(p)";
    let table = ask(text, Limits::default()).unwrap();
    let names: Vec<&str> = table.rows[0][0]
        .as_list()
        .unwrap()
        .iter()
        .map(|node| node.get("name").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(names, ["web", "web-role", "ops", "admin"]);
}

#[test]
fn several_patterns_and_matches_share_their_names() {
    check(
        "MATCH (w:workload)-[:runs_as]->(r), (r)-[:can_read]->(b), (b)-[:encrypted_with]->(k) RETURN w.name, b.name, k.name",
        "web cards data key",
    );
    check(
        "MATCH (r:identity)-[:can_read]->(b {name: 'logs'}) WHERE r.name <> 'admin' MATCH (r)-[:can_read]->(c) RETURN r.name, c.name",
        "web-role cards; web-role logs",
    );
    check(
        "MATCH (r)-[:can_read]->(b {name: 'logs'}), (r)-[:can_read]->(c) RETURN r.name, c.name ORDER BY r.name",
        "admin cards; web-role cards",
    );
}

#[test]
fn what_is_missing_is_neither_equal_nor_unequal() {
    check(
        "MATCH (n:data) WHERE n.label = 'payment data' RETURN n.name",
        "cards",
    );
    check(
        "MATCH (n:data) WHERE NOT n.label = 'payment data' RETURN n.name",
        "",
    );
    check("MATCH (n:data) WHERE n.label IS NULL RETURN n.name", "logs");
    check("MATCH (n:data) WHERE n.label IS NOT NULL RETURN n.name", "cards");
    check(
        "MATCH (n:outside) RETURN n.account, n.region, n.sensitivity",
        "null null null",
    );
    check(
        "MATCH (n:data) WHERE n.label = 'x' OR n.name = 'logs' RETURN n.name",
        "logs",
    );
    check(
        "MATCH (n:data) WHERE n.label = 'x' XOR n.name = 'logs' RETURN n.name",
        "",
    );
    check(
        "MATCH (n:data) WHERE n.name IN ['logs', null] RETURN n.name",
        "logs",
    );
    check(
        "MATCH (n:data) WHERE NOT n.name IN ['logs', null] RETURN n.name",
        "",
    );
}

#[test]
fn texts_are_compared_in_part_and_words_by_their_scale() {
    check(
        "MATCH (n) WHERE n.name STARTS WITH 'web' AND n.name ENDS WITH 'role' RETURN n.name",
        "web-role",
    );
    check(
        "MATCH (n) WHERE toUpper(n.name) CONTAINS 'ARD' RETURN n.name",
        "cards",
    );
    check(
        "MATCH (n) WHERE n.sensitivity >= 'confidential' RETURN n.name",
        "cards",
    );
    check(
        "MATCH (n) WHERE 'internal' >= n.sensitivity RETURN n.name",
        "logs",
    );
    check(
        "MATCH (n:data) RETURN max(n.sensitivity), min(n.sensitivity)",
        "restricted internal",
    );
    check(
        "MATCH (n:data) RETURN n.name ORDER BY n.sensitivity",
        "logs; cards",
    );
    check("MATCH (n:data) WHERE n.exposure < 'wide' RETURN n.name", "cards");
    check("MATCH (n:data) WHERE NOT n.exposure < 'wide' RETURN n.name", "");
    check(
        "MATCH (a)-[r]->(b) WHERE r.certainty > 'certain' RETURN b.name",
        "ops",
    );
}

#[test]
fn rows_are_grouped_ordered_and_cut() {
    check(
        "MATCH (n) RETURN n.kind, count(*) AS many ORDER BY many DESC, n.kind LIMIT 2",
        "identity 3; data 2",
    );
    check(
        "MATCH (n:identity) RETURN collect(n.name)",
        r#"["admin","ops","web-role"]"#,
    );
    check(
        "MATCH (r)-[:can_read]->(b) RETURN count(r), count(DISTINCT r), size(collect(DISTINCT b.name))",
        "4 2 2",
    );
    check("MATCH (n:data) RETURN count(n.label)", "1");
    check(
        "MATCH (n:aws_sqs_queue) RETURN count(*), max(n.name), collect(n)",
        "0 null []",
    );
    check("MATCH (n:aws_sqs_queue) RETURN n.name, count(*)", "");
    check(
        "MATCH (r)-[:can_read]->() RETURN DISTINCT r.name",
        "admin; web-role",
    );
    check(
        "MATCH (n) RETURN n.name ORDER BY n.name DESC SKIP 1 LIMIT 2",
        "web; ops",
    );
    check("MATCH (n:data) RETURN n.name ORDER BY n.label", "cards; logs");
    check(
        "MATCH (n:data) RETURN n.name ORDER BY n.label DESC",
        "logs; cards",
    );
    check("MATCH (n) RETURN n.name LIMIT 0", "");
    check(
        "MATCH (n:key) RETURN n.name = 'x', [1, n.kind], -3",
        r#"false [1,"key"] -3"#,
    );
}

#[test]
fn columns_are_named_as_written() {
    let table = ask(
        "MATCH (n:key) RETURN n.name, toLower( n.uid ), n.kind AS `the kind`",
        Limits::default(),
    )
    .unwrap();
    assert_eq!(table.columns, ["n.name", "toLower( n.uid )", "the kind"]);
}

#[test]
fn names_that_mean_nothing_are_refused_with_advice() {
    refused(
        "MATCH (n:aws_s3_buket) RETURN n",
        "aws_s3_buket",
        "unknown label `aws_s3_buket`",
        "did you mean `aws_s3_bucket`?",
    );
    refused(
        "MATCH (n:internet)-[]->(m) RETURN m",
        "internet",
        "unknown label `internet`",
        "it is a single node: write `(n {uid: 'internet'})`",
    );
    refused(
        "MATCH (n)-[:can_raed]->() RETURN n",
        "can_raed",
        "unknown type of relationship `can_raed`",
        "did you mean `can_read`?",
    );
    refused(
        "MATCH (n) RETURN m.name",
        "m",
        "unknown variable `m`",
        "did you mean `n`?",
    );
    refused(
        "MATCH (n) RETURN n.nam",
        "nam",
        "unknown property `nam`",
        "did you mean `name`?",
    );
    refused(
        "MATCH (n) RETURN lenght(n)",
        "lenght",
        "unknown function `lenght`",
        "did you mean `length`?",
    );
    refused(
        "MATCH (n) WHERE n.sensitivity = 'secret' RETURN n",
        "'secret'",
        "unknown value `secret`",
        "it is one of public, internal, confidential, restricted",
    );
    refused(
        "MATCH (n) WHERE n.exposure IN ['wide', 'narow'] RETURN n",
        "['wide', 'narow']",
        "unknown value `narow`",
        "did you mean `narrow`?",
    );
    refused(
        "MATCH (n {exposure: 'wid'}) RETURN n",
        "'wid'",
        "unknown value `wid`",
        "did you mean `wide`?",
    );
    refused(
        "MATCH (n)-[:in]->() RETURN n",
        "in",
        "unknown type of relationship `in`",
        "it is the name of a relation or one of reaches, runs_as, can_assume, can_escalate_to, holds, can_read, can_write, can_administer, relation",
    );
}

#[test]
fn what_is_not_of_the_language_is_refused_with_advice() {
    refused(
        "MATCH (n) WITH n RETURN n",
        "WITH",
        "expected `WHERE`, `MATCH` or `RETURN`, found `WITH`",
        "a query is `MATCH … WHERE … RETURN …`; other clauses are not part of the language",
    );
    refused(
        "CREATE (n) RETURN n",
        "CREATE",
        "expected `MATCH`, found `CREATE`",
        "a query is `MATCH … WHERE … RETURN …`; other clauses are not part of the language",
    );
    refused(
        "MATCH (n) WHERE n.name =~ 'a.*' RETURN n",
        "=~",
        "expected `WHERE`, `MATCH` or `RETURN`, found `=~`",
        "use `CONTAINS`, `STARTS WITH` or `ENDS WITH`",
    );
    refused(
        "MATCH (n)<-[]->(m) RETURN n",
        "<-[]->",
        "a relationship points one way",
        "write `-[…]-` for either direction",
    );
    refused(
        "MATCH (n) RETURN",
        "",
        "expected an expression, found the end of the query",
        "",
    );
    refused(
        "MATCH (n) WHERE 1 < 2 < 3 RETURN n",
        "1 < 2 <",
        "comparisons cannot be chained",
        "join them with `AND`",
    );
    refused(
        "MATCH (n) WHERE count(*) > 1 RETURN n",
        "count(*) > 1",
        "`count`, `collect`, `min` and `max` can only stand in `RETURN`, and not within each other",
        "",
    );
    refused(
        "MATCH (n) RETURN n.name = max(n.uid)",
        "n.name = max(n.uid)",
        "a column cannot mix a function over all rows with a value of each row",
        "return the value of each row in a column of its own",
    );
    refused(
        "MATCH (n) RETURN DISTINCT n.kind ORDER BY n.name",
        "n.name",
        "rows that stand for several matches can only be ordered by a column",
        "return it with `AS` and order by that name",
    );
    refused(
        "MATCH (n)-[r*1..2]->() RETURN r.kind",
        "r.kind",
        "`r` stands for several relationships, which have no properties",
        "what every hop must have stands in its pattern: `-[*1..3 {certainty: 'certain'}]->`",
    );
    refused(
        "MATCH (n)-[n]->() RETURN n",
        "n",
        "`n` already stands for something else",
        "",
    );
    refused(
        "MATCH (n)-[r]->() RETURN type(n)",
        "n",
        "`type` takes one relationship",
        "",
    );
    refused(
        "MATCH (n) RETURN n.name, n.name",
        "n.name",
        "two columns are called `n.name`",
        "give one of them another name with `AS`",
    );
}

#[test]
fn hostile_queries_end_with_the_limit_that_they_exceed() {
    refused(
        "MATCH ()-[*]->() RETURN 1",
        "*",
        "the length of the path has no upper bound",
        "write for example `*1..4`; the limit is 10 hops",
    );
    refused(
        "MATCH ()-[*1..4000000000]->() RETURN 1",
        "*1..4000000000",
        "the path may have 4000000000 hops; the limit is 10",
        "",
    );
    refused(
        "MATCH ()-[*3..2]->() RETURN 1",
        "*3..2",
        "at least 3 and at most 2 hops is never true",
        "",
    );
    let message = |text: &str, limits: Limits| ask(text, limits).unwrap_err().message;
    let default = Limits::default();
    let deep = format!(
        "MATCH (n) WHERE {}true{} RETURN n",
        "(".repeat(500),
        ")".repeat(500)
    );
    assert_eq!(
        message(&deep, default),
        "the expression nests more than 64 levels deep, which is the limit"
    );
    let deep = format!("MATCH (n) WHERE {} true RETURN n", "NOT ".repeat(500));
    assert_eq!(
        message(&deep, default),
        "the expression nests more than 64 levels deep, which is the limit"
    );
    let long = format!("MATCH {} RETURN 1", vec!["()"; 65].join(", "));
    assert_eq!(
        message(&long, default),
        "the patterns have more than 64 nodes and relationships, which is the limit"
    );
    let product = format!("MATCH {} RETURN count(*)", vec!["()"; 30].join(", "));
    let few = Limits {
        steps: 10_000,
        ..default
    };
    assert_eq!(
        message(&product, few),
        "the query takes more than 10000 steps, which is the limit"
    );
    let few = Limits { rows: 10, ..default };
    assert_eq!(
        message("MATCH (a), (b) RETURN a.uid", few),
        "the query takes more than 10 rows, which is the limit"
    );
    assert_eq!(
        message("MATCH (a), (b) RETURN a.uid, b.uid, count(*)", few),
        "the query takes more than 10 rows, which is the limit"
    );
    let few = Limits {
        values: 100,
        ..default
    };
    assert_eq!(
        message("MATCH (a), (b) RETURN collect(a)", few),
        "the query takes more than 100 values, which is the limit"
    );
    assert_eq!(
        message(&"x".repeat(20_000), default),
        "the query is 20000 bytes long; the limit is 16384"
    );
}

#[test]
fn many_conditions_side_by_side_are_no_depth() {
    let many = vec!["n.name = 'cards'"; 500].join(" OR ");
    check(&format!("MATCH (n) WHERE {many} RETURN n.name"), "cards");
}

#[test]
fn a_limit_ends_the_search_early() {
    let few = Limits {
        steps: 3,
        ..Limits::default()
    };
    assert_eq!(ask("MATCH (n) RETURN n.uid LIMIT 2", few).unwrap().rows.len(), 2);
    let few = Limits {
        rows: 5,
        ..Limits::default()
    };
    assert!(ask("MATCH (a), (b) RETURN a.uid LIMIT 4", few).is_ok());
}
