package telemetry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// A subscription is the body of a request to subscribe.
type subscription struct {
	SchemaVersion string
	Types         []string
	Destination   struct {
		Protocol string
		URI      string
		Method   string // of the Logs API only: PUT, otherwise POST
		Port     int    // of TCP; default: the URI's
	}
	Buffering struct {
		MaxItems  *int
		MaxBytes  *int
		TimeoutMs *int
	}

	logs    bool // of the Logs API
	asJSON  bool // lines of the function are objects
	port    int
	path    string
	items   int
	bytes   int
	timeout time.Duration
}

// The schemas of the two APIs, the default first.
var (
	telemetrySchemas = []string{"2022-07-01", "2022-12-13", "2025-01-29"}
	logsSchemas      = []string{"2020-08-15", "2021-03-18"}
)

// lambdaPort is the port that destinations must not have.
const lambdaPort = 9001

// read reads a subscription and checks it.
func read(body []byte, logs bool) (s subscription, err error) {
	if err := json.Unmarshal(body, &s); err != nil {
		return s, err
	}
	s.logs = logs
	schemas := telemetrySchemas
	if logs {
		schemas = logsSchemas
		if s.SchemaVersion == "" {
			s.SchemaVersion = schemas[0]
		}
	}
	if !slices.Contains(schemas, s.SchemaVersion) {
		return s, fmt.Errorf("schemaVersion %q is not one of %q", s.SchemaVersion, schemas)
	}
	if len(s.Types) == 0 {
		return s, errors.New("types is empty")
	}
	for _, t := range s.Types {
		if t != Platform && t != Function && t != Extension {
			return s, fmt.Errorf("type %q is not platform, function or extension", t)
		}
	}
	if err := s.readDestination(); err != nil {
		return s, err
	}
	b := s.Buffering
	if s.items, err = within("maxItems", b.MaxItems, 10_000, 1_000, 10_000); err != nil {
		return s, err
	}
	if s.bytes, err = within("maxBytes", b.MaxBytes, 262_144, 262_144, 1_048_576); err != nil {
		return s, err
	}
	ms, err := within("timeoutMs", b.TimeoutMs, 1_000, 25, 30_000)
	s.timeout = time.Duration(ms) * time.Millisecond
	return s, err
}

func within(name string, value *int, fallback, least, most int) (int, error) {
	if value == nil {
		return fallback, nil
	}
	if *value < least || *value > most {
		return 0, fmt.Errorf("buffering.%s is %d, not %d to %d", name, *value, least, most)
	}
	return *value, nil
}

// hosts are the names of the instance itself. AWS's samples use both.
var hosts = []string{"sandbox.localdomain", "sandbox"}

func (s *subscription) readDestination() error {
	d := s.Destination
	switch d.Protocol {
	case "HTTP":
		u, err := url.Parse(d.URI)
		if err != nil {
			return fmt.Errorf("destination.URI: %w", err)
		}
		if u.Scheme != "http" || !slices.Contains(hosts, u.Hostname()) || u.User != nil {
			return fmt.Errorf("destination.URI is %q, not http://sandbox.localdomain:PORT/PATH", d.URI)
		}
		s.port, _ = strconv.Atoi(u.Port())
		s.path = u.RequestURI()
	case "TCP":
		s.port = d.Port
		if u, err := url.Parse(d.URI); s.port == 0 && err == nil {
			s.port, _ = strconv.Atoi(u.Port())
		}
	default:
		return fmt.Errorf("destination.protocol is %q, not HTTP or TCP", d.Protocol)
	}
	if s.port < 1 || s.port > 65535 || s.port == lambdaPort {
		return fmt.Errorf("destination has the port %d, not one of 1 to 65535 besides %d", s.port, lambdaPort)
	}
	return nil
}

// Subscribe takes the request of an extension, with logs to the Logs API, and returns the
// types that it asks for. A later request replaces an earlier one. Events since the
// beginning of the initialisation are delivered, too.
func (h *Hub) Subscribe(extension string, logs bool, body []byte) (types []string, err error) {
	s, err := read(body, logs)
	s.asJSON = h.json
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.open {
		return nil, errors.New("the subscription is closed")
	}
	old := h.subscribers[extension]
	if old != nil {
		if old.logs != logs {
			return nil, errors.New("the extension has subscribed to the other API")
		}
		old.cancel()
	}
	one := newSubscriber(s, h.dial)
	for _, e := range h.past {
		one.add(e)
	}
	one.forget(h.forgotten)
	h.subscribers[extension] = one
	kind := "telemetrySubscription"
	if logs {
		kind = "logsSubscription"
	}
	h.event(kind, map[string]any{"name": extension, "state": "Subscribed", "types": s.Types})
	return s.Types, nil
}
