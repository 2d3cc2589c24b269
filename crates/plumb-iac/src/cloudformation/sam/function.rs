//! `AWS::Serverless::Function`: the function, its role, its alias, its URL and what its events need.

use super::apis::Implicit;
use super::events;
use super::macros::Macro;
use super::role::{self, Role};
use crate::cloudformation::tree::{Content, Entry, Node};

/// Properties that a function has under the same name.
const PASSED: [&str; 24] = [
    "FunctionName",
    "Description",
    "Handler",
    "Runtime",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Environment",
    "Layers",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "Architectures",
    "SnapStart",
    "EphemeralStorage",
    "PackageType",
    "ImageConfig",
    "LoggingConfig",
    "RecursiveLoop",
    "RuntimeManagementConfig",
    "DurableConfig",
    "FunctionScalingConfig",
    "TenancyConfig",
];

/// Adds what a function stands for.
pub(super) fn expand(source: &Macro<'_, '_, '_>, implicit: &mut Implicit, out: &mut Vec<Entry>) {
    let (id, place) = (&source.id, source.place);
    let alias = source.get("AutoPublishAlias").and_then(|name| source.text(name));
    let alias_id = alias.as_ref().map(|name| {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{id}Alias{name}")
    });
    let (target, name) = match &alias_id {
        Some(alias) => (Node::reference(place, alias), Node::reference(place, alias)),
        None => (Node::attribute(place, id, "Arn"), Node::reference(place, id)),
    };
    let made = events::expand(source, &target, &name, implicit);

    let mut properties = source.passed(&PASSED);
    properties.push(code(source));
    if let Some(tracing) = traced(source) {
        let mode = Node::object(tracing.value.place, [("Mode", tracing.value.clone())]);
        properties.push(Entry {
            key: "TracingConfig".into(),
            value: mode,
            ..tracing
        });
    }
    let queue = source.renamed("DeadLetterQueue", "DeadLetterConfig");
    if let Some(queue) = &queue {
        let value = match queue.value.entry("TargetArn") {
            Some(target) => Node::map_at(queue.value.place, vec![target.clone()]),
            None => Node::unknown(queue.value.place, "the dead-letter queue has no target"),
        };
        properties.push(Entry {
            value,
            ..queue.clone()
        });
    }
    properties.push(source.tags("lambda:createdBy"));
    let role_id = format!("{id}Role");
    match source
        .properties
        .entry("Role")
        .filter(|role| !role.value.is_null())
    {
        Some(role) => properties.push(role.clone()),
        None => {
            properties.push(Entry::made(
                place,
                "Role",
                Node::attribute(place, &role_id, "Arn"),
            ));
            let basic = match source.get("DurableConfig") {
                Some(_) => "AWSLambdaBasicDurableExecutionRolePolicy",
                None => "AWSLambdaBasicExecutionRole",
            };
            let mut managed = vec![role::managed_policy(place, basic)];
            if traced(source).is_some() {
                managed.push(role::managed_policy(place, "AWSXrayWriteOnlyAccess"));
            }
            if source.get("VpcConfig").is_some() {
                managed.push(role::managed_policy(place, "AWSLambdaVPCAccessExecutionRole"));
            }
            managed.extend(made.managed);
            let mut inline = made.inline;
            if let Some(invoke) = source
                .get("EventInvokeConfig")
                .filter(|invoke| invoke.get("DestinationConfig").is_some())
            {
                let why = "SAM adds what the destinations of `EventInvokeConfig` need";
                inline.push((format!("{id}EventInvokePolicy"), Node::unknown(invoke.place, why)));
            }
            inline.extend(queue.and_then(|queue| role::queue_policy(source, &queue.value)));
            let role = Role {
                id: &role_id,
                created_by: "lambda:createdBy",
                service: "lambda.amazonaws.com",
                managed,
                inline,
            };
            out.push(role::expand(source, role));
        }
    }
    out.push(source.main("AWS::Lambda::Function", properties));
    if let (Some(alias_id), Some(alias)) = (&alias_id, source.properties.entry("AutoPublishAlias")) {
        let version_id = format!("{id}Version");
        let function = Entry::made(place, "FunctionName", Node::reference(place, id));
        out.push(source.resource(&version_id, "AWS::Lambda::Version", vec![function.clone()]));
        let version = Node::attribute(place, &version_id, "Version");
        let name = Entry {
            key: "Name".into(),
            ..alias.clone()
        };
        let properties = vec![name, function, Entry::made(place, "FunctionVersion", version)];
        out.push(source.resource(alias_id, "AWS::Lambda::Alias", properties));
    }
    url(source, &name, out);
    out.extend(made.resources);
}

