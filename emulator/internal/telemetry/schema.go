package telemetry

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// clock formats a time as the platform does.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// messages returns an event in the form of the subscriber's API and schema.
func (s *subscription) messages(e event) []message {
	m := message{Time: clock(e.at), Type: e.kind, Record: e.record}
	switch {
	case e.group() != Platform:
		if s.asJSON && s.SchemaVersion != telemetrySchemas[0] && !s.logs {
			m.Record = object(m.Record)
		}
	case s.logs:
		return s.asLogs(m)
	case e.kind == "platform.logsSubscription":
		return nil
	}
	return []message{m}
}

// object decodes a line that holds a JSON object; any other stays unchanged.
func object(line json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(line, &text) != nil {
		return line
	}
	inner := bytes.TrimSpace([]byte(text))
	if len(inner) > 0 && inner[0] == '{' && json.Valid(inner) {
		return inner
	}
	return line
}

// logsEvents are the events of the Logs API, besides platform.end.
var logsEvents = []string{
	"platform.start", "platform.report", "platform.extension", "platform.logsSubscription", "platform.logsDropped", "platform.runtimeDone",
}

// asLogs returns an event of the platform in the form of the Logs API.
func (s *subscription) asLogs(m message) []message {
	if !slices.Contains(logsEvents, m.Type) {
		return nil
	}
	var record struct {
		RequestID string          `json:"requestId,omitempty"`
		Version   string          `json:"version,omitempty"`
		Status    string          `json:"status,omitempty"`
		Metrics   json.RawMessage `json:"metrics,omitempty"`
	}
	if json.Unmarshal(m.Record, &record) != nil {
		return nil
	}
	encode := func() (data json.RawMessage) { // of strings and JSON: it cannot fail
		data, _ = json.Marshal(record)
		return data
	}
	switch m.Type {
	case "platform.start":
		m.Record = encode()
	case "platform.runtimeDone":
		if s.SchemaVersion == logsSchemas[0] {
			return nil
		}
		record.Metrics = nil
		m.Record = encode()
	case "platform.report":
		record.Status = ""
		m.Record = encode()
		record.Metrics = nil
		end := message{Time: m.Time, Type: "platform.end", Record: encode()}
		return []message{end, m}
	}
	return []message{m}
}
