package main

import (
	"bytes"
	"html/template"
	"io/fs"
	"log"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// policy lets a page load this site's own style sheet and pictures, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds the body of a form, in bytes.
const maxForm = 16 << 10

// A site is the pages and files below one directory.
type site struct {
	pages map[string]*template.Template
	mux   *http.ServeMux
}

// newSite makes a site from the directories pages and static. A fault in these is a fault of
// the program, so it panics.
func newSite(files fs.FS) http.Handler {
	s := &site{pages: map[string]*template.Template{}, mux: http.NewServeMux()}
	for _, name := range []string{"home", "form", "thanks", "error"} {
		s.pages[name] = template.Must(template.ParseFS(files, "pages/layout.html", "pages/"+name+".html"))
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err)
	}
	s.mux.Handle("GET /static/", http.StripPrefix("/static/", s.static(newAssets(static))))
	s.mux.HandleFunc("GET /{$}", s.home)
	s.mux.HandleFunc("GET /subscribe", s.form)
	s.mux.HandleFunc("POST /subscribe", s.subscribe)
	s.mux.HandleFunc("GET /thanks", s.thanks)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			s.fail(w, http.StatusMethodNotAllowed, "This page cannot be changed.")
			return
		}
		s.fail(w, http.StatusNotFound, "There is no page "+r.URL.Path+".")
	})
	return s
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	s.mux.ServeHTTP(w, r)
}

// show writes a page, completely or not at all.
func (s *site) show(w http.ResponseWriter, status int, page string, data any) {
	var b bytes.Buffer
	if err := s.pages[page].Execute(&b, data); err != nil {
		log.Printf("page %s: %v", page, err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// fail shows the page of an error.
func (s *site) fail(w http.ResponseWriter, status int, message string) {
	s.show(w, status, "error", map[string]any{"Title": http.StatusText(status), "Message": message})
}

func (s *site) static(files assets) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !files.serve(w, r) {
			s.fail(w, http.StatusNotFound, "There is no file "+r.URL.Path+".")
		}
	})
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if !plain(name, 50) {
		name = ""
	}
	s.show(w, http.StatusOK, "home", map[string]any{"Title": "Hello", "Name": name})
}

// A subscription is what the form asks for, and what is wrong with it.
type subscription struct {
	Title, Name, Email       string
	NameProblem, MailProblem string
}

func (s *site) form(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "form", subscription{Title: "Subscribe"})
}

// subscribe takes the form. A valid one leads to another page, so that reloading does not
// post again.
func (s *site) subscribe(w http.ResponseWriter, r *http.Request) {
	// A browser reports from which site a form is posted.
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		s.fail(w, http.StatusForbidden, "The form was sent from another site.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		s.fail(w, http.StatusBadRequest, "The form cannot be read.")
		return
	}
	in := subscription{Title: "Subscribe", Name: strings.TrimSpace(r.PostForm.Get("name")), Email: strings.TrimSpace(r.PostForm.Get("email"))}
	if in.Name == "" || !plain(in.Name, 50) {
		in.NameProblem = "Give a name of at most 50 characters."
	}
	if address, err := mail.ParseAddress(in.Email); err != nil || address.Address != in.Email {
		in.MailProblem = "Give an address such as ada@example.com."
	}
	if in.NameProblem != "" || in.MailProblem != "" {
		s.show(w, http.StatusUnprocessableEntity, "form", in)
		return
	}
	log.Printf("subscription of %q", in.Email)
	// The address is relative, since a stage of API Gateway puts its name before the path.
	w.Header().Set("Location", "thanks?name="+url.QueryEscape(in.Name))
	w.WriteHeader(http.StatusSeeOther)
}

func (s *site) thanks(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" || !plain(name, 50) {
		s.fail(w, http.StatusBadRequest, "There is no name in the address.")
		return
	}
	s.show(w, http.StatusOK, "thanks", map[string]any{"Title": "Thank you", "Name": name})
}

// plain reports whether a text has at most this many characters, and no control characters.
func plain(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}
