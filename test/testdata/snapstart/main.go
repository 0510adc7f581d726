// Command snapstart records what it does around a snapshot, and answers with that.
package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/runtime"
)

var notes []string

func note(what string, err error) func(context.Context) error {
	return func(context.Context) error {
		notes = append(notes, what)
		return err
	}
}

func main() {
	fails := func(what string) error {
		if os.Getenv("FAIL") == what {
			return errors.New("no table")
		}
		return nil
	}
	runtime.Init(note("init", nil))
	runtime.BeforeSnapshot(note("before", fails("before")))
	runtime.AfterRestore(note("after", fails("after")))
	runtime.Handle("", func(context.Context, []byte) ([]byte, error) {
		return []byte(strconv.Quote(strings.Join(notes, " "))), nil
	})
	runtime.Start()
}
