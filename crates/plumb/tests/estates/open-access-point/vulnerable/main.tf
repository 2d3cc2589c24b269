# An access point lets everybody read a bucket whose own policy leaves the decision to access points.

resource "aws_s3_bucket" "scans" {
  bucket = "meadow-passport-scans"
  tags   = { DataClassification = "restricted" }
}

resource "aws_s3_bucket_policy" "scans" {
  bucket = aws_s3_bucket.scans.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.scans.arn}/*"
      Condition = { StringEquals = { "s3:DataAccessPointArn" = aws_s3_access_point.scans.arn } }
    }]
  })
}

resource "aws_s3_access_point" "scans" {
  name   = "scans"
  bucket = aws_s3_bucket.scans.id

  public_access_block_configuration {
    block_public_acls       = true
    ignore_public_acls      = true
    block_public_policy     = false
    restrict_public_buckets = false
  }
}

resource "aws_s3control_access_point_policy" "scans" {
  access_point_arn = aws_s3_access_point.scans.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_access_point.scans.arn}/object/*"
    }]
  })
}

resource "aws_s3_bucket_public_access_block" "scans" {
  bucket                  = aws_s3_bucket.scans.id
  block_public_policy     = false
  restrict_public_buckets = false
}
