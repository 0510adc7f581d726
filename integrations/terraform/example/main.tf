# bootzip verify && terraform init && terraform apply (or tofu): the plan is empty where
# nothing changed.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

module "hello" {
  source   = "../bootzip-function" # github.com/bootzip/bootzip//integrations/terraform/bootzip-function?ref=VERSION
  function = "hello"               # in bootzip.yaml
  project  = "${path.module}/../../.."
}

resource "aws_lambda_function" "hello" {
  function_name    = "hello"
  role             = aws_iam_role.hello.arn
  filename         = module.hello.filename
  source_code_hash = module.hello.source_code_hash
  runtime          = module.hello.runtime
  architectures    = module.hello.architectures
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
