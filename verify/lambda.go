package verify

// What Lambda says about a fault, word for word, as AWS's documentation, its
// open-source emulator and issue threads quote it. Nothing else in this package
// claims to know what Lambda says.
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

// Lambda's limits (AWS Lambda developer guide, "Lambda quotas").
const (
	maxUnzipped = 262_144_000 // bytes, of the function and its layers together
	maxUpload   = 52_428_800  // bytes of a zip in a direct upload; larger ones go through S3
)
