package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/verify"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain MESSAGE",
		Short: "Say what a message in Lambda's log comes from",
		Long: `Explain takes a message from Lambda's log and says what it comes from, and which
check finds it before a deploy. It ends with status 1 if nothing is known about
the message.`,
		Example: `  bootzip explain "fork/exec /var/task/bootstrap: exec format error"`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			explanations := verify.Explain(strings.Join(args, " "))
			if len(explanations) == 0 {
				return hint.See(hint.New("the page has the messages that are known", "nothing is known about this message"), "failures")
			}
			for _, e := range explanations {
				_, err := fmt.Printf("%s\n  found by %s: %s\n  to do: %s\n  see: %schecks#%s\n", e.Cause, e.Check.ID, a.typed("bootzip check FILE.zip"), a.typed(e.Hint), hint.Site, e.Check.ID)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}
