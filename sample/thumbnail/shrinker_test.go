package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// newShrinker returns a shrinker, and its server with the buckets pictures and small.
func newShrinker(t *testing.T) (*shrinker, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true, RetryMaxAttempts: 1, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})})
	for _, name := range []string{"pictures", "small"} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
	}
	return &shrinker{client: client, to: "small"}, server
}

func (s *shrinker) put(t *testing.T, key string, text []byte) {
	t.Helper()
	if _, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("pictures"), Key: &key, Body: bytes.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
}

// notification returns S3's event for an object.
func notification(t *testing.T, bucket, key string, size int) (e event) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"s3": map[string]any{"bucket": map[string]any{"name": bucket}, "object": map[string]any{"key": url.QueryEscape(key), "size": size}}}}})
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func picture(width, height int) image.Image {
	p := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Transparent, color.RGBA{200, 30, 30, 255}})
	for x := range width / 2 {
		for y := range height {
			p.SetColorIndex(x, y, 1)
		}
	}
	return p
}

func encode(t *testing.T, kind string, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	err := map[string]func() error{
		"png": func() error { return png.Encode(&b, p) }, "jpeg": func() error { return jpeg.Encode(&b, p, nil) }, "gif": func() error { return gif.Encode(&b, p, nil) },
	}[kind]()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPictures(t *testing.T) {
	s, _ := newShrinker(t)
	for _, c := range []struct {
		key, kind                    string
		width, height, small, higher int
	}{
		{"a b/ü+1.png", "png", 1000, 500, 256, 128}, {"tall.jpeg", "jpeg", 100, 800, 32, 256}, {"icon.gif", "gif", 16, 16, 16, 16}, {"line.png", "png", 3000, 1, 256, 1},
	} {
		text := encode(t, c.kind, picture(c.width, c.height))
		s.put(t, c.key, text)
		for range 2 { // S3 may send an event twice
			if got, err := s.run(t.Context(), notification(t, "pictures", c.key, len(text))); err != nil || got != (result{Written: 1}) {
				t.Fatalf("%s: %+v, %v", c.key, got, err)
			}
		}
		o, err := s.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("small"), Key: aws.String(c.key + ".jpg")})
		if err != nil {
			t.Fatal(err)
		}
		small, kind, err := image.Decode(o.Body)
		if err != nil || kind != "jpeg" || small.Bounds().Dx() != c.small || small.Bounds().Dy() != c.higher || aws.ToString(o.ContentType) != "image/jpeg" {
			t.Fatalf("%s: a %s of %v (%v)", c.key, kind, small.Bounds(), err)
		}
		if r, g, b, _ := small.At(small.Bounds().Dx()-1, 0).RGBA(); c.kind != "jpeg" && min(r, g, b) < 0xe000 {
			t.Errorf("%s: what is transparent is %x %x %x", c.key, r, g, b)
		}
	}
}

// Objects for which another try would not help are left out, and the others are done.
func TestLeft(t *testing.T) {
	s, _ := newShrinker(t)
	good := encode(t, "png", picture(300, 300))
	bomb := bytes.Clone(good)
	copy(bomb[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65,536 by 65,536, with a wrong checksum
	for key, text := range map[string][]byte{"text.png": []byte("not a picture"), "cut.png": good[:len(good)-30], "bomb.png": bomb, "empty.png": {}, "good.png": good} {
		s.put(t, key, text)
	}
	for _, key := range []string{"text.png", "cut.png", "bomb.png", "empty.png", "gone.png"} {
		if got, err := s.run(t.Context(), notification(t, "pictures", key, 100)); err != nil || got != (result{Left: 1}) {
			t.Errorf("%s: %+v, %v", key, got, err)
		}
	}
	if got, err := s.run(t.Context(), notification(t, "pictures", "good.png", maxBytes+1)); err != nil || got.Left != 1 {
		t.Errorf("too many bytes: %+v, %v", got, err)
	}
	if got, err := s.run(t.Context(), notification(t, "small", "good.png", 100)); err != nil || got.Left != 1 {
		t.Errorf("of the small pictures: %+v, %v", got, err)
	}
	e := notification(t, "pictures", "text.png", 100)
	e.Records = append(e.Records, notification(t, "pictures", "good.png", 100).Records...)
	if got, err := s.run(t.Context(), e); err != nil || got != (result{Written: 1, Left: 1}) {
		t.Errorf("two: %+v, %v", got, err)
	}
}

// A picture with too many pixels is refused before they are decoded.
func TestPixels(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, 10000, 5000), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	if _, err := thumbnail(b.Bytes()); !errors.Is(err, errLeft) || b.Len() > 100<<10 {
		t.Errorf("%d bytes: %v", b.Len(), err)
	}
}

// After an error of S3, the event comes again.
func TestFailure(t *testing.T) {
	s, server := newShrinker(t)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "<Error><Code>SlowDown</Code></Error>")
	})
	if got, err := s.run(t.Context(), notification(t, "pictures", "x.png", 1)); err == nil || got != (result{}) {
		t.Errorf("%+v, %v", got, err)
	}
}
