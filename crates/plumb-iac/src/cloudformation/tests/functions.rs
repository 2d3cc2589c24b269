//! Functions, parameters and conditions in tables.

use super::support::{Tree, evaluated, reading, reading_in};

const SECTIONS: &str = r#"
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Name: { Type: String, Default: acme }
  Open: { Type: String }
  Ports: { Type: CommaDelimitedList, Default: "80, 443" }
  Size: { Type: Number, Default: 12 }
  Only: { Type: String, AllowedValues: [one] }
  Secret: { Type: String, NoEcho: true, Default: hunter2 }
  NoSecret: { Type: String, NoEcho: yes, Default: "" }
  Ami: { Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/ami }
Mappings:
  Regions:
    eu-west-1: { Zone: a, Size: 5, List: [x, y] }
    us-east-1: { Zone: b, Size: 5, List: [x, z] }
Conditions:
  Yes: !Equals [!Ref Name, acme]
  No: !Not [{ Condition: Yes }]
  Maybe: !Equals [!Ref Open, "x"]
  InIreland: !Equals [!Ref "AWS::Region", eu-west-1]
  Both: !And [!Condition Yes, !Condition Maybe]
  Neither: !And [!Condition No, !Condition Maybe]
  Any: !Or [!Condition Maybe, !Condition Yes]
  SizeIs: !Equals [!Ref Size, "12"]
  Loop: !Not [!Condition Loop]
"#;

