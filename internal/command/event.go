package command

import (
	"cmp"
	"os"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/emulator/event"
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
		RunE: func(_ *cobra.Command, args []string) error {
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
