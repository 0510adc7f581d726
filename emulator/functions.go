package emulator

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bootzip/bootzip/emulator/event"
)

// maxListed is how many functions a page of ListFunctions has (AWS Lambda API
// reference, ListFunctions).
const maxListed = 50

// configuration describes a function, as far as the emulator knows it (AWS Lambda API
// reference, FunctionConfiguration). Its environment omits the caller's credentials.
func (f *Function) configuration() map[string]any {
	arch := string(cmp.Or(f.program.arch, machine()))
	if arch == "amd64" {
		arch = "x86_64"
	}
	variables := map[string]string{}
	for _, pair := range f.config.Environment {
		if key, value, ok := strings.Cut(pair, "="); ok && !strings.HasPrefix(key, "AWS_") {
			variables[key] = value
		}
	}
	kind, snapshots, format := "Zip", "None", "Text"
	if f.config.Root != nil {
		kind = "Image"
	}
	if f.config.SnapStart {
		snapshots = "PublishedVersions"
	}
	if f.json {
		format = "JSON"
	}
	partition, _ := event.Partition(f.config.Region)
	document := map[string]any{
		"FunctionName": f.config.Name, "FunctionArn": f.arn(""), "Runtime": "provided.al2023", "Handler": f.config.Handler, "Description": "",
		"CodeSize": f.code.size, "CodeSha256": f.code.sha256, "RevisionId": f.code.revision,
		"Timeout": int(f.config.Timeout / time.Second), "MemorySize": f.config.Memory, "EphemeralStorage": map[string]any{"Size": f.config.TempSize >> 20},
		"Version": latest, "PackageType": kind, "Architectures": []string{arch}, "Environment": map[string]any{"Variables": variables},
		"State": "Active", "LastUpdateStatus": "Successful", "LastModified": f.code.loaded.UTC().Format("2006-01-02T15:04:05.000+0000"),
		"Role": "arn:" + partition + ":iam::" + f.config.Account + ":role/lambda-role", "TracingConfig": map[string]string{"Mode": "PassThrough"},
		"SnapStart":     map[string]string{"ApplyOn": snapshots, "OptimizationStatus": "Off"},
		"LoggingConfig": map[string]string{"LogFormat": format, "LogGroup": "/aws/lambda/" + f.config.Name},
	}
	if f.config.Root != nil { // of an image, it has neither
		delete(document, "Runtime")
		delete(document, "Handler")
	}
	return document
}

func (s *Server) getFunction(w http.ResponseWriter, r *http.Request) {
	f, _, _, failure := s.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if failure != nil {
		failure.write(w)
		return
	}
	document := f.configuration()
	if !strings.HasSuffix(r.URL.Path, "/configuration") {
		code := map[string]string{"RepositoryType": "ECR"}
		if f.config.Root == nil {
			path, _ := filepath.Abs(f.config.Zip)
			code = map[string]string{"RepositoryType": "S3", "Location": "file://" + filepath.ToSlash(path)}
		}
		document = map[string]any{"Configuration": document, "Code": code}
	}
	writeJSON(w, http.StatusOK, document)
}

// listFunctions lists functions by their names, in pages. A marker is the name
// of the last function of a page.
func (s *Server) listFunctions(w http.ResponseWriter, r *http.Request) {
	names, limit := s.names(), maxListed
	query := r.URL.Query()
	if text := query.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 10000 {
			invalidParameter("MaxItems", text, "a number from 1 to 10000").write(w)
			return
		}
		limit = min(n, maxListed)
	}
	if marker := query.Get("Marker"); marker != "" {
		last, err := base64.URLEncoding.DecodeString(marker)
		if err != nil {
			invalidParameter("Marker", marker, "that of a page before").write(w)
			return
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name <= string(last) })
	}
	page := map[string]any{}
	if len(names) > limit {
		names = names[:limit]
		page["NextMarker"] = base64.URLEncoding.EncodeToString([]byte(names[limit-1]))
	}
	all := []map[string]any{}
	for _, name := range names {
		if f := s.function(name); f != nil {
			all = append(all, f.configuration())
		}
	}
	page["Functions"] = all
	writeJSON(w, http.StatusOK, page)
}

func invalidParameter(name, value, want string) *apiError {
	return badRequest("InvalidParameterValueException", fmt.Sprintf("invalid %s %q: give %s", name, value, want))
}

// index lists the addresses, for users who open the server in a browser.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	base := "http://" + r.Host
	for _, name := range s.names() {
		fmt.Fprintf(w, "%s\n", name)
		for _, t := range s.triggers {
			address := base + "/" + t.prefix + "/" + name + "/"
			if t.stage != "" {
				address += t.stage + "/"
			}
			fmt.Fprintf(w, "  %-60s %s\n", address, t.about)
		}
		fmt.Fprintln(w)
	}
	s.mu.Lock()
	routes := s.routes
	s.mu.Unlock()
	for _, one := range routes {
		fmt.Fprintf(w, "%-62s %s\n", one.Key(), one.Function)
	}
	if len(routes) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "Lambda's own API, for the AWS CLI and SDKs:\n  aws lambda list-functions --endpoint-url %s\n", base)
}
