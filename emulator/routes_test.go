//go:build linux

package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bootzip/bootzip/project"
)

// Routes lead requests to functions, as those of an HTTP API.
func TestServeRoutes(t *testing.T) {
	s := NewServer(ServerConfig{})
	for _, name := range []string{"orders", "rest"} {
		f, _ := newFunction(t, Config{Name: name, Handler: "echo", Concurrency: 1, Timeout: 20 * time.Second})
		s.Set(name, f)
	}
	var routes []Route
	for text, function := range map[string]string{"GET /orders/{id}": "orders", "ANY /orders/{path+}": "rest", "POST /": "rest", "GET /gone": "gone"} {
		r, err := project.ParseRoute(text)
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, Route{r, function})
	}
	s.SetRoutes(routes)
	base := serve(t, s)
	for request, want := range map[string]string{
		"GET /orders/7%2F8?a=b": `200 GET /orders/{id} id=7/8 /orders/7/8 a=b`,
		"GET /orders/7/lines":   `200 ANY /orders/{path+} path=7/lines /orders/7/lines `,
		"PUT /orders/7":         `200 ANY /orders/{path+} path=7 /orders/7 `,
		"POST /":                `200 POST /  / `,
		"GET /orders":           `404 {"message":"Not Found"}`,
		"GET /":                 `200 text`,
		"GET /gone":             `404`,
		"GET /url/orders/x":     `200 $default  /x `,
		"GET /2015-03-31/functions/orders/configuration": `200 {"Architectures"`,
		"GET /2015-03-31/functions/orders":               `200 {"Code":{"Location":"file:///`,
	} {
		method, path, _ := strings.Cut(request, " ")
		r, err := http.NewRequest(method, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		got := resp.Status[:4] + string(body)
		var e struct {
			RouteKey, RawPath, RawQueryString string
			PathParameters                    map[string]string
			RequestContext                    struct{ RouteKey, Stage string }
		}
		switch {
		case request == "GET /":
			got = resp.Status[:4] + "text"
			if !strings.Contains(string(body), "GET /orders/{id} ") || !strings.Contains(string(body), "/url/rest/") {
				t.Errorf("the addresses are\n%s", body)
			}
		case json.Unmarshal(body, &e) == nil && e.RouteKey != "":
			var parameters []string
			for name, value := range e.PathParameters {
				parameters = append(parameters, name+"="+value)
			}
			got = resp.Status[:4] + strings.Join([]string{e.RouteKey, strings.Join(parameters, ","), e.RawPath, e.RawQueryString}, " ")
			if e.RequestContext.RouteKey != e.RouteKey || e.RequestContext.Stage != "$default" {
				t.Errorf("%s: %+v", request, e)
			}
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}

// Routes that the server's own paths hide are recognised.
func TestHiddenRoutes(t *testing.T) {
	for text, want := range map[string]bool{
		"GET /url/x": true, "GET /v1/{id}": true, "ANY /alb/{path+}": true, "GET /_bootzip/x": true, "GET /2015-03-31/functions": true,
		"GET /": false, "GET /urls/x": false, "GET /{a}/x": false, "$default": false, "GET /url": false,
	} {
		r, err := project.ParseRoute(text)
		if err != nil || (Route{Route: r}).Hidden() != want {
			t.Errorf("%s: hidden is not %v (%v)", text, want, err)
		}
	}
}
