package test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/bootzip/bootzip/internal/store"
)

// The shared cache in a third-party store with S3's API.
func TestStoreInS3(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("cache"); err != nil {
		t.Fatal(err)
	}
	var signed atomic.Int32
	fake := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			signed.Add(1)
		} else if r.Method != http.MethodGet {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	open := func(c store.Config) *store.Store {
		t.Helper()
		s, err := store.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	ctx, key, to := t.Context(), strings.Repeat("0a", 32), filepath.Join(t.TempDir(), "to")
	writer := open(store.Config{Address: "s3://cache/below/here", Write: true, Tool: "v1"})
	if writer.Fetch(ctx, key, to) || writer.Summary() != "0 found, 1 not there" {
		t.Fatalf("an empty store has it: %s", writer.Summary())
	}
	writer.Keep(ctx, key, file("program"))
	if n := signed.Load(); n != 3 {
		t.Errorf("%d requests were signed: %s", n, writer.Summary())
	}
	reader := open(store.Config{Address: "s3://cache/below/here/", Anonymous: true})
	if !reader.Fetch(ctx, key, to) {
		t.Fatal(reader.Summary())
	}
	if text, err := os.ReadFile(to); string(text) != "program" || err != nil {
		t.Errorf("%q (%v)", text, err)
	}
	open(store.Config{Address: "s3://cache/below/here", Write: true, Tool: "v2"}).Keep(ctx, key, file("other"))
	if r, ok := reader.Record(ctx, key); !ok || r.Tool != "v1" {
		t.Errorf("the record was written twice: %+v (%s)", r, writer.Summary())
	}
	reader = open(store.Config{Address: "s3://cache/below/here", Anonymous: true, Write: true})
	reader.Keep(ctx, key, file("third"))
	if c := reader.Counts(); c != (store.Counts{Faults: 1}) || !strings.Contains(reader.Summary(), "Forbidden") {
		t.Errorf("without credentials: %+v %s", c, reader.Summary())
	}
	for range 2 {
		if err := writer.Drop(ctx, key); err != nil {
			t.Error(err)
		}
	}
	if _, ok := writer.Record(ctx, key); ok {
		t.Error("it is there still")
	}
	nowhere := open(store.Config{Address: "s3://elsewhere"})
	if nowhere.Fetch(ctx, key, filepath.Join(t.TempDir(), "to")) || nowhere.Counts() != (store.Counts{Faults: 1}) || !strings.Contains(nowhere.Summary(), "NoSuchBucket") {
		t.Errorf("no bucket: %s", nowhere.Summary())
	}
	for address, why := range map[string]string{"s3://": "neither", "s3://cache?region=x": "is not s3://BUCKET/PREFIX"} {
		if _, err := store.Open(store.Config{Address: address}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", address, err)
		}
	}
	t.Setenv("AWS_REGION", "")
	if _, err := store.Open(store.Config{Address: "s3://cache"}); err == nil || !strings.Contains(err.Error(), "region") {
		t.Error(err)
	}
}
