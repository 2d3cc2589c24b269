//! What holds for every rule and every document.

use plumb_expr::{Declarations, Expected, NoInventory, Program, Scope, Truth, Type, parse_check};
use plumb_model::value::{Map, Text, Value};
use proptest::prelude::*;

use crate::oracle::{Term, evaluate, render, truth, unknown, without_reasons};

/// Nothing is known of `resource`.
struct Anything;

impl Declarations for Anything {
    fn variable(&self, name: &str) -> Option<Type> {
        (name == "resource").then_some(Type::Json)
    }

    fn resource_type(&self, _name: &str) -> Option<Type> {
        None
    }

    fn resource_type_names(&self) -> Vec<Text> {
        Vec::new()
    }
}

fn with_scope<T>(resource: &Value, run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let nothing = Value::Null;
    run(&Scope {
        resource,
        account: &nothing,
        params: &nothing,
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
        inventory: &NoInventory,
    })
}

fn compile(term: &Term) -> Program {
    let source = render(term);
    Program::compile(&source, &Anything, Expected::Value)
        .unwrap_or_else(|problems| panic!("{source}: {problems:?}"))
}

const KEYS: [&str; 3] = ["a", "b", "c"];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-2_i64..4).prop_map(Value::Int),
        prop::sample::select(vec![0.0, 1.0, 1.5, -2.0]).prop_map(Value::Float),
        prop::sample::select(vec!["", "a", "b", "ab", "A"]).prop_map(Value::from),
    ]
}

