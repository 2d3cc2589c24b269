//! Events of functions: who may call the function, from where it polls, and the rules and subscriptions in between.

use super::implicit::Implicit;
use super::macros::Macro;
use super::requests;
use super::role;
use super::rules::{Event, rule, schedule};
use crate::cloudformation::tree::{Entry, Node};

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
    match kind {
        "Api" | "HttpApi" => {
            let (key, ending) = if kind == "Api" {
                ("RestApiId", implicit.ending(event.get("RestApiId")))
            } else {
                ("ApiId", String::new())
            };
            let api = match event.get(key) {
                Some(api) => api.clone(),
                None => Node::reference(at, implicit.needed(kind, at, source)),
            };
            let arn = format!(
                "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*{}",
                route(source, event)
            );
            let asked = if kind == "Api" {
                requests::method(source, event, &api, implicit)
            } else {
                requests::route(source, event, &api, implicit)
            };
            made.resources.extend(asked);
            let parts = Node::object(at, [("Api", api)]);
            let arn = Node::call_at(at, "Fn::Sub", Node::list_at(at, vec![text(&arn), parts]));
            let limits = vec![Entry::made(at, "SourceArn", arn)];
            made.resources
                .push(event.permission(source, &ending, text("apigateway.amazonaws.com"), limits));
        }
        "S3" => {
            implicit.note(event.get("Bucket"), "NotificationConfiguration", at);
            let account = Node::reference(at, "AWS::AccountId");
            let limits = vec![Entry::made(at, "SourceAccount", account)];
            made.resources
                .push(event.permission(source, "", text("s3.amazonaws.com"), limits));
        }
        "SNS" => subscribed(source, event, made),
        "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
            made.resources.extend(rule(source, event, "LambdaTarget", None));
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
            let principal = text("logs.amazonaws.com");
            let limits = vec![Entry::made(at, "SourceArn", arn)];
            made.resources
                .push(event.permission(source, "", principal, limits));
            let mut properties = event.passed(&["LogGroupName", "FilterPattern"]);
            properties.push(Entry::made(at, "DestinationArn", event.target.clone()));
            made.resources
                .push(event.resource(source, "", "AWS::Logs::SubscriptionFilter", properties));
        }
        "Cognito" => {
            implicit.note(event.get("UserPool"), "LambdaConfig", at);
            // One permission for all events of the function.
            let event = &Event {
                id: format!("{}Cognito", source.id),
                ..*event
            };
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

/// Method and path of a route as they stand in an ARN; parameters of the path and what is not known are `*`.
fn route(source: &Macro<'_, '_, '_>, event: &Event<'_>) -> String {
    let text = |name: &str| event.get(name).map(|node| source.text(node));
    let method = match text("Method") {
        Some(Some(method)) if !method.eq_ignore_ascii_case("any") => method.to_ascii_uppercase(),
        Some(_) | None => "*".to_owned(),
    };
    let path = match text("Path") {
        Some(Some(path)) => path,
        Some(None) => return format!("/{method}/*"),
        None => return format!("/{method}"),
    };
    let path = match path.strip_suffix('/') {
        Some("") | None => path.as_str(),
        Some(shorter) => shorter,
    };
    let mut route = format!("/{method}");
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else {
            break;
        };
        route.push_str(before);
        route.push('*');
        rest = behind;
    }
    route.push_str(rest);
    route.replace("${", "${!")
}

/// A subscription to a topic: of the function, or of a queue that it polls.
fn subscribed(source: &Macro<'_, '_, '_>, event: &Event<'_>, made: &mut Made) {
    let at = event.at();
    let mut properties = event.passed(&["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]);
    properties.extend(event.renamed("Topic", "TopicArn"));
    let through = event.get("SqsSubscription").filter(|queue| {
        let switched_off = source.text(queue).is_some_and(|text| text == "false");
        queue.entries().is_some() || !switched_off
    });
    let (protocol, endpoint) = match through {
        None => {
            let limits = event.renamed("Topic", "SourceArn").into_iter().collect();
            made.resources
                .push(event.permission(source, "", Node::text_at(at, "sns.amazonaws.com"), limits));
            ("lambda", event.target.clone())
        }
        Some(queue) => {
            let arn = queue.get("QueueArn").cloned();
            let url = queue.get("QueueUrl").cloned();
            let (arn, url) = match (arn, url) {
                (Some(arn), Some(url)) => (arn, url),
                _ => event.own_queue(source, &mut made.resources),
            };
            let topic = event.get("Topic").cloned();
            let topic = topic.unwrap_or_else(|| Node::unknown(at, "the topic is not known"));
            made.resources
                .push(event.queue_policy(source, "sns.amazonaws.com", arn.clone(), url, topic));
            let batch = queue.entry("BatchSize").cloned();
            let mut mapping = vec![
                Entry::made(at, "EventSourceArn", arn.clone()),
                Entry::made(at, "FunctionName", event.name.clone()),
            ];
            mapping.extend(batch);
            made.resources.push(event.resource(
                source,
                "EventSourceMapping",
                "AWS::Lambda::EventSourceMapping",
                mapping,
            ));
            made.managed
                .push(role::managed_policy(at, "AWSLambdaSQSQueueExecutionRole"));
            ("sqs", arn)
        }
    };
    properties.push(Entry::made(at, "Protocol", Node::text_at(at, protocol)));
    properties.push(Entry::made(at, "Endpoint", endpoint));
    made.resources
        .push(event.resource(source, "", "AWS::SNS::Subscription", properties));
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
