//go:build linux

package endtoend

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bootzip/bootzip/build"
)

// projects are the projects of this repository that an engine can build.
func projects(engine string) []string {
	if engine == "docker" || engine == "podman" {
		return []string{goProject, otherProject}
	}
	return []string{goProject}
}

// The samples have the same bytes from each engine.
func TestSamplesAreEqualAcrossEngines(t *testing.T) {
	for _, folder := range []string{goProject, otherProject} {
		var first string
		for _, engine := range engines(t) {
			if !slices.Contains(projects(engine), folder) {
				continue
			}
			got := sums(sample(t, engine, folder))
			if len(got) == 0 {
				t.Errorf("%s built nothing of %q", engine, folder)
			}
			if first == "" {
				first = engine
			}
			equalSums(t, "project "+folder+" by "+engine+", compared with "+first, got, sums(sample(t, first, folder)))
		}
	}
}

// Each sample, as built, does what all samples do.
func TestSamplesAnswer(t *testing.T) {
	var artifacts []build.Artifact
	for _, folder := range []string{goProject, otherProject} {
		for _, engine := range engines(t) {
			// The others have the same bytes.
			if slices.Contains(projects(engine), folder) {
				artifacts = append(artifacts, sample(t, engine, folder).Artifacts...)
				break
			}
		}
	}
	for _, a := range artifacts {
		t.Run(a.Unit.String(), func(t *testing.T) {
			t.Run("http", func(t *testing.T) { answersHTTP(t, a) })
			t.Run("events", func(t *testing.T) { answersEvents(t, a) })
			t.Run("no handler", func(t *testing.T) { refusesHandler(t, a) })
		})
	}
}

func answersHTTP(t *testing.T, a build.Artifact) {
	f := start(t, a, "httpevent")
	greets := func(event, want string) {
		t.Helper()
		got := f.invoke(event)
		var response struct {
			StatusCode int
			Headers    map[string]string
			Body       string
		}
		if err := json.Unmarshal(got.Payload, &response); got.FunctionError != "" || err != nil {
			t.Fatalf("answer to %s is %s (%v)", event, got.Payload, err)
		}
		if response.StatusCode != 200 || !strings.Contains(response.Body, want) ||
			!strings.HasPrefix(response.Headers["Content-Type"], "text/plain") {
			t.Errorf("answer to %s is %+v, want a text with %q", event, response, want)
		}
	}
	greets(`{"version":"2.0","rawQueryString":"hello=Ada","queryStringParameters":{"hello":"Ada"}}`, "Ada")
	// A sender's bytes come back as they are, through JSON and back.
	greets(`{"queryStringParameters":{"hello":"\"Zoë\" \\ \ud83d\ude00\u0001"}}`, "\"Zoë\" \\ \U0001F600\u0001")

	broken := f.invoke(`{"queryStringParameters":`)
	var fault struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(broken.Payload, &fault); broken.FunctionError == "" || err != nil {
		t.Fatalf("answer to a broken event is %s (%v)", broken.Payload, err)
	}
	if fault.ErrorType == "" || fault.ErrorMessage == "" || broken.ErrorType == "" {
		t.Errorf("error of a broken event is %s, of the type %q", broken.Payload, broken.ErrorType)
	}

	// The instance keeps running.
	greets(`{"httpMethod":"GET","queryStringParameters":null}`, "World")
	if n := strings.Count(f.log.String(), "Init Duration: "); n != 1 {
		t.Errorf("%d instances were started", n)
	}
}

func answersEvents(t *testing.T, a build.Artifact) {
	for handler, event := range map[string]string{
		"scheduledevent": `{"version":"0","id":"cdc73f9d","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012",` +
			`"time":"2026-01-02T03:04:05Z","region":"us-east-1","resources":["arn:aws:events:us-east-1:123456789012:rule/r"],"detail":{}}`,
		"snsevent": `{"Records":[{"EventVersion":"1.0","EventSource":"aws:sns","Sns":{"MessageId":"95df01b4-ee98-5cb9",` +
			`"Type":"Notification","Subject":"subject","Message":"message of a topic","Timestamp":"2026-01-02T03:04:05.678Z"}}]}`,
	} {
		f := start(t, a, handler)
		got := f.invoke(event)
		var whatever any
		if err := json.Unmarshal(got.Payload, &whatever); got.FunctionError != "" || err != nil {
			t.Errorf("answer of %s is %s (%v), want a response in JSON", handler, got.Payload, err)
		}
	}
}

func refusesHandler(t *testing.T, a build.Artifact) {
	f := start(t, a, "nosuchhandler")
	got := f.invoke("{}")
	var fault struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(got.Payload, &fault); got.FunctionError == "" || err != nil {
		t.Fatalf("answer is %s (%v), want an error", got.Payload, err)
	}
	if fault.ErrorType != "Runtime.NoSuchHandler" || got.ErrorType != fault.ErrorType || !strings.Contains(fault.ErrorMessage, "nosuchhandler") {
		t.Errorf("init error is %+v, and its header says %q", fault, got.ErrorType)
	}
	// The error was reported before the first event, so it is a failure of the
	// initialisation.
	if !strings.Contains(f.log.String(), "INIT_REPORT") {
		t.Errorf("no initialisation failed:\n%s", f.log)
	}
}
