# The zip of a function that bootzip made: its path and hashes, from dist/manifest.json.
# It needs no provider, and runs nothing: bootzip verify comes before the plan.
terraform {
  required_version = ">= 1.2"
}

variable "function" {
  type        = string
  description = "The function's name in bootzip.yaml."
}

variable "project" {
  type        = string
  description = "The directory of bootzip.yaml, as in \"$${path.module}/..\"."
}

variable "arch" {
  type        = string
  default     = "arm64"
  description = "amd64 or arm64."
  validation {
    condition     = contains(["amd64", "arm64"], var.arch)
    error_message = "The arch is amd64 or arm64."
  }
}

locals {
  manifest = "${var.project}/dist/manifest.json"
  zips     = fileexists(local.manifest) ? [for z in jsondecode(file(local.manifest)).zips : z if z.function == var.function && z.arch == var.arch] : []
  zip      = one(local.zips)
  filename = "${var.project}/dist/${var.function}-${var.arch}.zip"
}

output "filename" {
  description = "The zip, for filename of aws_lambda_function."
  value       = local.filename
  precondition {
    condition     = length(local.zips) == 1
    error_message = "${local.manifest} has no function ${var.function} for ${var.arch}. Run bootzip verify."
  }
  precondition {
    condition     = length(local.zips) != 1 || fileexists(local.filename) && try(filebase64sha256(local.filename) == local.zip.codeSha256, false)
    error_message = "${local.filename} is not the zip of ${local.manifest}. Run bootzip verify."
  }
}

output "source_code_hash" {
  description = "The CodeSha256 that Lambda shows."
  value       = try(local.zip.codeSha256, null)
}

output "content_digest" {
  description = "SHA-256 over what is in the zip: the same for other bytes of the same content."
  value       = try(local.zip.contentDigest, null)
}

output "runtime" {
  description = "Such as provided.al2023."
  value       = try(local.zip.runtime, null)
}

output "architectures" {
  description = "Lambda's name of the architecture, in a list."
  value       = [var.arch == "amd64" ? "x86_64" : var.arch]
}
