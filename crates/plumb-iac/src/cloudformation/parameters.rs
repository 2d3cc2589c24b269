//! Parameters of a template, and the ones that CloudFormation sets itself.

use plumb_model::value::Text;

use super::scalar;
use super::tree::{Entry, Node};
use super::work::Work;
use super::{Certainty, Context, STAND_IN_ACCOUNT, STAND_IN_REGION};
use crate::val::{Kind, Val};

/// A parameter with its value.
#[derive(Clone)]
pub(super) struct Parameter {
    /// Its value, in which stand-ins do.
    pub(super) value: Val,
    /// Its value where certainty counts.
    pub(super) certain: Val,
}

impl Parameter {
    /// A declared parameter and what is given for it.
    pub(super) fn new(declared: &Entry, given: Option<&Self>, work: &Work<'_>) -> Self {
        if is_secret(&declared.value) {
            let allowed = declared.value.get("AllowedValues").and_then(Node::items);
            let written = allowed.unwrap_or_default().iter();
            for node in written.chain(declared.value.get("Default")) {
                if node.text().is_some_and(|text| !text.is_empty()) {
                    work.hide(node.place);
                }
            }
        }
        Self {
            value: value(declared, given.map(|given| &given.value), work),
            certain: value(declared, given.map(|given| &given.certain), work),
        }
    }
}

/// The value of a declared parameter: what is given, else its default, else its only allowed value.
fn value(declared: &Entry, given: Option<&Val>, work: &Work<'_>) -> Val {
    let (name, body) = (&declared.key, &declared.value);
    let kind = body.get_text("Type").unwrap_or("String");
    let only_allowed = match body.get("AllowedValues").and_then(Node::items) {
        Some([only]) => Some(only),
        Some(_) | None => None,
    };
    let written = |node: &Node| match node.text() {
        Some(text) => Val::placed(Kind::String(text.clone()), Some(node.place)),
        None => Val::placed(
            Kind::Unknown(format!("default of parameter `{name}` is no text").into()),
            Some(node.place),
        ),
    };
    let value = match (given, body.get("Default"), only_allowed) {
        (Some(given), _, _) => given.clone(),
        (None, Some(written_node), _) | (None, None, Some(written_node)) => written(written_node),
        (None, None, None) => return Val::unknown(format!("parameter `{name}` has no default")),
    };
    let value = match is_secret(body) {
        true => work.secret(value, || format!("parameter `{name}` is secret (`NoEcho`)")),
        false => value,
    };
    if kind.starts_with("AWS::SSM::Parameter::") && kind.contains("Value<") {
        return Val::unknown(format!("parameter `{name}` is read from the parameter store"));
    }
    typed(value, kind)
}

/// Whether a name is one of CloudFormation's own parameters, whatever its value.
pub(super) fn is_pseudo(name: &str) -> bool {
    name.starts_with("AWS::")
}

/// The value of one of CloudFormation's own parameters.
///
/// Region and account are stand-ins where nobody told them, so that references join; where certainty counts, they are unknown.
pub(super) fn pseudo(name: &str, stack: &str, context: &Context<'_>, certainty: Certainty) -> Val {
    let told = |value: Option<&Text>, stand_in: &str| match (value, certainty) {
        (Some(value), _) => Val::string(value.clone()),
        (None, Certainty::StandIn) => Val::string(stand_in),
        (None, Certainty::Required) => Val::unknown(format!("`{name}` is not told")),
    };
    let partition = context.region.as_deref().map(partition);
    let suffix = partition.as_deref().map(|partition| match partition {
        "aws-cn" => Text::from("amazonaws.com.cn"),
        _ => Text::from("amazonaws.com"),
    });
    match name {
        "AWS::Region" => told(context.region.as_ref(), STAND_IN_REGION),
        "AWS::AccountId" => told(context.account.as_ref(), STAND_IN_ACCOUNT),
        "AWS::Partition" => told(partition.as_ref(), "aws"),
        "AWS::URLSuffix" => told(suffix.as_ref(), "amazonaws.com"),
        "AWS::StackName" => told(None, stack),
        "AWS::NoValue" => Val::null(),
        _ => Val::unknown(format!("`{name}` is known only after deployment")),
    }
}

/// The partition that a region lies in.
pub(super) fn partition(region: &str) -> Text {
    let partition = match region.split('-').next() {
        Some("cn") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    };
    partition.into()
}

fn is_secret(body: &Node) -> bool {
    body.get_text("NoEcho")
        .is_some_and(|text| matches!(scalar::kind(text), Kind::Bool(true)))
}

fn typed(value: Val, kind: &str) -> Val {
    let Some(text) = value.as_str().map(str::to_owned) else {
        return value;
    };
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = text
            .split(',')
            .map(|item| Val::placed(Kind::String(item.trim().into()), value.set));
        let items = if text.is_empty() {
            Vec::new()
        } else {
            items.collect()
        };
        return Val {
            kind: Val::list(items).kind,
            ..value
        };
    }
    match scalar::number(text.trim()).filter(|_| kind == "Number") {
        Some(number) => Val {
            kind: number,
            ..value
        },
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn regions_lie_in_partitions() {
        let cases = [
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
        ];
        for (region, expected) in cases {
            assert_eq!(partition(region), expected, "{region}");
        }
    }
}
