package event

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/bootzip/bootzip/internal/hint"
)

// decode reads an event into one of AWS's own types, which must know every member of the
// event.
func decode[T any](t *testing.T, name string, o Options) T {
	t.Helper()
	text, err := Make(name, o)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Errorf("%s: %v in\n%s", name, err, text)
	}
	return v
}

func TestEventsFitAWSTypes(t *testing.T) {
	o := Options{Time: time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.FixedZone("", 3600)), Body: "a <b>", Bucket: "b", Key: "a b/ü.txt", Resource: "r", Account: "1", Region: "eu-west-1"}
	if e := decode[events.S3Event](t, "s3", o); len(e.Records) != 1 || e.Records[0].S3.Object.Key != "a+b/%C3%BC.txt" || e.Records[0].S3.Object.URLDecodedKey != "a b/ü.txt" ||
		e.Records[0].S3.Bucket.Arn != "arn:aws:s3:::b" || e.Records[0].S3.Object.Size != 5 || !e.Records[0].EventTime.Equal(o.Time) {
		t.Errorf("%+v", e)
	}
	if e := decode[events.SNSEvent](t, "sns", o); e.Records[0].SNS.Message != "a <b>" || e.Records[0].SNS.TopicArn != "arn:aws:sns:eu-west-1:1:r" {
		t.Errorf("%+v", e)
	}
	sum := md5.Sum([]byte("a <b>"))
	if e := decode[events.SQSEvent](t, "sqs", o); e.Records[0].Body != "a <b>" || e.Records[0].Md5OfBody != hex.EncodeToString(sum[:]) || e.Records[0].EventSourceARN != "arn:aws:sqs:eu-west-1:1:r" {
		t.Errorf("%+v", e)
	}
	if e := decode[events.EventBridgeEvent](t, "eventbridge", o); e.DetailType != "r" || !strings.Contains(string(e.Detail), `"message": "a <b>"`) {
		t.Errorf("%+v %s", e, e.Detail)
	}
	if e := decode[events.EventBridgeEvent](t, "eventbridge", Options{Body: `{"x":1}`}); !strings.Contains(string(e.Detail), `"x": 1`) {
		t.Errorf("%s", e.Detail)
	}
	if e := decode[events.CloudWatchEvent](t, "schedule", o); e.Resources[0] != "arn:aws:events:eu-west-1:1:rule/r" || e.Source != "aws.events" || !e.Time.Equal(o.Time.Truncate(time.Second)) {
		t.Errorf("%+v", e)
	}
	if e := decode[events.DynamoDBEvent](t, "dynamodb", o); e.Records[0].Change.NewImage["Message"].String() != "a <b>" || e.Records[0].EventName != "MODIFY" {
		t.Errorf("%+v", e)
	}
	if e := decode[events.KinesisEvent](t, "kinesis", o); string(e.Records[0].Kinesis.Data) != "a <b>" || !e.Records[0].Kinesis.ApproximateArrivalTimestamp.Round(time.Millisecond).Equal(o.Time) {
		t.Errorf("%+v", e)
	}
	if e := decode[events.CognitoEventUserPoolsPreSignup](t, "cognito", o); e.Request.UserAttributes["email"] != "a <b>" || e.UserPoolID != "r" {
		t.Errorf("%+v", e)
	}
	if e := decode[map[string]any](t, "empty", o); len(e) != 0 {
		t.Errorf("%+v", e)
	}
}

