// Package clients tests the emulator with independent clients of AWS Lambda: the AWS
// CLI, the AWS SDK for Go, the AWS SDK for JavaScript, and curl.
//
// It is a separate module, so that bootzip's module depends on none of them. The tests
// run with BOOTZIP_TEST_CLIENTS=1 in the environment, and then need aws, node,
// npm and curl on the PATH, and an npm registry.
package clients
