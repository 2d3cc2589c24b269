//! Grants on KMS keys, which allow beside the key's policy.
//!
//! Facts: <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html> and
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html>.

use std::fmt::Write as _;
use std::sync::Arc;

use plumb_model::value::{Text, Value};

use crate::arn::Arn;
use crate::attribute::{list, text_at};
use crate::policy::{Grant, Origin};
use crate::principal_pattern::PrincipalPattern;

/// Reads the `grants` of a key.
///
/// # Errors
/// When the grants, or some of them, could not be read; says why.
pub fn grants(key: &str, grants: Option<&Value>) -> Result<Vec<Grant>, Text> {
    let Some(grants) = grants else {
        return Err("not collected by the scan".into());
    };
    list(Some(grants))?.iter().map(|grant| read(key, grant)).collect()
}

fn read(key: &str, grant: &Value) -> Result<Grant, Text> {
    let grantee = text_at(grant, "grantee_principal")?;
    let id = text_at(grant, "grant_id").unwrap_or_else(|_| "grant".into());
    let actions = list(grant.get("operations"))?
        .iter()
        .filter_map(Value::as_str)
        .map(|operation| Text::from(format!("kms:{}", operation.to_ascii_lowercase())))
        .collect();
    Ok(Grant {
        origin: Arc::new(Origin {
            holder: key.into(),
            policy: id,
            group: None,
        }),
        grantee: grantee_pattern(&grantee),
        actions,
        condition: condition(grant.get("constraints"))?,
    })
}

fn grantee_pattern(grantee: &str) -> PrincipalPattern {
    let named = PrincipalPattern::read("AWS", grantee);
    match named {
        Some(named) if Arn::account_of(grantee).is_some() => named,
        Some(_) | None => PrincipalPattern::Service(grantee.into()),
    }
}

/// The encryption context that requests must have.
fn condition(constraints: Option<&Value>) -> Result<Option<Text>, Text> {
    let constraints = match constraints {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Map(constraints)) => constraints,
        Some(Value::Unreadable(unreadable)) => return Err(unreadable.to_string().into()),
        Some(other) => return Err(format!("constraints are malformed: {}", other.kind()).into()),
    };
    let mut words = String::new();
    for (name, phrase) in [
        ("encryption_context_equals", "the encryption context is"),
        ("encryption_context_subset", "the encryption context includes"),
    ] {
        if let Some(context) = constraints.get(name).filter(|context| !context.is_null()) {
            let and = if words.is_empty() { "" } else { " and " };
            // Writing into a `String` cannot fail.
            let _ = write!(words, "{and}{phrase} {context}");
        }
    }
    Ok((!words.is_empty()).then(|| words.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_with_their_constraints() {
        let json = r#"[
            {"grant_id":"g1","grantee_principal":"arn:aws:iam::111122223333:role/r","operations":["Decrypt","GenerateDataKey"],
             "constraints":{"encryption_context_subset":{"a":"b"}}},
            {"grant_id":"g2","grantee_principal":"dynamodb.eu-west-1.amazonaws.com","operations":["Decrypt"]}
        ]"#;
        let value: Value = serde_json::from_str(json).unwrap();
        let grants = grants("key", Some(&value)).unwrap();
        assert_eq!(grants[0].actions, ["kms:decrypt", "kms:generatedatakey"]);
        assert_eq!(
            grants[0].condition.as_deref(),
            Some(r#"the encryption context includes {"a":"b"}"#)
        );
        assert_eq!(
            grants[1].grantee,
            PrincipalPattern::Service("dynamodb.eu-west-1.amazonaws.com".into())
        );
    }

    #[test]
    fn unread_grants_are_an_error() {
        let value: Value = serde_json::from_str(r#"{"$unreadable":{"reason":"denied"}}"#).unwrap();
        assert_eq!(grants("key", Some(&value)).unwrap_err(), "access denied");
        assert_eq!(grants("key", Some(&Value::Null)).unwrap(), []);
        assert!(grants("key", None).is_err());
    }
}
