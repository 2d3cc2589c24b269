//! A checker for the part of JSON Schema that this crate's schemas use; any other keyword is an error.

use serde_json::Value;

/// All places where `value` does not match `schema`, as `path: what is wrong`.
pub(crate) fn violations(root: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, root, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    for (keyword, argument) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let pointer = argument.as_str().unwrap().strip_prefix('#').unwrap();
                check(
                    root,
                    root.pointer(pointer).expect("the reference leads somewhere"),
                    value,
                    path,
                    found,
                );
            }
            "type" => {
                let matches = |name: &Value| has_type(name.as_str().unwrap(), value);
                if !argument
                    .as_array()
                    .map_or_else(|| matches(argument), |names| names.iter().any(matches))
                {
                    found.push(format!("{path}: is not of type {argument}"));
                }
            }
            "enum" => {
                if !argument.as_array().unwrap().contains(value) {
                    found.push(format!("{path}: {value} is none of {argument}"));
                }
            }
            "const" => {
                if argument != value {
                    found.push(format!("{path}: {value} is not {argument}"));
                }
            }
            "minimum" => {
                if value
                    .as_f64()
                    .is_some_and(|number| number < argument.as_f64().unwrap())
                {
                    found.push(format!("{path}: {value} is below {argument}"));
                }
            }
            "maximum" => {
                if value
                    .as_f64()
                    .is_some_and(|number| number > argument.as_f64().unwrap())
                {
                    found.push(format!("{path}: {value} is above {argument}"));
                }
            }
            "minLength" => {
                if value
                    .as_str()
                    .is_some_and(|text| (text.chars().count() as u64) < argument.as_u64().unwrap())
                {
                    found.push(format!("{path}: is too short"));
                }
            }
            "minItems" => {
                if value
                    .as_array()
                    .is_some_and(|list| (list.len() as u64) < argument.as_u64().unwrap())
                {
                    found.push(format!("{path}: has too few elements"));
                }
            }
            "required" => {
                for name in argument.as_array().unwrap() {
                    if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
                        found.push(format!("{path}: lacks {name}"));
                    }
                }
            }
            "properties" => {
                for (name, property) in argument.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(root, property, value, &format!("{path}.{name}"), found);
                    }
                }
            }
            "additionalProperties" => additional_properties(root, schema, argument, value, path, found),
            "items" => {
                for (index, element) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, argument, element, &format!("{path}[{index}]"), found);
                }
            }
            "oneOf" => {
                let matching = |schema: &&Value| {
                    let mut inner = Vec::new();
                    check(root, schema, value, path, &mut inner);
                    inner.is_empty()
                };
                let count = argument.as_array().unwrap().iter().filter(matching).count();
                if count != 1 {
                    found.push(format!(
                        "{path}: matches {count} of the alternatives instead of one"
                    ));
                }
            }
            other => panic!("the checker does not know the keyword `{other}`"),
        }
    }
}

fn additional_properties(
    root: &Value,
    schema: &Value,
    argument: &Value,
    value: &Value,
    path: &str,
    found: &mut Vec<String>,
) {
    let known = |name: &str| {
        schema
            .get("properties")
            .is_some_and(|properties| properties.get(name).is_some())
    };
    for (name, value) in value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !known(name))
    {
        match argument {
            Value::Bool(false) => found.push(format!("{path}: has the unknown property `{name}`")),
            Value::Bool(true) => {}
            schema => check(root, schema, value, &format!("{path}.{name}"), found),
        }
    }
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    }
}
