//! URLs of functions, and who may call them.

use super::macros::Macro;
use crate::cloudformation::tree::{Content, Entry, Node};

/// The URL of a function. Without authentication, SAM lets everybody call it.
pub(super) fn expand(source: &Macro<'_, '_, '_>, name: &Node, out: &mut Vec<Entry>) {
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
    // The transform looks at what is written: for a reference, even to a parameter, it makes no permission.
    if auth.value.text().is_none_or(|auth| auth != "NONE") {
        return;
    }
    let permission = |action: &str, key: &str, value: Node| {
        vec![
            Entry::made(at, "Action", Node::text_at(at, action)),
            Entry::made(at, "FunctionName", name.clone()),
            Entry::made(auth.key_place, "Principal", Node::text_at(auth.value.place, "*")),
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