func TestHTTPEventsFitAWSTypes(t *testing.T) {
	o := Options{Path: "/a%20b", Query: "x=1&x=2&y=%26", Body: `{"a":1}`, Region: "eu-west-1", Time: time.Unix(1700000000, 0)}
	if e := decode[events.APIGatewayProxyRequest](t, "apigateway-v1", o); e.Path != "/a%20b" || e.HTTPMethod != "POST" || e.QueryStringParameters["x"] != "2" ||
		!reflect.DeepEqual(e.MultiValueQueryStringParameters["x"], []string{"1", "2"}) || e.PathParameters["proxy"] != "a%20b" || e.RequestContext.Path != "/prod/a%20b" || e.Body != o.Body {
		t.Errorf("%+v", e)
	}
	if e := decode[events.APIGatewayV2HTTPRequest](t, "apigateway-v2", o); e.RawPath != "/a b" || e.RawQueryString != o.Query || e.QueryStringParameters["x"] != "1,2" ||
		e.RequestContext.HTTP.Method != "POST" || e.RequestContext.Time != "14/Nov/2023:22:13:20 +0000" || e.RequestContext.TimeEpoch != 1700000000000 || e.Body != o.Body {
		t.Errorf("%+v", e)
	}
	if e := decode[events.APIGatewayV2HTTPRequest](t, "function-url", o); e.RawPath != "/a%20b" || !strings.HasSuffix(e.RequestContext.DomainName, ".lambda-url.eu-west-1.on.aws") || e.Body != o.Body {
		t.Errorf("%+v", e)
	}
	if e := decode[events.ALBTargetGroupRequest](t, "alb", o); e.QueryStringParameters["y"] != "%26" || e.Headers["user-agent"] == "" || e.MultiValueHeaders != nil || e.Body != o.Body {
		t.Errorf("%+v", e)
	}
	if e := decode[events.ALBTargetGroupRequest](t, "alb-multi", o); len(e.MultiValueQueryStringParameters["x"]) != 2 || e.Headers != nil {
		t.Errorf("%+v", e)
	}
}

func TestRequestEncode(t *testing.T) {
	odd, err := Request{Path: "/x", Query: "a=1;b=2&&c=%zz&d&e=+%26"}.Encode(HTTPAPI)
	if err != nil || !strings.Contains(string(odd), `"queryStringParameters":{"a":"1;b=2","c":"%zz","d":"","e":" &"}`) {
		t.Errorf("%s, %v", odd, err)
	}
	if _, err := (Request{Path: "x"}).Encode(ALB); err == nil {
		t.Error("a path without / was taken")
	}
	staged, err := Request{Path: "/x", Stage: "dev"}.Encode(HTTPAPI)
	if err != nil || !strings.Contains(string(staged), `"rawPath":"/dev/x"`) {
		t.Errorf("%s, %v", staged, err)
	}
}

// get returns the value at a path of keys in an event.
func get(t *testing.T, r Request, trigger Trigger, path ...string) any {
	t.Helper()
	text, err := r.Encode(trigger)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("there is no %q in %s", path, text)
		}
		value = object[key]
	}
	return value
}

// The paths that an HTTP API made of those that were sent, as recorded.
func TestHTTPAPIDecodesTwice(t *testing.T) {
	for sent, want := range map[string]string{
		"/plain": "/plain", "/a%20b": "/a b", "/caf%C3%A9": "/café", "/question%3Fvalue": "/question", "/hash%23value": "/hash#value",
		"/slash%2Fvalue": "/slash/value", "/literal%252Fvalue": "/literal/value", "/literal%253Fvalue": "/literal?value", "/literal%2525value": "/literal%value",
	} {
		r := Request{Path: sent}
		if got := get(t, r, HTTPAPI, "rawPath"); got != want {
			t.Errorf("%s: rawPath is %q, want %q", sent, got, want)
		}
		if got := get(t, r, HTTPAPI, "requestContext", "http", "path"); got != want {
			t.Errorf("%s: path is %q, want %q", sent, got, want)
		}
	}
	if _, err := (Request{Path: "/percent%25done"}).Encode(HTTPAPI); err == nil {
		t.Error("a percent sign before letters was taken")
	}
}

func TestRESTAPIKeepsWhatWasSent(t *testing.T) {
	r := Request{Path: "/user/test%2Balias+x@example.com/", Stage: "dev", Header: http.Header{
		"Test-Header": {"v"}, "X-Forwarded-For": {"192.0.2.1"}, "User-Agent": {"a"}, "Content-Length": {"7"},
	}, Spelling: map[string]string{"Test-Header": "tEsT-HEADeR", "X-Forwarded-For": "x-forwarded-for", "User-Agent": "user-agent"}}
	for _, c := range []struct {
		want any
		path []string
	}{
		{"/user/test%2Balias+x@example.com/", []string{"path"}},
		{"/dev/user/test%2Balias+x@example.com/", []string{"requestContext", "path"}},
		{"user/test%2Balias+x@example.com", []string{"pathParameters", "proxy"}},
		{"v", []string{"headers", "tEsT-HEADeR"}},
		{[]any{"v"}, []string{"multiValueHeaders", "tEsT-HEADeR"}},
		{"192.0.2.1", []string{"headers", "X-Forwarded-For"}},
		{"a", []string{"headers", "User-Agent"}},
		{nil, []string{"headers", "Content-Length"}},
		{"a", []string{"requestContext", "identity", "userAgent"}},
	} {
		if got := get(t, r, RESTAPI, c.path...); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v is %v, want %v", c.path, got, c.want)
		}
	}
}