fn nested(leaf: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map(prop::sample::select(KEYS.to_vec()), inner, 0..3).prop_map(|map| {
                Value::Map(map.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

/// A document with unreadable places, always with the keys that terms select.
fn document() -> impl Strategy<Value = Value> {
    let value = || nested(prop_oneof![4 => scalar(), 1 => Just(unknown())]);
    prop::array::uniform3(value())
        .prop_map(|values| Value::Map(KEYS.into_iter().map(Text::from).zip(values).collect::<Map>()))
}

fn term() -> impl Strategy<Value = Term> {
    let variable = prop::sample::select(vec!["x", "y"]);
    let leaf = prop_oneof![
        1 => scalar().prop_map(Term::Literal),
        3 => prop::sample::select(KEYS.to_vec())
            .prop_map(|key| Term::Select(Box::new(Term::Resource), key.to_owned())),
    ];
    // A variable outside its macro would not compile; `bound` replaces it there.
    let leaf = prop_oneof![3 => leaf, 2 => variable.clone().prop_map(|name| Term::Variable(name.to_owned()))];
    leaf.prop_recursive(5, 32, 3, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let several = prop::collection::vec(inner.clone(), 2..4);
        let key = prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned);
        let comparison = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
        let arithmetic = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
        let fold = prop::sample::select(vec!["all", "exists", "exists_one", "filter", "map"]);
        let test = prop::sample::select(vec!["startsWith", "contains"]);
        let change = prop::sample::select(vec!["lower", "flatten", "distinct", "keys"]);
        let call = prop::sample::select(vec!["size", "as_list"]);
        prop_oneof![
            1 => (boxed.clone(), key.clone()).prop_map(|(target, key)| Term::Select(target, key)),
            1 => (boxed.clone(), boxed.clone()).prop_map(|(target, index)| Term::Index(target, index)),
            1 => prop::collection::vec(inner, 0..3).prop_map(Term::List),
            1 => (key, boxed.clone()).prop_map(|(key, value)| Term::Entry(key, value)),
            1 => boxed.clone().prop_map(Term::Not),
            1 => boxed.clone().prop_map(Term::Negate),
            1 => several.clone().prop_map(Term::And),
            1 => several.prop_map(Term::Or),
            1 => (comparison, boxed.clone(), boxed.clone())
                .prop_map(|(operator, left, right)| Term::Compare(operator, left, right)),
            1 => (boxed.clone(), boxed.clone()).prop_map(|(item, collection)| Term::In(item, collection)),
            1 => (arithmetic, boxed.clone(), boxed.clone())
                .prop_map(|(operator, left, right)| Term::Arithmetic(operator, left, right)),
            1 => (boxed.clone(), boxed.clone(), boxed.clone())
                .prop_map(|(condition, yes, no)| Term::Choose(condition, yes, no)),
            1 => (test, boxed.clone(), boxed.clone())
                .prop_map(|(name, target, argument)| Term::Method(name, target, Some(argument))),
            1 => (change, boxed.clone()).prop_map(|(name, target)| Term::Method(name, target, None)),
            1 => (call, boxed.clone()).prop_map(|(name, argument)| Term::Call(name, argument)),
            3 => (fold, boxed.clone(), variable.clone(), boxed)
                .prop_map(|(name, collection, variable, body)| Term::Fold(name, collection, variable.to_owned(), body)),
        ]
    })
    .prop_map(|term| bound(term, &[]))
}

/// Replaces variables that no macro around them binds by an attribute.
fn bound(term: Term, variables: &[String]) -> Term {
    let inside = |term: Box<Term>| Box::new(bound(*term, variables));
    match term {
        Term::Variable(name) if !variables.contains(&name) => {
            Term::Select(Box::new(Term::Resource), "a".to_owned())
        }
        Term::Literal(_) | Term::Resource | Term::Variable(_) => term,
        Term::Select(target, key) => Term::Select(inside(target), key),
        Term::Index(target, index) => Term::Index(inside(target), inside(index)),
        Term::List(items) => Term::List(items.into_iter().map(|item| bound(item, variables)).collect()),
        Term::Entry(key, value) => Term::Entry(key, inside(value)),
        Term::Not(operand) => Term::Not(inside(operand)),
        Term::Negate(operand) => Term::Negate(inside(operand)),
        Term::And(items) => Term::And(items.into_iter().map(|item| bound(item, variables)).collect()),
        Term::Or(items) => Term::Or(items.into_iter().map(|item| bound(item, variables)).collect()),
        Term::Compare(operator, left, right) => Term::Compare(operator, inside(left), inside(right)),
        Term::In(item, collection) => Term::In(inside(item), inside(collection)),
        Term::Arithmetic(operator, left, right) => Term::Arithmetic(operator, inside(left), inside(right)),
        Term::Choose(condition, yes, no) => Term::Choose(inside(condition), inside(yes), inside(no)),
        Term::Method(name, target, argument) => {
            let target = inside(target);
            Term::Method(name, target, argument.map(inside))
        }
        Term::Call(name, argument) => Term::Call(name, inside(argument)),
        Term::Fold(name, collection, variable, body) => {
            let within = [variables, std::slice::from_ref(&variable)].concat();
            Term::Fold(
                name,
                inside(collection),
                variable,
                Box::new(bound(*body, &within)),
            )
        }
    }
}

/// Replaces every unreadable place by a value of `choices` in turn; in lists by none, one or two of them.
fn concrete(value: &Value, choices: &[Value], turn: &mut usize) -> Value {
    let mut next = || {
        *turn += 1;
        choices.get(*turn % choices.len()).cloned().unwrap_or(Value::Null)
    };
    match value {
        Value::Unreadable(_) => next(),
        Value::List(list) => {
            let mut elements = Vec::new();
            for element in list {
                if matches!(element, Value::Unreadable(_)) {
                    *turn += 1;
                    for _ in 0..*turn % 3 {
                        elements.push(concrete(element, choices, turn));
                    }
                } else {
                    elements.push(concrete(element, choices, turn));
                }
            }
            Value::List(elements)
        }
        Value::Map(map) => Value::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), concrete(value, choices, turn)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// NaN equals nothing, so values are compared as they are written.
fn written(value: Value) -> String {
    without_reasons(value).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 4))]

    #[test]
    fn the_evaluator_agrees_with_the_oracle(term in term(), document in document()) {
        let program = compile(&term);
        let value = with_scope(&document, |scope| program.value(scope));
        prop_assert_eq!(written(value), written(evaluate(&term, &document, &[])), "{}", program.source());
    }

    #[test]
    fn what_is_known_holds_whatever_the_unknown_turns_out_to_be(
        term in term(),
        document in document(),
        choices in prop::collection::vec(nested(scalar()), 1..4),
        turn in 0_usize..3,
    ) {
        let program = compile(&term);
        let known = with_scope(&document, |scope| program.truth(scope));
        let concrete = concrete(&document, &choices, &mut turn.clone());
        let concretely = with_scope(&concrete, |scope| program.truth(scope));
        prop_assert!(
            known == Truth::Unknown || known == concretely,
            "{} is {:?} over {} and {:?} over {}", program.source(), known, document, concretely, concrete
        );
    }

    #[test]
    fn truth_and_value_agree_and_every_rule_explains_itself(term in term(), document in document()) {
        let program = compile(&term);
        let (known, value, evidence) =
            with_scope(&document, |scope| (program.truth(scope), program.value(scope), program.explain(scope)));
        let expected = match truth(&value) {
            Some(true) => Truth::True,
            Some(false) => Truth::False,
            None => Truth::Unknown,
        };
        prop_assert_eq!(known, expected);
        prop_assert!(!evidence.message.is_empty() && !evidence.message.contains('\n'), "{:?}", evidence);
        prop_assert!(program.source().contains(evidence.expression.as_str()), "{:?}", evidence);
        prop_assert_eq!(known == Truth::Unknown, !evidence.unreadable.is_empty(), "{}: {:?}", program.source(), evidence);
    }

    #[test]
    fn any_text_compiles_or_is_refused_at_a_place_inside_it(source in "[a-z0-9.()\\[\\]\"'!&|<>=?: ,xyé+*-]{0,60}") {
        let _ = parse_check(&source);
        if let Err(problems) = Program::compile(&source, &Anything, Expected::Truth) {
            for problem in problems {
                prop_assert!(source.get(problem.span.clone()).is_some(), "{:?}", problem);
            }
        }
    }
}
