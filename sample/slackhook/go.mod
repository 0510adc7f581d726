module github.com/bootzip/bootzip/sample/slackhook

go 1.24.0

toolchain go1.26.8

require github.com/bootzip/bootzip/runtime v0.1.0
