package verify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"

	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// A zip from an upload: the report says what Lambda would refuse. What is wrong
// with a zip is in the report; err is for a zip that cannot be read at all.
func ExampleReaderAt() {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, _ := z.Create("main")
	fmt.Fprint(f, "#!/bin/sh\n")
	z.Close()

	report, err := verify.ReaderAt(context.Background(), "upload.zip", bytes.NewReader(b.Bytes()), int64(b.Len()),
		verify.Options{Arch: project.ARM64})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Lambda can start it:", report.OK())
	for _, r := range report.Results {
		if r.Status == verify.Fail {
			fmt.Println(r.Check.ID)
		}
	}
	// Output:
	// Lambda can start it: false
	// bootstrap-missing
}

// Rules decide what a finding means for one function. A mistake in one can be
// found before anything is built.
func ExampleValidateRules() {
	rules := []project.CheckRule{{ID: "zip-unsafe-nam", Severity: "waive", Reason: "the framework needs it"}}
	fmt.Println(verify.ValidateRules(rules))
	// Output: check "zip-unsafe-nam" is unknown
}

// A message from Lambda's log leads to the checks that find its cause before a
// deploy, the most likely first.
func ExampleExplain() {
	for _, e := range verify.Explain("fork/exec /var/task/bootstrap: permission denied") {
		fmt.Println(e.Check.ID)
	}
	// Output:
	// bootstrap-mode
	// file-mode
}
