module github.com/bootzip/bootzip

go 1.24.0

toolchain go1.26.8

tool github.com/magefile/mage
