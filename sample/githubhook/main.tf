# Deploys the webhook of this sample behind a function URL.
#
#   bootzip verify
#   terraform init && terraform apply
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "github_webhook_secret" {
  type      = string
  sensitive = true
}

resource "aws_lambda_function" "githubhook" {
  function_name    = "githubhook"
  role             = aws_iam_role.githubhook.arn
  filename         = "${path.module}/dist/githubhook-arm64.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/githubhook-arm64.zip")
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "bootstrap"
  memory_size      = 128
  timeout          = 5

  environment {
    variables = {
      GITHUB_WEBHOOK_SECRET = var.github_webhook_secret
    }
  }
}

resource "aws_lambda_function_url" "githubhook" {
  function_name      = aws_lambda_function.githubhook.function_name
  authorization_type = "NONE" # anyone may call it
}

resource "aws_iam_role" "githubhook" {
  name = "githubhook"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "githubhook" {
  role       = aws_iam_role.githubhook.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

output "url" {
  value = aws_lambda_function_url.githubhook.function_url
}
