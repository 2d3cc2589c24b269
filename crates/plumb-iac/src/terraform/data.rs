//! Data sources that code alone decides.

mod managed_policy;

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_model::value::Text;

use crate::mapping::Surroundings;
use crate::partial::Writer;
use crate::val::{Entries, Fields, Kind, Val};

/// The version of policies that name none.
const POLICY_VERSION: &str = "2012-10-17";

/// Puts in what a data source computes from its own arguments.
///
/// Policy documents: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>.
pub(crate) fn compute(kind: &str, fields: &mut Fields, surroundings: &Surroundings<'_>) {
    let partition = surroundings.partition();
    let known: Vec<(&'static str, String)> = match kind {
        "data.aws_caller_identity" => {
            let account = surroundings.account_or_stand_in();
            // Whoever applies the code is a principal of the account that no code names.
            let arn = format!("arn:{partition}:iam::{account}:user/{}", surroundings.address);
            vec![
                ("account_id", account.to_owned()),
                ("id", account.to_owned()),
                ("arn", arn),
            ]
        }
        "data.aws_partition" => {
            let suffix = match partition {
                "aws-cn" => "amazonaws.com.cn",
                _ => "amazonaws.com",
            };
            vec![
                ("partition", partition.to_owned()),
                ("id", partition.to_owned()),
                ("dns_suffix", suffix.to_owned()),
            ]
        }
        "data.aws_region" => surroundings
            .region
            .iter()
            .flat_map(|region| ["name", "id", "region"].map(|name| (name, (*region).to_owned())))
            .collect(),
        "data.aws_kms_alias" => by_alias(fields, "name", &["arn", "id", "target_key_arn"], surroundings),
        "data.aws_kms_key" => by_alias(fields, "key_id", &["arn"], surroundings),
        "data.aws_ec2_managed_prefix_list" | "data.aws_prefix_list" => list_of_aws(fields),
        _ => Vec::new(),
    };
    for (name, text) in known {
        let written = fields.entries.get(name).is_some_and(|value| !value.is_null());
        if !written {
            fields.entries.insert(Text::new_static(name), Val::string(text));
        }
    }
    if kind == "data.aws_iam_policy" {
        managed_policy::compute(fields, partition);
    }
    if kind == "data.aws_s3_bucket"
        && let Some(bucket) = fields.entries.get("bucket").cloned()
    {
        let mut arn = Writer::default();
        arn.text(&format!("arn:{partition}:s3:::"));
        match (bucket.as_str(), bucket.why_unknown()) {
            (Some(name), _) => arn.text(name),
            (None, Some(why)) => arn.unknown(why, bucket.partial.as_ref()),
            (None, None) => return,
        }
        let arn = arn.finish(bucket.set);
        fields.entries.insert(Text::new_static("arn"), arn);
        fields.entries.insert(Text::new_static("id"), bucket);
    }
    if kind == "data.aws_iam_policy_document" {
        let document = policy_document(fields);
        let json = Val::new(Kind::Json(Arc::new(document)));
        fields
            .entries
            .insert(Text::new_static("minified_json"), json.clone());
        fields.entries.insert(Text::new_static("json"), json);
    }
}

