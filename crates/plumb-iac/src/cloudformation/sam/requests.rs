//! Events of APIs: the routes and methods that SAM writes into the definition of the API, as resources of their own.
//!
//! Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html>
//! and <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html>.

use super::implicit::Implicit;
use super::macros::Macro;
use super::rules::Event;
use crate::cloudformation::tree::{Content, Entry, Node};

/// What the API calls when the method of a path is called.
pub(super) fn method(
    source: &Macro<'_, '_, '_>,
    event: &Event<'_>,
    api: &Node,
    implicit: &Implicit,
) -> [Entry; 2] {
    let at = event.at();
    let text = |text: &str| Node::text_at(at, text);
    let made = |key: &str, value: Node| Entry::made(at, key, value);
    let part = known(source, event, "Path").map(|path| path.trim_start_matches('/').to_owned());
    let resource = vec![
        made("RestApiId", api.clone()),
        made("PathPart", or_unknown(event, "Path", part)),
    ];
    let function = Node::object(at, [("Function", event.target.clone())]);
    let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations";
    let uri = Node::call_at(at, "Fn::Sub", Node::list_at(at, vec![text(uri), function]));
    let integration = [
        ("Type", text("AWS_PROXY")),
        ("IntegrationHttpMethod", text("POST")),
        ("Uri", uri),
    ];
    let verb = known(source, event, "Method").map(|verb| verb.to_ascii_uppercase());
    let method = vec![
        made("RestApiId", api.clone()),
        made(
            "ResourceId",
            Node::reference(at, &format!("{}Resource", event.id)),
        ),
        made("HttpMethod", or_unknown(event, "Method", verb)),
        made("AuthorizationType", authorization(source, event, api, implicit)),
        made("ApiKeyRequired", api_key(source, event, api, implicit)),
        made("Integration", Node::object(at, integration)),
    ];
    [
        event.resource(source, "Resource", "AWS::ApiGateway::Resource", resource),
        event.resource(source, "Method", "AWS::ApiGateway::Method", method),
    ]
}

/// What an HTTP API calls for a route; all of its requests where the event names none.
pub(super) fn route(
    source: &Macro<'_, '_, '_>,
    event: &Event<'_>,
    api: &Node,
    implicit: &Implicit,
) -> [Entry; 2] {
    let at = event.at();
    let made = |key: &str, value: Node| Entry::made(at, key, value);
    let integration = vec![
        made("ApiId", api.clone()),
        made("IntegrationType", Node::text_at(at, "AWS_PROXY")),
        made("IntegrationUri", event.target.clone()),
        made("PayloadFormatVersion", Node::text_at(at, "2.0")),
    ];
    let key = match (event.get("Path"), event.get("Method")) {
        (None, _) | (_, None) => Some("$default".to_owned()),
        (Some(path), Some(verb)) => source.text(path).zip(source.text(verb)).map(|(path, verb)| {
            let verb = verb.to_ascii_uppercase();
            format!("{verb} {path}")
        }),
    };
    let route = vec![
        made("ApiId", api.clone()),
        made("RouteKey", or_unknown(event, "Path", key)),
        made("AuthorizationType", authorization(source, event, api, implicit)),
        made(
            "Target",
            Node::template(at, &format!("integrations/${{{}Integration}}", event.id)),
        ),
    ];
    [
        event.resource(
            source,
            "Integration",
            "AWS::ApiGatewayV2::Integration",
            integration,
        ),
        event.resource(source, "Route", "AWS::ApiGatewayV2::Route", route),
    ]
}

fn known(source: &Macro<'_, '_, '_>, event: &Event<'_>, name: &str) -> Option<String> {
    let node = event.get(name)?;
    source.text(node).map(|text| text.to_string())
}

fn or_unknown(event: &Event<'_>, name: &str, text: Option<String>) -> Node {
    let at = event.at();
    match text {
        Some(text) => Node::text_at(at, text),
        None => Node::unknown(at, format!("`{name}` of the event is not known")),
    }
}

/// How callers show who they are: not at all where neither the event nor the API says anything of it.
fn authorization(source: &Macro<'_, '_, '_>, event: &Event<'_>, api: &Node, implicit: &Implicit) -> Node {
    let at = event.at();
    if is_open(source, event, api, implicit) {
        Node::text_at(at, "NONE")
    } else {
        Node::unknown(at, "SAM makes it of `Auth` of the event and of the API")
    }
}

fn api_key(source: &Macro<'_, '_, '_>, event: &Event<'_>, api: &Node, implicit: &Implicit) -> Node {
    let at = event.at();
    if is_open(source, event, api, implicit) {
        let content = Content::Plain("false".into());
        Node { place: at, content }
    } else {
        Node::unknown(at, "SAM makes it of `Auth` of the event and of the API")
    }
}

fn is_open(source: &Macro<'_, '_, '_>, event: &Event<'_>, api: &Node, implicit: &Implicit) -> bool {
    let Some(auth) = event.get("Auth") else {
        return implicit.is_open(api);
    };
    // A key may be asked for beside.
    match auth.entries() {
        Some([entry]) if entry.key == "Authorizer" => {
            source.text(&entry.value).is_some_and(|text| text == "NONE")
        }
        Some(_) | None => false,
    }
}
