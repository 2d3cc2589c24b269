//! What the graph finds in code of instances that only their groups stand for.

use crate::declared::{answer, network};

/// A role that reads a bucket of customers, and its profile.
const ROLE: &str = r#"
resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_iam_role_policy" "app" {
  role = aws_iam_role.app.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::customer-pii/*" }] })
}
resource "aws_iam_instance_profile" "app" {
  name = "app-profile"
  role = aws_iam_role.app.name
}
resource "aws_s3_bucket" "pii" {
  bucket = "customer-pii"
  tags = { data-classification = "restricted" }
}
"#;

fn template(arguments: &str) -> String {
    format!(
        "resource \"aws_launch_template\" \"t\" {{\n  name = \"t\"\n  iam_instance_profile {{ name = aws_iam_instance_profile.app.name }}\n  {arguments}\n}}\n"
    )
}

fn group(arguments: &str) -> String {
    format!(
        "resource \"aws_autoscaling_group\" \"g\" {{\n  name = \"g\"\n  min_size = 1\n  max_size = 3\n  {arguments}\n}}\n"
    )
}

const BY_ID: &str = "launch_template {\n    id = aws_launch_template.t.id\n    version = \"$Latest\"\n  }";
const GIVES: &str = "network_interfaces {\n    associate_public_ip_address = true\n    security_groups = [aws_security_group.open.id]\n  }";
const OPEN: &str = "vpc_security_group_ids = [aws_security_group.open.id]";
const PUBLIC: &str = "vpc_zone_identifier = [aws_subnet.public.id]";
const PRIVATE: &str = "vpc_zone_identifier = [aws_subnet.private.id]";
const CONFIGURATION: &str = "resource \"aws_launch_configuration\" \"c\" {\n  name = \"c\"\n  image_id = \"ami-1\"\n  instance_type = \"t3.micro\"\n  \
     associate_public_ip_address = true\n  iam_instance_profile = aws_iam_instance_profile.app.name\n  security_groups = [aws_security_group.open.id]\n}\n";
const BALANCER: &str = r#"
resource "aws_lb" "l" {
  name = "shop"
  load_balancer_type = "network"
  subnets = [aws_subnet.public.id]
}
resource "aws_lb_target_group" "t" {
  name = "t"
  port = 443
  protocol = "TCP"
  vpc_id = aws_vpc.v.id
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.l.arn
  port = 443
  protocol = "TCP"
  default_action {
    type = "forward"
    target_group_arn = aws_lb_target_group.t.arn
  }
}
"#;
const ATTACHED: &str = "resource \"aws_autoscaling_attachment\" \"a\" {\n  autoscaling_group_name = aws_autoscaling_group.g.id\n  \
     lb_target_group_arn = aws_lb_target_group.t.arn\n}\n";
const CLASSIC: &str = r#"
resource "aws_elb" "e" {
  name = "old"
  subnets = [aws_subnet.public.id]
  security_groups = [aws_security_group.open.id]
  listener {
    lb_port = 443
    lb_protocol = "tcp"
    instance_port = 443
    instance_protocol = "tcp"
  }
}
"#;

/// What `exposure` says of the group: the words behind its name.
fn exposed(name: &str, code: &str, subnet: &str) -> String {
    let code = [&network(subnet, ""), ROLE, code].concat();
    let found = answer(&format!("scaling-{name}"), "main.tf", &code, &["exposure"]);
    let words: Vec<&str> = found.split_whitespace().collect();
    let found = words.join(" ");
    let Some((before, after)) = found.split_once("Auto Scaling group g: ") else {
        return "-".to_owned();
    };
    let heading = ["NOT KNOWN", "FROM ANY ADDRESS"]
        .into_iter()
        .filter_map(|one| Some((before.rfind(one)?, one)));
    let heading = heading.max().map_or("", |(_, heading)| heading);
    let end = [
        " Load balancer shop:",
        " Classic load balancer old:",
        " not read:",
        " NOT KNOWN",
    ]
    .into_iter()
    .filter_map(|one| after.find(one))
    .min();
    format!(
        "{heading}: {}",
        after.get(..end.unwrap_or(after.len())).unwrap_or_default()
    )
}

#[test]
fn a_group_is_reached_as_its_instances_will_be() {
    let gives_on_launch = "map_public_ip_on_launch = true";
    let mixed = "mixed_instances_policy {\n    launch_template {\n      launch_template_specification {\n        launch_template_name = aws_launch_template.t.name\n      }\n    }\n  }";
    let other = BY_ID.replace("$Latest", "7");
    let both = "vpc_zone_identifier = [aws_subnet.public.id, aws_subnet.private.id]";
    let any = "FROM ANY ADDRESS: tcp 443";
    let cases = [
        (
            "gives",
            template(GIVES) + &group(&format!("{PUBLIC}\n  {BY_ID}")),
            "",
            any,
        ),
        (
            "private",
            template(GIVES) + &group(&format!("{PRIVATE}\n  {BY_ID}")),
            "",
            "-",
        ),
        (
            "subnet-gives",
            template(OPEN) + &group(&format!("{PUBLIC}\n  {BY_ID}")),
            gives_on_launch,
            any,
        ),
        (
            "nobody-gives",
            template(OPEN) + &group(&format!("{PUBLIC}\n  {BY_ID}")),
            "",
            "-",
        ),
        (
            "default-group",
            template("") + &group(&format!("{PUBLIC}\n  {BY_ID}")),
            gives_on_launch,
            "-",
        ),
        (
            "mixed",
            template(GIVES) + &group(&format!("{PUBLIC}\n  {mixed}")),
            "",
            any,
        ),
        (
            "one-of-two-subnets",
            template(GIVES) + &group(&format!("{both}\n  {BY_ID}")),
            "",
            "FROM ANY ADDRESS: tcp 443 | conditional: a condition must hold hangs on: an instance of the group runs in this one of its subnets",
        ),
        (
            "another-version",
            template(GIVES) + &group(&format!("{PUBLIC}\n  {other}")),
            "",
            "NOT KNOWN: all | possible: something that decides it was not read",
        ),
        (
            "zones-alone",
            template(GIVES) + &group(&format!("availability_zones = [\"eu-west-1a\"]\n  {BY_ID}")),
            "",
            "NOT KNOWN: HTTPS open, tcp 443 | possible: something that decides it was not read",
        ),
        (
            "configuration",
            CONFIGURATION.to_owned()
                + &group(&format!(
                    "{PUBLIC}\n  launch_configuration = aws_launch_configuration.c.name"
                )),
            "",
            any,
        ),
        (
            "targets",
            [
                &template(OPEN),
                BALANCER,
                &group(&format!(
                    "{PRIVATE}\n  target_group_arns = [aws_lb_target_group.t.arn]\n  {BY_ID}"
                )),
            ]
            .concat(),
            "",
            "FROM ANY ADDRESS: tcp 443 through Load balancer shop",
        ),
        (
            "attached",
            [
                &template(OPEN),
                BALANCER,
                ATTACHED,
                &group(&format!("{PRIVATE}\n  {BY_ID}")),
            ]
            .concat(),
            "",
            "FROM ANY ADDRESS: tcp 443 through Load balancer shop",
        ),
        (
            "classic",
            [
                &template(OPEN),
                CLASSIC,
                &group(&format!(
                    "{PRIVATE}\n  load_balancers = [aws_elb.e.name]\n  {BY_ID}"
                )),
            ]
            .concat(),
            "",
            "FROM ANY ADDRESS: tcp 443 through Classic load balancer old",
        ),
        (
            "not-attached",
            [
                &template(OPEN),
                BALANCER,
                &group(&format!("{PRIVATE}\n  {BY_ID}")),
            ]
            .concat(),
            "",
            "NOT KNOWN: through Load balancer shop",
        ),
    ];
    for (name, code, subnet, expected) in cases {
        assert_eq!(exposed(name, &code, subnet), expected, "{name}");
    }
}

#[test]
fn paths_lead_through_groups_to_what_their_role_reads() {
    let ways = [
        (
            "template",
            template(GIVES) + &group(&format!("{PUBLIC}\n  {BY_ID}")),
        ),
        (
            "configuration",
            CONFIGURATION.to_owned()
                + &group(&format!(
                    "{PUBLIC}\n  launch_configuration = aws_launch_configuration.c.name"
                )),
        ),
    ];
    for (name, code) in ways {
        let code = [&network("", ""), ROLE, &code].concat();
        let found = answer(&format!("scaling-paths-{name}"), "main.tf", &code, &["paths"]);
        assert!(
            found.contains("Internet -> Auto Scaling group (HTTPS open) -> IAM role -> S3 bucket"),
            "{name}: {found}"
        );
    }
    let off = template(&format!(
        "{GIVES}\n  metadata_options {{\n    http_endpoint = \"disabled\"\n  }}"
    ));
    let code = [
        &network("", ""),
        ROLE,
        &off,
        &group(&format!("{PUBLIC}\n  {BY_ID}")),
    ]
    .concat();
    let found = answer(
        "scaling-paths-off",
        "main.tf",
        &code,
        &[
            "graph",
            "query",
            "MATCH (g)-[r:runs_as]->(i) WHERE g.name = 'g' RETURN r.certainty",
        ],
    );
    assert!(found.contains("conditional"), "{found}");
}

#[test]
fn a_group_of_a_template_is_reached_likewise() {
    let code = r#"
Resources:
  V: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  G: { Type: "AWS::EC2::InternetGateway" }
  A: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: { VpcId: !Ref V, InternetGatewayId: !Ref G } }
  T: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: !Ref V } }
  R: { Type: "AWS::EC2::Route", Properties: { RouteTableId: !Ref T, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref G } }
  S: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref V, CidrBlock: 10.0.1.0/24 } }
  TA: { Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: { SubnetId: !Ref S, RouteTableId: !Ref T } }
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: open
      VpcId: !Ref V
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0 }]
  Start:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: [!Ref Open] }]
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: "1"
      MaxSize: "2"
      VPCZoneIdentifier: [!Ref S]
      LaunchTemplate: { LaunchTemplateId: !Ref Start, Version: !GetAtt Start.LatestVersionNumber }
"#;
    let found = answer("scaling-template", "t.yaml", code, &["exposure"]);
    assert!(
        found.contains("FROM ANY ADDRESS") && found.contains("Auto Scaling group Group: tcp 443"),
        "{found}"
    );
}

#[test]
fn nodes_of_a_cluster_are_reached_where_their_group_opens_ssh() {
    let cluster = "resource \"aws_eks_cluster\" \"c\" {\n  name = \"c\"\n  role_arn = \"arn:aws:iam::000000000001:role/c\"\n  \
         vpc_config {\n    subnet_ids = [aws_subnet.private.id]\n    endpoint_public_access = false\n  }\n}\n";
    let nodes = |arguments: &str| {
        format!(
            "resource \"aws_eks_node_group\" \"n\" {{\n  cluster_name = aws_eks_cluster.c.name\n  node_group_name = \"n\"\n  \
             node_role_arn = aws_iam_role.app.arn\n  subnet_ids = [aws_subnet.public.id]\n  {arguments}\n}}\n"
        )
    };
    let rule = "resource \"aws_security_group_rule\" \"r\" {\n  type = \"ingress\"\n  from_port = 30000\n  to_port = 30000\n  protocol = \"tcp\"\n  \
         cidr_blocks = [\"0.0.0.0/0\"]\n  security_group_id = aws_eks_cluster.c.vpc_config[0].cluster_security_group_id\n}\n";
    let key = "remote_access { ec2_ssh_key = \"k\" }";
    let members = "remote_access {\n    ec2_ssh_key = \"k\"\n    source_security_group_ids = [aws_security_group.open.id]\n  }";
    let template = format!("resource \"aws_launch_template\" \"t\" {{\n  {OPEN}\n}}\n");
    let by_template = "launch_template {\n    id = aws_launch_template.t.id\n    version = \"$Latest\"\n  }";
    let cases = [
        ("key", nodes(key), "tcp 22"),
        ("members", nodes(members), "-"),
        ("silent", nodes(""), "-"),
        ("rule", nodes("") + rule, "tcp 30000"),
        ("template", nodes(by_template) + &template, "tcp 443"),
    ];
    for (name, code, expected) in cases {
        let code = [
            &network("map_public_ip_on_launch = true", ""),
            ROLE,
            cluster,
            &code,
        ]
        .concat();
        let found = answer(&format!("nodes-{name}"), "main.tf", &code, &["exposure"]);
        let line = found
            .lines()
            .find(|line| line.contains("EKS managed node group n "));
        let ports = line
            .and_then(|line| line.split_once("): "))
            .map_or("-", |(_, ports)| ports);
        assert_eq!(ports, expected, "{name}: {found}");
    }
}
