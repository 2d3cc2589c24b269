//! IAM actions as knowledge names them: one whole action, never a pattern.

use plumb_model::value::Text;

use crate::node::Node;
use crate::reader::Problems;

/// Reads an action such as `s3:GetObject`; reports what cannot be one.
pub(crate) fn read_action(node: &Node, problems: &mut Problems) -> Option<Text> {
    let text = problems.text(node, "action")?;
    if is_action(&text) {
        return Some(text);
    }
    let help = if text.contains(['*', '?']) {
        "name each action; a pattern would cover actions that nobody has thought of"
    } else {
        "write the prefix of the service, a colon and the action, for example `s3:GetObject`"
    };
    problems.error_with_help(
        node.span.clone(),
        format!("`{text}` is not an IAM action"),
        "expected `service:Action`",
        Some(help.to_owned()),
    );
    None
}

fn is_action(text: &str) -> bool {
    let Some((service, name)) = text.split_once(':') else {
        return false;
    };
    let of_service = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !service.is_empty()
        && service.chars().all(of_service)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::is_action;

    #[test]
    fn actions_have_a_service_and_no_wildcard() {
        for text in [
            "s3:GetObject",
            "rds-db:connect",
            "ec2:RunInstances",
            "s3:GetObjectV2",
        ] {
            assert!(is_action(text), "{text}");
        }
        for text in [
            "",
            ":",
            "GetObject",
            ":GetObject",
            "s3:",
            "s3:*",
            "s3:Get*",
            "*",
            "S3:GetObject",
            "s3:Get Object",
            "s3:Get:Object",
            "s3: GetObject",
        ] {
            assert!(!is_action(text), "{text}");
        }
    }
}
