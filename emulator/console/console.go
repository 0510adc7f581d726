// Package console is a web page that shows what an emulator's server does: its
// functions, and the events that they get.
//
// It keeps the newest events in memory, at most maxEvents and maxBytes. It answers
// requests of this process's user on this machine, and requests with a token. Text from
// functions never becomes markup: the page runs only its own scripts, and loads nothing
// from elsewhere.
package console

import (
	"crypto/subtle"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/event"
	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/regular"
)

// A Console is an http.Handler for [emulator.ServerConfig.Console].
type Console struct {
	token  string
	events string
	mux    *http.ServeMux
	server *emulator.Server
	closed chan struct{}
	close  sync.Once
	history
}

// New makes a console. token admits requests of other users; events is the directory in
// which events are saved.
func New(token, events string) *Console {
	c := &Console{token: token, events: events, mux: http.NewServeMux(), closed: make(chan struct{})}
	c.history.builds = map[string]build{}
	const path = emulator.ConsolePath
	page := asset("console.html", "text/html; charset=utf-8")
	c.mux.HandleFunc("GET /{$}", page)
	c.mux.HandleFunc("GET "+path+"{$}", page)
	c.mux.HandleFunc("GET "+path+"console.js", asset("console.js", "text/javascript; charset=utf-8"))
	c.mux.HandleFunc("GET "+path+"console.css", asset("console.css", "text/css; charset=utf-8"))
	c.mux.HandleFunc("GET "+path+"changes", c.changes)
	c.mux.HandleFunc("GET "+path+"invocations", c.list)
	c.mux.HandleFunc("DELETE "+path+"invocations", c.clear)
	c.mux.HandleFunc("GET "+path+"invocations/{id}", c.detail)
	c.mux.HandleFunc("GET "+path+"invocations/{id}/{part}", c.download)
	c.mux.HandleFunc("GET "+path+"events", c.kinds)
	c.mux.HandleFunc("GET "+path+"events/{name}", c.made)
	c.mux.HandleFunc("POST "+path+"save", c.save)
	return c
}

// Close ends the requests with which pages wait for changes. It returns nil.
func (c *Console) Close() error {
	c.close.Do(func() { close(c.closed) })
	return nil
}

// Token returns the token that admits requests of other users.
func (c *Console) Token() string { return c.token }

// Attach sets the server whose functions the console shows.
func (c *Console) Attach(s *emulator.Server) { c.server = s }

//go:embed console.html console.js console.css
var files embed.FS

const tokenName = "bootzip-console"

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	// Pages that --cors lets call functions get no access here.
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"} {
		h.Del(name)
	}
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if u, err := url.Parse(origin); origin != "" && (err != nil || u.Host != r.Host) || site == "cross-site" || site == "same-site" {
		refuse(w, http.StatusForbidden, "the console is for its own pages")
		return
	}
	if given := r.URL.Query().Get("token"); given != "" && c.isToken(given) {
		// Move the token from the address, where it is visible, to a cookie.
		http.SetCookie(w, &http.Cookie{Name: tokenName, Value: given, Path: emulator.ConsolePath, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return
	}
	if !c.open(r) && !emulator.SameUser(r) {
		refuse(w, http.StatusForbidden, "open the console at the address that bootzip serve prints, with its token")
		return
	}
	c.mux.ServeHTTP(w, r)
}

// open reports whether a request has the token, or is for the page without data, which is
// public. Browsers send the cookie only to the console, never to a function.
func (c *Console) open(r *http.Request) bool {
	switch r.URL.Path {
	case "/", emulator.ConsolePath, emulator.ConsolePath + "console.js", emulator.ConsolePath + "console.css":
		return true
	}
	cookie, err := r.Cookie(tokenName)
	return err == nil && c.isToken(cookie.Value)
}

func (c *Console) isToken(given string) bool {
	return c.token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(c.token)) == 1
}

func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, format+"\n", args...)
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func asset(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, _ := files.ReadFile(name) // embedded
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text)
	}
}

// pushInterval is the shortest time between two messages to an open page.
const pushInterval = 250 * time.Millisecond

