//! `Event`, what starts something, and the rules and schedules that do.

use super::macros::Macro;
use super::role;
use crate::cloudformation::tree::{Entry, Node};
use crate::place::Place;

/// One event.
pub(super) struct Event<'e> {
    /// The function's id and the event's.
    pub(super) id: String,
    /// The event.
    pub(super) entry: &'e Entry,
    pub(super) properties: &'e Node,
    /// The ARN of the function.
    pub(super) target: &'e Node,
    /// The function as permissions name it.
    pub(super) name: &'e Node,
}

impl Event<'_> {
    /// Where its name stands.
    pub(super) fn at(&self) -> Place {
        self.entry.key_place
    }

    /// A property.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| !node.is_null())
    }

    /// Properties that are passed on as they are.
    pub(super) fn passed(&self, names: &[&str]) -> Vec<Entry> {
        names
            .iter()
            .filter_map(|name| self.properties.entry(name).cloned())
            .collect()
    }

    /// A property under another name.
    pub(super) fn renamed(&self, name: &str, new: &str) -> Option<Entry> {
        let entry = self.properties.entry(name)?.clone();
        Some(Entry {
            key: new.into(),
            ..entry
        })
    }

    /// A resource that the event gives; `ending` follows the ids of function and event.
    pub(super) fn resource(
        &self,
        source: &Macro<'_, '_, '_>,
        ending: &str,
        kind: &str,
        properties: Vec<Entry>,
    ) -> Entry {
        let at = Entry {
            key: format!("{}{ending}", self.id).into(),
            key_place: self.at(),
            value: Node::map_at(self.entry.value.place, properties),
        };
        source.resource_at(at, kind)
    }

    /// A queue that the event needs and nobody names: its ARN and its URL.
    pub(super) fn own_queue(&self, source: &Macro<'_, '_, '_>, made: &mut Vec<Entry>) -> (Node, Node) {
        let id = format!("{}Queue", self.id);
        made.push(self.resource(source, "Queue", "AWS::SQS::Queue", Vec::new()));
        (
            Node::attribute(self.at(), &id, "Arn"),
            Node::reference(self.at(), &id),
        )
    }

    /// What lets a service send messages from a source to a queue.
    pub(super) fn queue_policy(
        &self,
        source: &Macro<'_, '_, '_>,
        service: &str,
        arn: Node,
        url: Node,
        from: Node,
    ) -> Entry {
        let at = self.at();
        let text = |text: &str| Node::text_at(at, text);
        let limit = Node::object(at, [("aws:SourceArn", from)]);
        let statement = Node::object(
            at,
            [
                ("Effect", text("Allow")),
                ("Action", text("sqs:SendMessage")),
                ("Principal", Node::object(at, [("Service", text(service))])),
                ("Resource", arn),
                ("Condition", Node::object(at, [("ArnEquals", limit)])),
            ],
        );
        let properties = vec![
            Entry::made(at, "PolicyDocument", role::document(at, vec![statement])),
            Entry::made(at, "Queues", Node::list_at(at, vec![url])),
        ];
        self.resource(source, "QueuePolicy", "AWS::SQS::QueuePolicy", properties)
    }

    /// A permission for a service to call the function.
    pub(super) fn permission(
        &self,
        source: &Macro<'_, '_, '_>,
        ending: &str,
        principal: Node,
        limits: Vec<Entry>,
    ) -> Entry {
        let at = self.at();
        let mut properties = vec![
            Entry::made(at, "Action", Node::text_at(at, "lambda:InvokeFunction")),
            Entry::made(at, "FunctionName", self.name.clone()),
            Entry::made(at, "Principal", principal),
        ];
        properties.extend(limits);
        self.resource(
            source,
            &format!("Permission{ending}"),
            "AWS::Lambda::Permission",
            properties,
        )
    }
}

