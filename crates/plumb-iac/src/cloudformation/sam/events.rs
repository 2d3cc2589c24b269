//! Events of functions: who may call the function, from where it polls, and the rules and subscriptions in between.

use super::apis::Implicit;
use super::macros::Macro;
use super::role;
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::place::Place;

/// What the events of a function ask for.
#[derive(Default)]
pub(super) struct Made {
    /// Resources beside the function.
    pub(super) resources: Vec<Entry>,
    /// Managed policies for the role of the function.
    pub(super) managed: Vec<Node>,
    /// Names and documents of other policies for it.
    pub(super) inline: Vec<(String, Node)>,
}

/// One event.
struct Event<'e> {
    /// The function's id and the event's.
    id: String,
    /// The event.
    entry: &'e Entry,
    properties: &'e Node,
    /// The ARN of the function.
    target: &'e Node,
    /// The function as permissions name it.
    name: &'e Node,
}

impl Event<'_> {
    fn at(&self) -> Place {
        self.entry.key_place
    }

    fn get(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| !node.is_null())
    }

    fn passed(&self, names: &[&str]) -> Vec<Entry> {
        names
            .iter()
            .filter_map(|name| self.properties.entry(name).cloned())
            .collect()
    }

    fn renamed(&self, name: &str, new: &str) -> Option<Entry> {
        let entry = self.properties.entry(name)?.clone();
        Some(Entry {
            key: new.into(),
            ..entry
        })
    }

    fn resource(
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

    /// A permission for a service to call the function.
    fn permission(
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

/// Works out what the events of a function ask for; `target` is the function's ARN, `name` how permissions call it.
pub(super) fn expand(
    source: &Macro<'_, '_, '_>,
    target: &Node,
    name: &Node,
    implicit: &mut Implicit,
) -> Made {
    let mut made = Made::default();
    for entry in source.entries("Events") {
        let nothing = Node::map_at(entry.key_place, Vec::new());
        let event = Event {
            id: format!("{}{}", source.id, entry.key),
            entry,
            properties: entry.value.get("Properties").unwrap_or(&nothing),
            target,
            name,
        };
        let kind = entry.value.get_text("Type").unwrap_or_default();
        if !called(source, &event, kind, implicit, &mut made) && !polled(source, &event, kind, &mut made) {
            let message = format!("event of kind `{kind}` is not known");
            source
                .instance
                .work
                .error(entry.key_place, message, "what it asks for is not judged");
        }
    }
    made
}

/// Events that call the function; false for other kinds.
fn called(
    source: &Macro<'_, '_, '_>,
    event: &Event<'_>,
    kind: &str,
    implicit: &mut Implicit,
    made: &mut Made,
) -> bool {
    let at = event.at();
    let text = |text: &str| Node::text_at(at, text);
    let arn_of = |name: &str| {
        event
            .renamed(name, "SourceArn")
            .into_iter()
            .collect::<Vec<Entry>>()
    };
    match kind {
        "Api" | "HttpApi" => {
            let key = if kind == "Api" { "RestApiId" } else { "ApiId" };
            let api = match event.get(key) {
                Some(api) => api.clone(),
                None => Node::reference(at, implicit.needed(kind, at)),
            };
            let stage = if kind == "Api" { "Stage" } else { "" };
            let parts = Node::object(at, [("Api", api)]);
            let arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*";
            let arn = Node::call_at(at, "Fn::Sub", Node::list_at(at, vec![text(arn), parts]));
            let limits = vec![Entry::made(at, "SourceArn", arn)];
            made.resources
                .push(event.permission(source, stage, text("apigateway.amazonaws.com"), limits));
        }
        "S3" => {
            let account = Node::reference(at, "AWS::AccountId");
            let limits = vec![Entry::made(at, "SourceAccount", account)];
            made.resources
                .push(event.permission(source, "", text("s3.amazonaws.com"), limits));
        }
        "SNS" => {
            made.resources
                .push(event.permission(source, "", text("sns.amazonaws.com"), arn_of("Topic")));
            let mut properties =
                event.passed(&["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]);
            properties.extend(event.renamed("Topic", "TopicArn"));
            properties.push(Entry::made(at, "Protocol", text("lambda")));
            properties.push(Entry::made(at, "Endpoint", event.target.clone()));
            made.resources
                .push(event.resource(source, "", "AWS::SNS::Subscription", properties));
        }
        "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
            made.resources.push(rule(source, event, None));
            let limits = vec![Entry::made(
                at,
                "SourceArn",
                Node::attribute(at, &event.id, "Arn"),
            )];
            made.resources
                .push(event.permission(source, "", text("events.amazonaws.com"), limits));
        }
        "ScheduleV2" => made
            .resources
            .extend(schedule(source, event, "lambda:InvokeFunction")),
        "CloudWatchLogs" => {
            let group = event
                .get("LogGroupName")
                .cloned()
                .unwrap_or_else(|| Node::unknown(at, "no log group"));
            let parts = Node::object(at, [("Group", group)]);
            let arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}:*";
            let arn = Node::call_at(at, "Fn::Sub", Node::list_at(at, vec![text(arn), parts]));
            let principal = Node::template(at, "logs.${AWS::Region}.amazonaws.com");
            let limits = vec![Entry::made(at, "SourceArn", arn)];
            made.resources
                .push(event.permission(source, "", principal, limits));
            let mut properties = event.passed(&["LogGroupName", "FilterPattern"]);
            properties.push(Entry::made(at, "DestinationArn", event.target.clone()));
            made.resources
                .push(event.resource(source, "", "AWS::Logs::SubscriptionFilter", properties));
        }
        "Cognito" => {
            let pool = match event.get("UserPool").and_then(Node::call) {
                Some(("Ref", id)) => id.text().map(|id| Node::attribute(at, id, "Arn")),
                Some(_) | None => None,
            };
            let pool = pool.unwrap_or_else(|| Node::unknown(at, "the user pool is not known"));
            let limits = vec![Entry::made(at, "SourceArn", pool)];
            made.resources
                .push(event.permission(source, "", text("cognito-idp.amazonaws.com"), limits));
        }
        "IoTRule" => {
            let arn = format!(
                "arn:${{AWS::Partition}}:iot:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{{}}}",
                event.id
            );
            let limits = vec![Entry::made(at, "SourceArn", Node::template(at, &arn))];
            made.resources
                .push(event.permission(source, "", text("iot.amazonaws.com"), limits));
            let lambda = Node::object(at, [("FunctionArn", event.target.clone())]);
            let action = Node::object(at, [("Lambda", lambda)]);
            let mut payload = event.passed(&["Sql", "AwsIotSqlVersion"]);
            payload.push(Entry::made(at, "Actions", Node::list_at(at, vec![action])));
            let payload = vec![Entry::made(
                at,
                "TopicRulePayload",
                Node::map_at(event.properties.place, payload),
            )];
            made.resources
                .push(event.resource(source, "", "AWS::IoT::TopicRule", payload));
        }
        "AlexaSkill" => {
            let limits = event.renamed("SkillId", "EventSourceToken").into_iter().collect();
            made.resources
                .push(event.permission(source, "", text("alexa-appkit.amazon.com"), limits));
        }
        _ => return false,
    }
    true
}

/// Sources that the function polls; false for other kinds.
fn polled(source: &Macro<'_, '_, '_>, event: &Event<'_>, kind: &str, made: &mut Made) -> bool {
    let at = event.at();
    let (origin, managed) = match kind {
        "SQS" => ("Queue", Some("AWSLambdaSQSQueueExecutionRole")),
        "Kinesis" => ("Stream", Some("AWSLambdaKinesisExecutionRole")),
        "DynamoDB" => ("Stream", Some("AWSLambdaDynamoDBExecutionRole")),
        "MSK" => ("Stream", Some("AWSLambdaMSKExecutionRole")),
        "MQ" => ("Broker", None),
        "DocumentDB" => ("Cluster", None),
        "SelfManagedKafka" => ("", None),
        _ => return false,
    };
    let own = [origin, "FilterPolicy", "SecretsManagerKmsKeyId"];
    let entries = event.properties.entries().unwrap_or_default().iter();
    let mut properties: Vec<Entry> = entries
        .filter(|entry| !own.contains(&entry.key.as_str()))
        .cloned()
        .collect();
    properties.extend(event.renamed(origin, "EventSourceArn"));
    properties.push(Entry::made(at, "FunctionName", event.name.clone()));
    made.resources
        .push(event.resource(source, "", "AWS::Lambda::EventSourceMapping", properties));
    match managed {
        Some(name) => made.managed.push(role::managed_policy(at, name)),
        None => {
            let why = format!("SAM adds what an event of kind `{kind}` needs");
            made.inline
                .push((format!("{}Policy", event.id), Node::unknown(at, why)));
        }
    }
    true
}

/// The rule of a schedule or a pattern; `role` is the role by which it starts its target.
fn rule(source: &Macro<'_, '_, '_>, event: &Event<'_>, role: Option<Node>) -> Entry {
    let at = event.at();
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
        target.push(queue.clone());
    }
    target.push(Entry::made(at, "Arn", event.target.clone()));
    target.push(Entry::made(
        at,
        "Id",
        Node::text_at(at, format!("{}Target", event.id)),
    ));
    target.extend(role.map(|role| Entry::made(at, "RoleArn", role)));
    let targets = Node::list_at(at, vec![Node::map_at(event.properties.place, target)]);
    properties.push(Entry::made(at, "Targets", targets));
    event.resource(source, "", "AWS::Events::Rule", properties)
}

/// A schedule of the scheduler, with the role that it needs unless one is given.
fn schedule(source: &Macro<'_, '_, '_>, event: &Event<'_>, action: &str) -> Vec<Entry> {
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
fn starting_role(source: &Macro<'_, '_, '_>, event: &Event<'_>, service: &str, action: &str) -> Entry {
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

/// Adds what the events of a state machine ask for.
pub(super) fn starting(source: &Macro<'_, '_, '_>, implicit: &mut Implicit, out: &mut Vec<Entry>) {
    let target = Node::reference(source.place, &source.id);
    for entry in source.entries("Events") {
        let nothing = Node {
            place: entry.key_place,
            content: Content::Map(Vec::new().into()),
        };
        let event = Event {
            id: format!("{}{}", source.id, entry.key),
            entry,
            properties: entry.value.get("Properties").unwrap_or(&nothing),
            target: &target,
            name: &target,
        };
        let at = entry.key_place;
        match entry.value.get_text("Type").unwrap_or_default() {
            "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
                out.push(starting_role(
                    source,
                    &event,
                    "events.amazonaws.com",
                    "states:StartExecution",
                ));
                let role = Node::attribute(at, &format!("{}Role", event.id), "Arn");
                out.push(rule(source, &event, Some(role)));
            }
            "ScheduleV2" => out.extend(schedule(source, &event, "states:StartExecution")),
            "Api" => {
                if event.get("RestApiId").is_none() {
                    implicit.needed("Api", at);
                }
                out.push(starting_role(
                    source,
                    &event,
                    "apigateway.amazonaws.com",
                    "states:StartExecution",
                ));
            }
            kind => {
                let message = format!("event of kind `{kind}` is not known");
                source
                    .instance
                    .work
                    .error(at, message, "what it asks for is not judged");
            }
        }
    }
}
