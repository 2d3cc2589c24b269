# A jump host that the internet reaches is patched by a managed policy of AWS that reads every bucket.

resource "aws_vpc" "yard" {
  cidr_block = "10.31.0.0/16"
}

resource "aws_internet_gateway" "yard" {
  vpc_id = aws_vpc.yard.id
}

resource "aws_subnet" "quay" {
  vpc_id                  = aws_vpc.yard.id
  cidr_block              = "10.31.1.0/24"
  map_public_ip_on_launch = true
}

resource "aws_route_table" "quay" {
  vpc_id = aws_vpc.yard.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.yard.id
  }
}

resource "aws_route_table_association" "quay" {
  subnet_id      = aws_subnet.quay.id
  route_table_id = aws_route_table.quay.id
}

resource "aws_security_group" "jump" {
  name   = "jump"
  vpc_id = aws_vpc.yard.id

  ingress {
    from_port   = 22
    to_port     = 22
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

resource "aws_iam_role" "jump" {
  name               = "jump"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "jump" {
  role       = aws_iam_role.jump.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "jump" {
  name = "jump"
  role = aws_iam_role.jump.name
}

resource "aws_instance" "jump" {
  ami                    = "ami-0a1b2c3d4e5f60718"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.quay.id
  vpc_security_group_ids = [aws_security_group.jump.id]
  iam_instance_profile   = aws_iam_instance_profile.jump.name
  tags                   = { Name = "jump" }
}

resource "aws_s3_bucket" "freight" {
  bucket = "quarry-freight-ledger"
  tags   = { DataClassification = "restricted" }
}

resource "aws_s3_bucket_public_access_block" "freight" {
  bucket                  = aws_s3_bucket.freight.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}
