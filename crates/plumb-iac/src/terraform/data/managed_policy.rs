//! The data source `aws_iam_policy`, where it asks for a policy that AWS keeps.

use std::sync::Arc;

use plumb_api::managed_policies::{ManagedPolicies, ManagedPolicy};
use plumb_model::value::{Text, Value};

use crate::val::{Fields, Kind, Val};

/// Puts in what AWS tells of the policy; one of the account's own, or one that is not known, stays unknown.
///
/// It asks by `arn`, or by `name` and perhaps `path_prefix`, among the policies of AWS and of the account; several that fit
/// are an error: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy>.
pub(super) fn compute(fields: &mut Fields, partition: &str) {
    let Some((policy, asked)) = asked_for(fields) else {
        return;
    };
    let text = |text: &str| Val::placed(Kind::String(Text::from(text)), asked.set);
    let arn = policy.arn().replacen("arn:aws:", &format!("arn:{partition}:"), 1);
    let mut known = vec![
        ("arn", text(&arn)),
        ("id", text(&arn)),
        ("name", text(&policy.name)),
        ("path", text(&policy.path)),
    ];
    if partition == "aws" {
        let document = val_of(&ManagedPolicies::aws().document(policy), &asked);
        let json = Kind::Json(Arc::new(document));
        known.push(("policy", Val::placed(json, asked.set)));
    }
    for (name, value) in known {
        let entry = fields
            .entries
            .entry(Text::new_static(name))
            .or_insert_with(Val::null);
        if entry.is_null() {
            *entry = value;
        }
    }
}

/// The policy with the argument that tells which it is.
fn asked_for(fields: &Fields) -> Option<(&'static ManagedPolicy, Val)> {
    let written = |name: &str| fields.entries.get(name).filter(|value| !value.is_null());
    let policies = ManagedPolicies::aws();
    if let Some(arn) = written("arn") {
        return Some((policies.of_arn(arn.as_str()?)?, arn.clone()));
    }
    let name = written("name")?;
    let policy = policies.named(name.as_str()?)?;
    let fits = match written("path_prefix") {
        Some(prefix) => policy.path.starts_with(prefix.as_str()?),
        None => true,
    };
    fits.then(|| (policy, name.clone()))
}

/// A value that stands where the argument does.
fn val_of(value: &Value, argument: &Val) -> Val {
    let kind = match value {
        Value::Bool(bool) => Kind::Bool(*bool),
        Value::Int(int) => Kind::Int(*int),
        Value::Float(float) => Kind::Float(*float),
        Value::String(text) => Kind::String(text.clone()),
        Value::List(items) => Kind::List(Arc::new(
            items.iter().map(|item| val_of(item, argument)).collect(),
        )),
        Value::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (key.clone(), val_of(value, argument)));
            return Val {
                set: argument.set,
                ..Val::map(entries.collect())
            };
        }
        Value::Null => Kind::Null,
        Value::Unreadable(why) => Kind::Unknown(Text::from(why.to_string())),
    };
    Val::placed(kind, argument.set)
}

#[cfg(test)]
mod tests {
    use plumb_model::value::Text;

    use super::compute;
    use crate::val::{Fields, Kind, Val};

    fn asked(arguments: &[(&str, &str)], partition: &str) -> Fields {
        let entries = arguments.iter().map(|(name, text)| {
            let value = match *text {
                "?" => Val::unknown("not known"),
                text => Val::string(text),
            };
            (Text::from(*name), value)
        });
        let mut fields = Fields {
            entries: entries.collect(),
            rest: Some("known only after apply".into()),
        };
        compute(&mut fields, partition);
        fields
    }

    #[test]
    fn policies_of_aws_are_known_by_name_and_by_arn() {
        let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
        let cases = [
            (&[("name", "AWSLambdaBasicExecutionRole")][..], Some(basic)),
            (&[("arn", basic)], Some(basic)),
            (
                &[
                    ("name", "AWSLambdaBasicExecutionRole"),
                    ("path_prefix", "/service-role/"),
                ],
                Some(basic),
            ),
            // A policy of the account's own may be meant.
            (
                &[("name", "AWSLambdaBasicExecutionRole"), ("path_prefix", "/team/")],
                None,
            ),
            (
                &[("name", "AWSLambdaBasicExecutionRole"), ("path_prefix", "?")],
                None,
            ),
            (&[("name", "deployer")], None),
            (&[("name", "?")], None),
            (&[], None),
        ];
        for (arguments, expected) in cases {
            let fields = asked(arguments, "aws");
            let arn = fields.entries.get("arn").and_then(Val::as_str);
            assert_eq!(arn, expected, "{arguments:?}");
            let document = fields.entries.get("policy");
            assert_eq!(
                document.is_some_and(|document| matches!(document.kind, Kind::Json(_))),
                expected.is_some(),
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn what_a_policy_of_another_partition_says_stays_unknown() {
        let fields = asked(&[("name", "AdministratorAccess")], "aws-cn");
        let arn = fields.entries.get("arn").and_then(Val::as_str);
        assert_eq!(arn, Some("arn:aws-cn:iam::aws:policy/AdministratorAccess"));
        assert!(!fields.entries.contains_key("policy"));
    }
}
