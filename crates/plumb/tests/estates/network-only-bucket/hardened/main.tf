# The bucket takes requests through one VPC endpoint only, and the endpoint lets everything through: a report server that the
# internet reaches stands in the network of the endpoint.

resource "aws_vpc" "ledger" {
  cidr_block = "10.40.0.0/16"
}

resource "aws_internet_gateway" "ledger" {
  vpc_id = aws_vpc.ledger.id
}

resource "aws_subnet" "reports" {
  vpc_id                  = aws_vpc.ledger.id
  cidr_block              = "10.40.1.0/24"
  map_public_ip_on_launch = true
}

resource "aws_route_table" "reports" {
  vpc_id = aws_vpc.ledger.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.ledger.id
  }
}

resource "aws_route_table_association" "reports" {
  subnet_id      = aws_subnet.reports.id
  route_table_id = aws_route_table.reports.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.ledger.id
  service_name = "com.amazonaws.eu-west-1.s3"
}

resource "aws_vpc_endpoint_route_table_association" "reports" {
  vpc_endpoint_id = aws_vpc_endpoint.s3.id
  route_table_id  = aws_route_table.reports.id
}

resource "aws_vpc_endpoint_policy" "s3" {
  vpc_endpoint_id = aws_vpc_endpoint.s3.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Through"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:*"
      Resource  = "arn:aws:s3:::ridgeline-templates/*"
    }]
  })
}

resource "aws_security_group" "reports" {
  name   = "reports"
  vpc_id = aws_vpc.ledger.id

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_role" "reports" {
  name = "reports"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "reports" {
  name = "read"
  role = aws_iam_role.reports.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "*"
    }]
  })
}

resource "aws_iam_instance_profile" "reports" {
  name = "reports"
  role = aws_iam_role.reports.name
}

resource "aws_instance" "reports" {
  ami                    = "ami-0c1d2e3f405162738"
  instance_type          = "t3.small"
  subnet_id              = aws_subnet.reports.id
  vpc_security_group_ids = [aws_security_group.reports.id]
  iam_instance_profile   = aws_iam_instance_profile.reports.name
  tags                   = { Name = "reports" }
}

resource "aws_s3_bucket" "ledger" {
  bucket = "ridgeline-ledger-2025"
  tags   = { DataClassification = "restricted" }
}

resource "aws_s3_bucket_public_access_block" "ledger" {
  bucket                  = aws_s3_bucket.ledger.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "ledger" {
  bucket = aws_s3_bucket.ledger.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "NetworkOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.ledger.arn, "${aws_s3_bucket.ledger.arn}/*"]
      Condition = { StringNotEquals = { "aws:SourceVpce" = aws_vpc_endpoint.s3.id } }
    }]
  })
}