/// The ARN of an alias under some names, where an argument is one: it stands for the key that only the cloud knows, which
/// everything that takes a key finds by its alias as well.
///
/// Names that begin with `alias/aws/` are those of keys that AWS keeps for the account:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>.
fn by_alias(
    fields: &Fields,
    argument: &str,
    names: &[&'static str],
    surroundings: &Surroundings<'_>,
) -> Vec<(&'static str, String)> {
    let alias = fields.entries.get(argument).and_then(Val::as_str);
    let Some(alias) = alias.filter(|alias| alias.starts_with("alias/")) else {
        return Vec::new();
    };
    let arn = format!(
        "arn:{}:kms:{}:{}:{alias}",
        surroundings.partition(),
        surroundings.region_or_stand_in(),
        surroundings.account_or_stand_in()
    );
    names.iter().map(|name| (*name, arn.clone())).collect()
}

/// The name of a prefix list of AWS, which stands for the identifier that only the cloud knows; lists of others cannot be named so:
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateManagedPrefixList.html>.
fn list_of_aws(fields: &Fields) -> Vec<(&'static str, String)> {
    let name = fields.entries.get("name").and_then(Val::as_str);
    let name = name.filter(|name| name.starts_with("com.amazonaws."));
    name.map(|name| ("id", name.to_owned())).into_iter().collect()
}

fn policy_document(fields: &Fields) -> Val {
    let mut statements: Vec<Val> = Vec::new();
    for name in ["source_json", "source_policy_documents"] {
        merge_documents(&mut statements, fields.entries.get(name));
    }
    match fields.entries.get("statement").map(|value| (&value.kind, value)) {
        Some((Kind::List(blocks), _)) => {
            for block in blocks.iter() {
                merge(&mut statements, statement(block));
            }
        }
        Some((_, other)) => merge(&mut statements, statement(other)),
        None => {}
    }
    for name in ["override_json", "override_policy_documents"] {
        merge_documents(&mut statements, fields.entries.get(name));
    }
    let mut document = Entries::new();
    let version = fields.entries.get("version").filter(|version| !version.is_null());
    document.insert(
        Text::new_static("Version"),
        version.cloned().unwrap_or_else(|| Val::string(POLICY_VERSION)),
    );
    if let Some(id) = fields.entries.get("policy_id").filter(|id| !id.is_null()) {
        document.insert(Text::new_static("Id"), id.clone());
    }
    document.insert(Text::new_static("Statement"), Val::list(statements));
    Val::map(document)
}

/// Adds a statement; one with the same `Sid` is replaced.
fn merge(statements: &mut Vec<Val>, statement: Val) {
    let sid = statement
        .get("Sid")
        .and_then(Val::as_str)
        .filter(|sid| !sid.is_empty());
    let known = sid.and_then(|sid| {
        statements
            .iter_mut()
            .find(|known| known.get("Sid").and_then(Val::as_str) == Some(sid))
    });
    match known {
        Some(known) => *known = statement,
        None => statements.push(statement),
    }
}

/// Adds the statements of documents that are given as JSON.
fn merge_documents(statements: &mut Vec<Val>, documents: Option<&Val>) {
    let Some(documents) = documents else { return };
    match &documents.kind {
        Kind::Null => {}
        Kind::List(items) => {
            for item in items.iter() {
                merge_documents(statements, Some(item));
            }
        }
        Kind::Json(document) => match document.get("Statement").map(|found| (&found.kind, found)) {
            Some((Kind::List(items), _)) => {
                for item in items.iter() {
                    merge(statements, item.clone());
                }
            }
            Some((_, single)) => merge(statements, single.clone()),
            None => {}
        },
        Kind::String(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => {
                let document = from_json(&json, documents);
                let json = Val {
                    kind: Kind::Json(Arc::new(document)),
                    ..documents.clone()
                };
                merge_documents(statements, Some(&json));
            }
            Err(_) if text.trim().is_empty() => {}
            Err(_) => statements.push(Val::placed(
                Kind::Unknown(Text::new_static(
                    "a policy document that is merged here is no valid JSON",
                )),
                documents.set,
            )),
        },
        Kind::Unknown(_) => statements.push(documents.clone()),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Map(_) => {}
    }
}

/// A JSON value whose parts all stand where the text does.
pub(crate) fn from_json(json: &serde_json::Value, text: &Val) -> Val {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => Kind::Null,
        Json::Bool(bool) => Kind::Bool(*bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Kind::Int(int),
            None => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(value) => Kind::String(Text::from(value.as_str())),
        Json::Array(items) => Kind::List(Arc::new(items.iter().map(|item| from_json(item, text)).collect())),
        Json::Object(entries) => Kind::Map(Arc::new(Fields {
            entries: entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), from_json(value, text)))
                .collect(),
            rest: None,
        })),
    };
    Val {
        kind,
        set: text.set,
        at: text.at,
        partial: None,
    }
}