/// The rule of a schedule or a pattern, and a queue for what it cannot deliver where one is asked for. The id of its
/// target ends with `ending`; `role` is the role by which it starts its target.
pub(super) fn rule(
    source: &Macro<'_, '_, '_>,
    event: &Event<'_>,
    ending: &str,
    role: Option<Node>,
) -> Vec<Entry> {
    let at = event.at();
    let mut made = Vec::new();
    let mut properties = event.passed(&["Name", "Description", "State", "EventBusName"]);
    properties.extend(event.renamed("Schedule", "ScheduleExpression"));
    properties.extend(event.renamed("Pattern", "EventPattern"));
    if let Some(enabled) = event.properties.entry("Enabled") {
        let state = match source.text(&enabled.value).as_deref() {
            Some("true" | "True" | "yes") => Node::text_at(enabled.value.place, "ENABLED"),
            Some(_) => Node::text_at(enabled.value.place, "DISABLED"),
            None => Node::unknown(enabled.value.place, "whether the rule is enabled is not known"),
        };
        properties.push(Entry {
            key: "State".into(),
            key_place: enabled.key_place,
            value: state,
        });
    }
    let mut target = event.passed(&["Input", "InputPath", "RetryPolicy"]);
    if let Some(queue) = event.properties.entry("DeadLetterConfig") {
        target.push(
            match queue
                .value
                .get("Type")
                .filter(|_| queue.value.get("Arn").is_none())
            {
                None => queue.clone(),
                Some(_) => {
                    let (arn, url) = event.own_queue(source, &mut made);
                    let rule = Node::attribute(at, &event.id, "Arn");
                    made.push(event.queue_policy(source, "events.amazonaws.com", arn.clone(), url, rule));
                    Entry {
                        value: Node::object(at, [("Arn", arn)]),
                        ..queue.clone()
                    }
                }
            },
        );
    }
    target.push(Entry::made(at, "Arn", event.target.clone()));
    let id = event.get("Target").and_then(|target| target.get("Id")).cloned();
    let id = id.unwrap_or_else(|| Node::text_at(at, format!("{}{ending}", event.id)));
    target.push(Entry::made(at, "Id", id));
    target.extend(role.map(|role| Entry::made(at, "RoleArn", role)));
    let targets = Node::list_at(at, vec![Node::map_at(event.properties.place, target)]);
    properties.push(Entry::made(at, "Targets", targets));
    made.push(event.resource(source, "", "AWS::Events::Rule", properties));
    made
}

/// A schedule of the scheduler, with the role that it needs unless one is given.
pub(super) fn schedule(source: &Macro<'_, '_, '_>, event: &Event<'_>, action: &str) -> Vec<Entry> {
    let at = event.at();
    let passed = [
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "FlexibleTimeWindow",
        "StartDate",
        "EndDate",
        "State",
        "Name",
        "GroupName",
        "Description",
        "KmsKeyArn",
    ];
    let mut properties = event.passed(&passed);
    if event.get("FlexibleTimeWindow").is_none() {
        let window = Node::object(at, [("Mode", Node::text_at(at, "OFF"))]);
        properties.push(Entry::made(at, "FlexibleTimeWindow", window));
    }
    if event.get("Name").is_none() && event.get("OmitName").is_none() {
        properties.push(Entry::made(at, "Name", Node::text_at(at, event.id.clone())));
    }
    let mut made = Vec::new();
    let role = match event.get("RoleArn") {
        Some(role) => role.clone(),
        None => {
            made.push(starting_role(source, event, "scheduler.amazonaws.com", action));
            Node::attribute(at, &format!("{}Role", event.id), "Arn")
        }
    };
    let mut target = event.passed(&["Input", "RetryPolicy", "DeadLetterConfig"]);
    target.push(Entry::made(at, "Arn", event.target.clone()));
    target.push(Entry::made(at, "RoleArn", role));
    properties.push(Entry::made(
        at,
        "Target",
        Node::map_at(event.properties.place, target),
    ));
    made.push(event.resource(source, "", "AWS::Scheduler::Schedule", properties));
    made
}

/// The role by which a service starts the target of an event.
pub(super) fn starting_role(
    source: &Macro<'_, '_, '_>,
    event: &Event<'_>,
    service: &str,
    action: &str,
) -> Entry {
    let at = event.at();
    let policy = Node::object(
        at,
        [
            (
                "PolicyName",
                Node::text_at(at, format!("{}StartPolicy", event.id)),
            ),
            (
                "PolicyDocument",
                role::allowing(at, &[action], event.target.clone()),
            ),
        ],
    );
    let mut properties = vec![
        Entry::made(at, "AssumeRolePolicyDocument", role::trust(at, service)),
        Entry::made(at, "Policies", Node::list_at(at, vec![policy])),
    ];
    properties.extend(event.passed(&["PermissionsBoundary"]));
    event.resource(source, "Role", "AWS::IAM::Role", properties)
}
