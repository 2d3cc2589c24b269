# The policy of a bucket lets everybody read it, and neither the bucket nor the account restricts that.

resource "aws_s3_bucket" "menus" {
  bucket = "bakery-guest-menus"
  tags   = { DataClassification = "restricted" }
}

resource "aws_s3_bucket_public_access_block" "menus" {
  bucket                  = aws_s3_bucket.menus.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "menus" {
  bucket = aws_s3_bucket.menus.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.menus.arn}/*"
    }]
  })
}

resource "aws_s3_account_public_access_block" "account" {
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = true
}
