# Deploys the slash command of this sample behind a function URL.
#
#   bootzip verify
#   terraform init && terraform apply
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "slack_signing_secret" {
  type      = string
  sensitive = true
}

resource "aws_lambda_function" "slackhook" {
  function_name    = "slackhook"
  role             = aws_iam_role.slackhook.arn
  filename         = "${path.module}/dist/slackhook-arm64.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/slackhook-arm64.zip")
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "bootstrap"
  memory_size      = 128
  timeout          = 5

  environment {
    variables = {
      SLACK_SIGNING_SECRET = var.slack_signing_secret
    }
  }
}

resource "aws_lambda_function_url" "slackhook" {
  function_name      = aws_lambda_function.slackhook.function_name
  authorization_type = "NONE" # anyone may call it
}

resource "aws_iam_role" "slackhook" {
  name = "slackhook"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "slackhook" {
  role       = aws_iam_role.slackhook.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

output "url" {
  value = aws_lambda_function_url.slackhook.function_url
}
