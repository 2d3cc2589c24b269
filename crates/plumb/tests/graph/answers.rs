//! Each command on the stories of the generated estate.

use std::fs;

use plumb_demo::story::{self, Outcome};
use serde_json::{Value, json};

use crate::{Folder, json_of, text, text_with};

fn way(name: &str) -> Vec<String> {
    let stories = story::stories();
    let found = stories.iter().find(|story| story.name == name).unwrap();
    found.way.clone()
}

/// The nodes of each path by uid, the entry left out.
fn ways(paths: &Value) -> Vec<Vec<String>> {
    let uid = |hop: &Value| hop["to"]["uid"].as_str().unwrap().to_owned();
    let hops = |path: &Value| path["hops"].as_array().unwrap().iter().map(uid).collect();
    paths["paths"].as_array().unwrap().iter().map(hops).collect()
}

#[test]
fn paths_of_the_stories_are_listed_and_drawn() {
    let paths = json_of(&["paths", "--demo", "--format", "json"]);
    let ways = ways(&paths);
    for name in [
        "open-ssh-to-administrator",
        "role-passed-to-function",
        "public-database",
    ] {
        let way = way(name);
        assert!(
            ways.iter().any(|found| found.starts_with(&way)),
            "{name}: no path along {way:?}"
        );
    }
    for story in story::stories()
        .iter()
        .filter(|story| story.outcome == Outcome::NearMiss)
    {
        assert!(
            !ways.iter().any(|found| found.starts_with(&story.way)),
            "{}",
            story.name
        );
    }
    let first = &paths["paths"][0];
    let (id, title) = (first["id"].as_str().unwrap(), first["title"].as_str().unwrap());
    let listed = text(&["paths", "--demo"]);
    assert!(listed.contains(title) && listed.contains(id), "{listed}");
    assert!(
        listed.contains("1 gap in 1 account: `policy` of aws_s3_bucket (access denied)"),
        "{listed}"
    );
    // What says that the bucket is public, or what reading has nothing to do with, does not make it worse.
    assert_eq!(first["worsened_by"], json!(["s3-bucket-encryption-required"]));
    let shown = text(&["paths", "show", id, "--demo"]);
    assert!(shown.starts_with(title) && shown.contains("because "), "{shown}");
    assert_eq!(text(&["paths", "show", id.get(..6).unwrap(), "--demo"]), shown);
    let drawn = text(&["paths", "show", id, "--demo", "--format", "svg"]);
    assert!(drawn.starts_with("<svg ") && drawn.trim_end().ends_with("</svg>"));
    let one = json_of(&["paths", "show", id, "--demo", "--format", "json"]);
    assert_eq!(one["paths"].as_array().unwrap().len(), 1);
    assert_eq!(one["paths"][0], *first);
    for (format, start) in [
        ("html", "<!DOCTYPE html>"),
        ("dot", "digraph"),
        ("graphml", "<?xml"),
    ] {
        let written = text(&["paths", "--demo", "--format", format, "--limit", "2"]);
        assert!(written.starts_with(start), "{format}: {written}");
    }
}

#[test]
fn paths_are_narrowed_by_risk_and_number_and_what_is_left_out_is_said() {
    let paths = json_of(&[
        "paths",
        "--demo",
        "--format",
        "json",
        "--min-risk",
        "80",
        "--limit",
        "4",
    ]);
    let found = paths["paths"].as_array().unwrap();
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|path| path["risk"].as_u64().unwrap() >= 80));
    assert!(paths["problems"].to_string().contains("`--limit` leaves out "));
    assert!(text(&["paths", "--demo", "--limit", "1"]).contains("not complete: "));
}

