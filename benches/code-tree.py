"""Writes a tree of Terraform with about so many resources: `code-tree.py FOLDER RESOURCES`.

Every thirteenth resource begins a new module call: a security group with rules, an instance with a role, a bucket with its parts, a
database, a queue, a key. Values come from literals, variables, locals, for_each and references, as people write them.
"""

import pathlib
import sys

MODULE = """
variable "name" {{ type = string }}
variable "ports" {{
  type    = list(number)
  default = [443]
}}
variable "encrypted" {{
  type    = bool
  default = {encrypted}
}}
locals {{
  tags = {{ Service = var.name, Team = "team-{team}" }}
}}
resource "aws_security_group" "this" {{
  name        = "${{var.name}}-sg"
  description = "of ${{var.name}}"
  dynamic "ingress" {{
    for_each = toset([for port in var.ports : tostring(port)])
    content {{
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }}
  }}
  tags = local.tags
}}
resource "aws_security_group_rule" "ssh" {{
  type              = "ingress"
  security_group_id = aws_security_group.this.id
  from_port         = 22
  to_port           = 22
  protocol          = "tcp"
  cidr_blocks       = ["{admins}"]
}}
data "aws_iam_policy_document" "assume" {{
  statement {{
    actions = ["sts:AssumeRole"]
    principals {{
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }}
  }}
}}
resource "aws_iam_role" "this" {{
  name               = "${{var.name}}-role"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}}
resource "aws_iam_role_policy" "this" {{
  role   = aws_iam_role.this.id
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = "${{aws_s3_bucket.this.arn}}/*" }}] }})
}}
resource "aws_iam_instance_profile" "this" {{
  name = "${{var.name}}-profile"
  role = aws_iam_role.this.name
}}
resource "aws_instance" "this" {{
  ami                    = "ami-0abcdef1234567890"
  instance_type          = "t3.micro"
  iam_instance_profile   = aws_iam_instance_profile.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  root_block_device {{ encrypted = var.encrypted }}
  tags = local.tags
}}
resource "aws_s3_bucket" "this" {{
  bucket = "${{var.name}}-data"
  tags   = merge(local.tags, {{ Data = "internal" }})
}}
resource "aws_s3_bucket_versioning" "this" {{
  bucket = aws_s3_bucket.this.id
  versioning_configuration {{ status = "{versioning}" }}
}}
resource "aws_s3_bucket_public_access_block" "this" {{
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}
resource "aws_kms_key" "this" {{
  description         = var.name
  enable_key_rotation = {versioned}
}}
resource "aws_sqs_queue" "this" {{
  name              = "${{var.name}}-queue"
  kms_master_key_id = aws_kms_key.this.arn
}}
resource "aws_db_instance" "this" {{
  identifier          = "${{var.name}}-db"
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  storage_encrypted   = var.encrypted
  publicly_accessible = false
  username            = "app"
  password            = "unset"
}}
resource "aws_ebs_volume" "this" {{
  availability_zone = "eu-central-1a"
  size              = 10
  encrypted         = var.encrypted
}}
output "bucket" {{ value = aws_s3_bucket.this.arn }}
"""
EACH = 13
CALLS = 100


def main() -> None:
    folder, wanted = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    modules = folder / "modules"
    for kind in range(4):
        path = modules / f"service{kind}"
        path.mkdir(parents=True, exist_ok=True)
        text = MODULE.format(
            team=kind,
            encrypted=["true", "false"][kind % 2],
            versioned=["true", "false"][kind % 2],
            versioning=["Enabled", "Suspended"][kind % 2],
            admins=["10.0.0.0/8", "0.0.0.0/0"][kind % 2],
        )
        (path / "main.tf").write_text(text)
    calls = max(1, wanted // EACH)
    for root in range(0, calls, CALLS):
        path = folder / "live" / f"root{root // CALLS}"
        path.mkdir(parents=True, exist_ok=True)
        lines = ['provider "aws" {\n  region = "eu-central-1"\n}\n']
        for call in range(root, min(calls, root + CALLS)):
            lines.append(
                f'module "service{call}" {{\n  source = "../../modules/service{call % 4}"\n  name   = "service-{call}"\n'
                f"  ports  = [443, {8000 + call % 100}]\n}}\n"
            )
        (path / "main.tf").write_text("".join(lines))


main()
