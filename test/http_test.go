package test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
)

var update = flag.Bool("update", false, "write the golden files and the table of docs/http-events.md")

// golden is the directory with the events. The runtime's own tests read them too.
var golden = filepath.Join("..", "runtime", "httpevent", "testdata")

// A kind is a sender of HTTP events.
type kind struct {
	trigger event.Trigger
	name    string // of the golden file
	title   string
}

var kinds = []kind{
	{event.FunctionURL, "function-url", "function URL"},
	{event.HTTPAPI, "http-api", "HTTP API"},
	{event.RESTAPI, "rest-api", "REST API"},
	{event.ALB, "alb", "load balancer"},
	{event.ALBMulti, "alb-multi", "load balancer, multi-value"},
}

// sent returns the request of which each golden file is the event.
func sent() event.Request {
	return event.Request{
		Method: "POST", Path: "/a%20b/x%2By/", Query: "x=1&x=2&name=A%26B+c&empty=", Protocol: "HTTP/1.1",
		Header: http.Header{
			"Accept": {"*/*"}, "Content-Length": {"8"}, "Content-Type": {"text/plain"}, "Cookie": {"c=1; d=2"}, "User-Agent": {"curl/8.14.1"}, "X-Twice": {"one", "two"},
			"X-Amzn-Trace-Id": {"Root=1-6a5145aa-290a323a5de9a2e0636377d4"}, "X-Forwarded-For": {"203.0.113.7"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
		},
		Spelling: map[string]string{"X-Twice": "x-TWICE", "Accept": "accept", "Content-Type": "content-type", "Cookie": "cookie"},
		SourceIP: "203.0.113.7", Body: []byte("grüße!"), ID: "abcdefghij", RequestID: "d16a6b55-dea9-4b23-8499-eb85c3d2d904", Stage: "dev",
		Account: "123456789012", Region: "eu-west-1", Time: time.Date(2026, 7, 10, 19, 19, 6, 671e6, time.UTC),
	}
}

// chance are the members that differ each time, and their form.
var chance = map[string]*regexp.Regexp{
	"requestContext.requestId":         regexp.MustCompile(`^([0-9a-f-]{36}|[A-Za-z0-9+/]{15}=)$`),
	"requestContext.extendedRequestId": regexp.MustCompile(`^[A-Za-z0-9+/]{15}=$`),
	"requestContext.resourceId":        regexp.MustCompile(`^[a-z0-9]{6}$`),
	"requestContext.elb.targetGroupArn": regexp.MustCompile(
		`^arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/example/[0-9a-f]{16}$`),
	"headers.host":           regexp.MustCompile(`^example-[0-9]{10}\.eu-west-1\.elb\.amazonaws\.com$`),
	"multiValueHeaders.host": regexp.MustCompile(`^\[example-[0-9]{10}\.eu-west-1\.elb\.amazonaws\.com\]$`),
}

// at returns the member of an event at a path of names separated by dots; the names
// themselves must not have dots.
func at(e map[string]any, path string) (value any, parent map[string]any, name string) {
	for i, key := range strings.Split(path, ".") {
		if i > 0 {
			next, ok := value.(map[string]any)
			if !ok {
				return nil, nil, ""
			}
			e = next
		}
		value, parent, name = e[key], e, key
	}
	return value, parent, name
}

func decoded(t *testing.T, text []byte) (e map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return e
}

func readGolden(t *testing.T, k kind) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(golden, k.name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The emulator makes the golden event of the request.
func TestEventsAreGolden(t *testing.T) {
	for _, k := range kinds {
		text, err := sent().Encode(k.trigger)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			var e any
			if err := json.Unmarshal(text, &e); err != nil {
				t.Fatal(err)
			}
			pretty, err := json.MarshalIndent(e, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(golden, k.name+".json"), append(pretty, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, want := decoded(t, text), decoded(t, readGolden(t, k))
		for path, form := range chance {
			value, parent, name := at(got, path)
			other, _, _ := at(want, path)
			if value == nil || strings.HasSuffix(path, ".host") && !strings.HasPrefix(k.name, "alb") || path == "requestContext.requestId" && k.name == "function-url" {
				continue
			}
			if !form.MatchString(fmt.Sprint(value)) || !form.MatchString(fmt.Sprint(other)) {
				t.Errorf("%s: %s is %v, and %v in the golden file", k.title, path, value, other)
			}
			parent[name] = other
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the event is\n%s\nand not as in %s.json", k.title, text, k.name)
		}
	}
}

// A row of the table says where each event has one piece of information, and its value for
// the request above.
type row struct {
	about string
	cells [5]cell // in the order of kinds
}

type cell struct {
	path string // empty: the event does not have it
	want string // JSON; empty: absent
}

var table = []row{
	{"path", [5]cell{{"rawPath", `"/a%20b/x%2By/"`}, {"rawPath", `"/dev/a b/x+y/"`}, {"path", `"/a%20b/x%2By/"`}, {"path", `"/a%20b/x%2By/"`}, {"path", `"/a%20b/x%2By/"`}}},
	{"path in the context", [5]cell{{"requestContext.http.path", `"/a b/x+y/"`}, {"requestContext.http.path", `"/dev/a b/x+y/"`}, {"requestContext.path", `"/dev/a%20b/x%2By/"`}, {}, {}}},
	{"path parameter", [5]cell{{}, {}, {"pathParameters.proxy", `"a%20b/x%2By"`}, {}, {}}},
	{"query, as sent", [5]cell{{"rawQueryString", `"x=1&x=2&name=A%26B+c&empty="`}, {"rawQueryString", `"x=1&x=2&name=A%26B+c&empty="`}, {}, {}, {}}},
	{"parameter `name`", [5]cell{{"queryStringParameters.name", `"A&B c"`}, {"queryStringParameters.name", `"A&B c"`}, {"queryStringParameters.name", `"A&B c"`}, {"queryStringParameters.name", `"A%26B+c"`}, {"multiValueQueryStringParameters.name", `["A%26B+c"]`}}},
	{"repeated parameter", [5]cell{{"queryStringParameters.x", `"1,2"`}, {"queryStringParameters.x", `"1,2"`}, {"queryStringParameters.x", `"2"`}, {"queryStringParameters.x", `"2"`}, {"multiValueQueryStringParameters.x", `["1","2"]`}}},
	{"the same, all values", [5]cell{{}, {}, {"multiValueQueryStringParameters.x", `["1","2"]`}, {}, {}}},
	{"repeated header", [5]cell{{"headers.x-twice", `"one,two"`}, {"headers.x-twice", `"one,two"`}, {"headers.x-TWICE", `"two"`}, {"headers.x-twice", `"two"`}, {"multiValueHeaders.x-twice", `["one","two"]`}}},
	{"the same, all values", [5]cell{{}, {}, {"multiValueHeaders.x-TWICE", `["one","two"]`}, {}, {}}},
	{"AWS's own header", [5]cell{{"headers.x-forwarded-for", `"203.0.113.7"`}, {"headers.x-forwarded-for", `"203.0.113.7"`}, {"headers.X-Forwarded-For", `"203.0.113.7"`}, {"headers.x-forwarded-for", `"203.0.113.7"`}, {"multiValueHeaders.x-forwarded-for", `["203.0.113.7"]`}}},
	{"trace", [5]cell{{"headers.x-amzn-trace-id", `"Root=1-6a5145aa-290a323a5de9a2e0636377d4"`}, {"headers.x-amzn-trace-id", `"Root=1-6a5145aa-290a323a5de9a2e0636377d4"`}, {"headers.X-Amzn-Trace-Id", `"Root=1-6a5145aa-290a323a5de9a2e0636377d4"`}, {"headers.x-amzn-trace-id", `"Root=1-6a5145aa-290a323a5de9a2e0636377d4"`}, {"multiValueHeaders.x-amzn-trace-id", `["Root=1-6a5145aa-290a323a5de9a2e0636377d4"]`}}},
	{"content length", [5]cell{{"headers.content-length", `"8"`}, {"headers.content-length", `"8"`}, {"headers.content-length", ``}, {"headers.content-length", `"8"`}, {"multiValueHeaders.content-length", `["8"]`}}},
	{"cookies", [5]cell{{"cookies", `["c=1","d=2"]`}, {"cookies", `["c=1","d=2"]`}, {}, {}, {}}},
	{"cookie header", [5]cell{{"headers.cookie", `"c=1; d=2"`}, {"headers.cookie", ``}, {"headers.cookie", `"c=1; d=2"`}, {"headers.cookie", `"c=1; d=2"`}, {"multiValueHeaders.cookie", `["c=1; d=2"]`}}},
	{"method", [5]cell{{"requestContext.http.method", `"POST"`}, {"requestContext.http.method", `"POST"`}, {"httpMethod", `"POST"`}, {"httpMethod", `"POST"`}, {"httpMethod", `"POST"`}}},
	{"client's address", [5]cell{{"requestContext.http.sourceIp", `"203.0.113.7"`}, {"requestContext.http.sourceIp", `"203.0.113.7"`}, {"requestContext.identity.sourceIp", `"203.0.113.7"`}, {}, {}}},
	{"domain", [5]cell{{"requestContext.domainName", `"abcdefghij.lambda-url.eu-west-1.on.aws"`}, {"requestContext.domainName", `"abcdefghij.execute-api.eu-west-1.amazonaws.com"`}, {"requestContext.domainName", `"abcdefghij.execute-api.eu-west-1.amazonaws.com"`}, {}, {}}},
	{"stage", [5]cell{{"requestContext.stage", `"$default"`}, {"requestContext.stage", `"dev"`}, {"requestContext.stage", `"dev"`}, {}, {}}},
	{"account", [5]cell{{"requestContext.accountId", `"anonymous"`}, {"requestContext.accountId", `"123456789012"`}, {"requestContext.accountId", `"123456789012"`}, {}, {}}},
	{"version", [5]cell{{"version", `"2.0"`}, {"version", `"2.0"`}, {"version", ``}, {"version", ``}, {"version", ``}}},
	{"body", [5]cell{{"body", `"grüße!"`}, {"body", `"grüße!"`}, {"body", `"grüße!"`}, {"body", `"grüße!"`}, {"body", `"grüße!"`}}},
}

// The golden events match the table, and so does docs/http-events.md.
func TestTable(t *testing.T) {
	lines := []string{"| " + strings.Join([]string{"", kinds[0].title, kinds[1].title, kinds[2].title, kinds[3].title, kinds[4].title}, " | ") + " |", "|---|---|---|---|---|---|"}
	for _, r := range table {
		line := "| " + r.about
		for i, c := range r.cells {
			text := "–"
			if c.path != "" {
				value, _, _ := at(decoded(t, readGolden(t, kinds[i])), c.path)
				got := ""
				if value != nil {
					var b strings.Builder
					e := json.NewEncoder(&b)
					e.SetEscapeHTML(false)
					if err := e.Encode(value); err != nil {
						t.Fatal(err)
					}
					got = strings.TrimSpace(b.String())
				}
				if got != c.want {
					t.Errorf("%s: %s of a %s is %s, want %s", r.about, c.path, kinds[i].title, got, c.want)
				}
			}
			if c.want != "" {
				text = "`" + c.path + "` `" + c.want + "`"
			}
			line += " | " + text
		}
		lines = append(lines, line+" |")
	}
	const page, from, to = "../docs/http-events.md", "<!-- table -->\n", "<!-- end of table -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), from)
	old, after, ends := strings.Cut(rest, to)
	if want := strings.Join(lines, "\n") + "\n"; !begins || !ends || old != want {
		if !*update || !begins || !ends {
			t.Fatalf("%s does not have this table: write it with go test -run 'Golden|Table' -update", page)
		}
		if err := os.WriteFile(page, []byte(before+from+want+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
