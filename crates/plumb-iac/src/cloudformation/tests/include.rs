//! Files that a template includes, rules, modules and extensions of the language.

use super::support::{Tree, reading};

const TREE: &[(&str, &str)] = &[
    (
        "parts/sections.yaml",
        "Parameters: { Given: { Type: String, Default: g } }\nResources: { Included: { Type: AWS::SQS::Queue } }\n",
    ),
    (
        "parts/resources.yaml",
        "One: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Given } }\nTwo: { Type: AWS::SNS::Topic }\n",
    ),
    (
        "parts/properties.json",
        r#"{ "BucketName": "included", "Tags": [ { "Key": "a", "Value": "b" } ] }"#,
    ),
    ("parts/list.yaml", "- 1\n"),
];

#[test]
fn files_of_the_tree_stand_where_they_are_included() {
    let template = r#"
Transform:
- AWS::LanguageExtensions
- Name: AWS::Include
  Parameters: { Location: parts/sections.yaml }
Parameters: { Own: { Type: String, Default: o } }
Resources:
  Fn::Transform: { Name: AWS::Include, Parameters: { Location: ./parts/resources.yaml } }
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      Own: !Ref Own
      Fn::Transform: { Name: AWS::Include, Parameters: { Location: parts/properties.json } }
"#;
    let checked = reading(Tree(TREE), template, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(
        checked.addresses(),
        [
            "Bucket AWS::S3::Bucket",
            "Included AWS::SQS::Queue",
            "One AWS::SQS::Queue",
            "Two AWS::SNS::Topic"
        ]
    );
    let name = checked.value("One", "QueueName");
    assert_eq!(checked.at(name.set), "parts/sections.yaml:1:47 g");
    assert_eq!(
        checked.at(Some(checked.block("One").head)),
        "parts/resources.yaml:1:1 One"
    );
    assert_eq!(
        super::support::shown(checked.value("Bucket", "BucketName")),
        "\"included\""
    );
    assert_eq!(super::support::shown(checked.value("Bucket", "Own")), "\"o\"");
}

#[test]
fn what_cannot_be_included_is_told_or_stays_a_macro() {
    let cases = [
        ("s3://bucket/key", "a macro adds to the resources"),
        (
            "parts/nothing.yaml",
            "cannot read `parts/nothing.yaml`: there is no such file",
        ),
        ("../away.yaml", "`../away.yaml` is outside of the tree"),
        ("parts/list.yaml", "`parts/list.yaml` is no map"),
    ];
    for (location, expected) in cases {
        let template = format!(
            "Resources:\n  Fn::Transform: {{ Name: AWS::Include, Parameters: {{ Location: {location} }} }}\n  B: {{ Type: AWS::S3::Bucket }}\n"
        );
        let checked = reading(Tree(TREE), &template, &[]);
        let problems = checked.problems();
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{location}: {problems:?}"
        );
        assert_eq!(checked.addresses(), ["B AWS::S3::Bucket"], "{location}");
    }
}

#[test]
fn rules_are_passed_over_and_modules_are_told() {
    let template = r#"
Parameters: { Env: { Type: String, AllowedValues: [dev, prod] }, Net: { Type: "AWS::EC2::VPC::Id" } }
Rules:
  Known:
    RuleCondition: !Equals [!Ref Env, prod]
    Assertions:
    - Assert: { "Fn::Contains": [[a, b], !Ref Env] }
    - Assert: { "Fn::EachMemberIn": [{ "Fn::ValueOfAll": ["AWS::EC2::VPC::Id", Tags.x] }, { "Fn::RefAll": "AWS::EC2::VPC::Id" }] }
Resources:
  M: { Type: "Own::Net::Thing::MODULE" }
  B: { Type: AWS::S3::Bucket }
"#;
    let checked = reading(Tree(&[]), template, &[]);
    assert_eq!(
        checked.problems(),
        ["stack.yaml:10:3: error: `Own::Net::Thing::MODULE` is not expanded"]
    );
    checked.block("B");
}

#[test]
fn loops_stand_in_conditions_resources_properties_and_outputs() {
    let template = r#"
Transform: AWS::LanguageExtensions
Parameters: { Names: { Type: CommaDelimitedList, Default: "a,b-1" } }
Mappings: { Sizes: { a: { Size: 1 } } }
Conditions:
  Fn::ForEach::C:
  - N
  - [a, c]
  - "Is${N}": !Equals ["${N}", a]
Resources:
  Fn::ForEach::Outer:
  - N
  - !Ref Names
  - "Bucket&{N}":
      Type: AWS::S3::Bucket
      Properties:
        BucketName: !Sub "x-${N}"
        Size: !FindInMap [Sizes, !Ref N, Size, { DefaultValue: 7 }]
        Count: !Length [!Ref N, 2]
        Text: !ToJsonString { N: !Ref N }
        Fn::ForEach::Tags:
        - T
        - [k1, k2]
        - "Tag${T}": "${N}"
  Only:
    Type: AWS::SQS::Queue
    Condition: Isa
  Never:
    Type: AWS::SQS::Queue
    Condition: Isc
Outputs:
  Fn::ForEach::O:
  - N
  - [a]
  - "Arn${N}": { Value: !GetAtt [!Sub "Bucket${N}", Arn] }
"#;
    let checked = reading(Tree(&[]), template, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(
        checked.addresses(),
        [
            "Bucketa AWS::S3::Bucket",
            "Bucketb1 AWS::S3::Bucket",
            "Only AWS::SQS::Queue"
        ]
    );
    let shown = |path: &str| super::support::shown(checked.value("Bucketb1", path));
    for (path, expected) in [
        ("BucketName", "\"x-b-1\""),
        ("Size", "7"),
        ("Count", "2"),
        ("Text", "json({N: \"b-1\"})"),
        ("Tagk2", "\"b-1\""),
    ] {
        assert_eq!(shown(path), expected, "{path}");
    }
}
