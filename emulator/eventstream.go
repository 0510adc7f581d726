package emulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// frame makes one message of AWS's event stream (Smithy documentation, "Amazon Event Stream
// Specification").
func frame(event, contentType string, payload []byte) []byte {
	m := eventstream.Message{Payload: payload}
	m.Headers.Set(":message-type", eventstream.StringValue("event"))
	m.Headers.Set(":event-type", eventstream.StringValue(event))
	m.Headers.Set(":content-type", eventstream.StringValue(contentType))
	var b bytes.Buffer
	_ = eventstream.NewEncoder().Encode(&b, m) // a buffer takes everything
	return b.Bytes()
}

// chunks passes a streamed response to a client of InvokeWithResponseStream.
type chunks struct {
	w     http.ResponseWriter
	begun bool
}

func (c *chunks) Begin(string) {
	c.begun = true
	h := c.w.Header()
	h.Set("Content-Type", "application/vnd.amazon.eventstream")
	h.Set("X-Amz-Executed-Version", latest)
	c.w.WriteHeader(http.StatusOK)
}

func (c *chunks) Write(p []byte) (int, error) {
	if len(p) > 0 {
		if _, err := c.w.Write(frame("PayloadChunk", "application/octet-stream", p)); err != nil {
			return 0, err
		}
	}
	return len(p), http.NewResponseController(c.w).Flush()
}

// invokeStream is Lambda's InvokeWithResponseStream.
func (s *Server) invokeStream(w http.ResponseWriter, r *http.Request) {
	c, ok := s.admit(w, r)
	if !ok {
		return
	}
	sink := &chunks{w: w}
	c.request.Stream, c.request.StreamAll = sink, true
	resp, err := s.run(context.WithoutCancel(r.Context()), c.function, Arrival{c.name, "InvokeWithResponseStream", r.UserAgent(), &c.request})
	if err != nil && !sink.begun {
		apiErrorOf(err).write(w)
		return
	}
	if !sink.begun {
		sink.Begin("")
		if resp.FunctionError == "" {
			_, _ = sink.Write(resp.Payload)
		}
	}
	var complete struct {
		ErrorCode    string `json:",omitempty"`
		ErrorDetails string `json:",omitempty"`
		LogResult    string `json:",omitempty"`
	}
	switch {
	case err != nil:
		complete.ErrorCode, complete.ErrorDetails = "ServiceException", err.Error()
	case resp.FunctionError != "":
		complete.ErrorCode, complete.ErrorDetails = resp.FunctionError, string(resp.Payload)
	}
	if resp.Log != nil {
		complete.LogResult = base64.StdEncoding.EncodeToString(resp.Log)
	}
	text, _ := json.Marshal(complete) // of strings: it cannot fail
	_, _ = w.Write(frame("InvokeComplete", "application/json", text))
}
