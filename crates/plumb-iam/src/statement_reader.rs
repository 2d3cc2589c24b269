//! Reads statements out of a policy document; what is malformed becomes an unread statement.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::borrow::Cow;

use plumb_model::value::{Map, Text, Value};

use crate::condition::Test;
use crate::document::{
    Actions, Effect, Listing, MAX_BYTES, MAX_ELEMENTS, MAX_STATEMENTS, Principals, Resources, Statement,
    UnreadStatement,
};
use crate::glob::{Glob, Style};
use crate::operator::{Operand, Operator};
use crate::pattern::{MAX_PATTERN, Pattern, Variables};
use crate::principal_pattern::PrincipalPattern;

/// What was read of a document.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) statements: Vec<Statement>,
    pub(crate) unread: Vec<UnreadStatement>,
    pub(crate) problems: Vec<Text>,
}

/// A document of which nothing is read.
pub(crate) fn too_large(actual: usize) -> Read {
    let mut read = Read::default();
    let why = format!("the document has {actual} bytes, and one of more than {MAX_BYTES} is not read");
    read.push_unread(whole(why.into()));
    read
}

fn whole(why: Text) -> UnreadStatement {
    UnreadStatement {
        index: None,
        effect: None,
        actions: None,
        why,
    }
}

pub(crate) fn read(document: &Value) -> Read {
    let mut read = Read::default();
    let map = match document {
        Value::Null => return read,
        Value::Map(map) => map,
        other => {
            read.push_unread(whole(not_read("the document", other)));
            return read;
        }
    };
    let written = match element(map, "Statement") {
        Value::List(list) => list.as_slice(),
        single @ Value::Map(_) => std::slice::from_ref(single),
        other => {
            read.push_unread(whole(not_read("`Statement`", other)));
            return read;
        }
    };
    let variables = match element(map, "Version").as_str() {
        Some("2012-10-17") => Variables::Recognised,
        _ => Variables::Literal,
    };
    let mut reader = Reader {
        variables,
        elements_left: MAX_ELEMENTS,
    };
    for (index, statement) in written.iter().take(MAX_STATEMENTS).enumerate() {
        match reader.statement(index, statement) {
            Ok(statement) => read.statements.push(statement),
            Err(unread) => read.push_unread(*unread),
        }
    }
    if written.len() > MAX_STATEMENTS {
        let actual = written.len();
        read.push_unread(whole(
            format!("the document has {actual} statements, and only the first {MAX_STATEMENTS} are read")
                .into(),
        ));
    }
    read
}

impl Read {
    fn push_unread(&mut self, unread: UnreadStatement) {
        self.problems.push(match unread.index {
            Some(index) => format!("statement {index}: {}", unread.why).into(),
            None => unread.why.clone(),
        });
        self.unread.push(unread);
    }
}

struct Reader {
    variables: Variables,
    elements_left: usize,
}

impl Reader {
    fn statement(&mut self, index: usize, value: &Value) -> Result<Statement, Box<UnreadStatement>> {
        let mut unread = UnreadStatement {
            index: Some(index),
            effect: None,
            actions: None,
            why: Text::default(),
        };
        let read = self.fill(index, value, &mut unread);
        read.map_err(|why| {
            unread.why = why;
            Box::new(unread)
        })
    }

    /// Reads the elements in the order in which they narrow what an unread statement may do.
    fn fill(&mut self, index: usize, value: &Value, unread: &mut UnreadStatement) -> Result<Statement, Text> {
        let map = value.as_map().ok_or_else(|| not_read("the statement", value))?;
        let effect = match element(map, "Effect") {
            Value::String(text) if text == "Allow" => Effect::Allow,
            Value::String(text) if text == "Deny" => Effect::Deny,
            other => return Err(not_read("`Effect`", other)),
        };
        unread.effect = Some(effect);
        let actions = self.actions(map)?;
        unread.actions = Some(actions.clone());
        let resources = self.resources(map)?;
        let principals = self.principals(map)?;
        let tests = self.tests(element(map, "Condition"))?;
        let sid = element(map, "Sid").as_str().filter(|sid| !sid.is_empty());
        Ok(Statement {
            index,
            sid: sid.map(Text::from),
            effect,
            actions,
            resources,
            principals,
            tests,
        })
    }

