//! Connectors of SAM become the policies and permissions that they stand for.

use super::support::{Checked, Tree, reading, shown};

fn sam(template: &str) -> Checked {
    reading(
        Tree(&[]),
        &format!("Transform: AWS::Serverless-2016-10-31\n{template}"),
        &[],
    )
}

/// Ends of all kinds.
const ENDS: &str = r#"
Conditions: { Never: !Equals [a, b] }
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { InlineCode: x, Handler: h, Runtime: r } }
  G: { Type: AWS::Lambda::Function, Properties: { Role: !GetAtt R.Arn, Code: { ZipFile: x } } }
  Fixed: { Type: AWS::Lambda::Function, Properties: { Role: "arn:aws:iam::1:role/r", Code: { ZipFile: x } } }
  R: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: {} } }
  B: { Type: AWS::S3::Bucket }
  Q: { Type: AWS::SQS::Queue }
  T: { Type: AWS::SNS::Topic }
  D: { Type: AWS::Serverless::SimpleTable }
  M: { Type: AWS::Serverless::StateMachine, Properties: { Definition: {} } }
  A: { Type: AWS::Serverless::HttpApi }
  E: { Type: AWS::Events::Rule, Properties: { Targets: [ { Arn: !Ref M, RoleArn: !GetAtt R.Arn, Id: x } ] } }
"#;

/// What a connector between two ends of the template adds: ids and kinds, and problems.
fn added(connector: &str) -> (Checked, Vec<String>) {
    let without = sam(ENDS).addresses();
    let checked = sam(&format!(
        "{ENDS}  C:\n    Type: AWS::Serverless::Connector\n    {connector}\n"
    ));
    let all = checked.addresses();
    let added = all.into_iter().filter(|address| !without.contains(address));
    let added = added.collect();
    (checked, added)
}

#[test]
fn a_connector_gives_the_role_of_an_end_a_policy() {
    let cases = [
        (
            "{ Id: F }",
            "{ Id: B }",
            "[Read]",
            r#"["FRole"]"#,
            r#"[{Action: ["s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectTorrent", "s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTorrent", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions", "s3:ListMultipartUploadParts"], Effect: "Allow", Resource: ["arn:aws:s3:::B", "arn:aws:s3:::B/*"]}]"#,
        ),
        (
            "{ Id: Q }",
            "{ Id: G }",
            "[Write, Read]",
            r#"["R"]"#,
            r#"[{Action: ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"], Effect: "Allow", Resource: ["arn:aws:sqs:REGION:ACCOUNT:Q"]}, {Action: ["sqs:DeleteMessage"], Effect: "Allow", Resource: ["arn:aws:sqs:REGION:ACCOUNT:Q"]}]"#,
        ),
        (
            "{ Id: M }",
            "{ Id: G }",
            "[Write]",
            r#"["MRole"]"#,
            r#"[{Action: ["lambda:InvokeAsync", "lambda:InvokeFunction"], Effect: "Allow", Resource: ["arn:aws:lambda:REGION:ACCOUNT:function:G"]}]"#,
        ),
        (
            "{ Id: E }",
            "{ Id: M }",
            "[Write]",
            r#"["R"]"#,
            r#"[{Action: ["states:StartExecution"], Effect: "Allow", Resource: ["M"]}]"#,
        ),
        (
            "{ Type: AWS::Serverless::Function, RoleName: !Ref R }",
            "{ Type: AWS::SNS::Topic, Arn: 'arn:aws:sns:x:1:t' }",
            "[Write]",
            r#"["R"]"#,
            r#"[{Action: ["sns:Publish"], Effect: "Allow", Resource: ["arn:aws:sns:x:1:t"]}]"#,
        ),
    ];
    for (source, destination, permissions, roles, statements) in cases {
        let (checked, added) = added(&format!(
            "Properties: {{ Source: {source}, Destination: {destination}, Permissions: {permissions} }}"
        ));
        assert_eq!(checked.problems(), Vec::<String>::new(), "{source} {destination}");
        assert_eq!(
            added,
            ["CPolicy AWS::IAM::ManagedPolicy"],
            "{source} {destination}"
        );
        assert_eq!(shown(checked.value("CPolicy", "Roles")), roles);
        assert_eq!(
            shown(checked.value("CPolicy", "PolicyDocument.Statement")),
            statements
        );
        assert_eq!(
            checked.at(Some(checked.block("CPolicy").head)),
            "stack.yaml:16:3 C"
        );
    }
}

