module github.com/bootzip/bootzip/runtime/bench

go 1.26.0

toolchain go1.26.8

require (
	github.com/aws/aws-lambda-go v1.55.1
	github.com/bootzip/bootzip/runtime v0.1.0
)

replace github.com/bootzip/bootzip/runtime => ../
