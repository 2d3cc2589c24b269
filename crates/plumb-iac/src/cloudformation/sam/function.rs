//! `AWS::Serverless::Function`: the function, its role, its alias, its URL and what its events need.

use super::events;
use super::implicit::Implicit;
use super::macros::Macro;
use super::role::{self, Role};
use super::url;
use crate::cloudformation::conditions::Truth;
use crate::cloudformation::tree::{Entry, Node};
use crate::val::Why;

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
        let name = name.replace('-', "D").replace('_', "U");
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
    let own = Node::attribute(place, &role_id, "Arn");
    let made_role = || own_role(source, &role_id, made.managed, made.inline, queue.as_ref());
    match role_of(source, own.clone()) {
        RoleOf::Given(role) => properties.push(role),
        RoleOf::Own => {
            properties.push(Entry::made(place, "Role", own));
            out.push(made_role());
        }
        RoleOf::Either(either, why) => {
            properties.push(either);
            let mut role = made_role();
            if role.value.get("Condition").is_none() {
                let condition = Entry::made(place, "Condition", Node::unknown(place, why));
                role.value = role.value.with_entry(condition);
            }
            out.push(role);
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
    url::expand(source, &name, out);
    out.extend(made.resources);
}

/// Whose role a function has.
enum RoleOf {
    /// One that is given.
    Given(Entry),
    /// One that SAM makes.
    Own,
    /// One or the other, by a condition that is not known.
    Either(Entry, Why),
}

/// The role of a function. A choice that may come to nothing leaves it to SAM; `own` is the role that SAM makes then.
fn role_of(source: &Macro<'_, '_, '_>, own: Node) -> RoleOf {
    let Some(given) = source
        .properties
        .entry("Role")
        .filter(|role| !role.value.is_null())
    else {
        return RoleOf::Own;
    };
    let choice = match given.value.call() {
        Some(("Fn::If", argument)) => argument.items(),
        Some(_) | None => None,
    };
    let Some([condition, then, otherwise]) = choice else {
        return RoleOf::Given(given.clone());
    };
    let is_nothing = |node: &Node| match node.call() {
        Some(("Ref", name)) => name.text().is_some_and(|name| name == "AWS::NoValue"),
        Some(_) | None => false,
    };
    let (is_then, is_otherwise) = (is_nothing(then), is_nothing(otherwise));
    let truth = match condition.text() {
        Some(name) if is_then || is_otherwise => source.instance.condition(name, condition.place),
        Some(_) | None => return RoleOf::Given(given.clone()),
    };
    match truth {
        Truth::True if is_then => RoleOf::Own,
        Truth::False if is_otherwise => RoleOf::Own,
        Truth::True | Truth::False => RoleOf::Given(given.clone()),
        Truth::Unknown(why) => {
            let replaced = |node: &Node| {
                if is_nothing(node) {
                    own.clone()
                } else {
                    node.clone()
                }
            };
            let items = vec![condition.clone(), replaced(then), replaced(otherwise)];
            let place = given.value.place;
            let value = Node::call_at(place, "Fn::If", Node::list_at(place, items));
            let either = Entry {
                value,
                ..given.clone()
            };
            RoleOf::Either(either, why)
        }
    }
}

/// The role that SAM makes for a function; `managed` and `inline` are policies that its events need.
fn own_role(
    source: &Macro<'_, '_, '_>,
    role_id: &str,
    events: Vec<Node>,
    mut inline: Vec<(String, Node)>,
    queue: Option<&Entry>,
) -> Entry {
    let place = source.place;
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
    managed.extend(events);
    if let Some(invoke) = source
        .get("EventInvokeConfig")
        .filter(|invoke| invoke.get("DestinationConfig").is_some())
    {
        let why = "SAM adds what the destinations of `EventInvokeConfig` need";
        let name = format!("{}EventInvokePolicy", source.id);
        inline.push((name, Node::unknown(invoke.place, why)));
    }
    inline.extend(queue.and_then(|queue| role::queue_policy(source, &queue.value)));
    let role = Role {
        id: role_id,
        created_by: "lambda:createdBy",
        service: "lambda.amazonaws.com",
        managed,
        inline,
    };
    role::expand(source, role)
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
