//! `Scene`: the least account in which a principal can go one way, or fails to by one twist.

use plumb_model::resource::Resource;
use plumb_pack::escalation::{Escalation, Gain, Need, Object, Permission, Target, Trust, Versions};
use plumb_pack::recipe::{Piece, Template};
use serde_json::{Value, json};

use crate::things;
use crate::twist::Twist;
use crate::world::{FOREIGN, OTHER, OWN, REGION, World, denied, document, iam, inline, trust};

/// What kind of principal goes the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    User,
    Role,
}

/// An account with a principal, and what it reaches by going the way.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) principal: String,
    /// Where the edge ends.
    pub(crate) reached: String,
    /// What is gained there.
    pub(crate) gained: String,
}

/// What the actions work on.
struct Aim {
    uid: String,
    /// What the templates of the escalation see of it.
    document: Option<Resource>,
    /// A managed policy that is attached to it.
    policy: String,
}

impl Scene {
    pub(crate) fn of(escalation: &Escalation, needs: &[&Need], who: Who, twist: Twist) -> Self {
        let mut world = World::default();
        let principal = match who {
            Who::User => iam("user/ann"),
            Who::Role => iam("role/ann"),
        };
        let administrator = format!("administrator:{OWN}");
        let policy = world.managed(
            "tool",
            json!([{ "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*" }]),
        );
        let attached = json!([{ "policy_arn": policy, "policy_name": "tool" }]);
        let trusted = trust_of(escalation, &principal, twist);
        let mut aim = Aim {
            uid: principal.clone(),
            document: None,
            policy: policy.clone(),
        };
        let mut becomes = administrator.clone();
        match &escalation.target {
            Target::Principal | Target::Account => {}
            Target::OwnPolicy => {
                aim.uid = policy.clone();
                if escalation.versions == Versions::Full {
                    let version = |is_default: bool, action: &str| {
                        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
                        json!({ "is_default_version": is_default, "document": document(json!([statement])) })
                    };
                    let versions = json!([version(true, "sts:GetCallerIdentity"), version(false, "*")]);
                    world.change(&policy, "policy_version_list", versions);
                }
            }
            Target::OwnGroup => aim.uid = group(&mut world, "crew"),
            Target::User => {
                aim.uid = world.user("bob", json!({ "attached_managed_policies": attached }));
                becomes = aim.uid.clone();
            }
            Target::Role => {
                aim.uid = world.role("boss", trusted, json!({ "attached_managed_policies": attached }));
                becomes = aim.uid.clone();
            }
            Target::Group => {
                aim.uid = group(&mut world, "crew");
                becomes = aim.uid.clone();
            }
            Target::Resource(name) => {
                becomes = world.role(
                    "boss",
                    trust(json!({ "Service": "ec2.amazonaws.com" })),
                    json!({}),
                );
                let (uid, document) = things::put(&mut world, name, &becomes);
                aim.uid = uid;
                aim.document = Some(document);
            }
        }
        for (position, need) in needs.iter().enumerate() {
            if let Need::Present(name) = need {
                things::put(&mut world, name, &iam("role/boss"));
                if twist == Twist::Absent(position) {
                    world.forget(name);
                } else if twist == Twist::Unlisted(position) {
                    world.cannot_list(OWN, name);
                }
            }
        }
        if twist == Twist::OnItself {
            aim.uid = principal.clone();
        }
        let statements = statements(needs, &aim, twist);
        let names = if twist == Twist::Lookalike {
            ["ann", "zoe"].as_slice()
        } else {
            &["ann"]
        };
        for name in names {
            put_principal(
                &mut world,
                who,
                name,
                escalation,
                statements.clone(),
                &attached,
                twist,
            );
        }
        let denials = match twist.position().and_then(|position| action_at(needs, position)) {
            Some(action) if matches!(twist, Twist::LeftOutByControlPolicy(_)) => {
                json!([{ "Effect": "Deny", "Action": action, "Resource": "*" }])
            }
            Some(_) | None => json!([]),
        };
        world.organization(&[OWN], denials);
        if twist == Twist::BoundaryOfEverything {
            world.managed(
                "fence",
                json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]),
            );
        } else if let Twist::LeftOutByBoundary(position) = twist {
            let action = action_at(needs, position);
            world.managed(
                "fence",
                json!([{ "Effect": "Allow", "NotAction": action, "Resource": "*" }]),
            );
        }
        let reached = match (escalation.gains, &escalation.target) {
            (Gain::Administrator, _) => administrator,
            (Gain::Target, Target::Resource(_)) => aim.uid,
            (Gain::Target, _) => becomes.clone(),
        };
        let gained = match escalation.gains {
            Gain::Administrator => reached.clone(),
            Gain::Target => becomes,
        };
        let principal = if twist == Twist::Bystander {
            world.user("eve", json!({}))
        } else if twist == Twist::Lookalike {
            principal.replace("/ann", "/zoe")
        } else {
            principal
        };
        Self {
            world,
            principal,
            reached,
            gained,
        }
    }
}

