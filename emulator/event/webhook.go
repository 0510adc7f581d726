package event

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"strconv"
	"time"
)

func sign(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// text encodes a document as JSON. Its values can always be encoded.
func text(document object) string {
	b, _ := marshal(document)
	return string(b)
}

// webhook is a POST to a function URL.
func webhook(o Options, agent, body string, header http.Header) (any, error) {
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", agent)
	o.Method, o.Body = http.MethodPost, body
	r := o.request()
	maps.Copy(r.Header, header)
	return r.event(FunctionURL)
}

func slack(o Options) (any, error) {
	stamp := strconv.FormatInt(o.Time.Unix(), 10)
	body := cmp.Or(o.Body, text(object{
		{"token", randomHex(24)},
		{"team_id", "T" + randomUpper(10)},
		{"api_app_id", "A" + randomUpper(10)},
		{"event", object{
			{"type", "message"},
			{"channel", "C" + randomUpper(10)},
			{"user", "U" + randomUpper(10)},
			{"text", "Hello from Slack"},
			{"ts", stamp + ".000200"},
			{"event_ts", stamp + ".000200"},
			{"channel_type", "channel"},
		}},
		{"type", "event_callback"},
		{"event_id", "Ev" + randomUpper(10)},
		{"event_time", o.Time.Unix()},
	}))
	return webhook(o, "Slackbot 1.0 (+https://api.slack.com/robots)", body, http.Header{
		"X-Slack-Request-Timestamp": {stamp},
		"X-Slack-Signature":         {"v0=" + sign(o.Secret, "v0:"+stamp+":"+body)},
	})
}

func gitHub(o Options) (any, error) {
	name := cmp.Or(o.Resource, "example")
	before, after := randomHex(40), randomHex(40)
	user := object{{"name", "ada"}, {"email", "ada@example.com"}, {"username", "ada"}}
	commit := object{
		{"id", after}, {"tree_id", randomHex(40)}, {"distinct", true}, {"message", "Mend the door"},
		{"timestamp", o.Time.Format(time.RFC3339)}, {"url", "https://github.com/ada/" + name + "/commit/" + after},
		{"author", user}, {"committer", user},
		{"added", []string{}}, {"removed", []string{}}, {"modified", []string{"door.go"}},
	}
	body := cmp.Or(o.Body, text(object{
		{"ref", "refs/heads/main"},
		{"before", before},
		{"after", after},
		{"repository", object{
			{"id", 186853002}, {"name", name}, {"full_name", "ada/" + name}, {"private", false},
			{"owner", object{{"name", "ada"}, {"login", "ada"}, {"id", 21031067}}},
			{"html_url", "https://github.com/ada/" + name}, {"default_branch", "main"},
		}},
		{"pusher", object{{"name", "ada"}, {"email", "ada@example.com"}}},
		{"sender", object{{"login", "ada"}, {"id", 21031067}, {"type", "User"}}},
		{"created", false}, {"deleted", false}, {"forced", false},
		{"compare", "https://github.com/ada/" + name + "/compare/" + before[:12] + "..." + after[:12]},
		{"commits", []object{commit}},
		{"head_commit", commit},
	}))
	return webhook(o, "GitHub-Hookshot/"+randomHex(8)[:7], body, http.Header{
		"X-Github-Delivery":   {uuid()},
		"X-Github-Event":      {"push"},
		"X-Github-Hook-Id":    {randomDigits(9)},
		"X-Hub-Signature-256": {"sha256=" + sign(o.Secret, body)},
	})
}
