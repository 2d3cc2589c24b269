//! Files of escalations: what is read, what is refused, and that the built-in ones hold together.

use crate::support::{load, load_files, show};
use expect_test::{Expect, expect};
use plumb_pack::escalation::{
    Boundary, Escalation, Gain, Need, Object, Permission, PrincipalKind, Requirement, Target, Trust,
};
use plumb_pack::pack::Pack;

const LAMBDA: &str = "- id: pass-role-to-function
  title: Role passed to a new function
  target: role
  trusts: lambda.amazonaws.com
  requires:
  - { action: iam:PassRole, on: target, context: { 'iam:PassedToService': lambda.amazonaws.com } }
  - { action: lambda:CreateFunction, on: 'arn:{partition}:lambda:*:{account}:function:*' }
  - any:
    - { action: lambda:InvokeFunction, on: 'arn:{partition}:lambda:*:{account}:function:*' }
    - - { action: lambda:CreateEventSourceMapping, on: '*' }
      - { present: aws_sns_topic }
  gains: target
";

fn file(entries: &str) -> String {
    format!("provider: aws\nescalations:\n{entries}")
}

/// An entry with everything that is needed, and one line in place of the line that begins like it.
fn with(line: &str) -> String {
    let lines = [
        "id: x-y",
        "title: X",
        "target: role",
        "requires: [ { action: iam:PassRole, on: target } ]",
        "gains: target",
    ];
    let key = line.split(':').next().unwrap_or_default();
    let mut kept: Vec<&str> = lines
        .into_iter()
        .filter(|other| other.split(':').next() != Some(key))
        .collect();
    kept.push(line);
    file(&format!("- {}\n", kept.join("\n  ")))
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let loaded = load(text);
    assert!(loaded.has_errors(), "{text}");
    assert!(
        loaded.pack.escalations().iter().all(|found| found.id != "x-y"),
        "{text}"
    );
    expected.assert_eq(&show(&loaded.diagnostics));
}

fn read(text: &str) -> Escalation {
    let loaded = load(text);
    assert_eq!(show(&loaded.diagnostics), "");
    let ids = ["pass-role-to-function", "x-y"];
    let mut escalations = loaded.pack.escalations().iter();
    let found = escalations.find(|escalation| ids.contains(&escalation.id.as_str()));
    Escalation::clone(found.unwrap())
}

