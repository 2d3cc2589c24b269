# Every account may assume a role that reads a secret.

resource "aws_iam_role" "support" {
  name               = "support"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "support" {
  name   = "secret"
  role   = aws_iam_role.support.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = aws_secretsmanager_secret.till.arn
    }]
  })
}

resource "aws_secretsmanager_secret" "till" {
  name = "till-password"
}
