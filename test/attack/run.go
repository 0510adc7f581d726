//go:build linux

package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Told is the name of the file next to the attacker that holds its [Target] in
// JSON.
const Told = "attack.json"

// ErrorType is the type of the error with which a function answers. Its message
// holds the outcomes in JSON.
const ErrorType = "Attack.Outcomes"

// An Outcome is the result of an attempt.
type Outcome struct {
	ID     string
	Open   bool   `json:",omitempty"` // it got out
	Absent bool   `json:",omitempty"` // there was nothing to attack
	Said   string `json:",omitempty"` // why it did not succeed
}

// patience is how long an attempt may take. A sandbox on a busy machine is slow.
const patience = 30 * time.Second

// Exit statuses of a process that makes one attempt.
const (
	exitOpen = iota
	exitRefused
	exitAbsent
)

// Run makes the attempts that t asks for, one after the other, each in a
// process of its own: t.Program with the arguments of [One].
func Run(ctx context.Context, t Target) ([]Outcome, error) {
	var all []Outcome
	for _, a := range All() {
		if len(t.Only) == 0 && a.Alone || len(t.Only) > 0 && !slices.Contains(t.Only, a.ID) {
			continue
		}
		o, err := runOne(ctx, t, a.ID)
		if err != nil {
			return all, err
		}
		all = append(all, o)
	}
	return all, ctx.Err()
}

func runOne(ctx context.Context, t Target, id string) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd, err := t.command(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// In a session of its own it can have a controlling terminal, and everything
	// that it starts in its process group can be ended with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = 100 * time.Millisecond
	err = cmd.Run()
	o := Outcome{ID: id, Said: firstLine(out.String())}
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		o.Open = true
	case errors.As(err, &exit):
		o.Absent = exit.ExitCode() == exitAbsent
		if exit.ExitCode() < 0 {
			o.Said = strings.TrimSpace(exit.Error() + " " + o.Said)
		}
	default:
		return o, fmt.Errorf("attempt %q: %w", id, err)
	}
	return o, nil
}

// command prepares a process that makes one attempt.
func (t Target) command(ctx context.Context, id string) (*exec.Cmd, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, t.Program, "try", id, string(text))
	cmd.Env = []string{}
	cmd.Dir = "/"
	return cmd, nil
}

// One makes one attempt, in the process that [Run] starts. Its parameters are that
// process's arguments after "try": the id and the Target in JSON. It returns the
// exit status and the text to print.
func One(id, target string) (status int, said string) {
	var t Target
	a, err := Find(id)
	if err == nil {
		err = json.Unmarshal([]byte(target), &t)
	}
	if err == nil {
		err = a.Try(t)
	}
	switch {
	case err == nil:
		return exitOpen, ""
	case Absent(err):
		return exitAbsent, err.Error()
	}
	return exitRefused, err.Error()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line[:min(len(line), 200)]
}
