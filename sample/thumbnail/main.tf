# Deploys the function of this sample with both buckets.
#
#   bootzip verify
#   terraform init && terraform apply
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_lambda_function" "thumbnail" {
  function_name    = "thumbnail"
  role             = aws_iam_role.thumbnail.arn
  filename         = "${path.module}/dist/thumbnail-arm64.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/thumbnail-arm64.zip")
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "bootstrap"
  memory_size      = 512
  timeout          = 30

  environment {
    variables = {
      THUMBNAIL_BUCKET = aws_s3_bucket.small.bucket
    }
  }
}

resource "aws_s3_bucket" "pictures" {
  bucket_prefix = "pictures-"
}

resource "aws_s3_bucket" "small" {
  bucket_prefix = "small-"
}

resource "aws_lambda_permission" "put" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.thumbnail.function_name
  principal     = "s3.amazonaws.com"
  source_arn    = aws_s3_bucket.pictures.arn
}

resource "aws_s3_bucket_notification" "put" {
  bucket     = aws_s3_bucket.pictures.id
  depends_on = [aws_lambda_permission.put] # which S3 tries

  lambda_function {
    lambda_function_arn = aws_lambda_function.thumbnail.arn
    events              = ["s3:ObjectCreated:*"]
  }
}

resource "aws_iam_role" "thumbnail" {
  name = "thumbnail"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.thumbnail.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "buckets" {
  role = aws_iam_role.thumbnail.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.pictures.arn}/*" },
      { Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.small.arn}/*" },
    ]
  })
}
