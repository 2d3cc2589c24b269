//! What the graph finds in code where several blocks say together how something is reached.

use crate::declared::{answer, network};
use crate::{Folder, text_with};

/// The heading under which a resource stands in the answer to `exposure`, and what is said of it.
fn standing(found: &str, name: &str) -> String {
    let mut heading = "";
    for line in found.lines() {
        let is_heading = line.contains(": ") && line.chars().next().is_some_and(char::is_uppercase);
        match line.split_once(": ") {
            Some((title, _)) if is_heading => heading = title,
            Some((resource, said)) if resource.ends_with(&format!(" {name}")) => {
                return format!("{heading}: {said}");
            }
            Some(_) | None => {}
        }
    }
    "-".to_owned()
}

const INSTANCE: &str =
    "resource \"aws_instance\" \"i\" {\n  ami = \"ami-1\"\n  instance_type = \"t3.micro\"\n";

#[test]
fn an_instance_stands_where_its_interface_does() {
    let interface = "resource \"aws_network_interface\" \"n\" {\n  subnet_id = aws_subnet.public.id\n  security_groups = [aws_security_group.open.id]\n}\n";
    let bare = "resource \"aws_network_interface\" \"n\" {\n  subnet_id = aws_subnet.public.id\n}\n";
    let uses = format!(
        "{INSTANCE}  network_interface {{\n    network_interface_id = aws_network_interface.n.id\n    device_index = 0\n  }}\n}}\n"
    );
    let plain = format!("{INSTANCE}  subnet_id = aws_subnet.private.id\n}}\n");
    let public =
        format!("{INSTANCE}  subnet_id = aws_subnet.public.id\n  associate_public_ip_address = true\n}}\n");
    let attachment = "resource \"aws_network_interface_attachment\" \"a\" {\n  instance_id = aws_instance.i.id\n  \
         network_interface_id = aws_network_interface.n.id\n  device_index = 1\n}\n";
    let address = "resource \"aws_eip\" \"e\" { network_interface = aws_network_interface.n.id }\n";
    let guard = |interface: &str| {
        format!(
            "resource \"aws_network_interface_sg_attachment\" \"s\" {{\n  security_group_id = aws_security_group.open.id\n  \
             network_interface_id = {interface}\n}}\n"
        )
    };
    let any = "FROM ANY ADDRESS: tcp 443";
    let cases = [
        ("own", [interface, &uses, address].concat(), any),
        ("no-address", [interface, &uses].concat(), "-"),
        ("attached", [interface, &plain, attachment, address].concat(), any),
        (
            "attached-later",
            [bare, &uses, address, &guard("aws_network_interface.n.id")].concat(),
            any,
        ),
        (
            "group-of-instance",
            [
                &public,
                guard("aws_instance.i.primary_network_interface_id").as_str(),
            ]
            .concat(),
            any,
        ),
        ("no-group", public.clone(), "-"),
    ];
    for (name, code, expected) in cases {
        let code = network("map_public_ip_on_launch = true", "") + &code;
        let found = answer(&format!("interface-{name}"), "main.tf", &code, &["exposure"]);
        assert_eq!(standing(&found, "aws_instance.i"), expected, "{name}: {found}");
    }
}

