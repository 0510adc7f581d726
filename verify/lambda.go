package verify

// Lambda's messages, word for word, as AWS's documentation, its open-source emulator and
// issue threads quote them. Nothing else in this package claims to know what Lambda says.
const (
	lambdaNoBootstrap = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
	lambdaExecFormat  = "fork/exec /var/task/bootstrap: exec format error"
	lambdaNoFile      = "fork/exec /var/task/bootstrap: no such file or directory"
	lambdaPermission  = "fork/exec /var/task/bootstrap: permission denied"
	lambdaGlibc       = "/lib64/libc.so.6: version 'GLIBC_2.38' not found"
	lambdaSegfault    = "Runtime exited with error: signal: segmentation fault"
	lambdaUnzipped    = "Unzipped size must be smaller than 262144000 bytes"
	lambdaUpload      = "Request must be smaller than 69905067 bytes for the UpdateFunctionCode operation"
	lambdaUnzip       = "Could not unzip uploaded file. Please check your file, then try to upload again."
)

// endOfAL2 is what AWS says about provided.al2. AWS has moved these dates before.
const endOfAL2 = "AWS ended its support on 31 July 2026, and refuses new functions from 1 February 2027 and updates from 3 March 2027 (AWS Lambda developer guide, \"Lambda runtimes\", as of October 2026)"

// Lambda's limits (AWS Lambda developer guide, "Lambda quotas").
const (
	maxUnzipped = 262_144_000  // bytes, of the function and its layers together
	maxMemory   = 10_240 << 20 // bytes of memory of a function
	maxUpload   = 52_428_800   // bytes of a zip in a direct upload; larger ones go through S3
)

// RuntimeEnd says when AWS ended its support of a runtime for Go functions, and with what
// effect. It is empty if AWS has not, as far as is known.
func RuntimeEnd(runtime string) string {
	return map[string]string{
		"provided.al2": endOfAL2,
		"provided":     "AWS ended its support on 8 January 2024",
		"go1.x":        "AWS ended its support on 8 January 2024, and it starts no bootstrap",
	}[runtime]
}
