package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/internal/runtimeapi"
)

// environment returns the complete environment of an instance (AWS Lambda developer
// guide, "Working with Lambda environment variables", defined runtime
// environment variables). OS-only runtimes have neither AWS_EXECUTION_ENV nor
// _X_AMZN_TRACE_ID.
func (f *Function) environment(api string) []string {
	c := f.config
	all := []string{
		"_HANDLER=" + c.Handler,
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_METADATA_API=" + api,
		"AWS_LAMBDA_METADATA_TOKEN=" + f.token,
		"AWS_REGION=" + c.Region,
		"AWS_DEFAULT_REGION=" + c.Region,
		"AWS_LAMBDA_FUNCTION_NAME=" + c.Name,
		fmt.Sprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", c.Memory),
		"AWS_LAMBDA_FUNCTION_VERSION=" + latest,
		"AWS_LAMBDA_INITIALIZATION_TYPE=" + initialization(c),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + time.Now().UTC().Format("2006/01/02") + "/[" + latest + "]" + strings.ReplaceAll(runtimeapi.NewUUID(), "-", ""),
		"AWS_LAMBDA_LOG_FORMAT=Text",
		"AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
		"AWS_XRAY_DAEMON_ADDRESS=169.254.100.1:2000",
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"LANG=en_US.UTF-8",
		"LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
	}
	if c.PerInstance > 1 {
		all = append(all, fmt.Sprintf("AWS_LAMBDA_MAX_CONCURRENCY=%d", c.PerInstance))
	}
	if c.Root != nil || c.ImageEnv != nil {
		all = imageEnvironment(c.ImageEnv, all)
	}
	all = override(all, c.Environment)
	if c.SnapStart {
		return f.snapStartEnvironment(all, api)
	}
	return all
}

// ofImages are variables that AWS's base images set. It is uncertain whether Lambda
// sets them.
var ofImages = []string{"LAMBDA_RUNTIME_DIR", "LANG", "LD_LIBRARY_PATH", "PATH", "TZ"}

// imageEnvironment adds Lambda's variables to those of an image.
func imageEnvironment(image, lambda []string) []string {
	return override(image, slices.DeleteFunc(lambda, func(variable string) bool {
		name, value, _ := strings.Cut(variable, "=")
		return slices.Contains(ofImages, name) || name == "_HANDLER" && value == ""
	}))
}

// override returns an environment with variables added or replaced.
func override(all, variables []string) []string {
	all = slices.Clone(all)
	for _, variable := range variables {
		name, _, _ := strings.Cut(variable, "=")
		all = slices.DeleteFunc(all, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		all = append(all, variable)
	}
	return all
}

// variable returns the last value of a variable in an environment; "" if it is not set.
func variable(environment []string, name string) (value string) {
	for _, one := range environment {
		if text, ok := strings.CutPrefix(one, name+"="); ok {
			value = text
		}
	}
	return value
}

// initialization returns the kind of initialisation (as AWS's Runtime Interface Emulator
// reports it for Lambda Managed Instances).
func initialization(c Config) string {
	if c.PerInstance > 1 {
		return "lambda-managed-instances"
	}
	if c.SnapStart {
		return "snap-start"
	}
	return "on-demand"
}