fn action_at<'n>(needs: &[&'n Need], position: usize) -> Option<&'n str> {
    match needs.get(position) {
        Some(Need::Action(permission)) => Some(permission.action.as_str()),
        Some(Need::Present(_)) | None => None,
    }
}

fn group(world: &mut World, name: &str) -> String {
    let uid = iam(&format!("group/{name}"));
    world.put(
        "aws_iam_group",
        &uid,
        json!({ "group_name": name, "group_policy_list": [], "attached_managed_policies": [] }),
    );
    uid
}

fn trust_of(escalation: &Escalation, principal: &str, twist: Twist) -> Value {
    let root = |account: &str| json!({ "AWS": format!("arn:aws:iam::{account}:root") });
    match (&escalation.trusts, twist) {
        (Some(_), Twist::TrustUnread) => denied(),
        (Some(Trust::Federated(provider)), twist) => {
            let (provider, condition) = match twist {
                Twist::TrustsAnother => ("accounts.google.com", json!({})),
                Twist::TrustOnCondition => {
                    let audience = format!("{provider}:aud");
                    (
                        provider.as_str(),
                        json!({ "StringEquals": { audience: "eu-west-1:pool" } }),
                    )
                }
                _ => (provider.as_str(), json!({})),
            };
            document(json!([{
                "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": { "Federated": provider }, "Condition": condition,
            }]))
        }
        (Some(Trust::Service(_)), Twist::TrustsAnother) => trust(json!({ "Service": "ses.amazonaws.com" })),
        (Some(Trust::Service(service)), Twist::TrustOnCondition) => document(json!([{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service.as_str() },
            "Condition": { "ArnLike": { "aws:SourceArn": format!("arn:aws:ses:{REGION}:{OWN}:identity/one") } },
        }])),
        (Some(Trust::Service(service)), _) => trust(json!({ "Service": service.as_str() })),
        (Some(Trust::Principal), Twist::TrustsAnother) => trust(root(OTHER)),
        (Some(Trust::Principal), Twist::Lookalike) => trust(json!({ "AWS": principal })),
        (Some(Trust::Principal), _) => trust(root(OWN)),
        (None, _) => trust(root(FOREIGN)),
    }
}

/// The least statements, one for each action.
fn statements(needs: &[&Need], aim: &Aim, twist: Twist) -> Vec<Value> {
    let mut statements = Vec::new();
    for (position, need) in needs.iter().enumerate() {
        let Need::Action(permission) = need else { continue };
        let exact = resource_of(permission, aim);
        let is_twisted = twist.position() == Some(position);
        let mut conditions = serde_json::Map::new();
        for (key, values) in &permission.context {
            conditions.insert(
                "StringEquals".into(),
                json!({ key.as_str(): values.iter().map(ToString::to_string).collect::<Vec<_>>() }),
            );
        }
        let mut resource = exact.clone();
        if is_twisted {
            match twist {
                Twist::Missing(_) => continue,
                Twist::Denied(_) => statements
                    .push(json!({ "Effect": "Deny", "Action": permission.action.as_str(), "Resource": "*" })),
                Twist::DeniedUnlessRequest(_) => statements.push(json!({
                    "Effect": "Deny", "Action": permission.action.as_str(), "Resource": "*",
                    "Condition": { "NotIpAddress": { "aws:SourceIp": "192.0.2.0/24" } },
                })),
                Twist::OnAnotherResource(_) => resource = another(permission, &exact, aim),
                Twist::OnEverything(_) => resource = "*".to_owned(),
                Twist::InAnotherAccount(_) => {
                    conditions.insert("StringLike".into(), json!({ "aws:PrincipalAccount": OTHER }));
                }
                Twist::ConditionOfRequest(_) => {
                    conditions.insert("IpAddress".into(), json!({ "aws:SourceIp": "192.0.2.0/24" }));
                }
                Twist::PassedToAnotherService(_) => {
                    for (key, _) in &permission.context {
                        conditions.insert(
                            "StringEquals".into(),
                            json!({ key.as_str(): "ses.amazonaws.com" }),
                        );
                    }
                }
                Twist::Nothing
                | Twist::Bystander
                | Twist::PoliciesUnread
                | Twist::BoundaryOfEverything
                | Twist::LeftOutByBoundary(_)
                | Twist::LeftOutByControlPolicy(_)
                | Twist::Absent(_)
                | Twist::Unlisted(_)
                | Twist::OnItself
                | Twist::TrustsAnother
                | Twist::Lookalike
                | Twist::TrustUnread
                | Twist::TrustOnCondition => {}
            }
        }
        let mut statement =
            json!({ "Effect": "Allow", "Action": permission.action.as_str(), "Resource": resource });
        if !conditions.is_empty() {
            statement["Condition"] = conditions.into();
        }
        statements.push(statement);
    }
    statements
}

