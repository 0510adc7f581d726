package dev

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/bootzip/bootzip/internal/dev/vulnerability"
	"github.com/bootzip/bootzip/internal/hint"
)

const (
	// govulncheck is the version that Vuln runs. It is not a dependency of this
	// module, so that importers of bootzip do not get it.
	govulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.8.0"
	// allowedFile is the list of known findings.
	allowedFile = "vulnerabilities.json"
	// vulnerabilityDatabase is govulncheck's own default.
	vulnerabilityDatabase = "https://vuln.go.dev"
)

// Vuln looks for known vulnerabilities in what the Go code uses, with govulncheck.
// Those in vulnerabilities.json, with a reason and an expiry date, are allowed.
// It ends with status 1 for a finding that may be called and is not listed, for an
// expired or obsolete line of the list, and if the database cannot be reached.
func Vuln(ctx context.Context,
	db *string, // the database: https://… or file://…; default: https://vuln.go.dev
	allow *string, // the list; default: vulnerabilities.json, if there is one
	offline *bool, // say so and end with status 0 where the database cannot be reached
) error {
	allowed, err := readAllowed(allow)
	if err != nil {
		return misuse(err)
	}
	database := value(db, vulnerabilityDatabase)
	if scheme, _, ok := strings.Cut(database, "://"); !ok || !slices.Contains([]string{"https", "http", "file"}, scheme) {
		return misuse(hint.New("write it as in "+vulnerabilityDatabase, "database %q is not a URL", database))
	}
	if err := reach(ctx, database); ctx.Err() != nil {
		return errors.New("interrupted; vulnerabilities were not checked") // also with -offline
	} else if err != nil {
		return notRun(err, allowed, value(offline, false))
	}
	scan, err := scanModule(ctx, database)
	if err != nil {
		return err
	}
	fmt.Printf("govulncheck: %s, %s\n", scan.Database, scan.GoVersion)
	return judge(vulnerability.Judge(scan.Findings, allowed, time.Now()))
}

func readAllowed(allow *string) ([]vulnerability.Allowed, error) {
	name := value(allow, allowedFile)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && value(allow, "") == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return vulnerability.ReadAllowed(data, name)
}

// reach makes govulncheck's first request to the database (Go Vulnerability
// Database, "API": index/db.json.gz).
func reach(ctx context.Context, database string) error {
	if folder, ok := strings.CutPrefix(database, "file://"); ok {
		u, err := url.Parse(database)
		if err == nil {
			folder = u.Path
		}
		if runtime.GOOS == "windows" {
			folder = strings.TrimPrefix(folder, "/") // file:///C:/directory
		}
		_, err = os.Stat(filepath.Join(filepath.FromSlash(folder), "index"))
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(database, "/")+"/index/db.json.gz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", request.URL, response.Status)
	}
	return nil
}

// notRun reports that nothing was checked. Entries that have expired still fail.
func notRun(err error, allowed []vulnerability.Allowed, offline bool) error {
	late := 0
	for _, j := range vulnerability.Judge(nil, allowed, time.Now()) {
		if j.Status == vulnerability.Expired {
			fmt.Println(verdict(j))
			late++
		}
	}
	fmt.Printf("not run: the vulnerability database cannot be reached: %v\n", err)
	switch {
	case late > 0:
		return mg.Fatal(1, fmt.Sprintf("%d of %d allowed vulnerabilities have expired", late, len(allowed)))
	case !offline:
		return mg.Fatal(1, withHint(hint.New("with -offline this does not fail, but is not a pass either", "vulnerabilities were not checked")))
	}
	return nil
}

// scanModule runs govulncheck on all packages of every module of go.work. With JSON,
// govulncheck ends with status 0 whatever it finds.
func scanModule(ctx context.Context, database string) (vulnerability.Scan, error) {
	cmd := exec.CommandContext(ctx, "go", "run", govulncheck, "-format=json", "-db="+database, packages)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return vulnerability.Scan{}, fmt.Errorf("go run %s: %w", govulncheck, err)
	}
	return vulnerability.ReadScan(bytes.NewReader(out))
}

// judge prints a line for each finding and each line of the list.
func judge(all []vulnerability.Judgement) error {
	count := map[vulnerability.Status]int{}
	bad := 0
	for _, j := range all {
		fmt.Println(verdict(j))
		count[j.Status]++
		if j.Status.Failure() {
			bad++
		}
	}
	if bad > 0 {
		return mg.Fatal(1, withHint(hint.New("upgrade the module or Go, or review it and add it to "+allowedFile+" with a reason and a date",
			"%d of %d vulnerabilities are not as %s says", bad, len(all), allowedFile)))
	}
	fmt.Printf("PASS: %d allowed, %d not called\n", count[vulnerability.Listed], count[vulnerability.Uncalled])
	return nil
}

// verdict returns one line about a finding or a line of the list, and in most cases a
// second one that helps to decide.
func verdict(j vulnerability.Judgement) string {
	f := j.Finding
	what, where := f.Level.String(), f.Module+"@"+f.Version
	if f.Symbol != "" {
		what += " (" + f.Symbol + ")"
	}
	fixed := "no version fixes it"
	if f.Fixed != "" {
		fixed = "fixed in " + f.Fixed
	}
	until := j.Allowed.Expires.Format(time.DateOnly)
	switch j.Status {
	case vulnerability.Listed:
		return fmt.Sprintf("%s: allowed until %s: %s, %s, %s\n    %s", j.ID, until, where, what, fixed, j.Allowed.Reason)
	case vulnerability.Unlisted:
		return fmt.Sprintf("%s: NOT ALLOWED: %s, %s, %s\n    %s: https://pkg.go.dev/vuln/%s", j.ID, where, what, fixed, f.Summary, j.ID)
	case vulnerability.Uncalled:
		return fmt.Sprintf("%s: not called: %s, %s, %s\n    %s", j.ID, where, what, fixed, f.Summary)
	case vulnerability.Expired:
		return fmt.Sprintf("%s: EXPIRED on %s: look at it again\n    %s", j.ID, until, j.Allowed.Reason)
	}
	return fmt.Sprintf("%s: NOT FOUND any more: remove it from the list\n    %s", j.ID, j.Allowed.Reason)
}
