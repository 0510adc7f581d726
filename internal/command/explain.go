package command

import (
	"context"
	"fmt"

	"github.com/bootzip/bootzip/verify"
)

// Explain takes a message from Lambda's log and says what it comes from, and which check finds that.
// MESSAGE is one argument: put it into quotes. It ends with status 1 if
// nothing is known about the message.
func Explain(_ context.Context, message string) error {
	explanations := verify.Explain(message)
	if len(explanations) == 0 {
		return fmt.Errorf("nothing is known about this message\nhint: docs/checks.md lists the messages that are known")
	}
	for _, e := range explanations {
		fmt.Printf("%s\n  found by %s: mage check FILE.zip\n  mend it: %s\n", e.Cause, e.Check.ID, e.Check.Hint)
	}
	return nil
}