    fn actions(&mut self, map: &Map) -> Result<Actions, Text> {
        let (listing, texts) = self
            .one_of(map, "Action", "NotAction")?
            .ok_or("neither `Action` nor `NotAction` is given")?;
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            if text.chars().count() > MAX_PATTERN {
                return Err(too_long("`Action`"));
            }
            patterns.push(Glob::new(&text, Style::Action));
        }
        Ok(Actions { listing, patterns })
    }

    fn resources(&mut self, map: &Map) -> Result<Option<Resources>, Text> {
        let Some((listing, texts)) = self.one_of(map, "Resource", "NotResource")? else {
            return Ok(None);
        };
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            let pattern = Pattern::new(&whole_arn(&text), Style::Resource, self.variables);
            patterns.push(pattern.map_err(|_| too_long("`Resource`"))?);
        }
        Ok(Some(Resources { listing, patterns }))
    }

    fn principals(&mut self, map: &Map) -> Result<Option<Principals>, Text> {
        let (listing, name, value) = match (element(map, "Principal"), element(map, "NotPrincipal")) {
            (Value::Null, Value::Null) => return Ok(None),
            (value, Value::Null) => (Listing::Only, "`Principal`", value),
            (Value::Null, value) => (Listing::AllBut, "`NotPrincipal`", value),
            (_, _) => return Err("both `Principal` and `NotPrincipal` are given".into()),
        };
        let mut patterns = Vec::new();
        match value {
            Value::String(text) if text == "*" => patterns.push(PrincipalPattern::Everyone),
            Value::Map(kinds) => {
                for (kind, ids) in kinds.iter() {
                    for id in self.texts(name, ids)? {
                        let pattern = PrincipalPattern::read(kind, &id);
                        patterns
                            .push(pattern.ok_or_else(|| {
                                Text::from(format!("{name} has the unknown kind `{kind}`"))
                            })?);
                    }
                }
            }
            other => return Err(not_read(name, other)),
        }
        Ok(Some(Principals::new(listing, patterns)))
    }

    fn tests(&mut self, condition: &Value) -> Result<Vec<Test>, Text> {
        let operators = match condition {
            Value::Null => return Ok(Vec::new()),
            Value::Map(operators) => operators,
            other => return Err(not_read("`Condition`", other)),
        };
        let mut tests = Vec::new();
        for (name, keys) in operators.iter() {
            let operator = Operator::read(name).ok_or_else(|| format!("the operator `{name}` is unknown"))?;
            let keys = keys.as_map().ok_or_else(|| not_read("`Condition`", keys))?;
            for (key, values) in keys.iter() {
                let values = self.texts("`Condition`", values)?;
                let operands = values
                    .iter()
                    .map(|value| Operand::read(operator.comparison, value, self.variables))
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| too_long("`Condition`"))?;
                tests.push(Test {
                    operator,
                    key: key.to_ascii_lowercase().into(),
                    operands,
                    values,
                    written: (name.clone(), key.clone()),
                });
            }
        }
        Ok(tests)
    }

    /// The element or its opposite; both at once is an error, neither is `None`.
    fn one_of(
        &mut self,
        map: &Map,
        name: &str,
        opposite: &str,
    ) -> Result<Option<(Listing, Vec<Text>)>, Text> {
        let (listing, name, value) = match (element(map, name), element(map, opposite)) {
            (Value::Null, Value::Null) => return Ok(None),
            (value, Value::Null) => (Listing::Only, name, value),
            (Value::Null, value) => (Listing::AllBut, opposite, value),
            (_, _) => return Err(format!("both `{name}` and `{opposite}` are given").into()),
        };
        Ok(Some((listing, self.texts(&format!("`{name}`"), value)?)))
    }

    /// One text or a list of texts; numbers and truth values are written out.
    fn texts(&mut self, name: &str, value: &Value) -> Result<Vec<Text>, Text> {
        let values = match value {
            Value::List(list) => list.as_slice(),
            single => std::slice::from_ref(single),
        };
        self.elements_left = self
            .elements_left
            .checked_sub(values.len())
            .ok_or_else(|| format!("the document has more than {MAX_ELEMENTS} elements"))?;
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(value.to_string().into()),
            other @ (Value::Null | Value::List(_) | Value::Map(_) | Value::Unreadable(_)) => {
                Err(not_read(name, other))
            }
        };
        values.iter().map(text).collect()
    }
}

