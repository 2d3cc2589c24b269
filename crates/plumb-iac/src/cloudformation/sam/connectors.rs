//! Connectors: what lets one resource use another, made of the types of both.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-connector.html>

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use plumb_model::diagnostic::Source;
use plumb_model::value::Text;

use super::ends::End;
use super::policies::{filled, written};
use super::role::document;
use crate::cloudformation::instance::Instance;
use crate::cloudformation::parse;
use crate::cloudformation::tree::{Entry, Node};
use crate::place::{FileId, Place};

/// What connectors make, by source and destination.
const TEXT: &str = include_str!("connectors.yaml");

/// The permissions that a connector can ask for.
const PERMISSIONS: [&str; 2] = ["Read", "Write"];

static PROFILES: LazyLock<Option<Node>> = LazyLock::new(|| {
    let source = Source {
        name: "<connectors>".to_owned(),
        text: TEXT.to_owned(),
    };
    parse::parse(FileId::NONE, &Arc::new(source)).0
});

/// A connector as it is written.
pub(super) struct Connector {
    id: Text,
    place: Place,
    properties: Node,
    /// The resource that it is embedded in.
    embedded_in: Option<Text>,
    condition: Option<Entry>,
}

/// The connectors that a resource has or is.
pub(super) fn of(resource: &Entry) -> Vec<Connector> {
    let new = |id: Text, place: Place, node: &Node, embedded_in: Option<Text>| Connector {
        id,
        place,
        properties: node
            .get("Properties")
            .cloned()
            .unwrap_or_else(|| Node::map_at(place, Vec::new())),
        embedded_in,
        condition: node.entry("Condition").cloned(),
    };
    if resource.value.get_text("Type") == Some("AWS::Serverless::Connector") {
        return vec![new(
            resource.key.clone(),
            resource.key_place,
            &resource.value,
            None,
        )];
    }
    let embedded = resource.value.get("Connectors").and_then(Node::entries);
    let embedded = embedded.unwrap_or_default().iter();
    embedded
        .map(|entry| {
            let id = format!("{}{}", resource.key, entry.key).into();
            new(id, entry.key_place, &entry.value, Some(resource.key.clone()))
        })
        .collect()
}

impl Connector {
    /// Adds what the connector makes to the resources of the template; what it cannot make is told.
    pub(super) fn expand(&self, instance: &Instance<'_, '_>, out: &mut Vec<Entry>) {
        let told = |message: String| {
            let message = format!("connector `{}` {message}", self.id);
            instance
                .work
                .error(self.place, message, "the permissions that it adds are not seen");
        };
        let Some(destination) = self.properties.get("Destination") else {
            return told("has no destination".to_owned());
        };
        let (destinations, is_list) = match destination.items() {
            Some(items) => (items, true),
            None => (std::slice::from_ref(destination), false),
        };
        let permissions = match self.permissions() {
            Ok(permissions) => permissions,
            Err(message) => return told(message),
        };
        for (number, destination) in destinations.iter().enumerate() {
            let ending = match is_list {
                true => format!("Destination{number}"),
                false => String::new(),
            };
            match self.made(destination, &permissions, &ending, out) {
                Ok(made) => out.extend(made),
                Err(message) => told(message),
            }
        }
    }

    fn permissions(&self) -> Result<BTreeSet<Text>, String> {
        let items = self.properties.get("Permissions").and_then(Node::items);
        let items = items.ok_or("has no list of permissions")?;
        let names: Option<BTreeSet<Text>> = items.iter().map(|item| item.text().cloned()).collect();
        names
            .filter(|names| !names.is_empty())
            .ok_or_else(|| "has permissions that are not known".to_owned())
    }

