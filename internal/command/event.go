package command

import (
	"cmp"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/internal/hint"
)

func (a *app) eventCommand() *cobra.Command {
	var o event.Options
	c := &cobra.Command{
		Use:   "event NAME",
		Short: "Print an event as an AWS service sends it",
		Long: `Event prints an event as an AWS service sends it to functions, such as s3, sqs or
function-url. "bootzip event list" lists them all.`,
		Example:           "  bootzip event list\n  bootzip event s3 --bucket=photos --key='a b.jpg'",
		Args:              named("NAME"),
		ValidArgsFunction: eventNames,
		RunE: func(c *cobra.Command, args []string) error {
			if err := useless(c, args[0]); err != nil {
				return misuse(err)
			}
			if args[0] == "list" {
				t := table{header: []string{"EVENT", "WHAT"}}
				for _, k := range event.Kinds() {
					t.add(k.Name, k.About)
				}
				return t.print(a.format, event.Kinds())
			}
			o.Region = cmp.Or(o.Region, os.Getenv("AWS_REGION"))
			text, err := event.Make(args[0], o)
			if err != nil {
				return misuse(err)
			}
			_, err = os.Stdout.Write(text)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&o.Bucket, "bucket", "", "s3: the bucket")
	f.StringVar(&o.Key, "key", "", "s3: the object's key")
	f.StringVar(&o.Resource, "resource", "", "name of the topic, queue, table, stream, rule, user pool or repository")
	f.StringVar(&o.Body, "body", "", "the message, the record, or the body of the HTTP request")
	f.StringVar(&o.Method, "method", "", "HTTP: the method")
	f.StringVar(&o.Path, "path", "", "HTTP: the path")
	f.StringVar(&o.Query, "query", "", "HTTP: the query, without '?'")
	f.StringVar(&o.Secret, "secret", "", "webhooks: the secret to sign with")
	f.StringVar(&o.Region, "region", "", "the region")
	f.StringVar(&o.Account, "account", "", "the AWS account ID")
	a.tableFormat(c)
	return c
}

// eventNames completes names of ready-made events.
func eventNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{"list\tlist all events"}
	for _, k := range event.Kinds() {
		names = append(names, k.Name+"\t"+k.About)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// useless refuses a flag that other events use, but the event called name does not. It
// accepts an unknown name, which event.Make refuses.
func useless(c *cobra.Command, name string) (err error) {
	takers := map[string][]string{} // by flag, the events that take it
	for _, k := range event.Kinds() {
		for _, o := range k.Options {
			takers[o] = append(takers[o], k.Name)
		}
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		known := takers[f.Name]
		if err == nil && known != nil && !slices.Contains(known, name) && (event.Exists(name) || name == "list") {
			err = hint.New("omit it, or use it with "+enumerate(known), "bootzip event %s takes no --%s", name, f.Name)
		}
	})
	return err
}
