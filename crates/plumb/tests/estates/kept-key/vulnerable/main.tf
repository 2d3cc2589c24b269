# A user of a program reads the bucket of payslips.

resource "aws_iam_user" "payroll" {
  name = "payroll-export"
}

resource "aws_iam_access_key" "payroll" {
  user   = aws_iam_user.payroll.name
  status = "Active"
}

resource "aws_iam_user_policy" "payroll" {
  name   = "payslips"
  user   = aws_iam_user.payroll.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${aws_s3_bucket.payslips.arn}/*"
    }]
  })
}

resource "aws_s3_bucket" "payslips" {
  bucket = "lantern-payslips"
  tags   = { DataClassification = "restricted" }
}

resource "aws_s3_bucket_public_access_block" "payslips" {
  bucket                  = aws_s3_bucket.payslips.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}
