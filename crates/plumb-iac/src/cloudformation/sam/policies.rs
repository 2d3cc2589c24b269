//! SAM's policy templates: named policies with parameters for the resources they are about.

use std::sync::{Arc, LazyLock};

use plumb_model::diagnostic::Source;

use super::macros::Macro;
use crate::cloudformation::parse;
use crate::cloudformation::substitution::{Part, parts};
use crate::cloudformation::tree::{Entry, Node};
use crate::place::{FileId, Place};

/// What the templates allow, by name.
const TEXT: &str = include_str!("policies.yaml");

static TEMPLATES: LazyLock<Option<Node>> = LazyLock::new(|| {
    let source = Source {
        name: "<policy templates>".to_owned(),
        text: TEXT.to_owned(),
    };
    parse::parse(FileId(u32::MAX), &Arc::new(source)).0
});

/// The document of a policy template; `call` is its name with its parameters. Unknown, and told, when there is no such template.
pub(super) fn document(source: &Macro<'_, '_, '_>, call: &Entry) -> Node {
    let place = call.place();
    let Some(statements) = TEMPLATES
        .as_ref()
        .and_then(|all| all.get(&call.key))
        .and_then(Node::items)
    else {
        let message = format!("policy template `{}` is not known", call.key);
        source.instance.work.error(
            call.key_place,
            message.clone(),
            "what it allows is taken as unknown",
        );
        return Node::unknown(place, message);
    };
    let statements = statements
        .iter()
        .map(|statement| written(statement, &call.value, place));
    // SAM writes no version, so policy variables are not replaced.
    Node::object(place, [("Statement", Node::list_at(place, statements.collect()))])
}

/// A statement of a template for the place where it is used.
fn written(statement: &Node, parameters: &Node, place: Place) -> Node {
    let list = |name: &str, of: &dyn Fn(&str) -> Node| {
        let texts = statement.get(name).and_then(Node::items).unwrap_or_default();
        let texts = texts.iter().filter_map(Node::text);
        Node::list_at(place, texts.map(|text| of(text)).collect())
    };
    let mut entries = vec![
        Entry::made(place, "Effect", Node::text_at(place, "Allow")),
        Entry::made(
            place,
            "Action",
            list("actions", &|action| Node::text_at(place, action)),
        ),
        Entry::made(
            place,
            "Resource",
            list("resources", &|text| filled(text, parameters, place)),
        ),
    ];
    if let Some([only]) = statement.get("equals").and_then(Node::entries) {
        let value = filled(only.value.text().map_or("", |text| text), parameters, place);
        let equals = Node::map_at(place, vec![Entry::made(place, only.key.clone(), value)]);
        entries.push(Entry::made(
            place,
            "Condition",
            Node::object(place, [("StringEquals", equals)]),
        ));
    }
    Node::map_at(place, entries)
}

/// A text with the parameters that it names. `here:sqs:x` is short for an ARN in the own account and region, `global:s3:x`
/// for one without either.
fn filled(text: &str, parameters: &Node, place: Place) -> Node {
    let long = match text.split_once(':') {
        Some(("here", rest)) => rest.split_once(':').map(|(service, resource)| {
            format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
        }),
        Some(("global", rest)) => rest
            .split_once(':')
            .map(|(service, resource)| format!("arn:${{AWS::Partition}}:{service}:::{resource}")),
        Some(_) | None => None,
    };
    let long = long.unwrap_or_else(|| text.to_owned());
    let mut variables = Vec::new();
    for part in parts(&long) {
        let name = match part {
            Part::Name(name) if !name.contains("::") => name,
            Part::Name(_) | Part::Literal(_) | Part::Escaped(_) => continue,
        };
        let value = parameters.get(name).cloned();
        let value =
            value.unwrap_or_else(|| Node::unknown(place, format!("policy template lacks its `{name}`")));
        variables.push(Entry::made(place, name, value));
    }
    let argument = vec![Node::text_at(place, long), Node::map_at(place, variables)];
    Node::call_at(place, "Fn::Sub", Node::list_at(place, argument))
}

#[cfg(test)]
mod tests {
    use super::TEMPLATES;
    use crate::cloudformation::tree::Node;

    #[test]
    fn every_policy_template_has_actions_and_resources() {
        let all = TEMPLATES.as_ref().and_then(Node::entries).expect("a map");
        assert_eq!(all.len(), 81);
        for template in all {
            let statements = template.value.items().expect("a list of statements");
            assert!(!statements.is_empty(), "{}", template.key);
            for statement in statements {
                let count = |name: &str| statement.get(name).and_then(Node::items).map_or(0, <[Node]>::len);
                assert!(count("actions") > 0 && count("resources") > 0, "{}", template.key);
                for entry in statement.entries().expect("a map") {
                    assert!(
                        ["actions", "resources", "equals"].contains(&entry.key.as_str()),
                        "{}",
                        entry.key
                    );
                }
            }
        }
    }
}