#[test]
fn databases_stand_in_the_groups_and_subnets_that_others_name() {
    let aurora = |public: bool| {
        format!(
            r#"
resource "aws_db_subnet_group" "s" {{
  name = "s"
  subnet_ids = [aws_subnet.public.id]
}}
resource "aws_rds_cluster" "c" {{
  cluster_identifier = "c"
  engine = "aurora-postgresql"
  port = 443
  db_subnet_group_name = aws_db_subnet_group.s.name
  vpc_security_group_ids = [aws_security_group.open.id]
}}
resource "aws_rds_cluster_instance" "i" {{
  identifier = "member"
  cluster_identifier = aws_rds_cluster.c.id
  engine = "aurora-postgresql"
  instance_class = "db.r6g.large"
  publicly_accessible = {public}
}}
"#
        )
    };
    let redshift = r#"
resource "aws_redshift_subnet_group" "s" {
  name = "s"
  subnet_ids = [aws_subnet.public.id]
}
resource "aws_redshift_cluster" "c" {
  cluster_identifier = "member"
  node_type = "ra3.large"
  port = 443
  publicly_accessible = true
  cluster_subnet_group_name = aws_redshift_subnet_group.s.name
  vpc_security_group_ids = [aws_security_group.open.id]
}
"#;
    let any = "FROM ANY ADDRESS: tcp 443";
    let cases = [
        ("aurora", aurora(true), any),
        ("aurora-private", aurora(false), "-"),
        ("redshift", redshift.to_owned(), any),
    ];
    for (name, code, expected) in cases {
        let code = network("", "") + &code;
        let found = answer(&format!("database-{name}"), "main.tf", &code, &["exposure"]);
        assert_eq!(standing(&found, "member"), expected, "{name}: {found}");
        let cluster = if name.starts_with("aurora") { expected } else { "-" };
        assert_eq!(standing(&found, "cluster c"), cluster, "{name}: {found}");
    }
}

