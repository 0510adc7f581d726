package nethttp

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/bootzip/bootzip/runtime/httpevent"
)

// What net/http's router and its cookies get from the golden events is the same for all
// senders.
func TestGoldenEvents(t *testing.T) {
	for name, target := range map[string]string{
		"function-url": "/a%20b/x%2By/?x=1&x=2&name=A%26B+c&empty=",
		"http-api":     "/a%20b/x+y/?x=1&x=2&name=A%26B+c&empty=",
		"rest-api":     "/a%20b/x%2By/?empty=&name=A%26B%20c&x=1&x=2",
		"alb":          "/a%20b/x%2By/?empty=&name=A%26B+c&x=2",
		"alb-multi":    "/a%20b/x%2By/?empty=&name=A%26B+c&x=1&x=2",
	} {
		text, err := os.ReadFile(filepath.Join("..", "httpevent", "testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		event, err := httpevent.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Request(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		cookie, err := r.Cookie("d")
		if r.RequestURI != target || r.URL.Path != "/a b/x+y/" || r.Method != http.MethodPost || string(body) != "grüße!" || err != nil || cookie.Value != "2" ||
			r.URL.Query().Get("name") != "A&B c" || r.Header.Get("X-Twice") == "" || r.Header.Get("Host") != "" || r.Host == "" || r.ContentLength != 8 {
			t.Errorf("%s: %+v, body %q, cookie %v %v", name, r, body, cookie, err)
		}
		mux := http.NewServeMux()
		mux.HandleFunc("POST /a b/{rest}/", func(_ http.ResponseWriter, r *http.Request) {
			if r.PathValue("rest") != "x+y" {
				t.Errorf("%s: rest is %q", name, r.PathValue("rest"))
			}
		})
		if _, pattern := mux.Handler(r); pattern == "" {
			t.Errorf("%s: no route fits %q", name, r.URL.Path)
		}
	}
}