#[test]
fn a_choke_point_closes_what_it_says() {
    let choked = json_of(&["chokepoints", "--demo", "--limit", "3", "--format", "json"]);
    let points = choked["choke_points"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    let shown = text(&["chokepoints", "--demo", "--limit", "3"]);
    for point in points {
        let proof = |key: &str| point["proof"][key].as_str().unwrap();
        let name = format!("{}#{}", proof("resource"), proof("attribute"));
        assert!(
            shown.contains(&format!("plumb whatif --remove '{name}'")),
            "{shown}"
        );
        let answer = json_of(&["whatif", "--demo", "--remove", &name, "--format", "json"]);
        let answer = &answer["answer"];
        let removed = answer["risk_before"].as_u64().unwrap() - answer["risk_after"].as_u64().unwrap();
        // The name may mean other facts too.
        if answer["facts"].as_array().unwrap().len() == 1 {
            assert_eq!(removed, point["risk_removed"].as_u64().unwrap(), "{name}");
            assert_eq!(answer["targets_saved"], point["targets_saved"], "{name}");
        }
        // Of several equal paths some may lead elsewhere past it.
        let touched: Vec<&Value> = ["closed", "lessened"]
            .iter()
            .flat_map(|sort| answer[sort].as_array().unwrap())
            .map(|path| &path["id"])
            .collect();
        for id in point["paths"].as_array().unwrap() {
            assert!(touched.contains(&id), "{name} leaves {id} as it was");
        }
    }
}

#[test]
fn what_if_takes_steps_and_findings_away() {
    let way = way("open-ssh-to-administrator");
    let step = format!("{} -[runs_as]-> {}", way[0], way[1]);
    let shown = text(&["whatif", "--demo", "--remove", &step]);
    assert!(
        shown.contains(" runs as ") && shown.contains("CLOSED: "),
        "{shown}"
    );

    let bucket = story::personal_data_bucket(story::PUBLIC_PERSONAL_DATA[0]);
    let finding = format!("s3-bucket-not-public@{bucket}");
    let fixed = json_of(&["whatif", "--demo", "--fix", &finding, "--format", "json"]);
    assert_eq!(fixed["answer"]["saved"][0]["name"], bucket.as_str());
    assert!(
        fixed["answer"]["assumed"][0]
            .as_str()
            .unwrap()
            .contains("s3-bucket-not-public")
    );

    // The same finding by the fingerprint that reports carry.
    let report = text(&["demo", "--format", "jsonl", "--policy", "s3-bucket-not-public"]);
    let fingerprint = report
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["verdict"] == "fail" && line.to_string().contains(&bucket))
        .map(|line| line["fingerprint"].as_str().unwrap().to_owned())
        .unwrap();
    let again = json_of(&["whatif", "--demo", "--fix", &fingerprint, "--format", "json"]);
    assert_eq!(again, fixed);

    // Encryption closes no way.
    let finding = format!("s3-bucket-encryption-required@{bucket}");
    let encrypted = json_of(&["whatif", "--demo", "--fix", &finding, "--format", "json"]);
    let answer = &encrypted["answer"];
    assert_eq!(answer["risk_after"], answer["risk_before"]);
    assert_eq!(answer["facts"], json!([]));
    assert!(answer["assumed"][0].as_str().unwrap().contains("closes none"));
}

