//! Tables, layers, state machines and nested applications of SAM.

use super::implicit::Implicit;
use super::macros::Macro;
use super::role::{self, Role};
use super::rules::{Event, rule, schedule, starting_role};
use crate::cloudformation::tree::{Entry, Node};

/// Adds the table of an `AWS::Serverless::SimpleTable`.
pub(super) fn table(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let key = source.properties.entry("PrimaryKey");
    let place = key.map_or(source.place, Entry::place);
    let text = |text: &str| Node::text_at(place, text);
    let part = |name: &str| key.and_then(|key| key.value.get(name));
    let name = part("Name").cloned().unwrap_or_else(|| text("id"));
    let kind = match part("Type") {
        None => text("S"),
        Some(kind) => match source.text(kind).as_deref() {
            Some("String") => Node::text_at(kind.place, "S"),
            Some("Number") => Node::text_at(kind.place, "N"),
            Some("Binary") => Node::text_at(kind.place, "B"),
            Some(_) | None => Node::unknown(kind.place, "the type of the key is not known"),
        },
    };
    let attribute = Node::object(place, [("AttributeName", name.clone()), ("AttributeType", kind)]);
    let schema = Node::object(place, [("AttributeName", name), ("KeyType", text("HASH"))]);
    let mut properties = source.passed(&[
        "TableName",
        "SSESpecification",
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
    ]);
    properties.push(Entry::made(
        place,
        "AttributeDefinitions",
        Node::list_at(place, vec![attribute]),
    ));
    properties.push(Entry::made(
        place,
        "KeySchema",
        Node::list_at(place, vec![schema]),
    ));
    if source.get("ProvisionedThroughput").is_none() {
        properties.push(Entry::made(source.place, "BillingMode", text("PAY_PER_REQUEST")));
    }
    properties.extend(source.plain_tags());
    out.push(source.main("AWS::DynamoDB::Table", properties));
}

/// Adds the layer of an `AWS::Serverless::LayerVersion`.
pub(super) fn layer(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let place = source.place;
    let mut properties = source.passed(&[
        "LayerName",
        "Description",
        "CompatibleArchitectures",
        "CompatibleRuntimes",
        "LicenseInfo",
    ]);
    if source.get("LayerName").is_none() {
        properties.push(Entry::made(
            place,
            "LayerName",
            Node::text_at(place, source.id.clone()),
        ));
    }
    if let Some(uri) = source.properties.entry("ContentUri") {
        let location = source.location(&uri.value, ["S3Bucket", "S3Key", "S3ObjectVersion"]);
        properties.push(Entry {
            key: "Content".into(),
            key_place: uri.key_place,
            value: Node::map_at(uri.value.place, location),
        });
    }
    out.push(source.main("AWS::Lambda::LayerVersion", properties));
}

/// Adds the state machine of an `AWS::Serverless::StateMachine`, its role, and what its events need.
pub(super) fn state_machine(source: &Macro<'_, '_, '_>, implicit: &mut Implicit, out: &mut Vec<Entry>) {
    let (id, place) = (&source.id, source.place);
    if let Some(alias) = source.properties.entry("AutoPublishAlias") {
        let message = "`AutoPublishAlias` of a state machine is not expanded";
        let help = "its alias and version are not judged";
        source.instance.work.warning(alias.key_place, message, help);
    }
    let mut properties = source.passed(&["DefinitionSubstitutions"]);
    properties.extend(source.renamed("Name", "StateMachineName"));
    properties.extend(source.renamed("Type", "StateMachineType"));
    properties.extend(source.renamed("Logging", "LoggingConfiguration"));
    properties.extend(source.renamed("Tracing", "TracingConfiguration"));
    if let Some(definition) = source.properties.entry("Definition") {
        properties.push(definition.clone());
    } else if let Some(uri) = source.properties.entry("DefinitionUri") {
        let location = source.location(&uri.value, ["Bucket", "Key", "Version"]);
        properties.push(Entry {
            key: "DefinitionS3Location".into(),
            key_place: uri.key_place,
            value: Node::map_at(uri.value.place, location),
        });
    }
    properties.push(source.tags("stateMachine:createdBy"));
    let role_id = format!("{id}Role");
    match source
        .renamed("Role", "RoleArn")
        .filter(|role| !role.value.is_null())
    {
        Some(role) => properties.push(role),
        None => {
            properties.push(Entry::made(
                place,
                "RoleArn",
                Node::attribute(place, &role_id, "Arn"),
            ));
            let traced = source.get("Tracing").and_then(|tracing| tracing.get("Enabled"));
            let traced = traced
                .and_then(|enabled| source.text(enabled))
                .is_some_and(|enabled| enabled == "true");
            let tracing = traced.then(|| role::managed_policy(place, "AWSXrayWriteOnlyAccess"));
            let role = Role {
                id: &role_id,
                created_by: "stateMachine:createdBy",
                service: "states.amazonaws.com",
                managed: tracing.into_iter().collect(),
                inline: Vec::new(),
            };
            out.push(role::expand(source, role));
        }
    }
    out.push(source.main("AWS::StepFunctions::StateMachine", properties));
    starting(source, implicit, out);
}

/// Adds the nested stack of an `AWS::Serverless::Application`.
pub(super) fn application(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let mut properties = source.passed(&["Parameters", "NotificationARNs", "TimeoutInMinutes"]);
    if let Some(location) = source.renamed("Location", "TemplateURL") {
        let is_entry_of_repository = location.value.entries().is_some() && location.value.call().is_none();
        properties.push(if is_entry_of_repository {
            let why = "the application comes from the serverless repository";
            Entry {
                value: Node::unknown(location.value.place, why),
                ..location
            }
        } else {
            location
        });
    }
    properties.push(source.tags("lambda:createdBy"));
    out.push(source.main("AWS::CloudFormation::Stack", properties));
}

/// Adds what the events of a state machine ask for.
fn starting(source: &Macro<'_, '_, '_>, implicit: &mut Implicit, out: &mut Vec<Entry>) {
    let target = Node::reference(source.place, &source.id);
    for entry in source.entries("Events") {
        let nothing = Node::map_at(entry.key_place, Vec::new());
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
                let role = match event.get("RoleArn").or_else(|| event.get("Role")) {
                    Some(role) => role.clone(),
                    None => {
                        let made =
                            starting_role(source, &event, "events.amazonaws.com", "states:StartExecution");
                        out.push(made);
                        Node::attribute(at, &format!("{}Role", event.id), "Arn")
                    }
                };
                out.extend(rule(source, &event, "StepFunctionsTarget", Some(role)));
            }
            "ScheduleV2" => out.extend(schedule(source, &event, "states:StartExecution")),
            "Api" => {
                if event.get("RestApiId").is_none() {
                    implicit.needed("Api", at, source);
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
