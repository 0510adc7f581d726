# Deploys the site of this sample behind a function URL.
#
#   bootzip verify
#   terraform init && terraform apply
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_lambda_function" "website" {
  function_name    = "website"
  role             = aws_iam_role.website.arn
  filename         = "${path.module}/dist/website-arm64.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/website-arm64.zip")
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "bootstrap"
  memory_size      = 128
  timeout          = 5
}

resource "aws_lambda_function_url" "website" {
  function_name      = aws_lambda_function.website.function_name
  authorization_type = "NONE" # anyone may call it
}

resource "aws_iam_role" "website" {
  name = "website"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "website" {
  role       = aws_iam_role.website.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

output "url" {
  value = aws_lambda_function_url.website.function_url
}
