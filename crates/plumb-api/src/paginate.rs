//! `Paginator`: how the next page of an answer is asked for.

use plumb_model::value::{Map, Text, Value};

use crate::format::Fields;
use crate::model::{ReadOperation, ServiceModel};
use crate::names::snake_case;

/// Which members of an answer go into which members of the next request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paginator {
    tokens: Vec<(Text, Expression)>,
    more_results: Option<Expression>,
    limit_key: Option<Text>,
    result_keys: Vec<Text>,
}

/// What follows an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// It was the last page.
    Done,
    /// Another page, with the parameters that ask for it.
    Page(Value),
    /// The answer carries the token that asked for it: going on would never end, and something was not read.
    RepeatedToken,
}

impl Paginator {
    /// The parameter that limits the size of a page, for example `MaxResults`.
    pub fn limit_key(&self) -> Option<&Text> {
        self.limit_key.as_ref()
    }

    /// The paths of the members that pages add up, in the API's spelling; empty where the model does not tell.
    pub fn result_keys(&self) -> &[Text] {
        &self.result_keys
    }

    pub(crate) fn read(fields: &mut Fields<'_>, model: &ServiceModel) -> Option<Self> {
        let text = |at: u32| model.text(at).map(Text::from);
        let tokens = (0..fields.size()?)
            .map(|_| {
                Some((
                    text(fields.varint()?)?,
                    Expression::parse(&text(fields.varint()?)?)?,
                ))
            })
            .collect::<Option<_>>()?;
        let more_results = match fields.option()? {
            Some(at) => Some(Expression::parse(&text(at)?)?),
            None => None,
        };
        let limit_key = fields.option()?.and_then(text);
        let result_keys = (0..fields.size()?)
            .map(|_| text(fields.varint()?))
            .collect::<Option<_>>()?;
        Some(Self {
            tokens,
            more_results,
            limit_key,
            result_keys,
        })
    }
}

/// What follows the decoded answer `output` of a request with the parameters `input` (a map in the API's spelling).
pub fn next_input(operation: &ReadOperation, input: &Value, output: &Value) -> Next {
    let Some(paginator) = operation.paginator() else {
        return Next::Done;
    };
    if let Some(more_results) = &paginator.more_results
        && more_results.evaluate(output) != Some(&Value::Bool(true))
    {
        return Next::Done;
    }
    let mut parameters = input.as_map().cloned().unwrap_or_else(Map::new);
    let mut has_token = false;
    let mut is_repeated = true;
    for (name, expression) in &paginator.tokens {
        match expression.evaluate(output).filter(|token| !is_empty(token)) {
            Some(token) => {
                has_token = true;
                is_repeated &= parameters.insert(name.clone(), token.clone()).as_ref() == Some(token);
            }
            None => is_repeated &= parameters.remove(name).is_none(),
        }
    }
    match (has_token, is_repeated) {
        // An answer that says there is more but gives no token cannot be continued.
        (false, _) if paginator.more_results.is_some() => Next::RepeatedToken,
        (false, _) => Next::Done,
        (true, true) => Next::RepeatedToken,
        (true, false) => Next::Page(Value::Map(parameters)),
    }
}

/// Paths, of which the first with a value counts: `NextMarker || Contents[-1].Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expression {
    alternatives: Vec<Vec<Step>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A member, in snake_case.
    Member(Text),
    /// The last element of a list.
    Last,
}

impl Expression {
    fn parse(text: &str) -> Option<Self> {
        let alternatives = text.split("||").map(parse_path).collect::<Option<_>>()?;
        Some(Self { alternatives })
    }

    fn evaluate<'a>(&self, output: &'a Value) -> Option<&'a Value> {
        let follow = |path: &Vec<Step>| {
            path.iter().try_fold(output, |value, step| match step {
                Step::Member(name) => value.get(name),
                Step::Last => value.as_list().and_then(<[Value]>::last),
            })
        };
        self.alternatives
            .iter()
            .filter_map(follow)
            .find(|value| !is_empty(value))
    }
}

fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for segment in text.trim().split('.') {
        let (name, is_last) = match segment.strip_suffix("[-1]") {
            Some(name) => (name, true),
            None => (segment, false),
        };
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return None;
        }
        steps.push(Step::Member(snake_case(name).into()));
        if is_last {
            steps.push(Step::Last);
        }
    }
    Some(steps)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
