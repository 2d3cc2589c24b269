# A vendor assumes an administrator without having to say for whom it acts.

resource "aws_iam_role" "vendor" {
  name               = "cost-vendor"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = "d4a7c9b15e08" } }
    }]
  })
}

resource "aws_iam_role_policy" "vendor" {
  name   = "everything"
  role   = aws_iam_role.vendor.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = "*"
    }]
  })
}