// The event of a function URL has the cookies twice, and the invocation's own id; its path
// is decoded in one place.
func TestFunctionURL(t *testing.T) {
	r := Request{Path: "/a%20b", Host: "127.0.0.1:9000", ID: "abc", Region: "eu-west-1", Account: "1", RequestID: "the-id", Header: http.Header{"Cookie": {"a=1; b=2", "c=3"}}}
	for _, c := range []struct {
		trigger Trigger
		want    any
		path    []string
	}{
		{FunctionURL, "/a%20b", []string{"rawPath"}},
		{FunctionURL, "/a b", []string{"requestContext", "http", "path"}},
		{FunctionURL, []any{"a=1", "b=2", "c=3"}, []string{"cookies"}},
		{FunctionURL, "a=1; b=2; c=3", []string{"headers", "cookie"}},
		{FunctionURL, "the-id", []string{"requestContext", "requestId"}},
		{FunctionURL, "abc.lambda-url.eu-west-1.on.aws", []string{"requestContext", "domainName"}},
		{FunctionURL, "anonymous", []string{"requestContext", "accountId"}},
		{FunctionURL, "127.0.0.1:9000", []string{"headers", "host"}},
		{HTTPAPI, []any{"a=1", "b=2", "c=3"}, []string{"cookies"}},
		{HTTPAPI, nil, []string{"headers", "cookie"}},
		{HTTPAPI, "abc.execute-api.eu-west-1.amazonaws.com", []string{"requestContext", "domainName"}},
		{HTTPAPI, "1", []string{"requestContext", "accountId"}},
		{RESTAPI, "abc", []string{"requestContext", "apiId"}},
	} {
		if got := get(t, r, c.trigger, c.path...); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v of %v is %v, want %v", c.path, c.trigger, got, c.want)
		}
	}
	r.RequestID, r.Extended = "", "extended="
	if id, _ := get(t, r, HTTPAPI, "requestContext", "requestId").(string); !strings.HasSuffix(id, "=") {
		t.Errorf("the request id of an HTTP API is %q", id)
	}
	if id := get(t, r, RESTAPI, "requestContext", "extendedRequestId"); id != "extended=" {
		t.Errorf("the extended id is %v", id)
	}
	for trigger, name := range map[Trigger]string{FunctionURL: "x-amzn-trace-id", HTTPAPI: "x-amzn-trace-id", RESTAPI: "X-Amzn-Trace-Id", ALB: "x-amzn-trace-id"} {
		if id, _ := get(t, r, trigger, "headers", name).(string); !strings.HasPrefix(id, "Root=1-") {
			t.Errorf("%v: trace header is %q", trigger, id)
		}
	}
}

// Which bodies are passed on as text, and which in base64.
func TestTextByType(t *testing.T) {
	for kind, want := range map[string][3]bool{ // at a function URL, an HTTP API, a load balancer
		"text/csv":                        {true, true, true},
		"application/json; charset=utf-8": {true, true, true},
		"application/xml":                 {true, true, true},
		"application/vnd.api+json":        {true, false, false},
		"image/svg+xml":                   {true, false, false},
		"":                                {true, false, false},
		"image/png":                       {false, false, false},
	} {
		for i, trigger := range []Trigger{FunctionURL, HTTPAPI, ALB} {
			r := Request{Method: "POST", Path: "/", Header: http.Header{}, Body: []byte("a")}
			if kind != "" {
				r.Header.Set("Content-Type", kind)
			}
			if encoded := get(t, r, trigger, "isBase64Encoded"); encoded != !want[i] {
				t.Errorf("%q, trigger %d: %v", kind, trigger, encoded)
			}
		}
	}
}

