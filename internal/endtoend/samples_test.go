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

// Each sample does, as it was built, what all samples do.
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
	f := start(t, a.Path, a.Arch, "httpevent")
	greets := func(event, want string) {
		t.Helper()
		got := f.invoke(event)
		var response struct {
			StatusCode int
			Headers    map[string]string
			Body       string
		}
		if err := json.Unmarshal([]byte(got.body), &response); got.kind != "response" || err != nil {
			t.Fatalf("answer to %s is %+v (%v)", event, got, err)
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
	if err := json.Unmarshal([]byte(broken.body), &fault); broken.kind != "error" || err != nil {
		t.Fatalf("answer to a broken event is %+v (%v)", broken, err)
	}
	if fault.ErrorType == "" || fault.ErrorMessage == "" || broken.fault == "" {
		t.Errorf("error of a broken event is %+v", broken)
	}

	// It lives on.
	greets(`{"httpMethod":"GET","queryStringParameters":null}`, "World")
}

func answersEvents(t *testing.T, a build.Artifact) {
	for handler, event := range map[string]string{
		"scheduledevent": `{"version":"0","id":"cdc73f9d","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012",` +
			`"time":"2026-01-02T03:04:05Z","region":"us-east-1","resources":["arn:aws:events:us-east-1:123456789012:rule/r"],"detail":{}}`,
		"snsevent": `{"Records":[{"EventVersion":"1.0","EventSource":"aws:sns","Sns":{"MessageId":"95df01b4-ee98-5cb9",` +
			`"Type":"Notification","Subject":"subject","Message":"message of a topic","Timestamp":"2026-01-02T03:04:05.678Z"}}]}`,
	} {
		f := start(t, a.Path, a.Arch, handler)
		got := f.invoke(event)
		var whatever any
		if err := json.Unmarshal([]byte(got.body), &whatever); got.kind != "response" || err != nil {
			t.Errorf("answer of %s is %+v (%v), want a response in JSON", handler, got, err)
		}
	}
}

func refusesHandler(t *testing.T, a build.Artifact) {
	f := start(t, a.Path, a.Arch, "nosuchhandler")
	got := f.answer()
	var fault struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal([]byte(got.body), &fault); got.kind != "init" || err != nil {
		t.Fatalf("answer is %+v (%v), want one to init/error", got, err)
	}
	if fault.ErrorType != "Runtime.NoSuchHandler" || got.fault != fault.ErrorType || !strings.Contains(fault.ErrorMessage, "nosuchhandler") {
		t.Errorf("init error is %+v, and its header says %q", fault, got.fault)
	}
	<-f.ended
	if f.exit == nil {
		t.Error("the bootstrap ended with status 0")
	}
}
