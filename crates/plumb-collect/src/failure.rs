//! `Failure`: why a call gave no answer, or an error for an answer.

use plumb_api::service_error::ServiceError;
use plumb_model::value::{Reason, Text, Unreadable};

use crate::caller::Request;

/// The longest error text that is kept, in characters.
const MAX_DETAIL: usize = 300;

/// A call that gave no answer, or an error for an answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: Text,
    pub(crate) message: Text,
    pub(crate) unreadable: Unreadable,
}

impl Failure {
    pub(crate) fn new(request: &Request<'_>, reason: Reason, code: &str, message: &str) -> Self {
        let call = Text::from(format!("{}:{}", request.service, request.operation));
        let action = match reason {
            Reason::Denied => named_action(message).or_else(|| match request.actions {
                [] => None,
                actions => Some(Text::from(actions.join("` and `"))),
            }),
            Reason::Throttled
            | Reason::Unsupported
            | Reason::Failed
            | Reason::Cancelled
            | Reason::DeadlineExceeded
            | Reason::NotCollected
            | Reason::OutOfScope
            | Reason::NotInCode
            | Reason::KnownAfterApply
            | Reason::KnownAfterDeployment
            | Reason::NotUnderstood => None,
        };
        let detail = readable(&match (code.is_empty(), message.is_empty()) {
            (true, _) => message.to_owned(),
            (false, true) => code.to_owned(),
            (false, false) => format!("{code}: {message}"),
        });
        Self {
            code: Text::from(code),
            message: Text::from(message),
            unreadable: Unreadable {
                call: Some(call),
                action,
                detail,
                ..Unreadable::new(reason)
            },
        }
    }
}

/// What an error of a service means for what was asked.
pub(crate) fn reason_of(error: &ServiceError) -> Reason {
    if error.is_throttle() {
        Reason::Throttled
    } else if error.is_denied() {
        Reason::Denied
    } else if error.is_not_supported() {
        Reason::Unsupported
    } else {
        Reason::Failed
    }
}

/// The action that a refusal names itself: "… is not authorized to perform: s3:GetBucketPolicy on …".
fn named_action(message: &str) -> Option<Text> {
    let (_, rest) = message
        .split_once("authorized to perform: ")
        .or_else(|| message.split_once("authorized to perform "))?;
    let action = rest
        .split_whitespace()
        .next()?
        .trim_matches(|c: char| c == '"' || c == '\'' || c == ',' || c == '.');
    let (prefix, name) = action.split_once(':')?;
    let well_formed = !prefix.is_empty()
        && !name.is_empty()
        && prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    well_formed.then(|| Text::from(action))
}

/// Error texts on one line, without control characters and not too long.
fn readable(text: &str) -> Text {
    let mut kept: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_DETAIL)
        .collect();
    if text.chars().nth(MAX_DETAIL).is_some() {
        kept.push('…');
    }
    Text::from(kept.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_action_itself() {
        let cases = [
            (
                "User: arn:aws:iam::1:user/x is not authorized to perform: s3:GetBucketPolicy on resource: y",
                Some("s3:GetBucketPolicy"),
            ),
            ("You are not authorized to perform this operation.", None),
            ("not authorized to perform: <script>:x", None),
            ("Access Denied", None),
        ];
        for (message, expected) in cases {
            assert_eq!(named_action(message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn error_texts_are_cut_and_lose_control_characters() {
        assert_eq!(readable("a\u{1b}[31mb\nc"), "a [31mb c");
        assert_eq!(readable(&"x".repeat(1000)).chars().count(), MAX_DETAIL + 1);
    }
}
