//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`, and the APIs that events ask for without naming one.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::macros::Macro;
use crate::cloudformation::instance::Instance;
use crate::cloudformation::template::Template;
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::place::Place;

/// The logical ids of the APIs that SAM makes for events which name none.
const REST: &str = "ServerlessRestApi";
const HTTP: &str = "ServerlessHttpApi";

/// What events need to know of APIs: those that they ask for without naming one, at the place of the first event that
/// does, and the stages of the others.
pub(super) struct Implicit {
    rest: Option<Place>,
    http: Option<Place>,
    /// By logical id; `None` for a stage whose name is no plain text.
    stages: BTreeMap<Text, Option<Text>>,
    noted: Vec<Noted>,
}

/// A property that SAM adds to a resource because of an event.
struct Noted {
    id: Text,
    property: &'static str,
    place: Place,
}

impl Implicit {
    /// The APIs of the resources of a template.
    pub(super) fn new(resources: &[Entry]) -> Self {
        let apis = resources
            .iter()
            .filter(|entry| entry.value.get_text("Type") == Some("AWS::Serverless::Api"));
        let stages = apis.map(|entry| {
            let properties = entry.value.get("Properties");
            let stage = properties.and_then(|properties| properties.get("StageName"));
            (entry.key.clone(), stage.and_then(Node::text).cloned())
        });
        Self {
            rest: None,
            http: None,
            stages: stages.collect(),
            noted: Vec::new(),
        }
    }

    /// How the logical id of the permission for an API ends: the stage that it has, as far as that can be told.
    pub(super) fn ending(&self, api: Option<&Node>) -> String {
        let Some(api) = api else {
            return "Prod".to_owned();
        };
        let id = match api.call() {
            Some(("Ref", id)) => id.text(),
            Some(_) => None,
            None => api.text(),
        };
        match id.map(|id| self.stages.get(id)) {
            Some(Some(Some(stage))) => stage.chars().filter(char::is_ascii_alphanumeric).collect(),
            Some(_) => "Stage".to_owned(),
            None => "AllStages".to_owned(),
        }
    }

    /// The logical id of the API for an event of a kind.
    pub(super) fn needed(&mut self, event: &str, at: Place) -> &'static str {
        if event == "Api" {
            self.rest.get_or_insert(at);
            REST
        } else {
            self.http.get_or_insert(at);
            HTTP
        }
    }

    /// Notes that SAM adds a property to the resource that `reference` refers to.
    pub(super) fn note(&mut self, reference: Option<&Node>, property: &'static str, place: Place) {
        if let Some(("Ref", id)) = reference.and_then(Node::call)
            && let Some(id) = id.text()
        {
            let id = id.clone();
            self.noted.push(Noted { id, property, place });
        }
    }

    /// Adds the APIs that were asked for, and tells resources what was noted.
    pub(super) fn expand(self, instance: &Instance<'_, '_>, template: &Template, out: &mut Vec<Entry>) {
        let made = |place: Place, id: &str, stage: Option<&str>, kind: &str| {
            let stage = stage.map(|stage| Entry::made(place, "StageName", Node::text_at(place, stage)));
            let properties = Node::map_at(place, stage.into_iter().collect());
            let resource = Node::object(place, [("Properties", properties)]);
            let entry = Entry::made(place, id, resource);
            let globals = template.globals.as_ref().and_then(|globals| globals.get(kind));
            Macro::new(instance, &entry, globals)
        };
        let indices: BTreeMap<Text, usize> = out
            .iter()
            .enumerate()
            .map(|(index, resource)| (resource.key.clone(), index))
            .collect();
        for Noted { id, property, place } in self.noted {
            if let Some(resource) = indices.get(&id).and_then(|index| out.get_mut(*index)) {
                let why = "an event of SAM adds to it";
                let entry = Entry::made(place, property, Node::unknown(place, why));
                let properties = resource.value.get("Properties").and_then(Node::entries);
                if instance
                    .work
                    .spend(properties.map_or(1, <[Entry]>::len), place)
                    .is_ok()
                {
                    resource.value = resource.value.with_property(entry);
                }
            }
        }
        if let Some(place) = self.rest {
            rest(&made(place, REST, Some("Prod"), "Api"), out);
        }
        if let Some(place) = self.http {
            http(&made(place, HTTP, None, "HttpApi"), out);
        }
    }
}

