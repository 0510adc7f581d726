// Package clients tests the emulator with clients of AWS Lambda that nobody here
// wrote: the AWS CLI, the AWS SDK for Go, the AWS SDK for JavaScript, and curl.
//
// It is a module of its own, so that bootzip's needs none of them. The tests
// run with BOOTZIP_TEST_CLIENTS=1 in the environment, and then need aws, node,
// npm and curl on the PATH, and a registry of npm.
package clients