#[test]
fn a_connector_lets_a_service_in_on_behalf_of_its_source() {
    let arn = "arn:aws:execute-api:REGION:ACCOUNT";
    let cases = [
        (
            "{ Id: B }",
            "{ Id: F }",
            "CWriteLambdaPermission AWS::Lambda::Permission",
            r#"{Action: "lambda:InvokeFunction", FunctionName: "arn:aws:lambda:REGION:ACCOUNT:function:F", Principal: "s3.amazonaws.com", SourceAccount: "ACCOUNT", SourceArn: "arn:aws:s3:::B"}"#.to_owned(),
        ),
        (
            "{ Id: A, Qualifier: 'dev/GET/x' }",
            "{ Id: F }",
            "CWriteLambdaPermission AWS::Lambda::Permission",
            format!(r#"{{Action: "lambda:InvokeFunction", FunctionName: "arn:aws:lambda:REGION:ACCOUNT:function:F", Principal: "apigateway.amazonaws.com", SourceArn: "{arn}:A/dev/GET/x"}}"#),
        ),
        (
            "{ Id: T }",
            "{ Id: Q }",
            "CQueuePolicy AWS::SQS::QueuePolicy",
            r#"{PolicyDocument: {Statement: [{Action: "sqs:SendMessage", Condition: {ArnEquals: {aws:SourceArn: "T"}}, Effect: "Allow", Principal: {Service: "sns.amazonaws.com"}, Resource: "arn:aws:sqs:REGION:ACCOUNT:Q"}], Version: "2012-10-17"}, Queues: ["Q"]}"#.to_owned(),
        ),
        (
            "{ Id: E }",
            "{ Id: T }",
            "CTopicPolicy AWS::SNS::TopicPolicy",
            r#"{PolicyDocument: {Statement: [{Action: "sns:Publish", Condition: {ArnEquals: {aws:SourceArn: ?(`E.Arn` is known only after deployment)}}, Effect: "Allow", Principal: {Service: "events.amazonaws.com"}, Resource: "T"}], Version: "2012-10-17"}, Topics: ["T"]}"#.to_owned(),
        ),
    ];
    for (source, destination, made, body) in cases {
        let (checked, added) = added(&format!(
            "Properties: {{ Source: {source}, Destination: {destination}, Permissions: [Write] }}"
        ));
        assert_eq!(checked.problems(), Vec::<String>::new(), "{source} {destination}");
        assert_eq!(added, [made], "{source} {destination}");
        let id = made.split(' ').next().unwrap_or_default();
        assert_eq!(checked.body(id), body);
    }
}

#[test]
fn connectors_within_resources_and_of_several_destinations_are_made() {
    let checked = sam(r#"
Conditions: { Never: !Equals [a, b] }
Resources:
  F:
    Type: AWS::Serverless::Function
    Connectors:
      Store: { Properties: { Destination: [ { Id: B }, { Id: C } ], Permissions: [Write] } }
      Left: { Condition: Never, Properties: { Destination: { Id: B }, Permissions: [Read] } }
    Properties: { InlineCode: x, Handler: h, Runtime: r }
  B: { Type: AWS::S3::Bucket }
  C: { Type: AWS::S3::Bucket }
  A:
    Type: AWS::Serverless::Api
    Connectors:
      Call: { Properties: { SourceReference: { Qualifier: "Prod/GET/x" }, Destination: { Id: F }, Permissions: [Write] } }
    Properties: { StageName: Prod }
"#);
    assert_eq!(checked.problems(), Vec::<String>::new());
    let policies = checked.addresses();
    let made: Vec<&String> = policies
        .iter()
        .filter(|address| address.contains("Policy") || address.contains("Permission"))
        .collect();
    assert_eq!(
        made,
        [
            "ACallWriteLambdaPermission AWS::Lambda::Permission",
            "FStorePolicyDestination0 AWS::IAM::ManagedPolicy",
            "FStorePolicyDestination1 AWS::IAM::ManagedPolicy",
        ]
    );
    let resource = checked.value(
        "FStorePolicyDestination1",
        "PolicyDocument.Statement.0.Resource.1",
    );
    assert_eq!(shown(resource), r#""arn:aws:s3:::C/*""#);
    assert_eq!(
        shown(checked.value("ACallWriteLambdaPermission", "SourceArn")),
        r#""arn:aws:execute-api:REGION:ACCOUNT:A/Prod/GET/x""#
    );
}

#[test]
fn what_a_connector_cannot_make_is_told() {
    let cases = [
        (
            "Properties: { Source: { Id: F }, Permissions: [Read] }",
            "has no destination",
        ),
        (
            "Properties: { Destination: { Id: F }, Permissions: [Read] }",
            "has no source",
        ),
        (
            "Properties: { Source: { Id: F }, Destination: { Id: B } }",
            "has no list of permissions",
        ),
        (
            "Properties: { Source: { Id: F }, Destination: { Id: B }, Permissions: [!Ref X] }",
            "has permissions that are not known",
        ),
        (
            "Properties: { Source: { Id: B }, Destination: { Id: Q }, Permissions: [Write] }",
            "from `AWS::S3::Bucket` to `AWS::SQS::Queue` is not known",
        ),
        (
            "Properties: { Source: { Id: F }, Destination: { Id: T }, Permissions: [Read] }",
            "from `AWS::Lambda::Function` to `AWS::SNS::Topic` gives only `Write`",
        ),
        (
            "Properties: { Source: { Id: Q }, Destination: { Id: F }, Permissions: [Read] }",
            "from `AWS::SQS::Queue` to `AWS::Lambda::Function` gives only `Read Write`",
        ),
        (
            "Properties: { Source: { Id: Fixed }, Destination: { Id: B }, Permissions: [Read] }",
            "has a source of which the role is not known",
        ),
        (
            "Properties: { Source: { Id: Gone }, Destination: { Id: B }, Permissions: [Read] }",
            "means `Gone`, which is no resource",
        ),
        (
            "Properties: { Source: { Arn: x }, Destination: { Id: B }, Permissions: [Read] }",
            "has an end without an `Id` or a `Type`",
        ),
    ];
    for (connector, expected) in cases {
        let (checked, added) = added(connector);
        assert_eq!(
            checked.problems(),
            [format!("stack.yaml:16:3: error: connector `C` {expected}")],
            "{connector}"
        );
        assert_eq!(added, Vec::<String>::new(), "{connector}");
    }
}
