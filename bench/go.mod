module github.com/bootzip/bootzip/bench

go 1.26.0

toolchain go1.26.8

require github.com/bootzip/bootzip v0.0.0

require mvdan.cc/sh/v3 v3.12.0 // indirect

require (
	github.com/bootzip/bootzip/runtime v0.1.0
	github.com/elastic/go-seccomp-bpf v1.6.0 // indirect
	github.com/gofrs/flock v0.12.1 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/mod v0.30.0 // indirect
	golang.org/x/net v0.47.0 // indirect
	golang.org/x/sys v0.39.0 // indirect
)

replace github.com/bootzip/bootzip => ../

replace github.com/bootzip/bootzip/runtime => ../runtime
