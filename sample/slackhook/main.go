// Command slackhook answers a slash command of Slack: it checks the signature and its time,
// and answers within the three seconds that Slack waits. The signing secret of the app is in
// SLACK_SIGNING_SECRET.
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/httpevent"
)

func main() {
	h := &hook{now: time.Now, run: answer}
	runtime.Init(func(context.Context) error {
		h.secret = []byte(os.Getenv("SLACK_SIGNING_SECRET"))
		if len(h.secret) == 0 {
			return errors.New("SLACK_SIGNING_SECRET is not set: without it anyone could call")
		}
		return nil
	})
	httpevent.Handle("", h.serve)
	runtime.Start()
}