/// A second network with a database, behind the first; `joined` joins them, `route` is the target of both routes.
fn behind(joined: &str, route: &str) -> String {
    network("map_public_ip_on_launch = true", "")
        + &format!(
            r#"
{INSTANCE}  subnet_id = aws_subnet.public.id
  vpc_security_group_ids = [aws_security_group.open.id]
}}
resource "aws_vpc" "b" {{ cidr_block = "10.1.0.0/16" }}
resource "aws_subnet" "b" {{
  vpc_id = aws_vpc.b.id
  cidr_block = "10.1.1.0/24"
}}
resource "aws_security_group" "b" {{
  vpc_id = aws_vpc.b.id
  ingress {{
    from_port = 22
    to_port = 22
    protocol = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }}
  egress {{
    from_port = 0
    to_port = 0
    protocol = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}
resource "aws_instance" "b" {{
  ami = "ami-1"
  instance_type = "t3.micro"
  subnet_id = aws_subnet.b.id
  vpc_security_group_ids = [aws_security_group.b.id]
}}
{joined}
resource "aws_route" "there" {{
  route_table_id = aws_route_table.public.id
  destination_cidr_block = "10.1.0.0/16"
  {route}
}}
resource "aws_route" "back" {{
  route_table_id = aws_vpc.b.main_route_table_id
  destination_cidr_block = "10.0.0.0/16"
  {route}
}}
"#
        )
}

#[test]
fn networks_that_code_joins_are_crossed() {
    let peering = |arguments: &str| {
        format!(
            "resource \"aws_vpc_peering_connection\" \"p\" {{\n  vpc_id = aws_vpc.v.id\n  peer_vpc_id = aws_vpc.b.id\n  {arguments}\n}}\n"
        )
    };
    let accepter = "resource \"aws_vpc_peering_connection_accepter\" \"a\" {\n  vpc_peering_connection_id = aws_vpc_peering_connection.p.id\n  auto_accept = true\n}\n";
    let by_peering = "vpc_peering_connection_id = aws_vpc_peering_connection.p.id";
    let hub = "resource \"aws_ec2_transit_gateway\" \"t\" {}\n";
    let attached = |name: &str, vpc: &str, subnet: &str, arguments: &str| {
        format!(
            "resource \"aws_ec2_transit_gateway_vpc_attachment\" \"{name}\" {{\n  transit_gateway_id = aws_ec2_transit_gateway.t.id\n  \
             vpc_id = aws_vpc.{vpc}.id\n  subnet_ids = [aws_subnet.{subnet}.id]\n  {arguments}\n}}\n"
        )
    };
    let both =
        |arguments: &str| attached("v", "v", "public", arguments) + &attached("b", "b", "b", arguments);
    let alone = "transit_gateway_default_route_table_association = false\n  transit_gateway_default_route_table_propagation = false";
    let table = "resource \"aws_ec2_transit_gateway_route_table\" \"r\" { transit_gateway_id = aws_ec2_transit_gateway.t.id }\n";
    let member = |name: &str, cidr: &str| {
        format!(
            "resource \"aws_ec2_transit_gateway_route_table_association\" \"{name}\" {{\n  transit_gateway_attachment_id = aws_ec2_transit_gateway_vpc_attachment.{name}.id\n  \
             transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.r.id\n}}\n\
             resource \"aws_ec2_transit_gateway_route\" \"{name}\" {{\n  destination_cidr_block = \"{cidr}\"\n  transit_gateway_attachment_id = aws_ec2_transit_gateway_vpc_attachment.{name}.id\n  \
             transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.r.id\n}}\n"
        )
    };
    let by_hub = "transit_gateway_id = aws_ec2_transit_gateway.t.id";
    let own = [table, &member("v", "10.0.0.0/16"), &member("b", "10.1.0.0/16")].concat();
    let cases = [
        ("accepted", peering("auto_accept = true"), by_peering, "certain"),
        ("accepter", peering("") + accepter, by_peering, "certain"),
        ("asked", peering(""), by_peering, "conditional"),
        ("default-table", hub.to_owned() + &both(""), by_hub, "certain"),
        ("own-table", [hub, &both(alone), &own].concat(), by_hub, "certain"),
        ("no-table", hub.to_owned() + &both(alone), by_hub, "-"),
    ];
    for (name, joined, route, expected) in cases {
        let query = "MATCH (a)-[r:reaches]->(b) WHERE b.name = 'aws_instance.b' AND a.name = 'aws_instance.i' RETURN r.certainty";
        let found = answer(
            &format!("joined-{name}"),
            "main.tf",
            &behind(&joined, route),
            &["graph", "query", query],
        );
        let certainty = ["certain", "conditional", "possible"]
            .into_iter()
            .find(|one| found.lines().any(|line| line.trim() == *one));
        assert_eq!(certainty.unwrap_or("-"), expected, "{name}: {found}");
    }
}

#[test]
fn caches_stand_in_the_groups_and_subnets_of_code() {
    let caches = r#"
resource "aws_elasticache_subnet_group" "g" {
  name = "g"
  subnet_ids = [aws_subnet.public.id]
}
resource "aws_elasticache_replication_group" "r" {
  replication_group_id = "r"
  description = "r"
  subnet_group_name = aws_elasticache_subnet_group.g.name
}
resource "aws_elasticache_serverless_cache" "s" {
  name = "s"
  engine = "valkey"
  subnet_ids = [aws_subnet.public.id]
}
resource "aws_default_security_group" "d" {
  vpc_id = aws_vpc.v.id
  ingress {
    from_port = 6379
    to_port = 6379
    protocol = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
}
"#;
    let query = "MATCH (a)-[r:reaches]->(b) WHERE a.name = 'aws_instance.i' AND b.name IN ['r-001', 's'] RETURN b.name, r.certainty";
    let found = answer(
        "caches",
        "main.tf",
        &behind(caches, "gateway_id = \"igw-0\""),
        &["graph", "query", query],
    );
    for name in ["r-001", "s"] {
        let told = found
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        assert!(
            told.is_some_and(|line| line.contains("certain")),
            "{name}: {found}"
        );
    }
}

#[test]
fn gateways_of_templates_join_networks() {
    let template = |attachments: &str| {
        format!(
            r#"
Resources:
  V: {{ Type: AWS::EC2::VPC, Properties: {{ CidrBlock: 10.0.0.0/16 }} }}
  B: {{ Type: AWS::EC2::VPC, Properties: {{ CidrBlock: 10.1.0.0/16 }} }}
  InV: {{ Type: AWS::EC2::Subnet, Properties: {{ VpcId: !Ref V, CidrBlock: 10.0.1.0/24 }} }}
  InB: {{ Type: AWS::EC2::Subnet, Properties: {{ VpcId: !Ref B, CidrBlock: 10.1.1.0/24 }} }}
  TableV: {{ Type: AWS::EC2::RouteTable, Properties: {{ VpcId: !Ref V }} }}
  TableB: {{ Type: AWS::EC2::RouteTable, Properties: {{ VpcId: !Ref B }} }}
  AssociationV: {{ Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{ SubnetId: !Ref InV, RouteTableId: !Ref TableV }} }}
  AssociationB: {{ Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{ SubnetId: !Ref InB, RouteTableId: !Ref TableB }} }}
  RouteV: {{ Type: AWS::EC2::Route, Properties: {{ RouteTableId: !Ref TableV, DestinationCidrBlock: 10.1.0.0/16, TransitGatewayId: !Ref Hub }} }}
  RouteB: {{ Type: AWS::EC2::Route, Properties: {{ RouteTableId: !Ref TableB, DestinationCidrBlock: 10.0.0.0/16, TransitGatewayId: !Ref Hub }} }}
  GroupV: {{ Type: AWS::EC2::SecurityGroup, Properties: {{ VpcId: !Ref V, GroupDescription: v }} }}
  GroupB:
    Type: AWS::EC2::SecurityGroup
    Properties: {{ VpcId: !Ref B, GroupDescription: b, SecurityGroupIngress: [ {{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8 }} ] }}
  One: {{ Type: AWS::EC2::Instance, Properties: {{ ImageId: ami-1, SubnetId: !Ref InV, SecurityGroupIds: [!Ref GroupV] }} }}
  Other: {{ Type: AWS::EC2::Instance, Properties: {{ ImageId: ami-1, SubnetId: !Ref InB, SecurityGroupIds: [!Ref GroupB] }} }}
{attachments}
"#
        )
    };
    let hub =
        |options: &str| format!("  Hub: {{ Type: AWS::EC2::TransitGateway, Properties: {{ {options} }} }}\n");
    let attached = |kind: &str| {
        format!(
            "  AttachmentV: {{ Type: AWS::EC2::{kind}, Properties: {{ TransitGatewayId: !Ref Hub, VpcId: !Ref V, SubnetIds: [!Ref InV] }} }}\n  \
             AttachmentB: {{ Type: AWS::EC2::{kind}, Properties: {{ TransitGatewayId: !Ref Hub, VpcId: !Ref B, SubnetIds: [!Ref InB] }} }}\n"
        )
    };
    let own = ["V 10.0.0.0/16", "B 10.1.0.0/16"].map(|of| {
        let (name, cidr) = of.split_once(' ').unwrap_or_default();
        format!(
            "  Member{name}: {{ Type: AWS::EC2::TransitGatewayRouteTableAssociation, Properties: {{ TransitGatewayAttachmentId: !Ref Attachment{name}, TransitGatewayRouteTableId: !Ref Own }} }}\n  \
             Way{name}: {{ Type: AWS::EC2::TransitGatewayRoute, Properties: {{ DestinationCidrBlock: {cidr}, TransitGatewayAttachmentId: !Ref Attachment{name}, TransitGatewayRouteTableId: !Ref Own }} }}\n"
        )
    });
    let table =
        "  Own: { Type: AWS::EC2::TransitGatewayRouteTable, Properties: { TransitGatewayId: !Ref Hub } }\n";
    let closed = "DefaultRouteTableAssociation: disable, DefaultRouteTablePropagation: disable";
    let cases = [
        (
            "default-table",
            hub("") + &attached("TransitGatewayAttachment"),
            "certain",
        ),
        (
            "vpc-attachment",
            hub("") + &attached("TransitGatewayVpcAttachment"),
            "certain",
        ),
        (
            "no-table",
            hub(closed) + &attached("TransitGatewayAttachment"),
            "-",
        ),
        (
            "own-table",
            hub(closed) + &attached("TransitGatewayAttachment") + table + &own.concat(),
            "certain",
        ),
    ];
    for (name, attachments, expected) in cases {
        let query = "MATCH (a)-[r:reaches]->(b) WHERE a.name = 'One' AND b.name = 'Other' RETURN r.certainty";
        let folder = format!("template-{name}");
        let found = answer(
            &folder,
            "stack.yaml",
            &template(&attachments),
            &["graph", "query", query],
        );
        let certainty = ["certain", "conditional", "possible"]
            .into_iter()
            .find(|one| found.lines().any(|line| line.trim() == *one));
        assert_eq!(certainty.unwrap_or("-"), expected, "{name}: {found}");
    }
}

