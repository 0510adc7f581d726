package httpevent_test

import (
	"context"
	"fmt"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

// One function answers every sender in its own form: here an HTTP API, and a
// load balancer.
func ExampleHandler() {
	h := httpevent.Handler(func(_ context.Context, r *httpevent.Request) (*httpevent.Response, error) {
		return httpevent.Text(200, r.Method+" from "+r.Query.Get("name")), nil
	})
	for _, event := range []string{
		`{"version":"2.0","rawPath":"/","rawQueryString":"name=Ada","headers":{},
			"requestContext":{"domainName":"x.execute-api.eu-west-1.amazonaws.com","http":{"method":"GET","path":"/"}}}`,
		`{"httpMethod":"PUT","path":"/","headers":{},"queryStringParameters":{"name":"Bob"},
			"requestContext":{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/1"}}}`,
	} {
		response, err := h(context.Background(), []byte(event))
		fmt.Println(string(response), err)
	}
	// Output:
	// {"statusCode":200,"headers":{"content-type":"text/plain; charset=utf-8"},"body":"GET from Ada","isBase64Encoded":false} <nil>
	// {"statusCode":200,"statusDescription":"200 OK","headers":{"content-type":"text/plain; charset=utf-8"},"body":"PUT from Bob","isBase64Encoded":false} <nil>
}

func ExampleParse() {
	r, err := httpevent.Parse([]byte(`{"httpMethod":"GET","path":"/users/7","headers":{"Accept":"text/plain"},
		"multiValueHeaders":{"Accept":["text/plain"]},"multiValueQueryStringParameters":{"tag":["a","b"]},
		"pathParameters":{"id":"7"},"requestContext":{"stage":"prod"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Source, r.Path, r.PathParameters["id"], r.Query["tag"], r.Header.Get("accept"))
	// Output: REST API /users/7 7 [a b] text/plain
}