/// An element; the names of elements are not case-sensitive.
fn element<'a>(map: &'a Map, name: &str) -> &'a Value {
    map.get(name)
        .or_else(|| {
            map.iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
        .unwrap_or(&Value::Null)
}

fn not_read(name: &str, value: &Value) -> Text {
    match value {
        Value::Unreadable(unreadable) => format!("{name} could not be read: {unreadable}").into(),
        Value::Null => format!("{name} is missing").into(),
        other => format!(
            "{name} is malformed: {} where something else is expected",
            other.kind()
        )
        .into(),
    }
}

fn too_long(name: &str) -> Text {
    format!("{name} has a text of more than {MAX_PATTERN} characters").into()
}

/// The policy of an API may leave out what comes before the path, which is then of the API itself:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>.
fn whole_arn(resource: &str) -> Cow<'_, str> {
    match resource.strip_prefix("execute-api:/") {
        Some(path) => Cow::Owned(format!("arn:*:execute-api:*:*:*/{path}")),
        None => Cow::Borrowed(resource),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::PolicyDocument;

    fn parse(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn single_elements_and_lists_are_the_same() {
        let single = r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Principal":"*"}}"#;
        let list = r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":["*"],"Principal":{"AWS":["*"]}}]}"#;
        let (single, list) = (
            PolicyDocument::read(&parse(single)),
            PolicyDocument::read(&parse(list)),
        );
        assert!(single.problems.is_empty());
        assert_eq!(single.value.statements(), list.value.statements());
    }

    #[test]
    fn what_is_malformed_is_kept_as_unread() {
        for (json, problem) in [
            (
                r#"[]"#,
                "the document is malformed: list where something else is expected",
            ),
            (r#"{}"#, "`Statement` is missing"),
            (
                r#"{"Statement":[1]}"#,
                "statement 0: the statement is malformed: int where something else is expected",
            ),
            (
                r#"{"Statement":{"Effect":"allow"}}"#,
                "statement 0: `Effect` is malformed: string where something else is expected",
            ),
            (
                r#"{"Statement":{"Effect":"Deny"}}"#,
                "statement 0: neither `Action` nor `NotAction` is given",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Action":"*","NotAction":"*"}}"#,
                "statement 0: both `Action` and `NotAction` are given",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Action":"*","Condition":{"Strange":{"a":"b"}}}}"#,
                "statement 0: the operator `Strange` is unknown",
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":{"$unreadable":{"reason":"denied"}}}}"#,
                "statement 0: `Resource` could not be read: access denied",
            ),
            (
                r#"{"$unreadable":{"reason":"throttled"}}"#,
                "the document could not be read: throttled until retries ran out",
            ),
        ] {
            let parsed = PolicyDocument::read(&parse(json));
            assert_eq!(parsed.problems, [problem], "{json}");
            assert_eq!(parsed.value.unread().len(), 1);
        }
    }

    #[test]
    fn an_unread_statement_keeps_what_is_known_of_it() {
        let json = r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Condition":7}}"#;
        let parsed = PolicyDocument::read(&parse(json));
        let unread = &parsed.value.unread()[0];
        assert!(unread.may(Effect::Deny, "s3:getobject"));
        assert!(!unread.may(Effect::Allow, "s3:getobject"));
        assert!(!unread.may(Effect::Deny, "ec2:runinstances"));
    }

    #[test]
    fn budgets_hold() {
        let statement = r#"{"Effect":"Allow","Action":"a:b","Resource":"*"}"#;
        let json = format!(
            r#"{{"Statement":[{}]}}"#,
            vec![statement; MAX_STATEMENTS + 1].join(",")
        );
        let parsed = PolicyDocument::read(&parse(&json));
        assert_eq!(parsed.value.statements().len(), MAX_STATEMENTS);
        assert_eq!(parsed.value.unread().len(), 1);
        let actions = vec![r#""a:b""#; MAX_ELEMENTS + 1].join(",");
        let json = format!(r#"{{"Statement":{{"Effect":"Allow","Action":[{actions}]}}}}"#);
        assert_eq!(PolicyDocument::read(&parse(&json)).value.unread().len(), 1);
    }

    #[test]
    fn a_document_of_absurd_size_is_not_read() {
        let of_size = |size: usize| {
            let json = |filling: &str| {
                format!(
                    r#"{{"Statement":[{{"Action":"s3:*","Effect":"Allow","Resource":"*","Sid":"{filling}"}}]}}"#
                )
            };
            PolicyDocument::read(&parse(&json(&"x".repeat(size - json("").len()))))
        };
        let largest = of_size(MAX_BYTES);
        assert_eq!((largest.value.statements().len(), largest.problems.len()), (1, 0));
        let larger = of_size(MAX_BYTES + 1);
        assert_eq!(larger.value.statements().len(), 0);
        assert_eq!(
            larger.problems,
            ["the document has 262145 bytes, and one of more than 262144 is not read"]
        );
        let unread = &larger.value.unread()[0];
        assert!(unread.may(Effect::Allow, "s3:getobject") && unread.may(Effect::Deny, "s3:getobject"));
    }
}
