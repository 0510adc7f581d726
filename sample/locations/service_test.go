package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bootzip/bootzip/sample/locations/geo"
)

var now = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func newService(t *testing.T) *service {
	t.Helper()
	f, err := os.Open("places.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	places, err := geo.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return &service{store: &fileStore{name: filepath.Join(t.TempDir(), "x.jsonl")}, places: places, password: "open", now: func() time.Time { return now }}
}

func ask(h http.Handler, method, target, body string, header ...string) (int, string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.SetBasicAuth("anybody", "open")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(text)
}

func message(device string, at time.Time, lat, lon float64, battery int) string {
	return fmt.Sprintf(`{"_type":"location","topic":"owntracks/ada/%s","lat":%v,"lon":%v,"acc":12,"batt":%d,"tst":%d,"tid":"ph"}`, device, lat, lon, battery, at.Unix())
}

func TestReports(t *testing.T) {
	h := newService(t).handler()
	for _, body := range []string{
		message("phone", now.Add(-2*time.Hour), 52.52, 13.40, 80), message("phone", now.Add(-time.Hour), 52.40, 13.07, 70),
		message("phone", now.Add(-3*time.Hour), 48.85, 2.35, 90), // late
		message("phone", now.Add(-48*time.Hour), 0, 0, 100), message("watch", now.Add(-time.Minute), -33.86, 151.21, 55),
		`{"_type":"lwt","tst":1}`,
	} {
		if status, got := ask(h, "POST", "/", body); status != 200 || got != "[]\n" {
			t.Fatalf("%s: %d %s", body, status, got)
		}
	}
	_, text := ask(h, "GET", "/last", "")
	var last []struct {
		Device   string
		Lat      float64
		Battery  int
		Place    struct{ Name string }
		Distance float64 `json:"distanceKm"`
	}
	if err := json.Unmarshal([]byte(text), &last); err != nil || len(last) != 2 || last[0].Device != "ada/phone" || last[0].Lat != 52.40 || last[0].Place.Name != "Potsdam" || last[1].Battery != 55 {
		t.Errorf("%s (%v)", text, err)
	}
	_, text = ask(h, "GET", "/track/ada/phone", "")
	var track struct {
		Type     string
		Features []struct {
			Geometry struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &track); err != nil || track.Type != "FeatureCollection" || len(track.Features) != 4 ||
		string(track.Features[0].Geometry.Coordinates) != "[2.35,48.85]" || track.Features[3].Geometry.Type != "LineString" {
		t.Errorf("%s (%v)", text, err)
	}
	if _, text = ask(h, "GET", "/track/ada/none", ""); !strings.Contains(text, `"features":[]`) {
		t.Errorf("a device that is not there: %s", text)
	}
	status, page := ask(h, "GET", "/?hours=24", "")
	for _, want := range []string{"ada/phone", "km from Potsdam, DE", "ada/watch", "70 %", "<td>3</td>", `href="track/ada/phone?hours=24"`, "polyline"} {
		if status != 200 || !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

func TestRefused(t *testing.T) {
	h := newService(t).handler()
	for body, want := range map[string]string{
		"no json": "refused",
		`{"_type":"location","topic":"owntracks/ada/phone","lat":91,"lon":0,"tst":1}`:                                     "no position",
		`{"_type":"location","topic":"owntracks/ada/phone","lon":0,"tst":1}`:                                              "no position",
		`{"_type":"location","topic":"owntracks/ada/phone","lat":1,"lon":0}`:                                              "time",
		message("phone", now.Add(2*time.Hour), 1, 1, 1):                                                                   "future",
		`{"_type":"location","lat":1,"lon":0,"tst":1}`:                                                                    "two names",
		`{"_type":"location","topic":"owntracks/a/` + strings.Repeat("x", 65) + `","lat":1,"lon":0,"tst":1}`:              "two names",
		`{"_type":"location","topic":"owntracks/a/` + "\\u001b" + `","lat":1,"lon":0,"tst":1}`:                            "two names",
		`{"_type":"location","topic":"owntracks/a/b","lat":1,"lon":0,"tst":1,"x":"` + strings.Repeat("x", maxBody) + `"}`: "too large",
	} {
		if status, got := ask(h, "POST", "/", body); status < 400 || status > 499 || !strings.Contains(got, want) {
			t.Errorf("%.80s: %d %s", body, status, got)
		}
	}
	for target, want := range map[string]int{"/?hours=0": 400, "/?hours=x": 400, "/track/a/b?hours=9999": 400, "/nowhere": 404} {
		if status, _ := ask(h, "GET", target, ""); status != want {
			t.Errorf("%s: %d", target, status)
		}
	}
	for what, header := range map[string][2]string{"no password": {"Authorization", ""}, "another": {"Authorization", "Basic YTpi"}} {
		if status, _ := ask(h, "GET", "/last", "", header[0], header[1]); status != 401 {
			t.Errorf("%s: %d", what, status)
		}
	}
	if _, page := ask(h, "GET", "/", ""); !strings.Contains(page, "No device has reported yet.") {
		t.Error("there are devices")
	}
}

// A name is shown as text.
func TestNamesAreText(t *testing.T) {
	h := newService(t).handler()
	if status, got := ask(h, "POST", "/", message("x", now, 1, 1, 1), "X-Limit-U", "<script>", "X-Limit-D", `a?b"`); status != 200 {
		t.Fatal(status, got)
	}
	_, page := ask(h, "GET", "/", "")
	if strings.Contains(page, "<script>") || !strings.Contains(page, "&lt;script&gt;/a?b&#34;") || !strings.Contains(page, `href="track/%3Cscript%3E/a%3Fb%22?hours=24"`) {
		t.Error(page[strings.Index(page, "<table>"):])
	}
}

func TestGeocoder(t *testing.T) {
	h := newService(t).geocoder()
	if status, got := ask(h, "GET", "/?lat=52.5163&lon=13.3777", ""); status != 200 || !strings.Contains(got, `"name":"Berlin"`) {
		t.Errorf("%d %s", status, got)
	}
	for _, target := range []string{"/", "/?lat=91&lon=1", "/?lat=x&lon=1", "/?lat=NaN&lon=1"} {
		if status, _ := ask(h, "GET", target, ""); status != 400 {
			t.Errorf("%s: %d", target, status)
		}
	}
}

// stores returns a store in a file, and one in a table at the address in
// LOCATIONS_TEST_DYNAMODB, for example of dynalite.
func stores(t *testing.T) map[string]store {
	all := map[string]store{"file": &fileStore{name: filepath.Join(t.TempDir(), "x.jsonl")}}
	address := os.Getenv("LOCATIONS_TEST_DYNAMODB")
	if address == "" {
		t.Log("no table is tried: LOCATIONS_TEST_DYNAMODB is not set")
		return all
	}
	client := dynamodb.New(dynamodb.Options{BaseEndpoint: &address, Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})})
	table := fmt.Sprintf("locations-%d", time.Now().UnixNano())
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}, {AttributeName: aws.String("sk"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange}},
	})
	if err == nil {
		err = dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond }).Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}, time.Minute)
	}
	if err != nil {
		t.Fatal(err)
	}
	all["table"] = &tableStore{client: client, table: table}
	return all
}

func TestStores(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if last, err := s.last(ctx); err != nil || len(last) != 0 {
				t.Errorf("at first there are %v (%v)", last, err)
			}
			one := report{Device: "ada/phone", Time: now, Lat: 1.25, Lon: -2.5, Accuracy: 7, Battery: -1}
			old, again, other := one, one, one
			old.Time, again.Battery, other.Device = now.Add(-time.Hour), 50, "ada/watch"
			for _, r := range []report{one, old, again, other} {
				if err := s.add(ctx, r); err != nil {
					t.Fatal(err)
				}
			}
			if last, err := s.last(ctx); err != nil || fmt.Sprint(last) != fmt.Sprint([]report{again, other}) {
				t.Errorf("the last are %v (%v)", last, err)
			}
			if track, err := s.track(ctx, "ada/phone", now.Add(-2*time.Hour)); err != nil || fmt.Sprint(track) != fmt.Sprint([]report{old, again}) {
				t.Errorf("the track is %v (%v)", track, err)
			}
			if track, err := s.track(ctx, "ada/phone", now.Add(-time.Minute)); err != nil || len(track) != 1 {
				t.Errorf("a short track is %v (%v)", track, err)
			}
		})
	}
}
