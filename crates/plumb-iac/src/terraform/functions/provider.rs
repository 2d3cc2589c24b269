//! Functions of providers that are pure: those of ARNs.
//!
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/functions/arn_parse>

use plumb_model::value::Text;

use super::arguments::{Arguments, Function, Take, wrong};
use super::text::about;
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("provider::aws::arn_build", 5, arn_build),
    Function::new("provider::aws::arn_parse", 1, arn_parse),
    Function::new("provider::aws::trim_iam_role_path", 1, trim_role_path),
];

fn arn_build(arguments: &Arguments<'_>) -> Take<Val> {
    let parts = (0..5).map(|at| arguments.text(at)).collect::<Take<Vec<Text>>>()?;
    Ok(Val::string(format!("arn:{}", parts.join(":"))))
}

fn arn_parse(arguments: &Arguments<'_>) -> Take<Val> {
    let arn = arguments.text(0)?;
    let names = ["partition", "service", "region", "account_id", "resource"];
    let parts = split(&arn)?;
    Ok(Val::map(
        names
            .into_iter()
            .zip(parts)
            .map(|(name, part)| (name.into(), Val::string(part)))
            .collect(),
    ))
}

/// The ARN of a role without the path before its name, as services want it that map roles by their names.
fn trim_role_path(arguments: &Arguments<'_>) -> Take<Val> {
    let arn = arguments.text(0)?;
    let [partition, service, region, account, resource] = split(&arn)?;
    let name = resource
        .strip_prefix("role/")
        .filter(|_| service == "iam" && region.is_empty())
        .and_then(|path| path.rsplit('/').next())
        .ok_or_else(|| about(&arn, "is not the ARN of a role"))?;
    Ok(Val::string(format!(
        "arn:{partition}:{service}:{region}:{account}:role/{name}"
    )))
}

fn split(arn: &str) -> Take<[&str; 5]> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || {
        parts
            .next()
            .ok_or_else(|| wrong("an ARN has six parts with colons between them"))
    };
    if next()? != "arn" {
        return Err(about(arn, "is no ARN"));
    }
    Ok([next()?, next()?, next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn arns() {
        check(&[
            (
                "provider::aws::arn_parse",
                r#"["arn:aws:sqs:eu-west-1:123456789012:a:b"]"#,
                r#"{"account_id":"123456789012","partition":"aws","region":"eu-west-1","resource":"a:b","service":"sqs"}"#,
            ),
            ("provider::aws::arn_parse", r#"["arn:aws:sqs"]"#, "!six parts"),
            (
                "provider::aws::arn_parse",
                r#"["a:b:c:d:e:f"]"#,
                "!`a:b:c:d:e:f` is no ARN",
            ),
            (
                "provider::aws::arn_build",
                r#"["aws", "iam", "", 123456789012, "role/x"]"#,
                r#""arn:aws:iam::123456789012:role/x""#,
            ),
            (
                "provider::aws::trim_iam_role_path",
                r#"["arn:aws:iam::123456789012:role/with/path/x"]"#,
                r#""arn:aws:iam::123456789012:role/x""#,
            ),
            (
                "provider::aws::trim_iam_role_path",
                r#"["arn:aws:iam::123456789012:user/x"]"#,
                "!is not the ARN of a role",
            ),
        ]);
    }
}
