//! SAM: what its resources stand for, and where that stands.

use super::support::{Checked, Tree, reading};

fn sam(resources: &str) -> Checked {
    let template = format!("Transform: AWS::Serverless-2016-10-31\n{resources}");
    reading(Tree(&[]), &template, &[])
}

#[test]
fn definitions_of_apis_are_read_from_files_of_the_tree() {
    let tree = Tree(&[
        ("api.yaml", "paths:\n  /a: { get: {} }\n"),
        ("broken.yaml", "paths: ["),
        ("several.yaml", "a: 1\n---\nb: 2\n"),
    ]);
    let template = r#"
Transform: AWS::Serverless-2016-10-31
Parameters: { File: { Type: String, Default: api.yaml } }
Resources:
  Read: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: ./api.yaml } }
  Rest: { Type: AWS::Serverless::Api, Properties: { StageName: s, DefinitionUri: !Ref File } }
  Broken: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: broken.yaml } }
  Several: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: several.yaml } }
  Gone: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: gone.yaml } }
  Outside: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: ../../api.yaml } }
  Remote: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: s3://apis/api.yaml } }
"#;
    let checked = reading(tree, template, &[]);
    for (address, expected) in [
        ("Read", "Body: {paths: {/a: {get: {}}}}"),
        ("Rest", "Body: {paths: {/a: {get: {}}}}"),
        ("Broken", "BodyS3Location: {Bucket: ?("),
        ("Several", "BodyS3Location: {Bucket: ?("),
        ("Gone", "BodyS3Location: {Bucket: ?("),
        ("Outside", "BodyS3Location: {Bucket: ?("),
        ("Remote", "BodyS3Location: {Bucket: \"apis\""),
    ] {
        let body = checked.body(address);
        assert!(body.contains(expected), "{address}: {body}");
    }
    assert_eq!(
        checked.at(checked.value("Read", "Body.paths").set),
        "api.yaml:2:3 /a: { get: {} }"
    );
}

