package httpevent

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// All senders sent the same request: POST /a%20b/x%2By/?x=1&x=2&name=A%26B+c&empty=, to
// the stage dev if there is one. docs/http-events.md shows the events that they make of
// it, and this test the requests that Parse makes of the events.
func TestGoldenEvents(t *testing.T) {
	type seen struct {
		source        Source
		path, rawPath string
		x, twice      []string
		rawQuery      string
		host          string
		proxy         string
	}
	const api = "abcdefghij.execute-api.eu-west-1.amazonaws.com"
	all, joined, last := []string{"1", "2"}, []string{"one,two"}, []string{"2"}
	for name, want := range map[string]seen{
		"function-url": {FunctionURL, "/a b/x+y/", "/a%20b/x%2By/", all, joined, "x=1&x=2&name=A%26B+c&empty=", "abcdefghij.lambda-url.eu-west-1.on.aws", ""},
		"http-api":     {HTTPAPI, "/a b/x+y/", "/a%20b/x+y/", all, joined, "x=1&x=2&name=A%26B+c&empty=", api, ""},
		"rest-api":     {RESTAPI, "/a b/x+y/", "/a%20b/x%2By/", all, []string{"one", "two"}, "empty=&name=A%26B%20c&x=1&x=2", api, "a b/x+y"},
		"alb":          {LoadBalancer, "/a b/x+y/", "/a%20b/x%2By/", last, []string{"two"}, "empty=&name=A%26B+c&x=2", "", ""},
		"alb-multi":    {LoadBalancer, "/a b/x+y/", "/a%20b/x%2By/", all, []string{"one", "two"}, "empty=&name=A%26B+c&x=1&x=2", "", ""},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want.host == "" {
			want.host = r.Host // a load balancer has no domain, except in the header
		}
		got := seen{r.Source, r.Path, r.RawPath, r.Query["x"], r.Header["x-twice"], r.RawQuery, r.Host, r.PathParameters["proxy"]}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
		if r.Method != "POST" || r.Query.Get("name") != "A&B c" || len(r.Query["empty"]) != 1 || string(r.Body) != "grüße!" || r.Host == "" ||
			!reflect.DeepEqual(r.Cookies, []string{"c=1", "d=2"}) || !reflect.DeepEqual(r.Header["cookie"], []string{"c=1; d=2"}) ||
			r.Header.Get("content-type") != "text/plain" || r.Header.Get("x-amzn-trace-id") == "" || (r.SourceIP == "203.0.113.7") == (r.Source == LoadBalancer) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
