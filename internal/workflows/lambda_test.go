package workflows

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A fakeLambda answers the requests to Lambda and S3 that the AWS CLI sends in deploy.yml
// (AWS Lambda API reference). The field broken says how its function answers.
type fakeLambda struct {
	*httptest.Server

	mu       sync.Mutex
	code     []byte
	arch     string
	versions map[string]string // CodeSha256 by version
	alias    map[string]string // version by alias
	objects  map[string][]byte // of S3, by path
	broken   func(qualifier string) bool
	events   []string // that it was invoked with
	calls    []string
}

func newFakeLambda(t *testing.T, code []byte, alias string) *fakeLambda {
	l := &fakeLambda{code: code, arch: "x86_64", versions: map[string]string{"1": digestOf(code)}, alias: map[string]string{}, objects: map[string][]byte{}, broken: func(string) bool { return false }}
	if alias != "" {
		l.alias[alias] = "1"
	}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func digestOf(code []byte) string {
	sum := sha256.Sum256(code)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (l *fakeLambda) configuration(version string) map[string]any {
	sum := digestOf(l.code)
	if version != "$LATEST" {
		sum = l.versions[version]
	}
	return map[string]any{
		"FunctionName": "svc", "Version": version, "CodeSha256": sum, "Architectures": []string{l.arch}, "Runtime": "provided.al2023", "State": "Active", "LastUpdateStatus": "Successful",
		"Environment": map[string]any{"Variables": map[string]string{"SECRET": "of the function"}},
	}
}

func (l *fakeLambda) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	var in struct {
		ZipFile                                            []byte
		S3Bucket, S3Key, CodeSha256, Name, FunctionVersion string
		Architectures                                      []string
	}
	if strings.HasPrefix(r.URL.Path, "/20") && len(body) > 0 && !strings.HasSuffix(r.URL.Path, "/invocations") {
		if err := json.Unmarshal(body, &in); err != nil {
			panic(err)
		}
	}
	path := r.URL.Path
	if strings.HasPrefix(path, "/20") {
		_, path, _ = strings.Cut(path[1:], "/")
	}
	call := r.Method + " " + path
	l.calls = append(l.calls, call)
	status := http.StatusOK
	var out any
	fail := func(code int, kind, message string) {
		status, out = code, map[string]string{"Type": "User", "Message": message}
		w.Header().Set("X-Amzn-Errortype", kind)
	}
	switch {
	case call == "GET functions/":
		out = map[string]any{"Functions": []any{l.configuration("$LATEST")}}
	case call == "GET functions/svc/aliases":
		aliases := []any{map[string]string{"Name": "other", "FunctionVersion": "9"}}
		for name, version := range l.alias {
			aliases = append(aliases, map[string]string{"Name": name, "FunctionVersion": version})
		}
		out = map[string]any{"Aliases": aliases}
	case call == "GET functions/svc":
		out = map[string]any{"Configuration": l.configuration("$LATEST"), "Code": map[string]string{"Location": l.URL + "/code.zip"}}
	case call == "GET functions/svc/configuration":
		version := "$LATEST"
		if q := r.URL.Query().Get("Qualifier"); q != "" {
			version = q
		}
		out = l.configuration(version)
	case call == "PUT functions/svc/code":
		l.code, l.arch = in.ZipFile, in.Architectures[0]
		if in.S3Bucket != "" {
			l.code = l.objects["/"+in.S3Bucket+"/"+in.S3Key]
		}
		out = l.configuration("$LATEST")
	case call == "POST functions/svc/versions":
		if in.CodeSha256 != digestOf(l.code) {
			fail(http.StatusBadRequest, "InvalidParameterValueException", "CodeSHA256 ("+in.CodeSha256+") is different from current CodeSHA256")
			break
		}
		version := fmt.Sprint(len(l.versions) + 1)
		l.versions[version] = in.CodeSha256
		status, out = http.StatusCreated, l.configuration(version)
	case call == "POST functions/svc/invocations":
		l.events = append(l.events, string(body))
		if l.broken(r.URL.Query().Get("Qualifier")) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		out = map[string]string{"errorMessage": "an answer"}
	case call == "POST functions/svc/aliases":
		l.alias[in.Name] = in.FunctionVersion
		status, out = http.StatusCreated, in
	case strings.HasPrefix(call, "PUT functions/svc/aliases/"):
		l.alias[strings.TrimPrefix(path, "functions/svc/aliases/")] = in.FunctionVersion
		out = in
	case call == "GET /code.zip":
		_, _ = w.Write(l.code)
		return
	case r.Method == http.MethodPut: // S3
		l.objects[path] = body
		w.Header().Set("ETag", `"x"`)
		return
	default:
		fail(http.StatusNotFound, "ResourceNotFoundException", "no "+call)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(out); err != nil {
		panic(err)
	}
}
