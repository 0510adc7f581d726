package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bootzip/bootzip/sample/locations/geo"
)

// A report says where a device was.
type report struct {
	Device   string    `json:"device"` // USER/NAME
	Time     time.Time `json:"time"`
	Lat      float64   `json:"lat"` // degrees
	Lon      float64   `json:"lon"`
	Accuracy int       `json:"accuracy,omitempty"` // metres; 0: unknown
	Battery  int       `json:"battery"`            // percent; -1: unknown
}

// errOther is for OwnTracks messages that are not positions.
var errOther = errors.New("it is no position")

// parse reads a message of OwnTracks in HTTP mode (OwnTracks Booklet, "JSON" and "HTTP").
// user and device come from the headers X-Limit-U and X-Limit-D, or else from the topic.
func parse(body []byte, user, device string, now time.Time) (report, error) {
	var m struct {
		Type     string   `json:"_type"`
		Topic    string   `json:"topic"`
		Lat      *float64 `json:"lat"`
		Lon      *float64 `json:"lon"`
		Accuracy float64  `json:"acc"`
		Battery  *int     `json:"batt"`
		Time     int64    `json:"tst"` // seconds
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return report{}, err
	}
	if m.Type != "location" {
		return report{}, errOther
	}
	if topic := strings.Split(m.Topic, "/"); (user == "" || device == "") && len(topic) == 3 && topic[0] == "owntracks" {
		user, device = topic[1], topic[2]
	}
	for _, name := range []string{user, device} {
		if name == "" || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r == '/' || !unicode.IsPrint(r) }) {
			return report{}, fmt.Errorf("user %q and device %q are not two names of at most 64 bytes", user, device)
		}
	}
	if m.Lat == nil || m.Lon == nil || !geo.Valid(*m.Lat, *m.Lon) {
		return report{}, errors.New("it has no position on Earth")
	}
	at := time.Unix(m.Time, 0).UTC()
	if m.Time <= 0 || at.After(now.Add(time.Hour)) {
		return report{}, errors.New("its time is missing, or is in the future")
	}
	r := report{Device: user + "/" + device, Time: at, Lat: *m.Lat, Lon: *m.Lon, Accuracy: int(max(0, min(m.Accuracy, 1e7))), Battery: -1}
	if m.Battery != nil && *m.Battery >= 0 && *m.Battery <= 100 {
		r.Battery = *m.Battery
	}
	return r, nil
}
