package verify_test

import (
	"strings"
	"testing"

	"github.com/bootzip/bootzip/verify"
)

// A page says what was found. Text from a zip's names and programs is escaped in it.
func TestWriteHTML(t *testing.T) {
	hostile := "<script>alert(1)</script>\u202e\x1b[31m\"'onload="
	good := check(t, function(asset("asset")).bytes(), verify.Options{Function: "hello"})
	bad := check(t, function(zfile{name: hostile, data: []byte("x"), mode: 0o600}).bytes(), verify.Options{Function: "world"})
	bad.Facts = append(bad.Facts, verify.Fact{Name: hostile, Value: hostile})
	var b strings.Builder
	if err := verify.WriteHTML(&b, []verify.Report{good, bad}, verify.Section{Title: "Provenance", Rows: [][2]string{{"tag", hostile}}}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"1 of 2 failed", "<code>file-mode</code>", "<code>zip-unsafe-name</code>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<h2>Provenance</h2>",
		"every file is readable by everyone", good.SHA256, "Content-Security-Policy",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, no := range []string{"<script", "\u202e", "\x1b", "ZgotmplZ", "src=", "http:", "https:"} {
		if strings.Contains(page, no) {
			t.Errorf("the page has %q", no)
		}
	}
}
