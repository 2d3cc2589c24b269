//! Where values were written and which property holds them.

use super::support::{Tree, reading};
use crate::cloudformation::is_template;

const TEMPLATE: &str = r#"Parameters:
  Acl:
    Type: String
    Default: public-read
Mappings:
  M: { a: { b: deep } }
Resources:
  Bucket: # a comment
    Type: AWS::S3::Bucket
    Properties:
      AccessControl: !Ref Acl
      BucketName: !Sub "x-${Acl}"
      Versioning:
        Status: Enabled

      Rules:
      - Id: one
      - Id: !FindInMap [M, a, b]
      Empty:
      Choice: !If [!Equals [a, a], chosen, other]

  Next:
    Type: AWS::S3::Bucket
"#;

#[test]
fn values_know_what_set_them_and_what_holds_them() {
    let checked = reading(Tree(&[]), TEMPLATE, &[]);
    let cases = [
        (
            "AccessControl",
            "4:14 public-read",
            "11:7 AccessControl: !Ref Acl",
        ),
        (
            "BucketName",
            r#"12:19 !Sub "x-${Acl}""#,
            r#"12:7 BucketName: !Sub "x-${Acl}""#,
        ),
        ("Versioning", "14:9 Status: Enabled", "13:7 Versioning:"),
        ("Versioning.Status", "14:17 Enabled", "14:9 Status: Enabled"),
        ("Rules.0", "17:9 Id: one", "17:9 Id: one"),
        ("Rules.1.Id", "6:16 deep", "18:9 Id: !FindInMap [M, a, b]"),
        (
            "Choice",
            "20:36 chosen",
            "20:7 Choice: !If [!Equals [a, a], chosen, other]",
        ),
    ];
    for (path, set, at) in cases {
        let value = checked.value("Bucket", path);
        assert_eq!(checked.at(value.set), format!("stack.yaml:{set}"), "{path}");
        assert_eq!(checked.at(value.at), format!("stack.yaml:{at}"), "{path}");
    }
    let block = checked.block("Bucket");
    assert_eq!(checked.at(Some(block.head)), "stack.yaml:8:3 Bucket");
    let whole = TEMPLATE.get(block.whole.range()).unwrap();
    assert!(
        whole.starts_with("Bucket:") && whole.ends_with("chosen, other]"),
        "{whole}"
    );
    assert_eq!(
        checked.at(block.body.get("Arn").and_then(|arn| arn.at)),
        "nowhere"
    );
}

#[test]
fn json_is_read_like_yaml() {
    let template = "{\n\t\"AWSTemplateFormatVersion\": \"2010-09-09\",\n\t\"Resources\": {\n\t\t\"B\": {\n\t\t\t\"Type\": \
                    \"AWS::S3::Bucket\",\n\t\t\t\"Properties\": {\"BucketName\": {\"Fn::Join\": [\"\", [\"a\\/\", \
                    \"\\u00e9\\ud83d\\ude00\"]]},\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}], \"Yes\": \"yes\"}\n\t\t}\n\t}\n}\n";
    let checked = reading(Tree(&[]), template, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(
        checked.body("B"),
        r#"{Arn: "arn:aws:s3:::a/é😀", BucketName: "a/é😀", Ref: "a/é😀", Tags: [{Key: "k", Value: "v"}], Yes: "yes"}"#
    );
    assert_eq!(
        checked.at(checked.value("B", "Tags.0.Value").at),
        "stack.yaml:6:102 \"Value\":\"v\""
    );
}

#[test]
fn templates_are_recognised_by_their_text() {
    let yes = [
        ("a.yaml", "AWSTemplateFormatVersion: '2010-09-09'\n"),
        ("a.yml", "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"),
        ("a.json", r#"{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}"#),
        ("a.template", "'Resources':\n  B: { Type: 'AWS::S3::Bucket' }\n"),
        ("a.yaml", "Resources:\n  B:\n    Type: Custom::Thing\n"),
        (
            "a.json",
            "\u{feff}{\"Resources\": {\"B\": {\"Type\": \"AWS::S3::Bucket\"}}}",
        ),
        (
            "a.yaml",
            "--- # all of it is indented\n\n  AWSTemplateFormatVersion: '2010-09-09'\n",
        ),
    ];
    let no = [
        ("a.tf", "AWSTemplateFormatVersion: '2010-09-09'\n"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nResources:\n  Type: x\n"),
        ("a.yaml", "text: |\n  AWSTemplateFormatVersion: x\n"),
        ("a.json", r#"{"Resources": {"B": {"Type": "x::y"}}}"#),
        ("a.yaml", ""),
        // What CodeDeploy is to deploy.
        (
            "appspec.yaml",
            "version: 0.0\nResources:\n  - Service:\n      Type: AWS::ECS::Service\n",
        ),
        (
            "appspec.json",
            r#"{"Resources": [{"S": {"Type": "AWS::ECS::Service"}}]}"#,
        ),
    ];
    for (path, text) in yes {
        assert!(is_template(path, text), "{path}: {text}");
    }
    for (path, text) in no {
        assert!(!is_template(path, text), "{path}: {text}");
    }
}

#[test]
fn quoted_texts_may_go_on_with_little_indentation() {
    let text = "Outputs:\n  A:\n    Value: 'one\n  two\n  three'\nResources:\n  B: { Type: AWS::S3::Bucket, Properties: { V: 1 } }\n";
    let checked = reading(Tree(&[]), text, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(checked.at(checked.value("B", "V").at), "stack.yaml:7:45 V: 1");
}

#[test]
fn marks_of_byte_order_and_carriage_returns_do_no_harm() {
    let text = "\u{feff}Resources:\r\n  B:\r\n    Type: AWS::S3::Bucket\r\n    Properties:\r\n      V: é1\r\n      W: two\r\n";
    let checked = reading(Tree(&[]), text, &[]);
    assert_eq!(checked.problems(), Vec::<String>::new());
    assert_eq!(checked.at(checked.value("B", "V").at), "stack.yaml:5:7 V: é1");
    assert_eq!(checked.at(checked.value("B", "W").set), "stack.yaml:6:10 two");
}
