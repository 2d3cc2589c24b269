//! `End`: the source or the destination of a connector.

use plumb_model::value::Text;

use crate::cloudformation::tree::{Entry, Node};
use crate::place::Place;

/// What is known of an end: properties of a resource of the template, or what the connector says of another one.
pub(super) struct End {
    /// Its type, of CloudFormation.
    pub(super) kind: Text,
    pub(super) arn: Option<Node>,
    /// The name of its role.
    pub(super) role: Option<Node>,
    /// The URL of a queue.
    pub(super) url: Option<Node>,
    id: Option<Node>,
    name: Option<Node>,
    qualifier: Option<Node>,
}

impl End {
    /// The end that a reference of a connector means; `other` is the reference to the other end.
    pub(super) fn of(reference: &Node, other: &Node, resources: &[Entry]) -> Result<Self, String> {
        let get = |name: &str| reference.get(name).cloned();
        let Some(id) = reference.get("Id") else {
            let kind = reference
                .get_text("Type")
                .ok_or("has an end without an `Id` or a `Type`")?;
            return Ok(Self {
                kind: of_cloudformation(kind).into(),
                arn: get("Arn"),
                role: get("RoleName"),
                url: get("QueueUrl"),
                id: get("ResourceId"),
                name: get("Name"),
                qualifier: get("Qualifier"),
            });
        };
        let id = id.text().ok_or("has an end of which the `Id` is no text")?;
        let resource = resources.iter().find(|resource| resource.key == *id);
        let resource = resource.ok_or_else(|| format!("means `{id}`, which is no resource"))?;
        let kind: Text = resource.value.get_text("Type").unwrap_or_default().into();
        let place = reference.place;
        let properties = resource.value.get("Properties");
        let of = |name: &str| properties.and_then(|properties| properties.get(name));
        let own = || Node::reference(place, id);
        let attribute = |name: &str| Node::attribute(place, id, name);
        let role = match kind.as_str() {
            "AWS::Lambda::Function" => of("Role"),
            "AWS::StepFunctions::StateMachine" => of("RoleArn"),
            "AWS::AppSync::DataSource" => of("ServiceRoleArn"),
            "AWS::Events::Rule" => of("Targets").and_then(|targets| role_of_target(targets, other)),
            _ => None,
        };
        let is_arn = [
            "AWS::StepFunctions::StateMachine",
            "AWS::SNS::Topic",
            "AWS::AppSync::DataSource",
            "AWS::AppSync::GraphQLApi",
        ];
        Ok(Self {
            arn: Some(match is_arn.contains(&kind.as_str()) {
                true => own(),
                false => attribute("Arn"),
            }),
            role: role.and_then(meant).map(|role| Node::reference(place, &role)),
            url: Some(own()),
            id: Some(match kind.as_str() {
                "AWS::AppSync::GraphQLApi" => attribute("ApiId"),
                _ => own(),
            }),
            name: Some(attribute("Name")),
            qualifier: Some(get("Qualifier").unwrap_or_else(|| Node::text_at(place, "*"))),
            kind,
        })
    }

    /// What statements name of two ends.
    pub(super) fn parameters(from: &Self, to: &Self, place: Place) -> Node {
        let parts = |end: &Self, prefix: &str| {
            [
                ("", &end.arn),
                ("Id", &end.id),
                ("Name", &end.name),
                ("Qualifier", &end.qualifier),
            ]
            .into_iter()
            .filter_map(|(name, node)| {
                let node = node.as_ref()?;
                Some(Entry::made(node.place, format!("{prefix}{name}"), node.clone()))
            })
            .collect::<Vec<_>>()
        };
        let all: Vec<Entry> = parts(from, "Source")
            .into_iter()
            .chain(parts(to, "Destination"))
            .collect();
        Node::map_at(place, all)
    }
}

/// The type of CloudFormation that a type of SAM becomes.
fn of_cloudformation(kind: &str) -> &str {
    match kind {
        "AWS::Serverless::Function" => "AWS::Lambda::Function",
        "AWS::Serverless::StateMachine" => "AWS::StepFunctions::StateMachine",
        "AWS::Serverless::Api" => "AWS::ApiGateway::RestApi",
        "AWS::Serverless::HttpApi" => "AWS::ApiGatewayV2::Api",
        "AWS::Serverless::SimpleTable" => "AWS::DynamoDB::Table",
        other => other,
    }
}

/// The role by which a rule reaches the target that the other end is.
fn role_of_target<'n>(targets: &'n Node, other: &Node) -> Option<&'n Node> {
    let is_it = |target: &&Node| {
        let arn = target.get("Arn");
        let by_id = arn
            .and_then(meant)
            .is_some_and(|id| other.get_text("Id") == Some(id.as_str()));
        let by_arn = match (arn, other.get("Arn")) {
            (Some(arn), Some(other)) => arn.text().is_some() && arn.text() == other.text(),
            (_, _) => false,
        };
        by_id || by_arn
    };
    targets.items()?.iter().find(is_it)?.get("RoleArn")
}

/// The resource of the template that a reference means.
fn meant(node: &Node) -> Option<Text> {
    match node.call()? {
        ("Ref", id) => id.text().cloned(),
        ("Fn::GetAtt", path) => match (path.text(), path.items()) {
            (Some(text), _) => text.split('.').next().map(Text::from),
            (None, Some([id, _])) => id.text().cloned(),
            (None, Some(_) | None) => None,
        },
        (_, _) => None,
    }
}
