//go:build linux

// Command attacker makes the attempts of package attack wherever it is
// started.
//
// As a bootstrap (with AWS_LAMBDA_RUNTIME_API) it waits for events. For each event
// it makes the attempts, prints the outcomes in JSON for the boot check, and answers
// with them as the message of an error. Otherwise it makes the attempts once and
// prints the outcomes.
//
// The [attack.Target] is in a file next to it, [attack.Told]. Linked without cgo, it
// needs neither libraries nor /proc.
//
// With arguments it is one of the processes that take part:
//
//	attacker try ID TARGET     makes one attempt
//	attacker victim MARK       is attacked, until its standard input ends
//	attacker linger MARK       is left behind, for a minute at most
//	attacker nothing           succeeds
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/bootzip/bootzip/test/attack"
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(part(os.Args[1:]))
	}
	if err := all(os.Getenv("AWS_LAMBDA_RUNTIME_API")); err != nil {
		fmt.Fprintln(os.Stderr, "attacker:", err)
		os.Exit(1)
	}
}

func part(args []string) int {
	switch {
	case args[0] == "try" && len(args) == 3:
		status, said := attack.One(args[1], args[2])
		fmt.Println(said)
		return status
	case args[0] == "victim":
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
	case args[0] == "linger":
		time.Sleep(time.Minute)
	case args[0] != "nothing":
		fmt.Fprintf(os.Stderr, "attacker: no part %q\n", args)
		return 2
	}
	return 0
}

func all(api string) error {
	// Without /proc, all that is known is the name under which it was started.
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(program), attack.Told))
	if err != nil {
		return err
	}
	var t attack.Target
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	t.Program = program
	if t.Out == "" {
		t.Out = os.Getenv("OUT") // set in a build
	}
	if api != "" {
		t.Own = api
		return serve(api, t)
	}
	outcomes, err := attack.Run(context.Background(), t)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(outcomes)
}

// serve answers events until the place ends. It answers the event "address" with
// the address of the Runtime API.
func serve(api string, t attack.Target) error {
	base := "http://" + api + "/2018-06-01/runtime/invocation/"
	for {
		resp, err := http.Get(base + "next")
		if err != nil {
			return err
		}
		event, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		if bytes.Equal(event, []byte(`"address"`)) {
			err = post(base+id+"/response", api)
		} else {
			err = report(base+id+"/error", t)
		}
		if err != nil {
			return err
		}
	}
}

func report(to string, t attack.Target) error {
	outcomes, err := attack.Run(context.Background(), t)
	if err != nil {
		return err
	}
	text, err := json.Marshal(outcomes)
	if err != nil {
		return err
	}
	fmt.Println(string(text)) // for the boot check, whose report cuts messages
	return post(to, map[string]string{"errorType": attack.ErrorType, "errorMessage": string(text)})
}

func post(to string, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Lambda-Runtime-Function-Error-Type", attack.ErrorType) // only an error uses it
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the Runtime API answers %s", resp.Status)
	}
	return nil
}
