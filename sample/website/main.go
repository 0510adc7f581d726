// Command website is a site in one program: files and pages are embedded in it, pages are
// made by html/template, and a form posts to it. It runs on Lambda behind a function URL or
// API Gateway, and as a plain server if PORT is set.
package main

import (
	"embed"

	"github.com/bootzip/bootzip/runtime/nethttp"
)

//go:embed static pages
var embedded embed.FS

func main() {
	nethttp.Handle("", newSite(embedded))
	nethttp.Start()
}