#[test]
fn a_function_has_a_role_with_its_policies() {
    let checked = sam(r#"
Globals:
  Function:
    Runtime: python3.12
    Tags: { team: a }
    Environment: { Variables: { LEVEL: info, MODE: x } }
    Layers: [one]
Parameters: { Stage: { Type: String } }
Conditions: { Live: !Equals [!Ref Stage, live] }
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: s3://code/app.zip
      Tracing: Active
      Layers: [two]
      Environment: { Variables: { LEVEL: debug } }
      VpcConfig: { SubnetIds: [s], SecurityGroupIds: [g] }
      DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt Dead.Arn }
      Policies:
      - AmazonS3ReadOnlyAccess
      - arn:aws:iam::1:policy/own
      - !If [Live, AdministratorAccess, !Ref AWS::NoValue]
      - Version: "2012-10-17"
        Statement: [{ Effect: Allow, Action: "*", Resource: "*" }]
      - SQSSendMessagePolicy: { QueueName: !GetAtt Dead.QueueName }
      - S3WritePolicy: { BucketName: data }
      - MadeUpPolicy: {}
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead } }
"#);
    let addresses = [
        "Dead AWS::SQS::Queue",
        "Work AWS::Lambda::Function",
        "WorkRole AWS::IAM::Role",
    ];
    assert_eq!(checked.addresses(), addresses);
    assert_eq!(
        checked.body("Work"),
        r#"{Arn: "arn:aws:lambda:REGION:ACCOUNT:function:Work", Code: {S3Bucket: "code", S3Key: "app.zip"}, "#
            .to_owned()
            + r#"DeadLetterConfig: {TargetArn: "arn:aws:sqs:REGION:ACCOUNT:dead"}, "#
            + r#"Environment: {Variables: {LEVEL: "debug", MODE: "x"}}, Handler: "app.handler", Layers: ["one", "two"], "#
            + r#"Role: "arn:aws:iam::ACCOUNT:role/WorkRole", Runtime: "python3.12", "#
            + r#"Tags: [{Key: "lambda:createdBy", Value: "SAM"}, {Key: "team", Value: "a"}], TracingConfig: {Mode: "Active"}, "#
            + r#"VpcConfig: {SecurityGroupIds: ["g"], SubnetIds: ["s"]}}"#
    );
    let managed: Vec<String> = (0..6)
        .map(|index| super::support::shown(checked.value("WorkRole", &format!("ManagedPolicyArns.{index}"))))
        .collect();
    let condition = "condition `Live` is not known: parameter `Stage` has no default";
    assert_eq!(
        managed,
        [
            r#""arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole""#,
            r#""arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess""#,
            r#""arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole""#,
            r#""arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess""#,
            r#""arn:aws:iam::1:policy/own""#,
            &format!("?({condition})"),
        ]
    );
    let documents = [
        r#"{Statement: [{Action: "*", Effect: "Allow", Resource: "*"}], Version: "2012-10-17"}"#,
        r#"{Statement: [{Action: ["sqs:SendMessage*"], Effect: "Allow", Resource: ["arn:aws:sqs:REGION:ACCOUNT:dead"]}]}"#,
        r#"{Statement: [{Action: ["s3:PutObject", "s3:PutObjectAcl", "s3:PutLifecycleConfiguration"], Effect: "Allow", Resource: ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]}]}"#,
        "?(policy template `MadeUpPolicy` is not known)",
        r#"{Statement: [{Action: ["sqs:SendMessage"], Effect: "Allow", Resource: "arn:aws:sqs:REGION:ACCOUNT:dead"}], Version: "2012-10-17"}"#,
    ];
    for (index, expected) in documents.into_iter().enumerate() {
        let document = checked.value("WorkRole", &format!("Policies.{index}.PolicyDocument"));
        assert_eq!(super::support::shown(document), expected);
    }
    let admin = checked.value("WorkRole", "Policies.0.PolicyDocument.Statement.0.Action");
    assert_eq!(checked.at(admin.set), r#"stack.yaml:27:46 "*""#);
    assert_eq!(
        checked.at(checked.value("Work", "TracingConfig").at),
        "stack.yaml:17:7 Tracing: Active"
    );
    assert_eq!(
        checked.at(checked.value("Work", "Runtime").set),
        "stack.yaml:5:14 python3.12"
    );
    assert_eq!(
        checked.problems(),
        ["stack.yaml:30:9: error: policy template `MadeUpPolicy` is not known"]
    );
}

#[test]
fn events_give_permissions_rules_and_mappings() {
    let checked = sam(r#"
Resources:
  F:
    Type: AWS::Serverless::Function
    Condition: Never
    Properties:
      InlineCode: x
      Events:
        Web: { Type: Api, Properties: { Path: /, Method: get } }
        New: { Type: HttpApi }
        Drop: { Type: S3, Properties: { Bucket: !Ref B, Events: "s3:ObjectCreated:*" } }
        Told: { Type: SNS, Properties: { Topic: "arn:aws:sns:eu-west-1:1:t" } }
        Daily: { Type: Schedule, Properties: { Schedule: rate(1 day), Enabled: false } }
        Often: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 hour) } }
        Jobs: { Type: SQS, Properties: { Queue: "arn:aws:sqs:eu-west-1:1:q", BatchSize: 5 } }
        Odd: { Type: Carrier }
  B: { Type: AWS::S3::Bucket }
