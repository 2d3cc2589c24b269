//! Bad input: each mistake is told at its place, and the rest is read.

use proptest::prelude::*;

use super::support::{Tree, reading};

/// Uses most of what the evaluation knows, as seed for damage.
const RICH: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters: { P: { Type: String, Default: p }, L: { Type: CommaDelimitedList, Default: "a,b" } }
Mappings: { M: { k: { v: [1, 2] } } }
Conditions: { C: !Or [!Equals [!Ref P, p], !Condition D], D: !Not [!Equals [!Ref L, []]] }
Globals: { Function: { Timeout: 3, Tags: { a: b } } }
Resources:
  Fn::ForEach::Loop: [X, !Ref L, { "R${X}": { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub "${X}-${P}" } } }]
  A: &anchor
    Type: AWS::S3::Bucket
    Condition: C
    Properties: { BucketName: !Join ["-", [!Ref P, !Select [0, !FindInMap [M, k, v]]]], Json: !Sub '{"a": "${P}"}' }
  B: *anchor
  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [S3ReadPolicy: { BucketName: !Ref A }, !If [C, AmazonSQSFullAccess, !Ref "AWS::NoValue"]]
      Events: { E: { Type: Api }, S: { Type: Schedule, Properties: { Schedule: x } } }
      FunctionUrlConfig: { AuthType: NONE }
  S: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: c.yaml, Parameters: { P: !GetAtt A.Arn } } }
  N: { Type: Custom::X, Properties: { <<: { a: 1 }, V: !Cidr [10.0.0.0/8, 2, 8], O: !GetAtt S.Outputs.O } }
Outputs: { O: { Value: !Base64 x } }
"#;

const CHILD: &str = "Parameters: { P: { Type: String } }\nResources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref P } } }\nOutputs: { O: { Value: !Ref Q } }\n";

fn problems(template: &str) -> Vec<String> {
    reading(Tree(&[]), template, &[]).problems()
}

#[test]
fn damage_of_structure_is_told_and_the_rest_is_read() {
    let good = "  Good: { Type: AWS::S3::Bucket }\n";
    let cases = [
        (
            "Resources:\n  A: 5\n",
            "stack.yaml:2:3: error: resource `A` must be a map, this is a scalar",
        ),
        (
            "Resources:\n  A: { Properties: {} }\n",
            "stack.yaml:2:3: error: resource `A` has no type",
        ),
        (
            "Resources:\n  A: { Type: AWS::S3::Bucket, Properties: [1] }\n",
            "stack.yaml:2:3: error: properties of `A` must be a map",
        ),
        (
            "Resources:\n  A: { Type: AWS::S3::Bucket, Type: AWS::S3::Bucket }\n",
            "stack.yaml:2:31: warning: key `Type` stands twice in one map",
        ),
        (
            "Conditions: [1]\nResources:\n",
            "stack.yaml:1:13: error: `Conditions` must be a map, this is a list",
        ),
        (
            "Transform: Mine\nResources:\n",
            "stack.yaml:1:12: warning: macro `Mine` changes the template in ways that are not known",
        ),
        (
            "Resources:\n  ? [a]\n  : 1\n",
            "stack.yaml:2:5: error: a key must be a text",
        ),
        (
            "Resources:\n  Fn::Transform: { Name: X }\n",
            "stack.yaml:2:3: error: a macro adds to the resources",
        ),
        (
            "Resources:\n  Fn::ForEach::L: 3\n",
            "stack.yaml:2:3: error: `Fn::ForEach::L` takes an identifier, a collection and a map",
        ),
    ];
    for (template, expected) in cases {
        let checked = reading(Tree(&[]), &format!("{template}{good}"), &[]);
        assert_eq!(checked.problems(), [expected], "{template}");
        assert!(
            checked.addresses().contains(&"Good AWS::S3::Bucket".to_owned()),
            "{template}"
        );
    }
}

#[test]
fn what_is_no_template_gives_a_problem_and_nothing_else() {
    for (text, expected) in [
        ("a: [", "malformed template"),
        ("a: b: c\n", "malformed template"),
        ("- a\n", "a template must be a map, this is a list"),
        ("\u{0}", "malformed template"),
    ] {
        let checked = reading(Tree(&[]), text, &[]);
        assert!(checked.addresses().is_empty());
        assert!(
            checked
                .problems()
                .iter()
                .any(|problem| problem.contains(expected)),
            "{text:?}: {:?}",
            checked.problems()
        );
    }
    let long = format!("a: {}", "x".repeat(5 << 20));
    assert_eq!(
        problems(&long),
        ["stack.yaml: error: template has 5242883 bytes, the limit is 4194304"]
    );
}

#[test]
fn references_in_cycles_are_told() {
    let checked = reading(
        Tree(&[]),
        r#"
Resources:
  A: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref B } }
  B: { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub "${A}-x" } }
  C: { Type: AWS::S3::Bucket, Properties: { BucketName: fine } }
"#,
        &[],
    );
    assert!(
        checked
            .problems()
            .iter()
            .any(|problem| problem.contains("depends on itself")),
        "{:?}",
        checked.problems()
    );
    assert_eq!(checked.addresses().len(), 3);
    assert!(checked.body("C").contains("fine"));
}

