# A supplier pushes the image that tasks run as a role which reads a bucket. Its tag is given when the code is applied.

variable "release" {
  type = string
}

resource "aws_ecr_repository" "site" {
  name                 = "site"
  image_tag_mutability = "IMMUTABLE"
}

resource "aws_ecr_repository_policy" "site" {
  repository = aws_ecr_repository.site.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action = [
        "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload", "ecr:PutImage",
      ]
    }]
  })
}

resource "aws_ecs_task_definition" "site" {
  family        = "site"
  task_role_arn = aws_iam_role.site.arn
  container_definitions = jsonencode([{
    name      = "site"
    image     = "${aws_ecr_repository.site.repository_url}:${var.release}"
    essential = true
    memory    = 256
  }])
}

resource "aws_iam_role" "site" {
  name = "site"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "site" {
  name = "content"
  role = aws_iam_role.site.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${aws_s3_bucket.claims.arn}/*"
    }]
  })
}

resource "aws_s3_bucket" "claims" {
  bucket = "millstream-letters"
  tags   = { DataClassification = "restricted" }
}

resource "aws_s3_bucket_public_access_block" "claims" {
  bucket                  = aws_s3_bucket.claims.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}