#[test]
fn functions_give_what_the_reference_says() {
    let cases = [
        ("!Ref Name", r#""acme""#),
        ("!Ref Ports", r#"["80", "443"]"#),
        ("!Ref Size", "12"),
        ("!Ref Only", r#""one""#),
        ("!Ref NoSecret", r#""""#),
        ("!Ref Open", "?(parameter `Open` has no default)"),
        ("!Ref Secret", "?(parameter `Secret` is secret (`NoEcho`))"),
        ("!Ref Ami", "?(parameter `Ami` is read from the parameter store)"),
        ("!Ref AWS::AccountId", r#""ACCOUNT""#),
        ("!Ref AWS::StackName", r#""stack""#),
        (
            "!Ref AWS::StackId",
            "?(`AWS::StackId` is known only after deployment)",
        ),
        ("!Ref AWS::NoValue", "absent"),
        ("yes", "true"),
        ("'yes'", r#""yes""#),
        ("", "absent"),
        ("[1, !Ref AWS::NoValue, 2]", "[1, 2]"),
        (
            "!Sub '${Name}-${!Name}-${Size}-${AWS::Region}'",
            r#""acme-${Name}-12-REGION""#,
        ),
        ("!Sub ['${A}/${Name}', { A: !Ref Only }]", r#""one/acme""#),
        ("!Sub 'x-${Open}'", "?(parameter `Open` has no default)"),
        (
            r#"!Sub '{"Bucket": "${Open}", "Effect": "Allow", "Size": ${Size}}'"#,
            r#"json({Bucket: ?(parameter `Open` has no default), Effect: "Allow", Size: 12})"#,
        ),
        ("!Join ['-', [a, !Ref Name, 1.10, true]]", r#""a-acme-1.10-true""#),
        ("!Join ['', [a, !Ref AWS::NoValue, b]]", r#""ab""#),
        ("!Join [',', !Ref Ports]", r#""80,443""#),
        ("!Join ['', [a, !Ref Open]]", "?(parameter `Open` has no default)"),
        ("!Split [',', 'a,b,,c']", r#"["a", "b", "", "c"]"#),
        ("!Select [1, !Ref Ports]", r#""443""#),
        (
            "!Select ['0', !GetAZs '']",
            "?(availability zones are known only to the account)",
        ),
        ("!Select [1, !Split ['|', 'a|b']]", r#""b""#),
        ("!FindInMap [Regions, eu-west-1, Zone]", r#""a""#),
        ("!FindInMap [Regions, !Ref AWS::Region, Size]", "5"),
        (
            "!FindInMap [Regions, !Ref AWS::Region, Zone]",
            "?(`AWS::Region` is not told)",
        ),
        (
            "!FindInMap [Regions, !Ref AWS::Region, List]",
            r#"["x", ?(`AWS::Region` is not told)]"#,
        ),
        (
            "!FindInMap [Regions, mars, Zone, { DefaultValue: red }]",
            r#""red""#,
        ),
        ("!Base64 hello", r#""aGVsbG8=""#),
        ("{ 'Fn::Base64': !Sub '${Name}' }", r#""YWNtZQ==""#),
        ("!Select [1, !Cidr [10.0.0.0/16, 2, 8]]", r#""10.0.1.0/24""#),
        (
            "!Cidr [10.0.0.0/16, 2]",
            "?(`Fn::Cidr` is not told how many bits hosts have)",
        ),
        ("!Length [1, 2, 3]", "3"),
        ("{ 'Fn::Length': !Ref Ports }", "2"),
        (
            "!ToJsonString { A: !Ref Open, B: 1 }",
            "json({A: ?(parameter `Open` has no default), B: 1})",
        ),
        ("!ImportValue x", "?(another stack exports it)"),
        ("{ 'Fn::Transform': { Name: M } }", "?(a macro makes it)"),
        (
            "{ 'Fn::Transform': { Name: M }, A: 1 }",
            "{A: 1, ..?(a macro adds to it)}",
        ),
        (
            "'{{resolve:ssm:x}}'",
            "?(a dynamic reference is resolved at deployment)",
        ),
        ("!If [Yes, a, b]", r#""a""#),
        ("!If [No, a, !Ref AWS::NoValue]", "absent"),
        ("!If [Any, a, b]", r#""a""#),
        ("!If [Neither, a, b]", r#""b""#),
        ("!If [SizeIs, a, b]", r#""a""#),
        ("!If [Both, a, a]", r#""a""#),
        (
            "!If [Maybe, { A: 1, B: 2 }, { A: 1 }]",
            "{A: 1, B: ?(condition `Maybe` is not known: parameter `Open` has no default)}",
        ),
        (
            "[a, !If [Maybe, b, !Ref AWS::NoValue]]",
            r#"["a", ?(condition `Maybe` is not known: parameter `Open` has no default)]"#,
        ),
        (
            "!If [InIreland, a, b]",
            "?(condition `InIreland` is not known: `AWS::Region` is not told)",
        ),
        (
            "{ A: { Condition: { Bool: true } } }",
            "{A: {Condition: {Bool: true}}}",
        ),
    ];
    for (value, expected) in cases {
        let (shown, problems) = evaluated(value, SECTIONS, &[]);
        assert_eq!(shown, expected, "{value}");
        assert_eq!(problems, Vec::<String>::new(), "{value}");
    }
}

#[test]
fn parameters_that_the_user_gives_replace_defaults() {
    let given = [
        ("Name", "other"),
        ("Open", "x"),
        ("Ports", "1,2"),
        ("Secret", "s"),
    ];
    let cases = [
        ("!Ref Name", r#""other""#),
        ("!Ref Ports", r#"["1", "2"]"#),
        ("!If [Yes, a, b]", r#""b""#),
        ("!If [Maybe, a, b]", r#""a""#),
        ("!If [Both, a, b]", r#""b""#),
    ];
    for (value, expected) in cases {
        assert_eq!(evaluated(value, SECTIONS, &given).0, expected, "{value}");
    }
}

#[test]
fn mistakes_are_told_at_their_place_and_unknown() {
    // The value stands in line 30, column 10.
    let cases = [
        (
            "!Ref Nothing",
            "30:15: error: there is no parameter or resource `Nothing`",
        ),
        (
            "!GetAtt Nothing.Arn",
            "30:18: error: there is no resource `Nothing`",
        ),
        (
            "!GetAtt R",
            "30:18: error: `Fn::GetAtt` takes a resource and an attribute",
        ),
        (
            "!Sub [1, 2, 3]",
            "30:15: error: `Fn::Sub` takes a text, or a text and a map",
        ),
        (
            "!Sub '${Ports}'",
            "30:15: error: `Ports` is a list and cannot stand in a text",
        ),
        (
            "!Join [a]",
            "30:16: error: `Fn::Join` takes a separator and a list",
        ),
        (
            "!Join ['', 1]",
            "30:21: error: `Fn::Join` takes a separator and a list, this is a number",
        ),
        (
            "!Join ['', [{}]]",
            "30:22: error: text is expected, this is a map",
        ),
        (
            "!Select [7, [a]]",
            "30:18: error: there is no item `7` in a list of 1",
        ),
        (
            "!Split ['', a]",
            "30:17: error: `Fn::Split` takes a separator that is not empty",
        ),
        (
            "!FindInMap [Regions, mars, Zone]",
            "30:21: error: there is no `Regions.mars.Zone` in the mappings",
        ),
        (
            "!If [Absent, 1, 2]",
            "30:15: error: there is no condition `Absent`",
        ),
        (
            "!If [Loop, 1, 2]",
            "25:26: error: condition `Loop` depends on itself",
        ),
        ("!If [!Ref Name, 1, 2]", "30:15: error: this is no condition"),
        ("!Frobnicate x", "30:10: error: unknown function `!Frobnicate`"),
        (
            "{ 'Fn::Frobnicate': x }",
            "30:10: error: unknown function `Fn::Frobnicate`",
        ),
        (
            "!Cidr [10.0.0.0/24, 9, 7]",
            "30:16: error: 9 blocks of 7 bits do not fit into `10.0.0.0/24`",
        ),
        ("*nowhere", "30:10: error: alias `*nowhere` has no anchor"),
    ];
    for (value, expected) in cases {
        let (shown, problems) = evaluated(value, SECTIONS.trim_end(), &[]);
        let problem = problems
            .first()
            .map(|problem| problem.trim_start_matches("stack.yaml:"));
        assert!(
            shown.starts_with("?(") || shown.starts_with("[?("),
            "{value}: {shown}"
        );
        let position = expected
            .split_once(" error")
            .map(|(position, _)| position)
            .unwrap_or_default();
        let text = problem
            .and_then(|problem| problem.split_once(" error"))
            .map(|(_, text)| text);
        assert_eq!(
            text,
            expected.split_once(" error").map(|(_, text)| text),
            "{value}"
        );
        assert_eq!(
            problem.and_then(|problem| problem.get(..position.len())),
            Some(position),
            "{value}: {problems:?}"
        );
    }
}

#[test]
fn conditions_of_resources_remove_them_or_leave_it_open() {
    let checked = reading(
        Tree(&[]),
        r#"
Parameters: { P: { Type: String } }
Conditions: { Yes: !Equals [a, a], No: !Equals [a, b], Maybe: !Equals [!Ref P, a] }
Resources:
  A: { Type: AWS::S3::Bucket, Condition: Yes }
  B: { Type: AWS::S3::Bucket, Condition: No }
  C: { Type: AWS::S3::Bucket, Condition: Maybe, DeletionPolicy: Retain }
"#,
        &[],
    );
    assert_eq!(checked.addresses(), ["A AWS::S3::Bucket", "C AWS::S3::Bucket"]);
    assert_eq!(checked.block("A").perhaps, None);
    let why = "condition `Maybe` is not known: parameter `P` has no default";
    assert_eq!(checked.block("C").perhaps.as_deref(), Some(why));
    assert_eq!(
        checked.body("C"),
        r#"{Arn: "arn:aws:s3:::C", DeletionPolicy: "Retain", Ref: "C"}"#
    );
}

#[test]
fn references_between_resources_join_by_stand_ins() {
    let checked = reading(
        Tree(&[]),
        r#"
Parameters: { Open: { Type: String } }
Resources:
  Named: { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub "logs-${AWS::AccountId}" } }
  Bare: { Type: AWS::S3::Bucket }
  Unsure: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref Open } }
  Queue: { Type: AWS::SQS::Queue }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Named
      Arns: [!GetAtt Named.Arn, !GetAtt [Bare, Arn], !Sub "${Bare.Arn}/*", !GetAtt Queue.Arn, !Ref Queue]
      Unsure: [!Ref Unsure, !GetAtt Unsure.Arn, !GetAtt Unsure.BucketName]
      Domain: !GetAtt Bare.DomainName
"#,
        &[],
    );
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(
        checked.body("Policy"),
        r#"{Arns: ["arn:aws:s3:::logs-ACCOUNT", "arn:aws:s3:::Bare", "arn:aws:s3:::Bare/*", "#.to_owned()
            + r#""arn:aws:sqs:REGION:ACCOUNT:Queue", "Queue"], Bucket: "logs-ACCOUNT", "#
            + r#"Domain: ?(`Bare.DomainName` is known only after deployment), "#
            + r#"Unsure: ["Unsure", "arn:aws:s3:::Unsure", ?(parameter `Open` has no default)]}"#
    );
}

#[test]
fn loops_repeat_resources_and_properties() {
    let checked = reading(
        Tree(&[]),
        r#"
Transform: AWS::LanguageExtensions
Parameters:
  Names: { Type: CommaDelimitedList, Default: "a.b,c" }
  Open: { Type: CommaDelimitedList }
Resources:
  Fn::ForEach::Buckets:
  - Name
  - !Ref Names
  - Bucket&{Name}:
      Type: AWS::S3::Bucket
      Properties:
        BucketName: !Sub "x-${Name}"
        Self: !Ref Name
        Fn::ForEach::Flags:
        - Flag
        - [A, B]
        - Is${Flag}: !Sub "${Name}${Flag}"
  Fn::ForEach::Unseen:
  - Name
  - !Ref Open
  - Unseen${Name}: { Type: AWS::S3::Bucket }
"#,
        &[],
    );
    assert_eq!(
        checked.addresses(),
        ["Bucketab AWS::S3::Bucket", "Bucketc AWS::S3::Bucket"]
    );
    assert_eq!(
        checked.body("Bucketab"),
        r#"{Arn: "arn:aws:s3:::x-a.b", BucketName: "x-a.b", IsA: "a.bA", IsB: "a.bB", Ref: "x-a.b", Self: "a.b"}"#
    );
    assert_eq!(
        checked.problems(),
        [
            "stack.yaml:19:3: error: the collection of `Fn::ForEach::Unseen` is not known: parameter `Open` has no default"
        ]
    );
}

#[test]
fn a_region_that_is_told_decides() {
    let template = format!(
        "{SECTIONS}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Here: !If [InIreland, a, b]\n      \
         Zone: !FindInMap [Regions, !Ref AWS::Region, Zone]\n      \
         Root: !Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:root'\n      Host: !Ref AWS::URLSuffix\n"
    );
    let cases = [
        (
            ("eu-west-1", "123456789012"),
            r#"{Arn: "arn:aws:iam::123456789012:role/R", Here: "a", Host: "amazonaws.com", Ref: "R", Root: "arn:aws:iam::123456789012:root", Zone: "a"}"#,
        ),
        (
            ("us-east-1", "1"),
            r#"{Arn: "arn:aws:iam::1:role/R", Here: "b", Host: "amazonaws.com", Ref: "R", Root: "arn:aws:iam::1:root", Zone: "b"}"#,
        ),
        (
            ("cn-north-1", "1"),
            r#"{Arn: "arn:aws-cn:iam::1:role/R", Here: "b", Host: "amazonaws.com.cn", Ref: "R", Root: "arn:aws-cn:iam::1:root", Zone: ?(there is no `Regions.cn-north-1.Zone` in the mappings)}"#,
        ),
    ];
    for (told, expected) in cases {
        assert_eq!(
            reading_in(Some(told), Tree(&[]), &template, &[]).body("R"),
            expected,
            "{told:?}"
        );
    }
}
