// Package event makes events as AWS's services send them to functions, with
// realistic content: identifiers of the right form, the current time, valid checksums
// and signatures.
//
// [Make] makes one by its name; [Request.Encode] makes the event of any HTTP
// request. The forms are those of the AWS Lambda developer guide, "Integrating other
// services", of the Amazon API Gateway developer guide, "Lambda proxy
// integrations", of the Elastic Load Balancing user guide, "Lambda functions as
// targets", and of the Amazon Cognito developer guide, "Customizing user pool workflows
// with Lambda triggers"; those of webhooks, of Slack's "Verifying requests from Slack"
// and GitHub's "Validating webhook deliveries".
//
// Exception: optional parts that depend on a service's configuration (authorizers, client
// certificates, VPC links) are omitted.
package event

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
)

// Options set the content of an event. An event ignores options that it does not use (see
// Kind.Options); zero values get a default.
type Options struct {
	Region   string    // default: us-east-1
	Account  string    // default: 123456789012
	Function string    // name of the function; default: "function"
	Time     time.Time // default: now

	Bucket   string // s3; default: "example-bucket"
	Key      string // s3; default: "photos/2026/cat.jpg"
	Resource string // name of the topic, queue, table, stream, rule or user pool
	Body     string // the message, the record, the detail, or the body of the HTTP request
	Method   string // HTTP; default: GET, and POST with a body
	Path     string // HTTP; default: "/"
	Query    string // HTTP, without "?"
	Secret   string // signs webhooks; default: "secret"
}

func (o Options) withDefaults() Options {
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.Account = cmp.Or(o.Account, "123456789012")
	o.Function = cmp.Or(o.Function, "function")
	o.Bucket = cmp.Or(o.Bucket, "example-bucket")
	o.Key = cmp.Or(o.Key, "photos/2026/cat.jpg")
	o.Path = cmp.Or(o.Path, "/")
	o.Secret = cmp.Or(o.Secret, "secret")
	if o.Time.IsZero() {
		o.Time = time.Now()
	}
	o.Time = o.Time.UTC()
	return o
}

// A maker makes one kind of event.
type maker struct {
	name, about string
	make        func(Options) (any, error)
	options     []string // see Kind.Options
}

// Options that several events use.
var (
	ofHTTP     = []string{"method", "path", "query", "body"}
	ofMessages = []string{"resource", "body"}
)

var makers = []maker{
	{"alb", "a request through an Application Load Balancer", httpMaker(ALB), ofHTTP},
	{"alb-multi", "the same, with multi-value headers switched on", httpMaker(ALBMulti), ofHTTP},
	{"apigateway-v1", "a request through an API Gateway REST API", httpMaker(RESTAPI), ofHTTP},
	{"apigateway-v2", "a request through an API Gateway HTTP API", httpMaker(HTTPAPI), ofHTTP},
	{"cognito", "a sign-up in a user pool, before it is done", cognito, ofMessages},
	{"dynamodb", "a changed item of a DynamoDB table", dynamoDB, ofMessages},
	{"empty", "an empty JSON object", func(Options) (any, error) { return object{}, nil }, []string{}},
	{"eventbridge", "a custom event on an EventBridge bus", eventBridge, ofMessages},
	{"function-url", "a request to a function URL", httpMaker(FunctionURL), ofHTTP},
	{"github", "a signed push webhook of GitHub, through a function URL", gitHub, []string{"resource", "path", "query", "body", "secret"}},
	{"kinesis", "a record of a Kinesis stream", kinesis, ofMessages},
	{"s3", "a new object in an S3 bucket", s3, []string{"bucket", "key", "body"}},
	{"schedule", "EventBridge's scheduled event", schedule, []string{"resource"}},
	{"slack", "a signed message event of Slack, through a function URL", slack, []string{"path", "query", "body", "secret"}},
	{"sns", "a message of an SNS topic", sns, ofMessages},
	{"sqs", "a message of an SQS queue", sqs, ofMessages},
}

// A Kind is what [Make] can make.
type Kind struct {
	Name  string `json:"name"`
	About string `json:"about"`

	// Options are the fields of Options, from Bucket on and in lower case, that the event
	// uses. All kinds except empty use Region and Account.
	Options []string `json:"options"`
}

// Kinds lists what can be made, by name.
func Kinds() []Kind {
	var all []Kind
	for _, m := range makers {
		all = append(all, Kind{m.name, m.about, m.options})
	}
	return all
}

// Exists reports whether Make knows a name.
func Exists(name string) bool {
	return slices.ContainsFunc(makers, func(m maker) bool { return m.name == name })
}

// Make makes an event, as JSON with line breaks. It fails for an unknown name and
// for options that make no sense.
func Make(name string, o Options) ([]byte, error) {
	var names []string
	for _, m := range makers {
		if m.name == name {
			value, err := m.make(o.withDefaults())
			if err != nil {
				return nil, fmt.Errorf("event %q: %w", name, err)
			}
			return encode(value, "  ")
		}
		names = append(names, m.name)
	}
	return nil, hint.New("there are: "+strings.Join(names, ", "), "event %q is not known", name)
}

// guesses map a part of a handler's name to the event that it probably takes; the
// first match counts.
var guesses = []struct{ part, name string }{
	{"sched", "schedule"}, {"cron", "schedule"}, {"sns", "sns"}, {"sqs", "sqs"}, {"queue", "sqs"}, {"s3", "s3"},
	{"dynamo", "dynamodb"}, {"kinesis", "kinesis"}, {"cognito", "cognito"}, {"slack", "slack"}, {"github", "github"},
	{"eventbridge", "eventbridge"}, {"alb", "alb"}, {"http", "apigateway-v2"}, {"url", "function-url"}, {"api", "apigateway-v2"}, {"web", "apigateway-v2"},
}

// Guess returns the name of the event that a handler of this name probably
// takes; "empty" if no guess matches.
func Guess(handler string) string {
	handler = strings.ToLower(handler)
	for _, g := range guesses {
		if strings.Contains(handler, g.part) {
			return g.name
		}
	}
	return "empty"
}

// An object is a JSON object whose members come in the order of AWS's documentation.
type object []member

type member struct {
	name  string // ASCII
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(strconv.AppendQuote(b, m.name), ':')
		b = append(b, value...)
	}
	return append(b, '}'), nil
}

// marshal writes JSON on one line, without a line break.
func marshal(v any) ([]byte, error) {
	b, err := encode(v, "")
	return bytes.TrimSuffix(b, []byte("\n")), err
}

// encode writes JSON without escapes for HTML.
func encode(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return b.Bytes(), err
}

// Random content in the forms that AWS uses.

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func randomHex(digits int) string { return hex.EncodeToString(randomBytes(digits / 2)) }

func randomBase64(bytes int) string { return base64.StdEncoding.EncodeToString(randomBytes(bytes)) }

func randomUpper(n int) string { return randomOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", n) }

func randomDigits(n int) string { return randomOf("0123456789", n) }

func randomOf(letters string, n int) string {
	b := randomBytes(n)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

func uuid() string {
	d := []byte(randomHex(32))
	d[12], d[16] = '4', "89ab"[d[16]%4]
	return fmt.Sprintf("%s-%s-%s-%s-%s", d[:8], d[8:12], d[12:16], d[16:20], d[20:])
}

// millis formats a time as most events have it.
func millis(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
