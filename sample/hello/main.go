// Command hello is a bootstrap with three handlers, as an example to copy. Lambda's
// setting "Handler" selects one:
//
//   - httpevent greets over HTTP: GET /?hello=NAME, behind API Gateway or a
//     function URL
//   - scheduledevent takes EventBridge's scheduled events
//   - snsevent takes messages of SNS
//
// The events are read into structs that have only what the handler needs, which keeps the
// zip small. The full types are in github.com/aws/aws-lambda-go/events.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/typed"
)

func main() {
	typed.Handle("httpevent", greet)
	typed.Handle("scheduledevent", scheduled)
	typed.Handle("snsevent", notified)
	runtime.Start()
}

// A request is what greet needs of an event of API Gateway (REST or HTTP API)
// or of a function URL; the three agree here.
type request struct {
	Query map[string]string `json:"queryStringParameters"`
}

// A response is what all three of them turn into an HTTP response.
type response struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

func greet(_ context.Context, r request) (response, error) {
	name := r.Query["hello"]
	if name == "" {
		name = "World"
	}
	return response{
		StatusCode: 200,
		Headers:    map[string]string{"Content-Type": "text/plain; charset=utf-8"},
		Body:       "Hello " + name + " from bootzip",
	}, nil
}

// A schedule is what scheduled needs of a scheduled event.
type schedule struct {
	Time      string   `json:"time"`
	Resources []string `json:"resources"` // ARNs of the rules
}

// nothing is the answer, {}, to events whose sender does not wait for one.
type nothing struct{}

func scheduled(_ context.Context, s schedule) (nothing, error) {
	fmt.Fprintf(os.Stderr, "scheduled event of %s from %q\n", s.Time, s.Resources)
	return nothing{}, nil
}

// A notification is what notified needs of an SNS event.
type notification struct {
	Records []struct {
		SNS struct {
			MessageID string `json:"MessageId"`
			Subject   string
			Message   string
		} `json:"Sns"`
	}
}

func notified(_ context.Context, n notification) (nothing, error) {
	for _, r := range n.Records {
		fmt.Fprintf(os.Stderr, "message %s: %q\n", r.SNS.MessageID, r.SNS.Message)
	}
	return nothing{}, nil
}
