package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"time"

	"github.com/bootzip/bootzip/sample/locations/geo"
)

// policy lets the dashboard load its style sheet, and nothing else.
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const (
	maxBody  = 16 << 10 // bytes of a message
	maxHours = 24 * 31
)

// A service is what both handlers need.
type service struct {
	store    store
	places   *geo.Index
	password string
	now      func() time.Time
}

//go:embed static/style.css
var style []byte

// handler takes messages from OwnTracks, and shows what they report.
func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.take)
	mux.HandleFunc("GET /{$}", s.dashboard)
	mux.HandleFunc("GET /last", s.last)
	mux.HandleFunc("GET /track/{user}/{name}", s.track)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(style))
	})
	return s.private(mux)
}

// private asks for the password, with any user name, and compares it in constant time.
func (s *service) private(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		_, password, _ := r.BasicAuth()
		got, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(s.password))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="locations", charset="UTF-8"`)
			http.Error(w, "the password is missing or wrong", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// take stores a position. OwnTracks expects a list of commands as the answer; it is empty.
func (s *service) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the message is too large", http.StatusRequestEntityTooLarge)
		return
	}
	one, err := parse(body, r.Header.Get("X-Limit-U"), r.Header.Get("X-Limit-D"), s.now())
	switch {
	case errors.Is(err, errOther): // OwnTracks sends such messages too; they are not stored
	case err != nil:
		http.Error(w, "the message is refused: "+err.Error(), http.StatusBadRequest)
		return
	default:
		if err := s.store.add(r.Context(), one); err != nil {
			failed(w, err) // the phone sends it again
			return
		}
	}
	answer(w, []struct{}{})
}

// last answers with the newest position of each device.
func (s *service) last(w http.ResponseWriter, r *http.Request) {
	list, err := s.store.last(r.Context())
	if err != nil {
		failed(w, err)
		return
	}
	type named struct {
		report
		Place    geo.Place `json:"place"`
		Distance float64   `json:"distanceKm"`
	}
	all := []named{}
	for _, one := range list {
		p, km := s.places.Nearest(one.Lat, one.Lon)
		all = append(all, named{one, p, km})
	}
	answer(w, all)
}

// track answers with the positions of a device in the last hours, as GeoJSON (RFC 7946):
// points, and a line if there are at least two.
func (s *service) track(w http.ResponseWriter, r *http.Request) {
	hours, ok := hoursOf(w, r)
	if !ok {
		return
	}
	list, err := s.store.track(r.Context(), r.PathValue("user")+"/"+r.PathValue("name"), s.now().Add(-hours))
	if err != nil {
		failed(w, err)
		return
	}
	type geometry struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}
	type feature struct {
		Type       string         `json:"type"`
		Geometry   geometry       `json:"geometry"`
		Properties map[string]any `json:"properties"`
	}
	features := []feature{}
	var line [][2]float64
	for _, one := range list {
		at := [2]float64{one.Lon, one.Lat}
		line = append(line, at)
		properties := map[string]any{"time": one.Time, "accuracy": one.Accuracy}
		if one.Battery >= 0 {
			properties["battery"] = one.Battery
		}
		features = append(features, feature{"Feature", geometry{"Point", at}, properties})
	}
	if len(line) > 1 {
		features = append(features, feature{"Feature", geometry{"LineString", line}, map[string]any{"device": list[0].Device}})
	}
	w.Header().Set("Content-Type", "application/geo+json")
	answer(w, map[string]any{"type": "FeatureCollection", "features": features})
}

// hoursOf reads the parameter hours; the default is a day.
func hoursOf(w http.ResponseWriter, r *http.Request) (time.Duration, bool) {
	text := r.URL.Query().Get("hours")
	if text == "" {
		return 24 * time.Hour, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxHours {
		http.Error(w, "hours is a number from 1 to "+strconv.Itoa(maxHours), http.StatusBadRequest)
		return 0, false
	}
	return time.Duration(n) * time.Hour, true
}

// geocoder names the nearest place: GET /?lat=52.5&lon=13.4. It has no secrets, so it does
// not ask for a password.
func (s *service) geocoder() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lat, err1 := strconv.ParseFloat(r.URL.Query().Get("lat"), 64)
		lon, err2 := strconv.ParseFloat(r.URL.Query().Get("lon"), 64)
		if errors.Join(err1, err2) != nil || !geo.Valid(lat, lon) {
			http.Error(w, "give lat from -90 to 90 and lon from -180 to 180, in degrees", http.StatusBadRequest)
			return
		}
		p, km := s.places.Nearest(lat, lon)
		w.Header().Set("Cache-Control", "public, max-age=86400")
		answer(w, map[string]any{"place": p, "distanceKm": km})
	})
}

// answer writes JSON.
func answer(w http.ResponseWriter, value any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}

func failed(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "the positions cannot be reached", http.StatusServiceUnavailable)
}
