# A partner that tends data jobs may run one as a role that reads a parameter with a password.

resource "aws_iam_role" "tender" {
  name               = "job-tender"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "tender" {
  name   = "jobs"
  role   = aws_iam_role.tender.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["glue:StartJobRun"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "loader" {
  name               = "loader"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "glue.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "loader" {
  name   = "parameter"
  role   = aws_iam_role.loader.id
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
  name  = "/warehouse/password"
  type  = "SecureString"
  value = "set-by-hand"
}
