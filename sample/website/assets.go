package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// An asset is a file of the site, with its bytes as they are sent.
type asset struct {
	kind           string // media type
	plain, gzipped []byte // gzipped is nil if it saves nothing
	tag            string // a hash of plain, without quotes
}

// assets are files by their names.
type assets map[string]asset

// kinds are the media types of files. Package mime reads more of them from the machine's
// files, which do not exist on Lambda.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".woff2": "font/woff2",
}

// newAssets reads all files, and compresses them once, at the start.
func newAssets(files fs.FS) assets {
	all := assets{}
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		one := asset{kind: kinds[path.Ext(name)], plain: text, tag: fmt.Sprintf("%x", sum[:8])}
		if one.kind == "" {
			return fmt.Errorf("file %s: no media type is known for %q", name, path.Ext(name))
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that exists
		_, _ = z.Write(text)                                  // to memory: it cannot fail
		_ = z.Close()
		if b.Len() < len(text)*9/10 {
			one.gzipped = b.Bytes()
		}
		all[name] = one
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

// serve answers with a file, if it exists. It supports ETags, ranges and gzip, as the client
// asks.
func (a assets) serve(w http.ResponseWriter, r *http.Request) bool {
	one, ok := a[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", one.kind)
	h.Set("Cache-Control", "public, max-age=300")
	content, tag := one.plain, one.tag
	if one.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" && takesGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			content, tag = one.gzipped, tag+"-gzip"
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	return true
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if coding = strings.TrimSpace(coding); strings.EqualFold(coding, "gzip") || coding == "*" {
			_, q, _ := strings.Cut(weight, "=")
			return strings.Trim(q, " 0.") != "" || q == ""
		}
	}
	return false
}
