//! Nested stacks: parameters go in, outputs come out, and what cannot be followed is told.

use super::support::{Tree, reading};

const CHILD: &str = r#"
Parameters:
  Name: { Type: String }
  Region: { Type: String }
  Zones: { Type: CommaDelimitedList, Default: "" }
Conditions:
  HasName: !Not [!Equals [!Ref Name, ""]]
  InIreland: !Equals [!Ref Region, eu-west-1]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: HasName
    Properties:
      BucketName: !Sub "${Name}-data"
      Where: !If [InIreland, here, there]
      Region: !Ref Region
      Zones: !Ref Zones
Outputs:
  Arn: { Value: !GetAtt Bucket.Arn }
"#;

#[test]
fn a_nested_stack_gets_parameters_and_gives_outputs() {
    let root = r#"
Resources:
  Data:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./children/bucket.yaml
      Parameters: { Name: acme, Region: !Ref AWS::Region, Zones: "a,b" }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties: { Arn: !GetAtt Data.Outputs.Arn, Text: !Sub "${Data.Outputs.Arn}/*", None: !GetAtt Data.Outputs.None }
"#;
    let checked = reading(Tree(&[("children/bucket.yaml", CHILD)]), root, &[]);
    let addresses = [
        "Data AWS::CloudFormation::Stack",
        "Data/Bucket AWS::S3::Bucket",
        "Policy AWS::S3::BucketPolicy",
    ];
    assert_eq!(checked.addresses(), addresses);
    assert_eq!(
        checked.body("Data/Bucket"),
        r#"{Arn: "arn:aws:s3:::acme-data", BucketName: "acme-data", Ref: "acme-data", Region: "REGION", "#
            .to_owned()
            + r#"Where: ?(condition `InIreland` is not known: `AWS::Region` is not told), Zones: ["a", "b"]}"#
    );
    assert_eq!(
        checked.body("Policy"),
        r#"{Arn: "arn:aws:s3:::acme-data", None: ?(the nested stack `Data` has no output `None`), Text: "arn:aws:s3:::acme-data/*"}"#
    );
    let block = checked.block("Data/Bucket");
    assert_eq!(checked.at(Some(block.head)), "children/bucket.yaml:10:3 Bucket");
    assert_eq!(checked.at(block.calls.first().copied()), "stack.yaml:3:3 Data:");
    let zones = checked.value("Data/Bucket", "Zones.1");
    assert_eq!(checked.at(zones.set), r#"stack.yaml:7:66 "a,b""#);
    assert_eq!(
        checked.at(zones.at),
        "children/bucket.yaml:17:7 Zones: !Ref Zones"
    );
    assert_eq!(checked.reading.nested, ["children/bucket.yaml"]);
    assert_eq!(
        checked.problems(),
        ["stack.yaml:3:3: error: the nested stack `Data` has no output `None`"]
    );
}

#[test]
fn what_a_stack_nests_is_as_sure_as_the_stack() {
    let root = r#"
Parameters: { P: { Type: String } }
Conditions: { Maybe: !Equals [!Ref P, a], No: !Equals [a, b] }
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Condition: Maybe
    Properties: { TemplateURL: c.yaml, Parameters: { Name: a, Region: "" } }
  B: { Type: AWS::CloudFormation::Stack, Condition: No, Properties: { TemplateURL: c.yaml } }
"#;
    let checked = reading(Tree(&[("c.yaml", CHILD)]), root, &[]);
    assert_eq!(checked.addresses().len(), 2);
    let why = "condition `Maybe` is not known: parameter `P` has no default";
    assert_eq!(checked.block("A/Bucket").perhaps.as_deref(), Some(why));
    assert_eq!(
        checked.problems(),
        ["stack.yaml:9:3: warning: the nested stack `B` is not deployed: condition `No` is false"]
    );
}

#[test]
fn a_template_used_twice_is_read_once() {
    let root = r#"
Resources:
  A: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: c.yaml, Parameters: { Name: a, Region: "" } } }
  B: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: c.yaml, Parameters: { Name: "", Region: "" } } }
"#;
    let checked = reading(Tree(&[("c.yaml", CHILD)]), root, &[]);
    assert_eq!(checked.sources.iter().count(), 2);
    let kinds = checked.addresses();
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert_eq!(kinds.get(1).map(String::as_str), Some("A/Bucket AWS::S3::Bucket"));
}