// A REST API splits the query at semicolons; no other sender does.
func TestSemicolonInQuery(t *testing.T) {
	for trigger, want := range map[Trigger]any{RESTAPI: "1", HTTPAPI: "1;b=2"} {
		r := Request{Method: "GET", Path: "/", Query: "a=1;b=2"}
		if got := get(t, r, trigger, "queryStringParameters", "a"); got != want {
			t.Errorf("trigger %d: %v", trigger, got)
		}
	}
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{"cn-north-1": "arn:aws-cn:sns:cn-north-1:", "us-gov-west-1": "arn:aws-us-gov:sns:us-gov-west-1:", "eu-west-1": "arn:aws:sns:eu-west-1:"} {
		e := decode[events.SNSEvent](t, "sns", Options{Region: region})
		if got := e.Records[0].SNS.TopicArn; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", region, got)
		}
		if china := strings.Contains(e.Records[0].SNS.SigningCertURL, ".amazonaws.com.cn/"); china != strings.HasPrefix(region, "cn-") {
			t.Errorf("%s: %s", region, e.Records[0].SNS.SigningCertURL)
		}
	}
}

func TestFIFOQueue(t *testing.T) {
	for name, want := range map[string]bool{"orders.fifo": true, "orders": false} {
		a := decode[events.SQSEvent](t, "sqs", Options{Resource: name}).Records[0].Attributes
		for _, attribute := range []string{"SequenceNumber", "MessageGroupId", "MessageDeduplicationId"} {
			if (a[attribute] != "") != want {
				t.Errorf("%s: %v", name, a)
			}
		}
	}
}

func TestWebhooksAreSigned(t *testing.T) {
	for _, name := range []string{"slack", "github"} {
		for _, body := range []string{"", `{"x":"y"}`} {
			e := decode[events.APIGatewayV2HTTPRequest](t, name, Options{Secret: "s", Body: body})
			if !json.Valid([]byte(e.Body)) || body != "" && e.Body != body {
				t.Errorf("body is %s", e.Body)
			}
			signed, signature := e.Body, strings.TrimPrefix(e.Headers["x-hub-signature-256"], "sha256=")
			if name == "slack" {
				signed = "v0:" + e.Headers["x-slack-request-timestamp"] + ":" + e.Body
				signature = strings.TrimPrefix(e.Headers["x-slack-signature"], "v0=")
			}
			h := hmac.New(sha256.New, []byte("s"))
			h.Write([]byte(signed))
			if signature != hex.EncodeToString(h.Sum(nil)) {
				t.Errorf("%s: signature %q is wrong", name, signature)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, k := range Kinds() {
		if text, err := Make(k.Name, Options{}); err != nil || !json.Valid(text) || !Exists(k.Name) || k.About == "" {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
	if _, err := Make("s4", Options{}); err == nil || !strings.Contains(hint.Of(err), "s3, ") {
		t.Errorf("error is %v", err)
	}
	for handler, want := range map[string]string{"httpevent": "apigateway-v2", "scheduledevent": "schedule", "snsevent": "sns", "OnS3Upload": "s3", "main": "empty", "": "empty"} {
		if got := Guess(handler); got != want {
			t.Errorf("guess for %q is %q, want %q", handler, got, want)
		}
	}
	for _, g := range guesses {
		if !Exists(g.name) {
			t.Errorf("guess %q is no event", g.name)
		}
	}
}

// An event shows the values of those options that its kind lists, and of no others.
func TestOptionsOfKinds(t *testing.T) {
	for _, k := range Kinds() {
		for name, set := range map[string]func(o *Options, value string){
			"bucket":   func(o *Options, value string) { o.Bucket = value },
			"key":      func(o *Options, value string) { o.Key = value },
			"resource": func(o *Options, value string) { o.Resource = value },
			"method":   func(o *Options, value string) { o.Method = value },
			"path":     func(o *Options, value string) { o.Path = "/" + value },
			"query":    func(o *Options, value string) { o.Query = value + "=1" },
			"body":     func(o *Options, value string) { o.Body = value },
		} {
			if k.Name == "s3" && name == "body" {
				continue // the event has only its size and hash
			}
			var o Options
			set(&o, "probe-42")
			text, err := Make(k.Name, o)
			if err != nil {
				t.Fatal(err)
			}
			used := bytes.Contains(text, []byte("probe-42")) || bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte("probe-42"))))
			if used != slices.Contains(k.Options, name) {
				t.Errorf("%s: %s is used: %v, and said to be among %q", k.Name, name, used, k.Options)
			}
		}
	}
}
