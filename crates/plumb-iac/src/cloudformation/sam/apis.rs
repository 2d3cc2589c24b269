//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`.

use super::macros::Macro;
use crate::cloudformation::parse;
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::files;

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
    properties.extend(definition(source));
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
    properties.extend(definition(source));
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

/// The definition that an API is given. What SAM makes of events stands as methods and routes instead.
fn definition(source: &Macro<'_, '_, '_>) -> Option<Entry> {
    if let Some(body) = source.renamed("DefinitionBody", "Body") {
        let changing = ["Auth", "MergeDefinitions"];
        let Some(changed) = changing.iter().find(|name| source.get(name).is_some()) else {
            return Some(body);
        };
        let why = format!("SAM changes the definition because of `{changed}`");
        return Some(Entry {
            value: Node::unknown(body.value.place, why),
            ..body
        });
    }
    if let Some(uri) = source.properties.entry("DefinitionUri") {
        if let Some(value) = local(source, &uri.value) {
            return Some(Entry {
                key: "Body".into(),
                key_place: uri.key_place,
                value,
            });
        }
        let location = source.location(&uri.value, ["Bucket", "Key", "Version"]);
        return Some(Entry {
            key: "BodyS3Location".into(),
            key_place: uri.key_place,
            value: Node::map_at(uri.value.place, location),
        });
    }
    None
}

/// The definition in a file of the tree, which is uploaded before deployment; functions of templates mean nothing in it.
fn local(source: &Macro<'_, '_, '_>, uri: &Node) -> Option<Node> {
    let text = source.text(uri).filter(|text| !text.contains("://"))?;
    let work = source.instance.work;
    let folder = source.instance.origin.path.rsplit_once('/');
    let path = files::join(folder.map_or("", |(folder, _)| folder), &text)?;
    let content = work.context.files.read(&path).ok()?;
    let file = work.add(&path, &content);
    let mut read = parse::documents(file, &work.source(file)?);
    match read.malformed {
        None if read.problems.is_empty() && read.roots.len() == 1 => read.roots.pop(),
        Some(_) | None => None,
    }
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
