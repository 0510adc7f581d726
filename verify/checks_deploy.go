package verify

import "github.com/bootzip/bootzip/project"

// The ids of the checks of deploy files. Package pipeline runs them.
const (
	IDDeployArchitecture = "deploy-architecture"
	IDDeployRuntime      = "deploy-runtime"
	IDDeployRuntimeEnded = "deploy-runtime-ended"
	IDDeployRuntimeOther = "deploy-runtime-other"
	IDDeployZipMissing   = "deploy-zip-missing"
	IDDeployZipOutside   = "deploy-zip-outside"
	IDDeployZipUnbuilt   = "deploy-zip-unbuilt"
	IDDeployHandler      = "deploy-handler"
	IDDeployPackageType  = "deploy-package-type"
	IDDeployLimits       = "deploy-limits"
	IDDeploySettings     = "deploy-settings"
	IDDeployEnvironment  = "deploy-environment"
	IDDeployReserved     = "deploy-reserved-variable"
	IDDeployMissing      = "deploy-missing"
	IDDeployUnresolved   = "deploy-unresolved"
)

var (
	_ = Deploy.check(Check{ID: IDDeployArchitecture, Proves: "the architecture in the deploy file is that of the program in the zip", Lambda: lambdaExecFormat, Hint: "set the architecture (arm64 or x86_64, the default) to that of the zip, or deploy the zip for the other architecture"})
	_ = Deploy.check(Check{ID: IDDeployRuntime, Proves: "the runtime starts the bootstrap that the zip has: an OS-only one, or one of .NET for code compiled ahead of time", Hint: "set the runtime to provided.al2023: managed runtimes of other languages start no bootstrap"})
	_ = Deploy.check(Check{ID: IDDeployRuntimeEnded, Severity: SeverityWarn, Proves: "AWS supports the runtime", Hint: "set the runtime to provided.al2023"})
	_ = Deploy.check(Check{ID: IDDeployRuntimeOther, Severity: SeverityWarn, Proves: "the runtime is the one that the zip was checked for", Hint: "use the same runtime in bootzip.yaml and in the deploy file: the runtimes have different libraries"})
	_ = Deploy.check(Check{ID: IDDeployZipMissing, Proves: "the zip exists", Hint: "build it (bootzip package), or correct the path, which is relative to the deploy file"})
	_ = Deploy.check(Check{ID: IDDeployZipOutside, Severity: SeverityWarn, Proves: "the zip is inside the project", Hint: "give a path inside the project: other checkouts do not have that directory"})
	_ = Deploy.check(Check{ID: IDDeployZipUnbuilt, Severity: SeverityWarn, Proves: "a function of the project makes the zip", Hint: "correct the path, or add the function to bootzip.yaml: otherwise an old zip may be deployed"})
	_ = Deploy.check(Check{ID: IDDeployHandler, Proves: "the bootstrap knows the handler", Lambda: "Runtime.NoSuchHandler", Hint: "give one of the function's handlers, or add it under handlers in bootzip.yaml"})
	_ = Deploy.check(Check{ID: IDDeployPackageType, Proves: "the package type fits the code", Hint: "PackageType Zip (the default) with a zip, Image with an image's URI and without runtime and handler; a layer's zip for a layer, a function's for a function"})
	_ = Deploy.check(Check{ID: IDDeployLimits, Proves: "memory, time-out and layers are within Lambda's limits", Hint: "128 to 10240 MB, 1 to 900 seconds, at most 5 layers (AWS Lambda API reference, CreateFunction)"})
	_ = Deploy.check(Check{ID: IDDeploySettings, Severity: SeverityWarn, Proves: "memory, time-out and layers are those in bootzip.yaml, with which the function was started", Hint: "use the same memory, timeout and layers in bootzip.yaml and in the deploy file"})
	_ = Deploy.check(Check{ID: IDDeployEnvironment, Severity: SeverityWarn, Proves: "the function has the variables that the boot check set", Hint: "add the variable to the deploy file, or take it out of env in bootzip.yaml"})
	_ = Deploy.check(Check{ID: IDDeployReserved, Proves: "no variable has a name that Lambda reserves", Lambda: "Reserved keys used in this request", Hint: "give the variable another name (AWS Lambda developer guide, Defined runtime environment variables)"})
	_ = Deploy.check(Check{ID: IDDeployMissing, Severity: SeverityWarn, Proves: "each function in bootzip.yaml is deployed", Hint: "add it to the deploy file, or waive the check for a function that is deployed in another way"})
	_ = Deploy.check(Check{ID: IDDeployUnresolved, Severity: SeverityWarn, Proves: "each setting can be resolved without a deploy; otherwise it is skipped", Hint: "give the parameter or variable a default"})
)

// A DeployFinding is what a check of a deploy file found, or could not check.
type DeployFinding struct {
	ID           string
	Where        string // the function in the deploy file
	File         string // the file, if it is not the report's: one of several .tf files
	Line, Column int    // from 1; 0: unknown
	Detail       string
	Skipped      bool // it could not be checked

	Rules []project.CheckRule // of the function in bootzip.yaml
}

// A DeployFile is what a report says about a deploy file.
type DeployFile struct {
	Kind      string `json:"kind"`             // such as "SAM template"
	Functions int    `json:"functions"`        // that it deploys
	Others    int    `json:"others,omitempty"` // of these, functions in other languages, not checked
	Layers    int    `json:"layers,omitempty"` // of which it deploys a version
}

// DeployReport makes the report of a deploy file: a result for each finding, and one for
// each check of the layer Deploy without findings.
func DeployReport(path string, size int64, sha256 string, file DeployFile, findings []DeployFinding, strict bool) (Report, error) {
	r := Report{Path: path, Size: size, SHA256: sha256, Deploy: &file, policy: policy{strict: strict}}
	for _, c := range checks[Deploy] {
		n := len(r.Results)
		for _, f := range findings {
			if f.ID != c.ID {
				continue
			}
			p, err := newPolicy(Options{Rules: f.Rules, Strict: strict})
			if err != nil {
				return Report{}, err
			}
			severity, reason := p.severity(c)
			x := Result{Check: c, Status: severity.status(), Severity: severity, Reason: reason, Detail: f.Detail, File: f.Where, Source: f.File, Line: f.Line, Column: f.Column}
			if f.Skipped {
				x.Status, x.Reason, x.Shown = Skip, "", c.ID == IDDeployUnresolved
			}
			r.Results = append(r.Results, x)
		}
		if len(r.Results) == n {
			severity, _ := r.policy.severity(c)
			x := Result{Check: c, Status: Pass, Severity: severity}
			if file.Functions+file.Layers == file.Others && c.ID != IDDeployMissing {
				x.Status, x.Detail = Skip, "it deploys no function"
				if file.Others > 0 {
					x.Detail += " but those in other languages"
				}
			}
			r.Results = append(r.Results, x)
		}
	}
	return r, nil
}
