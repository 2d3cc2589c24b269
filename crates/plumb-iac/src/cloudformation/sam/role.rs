//! The roles that SAM makes for functions and state machines.

use plumb_api::managed_policies::ManagedPolicies;

use super::macros::Macro;
use super::policies;
use crate::cloudformation::tree::{Entry, Node};
use crate::place::Place;

/// What a role is made of beside the properties of its SAM resource.
pub(super) struct Role<'i> {
    /// Its logical id.
    pub(super) id: &'i str,
    /// The key of the tag by which SAM tells what it made.
    pub(super) created_by: &'i str,
    /// The service that assumes it.
    pub(super) service: &'i str,
    /// The managed policies that it has anyway.
    pub(super) managed: Vec<Node>,
    /// The names and documents of the policies that it has anyway.
    pub(super) inline: Vec<(String, Node)>,
}

/// What one entry of `Policies` is.
enum Policy {
    /// The ARN of a managed policy.
    Managed(Node),
    /// A policy with name and document.
    Inline(Node),
    /// Nothing at all.
    Absent,
}

/// The role.
pub(super) fn expand(source: &Macro<'_, '_, '_>, role: Role<'_>) -> Entry {
    let place = source.place;
    let trust = match source.properties.entry("AssumeRolePolicyDocument") {
        Some(entry) => entry.clone(),
        None => Entry::made(place, "AssumeRolePolicyDocument", trust(place, role.service)),
    };
    let (mut managed, mut inline) = (role.managed, Vec::new());
    let policies = source.properties.entry("Policies");
    let written = policies.map(|entry| match entry.value.items() {
        Some(items) => items.to_vec(),
        None => vec![entry.value.clone()],
    });
    for (index, policy) in written.unwrap_or_default().iter().enumerate() {
        match classified(source, policy, &format!("{}Policy{index}", role.id)) {
            Policy::Managed(arn) => managed.push(arn),
            Policy::Inline(policy) => inline.push(policy),
            Policy::Absent => {}
        }
    }
    inline.extend(
        role.inline
            .into_iter()
            .map(|(name, document)| named(&name, document)),
    );
    let at = policies.map_or(place, Entry::place);
    let made = |key: &str, items: Vec<Node>| Entry {
        key: key.into(),
        key_place: at,
        value: Node::list_at(at, items),
    };
    let mut properties = vec![trust, made("ManagedPolicyArns", managed)];
    if !inline.is_empty() {
        properties.push(made("Policies", inline));
    }
    properties.extend(source.passed(&["PermissionsBoundary"]));
    properties.extend(source.renamed("RolePath", "Path"));
    properties.push(source.tags(role.created_by));
    source.resource(role.id, "AWS::IAM::Role", properties)
}

/// The ARN of a managed policy of AWS by its name; SAM knows the paths of all of them.
pub(super) fn managed_policy(place: Place, name: &str) -> Node {
    let path = match ManagedPolicies::aws().named(name) {
        Some(policy) => policy.path.as_str(),
        None => "/",
    };
    Node::template(
        place,
        &format!("arn:${{AWS::Partition}}:iam::aws:policy{path}{name}"),
    )
}

/// A policy document that allows actions on one resource.
pub(super) fn allowing(place: Place, actions: &[&str], resource: Node) -> Node {
    let actions = actions.iter().map(|action| Node::text_at(place, *action));
    let statement = Node::object(
        place,
        [
            ("Effect", Node::text_at(place, "Allow")),
            ("Action", Node::list_at(place, actions.collect())),
            ("Resource", resource),
        ],
    );
    document(place, vec![statement])
}

/// A policy document.
pub(super) fn document(place: Place, statements: Vec<Node>) -> Node {
    Node::object(
        place,
        [
            ("Version", Node::text_at(place, "2012-10-17")),
            ("Statement", Node::list_at(place, statements)),
        ],
    )
}

