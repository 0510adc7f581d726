package main

import (
	"context"
	"testing"

	"github.com/bootzip/bootzip/runtime/typed"
)

// The events are the documented examples, shortened to what differs between the
// services (Amazon API Gateway developer guide, "Lambda proxy integrations";
// Amazon SNS and EventBridge developer guides).
func TestHandlers(t *testing.T) {
	http := typed.Handler(greet)
	sns := typed.Handler(notified)
	schedule := typed.Handler(scheduled)
	const plain = `,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":`
	for _, c := range []struct {
		name    string
		handler func(context.Context, []byte) ([]byte, error)
		event   string
		want    string
	}{
		{"REST API", http, `{"version":"1.0","httpMethod":"GET","path":"/hello","queryStringParameters":{"hello":"Ada"}}`,
			`{"statusCode":200` + plain + `"Hello Ada from bootzip"}`},
		{"REST API without a query", http, `{"httpMethod":"GET","path":"/hello","queryStringParameters":null}`,
			`{"statusCode":200` + plain + `"Hello World from bootzip"}`},
		{"HTTP API", http, `{"version":"2.0","rawQueryString":"hello=A%26B","queryStringParameters":{"hello":"A&B"}}`,
			`{"statusCode":200` + plain + `"Hello A&B from bootzip"}`},
		{"function URL without a query", http, `{"version":"2.0","rawPath":"/","rawQueryString":""}`,
			`{"statusCode":200` + plain + `"Hello World from bootzip"}`},
		{"schedule", schedule, `{"source":"aws.events","time":"1970-01-01T00:00:00Z","resources":["arn:aws:events:us-east-1:1:rule/r"],"detail":{}}`, `{}`},
		{"SNS", sns, `{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"95df01b4","Subject":"s","Message":"hello"}}]}`, `{}`},
	} {
		got, err := c.handler(context.Background(), []byte(c.event))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}