/// Adds what a REST API stands for: the API, a deployment and a stage.
pub(super) fn rest(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let (id, place) = (&source.id, source.place);
    let api = || Entry::made(place, "RestApiId", Node::reference(place, id));
    let mut properties = source.passed(&[
        "Name",
        "Description",
        "ApiKeySourceType",
        "BinaryMediaTypes",
        "MinimumCompressionSize",
        "DisableExecuteApiEndpoint",
        "Mode",
        "SecurityPolicy",
    ]);
    properties.push(definition(source));
    if let Some(endpoint) = source.properties.entry("EndpointConfiguration") {
        properties.push(Entry {
            value: endpoint_types(&endpoint.value),
            ..endpoint.clone()
        });
    }
    if let Some(policy) = source.get("Auth").and_then(|auth| auth.entry("ResourcePolicy")) {
        properties.push(Entry {
            key: "Policy".into(),
            key_place: policy.key_place,
            value: Node::unknown(
                policy.value.place,
                "SAM makes the policy of `Auth.ResourcePolicy`",
            ),
        });
    }
    properties.extend(source.plain_tags());
    out.push(source.main("AWS::ApiGateway::RestApi", properties));
    out.push(source.resource(
        &format!("{id}Deployment"),
        "AWS::ApiGateway::Deployment",
        vec![api()],
    ));

    let mut properties = source.passed(&[
        "StageName",
        "AccessLogSetting",
        "CacheClusterEnabled",
        "CacheClusterSize",
        "CanarySetting",
        "MethodSettings",
        "TracingEnabled",
        "Variables",
    ]);
    properties.push(api());
    let deployment = Node::reference(place, &format!("{id}Deployment"));
    properties.push(Entry::made(place, "DeploymentId", deployment));
    properties.extend(source.plain_tags());
    out.push(source.resource(&stage_id(source, "Stage"), "AWS::ApiGateway::Stage", properties));
}

/// Adds what an HTTP API stands for: the API and a stage.
pub(super) fn http(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let (id, place) = (&source.id, source.place);
    let text = |text: &str| Node::text_at(place, text);
    let mut properties = source.passed(&[
        "Name",
        "Description",
        "DisableExecuteApiEndpoint",
        "CorsConfiguration",
    ]);
    properties.push(definition(source));
    properties.push(Entry::made(place, "ProtocolType", text("HTTP")));
    properties.push(source.map_of_tags("httpapi:createdBy"));
    out.push(source.main("AWS::ApiGatewayV2::Api", properties));

    let mut properties = source.passed(&["DefaultRouteSettings", "RouteSettings", "StageVariables"]);
    properties.extend(source.passed(&["AccessLogSettings"]));
    properties.push(source.map_of_tags("httpapi:createdBy"));
    properties.push(match source.properties.entry("StageName") {
        Some(stage) => stage.clone(),
        None => Entry::made(place, "StageName", text("$default")),
    });
    properties.push(Entry::made(place, "ApiId", Node::reference(place, id)));
    properties.push(Entry::made(
        place,
        "AutoDeploy",
        Node {
            place,
            content: Content::Plain("true".into()),
        },
    ));
    let stage = stage_id(source, "ApiGatewayDefaultStage");
    out.push(source.resource(&stage, "AWS::ApiGatewayV2::Stage", properties));
}

/// The logical id of the stage; `otherwise` is its ending where the stage has no plain name.
fn stage_id(source: &Macro<'_, '_, '_>, otherwise: &str) -> String {
    let id = &source.id;
    match source
        .get("StageName")
        .and_then(Node::text)
        .filter(|name| *name != "$default")
    {
        Some(name) => format!("{id}{name}Stage"),
        None => format!("{id}{otherwise}"),
    }
}

/// The definition of an API. What SAM makes of events is not worked out.
fn definition(source: &Macro<'_, '_, '_>) -> Entry {
    if let Some(body) = source.renamed("DefinitionBody", "Body") {
        let changing = ["Auth", "MergeDefinitions"];
        let Some(changed) = changing.iter().find(|name| source.get(name).is_some()) else {
            return body;
        };
        let why = format!("SAM changes the definition because of `{changed}`");
        return Entry {
            value: Node::unknown(body.value.place, why),
            ..body
        };
    }
    if let Some(uri) = source.properties.entry("DefinitionUri") {
        let location = source.location(&uri.value, ["Bucket", "Key", "Version"]);
        return Entry {
            key: "BodyS3Location".into(),
            key_place: uri.key_place,
            value: Node::map_at(uri.value.place, location),
        };
    }
    let body = Node::unknown(source.place, "SAM makes the definition of events");
    Entry::made(source.place, "Body", body)
}

/// SAM takes `Type` or a bare text where CloudFormation takes `Types`.
fn endpoint_types(endpoint: &Node) -> Node {
    let place = endpoint.place;
    if endpoint.text().is_some() || endpoint.call().is_some() {
        let types = Node::list_at(place, vec![endpoint.clone()]);
        return Node::object(place, [("Types", types)]);
    }
    let entries = endpoint
        .entries()
        .unwrap_or_default()
        .iter()
        .map(|entry| match entry.key.as_str() {
            "Type" => Entry {
                key: "Types".into(),
                key_place: entry.key_place,
                value: Node::list_at(entry.value.place, vec![entry.value.clone()]),
            },
            "VPCEndpointIds" => Entry {
                key: "VpcEndpointIds".into(),
                ..entry.clone()
            },
            _ => entry.clone(),
        });
    Node::map_at(place, entries.collect())
}
