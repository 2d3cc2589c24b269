//! Estates in which somebody else writes the code of a workload.

use plumb_model::path::Certainty;
use serde_json::{Value, json};

use crate::world::paths::{find, none};
use crate::world::{FOREIGN, OTHER, OWN, REGION, World, allow, denied, document, edges, iam, inline, trust};

const PUSH: [&str; 4] = [
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
];

const REGISTRY: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com";

fn repository() -> String {
    format!("arn:aws:ecr:{REGION}:{OWN}:repository/app")
}

fn image(tag: &str) -> String {
    format!("{}:{tag}", repository())
}

fn definition() -> String {
    format!("arn:aws:ecs:{REGION}:{OWN}:task-definition/shop:7")
}

/// A role that a service takes, and that reads a precious bucket.
fn role(world: &mut World, service: &str) {
    let reads = inline(json!([allow("s3:GetObject", "arn:aws:s3:::cards/*")]));
    world.role(
        "worker",
        trust(json!({ "Service": service })),
        json!({ "role_policy_list": reads }),
    );
    world.bucket("cards", json!({ "tags": { "DataClassification": "restricted" } }));
}

fn named(account: &str, actions: &[&str], resource: Option<&str>) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Principal": { "AWS": format!("arn:aws:iam::{account}:root") } });
    if let Some(resource) = resource {
        statement["Resource"] = resource.into();
    }
    statement
}

/// A task that runs an image, of a repository whose policy lets an account outside do some actions.
fn task(mutability: Value, image: Value, actions: &[&str]) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    role(&mut world, "ecs-tasks.amazonaws.com");
    world.put(
        "aws_ecr_repository",
        &repository(),
        json!({
            "repository_uri": format!("{REGISTRY}/app"), "image_tag_mutability": mutability,
            "policy": document(json!([named(FOREIGN, actions, None)])),
        }),
    );
    world.put(
        "aws_ecs_task_definition",
        &definition(),
        json!({
            "task_definition_arn": definition(), "task_role_arn": iam("role/worker"),
            "container_definitions": [{ "name": "side", "image": "public.ecr.aws/nginx/nginx:1", "environment": [] },
                { "name": "shop", "image": image, "environment": [] }],
        }),
    );
    world
}

fn app(tag: &str) -> Value {
    json!(format!("{REGISTRY}/app{tag}"))
}

