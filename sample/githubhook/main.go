// Command githubhook answers the webhook of a repository on GitHub: it checks the
// signature, and writes what was pushed, and what happens to pull requests, to its log. Its
// secret is in GITHUB_WEBHOOK_SECRET.
package main

import (
	"context"
	"errors"
	"log"
	"os"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
)

func main() {
	h := &hook{note: log.Printf}
	runtime.Init(func(context.Context) error {
		h.secret = []byte(os.Getenv("GITHUB_WEBHOOK_SECRET"))
		if len(h.secret) == 0 {
			return errors.New("GITHUB_WEBHOOK_SECRET is not set: without it anyone could call")
		}
		return nil
	})
	httpevent.Handle("", h.serve)
	runtime.Start()
}