Conditions: { Never: !Equals [!Ref AWS::Region, x] }
"#);
    let expected = [
        "B AWS::S3::Bucket",
        "F AWS::Lambda::Function",
        "FDaily AWS::Events::Rule",
        "FDailyPermission AWS::Lambda::Permission",
        "FDropPermission AWS::Lambda::Permission",
        "FJobs AWS::Lambda::EventSourceMapping",
        "FNewIntegration AWS::ApiGatewayV2::Integration",
        "FNewPermission AWS::Lambda::Permission",
        "FNewRoute AWS::ApiGatewayV2::Route",
        "FOften AWS::Scheduler::Schedule",
        "FOftenRole AWS::IAM::Role",
        "FRole AWS::IAM::Role",
        "FTold AWS::SNS::Subscription",
        "FToldPermission AWS::Lambda::Permission",
        "FWebMethod AWS::ApiGateway::Method",
        "FWebPermissionProd AWS::Lambda::Permission",
        "FWebResource AWS::ApiGateway::Resource",
        "ServerlessHttpApi AWS::ApiGatewayV2::Api",
        "ServerlessHttpApiApiGatewayDefaultStage AWS::ApiGatewayV2::Stage",
        "ServerlessRestApi AWS::ApiGateway::RestApi",
        "ServerlessRestApiDeployment AWS::ApiGateway::Deployment",
        "ServerlessRestApiProdStage AWS::ApiGateway::Stage",
    ];
    assert_eq!(checked.addresses(), expected);
    assert!(checked.block("FDailyPermission").perhaps.is_some());
    let cases = [
        (
            "FDropPermission",
            r#"{Action: "lambda:InvokeFunction", FunctionName: "F", Principal: "s3.amazonaws.com", SourceAccount: "ACCOUNT"}"#,
        ),
        (
            "FToldPermission",
            r#"{Action: "lambda:InvokeFunction", FunctionName: "F", Principal: "sns.amazonaws.com", SourceArn: "arn:aws:sns:eu-west-1:1:t"}"#,
        ),
        (
            "FJobs",
            r#"{BatchSize: 5, EventSourceArn: "arn:aws:sqs:eu-west-1:1:q", FunctionName: "F"}"#,
        ),
        (
            "FWebPermissionProd",
            r#"{Action: "lambda:InvokeFunction", FunctionName: "F", Principal: "apigateway.amazonaws.com", SourceArn: "arn:aws:execute-api:REGION:ACCOUNT:ServerlessRestApi/*/GET/"}"#,
        ),
    ];
    for (address, body) in cases {
        assert_eq!(checked.body(address), body, "{address}");
    }
    assert_eq!(
        super::support::shown(checked.value("FDaily", "State")),
        r#""DISABLED""#
    );
    assert_eq!(
        checked.at(Some(checked.block("FDropPermission").head)),
        "stack.yaml:12:9 Drop"
    );
    assert_eq!(
        checked.problems(),
        ["stack.yaml:17:9: error: event of kind `Carrier` is not known"]
    );
}

