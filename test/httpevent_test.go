package test

import (
	"bytes"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/runtime/httpevent"
)

// What the emulator makes of an HTTP request, the runtime reads back.
func TestHTTPRequestsComeBack(t *testing.T) {
	r := event.Request{Method: "PUT", Path: "/a%20b/%C3%BC", Query: "x=1&x=2&name=A%26B", Protocol: "HTTP/1.1", SourceIP: "192.0.2.1",
		Header: http.Header{"Accept": {"a"}, "Cookie": {"c=1; d=2"}, "Content-Type": {"image/png"}}, Body: []byte("\x89PNG\xff"), Region: "eu-west-1", Account: "1", Time: time.Now()}
	for trigger, source := range map[event.Trigger]httpevent.Source{
		event.FunctionURL: httpevent.FunctionURL, event.HTTPAPI: httpevent.HTTPAPI, event.RESTAPI: httpevent.RESTAPI,
		event.ALB: httpevent.LoadBalancer, event.ALBMulti: httpevent.LoadBalancer,
	} {
		text, err := r.Encode(trigger)
		if err != nil {
			t.Fatal(err)
		}
		got, err := httpevent.Parse(text)
		if err != nil {
			t.Errorf("%v: %v", trigger, err)
			continue
		}
		if got.Source != source || got.Method != "PUT" || got.Path != "/a b/ü" || !bytes.Equal(got.Body, r.Body) || got.Header.Get("accept") != "a" ||
			!reflect.DeepEqual(got.Cookies, []string{"c=1", "d=2"}) || got.Query.Get("name") != "A&B" || trigger != event.ALB && len(got.Query["x"]) != 2 {
			t.Errorf("%v: %+v", trigger, got)
		}
	}
}
