package runtimeapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// A refusal is an error response in the form of the Runtime API.
type refusal struct {
	status        int
	kind, message string
}

func forbidden(kind, message string) *refusal {
	return &refusal{http.StatusForbidden, kind, message}
}

// refusedTransition refuses a request that the state does not allow.
func refusedTransition(from, to state) *refusal {
	return forbidden("InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", from, to))
}

func (r *refusal) write(w http.ResponseWriter) {
	writeJSON(w, r.status, struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{r.message, r.kind})
}

// ErrorDocument is an error in the form that Lambda shows to callers.
func ErrorDocument(kind, message string) []byte {
	return encode(struct {
		Type    string `json:"errorType,omitempty"`
		Message string `json:"errorMessage"`
	}{kind, message})
}

// encode encodes a value that consists of strings, so that it cannot fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}

func accept(w http.ResponseWriter) { writeBody(w, http.StatusAccepted, acceptance) }

var acceptance = []byte(`{"status":"OK"}` + "\n")

func writeJSON(w http.ResponseWriter, status int, v any) {
	writeBody(w, status, append(encode(v), '\n'))
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = contentJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

var contentJSON = []string{"application/json"}