#[test]
fn a_method_of_an_event_is_free_only_where_nobody_speaks_of_callers() {
    let free = [
        ("", "{ Path: /, Method: get }", "{}"),
        (
            "",
            "{ Path: /, Method: get, RestApiId: !Ref A }",
            "{ StageName: s }",
        ),
        (
            "Api: { Auth: { DefaultAuthorizer: AWS_IAM } }",
            "{ Path: /, Method: get, Auth: { Authorizer: NONE } }",
            "{}",
        ),
    ];
    let guarded = [
        (
            "Api: { Auth: { DefaultAuthorizer: AWS_IAM } }",
            "{ Path: /, Method: get }",
            "{}",
        ),
        (
            "",
            "{ Path: /, Method: get, Auth: { ApiKeyRequired: true } }",
            "{}",
        ),
        (
            "",
            "{ Path: /, Method: get, RestApiId: !Ref A }",
            "{ Auth: { DefaultAuthorizer: AWS_IAM } }",
        ),
        (
            "",
            "{ Path: /, Method: get, RestApiId: !Ref A }",
            "{ DefinitionUri: a.yaml }",
        ),
        ("", "{ Path: /, Method: get, RestApiId: !Ref Elsewhere }", "{}"),
    ];
    let cases = free.map(|case| (case, true)).into_iter();
    for ((globals, event, api), is_free) in cases.chain(guarded.map(|case| (case, false))) {
        let checked = sam(&format!(
            "Globals: {{ {globals} }}\nParameters: {{ Elsewhere: {{ Type: String }} }}\nResources:\n  \
             A: {{ Type: AWS::Serverless::Api, Properties: {api} }}\n  \
             F:\n    Type: AWS::Serverless::Function\n    Properties: {{ InlineCode: x, Events: {{ E: {{ Type: Api, Properties: {event} }} }} }}\n"
        ));
        let found = super::support::shown(checked.value("FEMethod", "AuthorizationType"));
        assert_eq!(found == r#""NONE""#, is_free, "{globals} {event} {api}: {found}");
    }
}

#[test]
fn a_function_url_without_authentication_is_open_to_all() {
    let function = |auth: &str| {
        sam(&format!(
            "Parameters: {{ Auth: {{ Type: String, Default: NONE }} }}\nResources:\n  F:\n    \
             Type: AWS::Serverless::Function\n    Properties:\n      Role: r\n      InlineCode: x\n      \
             FunctionUrlConfig: {{ AuthType: {auth} }}\n"
        ))
    };
    for (auth, principal) in [("NONE", Some(r#""*""#)), ("!Ref Auth", None), ("AWS_IAM", None)] {
        let checked = function(auth);
        let addresses = checked.addresses();
        assert!(addresses.contains(&"FUrl AWS::Lambda::Url".to_owned()), "{auth}");
        assert_eq!(
            addresses.len(),
            if principal.is_some() { 4 } else { 2 },
            "{auth}: {addresses:?}"
        );
        if let Some(principal) = principal {
            let found = checked.value("FUrlPublicPermissions", "Principal");
            assert_eq!(super::support::shown(found), principal, "{auth}");
            assert!(
                checked.at(found.at).starts_with("stack.yaml:9:28 AuthType"),
                "{auth}"
            );
        }
    }
}

#[test]
fn other_resources_become_those_of_cloudformation() {
    let checked = reading(
        Tree(&[("child.yaml", "Resources:\n  B: { Type: AWS::S3::Bucket }\n")]),
        r#"
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties: { PrimaryKey: { Name: key, Type: Number }, SSESpecification: { SSEEnabled: true } }
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: ./layer }
  Api:
    Type: AWS::Serverless::Api
    Properties: { StageName: live, TracingEnabled: true, EndpointConfiguration: REGIONAL }
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Logging: { Level: ALL }
      Events: { At: { Type: Schedule, Properties: { Schedule: rate(1 day) } } }
  App:
    Type: AWS::Serverless::Application
    Properties: { Location: child.yaml }
  Odd:
    Type: AWS::Serverless::Connector
"#,
        &[],
    );
    let expected = [
        "Api AWS::ApiGateway::RestApi",
        "ApiDeployment AWS::ApiGateway::Deployment",
        "ApiliveStage AWS::ApiGateway::Stage",
        "App AWS::CloudFormation::Stack",
        "App/B AWS::S3::Bucket",
        "Layer AWS::Lambda::LayerVersion",
        "Machine AWS::StepFunctions::StateMachine",
        "MachineAt AWS::Events::Rule",
        "MachineAtRole AWS::IAM::Role",
        "MachineRole AWS::IAM::Role",
        "Table AWS::DynamoDB::Table",
    ];
    assert_eq!(checked.addresses(), expected);
    assert_eq!(
        checked.body("Table"),
        r#"{AttributeDefinitions: [{AttributeName: "key", AttributeType: "N"}], BillingMode: "PAY_PER_REQUEST", "#.to_owned()
            + r#"KeySchema: [{AttributeName: "key", KeyType: "HASH"}], SSESpecification: {SSEEnabled: true}}"#
    );
    assert_eq!(
        checked.body("Layer"),
        r#"{Content: {S3Bucket: ?(it is packaged before deployment), S3Key: ?(it is packaged before deployment)}, LayerName: "Layer"}"#
    );
    let endpoint = checked.value("Api", "EndpointConfiguration.Types.0");
    assert_eq!(super::support::shown(endpoint), r#""REGIONAL""#);
    let started = checked.value("MachineAtRole", "Policies.0.PolicyDocument.Statement.0.Action.0");
    assert_eq!(super::support::shown(started), r#""states:StartExecution""#);
    assert_eq!(
        checked.problems(),
        ["stack.yaml:21:3: error: connector `Odd` has no destination"]
    );
}

#[test]
fn an_alias_is_what_events_call() {
    let checked = sam(r#"
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: { Role: r, InlineCode: x, AutoPublishAlias: live, Events: { T: { Type: SNS, Properties: { Topic: t } } } }
Outputs:
  Version: { Value: !Ref F.Version }
"#);
    let expected = [
        "F AWS::Lambda::Function",
        "FAliaslive AWS::Lambda::Alias",
        "FT AWS::SNS::Subscription",
        "FTPermission AWS::Lambda::Permission",
        "FVersion AWS::Lambda::Version",
    ];
    assert_eq!(checked.addresses(), expected);
    let called = checked.value("FTPermission", "FunctionName");
    assert_eq!(super::support::shown(called), r#""FAliaslive""#);
}

#[test]
fn a_role_that_may_come_to_nothing_is_made() {
    for (condition, role, perhaps) in [
        ("!Equals [a, a]", r#""given""#, None),
        (
            "!Equals [a, b]",
            r#""arn:aws:iam::ACCOUNT:role/FRole""#,
            Some(false),
        ),
        (
            "!Equals [!Ref P, b]",
            "?(condition `C` is not known: parameter `P` has no default)",
            Some(true),
        ),
    ] {
        let checked = sam(&format!(
            "Parameters: {{ P: {{ Type: String }} }}\nConditions: {{ C: {condition} }}\nResources:\n  F:\n    Type: \
             AWS::Serverless::Function\n    Properties: {{ InlineCode: x, Role: !If [C, given, !Ref AWS::NoValue] }}\n"
        ));
        assert_eq!(
            super::support::shown(checked.value("F", "Role")),
            role,
            "{condition}"
        );
        let made = checked
            .reading
            .stack
            .blocks
            .iter()
            .find(|block| block.address == "FRole");
        assert_eq!(made.map(|made| made.perhaps.is_some()), perhaps, "{condition}");
        assert_eq!(checked.problems(), Vec::<String>::new());
    }
}

#[test]
fn an_api_is_there_when_any_that_asks_for_it_is() {
    let api = |first: &str, second: &str| {
        let function = |id: &str, condition: &str| {
            format!(
                "  {id}:\n    Type: AWS::Serverless::Function\n    Condition: {condition}\n    Properties: {{ Role: r, \
                 InlineCode: x, Events: {{ E: {{ Type: HttpApi }} }} }}\n"
            )
        };
        let checked = sam(&format!(
            "Parameters: {{ P: {{ Type: String }} }}\nConditions: {{ Yes: !Equals [a, a], No: !Equals [a, b], Maybe: \
             !Equals [!Ref P, b] }}\nResources:\n{}{}",
            function("A", first),
            function("B", second)
        ));
        let found = checked
            .reading
            .stack
            .blocks
            .iter()
            .find(|block| block.address == "ServerlessHttpApi");
        found.map(|api| api.perhaps.is_some())
    };
    assert_eq!(api("No", "No"), None);
    assert_eq!(api("No", "Yes"), Some(false));
    assert_eq!(api("Maybe", "No"), Some(true));
    assert_eq!(api("Maybe", "Yes"), Some(false));
}

#[test]
fn defaults_can_be_ignored() {
    let function = |ignored: &str| {
        sam(&format!(
            "Globals: {{ Function: {{ Timeout: 3, MemorySize: 128 }} }}\nResources:\n  F:\n    Type: \
             AWS::Serverless::Function\n    IgnoreGlobals: {ignored}\n    Properties: {{ Role: r, InlineCode: x }}\n"
        ))
    };
    for (ignored, expected) in [
        ("'*'", [false, false]),
        ("[Timeout]", [false, true]),
        ("[]", [true, true]),
    ] {
        let checked = function(ignored);
        let body = &checked.block("F").body;
        let found = ["Timeout", "MemorySize"].map(|name| body.get(name).is_some());
        assert_eq!(found, expected, "{ignored}");
    }
}

#[test]
fn a_topic_can_reach_a_function_through_a_queue() {
    let checked = sam(r#"
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Role: r
      InlineCode: x
      Events: { T: { Type: SNS, Properties: { Topic: topic, SqsSubscription: true } } }
"#);
    let expected = [
        "F AWS::Lambda::Function",
        "FT AWS::SNS::Subscription",
        "FTEventSourceMapping AWS::Lambda::EventSourceMapping",
        "FTQueue AWS::SQS::Queue",
        "FTQueuePolicy AWS::SQS::QueuePolicy",
    ];
    assert_eq!(checked.addresses(), expected);
    assert_eq!(
        checked.body("FT"),
        r#"{Endpoint: "arn:aws:sqs:REGION:ACCOUNT:FTQueue", Protocol: "sqs", TopicArn: "topic"}"#
    );
}
