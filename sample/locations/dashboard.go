package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"log"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// land is the outline of the continents as the path of an SVG, in degrees from 180° W and
// 90° N. Its source is in README.md.
//
//go:embed static/land.path
var land string

//go:embed static/dashboard.html
var dashboardText string

var dashboardPage = template.Must(template.New("").Parse(dashboardText))

// A dashboard is what the page shows. Coordinates are those of the SVGs.
type dashboard struct {
	Hours   int
	Land    template.HTMLAttr
	View    string // of the map
	Radius  float64
	Points  []point
	Charts  []chart
	Devices []counted
}

type point struct {
	Device, Place, Time string
	Link                string // to its track
	X, Y                float64
	Class               string
}

// A chart shows the battery of a device; it is 100 high, and its width stands for the time.
type chart struct {
	Device, Class, Line string
	Now                 string
}

type counted struct {
	Device, Class string
	Count         int
	Share         float64 // of the largest, in percent
}

const (
	chartWidth = 600.0
	colours    = 6 // classes of the style sheet
)

func (s *service) dashboard(w http.ResponseWriter, r *http.Request) {
	hours, ok := hoursOf(w, r)
	if !ok {
		return
	}
	list, err := s.store.last(r.Context())
	if err != nil {
		failed(w, err)
		return
	}
	now := s.now()
	d := dashboard{Hours: int(hours.Hours()), Land: template.HTMLAttr(`d="` + land + `"`)}
	d.View, d.Radius = view(list)
	most := 1
	for i, one := range list {
		class := fmt.Sprintf("c%d", i%colours)
		p, km := s.places.Nearest(one.Lat, one.Lon)
		user, name, _ := strings.Cut(one.Device, "/")
		d.Points = append(d.Points, point{
			Link:   "track/" + url.PathEscape(user) + "/" + url.PathEscape(name),
			Device: one.Device, Place: fmt.Sprintf("%.0f km from %s, %s", km, p.Name, p.Country), Time: one.Time.Format("2 Jan 2006 15:04 UTC"),
			X: one.Lon + 180, Y: 90 - one.Lat, Class: class,
		})
		track, err := s.store.track(r.Context(), one.Device, now.Add(-hours))
		if err != nil {
			failed(w, err)
			return
		}
		d.Devices = append(d.Devices, counted{one.Device, class, len(track), 0})
		most = max(most, len(track))
		if c := battery(track, now, hours); c.Line != "" {
			c.Device, c.Class = one.Device, class
			d.Charts = append(d.Charts, c)
		}
	}
	for i := range d.Devices {
		d.Devices[i].Share = 100 * float64(d.Devices[i].Count) / float64(most)
	}
	slices.SortStableFunc(d.Devices, func(a, b counted) int { return b.Count - a.Count })
	var b bytes.Buffer
	if err := dashboardPage.Execute(&b, d); err != nil {
		log.Print(err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

// view returns the part of the map that has all positions, twice as wide as it is high, and
// the radius at which to draw a position in it.
func view(list []report) (box string, radius float64) {
	if len(list) == 0 {
		return "0 0 360 180", 2
	}
	left, right, top, bottom := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, one := range list {
		left, right = min(left, one.Lon+180), max(right, one.Lon+180)
		top, bottom = min(top, 90-one.Lat), max(bottom, 90-one.Lat)
	}
	width := min(max((right-left)*1.5, (bottom-top)*3, 40), 360)
	x := min(max((left+right-width)/2, 0), 360-width)
	y := min(max((top+bottom-width/2)/2, 0), 180-width/2)
	return fmt.Sprintf("%.2f %.2f %.2f %.2f", x, y, width, width/2), width / 150
}

// battery draws what a device has reported about its battery.
func battery(track []report, now time.Time, hours time.Duration) (c chart) {
	var points []string
	for _, one := range track {
		if one.Battery >= 0 {
			x := chartWidth * (1 - now.Sub(one.Time).Seconds()/hours.Seconds())
			points = append(points, fmt.Sprintf("%.1f,%d", min(x, chartWidth), 100-one.Battery))
			c.Now = fmt.Sprintf("%d %%", one.Battery)
		}
	}
	if len(points) == 1 { // a line has two ends
		points = append(points, points[0])
	}
	c.Line = strings.Join(points, " ")
	return c
}
