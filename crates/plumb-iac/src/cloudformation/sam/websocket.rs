//! `AWS::Serverless::WebSocketApi`, and custom domains of REST APIs.
//!
//! Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-websocketapi.html>
//! and <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-domainconfiguration.html>.

use super::macros::Macro;
use crate::cloudformation::tree::{Content, Entry, Node};

/// Adds what a WebSocket API stands for: the API, a stage, and for each route its permission to call the function.
pub(super) fn expand(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let (id, place) = (&source.id, source.place);
    let text = |text: &str| Node::text_at(place, text);
    let api = || Entry::made(place, "ApiId", Node::reference(place, id));
    let mut properties = source.passed(&[
        "Name",
        "Description",
        "ApiKeySelectionExpression",
        "DisableExecuteApiEndpoint",
        "IpAddressType",
        "RouteSelectionExpression",
    ]);
    properties.push(Entry::made(place, "ProtocolType", text("WEBSOCKET")));
    properties.push(source.map_of_tags("websocketapi:createdBy"));
    out.push(source.main("AWS::ApiGatewayV2::Api", properties));

    let mut properties = source.passed(&[
        "AccessLogSettings",
        "DefaultRouteSettings",
        "RouteSettings",
        "StageVariables",
    ]);
    properties.push(api());
    let stage = source.properties.entry("StageName");
    properties.push(
        stage
            .cloned()
            .unwrap_or_else(|| Entry::made(place, "StageName", text("default"))),
    );
    let name = source.get("StageName").and_then(Node::text);
    let name = name.map_or("default", |name| name.as_str());
    out.push(source.resource(
        &format!("{id}{name}Stage"),
        "AWS::ApiGatewayV2::Stage",
        properties,
    ));

    for route in source.entries("Routes") {
        let at = route.key_place;
        let part: String = route.key.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut properties: Vec<Entry> = ["ApiKeyRequired", "OperationName"]
            .iter()
            .filter_map(|name| route.value.entry(name).cloned())
            .collect();
        properties.push(api());
        properties.push(Entry::made(at, "RouteKey", Node::text_at(at, route.key.clone())));
        // A connection is authorized when it is opened, for all that is sent on it.
        if route.key == "$connect"
            && let Some(auth) = source.get("Auth").and_then(|auth| auth.entry("AuthType"))
        {
            properties.push(Entry {
                key: "AuthorizationType".into(),
                ..auth.clone()
            });
        }
        out.push(source.resource(
            &format!("{id}{part}Route"),
            "AWS::ApiGatewayV2::Route",
            properties,
        ));
        if let Some(function) = route.value.entry("FunctionArn") {
            let from = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:";
            let from = format!("{from}${{{id}}}/*/{}", route.key);
            let properties = vec![
                Entry::made(at, "Action", Node::text_at(at, "lambda:InvokeFunction")),
                Entry {
                    key: "FunctionName".into(),
                    ..function.clone()
                },
                Entry::made(at, "Principal", Node::text_at(at, "apigateway.amazonaws.com")),
                Entry::made(at, "SourceArn", Node::template(at, &from)),
            ];
            out.push(source.resource(
                &format!("{id}{part}Permission"),
                "AWS::Lambda::Permission",
                properties,
            ));
        }
    }
}

/// Adds the custom domain of a REST API; a private one is a resource of another kind, which is told.
pub(super) fn domain(source: &Macro<'_, '_, '_>, out: &mut Vec<Entry>) {
    let Some(domain) = source
        .properties
        .entry("Domain")
        .filter(|domain| !domain.value.is_null())
    else {
        return;
    };
    let endpoint = domain.value.get("EndpointConfiguration");
    let kind = match endpoint {
        None => Some("REGIONAL".into()),
        Some(endpoint) => source.text(endpoint),
    };
    let certificate = match kind.as_deref() {
        Some("REGIONAL") => "RegionalCertificateArn",
        Some("EDGE") => "CertificateArn",
        Some(_) | None => {
            let message = format!("the domain of `{}` is not expanded", source.id);
            let help = "only regional and edge-optimized domains are judged";
            source.instance.work.warning(domain.key_place, message, help);
            return;
        }
    };
    let place = domain.value.place;
    let mut properties: Vec<Entry> = [
        "DomainName",
        "SecurityPolicy",
        "MutualTlsAuthentication",
        "EndpointAccessMode",
    ]
    .iter()
    .filter_map(|name| domain.value.entry(name).cloned())
    .collect();
    properties.extend(domain.value.entry("CertificateArn").map(|entry| Entry {
        key: certificate.into(),
        ..entry.clone()
    }));
    let types = endpoint
        .cloned()
        .unwrap_or_else(|| Node::text_at(place, "REGIONAL"));
    properties.push(Entry::made(
        place,
        "EndpointConfiguration",
        Node::object(place, [("Types", Node::list_at(place, vec![types]))]),
    ));
    let value = Node {
        place,
        content: Content::Map(properties.into()),
    };
    // SAM ends the name in a hash of the domain's.
    let made = Entry {
        key: format!("ApiGatewayDomainName{}", source.id).into(),
        key_place: domain.key_place,
        value,
    };
    out.push(source.resource_at(made, "AWS::ApiGateway::DomainName"));
}