// changes notifies a page of changes by server-sent events (HTML Standard,
// "Server-sent events").
func (c *Console) changes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	ticker := time.NewTicker(pushInterval)
	defer ticker.Stop()
	last, beat := "", time.Now()
	for {
		state, err := json.Marshal(c.state())
		if err != nil {
			return
		}
		text := ": still here\n\n"
		if string(state) != last {
			text = "data: " + string(state) + "\n\n"
		}
		if string(state) != last || time.Since(beat) > 15*time.Second {
			last, beat = string(state), time.Now()
			_ = rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.WriteString(w, text); err != nil || rc.Flush() != nil {
				return
			}
		}
		select {
		case <-ticker.C:
		case <-c.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// A pageState is what the page always shows.
type pageState struct {
	Version   int64           `json:"version"` // of the list of events
	Held      int             `json:"held"`
	Total     int64           `json:"total"`
	MaxEvents int             `json:"maxEvents"`
	MaxBytes  int             `json:"maxBytes"`
	Functions []functionState `json:"functions"`
	Project   string          `json:"project,omitempty"` // an error of the entire project
}

type functionState struct {
	emulator.FunctionState
	Running bool   `json:"running"`
	Built   int64  `json:"built,omitempty"` // milliseconds since 1970
	Error   string `json:"error,omitempty"` // of the last build
}

func (c *Console) state() pageState {
	s, builds := c.counts()
	s.Functions = []functionState{}
	seen := map[string]bool{}
	if c.server != nil {
		for _, f := range c.server.Functions() {
			b := builds[f.Name]
			seen[f.Name] = true
			s.Functions = append(s.Functions, functionState{f, true, milliseconds(b.at), b.failure})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(builds)) {
		if b := builds[name]; name != "" && !seen[name] && b.failure != "" {
			s.Functions = append(s.Functions, functionState{emulator.FunctionState{Name: name}, false, milliseconds(b.at), b.failure})
		}
	}
	s.Project = builds[""].failure
	return s
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// pageSize is how many events a page of the list has at most.
const pageSize = 100

func (c *Console) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
	answer(w, c.find(filter{q.Get("function"), q.Get("status"), q.Get("text")}, before, pageSize))
}

func (c *Console) clear(w http.ResponseWriter, r *http.Request) {
	c.forget()
	w.WriteHeader(http.StatusNoContent)
}

func (c *Console) record(w http.ResponseWriter, r *http.Request) (detail, bool) {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // no event has the id 0
	d, ok := c.get(id)
	if !ok {
		refuse(w, http.StatusNotFound, "the event is not held any more")
	}
	return d, ok
}

func (c *Console) detail(w http.ResponseWriter, r *http.Request) {
	if d, ok := c.record(w, r); ok {
		answer(w, d)
	}
}

// download sends an event, an answer, or the body of one of these, as a file.
func (c *Console) download(w http.ResponseWriter, r *http.Request) {
	d, ok := c.record(w, r)
	if !ok {
		return
	}
	part, extension := r.PathValue("part"), ".json"
	document, isBody := strings.CutSuffix(part, "-body")
	data, ok := map[string][]byte{"event": d.event, "answer": d.answer}[document]
	if !ok {
		refuse(w, http.StatusNotFound, "there is no %q", part)
		return
	}
	if isBody {
		extension = ".bin"
		if data, ok = bodyOf(data); !ok {
			refuse(w, http.StatusNotFound, "there is no body")
			return
		}
	}
	name := fmt.Sprintf("%s-%d-%s%s", d.Function, d.ID, part, extension)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	_, _ = w.Write(data)
}

// kinds lists the ready-made events.
func (c *Console) kinds(w http.ResponseWriter, r *http.Request) {
	type kind struct {
		event.Kind
		Saved bool `json:"saved,omitempty"`
	}
	all := []kind{}
	for _, k := range event.Kinds() {
		all = append(all, kind{k, false})
	}
	saved, _ := filepath.Glob(filepath.Join(c.events, "*.json")) // none, if there is no such directory
	for _, file := range saved {
		all = append(all, kind{event.Kind{Name: filepath.ToSlash(file), About: "saved"}, true})
	}
	answer(w, all)
}

// made sends a ready-made event, or a saved one.
func (c *Console) made(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	var text []byte
	var err error
	if r.URL.Query().Get("saved") != "" {
		if !savedName.MatchString(name) {
			refuse(w, http.StatusNotFound, "there is no event %q", name)
			return
		}
		text, err = regular.ReadFile(filepath.Join(c.events, name))
	} else {
		text, err = event.Make(name, event.Options{})
	}
	if err != nil {
		refuse(w, http.StatusNotFound, "%v", err)
		return
	}
	answer(w, string(text))
}

// maxSaved is the limit of a saved event, in bytes: that of Lambda.
const maxSaved = 6 << 20

// savedName matches the valid names of saved events.
var savedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.json$`)

// save writes an event to a new file of the project, for bootzip invoke.
func (c *Console) save(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(w, http.StatusUnsupportedMediaType, "send JSON")
		return
	}
	var asked struct{ Name, Event string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 2*maxSaved)).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "the request is not understood: %v", err)
		return
	}
	name := strings.TrimSuffix(asked.Name, ".json") + ".json"
	switch {
	case !savedName.MatchString(name):
		refuse(w, http.StatusBadRequest, "invalid name %q: use letters, digits, - and _, 64 at most", asked.Name)
		return
	case len(asked.Event) > maxSaved || !json.Valid([]byte(asked.Event)):
		refuse(w, http.StatusBadRequest, "the event is not JSON, or has more than 6 MiB")
		return
	}
	file := filepath.Join(c.events, name)
	if _, err := os.Lstat(file); err == nil {
		refuse(w, http.StatusConflict, "there is a file %s: choose another name", file)
		return
	}
	err := os.MkdirAll(c.events, 0o755)
	if err == nil {
		err = atomicfile.WriteBytes(file, 0o644, []byte(strings.TrimRight(asked.Event, "\n")+"\n"))
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, "the event cannot be saved: %v", err)
		return
	}
	answer(w, filepath.ToSlash(file))
}