#[test]
fn aliases_that_explode_end_at_a_limit() {
    let mut template = "X0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*x{}", level - 1); 10].join(", ");
        template += &format!("X{level}: &x{level} [{inner}]\n");
    }
    template += "Resources:\n  A: { Type: AWS::S3::Bucket, Properties: { V: *x11, W: kept } }\n";
    let checked = reading(Tree(&[]), &template, &[]);
    assert!(
        checked
            .problems()
            .iter()
            .any(|problem| problem.contains("aliases stand for more than")),
        "{:?}",
        checked.problems()
    );
    assert!(checked.problems().len() <= 101);
}

#[test]
fn an_alias_of_itself_is_told() {
    let checked = reading(
        Tree(&[]),
        "Resources: &r\n  A: { Type: AWS::S3::Bucket, Properties: { V: *r } }\n",
        &[],
    );
    assert_eq!(
        checked.problems(),
        ["stack.yaml:2:48: error: alias stands within what it refers to"]
    );
    assert!(checked.body("A").contains("V: ?("));
}

#[test]
fn nesting_loops_and_texts_have_limits() {
    let deep = format!("Resources: {}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(
        problems(&deep)
            .iter()
            .any(|problem| problem.contains("malformed template"))
    );

    let mut chain = "Resources:\n".to_owned();
    for index in 0..2000 {
        chain += &format!(
            "  R{index:04}: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: !Ref R{:04} }} }}\n",
            index + 1
        );
    }
    chain += "  R2000: { Type: AWS::S3::Bucket }\n";
    let checked = reading(Tree(&[]), &chain, &[]);
    assert_eq!(checked.addresses().len(), 2001);
    assert!(
        checked
            .problems()
            .iter()
            .any(|problem| problem.contains("nests more than")),
        "{:?}",
        checked.problems().first()
    );

    let mut doubling = "Resources:\n".to_owned();
    for index in 0..40 {
        let next = format!("${{R{:02}}}", index + 1);
        doubling += &format!(
            "  R{index:02}: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: !Sub \"{next}{next}\" }} }}\n"
        );
    }
    doubling += "  R40: { Type: AWS::S3::Bucket }\n";
    let checked = reading(Tree(&[]), &doubling, &[]);
    assert!(
        checked.body("R21").contains("longer than"),
        "{}",
        checked.body("R21").len()
    );
    assert!(checked.body("R22").len() > 1 << 19);

    let nested = format!("{}x{}", "!Join ['', [".repeat(20), "]]".repeat(20));
    assert_eq!(
        problems(&format!(
            "Resources:\n  A: {{ Type: Custom::X, Properties: {{ V: {nested} }} }}\n"
        )),
        Vec::<String>::new()
    );

    let list: Vec<String> = (0..200).map(|index| index.to_string()).collect();
    let list = list.join(",");
    let loops = format!(
        "Resources:\n  Fn::ForEach::A:\n  - X\n  - [{list}]\n  - Fn::ForEach::B:\n    - Y\n    - [{list}]\n    - Fn::ForEach::C:\n      - Z\n      - [{list}]\n      - \"R${{X}}x${{Y}}x${{Z}}\": {{ Type: AWS::S3::Bucket }}\n"
    );
    let checked = reading(Tree(&[]), &loops, &[]);
    assert_eq!(checked.addresses().len(), 5000);
    assert!(
        checked
            .problems()
            .iter()
            .any(|problem| problem.contains("loops give more than 5000 entries"))
    );
}

#[test]
fn merge_keys_add_what_is_not_written() {
    let checked = reading(
        Tree(&[]),
        "Base: &base { A: 1, B: 2 }\nMore: &more { B: 3, C: 4 }\nResources:\n  R: { Type: Custom::X, Properties: { <<: [*base, *more], A: 0 } }\n",
        &[],
    );
    assert_eq!(checked.body("R"), "{A: 0, B: 2, C: 4}");
    assert_eq!(checked.problems(), Vec::<String>::new());
}

#[test]
fn the_seed_of_damage_is_whole() {
    let checked = reading(Tree(&[("c.yaml", CHILD)]), RICH, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert!(checked.addresses().len() > 15, "{:?}", checked.addresses());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damaged_templates_never_panic(cut in 0..RICH.len(), length in 0..60_usize, other in 0..RICH.len(), junk in "[\\[\\]{}:!&*,\"'$#|>\\-\\n\\t a-cé]{0,6}") {
        let floor = |mut at: usize| { while !RICH.is_char_boundary(at) { at -= 1; } at };
        let (start, end) = (floor(cut), floor((cut + length).min(RICH.len())));
        let moved = RICH.get(floor(other)..floor((other + length).min(RICH.len()))).unwrap_or_default();
        for damage in [junk.as_str(), moved, ""] {
            let template = format!("{}{damage}{}", RICH.get(..start).unwrap(), RICH.get(end..).unwrap());
            let checked = reading(Tree(&[("c.yaml", CHILD)]), &template, &[]);
            for block in &checked.reading.stack.blocks {
                prop_assert!(block.head.range().end <= template.len().max(CHILD.len()));
                prop_assert!(block.body.as_map().is_some());
            }
            let again = reading(Tree(&[("c.yaml", CHILD)]), &template, &[]);
            prop_assert_eq!(again.problems(), checked.problems());
        }
    }
}
