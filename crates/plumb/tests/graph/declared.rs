//! What the graph finds in code alone: how requests from the internet come to what code declares.

use crate::{Folder, text_with};

/// A network with a public and a private subnet, a group that is open on HTTPS, and an instance; `instance` are arguments of
/// it, `subnet` of the public subnet, `vpc` of the network.
fn machine(instance: &str, subnet: &str, vpc: &str) -> String {
    network(subnet, vpc)
        + &format!(
            r#"
resource "aws_instance" "i" {{
  ami = "ami-1"
  instance_type = "t3.micro"
  vpc_security_group_ids = [aws_security_group.open.id]
  {instance}
}}
"#
        )
}

/// A network with a public and a private subnet and a group that is open on HTTPS.
pub(crate) fn network(subnet: &str, vpc: &str) -> String {
    format!(
        r#"
provider "aws" {{ region = "eu-west-1" }}
resource "aws_vpc" "v" {{
  cidr_block = "10.0.0.0/16"
  {vpc}
}}
resource "aws_internet_gateway" "g" {{ vpc_id = aws_vpc.v.id }}
resource "aws_route_table" "public" {{
  vpc_id = aws_vpc.v.id
  route {{
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.g.id
  }}
  route {{
    ipv6_cidr_block = "::/0"
    gateway_id = aws_internet_gateway.g.id
  }}
}}
resource "aws_subnet" "public" {{
  vpc_id = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
  {subnet}
}}
resource "aws_subnet" "private" {{
  vpc_id = aws_vpc.v.id
  cidr_block = "10.0.2.0/24"
}}
resource "aws_route_table_association" "public" {{
  subnet_id = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}}
resource "aws_security_group" "open" {{
  vpc_id = aws_vpc.v.id
  ingress {{
    from_port = 443
    to_port = 443
    protocol = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }}
  egress {{
    from_port = 0
    to_port = 0
    protocol = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}
"#
    )
}

/// What a question about code is answered.
pub(crate) fn answer(name: &str, file: &str, code: &str, question: &[&str]) -> String {
    let tree = Folder::new(&format!("declared-{name}"));
    tree.file(file, code);
    text_with(0, &[question, &["--code", &tree.path("")]].concat())
}

#[test]
fn an_instance_is_reached_at_the_ipv6_address_that_it_or_its_subnet_asks_for() {
    let generated = "assign_generated_ipv6_cidr_block = true";
    let block = "ipv6_cidr_block = cidrsubnet(aws_vpc.v.ipv6_cidr_block, 8, 1)";
    let on_creation = format!("{block}\n  assign_ipv6_address_on_creation = true");
    let public = "subnet_id = aws_subnet.public.id";
    let cases = [
        (
            "subnet",
            public.to_owned(),
            on_creation.as_str(),
            "FROM ANY ADDRESS",
        ),
        (
            "count",
            format!("{public}\n  ipv6_address_count = 1"),
            block,
            "FROM ANY ADDRESS",
        ),
        (
            "none",
            format!("{public}\n  ipv6_address_count = 0"),
            &on_creation,
            "0 resources",
        ),
        ("silent", public.to_owned(), block, "0 resources"),
        (
            "private",
            "subnet_id = aws_subnet.private.id".to_owned(),
            &on_creation,
            "0 resources",
        ),
        (
            "unknown",
            format!("{public}\n  ipv6_addresses = [cidrhost(aws_subnet.public.ipv6_cidr_block, 9)]"),
            block,
            "NOT KNOWN",
        ),
    ];
    for (name, instance, subnet, expected) in cases {
        let found = answer(
            name,
            "main.tf",
            &machine(&instance, subnet, generated),
            &["exposure"],
        );
        assert!(found.contains(expected), "{name}: {found}");
    }
}

#[test]
fn what_weighted_listeners_and_rules_forward_to_is_reached() {
    let behind = |listener: &str| {
        machine("subnet_id = aws_subnet.private.id", "", "")
            + r#"
resource "aws_lb" "l" {
  name = "w"
  subnets = [aws_subnet.public.id]
  security_groups = [aws_security_group.open.id]
}
resource "aws_lb_target_group" "t" {
  port = 443
  protocol = "HTTPS"
  vpc_id = aws_vpc.v.id
}
resource "aws_lb_target_group_attachment" "a" {
  target_group_arn = aws_lb_target_group.t.arn
  target_id = aws_instance.i.id
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.l.arn
  port = 443
  protocol = "HTTPS"
  default_action {
"# + listener
            + "\n}\n"
    };
    let group = |weight: &str| {
        format!(
            "type = \"forward\"\nforward {{\n target_group {{\n arn = aws_lb_target_group.t.arn\n weight = {weight}\n }}\n}}\n"
        )
    };
    let fixed = "type = \"fixed-response\"\nfixed_response {\n content_type = \"text/plain\"\n}\n}\n}\n";
    let rule = |weight: &str| {
        format!(
            "{fixed}resource \"aws_lb_listener_rule\" \"r\" {{\n listener_arn = aws_lb_listener.l.arn\n action {{\n{}",
            group(weight)
        )
    };
    let cases = [
        ("weight", group("1") + "}", true),
        ("no-weight", group("0") + "}", false),
        ("rule", rule("1") + "}", true),
        ("rule-without", rule("0") + "}", false),
    ];
    for (name, listener, expected) in cases {
        let found = answer(name, "main.tf", &behind(&listener), &["exposure"]);
        let is_found =
            found.contains("EC2 instance aws_instance.i") && found.contains("through Load balancer w");
        assert_eq!(is_found, expected, "{name}: {found}");
    }
}

/// A function that reads a bucket of secrets, in Terraform.
const FUNCTION: &str = r#"
provider "aws" { region = "eu-west-1" }
resource "aws_iam_role" "f" {
  name = "f"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}
resource "aws_iam_role_policy" "f" {
  role = aws_iam_role.f.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::customer-pii/*" }] })
}
resource "aws_s3_bucket" "pii" {
  bucket = "customer-pii"
  tags = { data-classification = "restricted" }
}
resource "aws_lambda_function" "a" {
  function_name = "a"
  role = aws_iam_role.f.arn
  runtime = "python3.12"
  handler = "x.y"
  filename = "x.zip"
}
"#;

const PERMISSION: &str = r#"
resource "aws_lambda_permission" "a" {
  function_name = aws_lambda_function.a.function_name
  action = "lambda:InvokeFunction"
  principal = "apigateway.amazonaws.com"
}
"#;

const REST: &str = r#"
resource "aws_api_gateway_rest_api" "r" { name = "r" }
resource "aws_api_gateway_resource" "x" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  parent_id = aws_api_gateway_rest_api.r.root_resource_id
  path_part = "x"
}
resource "aws_api_gateway_method" "m" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  resource_id = aws_api_gateway_resource.x.id
  http_method = "GET"
  authorization = "NONE"
}
resource "aws_api_gateway_integration" "i" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  resource_id = aws_api_gateway_resource.x.id
  http_method = aws_api_gateway_method.m.http_method
  integration_http_method = "POST"
  type = "AWS_PROXY"
  uri = aws_lambda_function.a.invoke_arn
}
"#;

const HTTP: &str = r#"
resource "aws_apigatewayv2_api" "h" {
  name = "h"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_integration" "i" {
  api_id = aws_apigatewayv2_api.h.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.a.invoke_arn
}
resource "aws_apigatewayv2_route" "r" {
  api_id = aws_apigatewayv2_api.h.id
  route_key = "GET /"
  target = "integrations/${aws_apigatewayv2_integration.i.id}"
}
"#;

const QUICK: &str = r#"
resource "aws_apigatewayv2_api" "q" {
  name = "q"
  protocol_type = "HTTP"
  target = aws_lambda_function.a.arn
}
"#;

const TEMPLATE: &str = r#"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }] }
      Policies: [{ PolicyName: p, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::customer-pii/*" }] } }]
  Fn:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: fn, Role: !GetAtt Role.Arn, Runtime: python3.12, Handler: x.y, Code: { ZipFile: "x" } }
  B:
    Type: AWS::S3::Bucket
    Properties: { BucketName: customer-pii, Tags: [{ Key: data-classification, Value: restricted }] }
  Perm:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: !GetAtt Fn.Arn, Action: lambda:InvokeFunction, Principal: apigateway.amazonaws.com }
"#;

const METHOD: &str = r#"
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { Name: r } }
  M:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      Integration: { Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations" }
"#;

const ROUTE: &str = r#"
  Http: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: h, ProtocolType: HTTP } }
  Int: { Type: AWS::ApiGatewayV2::Integration, Properties: { ApiId: !Ref Http, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn, PayloadFormatVersion: "2.0" } }
  Rt: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Http, RouteKey: "GET /", Target: !Sub "integrations/${Int}" } }
"#;

/// A function of SAM with an event of a kind.
fn sam(kind: &str) -> String {
    format!(
        r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      InlineCode: "x"
      Policies:
      - Version: "2012-10-17"
        Statement: [{{ Effect: Allow, Action: "s3:GetObject", Resource: !Sub "${{B.Arn}}/*" }}]
      Events:
        Web: {{ Type: {kind}, Properties: {{ Path: /x, Method: get }} }}
  B:
    Type: AWS::S3::Bucket
    Properties: {{ BucketName: customer-pii, Tags: [{{ Key: data-classification, Value: restricted }}] }}
"#
    )
}

#[test]
fn requests_come_through_apis_to_what_functions_may_read() {
    let terraform = |api: &str| format!("{FUNCTION}{PERMISSION}{api}");
    let template = |api: &str| format!("{TEMPLATE}{api}");
    let cases = [
        ("rest", "main.tf", terraform(REST), true),
        ("http", "main.tf", terraform(HTTP), true),
        ("quick", "main.tf", terraform(QUICK), true),
        ("not-let-in", "main.tf", format!("{FUNCTION}{REST}{HTTP}"), false),
        ("method", "t.yaml", template(METHOD), true),
        ("route", "t.yaml", template(ROUTE), true),
        ("no-api", "t.yaml", template(""), false),
        ("sam-rest", "t.yaml", sam("Api"), true),
        ("sam-http", "t.yaml", sam("HttpApi"), true),
    ];
    for (name, file, code, expected) in cases {
        let found = answer(name, file, &code, &["paths"]);
        let words: Vec<&str> = found.split_whitespace().collect();
        let found = words.join(" ");
        let is_found = found.contains("Lambda function (gets its requests) -> IAM role -> S3 bucket");
        assert_eq!(is_found, expected, "{name}: {found}");
        assert_eq!(found.starts_with("0 attack paths"), !expected, "{name}: {found}");
    }
}

#[test]
fn an_address_in_code_names_what_its_block_declares() {
    let tree = Folder::new("declared-addresses");
    std::fs::create_dir(tree.path("m")).unwrap();
    tree.file(
        "m/main.tf",
        "resource \"aws_s3_bucket\" \"b\" { bucket = \"inner\" }\n",
    );
    // A name beats an address.
    let beside = "module \"m\" { source = \"./m\" }\n\
                  resource \"aws_s3_bucket\" \"odd\" { bucket = \"aws_s3_bucket.pii\" }\n";
    tree.file("main.tf", &format!("{FUNCTION}{beside}"));
    let code = tree.path("");
    let cases = [
        ("module.m.aws_s3_bucket.b", "arn:aws:s3:::inner"),
        (
            "aws_lambda_function.a",
            "arn:aws:lambda:eu-west-1:000000000001:function:a",
        ),
        ("aws_s3_bucket.odd", "arn:aws:s3:::aws_s3_bucket.pii"),
        ("aws_s3_bucket.pii", "arn:aws:s3:::aws_s3_bucket.pii"),
    ];
    for (address, uid) in cases {
        let found = text_with(0, &["exposure", address, "--code", &code]);
        assert_eq!(found.lines().nth(1), Some(uid), "{address}: {found}");
    }
    let request = ["aws_iam_role.f", "s3:GetObject", "module.m.aws_s3_bucket.b"];
    let found = text_with(1, &[&["can"], &request[..], &["--code", &code]].concat());
    assert!(
        found.contains("role/f\n") && found.contains("arn:aws:s3:::inner"),
        "{found}"
    );
    let found = text_with(
        0,
        &[
            "who-can",
            "s3:GetObject",
            "module.m.aws_s3_bucket.b",
            "--code",
            &code,
        ],
    );
    assert!(found.contains("arn:aws:s3:::inner"), "{found}");
}

#[test]
fn changes_of_code_name_resources_by_address() {
    let code = "resource \"aws_s3_bucket\" \"b\" { bucket = \"open\" }\n\
                resource \"aws_s3_bucket_policy\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  policy = jsonencode({ Version = \"2012-10-17\", \
                Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:GetObject\", Resource = \"arn:aws:s3:::open/*\" }] })\n}\n";
    for (number, change, words) in [
        (
            0,
            ["--remove", "aws_s3_bucket.b"],
            "without: statement `0` in `policy` of arn:aws:s3:::open",
        ),
        (
            1,
            ["--remove", "aws_s3_bucket.b#policy statement 0"],
            "without: statement `0` in `policy` of arn:aws:s3:::open",
        ),
        (
            2,
            ["--remove", "internet -[can_read]-> aws_s3_bucket.b"],
            "without: Internet can read S3 bucket open",
        ),
        (
            3,
            ["--fix", "s3-bucket-not-public@aws_s3_bucket.b"],
            "takes away every fact of `arn:aws:s3:::open`",
        ),
        (
            4,
            ["--fix", "CKV2_AWS_6@aws_s3_bucket.b"],
            "of `arn:aws:s3:::open`",
        ),
    ] {
        let question = [&["whatif"], &change[..]].concat();
        let found = answer(&format!("whatif-{number}"), "main.tf", code, &question);
        let flat = found.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{change:?}: {found}");
    }
}

#[test]
fn keys_have_the_policy_that_code_leaves_out_and_the_grants_that_it_makes() {
    let role = |name: &str| {
        format!(
            "resource \"aws_iam_role\" \"{name}\" {{\n name = \"{name}\"\n assume_role_policy = jsonencode({{ Version = \"2012-10-17\", \
             Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ Service = \"ec2.amazonaws.com\" }} }}] }})\n}}\n"
        )
    };
    let code = role("allowed")
        + &role("granted")
        + r#"
resource "aws_iam_role_policy" "allowed" {
  role = aws_iam_role.allowed.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_key" "silent" {}
resource "aws_kms_key" "own" {}
resource "aws_kms_key_policy" "own" {
  key_id = aws_kms_key.own.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "210987654321" }, Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_grant" "g" {
  key_id = aws_kms_key.own.key_id
  grantee_principal = aws_iam_role.granted.arn
  operations = ["Decrypt"]
}
"#;
    let tree = Folder::new("declared-keys");
    tree.file("main.tf", &code);
    let cases = [
        ("allowed", "kms:Decrypt", "silent", 0),
        ("granted", "kms:Decrypt", "silent", 1),
        ("allowed", "kms:Decrypt", "own", 1),
        ("granted", "kms:Decrypt", "own", 0),
        ("granted", "kms:Encrypt", "own", 1),
        ("210987654321", "kms:Decrypt", "own", 0),
        ("210987654321", "kms:CreateGrant", "own", 1),
    ];
    for (who, action, key, status) in cases {
        let key = format!("aws_kms_key.{key}");
        text_with(status, &["can", who, action, &key, "--code", &tree.path("")]);
    }
    let exposed = text_with(0, &["exposure", "--code", &tree.path("")]);
    assert!(
        exposed.contains("KMS key aws_kms_key.own: can read\n"),
        "{exposed}"
    );
}

#[test]
fn what_comes_with_a_network_decides_and_a_network_load_balancer_needs_no_group() {
    let network = r#"
provider "aws" { region = "eu-west-1" }
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "g" { vpc_id = aws_vpc.v.id }
resource "aws_default_route_table" "r" {
  default_route_table_id = aws_vpc.v.default_route_table_id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.g.id
  }
}
resource "aws_subnet" "s" {
  vpc_id = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
}
"#;
    let group = r#"
resource "aws_default_security_group" "d" {
  vpc_id = aws_vpc.v.id
  ingress {
    from_port = 443
    to_port = 443
    protocol = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"#;
    let instance = r#"
resource "aws_instance" "i" {
  ami = "ami-1"
  instance_type = "t3.micro"
  subnet_id = aws_subnet.s.id
  associate_public_ip_address = true
}
"#;
    let balancer = r#"
resource "aws_lb" "l" {
  name = "n"
  load_balancer_type = "network"
  subnets = [aws_subnet.s.id]
}
resource "aws_lb_target_group" "t" {
  port = 443
  protocol = "TCP"
  vpc_id = aws_vpc.v.id
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.l.arn
  port = 8443
  protocol = "TCP"
  default_action {
    type = "forward"
    target_group_arn = aws_lb_target_group.t.arn
  }
}
"#;
    let cases = [
        (
            "own",
            format!("{network}{group}{instance}"),
            Some("EC2 instance aws_instance.i: tcp 443\n"),
        ),
        ("shut", format!("{network}{instance}"), None),
        (
            "balancer",
            format!("{network}{balancer}"),
            Some("Load balancer n: tcp 8443\n"),
        ),
    ];
    for (name, code, expected) in cases {
        let found = answer(&format!("came-{name}"), "main.tf", &code, &["exposure"]);
        match expected {
            Some(expected) => assert!(
                found.contains("FROM ANY ADDRESS: 1") && found.contains(expected),
                "{name}: {found}"
            ),
            None => assert!(found.starts_with("0 resources"), "{name}: {found}"),
        }
    }
}
