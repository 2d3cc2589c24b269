# A partner delivers files into a bucket from which a job also takes its script.

resource "aws_s3_bucket" "exchange" {
  bucket = "granary-exchange"
}

resource "aws_s3_bucket_policy" "exchange" {
  bucket = aws_s3_bucket.exchange.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.exchange.arn}/*"
    }]
  })
}

resource "aws_s3_bucket_public_access_block" "exchange" {
  bucket                  = aws_s3_bucket.exchange.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_glue_job" "nightly" {
  name     = "nightly"
  role_arn = aws_iam_role.nightly.arn

  command {
    script_location = "s3://${aws_s3_bucket.exchange.bucket}/jobs/nightly.py"
  }
}

resource "aws_iam_role" "nightly" {
  name = "nightly"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "glue.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "nightly" {
  name = "content"
  role = aws_iam_role.nightly.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = aws_ssm_parameter.password.arn
    }]
  })
}

resource "aws_ssm_parameter" "password" {
  name  = "/granary/password"
  type  = "SecureString"
  value = "set-by-hand"
}