fn code(source: &Macro<'_, '_, '_>) -> Entry {
    let one = |entry: &Entry, key: &str| {
        Node::map_at(
            entry.place(),
            vec![Entry {
                key: key.into(),
                ..entry.clone()
            }],
        )
    };
    let (inline, image) = (
        source.properties.entry("InlineCode"),
        source.properties.entry("ImageUri"),
    );
    let (at, value) = match (inline, image, source.properties.entry("CodeUri")) {
        (Some(inline), _, _) => (inline.key_place, one(inline, "ZipFile")),
        (None, Some(image), _) => (image.key_place, one(image, "ImageUri")),
        (None, None, Some(uri)) => {
            let location = source.location(&uri.value, ["S3Bucket", "S3Key", "S3ObjectVersion"]);
            (uri.key_place, Node::map_at(uri.value.place, location))
        }
        (None, None, None) => (
            source.place,
            Node::unknown(source.place, "it is packaged before deployment"),
        ),
    };
    Entry {
        key: "Code".into(),
        key_place: at,
        value,
    }
}

/// The property that switches tracing on.
fn traced(source: &Macro<'_, '_, '_>) -> Option<Entry> {
    let tracing = source
        .properties
        .entry("Tracing")
        .filter(|tracing| !tracing.value.is_null())?;
    let disabled = source.text(&tracing.value).is_some_and(|mode| mode == "Disabled");
    (!disabled).then(|| tracing.clone())
}

/// The URL of a function. Without authentication, SAM lets everybody call it.
fn url(source: &Macro<'_, '_, '_>, name: &Node, out: &mut Vec<Entry>) {
    let Some(config) = source
        .properties
        .entry("FunctionUrlConfig")
        .filter(|config| !config.value.is_null())
    else {
        return;
    };
    let (id, at) = (&source.id, config.key_place);
    let mut properties: Vec<Entry> = ["AuthType", "Cors", "InvokeMode"]
        .iter()
        .filter_map(|name| config.value.entry(name).cloned())
        .collect();
    properties.push(Entry::made(at, "TargetFunctionArn", name.clone()));
    let add = |id: String, kind: &str, properties: Vec<Entry>| {
        let value = Node::map_at(config.value.place, properties);
        source.resource_at(
            Entry {
                key: id.into(),
                key_place: at,
                value,
            },
            kind,
        )
    };
    out.push(add(format!("{id}Url"), "AWS::Lambda::Url", properties));
    let Some(auth) = config.value.entry("AuthType") else {
        return;
    };
    let principal = match source.text(&auth.value) {
        Some(auth) if auth == "NONE" => Node::text_at(at, "*"),
        Some(_) => return,
        None => Node::unknown(
            auth.value.place,
            "whether the URL asks for authentication is not known",
        ),
    };
    let permission = |action: &str, key: &str, value: Node| {
        vec![
            Entry::made(at, "Action", Node::text_at(at, action)),
            Entry::made(at, "FunctionName", name.clone()),
            Entry::made(auth.key_place, "Principal", principal.clone()),
            Entry::made(auth.key_place, key, value),
        ]
    };
    let public = permission(
        "lambda:InvokeFunctionUrl",
        "FunctionUrlAuthType",
        auth.value.clone(),
    );
    out.push(add(
        format!("{id}UrlPublicPermissions"),
        "AWS::Lambda::Permission",
        public,
    ));
    let via = Node {
        place: at,
        content: Content::Plain("true".into()),
    };
    let invoke = permission("lambda:InvokeFunction", "InvokedViaFunctionUrl", via);
    out.push(add(
        format!("{id}URLInvokeAllowPublicAccess"),
        "AWS::Lambda::Permission",
        invoke,
    ));
}