#[test]
fn every_key_is_read() {
    let escalation = read(&file(LAMBDA));
    assert_eq!(escalation.target, Target::Role);
    assert_eq!(
        escalation.trusts,
        Some(Trust::Service("lambda.amazonaws.com".into()))
    );
    assert_eq!(
        (escalation.principal, escalation.gains),
        (PrincipalKind::Any, Gain::Target)
    );
    let [
        Requirement::Need(Need::Action(pass)),
        Requirement::Need(Need::Action(create)),
        Requirement::Any(any),
    ] = escalation.requires.as_slice()
    else {
        panic!("{escalation:?}")
    };
    assert_eq!(
        (pass.action.as_str(), &pass.on),
        ("iam:PassRole", &Object::Target)
    );
    assert_eq!(
        pass.context,
        [("iam:PassedToService".into(), vec!["lambda.amazonaws.com".into()])]
    );
    assert!(matches!(&create.on, Object::Arn(template) if template.0.len() == 5));
    assert_eq!(any.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(escalation.needs().count(), 5);
    assert_eq!(escalation.resource_types().collect::<Vec<_>>(), ["aws_sns_topic"]);
}

#[test]
fn words_of_principals_targets_and_trust_are_read() {
    let escalation = read(&with("principal: user"));
    assert_eq!(escalation.principal, PrincipalKind::User);
    assert_eq!(read(&with("trusts: principal")).trusts, Some(Trust::Principal));
    for (word, target) in Target::WORDS {
        let text = with(&format!("target: {word}")).replace("gains: target", "gains: administrator");
        assert_eq!(read(&text).target, target);
    }
    assert_eq!(escalation.boundary, Boundary::Kept);
    assert_eq!(read(&with("boundary: lifted")).boundary, Boundary::Lifted);
    let text = with("requires: [ { action: iam:CreatePolicyVersion, on: target_policy } ]");
    assert!(matches!(
        read(&text).requires.as_slice(),
        [Requirement::Need(Need::Action(permission))] if permission.on == Object::TargetPolicy
    ));
    let text = with("target: aws_lambda_function");
    assert_eq!(read(&text).target, Target::Resource("aws_lambda_function".into()));
}

#[test]
fn what_limits_must_leave_is_read_for_what_makes_an_administrator_alone() {
    let entry = |target: &str, on: &str| {
        file(&format!(
            "- id: x-y
  title: X
  target: {target}
  requires: [ {{ action: iam:PutRolePolicy, on: '*' }} ]
  must_leave:
  - any: [ {{ action: iam:PutRolePolicy, on: '*' }}, {{ action: iam:PutUserPolicy, on: '{on}' }} ]
  - {{ action: s3:GetObject, on: '*' }}
  gains: administrator
"
        ))
    };
    let read = read(&entry("account", "*"));
    assert!(read.is_plain());
    assert_eq!(
        read.must_leave
            .iter()
            .map(|one| one.needs().count())
            .collect::<Vec<_>>(),
        [2, 1]
    );
    let refused = expect![[r#"
        user.yaml:7:3: error: `must_leave` needs `target: account`, and `on: "*"` in every entry
        |   must_leave:
        |   ^^^^^^^^^^ what else is left is told by single ways
    "#]];
    check(&entry("self", "*"), &refused);
    check(
        &entry("account", "arn:{partition}:iam::{account}:user/x"),
        &refused,
    );
}

#[test]
fn keys_that_are_missing_or_misspelt() {
    check(
        &file("- id: x-y\n  titel: X\n"),
        &expect![[r#"
        user.yaml:4:3: error: unknown key `titel` in an escalation
        help: did you mean `title`?
        |   titel: X
        |   ^^^^^ not known here
        user.yaml:3:3: error: an escalation lacks `title`
        | - id: x-y
        |   ^^ `title` is missing here
        user.yaml:3:3: error: an escalation lacks `target`
        | - id: x-y
        |   ^^ `target` is missing here
        user.yaml:3:3: error: an escalation lacks `gains`
        | - id: x-y
        |   ^^ `gains` is missing here
        user.yaml:3:3: error: an escalation lacks `requires`
        | - id: x-y
        |   ^^ `requires` is missing here
    "#]],
    );
    check(
        &with("id: X_Y"),
        &expect![[r#"
        user.yaml:7:3: error: id `X_Y` is not in kebab-case
        help: name the way, for example `iam-create-policy-version`
        |   id: X_Y
        |   ^^ not an id
    "#]],
    );
    check(
        &with("gains: admin"),
        &expect![[r#"
        user.yaml:7:10: error: `admin` is not known here
        help: expected one of administrator, target
        |   gains: admin
        |          ^^^^^ expected one of administrator, target
    "#]],
    );
    check(
        &with("principal: group"),
        &expect![[r#"
        user.yaml:8:14: error: `group` is not known here
        help: expected one of user, role
        |   principal: group
        |              ^^^^^ expected one of user, role
    "#]],
    );
    check(
        &with("trusts: lambda"),
        &expect![[r#"
        user.yaml:8:3: error: `lambda` is neither `principal` nor a service principal nor `federated:` with a provider
        |   trusts: lambda
        |   ^^^^^^ expected for example `lambda.amazonaws.com`
    "#]],
    );
    check(
        "escalations:\n- id: x\n",
        &expect![[r#"
        user.yaml:1:1: error: the file does not say which cloud it is for
        help: add `provider: aws`, or put the file into a folder `aws/<service>/`
        | escalations:
        | ^^^^^^^^^^^ `provider` is missing here
    "#]],
    );
}

#[test]
fn actions_and_what_they_are_evaluated_on() {
    check(
        &with("requires: [ { action: 'iam:*', on: target } ]"),
        &expect![[r#"
            user.yaml:7:25: error: `iam:*` is not an IAM action
            help: name each action; a pattern would cover actions that nobody has thought of
            |   requires: [ { action: 'iam:*', on: target } ]
            |                         ^^^^^^^ expected `service:Action`
        "#]],
    );
    check(
        &with("requires: [ { action: PassRole, on: target } ]"),
        &expect![[r#"
            user.yaml:7:25: error: `PassRole` is not an IAM action
            help: write the prefix of the service, a colon and the action, for example `s3:GetObject`
            |   requires: [ { action: PassRole, on: target } ]
            |                         ^^^^^^^^ expected `service:Action`
        "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole } ]"),
        &expect![[r#"
            user.yaml:7:17: error: a requirement lacks `on`
            |   requires: [ { action: iam:PassRole } ]
            |                 ^^^^^^ `on` is missing here
        "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole, on: tarjet } ]"),
        &expect![[r#"
            user.yaml:7:43: error: `tarjet` is not what an action can be evaluated on
            help: write `target`, `target_policy`, `*`, or a template such as `arn:{partition}:lambda:*:{account}:function:*`
            |   requires: [ { action: iam:PassRole, on: tarjet } ]
            |                                           ^^^^^^ not an ARN
        "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole, on: 'arn:{partition' } ]"),
        &expect![[r#"
            user.yaml:7:43: error: `arn:{partition` has a brace without its partner
            |   requires: [ { action: iam:PassRole, on: 'arn:{partition' } ]
            |                                           ^^^^^^^^^^^^^^^^ not a template
        "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole, on: 'arn:{parent.arn}' } ]"),
        &expect![[r#"
            user.yaml:7:43: error: a target has no parent
            |   requires: [ { action: iam:PassRole, on: 'arn:{parent.arn}' } ]
            |                                           ^^^^^^^^^^^^^^^^^^ in this template
        "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole, on: target, context: { PassedToService: x } } ]"),
        &expect![[r#"
            user.yaml:7:62: error: request key `PassedToService` has no prefix before a colon
            |   requires: [ { action: iam:PassRole, on: target, context: { PassedToService: x } } ]
            |                                                              ^^^^^^^^^^^^^^^ expected for example `iam:PassedToService`
        "#]],
    );
}

#[test]
fn requirements_that_require_nothing() {
    check(
        &with("requires: []"),
        &expect![[r#"
        user.yaml:7:3: error: `requires` names no action
        |   requires: []
        |   ^^^^^^^^ everybody could go this way
    "#]],
    );
    check(
        &with("requires: [ { present: aws_s3_bucket } ]"),
        &expect![[r#"
        user.yaml:7:3: error: `requires` names no action
        |   requires: [ { present: aws_s3_bucket } ]
        |   ^^^^^^^^ everybody could go this way
    "#]],
    );
    check(
        &with("requires: [ { any: [ { action: iam:PassRole, on: target } ] } ]"),
        &expect![[r#"
            user.yaml:7:17: error: `any` needs at least two alternatives
            |   requires: [ { any: [ { action: iam:PassRole, on: target } ] } ]
            |                 ^^^ no choice
        "#]],
    );
    check(
        &with("requires: [ { present: aws_s3_bucket, action: iam:PassRole, on: target } ]"),
        &expect![[r#"
            user.yaml:7:41: error: `present` and `action` do not go together
            |   requires: [ { present: aws_s3_bucket, action: iam:PassRole, on: target } ]
            |                                         ^^^^^^ write two entries
            user.yaml:7:63: error: `present` and `on` do not go together
            |   requires: [ { present: aws_s3_bucket, action: iam:PassRole, on: target } ]
            |                                                               ^^ write two entries
        "#]],
    );
}

#[test]
fn names_of_resource_types_and_their_attributes() {
    check(
        &with("target: aws_lambda_functoin"),
        &expect![[r#"
        user.yaml:7:11: error: `aws_lambda_functoin` is neither a target nor the name of a resource type
        help: did you mean `aws_lambda_function`?
        |   target: aws_lambda_functoin
        |           ^^^^^^^^^^^^^^^^^^^ not known here
    "#]],
    );
    check(
        &with("target: aws_instance"),
        &expect![[r#"
        user.yaml:7:11: error: `aws_instance` is neither a target nor the name of a resource type
        help: its own name is `aws_ec2_instance`
        |   target: aws_instance
        |           ^^^^^^^^^^^^ not known here
    "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole, on: target }, { present: aws_unheard_of } ]"),
        &expect![[r#"
            user.yaml:3:7: error: `aws_unheard_of` is neither a target nor the name of a resource type
            | - id: x-y
            |       ^^^ not known here
        "#]],
    );
    check(
        &with("requires: [ { action: iam:PassRole, on: 'arn:{name}' } ]"),
        &expect![[r#"
            user.yaml:7:15: error: `{name}` needs a target that is a resource
            help: `{partition}`, `{account}` and `{region}` are known always
            |   requires: [ { action: iam:PassRole, on: 'arn:{name}' } ]
            |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in this requirement
        "#]],
    );
    let text = with("requires: [ { action: lambda:InvokeFunction, on: 'arn:{function_nmae}' } ]");
    check(
        &text.replace("target: role", "target: aws_lambda_function"),
        &expect![[r#"
            user.yaml:7:15: error: `aws_lambda_function` has no attribute `function_nmae`
            help: did you mean `function_name`?
            |   requires: [ { action: lambda:InvokeFunction, on: 'arn:{function_nmae}' } ]
            |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in this requirement
        "#]],
    );
    check(
        &with("target: aws_sns_topic"),
        &expect![[r#"
        user.yaml:7:11: error: `aws_sns_topic` runs as nobody, so nothing is gained by taking it over
        help: give the type a relation called `runs_as` or `runs_as` under `graph`, or write another `gains`
        |   target: aws_sns_topic
        |           ^^^^^^^^^^^^^ as the target
    "#]],
    );
}

#[test]
fn gains_and_trust_must_fit_the_target() {
    check(
        &with("target: self"),
        &expect![[r#"
        user.yaml:6:3: error: this target is nobody else, so nothing is gained by becoming it
        help: write `gains: administrator` when every permission can be had this way
        |   gains: target
        |   ^^^^^ cannot be `target` here
    "#]],
    );
    let text = with("requires: [ { action: iam:CreatePolicyVersion, on: target_policy } ]");
    check(
        &text.replace("target: role", "target: aws_lambda_function"),
        &expect![[r#"
            user.yaml:7:3: error: `on: target_policy` needs a target that is an identity
            |   requires: [ { action: iam:CreatePolicyVersion, on: target_policy } ]
            |   ^^^^^^^^ nothing else has policies attached
        "#]],
    );
    check(
        &with("boundary: kept"),
        &expect![[r#"
        user.yaml:8:13: error: `kept` is not known here
        help: expected one of lifted
        |   boundary: kept
        |             ^^^^ expected one of lifted
    "#]],
    );
    let text = with("trusts: principal").replace("target: role", "target: user");
    check(
        &text,
        &expect![[r#"
        user.yaml:8:3: error: `trusts` needs `target: role`
        |   trusts: principal
        |   ^^^^^^ nothing else has a trust policy
    "#]],
    );
}

#[test]
fn templates_may_read_the_target() {
    let text = with("requires: [ { action: lambda:InvokeFunction, on: 'arn:{function_name}:*' } ]");
    read(&text.replace("target: role", "target: aws_lambda_function"));
}

#[test]
fn an_id_stands_once_and_a_file_with_an_error_gives_nothing() {
    let good = with("title: Good");
    let loaded = load_files(&[("a.yaml", &good), ("b.yaml", &good)]);
    expect![[r#"
        b.yaml:3:7: error: two escalations are called `x-y`
        | - id: x-y
        |       ^^^ the second one
    "#]]
    .assert_eq(&show(&loaded.diagnostics));
    let bad = format!("{good}- id: other\n  title: Other\n");
    let loaded = load(&bad);
    assert!(loaded.has_errors());
    assert!(loaded.pack.escalations().iter().all(|found| found.id != "x-y"));
}

#[test]
fn built_in_escalations_are_whole() {
    let pack = Pack::builtin().unwrap();
    let escalations = pack.escalations();
    assert!(escalations.len() >= 65, "{}", escalations.len());
    for escalation in escalations {
        let id = &escalation.id;
        let passes: Vec<&Permission> = escalation
            .needs()
            .filter_map(|need| match need {
                Need::Action(permission) => Some(permission),
                Need::Present(_) => None,
            })
            .filter(|permission| permission.action == "iam:PassRole" && permission.on == Object::Target)
            .collect();
        // A role can be passed only to a service that it trusts, and is gained by passing it.
        if !passes.is_empty() {
            assert_eq!(
                (&escalation.target, escalation.gains),
                (&Target::Role, Gain::Target),
                "{id}"
            );
            let trusts = &escalation.trusts;
            assert!(
                matches!(trusts, Some(Trust::Service(_) | Trust::Federated(_))),
                "{id}"
            );
        }
        for (key, values) in passes.iter().flat_map(|permission| &permission.context) {
            assert_eq!(key, "iam:PassedToService", "{id}");
            assert!(
                values.iter().all(|value| value.ends_with(".amazonaws.com")),
                "{id}"
            );
        }
        // Who stays the same gains only what nobody bounds.
        if escalation.boundary == Boundary::Lifted {
            assert_eq!(escalation.target, Target::Principal, "{id}");
        }
        let of_one_kind = escalation.needs().filter_map(|need| match need {
            Need::Action(permission) if permission.on == Object::Target => Some(permission.action.as_str()),
            Need::Action(_) | Need::Present(_) => None,
        });
        // An action on users does nothing for a role that is allowed it on everything, and the other way round.
        if escalation.target == Target::Principal {
            for action in of_one_kind {
                let kind = if action.contains("User") {
                    PrincipalKind::User
                } else {
                    PrincipalKind::Role
                };
                assert_eq!(escalation.principal, kind, "{id}: {action}");
            }
        }
    }
}

#[test]
fn built_in_escalations_are_linted() {
    let pack = Pack::builtin().unwrap();
    assert_eq!(show(&plumb_pack::lint::lint(&pack)), "");
    // What a user's file may leave out.
    let loaded = load(&with("title: Mine"));
    assert_eq!(show(&plumb_pack::lint::lint(&loaded.pack)), "");
}

/// Entries of the page on published ways, and types in it, are named as they are.
#[test]
fn the_page_on_published_ways_names_what_there_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/specs/escalations.md");
    let page = std::fs::read_to_string(path).unwrap();
    let pack = Pack::builtin().unwrap();
    let ids: Vec<&str> = pack.escalations().iter().map(|way| way.id.as_str()).collect();
    let services = ids.iter().filter_map(|id| id.split('-').next());
    let services: std::collections::BTreeSet<&str> = services.collect();
    let mut named = 0;
    for quoted in page.split('`').skip(1).step_by(2) {
        if quoted.starts_with("aws_") {
            assert!(pack.resource_type(quoted).is_ok(), "`{quoted}` is no type");
        } else if let Some((service, _)) = quoted.split_once('-')
            && services.contains(service)
            && !quoted.contains(':')
        {
            assert!(ids.contains(&quoted), "`{quoted}` is no entry");
            named += 1;
        }
    }
    assert!(named > 8, "{named}");
}
