# A partner has sessions of a code interpreter, which runs with a role that reads a parameter.

resource "aws_bedrockagentcore_code_interpreter" "sums" {
  name               = "sums"
  execution_role_arn = aws_iam_role.sums.arn

  network_configuration {
    network_mode = "SANDBOX"
  }
}

resource "aws_iam_role" "analyst" {
  name = "analyst"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "analyst" {
  name = "own"
  role = aws_iam_role.analyst.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:StopCodeInterpreterSession"]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "sums" {
  name = "sums"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "bedrock-agentcore.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "sums" {
  name = "own"
  role = aws_iam_role.sums.id
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
  name  = "/sums/password"
  type  = "SecureString"
  value = "set-by-hand"
}
