module github.com/bootzip/bootzip/bench

go 1.26.0

toolchain go1.26.8

require (
	github.com/aws/aws-lambda-go v1.55.1
	github.com/bootzip/bootzip v0.0.0
)

replace github.com/bootzip/bootzip => ../
