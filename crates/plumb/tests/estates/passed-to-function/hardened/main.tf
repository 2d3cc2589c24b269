# Whoever calls an open function has a role that creates functions with any role.

resource "aws_iam_role" "manager" {
  name               = "function-manager"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "manager" {
  name   = "functions"
  role   = aws_iam_role.manager.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["lambda:CreateFunction", "lambda:InvokeFunction", "iam:PassRole"]
      Resource = "arn:aws:lambda:*:*:function:*"
    }]
  })
}

resource "aws_lambda_function" "manager" {
  function_name = "manager"
  role          = aws_iam_role.manager.arn
  handler       = "main.handler"
  runtime       = "python3.13"
  filename      = "manager.zip"
}

resource "aws_lambda_function_url" "manager" {
  function_name      = aws_lambda_function.manager.function_name
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "url" {
  function_name          = aws_lambda_function.manager.function_name
  action                 = "lambda:InvokeFunctionUrl"
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "invoke" {
  function_name            = aws_lambda_function.manager.function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_iam_role" "repair" {
  name               = "repair"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "repair" {
  name   = "everything"
  role   = aws_iam_role.repair.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = "*"
    }]
  })
}
