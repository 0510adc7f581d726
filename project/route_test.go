package project

import (
	"fmt"
	"strings"
	"testing"
)

// The most specific route takes a request (API Gateway developer guide, "Routing API
// requests").
func TestRoutes(t *testing.T) {
	var routes []Route
	for _, text := range []string{
		"GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "POST /pets", "ANY /pets", "GET /", "$default",
	} {
		r, err := ParseRoute(text)
		if err != nil {
			t.Fatal(err)
		}
		if r.Key() != text {
			t.Errorf("%q is %q", text, r.Key())
		}
		routes = append(routes, r)
	}
	for request, want := range map[string]string{
		"GET /pets/dog/1":    "GET /pets/dog/1 map[]",
		"GET /pets/dog/2":    "GET /pets/dog/{id} map[id:2]",
		"GET /pets/cat/1":    "GET /pets/{proxy+} map[proxy:cat/1]",
		"POST /test/5":       "ANY /{proxy+} map[proxy:test/5]",
		"POST /pets":         "POST /pets map[]",
		"PUT /pets":          "ANY /pets map[]",
		"GET /":              "GET / map[]",
		"POST /":             "$default map[]",
		"GET /pets/dog/":     "GET /pets/{proxy+} map[proxy:dog/]",
		"DELETE /pets/dog/1": "ANY /{proxy+} map[proxy:pets/dog/1]",
	} {
		method, path, _ := strings.Cut(request, " ")
		best, got := "", ""
		for _, r := range routes {
			if parameters, rank, ok := r.Match(method, strings.Split(path[1:], "/")); ok && (got == "" || rank > best) {
				best, got = rank, fmt.Sprint(r.Key(), " ", parameters)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
	for _, text := range []string{"", "/pets", "get /pets", "GET pets", "GET /a b", "GET /a?b=c", "GET /{id", "GET /x{id}", "GET /{a+}/b", "GET /{a}/{a}", "FETCH /a", "$other"} {
		if r, err := ParseRoute(text); err == nil {
			t.Errorf("%q is %+v", text, r)
		}
	}
}