#[test]
fn exposure_tells_ports_and_proofs_and_tells_closed_from_not_known() {
    let way = way("open-ssh-to-administrator");
    let answer = json_of(&["exposure", &way[0], "--demo", "--format", "json"]);
    let answer = &answer["answer"];
    assert_eq!(
        (&answer["level"], &answer["internet"]["is"]),
        (&json!("wide"), &json!("exposed"))
    );
    assert_eq!(answer["ways"][0]["ports"], json!(["tcp 22"]));
    let proofs = answer["ways"][0]["proofs"].to_string();
    for fact in ["route-table", "security-group", "network-acl"] {
        assert!(proofs.contains(fact), "{proofs}");
    }
    let near_miss = story::instance_id(story::NEAR_MISS_NETWORK_ACL);
    let shown = text(&["exposure", &near_miss, "--demo"]);
    assert!(
        shown.contains("cannot be reached; everything that decides was read"),
        "{shown}"
    );

    let bucket = story::personal_data_bucket(story::PUBLIC_PERSONAL_DATA[1]);
    assert!(text(&["exposure", &bucket, "--demo"]).contains("anybody on the internet can read it"));

    // What a load balancer leads to is reached through it, which is told once.
    let behind = json_of(&[
        "exposure",
        &story::instance_id(story::BALANCED[0]),
        "--demo",
        "--format",
        "json",
    ]);
    let ways = behind["answer"]["ways"].as_array().unwrap();
    assert!(ways[0]["source"] == "internet" && ways[0]["proofs"].to_string().contains("loadbalancer/app"));
    assert_eq!(ways[0]["how"], "through Load balancer payments-api");
    assert_eq!(
        behind["answer"]["internet"],
        json!({ "is": "exposed_through", "why": ["Load balancer payments-api"] })
    );
    let inside: Vec<&Value> = ways.iter().filter(|way| way["source"] == "inside").collect();
    assert!(inside.iter().all(|way| {
        !way["from"]
            .as_str()
            .unwrap()
            .contains("Load balancer payments-api")
    }));
    assert!(
        inside
            .iter()
            .all(|way| ways.iter().filter(|other| other == way).count() == 1)
    );

    let list = json_of(&["exposure", "--demo", "--format", "json"]);
    let list = list["answer"].as_array().unwrap();
    let levels: Vec<&str> = list.iter().map(|one| one["level"].as_str().unwrap()).collect();
    let order = ["wide", "narrow", "accounts", "unknown"];
    let place = |level: &&str| order.iter().position(|known| known == level).unwrap();
    assert!(levels.is_sorted_by_key(place), "{levels:?}");
    let has = |uid: &str| list.iter().any(|one| one["resource"]["uid"] == uid);
    assert!(
        has(&way[0])
            && !has(&format!(
                "arn:aws:s3:::{}",
                story::payments_bucket(story::BALANCED[0])
            ))
    );
    assert!(text(&["exposure", "--demo"]).contains("FROM ANY ADDRESS: "));
}

