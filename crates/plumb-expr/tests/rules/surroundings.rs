//! A small estate with a schema, for tests to write rules against.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_expr::{Declarations, Expected, Fields, Inventory, Program, Scope, Truth, Type};
use plumb_model::value::{Text, Value};

/// Declares `resource` as a bucket with a little of everything.
pub(crate) struct Estate;

#[derive(Debug)]
struct Schema {
    name: &'static str,
    fields: BTreeMap<&'static str, Type>,
}

impl Fields for Schema {
    fn type_name(&self) -> &str {
        self.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.fields.get(name).cloned()
    }

    fn names(&self) -> Vec<Text> {
        self.fields.keys().map(|name| Text::new_static(name)).collect()
    }
}

pub(crate) fn object<const N: usize>(name: &'static str, fields: [(&'static str, Type); N]) -> Type {
    Type::Object(Arc::new(Schema {
        name,
        fields: fields.into(),
    }))
}

fn bucket() -> Type {
    let default = object(
        "default",
        [
            ("sse_algorithm", Type::String),
            ("kms_master_key_id", Type::String),
        ],
    );
    let rule = object("rule", [("apply_server_side_encryption_by_default", default)]);
    let range = object("range", [("cidr_ip", Type::String)]);
    let permission = object(
        "permission",
        [
            ("from_port", Type::Int),
            ("to_port", Type::Int),
            ("ip_protocol", Type::String),
            ("ip_ranges", range.list()),
        ],
    );
    object(
        "aws_s3_bucket",
        [
            ("uid", Type::String),
            ("name", Type::String),
            ("region", Type::String),
            ("tags", Type::String.map()),
            ("enabled", Type::Bool),
            ("count", Type::Int),
            ("ratio", Type::Double),
            ("created", Type::Timestamp),
            ("times", Type::Timestamp.list()),
            ("names", Type::String.list()),
            ("other_names", Type::String.list()),
            ("numbers", Type::Int.list()),
            ("policy", Type::Json),
            ("encryption", object("encryption", [("rules", rule.list())])),
            ("ip_permissions", permission.list()),
            ("public_ip_address", Type::String),
            (
                "network_rules",
                object("network rules", [("default_action", Type::String)]),
            ),
            (
                "private_endpoint_connections",
                object("connection", [("id", Type::String)]).list(),
            ),
        ],
    )
}

impl Declarations for Estate {
    fn variable(&self, name: &str) -> Option<Type> {
        match name {
            "resource" => Some(bucket()),
            "account" => Some(object(
                "account",
                [("id", Type::String), ("environment", Type::String)],
            )),
            "params" => Some(object(
                "params",
                [("max_age_days", Type::Int), ("document", Type::Any)],
            )),
            "now" => Some(Type::Timestamp),
            _ => None,
        }
    }

    fn resource_type(&self, name: &str) -> Option<Type> {
        let trail = || {
            let fields = [
                ("is_logging", Type::Bool),
                ("name", Type::String),
                ("selectors", Type::Json),
            ];
            object("aws_cloudtrail_trail", fields)
        };
        let key = || object("aws_kms_key", [("enabled", Type::Bool), ("uid", Type::String)]);
        match name {
            "aws_cloudtrail_trail" => Some(trail()),
            "aws_kms_key" => Some(key()),
            _ => None,
        }
    }

    fn resource_type_names(&self) -> Vec<Text> {
        vec!["aws_cloudtrail_trail".into(), "aws_kms_key".into()]
    }

    fn lives_in_regions(&self, name: &str) -> bool {
        name == "aws_cloudtrail_trail"
    }

    fn tells_exposure(&self) -> bool {
        true
    }
}

/// Other resources of the account; `related` gives all of the type, and the exposure stands under `exposure`.
struct Others<'a>(BTreeMap<&'a str, Vec<&'a Value>>);

impl Inventory for Others<'_> {
    fn of_type(&self, resource_type: &str) -> &[&Value] {
        self.0.get(resource_type).map_or(&[], Vec::as_slice)
    }

    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value> {
        let is_there = |found: &&Value| {
            let stands_for_more = matches!(found, Value::Unreadable(_));
            stands_for_more || found.get("region").and_then(Value::as_str) == Some(region)
        };
        self.of_type(resource_type)
            .iter()
            .copied()
            .filter(is_there)
            .collect()
    }

    fn related<'a>(&'a self, _resource: &'a Value, resource_type: &str) -> Vec<&'a Value> {
        self.of_type(resource_type).to_vec()
    }

    fn exposure<'a>(&'a self, _resource: &'a Value) -> Option<&'a Value> {
        self.of_type("exposure").first().copied()
    }
}

/// A value from JSON text.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Runs `run` in a scope with this resource and these other resources by type.
pub(crate) fn in_scope<T>(resource: &Value, others: &Value, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let account = json(r#"{"id":"123456789012","environment":"production"}"#);
    let params = json(r#"{"max_age_days":90}"#);
    let lists = others.as_map().into_iter().flat_map(|map| map.iter());
    let inventory = Others(
        lists
            .map(|(name, list)| (name.as_str(), list.as_list().unwrap().iter().collect()))
            .collect(),
    );
    run(&Scope {
        resource,
        account: &account,
        params: &params,
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
        inventory: &inventory,
    })
}

/// Compiles a rule that must compile.
pub(crate) fn compile(rule: &str, expected: Expected) -> Program {
    Program::compile(rule, &Estate, expected).unwrap_or_else(|problems| panic!("{rule}: {problems:#?}"))
}

/// The truth of a rule over a resource.
pub(crate) fn truth(rule: &str, resource: &str) -> Truth {
    let program = compile(rule, Expected::Truth);
    in_scope(&json(resource), &Value::Null, |scope| program.truth(scope))
}

/// The value of an expression over a resource, as JSON.
pub(crate) fn value(expression: &str, resource: &str) -> String {
    let program = compile(expression, Expected::Value);
    in_scope(&json(resource), &Value::Null, |scope| program.value(scope)).to_string()
}

/// Checks the values of expressions over one resource.
pub(crate) fn check_values(resource: &str, cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(value(expression, resource), *expected, "{expression}");
    }
}

/// An unreadable place.
pub(crate) const DENIED: &str =
    r#"{"$unreadable":{"reason":"denied","call":"s3:GetX","action":"s3:GetX","detail":"no"}}"#;