/// A statement as policies write it, from a `statement` block.
fn statement(block: &Val) -> Val {
    let Some(fields) = block.as_map() else {
        return block.clone();
    };
    let mut statement = Entries::new();
    let copied = [
        ("sid", "Sid"),
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ];
    for (from, to) in copied {
        if let Some(value) = fields
            .entries
            .get(from)
            .filter(|value| !value.is_null() && !is_empty(value))
        {
            statement.insert(Text::new_static(to), single(value));
        }
    }
    let effect = fields.entries.get("effect").filter(|effect| !effect.is_null());
    statement.insert(
        Text::new_static("Effect"),
        effect.cloned().unwrap_or_else(|| Val::string("Allow")),
    );
    for (from, to) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(blocks) = fields.entries.get(from) {
            statement.insert(Text::new_static(to), principals(blocks));
        }
    }
    if let Some(conditions) = fields.entries.get("condition") {
        statement.insert(Text::new_static("Condition"), conditions_of(conditions));
    }
    Val {
        kind: Kind::Map(Arc::new(Fields {
            entries: statement,
            rest: fields.rest.clone(),
        })),
        ..block.clone()
    }
}

fn is_empty(value: &Val) -> bool {
    match &value.kind {
        Kind::String(text) => text.is_empty(),
        Kind::List(items) => items.is_empty(),
        _ => false,
    }
}

/// A list of one as its element.
fn single(value: &Val) -> Val {
    match value.as_list() {
        Some([only]) => only.clone(),
        _ => value.clone(),
    }
}

fn blocks(value: &Val) -> &[Val] {
    value.as_list().unwrap_or(std::slice::from_ref(value))
}

fn principals(value: &Val) -> Val {
    let mut by_type: Entries = Entries::new();
    let mut rest = None;
    for block in blocks(value) {
        if let Some(why) = block.why_unknown() {
            rest = Some(why.clone());
            continue;
        }
        let identifiers = block.get("identifiers").cloned().unwrap_or_else(Val::null);
        match block.get("type").and_then(Val::as_str) {
            // Everybody, with or without an account.
            Some("*") => return Val::placed(Kind::String(Text::new_static("*")), block.set),
            Some(kind) => {
                let entry = by_type.entry(Text::from(kind)).or_insert_with(|| Val {
                    kind: Kind::List(Arc::default()),
                    ..identifiers.clone()
                });
                match (&mut entry.kind, identifiers.kind) {
                    (Kind::List(known), Kind::List(more)) => {
                        Arc::make_mut(known).extend(more.iter().cloned())
                    }
                    (Kind::List(known), other) => Arc::make_mut(known).push(Val {
                        kind: other,
                        set: identifiers.set,
                        at: identifiers.at,
                        partial: identifiers.partial,
                    }),
                    (_, _) => {}
                }
            }
            None => rest = Some(Text::new_static("the type of a principal is not known")),
        }
    }
    let entries = by_type.into_iter().map(|(kind, value)| (kind, single(&value)));
    Val::placed(
        Kind::Map(Arc::new(Fields {
            entries: entries.collect(),
            rest,
        })),
        value.set,
    )
}

fn conditions_of(value: &Val) -> Val {
    let mut tests: BTreeMap<Text, Entries> = BTreeMap::new();
    for block in blocks(value) {
        let field = |name: &str| block.get(name).and_then(Val::as_str);
        let (Some(test), Some(variable)) = (field("test"), field("variable")) else {
            // A condition that is not known: the statement may hold or not.
            let why = block
                .why_partly_unknown()
                .cloned()
                .unwrap_or_else(|| Text::new_static("a condition is not complete"));
            return Val::placed(Kind::Unknown(why), block.set);
        };
        let values = block.get("values").cloned().unwrap_or_else(Val::null);
        tests
            .entry(Text::from(test))
            .or_default()
            .insert(Text::from(variable), single(&values));
    }
    let tests = tests
        .into_iter()
        .map(|(test, variables)| (test, Val::map(variables)));
    Val::placed(
        Kind::Map(Arc::new(Fields {
            entries: tests.collect(),
            rest: None,
        })),
        value.set,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_aws_go_by_their_names_and_others_do_not() {
        let surroundings = Surroundings {
            kind: "data.aws_ec2_managed_prefix_list",
            address: "data.aws_ec2_managed_prefix_list.l",
            region: None,
            account: None,
        };
        let cloudfront = "com.amazonaws.global.cloudfront.origin-facing";
        for (name, expected) in [
            (Val::string(cloudfront), Some(cloudfront)),
            (Val::string("offices"), None),
            (Val::unknown("not known"), None),
        ] {
            let mut fields = Fields::default();
            fields.entries.insert(Text::new_static("name"), name);
            compute(surroundings.kind, &mut fields, &surroundings);
            assert_eq!(fields.entries.get("id").and_then(Val::as_str), expected);
        }
    }
}