/// The one resource on which an action is needed; where the principal chooses a name, some name.
fn resource_of(permission: &Permission, aim: &Aim) -> String {
    match &permission.on {
        Object::Anything => "*".to_owned(),
        Object::Target => aim.uid.clone(),
        Object::TargetPolicy => aim.policy.clone(),
        Object::Arn(template) => chosen(&filled(template, aim, "")),
    }
}

/// The text of a template, in which something follows each attribute of the target.
fn filled(template: &Template, aim: &Aim, suffix: &str) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => text.to_string(),
        Piece::Partition => "aws".to_owned(),
        Piece::Account => OWN.to_owned(),
        Piece::Region => REGION.to_owned(),
        Piece::Attribute(path) => {
            let document = aim
                .document
                .as_ref()
                .expect("only targets that are resources have attributes");
            let found = path.all(document.document());
            let text = found.first().and_then(|value| value.as_str());
            format!(
                "{}{suffix}",
                text.unwrap_or_else(|| panic!("{} lacks {path:?}", document.uid))
            )
        }
        Piece::Tail(_) | Piece::Parent(_) => panic!("escalations read neither tails nor parents"),
    };
    template.0.iter().map(piece).collect()
}

/// An ARN with a wildcard, as a principal would choose it.
fn chosen(pattern: &str) -> String {
    let mut parts: Vec<String> = pattern.splitn(6, ':').map(str::to_owned).collect();
    if let [_, _, _, region, account, _] = parts.as_mut_slice() {
        if region == "*" {
            *region = REGION.to_owned();
        }
        if account == "*" {
            *account = FOREIGN.to_owned();
        }
    }
    parts.join(":").replace('*', "x")
}

/// A resource that does not serve in the place of the one that is needed.
fn another(permission: &Permission, exact: &str, aim: &Aim) -> String {
    let Object::Arn(template) = &permission.on else {
        return match &permission.on {
            Object::Anything => "arn:aws:s3:::elsewhere".to_owned(),
            Object::Target | Object::TargetPolicy | Object::Arn(_) => format!("{exact}-other"),
        };
    };
    let has_attributes = template
        .0
        .iter()
        .any(|piece| matches!(piece, Piece::Attribute(_)));
    if has_attributes {
        chosen(&filled(template, aim, "-other"))
    } else if !filled(template, aim, "").contains('*') {
        format!("{exact}-other")
    } else if exact.contains(OWN) {
        // Whatever name it chooses, the account is another.
        exact.replace(OWN, OTHER)
    } else {
        "arn:aws:s3:::elsewhere".to_owned()
    }
}

fn put_principal(
    world: &mut World,
    who: Who,
    name: &str,
    escalation: &Escalation,
    statements: Vec<Value>,
    attached: &Value,
    twist: Twist,
) {
    let policies = if twist == Twist::PoliciesUnread {
        denied()
    } else {
        inline(statements)
    };
    let own_policy = matches!(escalation.target, Target::OwnPolicy);
    let attached = if own_policy { attached.clone() } else { json!([]) };
    let is_bounded = matches!(twist, Twist::BoundaryOfEverything | Twist::LeftOutByBoundary(_));
    let boundary = if is_bounded {
        json!({ "permissions_boundary_arn": iam("policy/fence") })
    } else {
        Value::Null
    };
    let groups = if escalation.target == Target::OwnGroup {
        json!(["crew"])
    } else {
        json!([])
    };
    match who {
        Who::User => world.user(name, json!({
            "user_policy_list": policies, "attached_managed_policies": attached, "permissions_boundary": boundary, "group_list": groups,
        })),
        Who::Role => world.role(name, trust(json!({ "Service": "ec2.amazonaws.com" })), json!({
            "role_policy_list": policies, "attached_managed_policies": attached, "permissions_boundary": boundary,
        })),
    };
}