    /// What the connector makes for one destination.
    fn made(
        &self,
        destination: &Node,
        permissions: &BTreeSet<Text>,
        ending: &str,
        resources: &[Entry],
    ) -> Result<Vec<Entry>, String> {
        let place = self.place;
        let source = match &self.embedded_in {
            Some(id) => {
                let qualifier = self.properties.get("SourceReference");
                let mut entries = qualifier.and_then(Node::entries).unwrap_or_default().to_vec();
                entries.push(Entry::made(place, "Id", Node::text_at(place, id.clone())));
                Node::map_at(place, entries)
            }
            None => self.properties.get("Source").ok_or("has no source")?.clone(),
        };
        let from = End::of(&source, destination, resources)?;
        let to = End::of(destination, &source, resources)?;
        let kinds = format!("from `{}` to `{}`", from.kind, to.kind);
        let profile = PROFILES
            .as_ref()
            .and_then(|all| all.get(&from.kind)?.get(&to.kind))
            .ok_or_else(|| format!("{kinds} is not known"))?;
        check(profile, permissions).map_err(|message| format!("{kinds} {message}"))?;
        let parameters = End::parameters(&from, &to, place);
        let resource = |ending_of_kind: &str, kind: &str, properties: Vec<Entry>| {
            self.resource(&format!("{ending_of_kind}{ending}"), kind, properties)
        };
        let made = |key: &str, value: Node| Entry::made(place, key, value);
        if let Some(service) = profile.get_text("call") {
            let function = to.arn.ok_or("has a destination without an ARN")?;
            let from = filled(profile.get_text("from").unwrap_or_default(), &parameters, place);
            let mut properties = vec![
                made("Action", Node::text_at(place, "lambda:InvokeFunction")),
                made("FunctionName", function),
                made("Principal", Node::text_at(place, service)),
                made("SourceArn", from),
            ];
            if profile.get("account").is_some() {
                properties.push(made("SourceAccount", Node::reference(place, "AWS::AccountId")));
            }
            return Ok(vec![resource(
                "WriteLambdaPermission",
                "AWS::Lambda::Permission",
                properties,
            )]);
        }
        if let Some(service) = profile.get_text("queue") {
            let queue = to.url.ok_or("has a queue without a URL")?;
            let policy = document(
                place,
                vec![let_in(place, service, "sqs:SendMessage", &parameters)],
            );
            let properties = vec![
                made("Queues", Node::list_at(place, vec![queue])),
                made("PolicyDocument", policy),
            ];
            return Ok(vec![resource("QueuePolicy", "AWS::SQS::QueuePolicy", properties)]);
        }
        if let Some(service) = profile.get_text("topic") {
            let topic = to.arn.ok_or("has a topic without an ARN")?;
            let policy = document(place, vec![let_in(place, service, "sns:Publish", &parameters)]);
            let properties = vec![
                made("Topics", Node::list_at(place, vec![topic])),
                made("PolicyDocument", policy),
            ];
            return Ok(vec![resource("TopicPolicy", "AWS::SNS::TopicPolicy", properties)]);
        }
        let (role, whose) = match profile.get_text("role") {
            Some("destination") => (to.role, "destination"),
            Some(_) | None => (from.role, "source"),
        };
        let role = role.ok_or_else(|| format!("has a {whose} of which the role is not known"))?;
        let statements = PERMISSIONS
            .iter()
            .filter(|name| permissions.contains(**name))
            .filter_map(|name| profile.get(name)?.items())
            .flatten()
            .map(|statement| written(statement, &parameters, place));
        let properties = vec![
            made("PolicyDocument", document(place, statements.collect())),
            made("Roles", Node::list_at(place, vec![role])),
        ];
        Ok(vec![resource("Policy", "AWS::IAM::ManagedPolicy", properties)])
    }

    fn resource(&self, ending: &str, kind: &str, properties: Vec<Entry>) -> Entry {
        let place = self.place;
        let mut entries = vec![
            Entry::made(place, "Type", Node::text_at(place, kind)),
            Entry::made(place, "Properties", Node::map_at(place, properties)),
        ];
        entries.extend(self.condition.clone());
        Entry::made(
            place,
            format!("{}{ending}", self.id),
            Node::map_at(place, entries),
        )
    }
}

/// Whether a connector of a kind can ask for permissions; says what it can ask for.
fn check(profile: &Node, permissions: &BTreeSet<Text>) -> Result<(), String> {
    let is_role = profile.get("role").is_some();
    let there: Vec<&str> = PERMISSIONS
        .into_iter()
        .filter(|name| match is_role {
            true => profile.get(name).is_some(),
            false => *name == "Write",
        })
        .collect();
    if !permissions.iter().all(|name| there.contains(&name.as_str())) {
        return Err(format!("gives only `{}`", there.join("` and `")));
    }
    let asked: Vec<&str> = permissions.iter().map(Text::as_str).collect();
    let asked = asked.join(" ");
    match profile.get("together").and_then(Node::items) {
        Some(choices)
            if !choices
                .iter()
                .any(|choice| choice.text().is_some_and(|choice| *choice == asked)) =>
        {
            let choices: Vec<&str> = choices.iter().filter_map(Node::text).map(Text::as_str).collect();
            Err(format!("gives only `{}`", choices.join("` or `")))
        }
        Some(_) | None => Ok(()),
    }
}

/// A statement that lets a service act on the destination on behalf of the source.
fn let_in(place: Place, service: &str, action: &str, parameters: &Node) -> Node {
    let text = |text: &str| Node::text_at(place, text);
    let source = Node::object(place, [("aws:SourceArn", filled("${Source}", parameters, place))]);
    Node::object(
        place,
        [
            ("Effect", text("Allow")),
            ("Principal", Node::object(place, [("Service", text(service))])),
            ("Action", text(action)),
            ("Resource", filled("${Destination}", parameters, place)),
            ("Condition", Node::object(place, [("ArnEquals", source)])),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::PROFILES;
    use crate::cloudformation::tree::Node;

    #[test]
    fn every_connector_says_what_it_makes() {
        let all = PROFILES.as_ref().and_then(Node::entries).expect("a map");
        let pairs: Vec<_> = all
            .iter()
            .flat_map(|from| from.value.entries().expect("destinations"))
            .collect();
        assert_eq!(pairs.len(), 31);
        for pair in pairs {
            let has = |name: &str| pair.value.get(name).is_some();
            let ways = ["role", "queue", "topic", "call"];
            assert_eq!(ways.iter().filter(|way| has(way)).count(), 1, "{}", pair.key);
            assert_eq!(has("role"), has("Read") || has("Write"), "{}", pair.key);
            assert_eq!(has("call"), has("from"), "{}", pair.key);
            for statements in ["Read", "Write"].iter().filter_map(|name| pair.value.get(name)) {
                for statement in statements.items().expect("statements") {
                    let count =
                        |name: &str| statement.get(name).and_then(Node::items).map_or(0, <[Node]>::len);
                    assert!(count("actions") > 0 && count("resources") > 0, "{}", pair.key);
                }
            }
        }
    }
}
