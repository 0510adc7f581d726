# terraform init && terraform apply: bootzip builds, and the plan is empty where nothing
# changed.
terraform {
  required_providers {
    aws      = { source = "hashicorp/aws" }
    external = { source = "hashicorp/external" }
  }
}

data "external" "hello" {
  program     = ["bootzip", "package", "--function=hello", "--arch=arm64", "--format=terraform"]
  working_dir = "${path.module}/../.."
}

resource "aws_lambda_function" "hello" {
  function_name    = "hello"
  role             = aws_iam_role.hello.arn
  filename         = "${path.module}/../../${data.external.hello.result.filename}"
  source_code_hash = data.external.hello.result.source_code_hash
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "httpevent"
  memory_size      = 128
  timeout          = 10
}

resource "aws_iam_role" "hello" {
  name = "hello"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.hello.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
