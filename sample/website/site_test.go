package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// ask sends a request to the site.
func ask(method, target, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	newSite(embedded).ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPages(t *testing.T) {
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/", "", 200, "<h1>Hello World</h1>"},
		{"GET", "/?name=Ada", "", 200, "<h1>Hello Ada</h1>"},
		{"GET", "/?name=" + url.QueryEscape("<script>alert(1)</script>"), "", 200, "&lt;script&gt;"},
		{"GET", "/?name=" + strings.Repeat("x", 51), "", 200, "<h1>Hello World</h1>"},
		{"GET", "/subscribe", "", 200, `<form method="post"`},
		{"POST", "/subscribe", "name=Ada&email=ada%40example.com", 303, ""},
		{"POST", "/subscribe", "name=&email=nobody", 422, `id="email-problem"`},
		{"POST", "/subscribe", "name=Ada&email=Ada+%3Cada%40example.com%3E", 422, `id="email-problem"`},
		{"POST", "/subscribe", "%zz", 400, "cannot be read"},
		{"POST", "/subscribe", "name=" + strings.Repeat("x", maxForm), 400, "cannot be read"},
		{"GET", "/thanks?name=Ada", "", 200, "Thank you, Ada"},
		{"GET", "/thanks", "", 400, "no name"},
		{"GET", "/nowhere", "", 404, "no page /nowhere"},
		{"GET", "/static/", "", 404, "no file"},
		{"GET", "/static/none.css", "", 404, "no file"},
		{"PUT", "/", "x", 405, "cannot be changed"},
	} {
		resp := ask(c.method, c.target, c.body, form...)
		if got := text(t, resp); resp.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %.60s: %d %s", c.method, c.target, resp.StatusCode, got)
		}
		if resp.Header.Get("Content-Security-Policy") != policy || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %.60s: %v", c.method, c.target, resp.Header)
		}
		if at := resp.Header.Get("Location"); (at == "thanks?name=Ada") != (c.status == 303) {
			t.Errorf("%s %.60s: it leads to %q", c.method, c.target, at)
		}
	}
	if resp := ask("POST", "/subscribe", "name=Ada&email=ada%40example.com", append(form, "Sec-Fetch-Site", "cross-site")...); resp.StatusCode != 403 {
		t.Errorf("from another site: %d", resp.StatusCode)
	}
}

func TestAssets(t *testing.T) {
	const name = "/static/style.css"
	want, err := embedded.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	whole := ask("GET", name, "")
	tag := whole.Header.Get("ETag")
	if got := text(t, whole); got != string(want) || whole.Header.Get("Content-Type") != "text/css; charset=utf-8" || tag == "" || whole.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v", whole.Header)
	}
	zipped := ask("GET", name, "", "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, want) || zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("ETag") == tag {
		t.Errorf("compressed: %v, %v", zipped.Header, err)
	}
	for _, encodings := range []string{"br", "gzip;q=0", "gzip; q=0.0", ""} {
		if resp := ask("GET", name, "", "Accept-Encoding", encodings); resp.Header.Get("Content-Encoding") != "" {
			t.Errorf("%q: %v", encodings, resp.Header)
		}
	}
	for header, value := range map[string]string{"If-None-Match": tag} {
		if resp := ask("GET", name, "", header, value); resp.StatusCode != 304 || text(t, resp) != "" {
			t.Errorf("%s: %d", header, resp.StatusCode)
		}
	}
	part := ask("GET", name, "", "Range", "bytes=5-9", "Accept-Encoding", "gzip")
	if got := text(t, part); part.StatusCode != 206 || got != string(want[5:10]) {
		t.Errorf("a range is %d %q", part.StatusCode, got)
	}
	if resp := ask("GET", name, "", "Range", "bytes=99999-"); resp.StatusCode != 416 {
		t.Errorf("a range that is not there: %d", resp.StatusCode)
	}
	if resp := ask("HEAD", name, ""); resp.StatusCode != 200 || text(t, resp) != "" {
		t.Errorf("HEAD: %d", resp.StatusCode)
	}
	for file, kind := range map[string]string{"icon.svg": "image/svg+xml", "robots.txt": "text/plain; charset=utf-8"} {
		if resp := ask("GET", "/static/"+file, ""); resp.Header.Get("Content-Type") != kind {
			t.Errorf("%s is %q", file, resp.Header.Get("Content-Type"))
		}
	}
}
