package httpevent_test

import (
	"context"
	"fmt"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

// One function answers every sender in the sender's form: here an HTTP API and a load
// balancer.
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

// The paths of all senders are alike: decoded once, and without the stage of an API,
// whatever its domain is.
func ExampleRequest() {
	for _, event := range []string{
		`{"version":"2.0","rawPath":"/dev/files/50% off.txt","requestContext":{"domainName":"api.example.com","stage":"dev",
			"http":{"method":"GET","path":"/dev/files/50% off.txt"}}}`,
		`{"httpMethod":"GET","path":"/files/50%25%20off.txt","requestContext":{"stage":"prod"}}`,
		`{"version":"2.0","rawPath":"/files/50%25%20off.txt","requestContext":{"domainName":"x.lambda-url.eu-west-1.on.aws","stage":"$default",
			"http":{"method":"GET","path":"/files/50% off.txt"}}}`,
	} {
		r, err := httpevent.Parse([]byte(event))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Source, r.Path, r.RawPath)
	}
	// Output:
	// HTTP API /files/50% off.txt /files/50%25%20off.txt
	// REST API /files/50% off.txt /files/50%25%20off.txt
	// function URL /files/50% off.txt /files/50%25%20off.txt
}

func ExampleJSON() {
	h := httpevent.Handler(func(_ context.Context, r *httpevent.Request) (*httpevent.Response, error) {
		resp, err := httpevent.JSON(201, map[string]string{"id": r.PathParameters["id"]})
		if err != nil {
			return nil, err
		}
		resp.Cookies = []string{"seen=1; HttpOnly", "theme=dark"}
		return resp, nil
	})
	response, err := h(context.Background(), []byte(`{"version":"2.0","rawPath":"/users/7","pathParameters":{"id":"7"},
		"requestContext":{"domainName":"api.example.com","http":{"method":"PUT"}}}`))
	fmt.Println(string(response), err)
	// Output:
	// {"statusCode":201,"headers":{"content-type":"application/json"},"cookies":["seen=1; HttpOnly","theme=dark"],"body":"{\"id\":\"7\"}","isBase64Encoded":false} <nil>
}

// A response is streamed to senders that support it: function URLs with the invoke mode
// RESPONSE_STREAM, and API Gateway with the response transfer mode STREAM.
func ExampleHandleStream() {
	httpevent.HandleStream("events", func(_ context.Context, r *httpevent.Request, s *httpevent.Stream) error {
		s.Header.Set("content-type", "text/event-stream")
		for _, line := range []string{"data: 1\n\n", "data: 2\n\n"} {
			if _, err := s.Write([]byte(line)); err != nil {
				return err
			}
		}
		return nil
	})
	// In main, runtime.Start follows.
}
