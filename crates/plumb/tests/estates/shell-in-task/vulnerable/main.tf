# A partner may run commands in the tasks of a service, which have a role that reads a parameter.

resource "aws_ecs_cluster" "desk" {
  name = "desk"
}

resource "aws_ecs_task_definition" "desk" {
  family        = "desk"
  task_role_arn = aws_iam_role.desk.arn
  container_definitions = jsonencode([{
    name      = "desk"
    image     = "registry.example/desk:3"
    essential = true
    memory    = 128
  }])
}

resource "aws_ecs_service" "desk" {
  name                   = "desk"
  cluster                = aws_ecs_cluster.desk.arn
  task_definition        = aws_ecs_task_definition.desk.arn
  desired_count          = 1
  enable_execute_command = true
}

resource "aws_iam_role" "support" {
  name = "support"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "support" {
  name = "own"
  role = aws_iam_role.support.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "ecs:ExecuteCommand"
      Resource = "*"
    }]
  })
}

resource "aws_iam_role" "desk" {
  name = "desk"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "desk" {
  name = "own"
  role = aws_iam_role.desk.id
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
  name  = "/desk/password"
  type  = "SecureString"
  value = "set-by-hand"
}
