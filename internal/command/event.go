package command

import (
	"context"
	"os"

	"github.com/bootzip/bootzip/emulator/event"
)

// Event prints an event as a service of AWS sends it to functions; NAME is e.g. s3, sqs or function-url.
// 'list' names all there are.
func Event(ctx context.Context,
	name string,
	bucket *string, // s3: the bucket
	key *string, // s3: the object's key
	resource *string, // name of the topic, queue, table, stream, rule, user pool or repository
	body *string, // the message, the record, or the body of the HTTP request
	method *string, // HTTP: the method
	path *string, // HTTP: the path
	query *string, // HTTP: the query, without '?'
	secret *string, // webhooks: what they are signed with
	region *string, // the region
	account *string, // the account's number
) error {
	if name == "list" {
		rows := [][]string{{"EVENT", "WHAT"}}
		for _, k := range event.Kinds() {
			rows = append(rows, []string{k.Name, k.About})
		}
		return table(rows)
	}
	text, err := event.Make(name, event.Options{
		Bucket: choose(bucket, "", ""), Key: choose(key, "", ""), Resource: choose(resource, "", ""), Body: choose(body, "", ""),
		Method: choose(method, "", ""), Path: choose(path, "", ""), Query: choose(query, "", ""), Secret: choose(secret, "", ""),
		Region: choose(region, os.Getenv("AWS_REGION"), ""), Account: choose(account, "", ""),
	})
	if err != nil {
		return misuse(err)
	}
	_, err = os.Stdout.Write(text)
	return err
}