#[test]
fn the_template_of_an_uploaded_asset_is_found_where_it_was() {
    let root = r#"
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: !Sub "https://${AWS::Region}/x", Parameters: { Name: a, Region: "" } }
    Metadata: { "aws:asset:path": c.yaml }
"#;
    let checked = reading(Tree(&[("c.yaml", CHILD)]), root, &[]);
    assert_eq!(checked.addresses().len(), 2);
    assert_eq!(checked.problems(), Vec::<String>::new());
}

#[test]
fn stacks_that_cannot_be_followed_are_told_and_the_rest_is_read() {
    let stack = |url: &str| {
        format!(
            "Resources:\n  B: {{ Type: AWS::S3::Bucket }}\n  S: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: {url} }} }}\n"
        )
    };
    let cases = [
        (
            "https://bucket/x.yaml",
            "the template `https://bucket/x.yaml` is not in the tree",
        ),
        ("../x.yaml", "the template `../x.yaml` is outside of the tree"),
        (
            "absent.yaml",
            "cannot read the template `absent.yaml`: there is no such file",
        ),
        ("stack.yaml", "the template `stack.yaml` nests itself"),
        ("loop.yaml", "the template `loop.yaml` nests itself"),
        (
            "!ImportValue x",
            "the template of the nested stack is not known: another stack exports it",
        ),
    ];
    const LOOP: &str =
        "Resources:\n  S: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: loop.yaml } }\n";
    for (url, expected) in cases {
        let checked = reading(Tree(&[("loop.yaml", LOOP)]), &stack(url), &[]);
        assert!(
            checked.addresses().contains(&"B AWS::S3::Bucket".to_owned()),
            "{url}"
        );
        let problems = checked.problems();
        assert!(
            problems.iter().any(|problem| problem.ends_with(expected)),
            "{url}: {problems:?}"
        );
        assert_eq!(problems.len(), 1, "{url}: {problems:?}");
    }
}

#[test]
fn outputs_that_depend_on_themselves_are_told() {
    let root = r#"
Resources:
  S:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: c.yaml, Parameters: { Name: !GetAtt S.Outputs.Arn, Region: !GetAtt S.Outputs.Other } }
"#;
    let checked = reading(Tree(&[("c.yaml", CHILD)]), root, &[]);
    let expected = [
        "stack.yaml:5:68: error: `S` depends on itself through its `Outputs.Arn`",
        "stack.yaml:3:3: error: the parameters of the nested stack `S` depend on its own outputs",
    ];
    for expected in expected {
        assert!(
            checked.problems().contains(&expected.to_owned()),
            "{:?}",
            checked.problems()
        );
    }
}

#[test]
fn a_nested_stack_is_checked_against_what_its_template_asks_for() {
    const ASKING: &[(&str, &str)] = &[(
        "child.yaml",
        "Parameters: { Env: { Type: String, AllowedValues: [dev, prod] }, Size: { Type: Number, Default: 1, AllowedValues: [1, 2] }, Zones: { Type: CommaDelimitedList, Default: 'a, b', AllowedValues: [a, b] } }\nResources: { B: { Type: AWS::S3::Bucket, Properties: { Env: !Ref Env } } }\n",
    )];
    for (parameters, expected) in [
        ("{ Env: dev, Size: 2 }", None),
        (
            "{ Size: 1 }",
            Some("3:3: error: `C` gets no value for the parameter `Env` of its template"),
        ),
        (
            "{ Env: dev, Other: x }",
            Some("7:31: error: the template of `C` has no parameter `Other`"),
        ),
        (
            "{ Env: test }",
            Some("7:26: error: what parameter `Env` gets is none of its allowed values"),
        ),
        (
            "{ Env: dev, Zones: 'a,c' }",
            Some("7:38: error: what parameter `Zones` gets is none of its allowed values"),
        ),
        ("{ Env: !Ref AWS::StackId }", None),
    ] {
        let root = format!(
            "\nResources:\n  C:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: child.yaml\n      Parameters: {parameters}\n"
        );
        let checked = reading(Tree(ASKING), &root, &[]);
        let expected: Vec<String> = expected.iter().map(|told| format!("stack.yaml:{told}")).collect();
        assert_eq!(checked.problems(), expected, "{parameters}");
        checked.block("C/B");
    }
}
