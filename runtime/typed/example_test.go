package typed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/bootzip/bootzip/runtime/typed"
)

// show passes an event to a handler, as the runtime does.
func show(h func(context.Context, []byte) ([]byte, error), event string) {
	out, err := h(context.Background(), []byte(event))
	if err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println(string(out))
}

type done struct{}

func Example_s3() {
	h := typed.Handler(func(_ context.Context, e events.S3Event) (done, error) {
		for _, r := range e.Records {
			fmt.Printf("%s of %s in %s: %d bytes\n", r.EventName, r.S3.Object.URLDecodedKey, r.S3.Bucket.Name, r.S3.Object.Size)
		}
		return done{}, nil
	})
	show(h, `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2026-01-02T03:04:05.000Z",
		"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"pictures","arn":"arn:aws:s3:::pictures"},
		"object":{"key":"a+b.jpg","size":1024,"eTag":"0123456789abcdef","sequencer":"0A1B2C"}}}]}`)
	// Output:
	// ObjectCreated:Put of a b.jpg in pictures: 1024 bytes
	// {}
}

func Example_sns() {
	h := typed.Handler(func(_ context.Context, e events.SNSEvent) (done, error) {
		for _, r := range e.Records {
			fmt.Printf("%s: %s\n", r.SNS.Subject, r.SNS.Message)
		}
		return done{}, nil
	})
	show(h, `{"Records":[{"EventVersion":"1.0","EventSource":"aws:sns","EventSubscriptionArn":"arn:aws:sns:eu-west-1:1:t:s",
		"Sns":{"Type":"Notification","MessageId":"95df01b4","TopicArn":"arn:aws:sns:eu-west-1:1:t","Subject":"greeting",
		"Message":"hello","Timestamp":"2026-01-02T03:04:05.000Z","MessageAttributes":{}}}]}`)
	// Output:
	// greeting: hello
	// {}
}

// The answer to a batch from SQS names the messages that failed; the others are not sent
// again. The event source mapping needs ReportBatchItemFailures for this.
func Example_sqs() {
	work := func(body string) error {
		if body == "bad" {
			return errors.New("bad message")
		}
		return nil
	}
	h := typed.Handler(func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		var failed events.SQSEventResponse
		for _, m := range e.Records {
			if err := work(m.Body); err != nil {
				failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		}
		return failed, nil
	})
	show(h, `{"Records":[
		{"messageId":"m1","receiptHandle":"r1","body":"good","attributes":{"ApproximateReceiveCount":"1"},"eventSource":"aws:sqs","awsRegion":"eu-west-1"},
		{"messageId":"m2","receiptHandle":"r2","body":"bad","attributes":{"ApproximateReceiveCount":"1"},"eventSource":"aws:sqs","awsRegion":"eu-west-1"}]}`)
	// Output:
	// {"batchItemFailures":[{"itemIdentifier":"m2"}]}
}

func Example_eventBridge() {
	type order struct{ ID string }
	h := typed.Handler(func(_ context.Context, e events.EventBridgeEvent) (done, error) {
		var o order
		if err := json.Unmarshal(e.Detail, &o); err != nil {
			return done{}, err
		}
		fmt.Printf("%s from %s: %s\n", e.DetailType, e.Source, o.ID)
		return done{}, nil
	})
	show(h, `{"version":"0","id":"6a7e8feb","detail-type":"OrderTaken","source":"shop","account":"123456789012",
		"time":"2026-01-02T03:04:05Z","region":"eu-west-1","resources":[],"detail":{"id":"o-1"}}`)
	// Output:
	// OrderTaken from shop: o-1
	// {}
}

func Example_scheduled() {
	h := typed.Handler(func(_ context.Context, e events.EventBridgeEvent) (done, error) {
		fmt.Println(e.DetailType, "at", e.Time.Format("15:04"), "by", e.Resources[0])
		return done{}, nil
	})
	show(h, `{"version":"0","id":"53dc4d37","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012",
		"time":"2026-01-02T03:04:05Z","region":"eu-west-1","resources":["arn:aws:events:eu-west-1:1:rule/tenminutes"],"detail":{}}`)
	// Output:
	// Scheduled Event at 03:04 by arn:aws:events:eu-west-1:1:rule/tenminutes
	// {}
}
