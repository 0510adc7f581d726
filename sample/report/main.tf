# Deploys the job of this sample, every morning, and its table.
#
#   bootzip verify
#   terraform init && terraform apply
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "urls" { type = string }
variable "from" { type = string }
variable "to" { type = string }
variable "smtp_user" { type = string }
variable "smtp_address" {
  type    = string
  default = "email-smtp.eu-west-1.amazonaws.com:587"
}
variable "smtp_password" {
  type      = string
  sensitive = true
}

resource "aws_lambda_function" "report" {
  function_name    = "report"
  role             = aws_iam_role.report.arn
  filename         = "${path.module}/dist/report-arm64.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/report-arm64.zip")
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "bootstrap"
  memory_size      = 128
  timeout          = 30

  environment {
    variables = {
      REPORT_URLS   = var.urls
      REPORT_FROM   = var.from
      REPORT_TO     = var.to
      REPORT_TABLE  = aws_dynamodb_table.sent.name
      SMTP_ADDRESS  = var.smtp_address
      SMTP_TLS      = "required"
      SMTP_USER     = var.smtp_user
      SMTP_PASSWORD = var.smtp_password
    }
  }
}

resource "aws_cloudwatch_event_rule" "morning" {
  name                = "report"
  schedule_expression = "cron(0 6 * * ? *)"
}

resource "aws_cloudwatch_event_target" "report" {
  rule = aws_cloudwatch_event_rule.morning.name
  arn  = aws_lambda_function.report.arn
}

resource "aws_lambda_permission" "morning" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.report.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.morning.arn
}

# What was sent, so that an event that comes twice sends one e-mail.
resource "aws_dynamodb_table" "sent" {
  name         = "report"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

resource "aws_iam_role" "report" {
  name = "report"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.report.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "table" {
  role = aws_iam_role.report.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["dynamodb:PutItem", "dynamodb:DeleteItem"], Resource = aws_dynamodb_table.sent.arn }]
  })
}
