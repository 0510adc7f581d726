# Deploys both functions of this sample and their table.
#
#   bootzip verify
#   terraform init && terraform apply
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "password" {
  type      = string
  sensitive = true
}

resource "aws_lambda_function" "locations" {
  for_each         = { locations = "locations", geocode = "locations-geocode" }
  function_name    = each.value
  role             = aws_iam_role.locations.arn
  filename         = "${path.module}/dist/locations-arm64.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/locations-arm64.zip")
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = each.key
  memory_size      = 256
  timeout          = 10

  environment {
    variables = {
      LOCATIONS_PASSWORD = var.password
      LOCATIONS_TABLE    = aws_dynamodb_table.locations.name
    }
  }
}

resource "aws_lambda_function_url" "locations" {
  for_each           = aws_lambda_function.locations
  function_name      = each.value.function_name
  authorization_type = "NONE" # locations asks for the password itself
}

resource "aws_dynamodb_table" "locations" {
  name         = "locations"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "S"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

resource "aws_iam_role" "locations" {
  name = "locations"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.locations.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "table" {
  role = aws_iam_role.locations.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["dynamodb:PutItem", "dynamodb:Query"], Resource = aws_dynamodb_table.locations.arn }]
  })
}

output "urls" {
  value = { for key, url in aws_lambda_function_url.locations : key => url.function_url }
}
