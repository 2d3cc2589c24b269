# A contractor may write new versions of the very policy that limits him.

resource "aws_iam_role" "contractor" {
  name               = "contractor"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::640912736455:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_policy" "contractor" {
  name   = "contractor"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["iam:GetPolicyVersion", "iam:CreatePolicyVersion"]
      Resource = "arn:aws:iam::*:policy/drafts/*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "contractor" {
  role       = aws_iam_role.contractor.name
  policy_arn = aws_iam_policy.contractor.arn
}