#[test]
fn permissions_are_answered_with_statements_and_statuses() {
    let way = way("open-ssh-to-administrator");
    let allowed = text(&[
        "can",
        &way[1],
        "sts:AssumeRole",
        story::ADMINISTRATOR_ROLE,
        "--demo",
    ]);
    assert!(
        allowed.starts_with("allowed\n") && allowed.contains("assume_role_policy_document"),
        "{allowed}"
    );

    let denied: Vec<String> = story::stories()
        .into_iter()
        .filter(|story| ["assumption-denied", "assumption-denied-by-guardrail"].contains(&story.name))
        .map(|story| story.way[1].clone())
        .collect();
    for role in &denied {
        let answer = text_with(
            1,
            &["can", role, "sts:AssumeRole", story::ADMINISTRATOR_ROLE, "--demo"],
        );
        assert!(answer.starts_with("denied"), "{answer}");
    }

    let open = story::personal_data_bucket(story::PUBLIC_PERSONAL_DATA[0]);
    let object = format!("arn:aws:s3:::{open}/customers/1.csv");
    assert!(text(&["can", "internet", "s3:GetObject", &object, "--demo"]).contains("statement `Everybody`"));
    // By its name the bucket stands for its objects.
    assert!(text(&["can", "anonymous", "s3:GetObject", &open, "--demo"]).contains("asked about"));
    let blocked = story::personal_data_bucket(story::NEAR_MISS_BLOCKED_BUCKET);
    let answer = text_with(1, &["can", "internet", "s3:GetObject", &blocked, "--demo"]);
    assert!(answer.contains("public access is blocked"), "{answer}");
    // Somebody of an account that nobody read: their own policies decide.
    let stranger = "arn:aws:iam::111122223333:role/visitor";
    let unknown = text_with(4, &["can", stranger, "s3:GetObject", &object, "--demo"]);
    assert!(
        unknown.starts_with("unknown\n") && unknown.contains("not read: "),
        "{unknown}"
    );
    // What is not among what was read may have a policy.
    let elsewhere = text_with(
        4,
        &[
            "can",
            &way[1],
            "s3:GetObject",
            "arn:aws:s3:::not-read/x",
            "--demo",
        ],
    );
    assert!(elsewhere.contains("not among what was read"), "{elsewhere}");

    let who = json_of(&[
        "who-can",
        "sts:AssumeRole",
        story::ADMINISTRATOR_ROLE,
        "--demo",
        "--format",
        "json",
    ]);
    let names: Vec<&str> = who["answer"]["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["who"].as_str().unwrap())
        .collect();
    assert!(names.contains(&way[1].as_str()), "{names:?}");
    assert!(
        denied.iter().all(|role| !names.contains(&role.as_str())),
        "{names:?}"
    );
}

#[test]
fn the_graph_is_queried_and_exported() {
    let way = way("open-ssh-to-administrator");
    let query = format!(
        "MATCH (w {{uid: '{}'}})-[:runs_as]->(r)-[:can_assume]->(t) RETURN r.uid, t.uid ORDER BY t.uid",
        way[0]
    );
    let rows = json_of(&["graph", "query", &query, "--demo", "--format", "json"]);
    assert_eq!(rows["rows"], json!([[way[1], way[2]]]));
    let table = text(&["graph", "query", &query, "--demo"]);
    assert!(table.contains("r.uid") && table.ends_with("1 row\n"), "{table}");
    let csv = text(&["graph", "query", &query, "--demo", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 2);
    // A type that the estate has none of is known all the same.
    assert!(
        text(&[
            "graph",
            "query",
            "MATCH (n:aws_apprunner_service) RETURN n.uid",
            "--demo"
        ])
        .contains("0 rows")
    );

    let folder = Folder::new("export");
    for (format, start) in [
        ("graphml", "<?xml"),
        ("cypher", "//"),
        ("dot", "digraph"),
        ("jsonl", "{\"element\":\"node\""),
    ] {
        // By its name or by the ending of the file.
        let (plain, ending) = (folder.path(format), folder.path(&format!("graph.{format}")));
        let named = ["graph", "export", "--demo", "--format", format, "-o", &plain];
        assert_eq!(text(&named), "");
        assert_eq!(text(&["graph", "export", "--demo", "-o", &ending]), "");
        let written = fs::read_to_string(&plain).unwrap();
        assert!(written.starts_with(start), "{format}");
        assert!(written == fs::read_to_string(&ending).unwrap(), "{format}");
    }
    let answer = folder.path("exposed.json");
    text(&["exposure", "--demo", "--accounts", "2", "-o", &answer]);
    assert!(fs::read_to_string(&answer).unwrap().starts_with('{'));
    text(&[
        "graph",
        "export",
        "--demo",
        "--format",
        "parquet",
        "-o",
        &folder.path("all.parquet"),
    ]);
    for part in ["all.nodes.parquet", "all.edges.parquet"] {
        assert!(
            fs::read(folder.path(part)).unwrap().starts_with(b"PAR1"),
            "{part}"
        );
    }
}

#[test]
fn a_snapshot_answers_like_the_estate_that_it_holds_and_every_time_the_same() {
    let folder = Folder::new("same");
    let snapshot = folder.path("demo.plumb.zst");
    text(&[
        "demo",
        "--accounts",
        "12",
        "--format",
        "json",
        "--snapshot",
        &snapshot,
        "-o",
        &folder.path("report.json"),
    ]);
    let role = way("open-ssh-to-administrator").swap_remove(1);
    let questions: [&[&str]; 6] = [
        &["paths", "--format", "json"],
        &["chokepoints", "--format", "json"],
        &["exposure", "--format", "json"],
        &["whatif", "--remove", &role, "--format", "json"],
        &["who-can", "s3:GetObject", "*"],
        &["graph", "export", "--format", "jsonl"],
    ];
    // Enough accounts for the story that leads from one to another.
    let demo = ["--demo", "--accounts", "12"];
    for question in questions {
        let ask = |source: &[&str]| text(&[question, source].concat());
        let (of_demo, of_snapshot) = (ask(&demo), ask(&["--snapshot", &snapshot]));
        assert!(of_demo == of_snapshot, "{question:?} differs");
        assert!(of_demo == ask(&demo), "{question:?} differs from run to run");
    }
}
