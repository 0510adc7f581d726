package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The built site works on a phone and in dark mode, is accessible and searchable, and loads
// nothing from elsewhere.
func TestSite(t *testing.T) {
	b := newBrowser(t)
	dir := os.Getenv("BOOTZIP_TEST_SITE")
	if dir == "" {
		t.Fatal("BOOTZIP_TEST_SITE is not set to the directory of the built site")
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	for _, page := range []string{"/", "/start.html", "/checks.html", "/emulator.html", "/documentation.html", "/decisions/", "/install.html", "/cli.html", "/bootzip-yaml.html"} {
		for _, look := range []struct {
			scheme string
			width  int64
		}{{"light", 1280}, {"dark", 1280}, {"light", 360}} {
			b.do(emulation.SetDeviceMetricsOverride(look.width, 900, 1, false),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}),
				chromedp.Navigate(server.URL+page), chromedp.WaitVisible("main h1"))
			if wide := js[int64](b, "document.documentElement.scrollWidth"); wide > look.width {
				t.Errorf("%s is %d wide of %d", page, wide, look.width)
			}
			b.accessible(page + " in " + look.scheme)
		}
	}
	// The anchors to which findings, errors and --help refer.
	for page, anchor := range map[string]string{"checks": "boot-answers", "bootzip-yaml": "function-source", "cli": "bootzip-cache-audit"} {
		b.do(chromedp.Navigate(server.URL+"/"+page+".html"), chromedp.WaitVisible("main h1"))
		if !js[bool](b, "document.getElementById('"+anchor+"') !== null") {
			t.Errorf("%s has no %s", page, anchor)
		}
	}
	b.do(emulation.SetDeviceMetricsOverride(1280, 900, 1, false), chromedp.Navigate(server.URL+"/"), chromedp.WaitVisible("#local-search button"), chromedp.Click("#local-search button"),
		chromedp.WaitVisible("#localsearch-input"), chromedp.SendKeys("#localsearch-input", "elf-static-nss"))
	b.shows(".VPLocalSearchBox .results", "checks")
	b.askedOnly(server.URL + "/")
}