#[test]
fn a_distribution_leads_to_the_balancer_that_lets_it_alone_in() {
    let code = network("", "")
        + r#"
data "aws_ec2_managed_prefix_list" "edge" { name = "com.amazonaws.global.cloudfront.origin-facing" }
resource "aws_security_group" "edge" {
  vpc_id = aws_vpc.v.id
  ingress {
    from_port = 443
    to_port = 443
    protocol = "tcp"
    prefix_list_ids = [data.aws_ec2_managed_prefix_list.edge.id]
  }
  egress {
    from_port = 0
    to_port = 0
    protocol = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_lb" "l" {
  name = "shop"
  security_groups = [aws_security_group.edge.id]
  subnet_mapping { subnet_id = aws_subnet.public.id }
}
resource "aws_lb_target_group" "t" {
  name = "t"
  port = 443
  protocol = "HTTPS"
  vpc_id = aws_vpc.v.id
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.l.arn
  port = 443
  protocol = "HTTPS"
  default_action {
    type = "forward"
    target_group_arn = aws_lb_target_group.t.arn
  }
}
resource "aws_lb_target_group_attachment" "a" {
  target_group_arn = aws_lb_target_group.t.arn
  target_id = aws_instance.i.id
}
resource "aws_instance" "i" {
  ami = "ami-1"
  instance_type = "t3.micro"
  subnet_id = aws_subnet.private.id
  vpc_security_group_ids = [aws_security_group.open.id]
}
resource "aws_cloudfront_distribution" "d" {
  enabled = true
  origin {
    domain_name = aws_lb.l.dns_name
    origin_id = "l"
    custom_origin_config {
      http_port = 80
      https_port = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols = ["TLSv1.2"]
    }
  }
  default_cache_behavior {
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
    target_origin_id = "l"
    viewer_protocol_policy = "https-only"
  }
}
"#;
    let found = answer("distribution", "main.tf", &code, &["exposure"]);
    assert_eq!(
        standing(&found, "aws_cloudfront_distribution.d"),
        "FROM ANY ADDRESS: it is a distribution to the internet",
        "{found}"
    );
    let query = "MATCH (d)-[:reaches]->(l)-[:reaches]->(i) WHERE d.name = 'aws_cloudfront_distribution.d' RETURN l.name, i.name";
    let found = answer("distribution-query", "main.tf", &code, &["graph", "query", query]);
    assert!(
        found.contains("shop") && found.contains("aws_instance.i"),
        "{found}"
    );
}

#[test]
fn blocks_that_networks_or_permissions_hang_on_and_nothing_maps_are_told() {
    let tree = Folder::new("joined-missed");
    let code = network("", "")
        + "resource \"aws_vpn_connection\" \"c\" {\n  vpn_gateway_id = \"vgw-1\"\n  customer_gateway_id = \"cgw-1\"\n  type = \"ipsec.1\"\n}\n\
           resource \"aws_db_proxy_target\" \"p\" { db_proxy_name = \"p\" }\n\
           resource \"aws_cloudwatch_dashboard\" \"d\" { dashboard_name = \"d\" }\n";
    tree.file("main.tf", &code);
    let path = tree.path("");
    let found = text_with(4, &["paths", "--code", &path, "--format", "json"]);
    for kind in ["aws_vpn_connection", "aws_db_proxy_target"] {
        assert!(found.contains(&format!("1 block of `{kind}`")), "{found}");
    }
    assert!(!found.contains("dashboard"), "{found}");
    text_with(4, &["exposure", "--code", &path]);
    text_with(
        4,
        &[
            "can",
            "internet",
            "s3:GetObject",
            "arn:aws:s3:::b/x",
            "--code",
            &path,
        ],
    );
}

#[test]
fn definitions_of_apis_lead_to_what_they_name() {
    let function = r#"
provider "aws" { region = "eu-west-1" }
resource "aws_iam_role" "f" {
  name = "f"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}
resource "aws_lambda_function" "a" {
  function_name = "a"
  role = aws_iam_role.f.arn
  handler = "x"
  runtime = "python3.12"
}
resource "aws_lambda_permission" "p" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.a.function_name
  principal = "apigateway.amazonaws.com"
}
"#;
    let integration = r#"x-amazon-apigateway-integration = { type = "aws_proxy", httpMethod = "POST", uri = aws_lambda_function.a.invoke_arn }"#;
    let rest = |method: &str, top: &str| {
        format!(
            "resource \"aws_api_gateway_rest_api\" \"r\" {{\n  name = \"r\"\n  body = jsonencode({{\n    openapi = \"3.0.1\"\n    {top}\n    \
             paths = {{ \"/orders\" = {{ get = {{\n      {integration}\n      {method}\n    }} }} }}\n  }})\n}}\n"
        )
    };
    let yaml = |kind: &str, more: &str| {
        format!(
            "resource \"{kind}\" \"r\" {{\n  name = \"r\"\n  {more}\n  body = <<EOT\nopenapi: 3.0.1\npaths:\n  /orders:\n    get:\n      \
             x-amazon-apigateway-integration: {{ type: aws_proxy, httpMethod: POST, uri: \"${{aws_lambda_function.a.invoke_arn}}\" }}\nEOT\n}}\n"
        )
    };
    let text =
        "resource \"aws_api_gateway_rest_api\" \"r\" {\n  name = \"r\"\n  body = \"openapi: 3.0.1\"\n}\n"
            .to_owned();
    let http = "resource \"aws_apigatewayv2_api\" \"h\" {\n  name = \"h\"\n  protocol_type = \"HTTP\"\n  body = jsonencode({ openapi = \"3.0.1\" })\n}\n".to_owned();
    let cases = [
        ("open", rest("", ""), "FROM ANY ADDRESS: through REST API r"),
        (
            "of-yaml",
            yaml("aws_api_gateway_rest_api", ""),
            "FROM ANY ADDRESS: through REST API r",
        ),
        (
            "of-an-http-api",
            yaml("aws_apigatewayv2_api", "protocol_type = \"HTTP\""),
            "FROM ANY ADDRESS: through HTTP or WebSocket API integration r",
        ),
        ("secured", rest("security = [{ own = [] }]", ""), "NOT KNOWN"),
        (
            "secured-at-top",
            rest("", "security = [{ own = [] }]"),
            "NOT KNOWN",
        ),
        (
            "iam",
            rest("x-amazon-apigateway-auth = { type = \"AWS_IAM\" }", ""),
            // Without a resource policy those of the own account alone are let in.
            "-",
        ),
    ];
    for (name, api, expected) in cases {
        let found = answer(
            &format!("definition-{name}"),
            "main.tf",
            &(function.to_owned() + &api),
            &["exposure"],
        );
        let said = standing(&found, "function a");
        assert!(said.starts_with(expected), "{name}: {said}: {found}");
    }
    for (name, api) in [("text", text), ("http", http)] {
        let tree = Folder::new(&format!("definition-{name}"));
        tree.file("main.tf", &(function.to_owned() + &api));
        let found = text_with(0, &["paths", "--code", &tree.path("")]);
        assert!(found.contains("not complete"), "{name}: {found}");
    }
}