/// A document that lets a service assume a role.
pub(super) fn trust(place: Place, service: &str) -> Node {
    let text = |text: &str| Node::text_at(place, text);
    let statement = Node::object(
        place,
        [
            ("Effect", text("Allow")),
            ("Action", Node::list_at(place, vec![text("sts:AssumeRole")])),
            (
                "Principal",
                Node::object(place, [("Service", Node::list_at(place, vec![text(service)]))]),
            ),
        ],
    );
    document(place, vec![statement])
}

/// What lets a function write to its dead-letter queue, by its `DeadLetterQueue`.
pub(super) fn queue_policy(source: &Macro<'_, '_, '_>, queue: &Node) -> Option<(String, Node)> {
    let target = queue.get("TargetArn")?.clone();
    let action = match queue.get_text("Type")? {
        "SQS" => "sqs:SendMessage",
        "SNS" => "sns:Publish",
        _ => return None,
    };
    let name = format!("{}DeadLetterQueuePolicy", source.id);
    Some((name, allowing(queue.place, &[action], target)))
}

fn named(name: &str, document: Node) -> Node {
    let place = document.place;
    Node::object(
        place,
        [
            ("PolicyName", Node::text_at(place, name)),
            ("PolicyDocument", document),
        ],
    )
}

fn classified(source: &Macro<'_, '_, '_>, policy: &Node, name: &str) -> Policy {
    let place = policy.place;
    if let Some(text) = policy.text() {
        return Policy::Managed(if text.starts_with("arn:") {
            policy.clone()
        } else {
            managed_policy(place, text)
        });
    }
    match policy.call() {
        Some(("Ref", argument)) if argument.text().is_some_and(|name| name == "AWS::NoValue") => {
            return Policy::Absent;
        }
        Some(("Fn::If", argument)) => return chosen(source, argument, place, name),
        Some(_) => return Policy::Managed(policy.clone()),
        None => {}
    }
    match policy.entries() {
        Some(_) if policy.get("Statement").is_some() => Policy::Inline(named(name, policy.clone())),
        Some([template]) => Policy::Inline(named(name, policies::document(source, template))),
        Some(_) | None => {
            let message = "this is no policy: neither a name, nor a document, nor a policy template";
            source
                .instance
                .work
                .error(place, message, "what it allows is taken as unknown");
            Policy::Inline(named(name, Node::unknown(place, message)))
        }
    }
}

/// A policy that depends on a condition.
fn chosen(source: &Macro<'_, '_, '_>, argument: &Node, place: Place, name: &str) -> Policy {
    let nothing = || Node::reference(place, "AWS::NoValue");
    let unknown = || {
        Policy::Inline(named(
            name,
            Node::unknown(place, "policies are chosen by a condition"),
        ))
    };
    let Some([condition, then, otherwise]) = argument.items() else {
        return unknown();
    };
    if then.call().is_some_and(|(name, _)| name == "Fn::If")
        || otherwise.call().is_some_and(|(name, _)| name == "Fn::If")
    {
        return unknown();
    }
    let choice = |then: Node, otherwise: Node| {
        let choice = Node::list_at(place, vec![condition.clone(), then, otherwise]);
        Node::call_at(place, "Fn::If", choice)
    };
    match (
        classified(source, then, name),
        classified(source, otherwise, name),
    ) {
        (Policy::Managed(a), Policy::Managed(b)) => Policy::Managed(choice(a, b)),
        (Policy::Managed(a), Policy::Absent) => Policy::Managed(choice(a, nothing())),
        (Policy::Absent, Policy::Managed(b)) => Policy::Managed(choice(nothing(), b)),
        (Policy::Inline(a), Policy::Inline(b)) => Policy::Inline(choice(a, b)),
        (Policy::Inline(a), Policy::Absent) => Policy::Inline(choice(a, nothing())),
        (Policy::Absent, Policy::Inline(b)) => Policy::Inline(choice(nothing(), b)),
        (Policy::Absent, Policy::Absent) => Policy::Absent,
        (Policy::Managed(_), Policy::Inline(_)) | (Policy::Inline(_), Policy::Managed(_)) => unknown(),
    }
}
