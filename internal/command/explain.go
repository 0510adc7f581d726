package command

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/verify"
)

func (a *app) explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain MESSAGE",
		Short: "Explain a message in Lambda's log",
		Long: `Explain takes a message from Lambda's log, and prints its cause and the check that finds
it before a deploy. With MESSAGE "-" it reads a log from standard input, and uses its
last 1 MB. It ends with status 1 if it does not know the message.`,
		Example: `  bootzip explain "fork/exec /var/task/bootstrap: exec format error"
  aws logs tail /aws/lambda/hello | bootzip explain -`,
		Args: some("MESSAGE"),
		RunE: func(_ *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if text == "-" {
				var err error
				if text, err = last(os.Stdin, 1<<20); err != nil {
					return err
				}
			}
			explanations := verify.Explain(text)
			if len(explanations) == 0 {
				return hint.See(hint.New("the page lists the known messages; to start the function locally: bootzip check FILE.zip --boot", "nothing is known about this message"), "failures")
			}
			for _, e := range explanations {
				check := "bootzip check FILE.zip"
				switch e.Check.Layer {
				case verify.Boot:
					check += " --boot"
				case verify.Deploy:
					check += " --deploy=FILE"
				}
				_, err := fmt.Printf("%s\n  found by %s: %s\n  to do: %s\n  see: %schecks#%s\n", e.Cause, e.Check.ID, a.typed(check), a.typed(e.Hint), hint.Site, e.Check.ID)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w\nusage: %s\nhint: put -- before a message that begins with a dash: %s -- \"-bash: …\"", err, c.UseLine(), c.CommandPath())
	})
	return c
}

// last reads all of r, and returns the last n bytes of it, or less.
func last(r io.Reader, n int) (string, error) {
	var kept []byte
	piece := make([]byte, n)
	for {
		got, err := io.ReadFull(r, piece)
		kept = append(kept, piece[:got]...)
		kept = kept[max(0, len(kept)-n):]
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return string(kept), nil
		default:
			return "", err
		}
	}
}