/// The actions of [`PUSH`] and more.
fn push_and(more: &[&'static str]) -> Vec<&'static str> {
    PUSH.iter().chain(more).copied().collect()
}

#[test]
fn who_pushes_the_image_of_a_task_has_its_role() {
    let path = |item: &str, step: &str, certainty: &str| {
        format!(
            "account:{FOREIGN} -{step}-> {item} -can_administer-> 7 -runs_as-> worker -can_read-> cards ({certainty})"
        )
    };
    let written = |item: &str| path(item, "can_write", "conditional");
    let (mutable, fixed) = (json!("MUTABLE"), json!("IMMUTABLE"));
    for (mutability, image, actions, expected) in [
        (&mutable, app(":live"), push_and(&[]), written("app:live")),
        (&mutable, app(""), push_and(&[]), written("app:latest")),
        (
            &mutable,
            app(":live"),
            vec!["ecr:*"],
            path("app:live", "can_administer", "conditional"),
        ),
        (
            &fixed,
            app(":live"),
            push_and(&["ecr:BatchDeleteImage"]),
            written("app:live"),
        ),
        (
            &fixed,
            app(":live"),
            push_and(&["ecr:PutImageTagMutability"]),
            written("app:live"),
        ),
        (
            &fixed,
            app(":live"),
            vec!["ecr:SetRepositoryPolicy"],
            path("app:live", "can_administer", "conditional"),
        ),
        (
            &json!("IMMUTABLE_WITH_EXCLUSION"),
            app(":live"),
            push_and(&[]),
            path("app:live", "can_write", "possible"),
        ),
        (
            &denied(),
            app(":live"),
            push_and(&[]),
            path("app:live", "can_write", "possible"),
        ),
    ] {
        let report = task(mutability.clone(), image, &actions).report();
        let found = find(&report, &expected);
        let hop = &found.hops[1];
        assert_eq!(hop.how.as_deref(), Some("it is the image of a container"));
        assert_eq!(hop.conditions, ["a task or deployment that starts after that"]);
        assert_eq!(hop.proofs[0].attribute, "container_definitions[1].image");
    }
}

#[test]
fn who_cannot_change_the_image_of_a_task_has_nothing_of_it() {
    let mutable = json!("MUTABLE");
    let digest = "@sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let mut cases = vec![
        (json!("IMMUTABLE"), app(":live"), push_and(&[])),
        (mutable.clone(), app(digest), push_and(&[])),
        (mutable.clone(), app(&format!(":live{digest}")), push_and(&[])),
        (mutable.clone(), app("-other:live"), push_and(&[])),
        (mutable.clone(), json!("docker.io/app:live"), push_and(&[])),
        (mutable.clone(), json!(null), push_and(&[])),
        (
            mutable.clone(),
            app(":live"),
            vec!["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        ),
    ];
    for left_out in PUSH {
        let others = PUSH.into_iter().filter(|action| *action != left_out);
        cases.push((mutable.clone(), app(":live"), others.collect()));
    }
    for (mutability, image, actions) in cases {
        let told = format!("{mutability} {image} {actions:?}");
        let report = task(mutability, image, &actions).report();
        let leads_on = report.paths.iter().any(|path| path.hops.len() > 1);
        assert!(!leads_on, "{told}");
    }
}

#[test]
fn an_image_that_was_not_read_is_told() {
    let report = task(json!("MUTABLE"), denied(), &PUSH).report();
    let told = report.problems.iter().any(|problem| {
        problem.starts_with(&format!("{OWN}: {}", definition())) && problem.contains("not read")
    });
    assert!(told, "{:?}", report.problems);
}

#[test]
fn a_repository_in_another_account_leads_into_the_account_of_the_task() {
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    role(&mut world, "ecs-tasks.amazonaws.com");
    let repository = format!("arn:aws:ecr:{REGION}:{OTHER}:repository/app");
    let uri = format!("{OTHER}.dkr.ecr.{REGION}.amazonaws.com/app");
    world.put_in(
        OTHER,
        "aws_ecr_repository",
        &repository,
        json!({ "repository_uri": uri, "image_tag_mutability": "MUTABLE", "policy": null }),
    );
    let pushes = inline(json!([{ "Effect": "Allow", "Action": PUSH, "Resource": repository }]));
    let stranger = trust(json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:root") }));
    world.role_in(OTHER, "pipeline", stranger, json!({ "role_policy_list": pushes }));
    world.put(
        "aws_ecs_task_definition",
        &definition(),
        json!({
            "task_definition_arn": definition(), "task_role_arn": iam("role/worker"),
            "container_definitions": [{ "image": format!("{uri}:1"), "environment": [] }],
        }),
    );
    find(
        &world.report(),
        &format!(
            "account:{FOREIGN} -can_assume-> pipeline -can_write-> app:1 -can_administer-> 7 -runs_as-> worker -can_read-> cards (conditional)"
        ),
    );
}

fn service(deploys: Value) -> World {
    let mut world = task(json!("MUTABLE"), json!(null), &PUSH);
    let uid = format!("arn:aws:apprunner:{REGION}:{OWN}:service/site/1");
    world.put(
        "aws_apprunner_service",
        &uid,
        json!({
            "service_arn": uid, "instance_configuration": { "instance_role_arn": iam("role/worker") },
            "network_configuration": { "ingress_configuration": { "is_publicly_accessible": false } },
            "source_configuration": {
                "auto_deployments_enabled": deploys,
                "image_repository": { "image_identifier": format!("{REGISTRY}/app:1") },
            },
        }),
    );
    world
}

#[test]
fn what_deploys_by_itself_is_certain() {
    for (deploys, certainty) in [
        (json!(true), ""),
        (json!(false), " (conditional)"),
        (denied(), " (possible)"),
    ] {
        find(
            &service(deploys).report(),
            &format!(
                "account:{FOREIGN} -can_write-> app:1 -can_administer-> 1 -runs_as-> worker -can_read-> cards{certainty}"
            ),
        );
    }
}

/// A job with a script in a bucket, and a user with these statements.
fn job(statements: Value, policy: Value, location: &str) -> World {
    let mut world = World::default();
    world.organization(&[OWN], json!([]));
    role(&mut world, "glue.amazonaws.com");
    world.bucket("code", json!({ "policy": policy }));
    world.user("ann", json!({ "user_policy_list": inline(statements) }));
    world.put(
        "aws_glue_job",
        &format!("arn:aws:glue:{REGION}:{OWN}:job/nightly"),
        json!({
            "job_name": "nightly", "role": iam("role/worker"), "command": { "script_location": location },
            "default_arguments": {}, "non_overridable_arguments": {},
        }),
    );
    world
}

const SCRIPT: &str = "arn:aws:s3:::code/jobs/nightly.py";

#[test]
fn who_writes_the_script_of_a_job_has_its_role() {
    let put = |on: &str| json!([allow("s3:PutObject", on)]);
    let deny = document(
        json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::code/jobs/*" }]),
    );
    let elsewhere = document(
        json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::code/data/*" }]),
    );
    let location = "s3://code/jobs/nightly.py";
    for (statements, policy, location, expected) in [
        (put("arn:aws:s3:::code/jobs/*"), json!(null), location, true),
        (put(SCRIPT), json!(null), "s3a://code/jobs/nightly.py", true),
        (put("arn:aws:s3:::code/*"), elsewhere, location, true),
        (put("arn:aws:s3:::code/*"), deny, location, false),
        (put("arn:aws:s3:::code/data/*"), json!(null), location, false),
        (
            put("arn:aws:s3:::code/jobs/nightly.py.bak"),
            json!(null),
            location,
            false,
        ),
        (json!([allow("s3:GetObject", "*")]), json!(null), location, false),
        (
            json!([allow("s3:DeleteObject", "*")]),
            json!(null),
            location,
            false,
        ),
    ] {
        let told = format!("{statements} {location}");
        let graph = job(statements, policy, location).assemble().graph;
        let written = edges(&graph, &iam("user/ann"), SCRIPT);
        assert_eq!(!written.is_empty(), expected, "{told}");
        let run = edges(
            &graph,
            SCRIPT,
            &format!("arn:aws:glue:{REGION}:{OWN}:job/nightly"),
        );
        assert_eq!(run.len(), 1, "{told}");
        assert_eq!(run[0].step.certainty, Certainty::Conditional, "{told}");
    }
}

#[test]
fn who_writes_the_policy_of_a_bucket_writes_the_script_in_it() {
    let statements = json!([allow("s3:PutBucketPolicy", "arn:aws:s3:::code")]);
    let graph = job(statements, json!(null), "s3://code/jobs/nightly.py")
        .assemble()
        .graph;
    assert_eq!(edges(&graph, &iam("user/ann"), SCRIPT).len(), 1);
}

#[test]
fn a_policy_that_opens_one_object_opens_no_other() {
    let statement = named(FOREIGN, &["s3:PutObject"], Some("arn:aws:s3:::code/a/*"));
    let mut world = job(json!([]), document(json!([statement])), "s3://code/a/one.py");
    let other = format!("arn:aws:glue:{REGION}:{OWN}:job/weekly");
    world.put(
        "aws_glue_job",
        &other,
        json!({ "job_name": "weekly", "role": iam("role/worker"), "command": { "script_location": "s3://code/b/two.py" } }),
    );
    let graph = world.assemble().graph;
    let outside = format!("account:{FOREIGN}");
    assert_eq!(edges(&graph, &outside, "arn:aws:s3:::code/a/one.py").len(), 1);
    assert!(edges(&graph, &outside, "arn:aws:s3:::code/b/two.py").is_empty());
    find(
        &world.report(),
        &format!(
            "account:{FOREIGN} -can_write-> code/a/one.py -can_administer-> nightly -runs_as-> worker -can_read-> cards (conditional)"
        ),
    );
}

#[test]
fn a_build_runs_what_lies_in_the_folder_of_its_source() {
    let estate = |kind: &str, prefix: &str| {
        let mut world = job(
            json!([allow("s3:PutObject", &format!("arn:aws:s3:::code/{prefix}*"))]),
            json!(null),
            "",
        );
        world.put(
            "aws_codebuild_project",
            &format!("arn:aws:codebuild:{REGION}:{OWN}:project/site"),
            json!({
                "project_name": "site", "service_role": iam("role/worker"), "secondary_sources": [],
                "environment": { "image": "aws/codebuild/standard:7.0" },
                "source": { "type": kind, "location": "code/src/" },
            }),
        );
        let graph = world.assemble().graph;
        !edges(&graph, &iam("user/ann"), "arn:aws:s3:::code/src/").is_empty()
    };
    assert!(estate("S3", "src/"));
    assert!(!estate("S3", "docs/"));
    assert!(!estate("GITHUB", "src/"));
}

#[test]
fn nobody_has_a_way_to_a_task_without_a_writer() {
    let mut world = task(json!("MUTABLE"), app(":live"), &PUSH);
    world.change(&repository(), "policy", json!(null));
    none(&world.report());
    let graph = world.assemble().graph;
    assert_eq!(edges(&graph, &image("live"), &definition()).len(), 1);
}
