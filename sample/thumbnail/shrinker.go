package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // pictures that are read
	"image/jpeg"
	_ "image/png"
	"io"
	"log"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/image/draw"
)

const (
	side      = 256      // pixels of the longer side
	maxBytes  = 20 << 20 // of a picture
	maxPixels = 40e6     // 160 MB in memory
	quality   = 82
)

// An event is what S3 sends (Amazon S3 user guide, "Event message structure").
type event struct {
	Records []struct {
		S3 struct {
			Bucket struct {
				Name string `json:"name"`
			} `json:"bucket"`
			Object struct {
				Key  string `json:"key"` // encoded as in a query
				Size int64  `json:"size"`
			} `json:"object"`
		} `json:"s3"`
	}
}

// A result counts what was done.
type result struct {
	Written int `json:"written"`
	Left    int `json:"left"` // objects that are not pictures, too large, or gone
}

// A shrinker makes small pictures.
type shrinker struct {
	client *s3.Client
	to     string // bucket
}

// errLeft is wrapped by errors that another try would not change. Such an object is left
// out, and does not come again.
var errLeft = errors.New("left out")

// run writes the small pictures of an event. After an error, Lambda sends the event again;
// writing a picture twice changes nothing.
func (s *shrinker) run(ctx context.Context, e event) (got result, err error) {
	var failed []error
	for _, r := range e.Records {
		o := r.S3.Object
		key, err := url.QueryUnescape(o.Key)
		if err == nil {
			err = s.shrink(ctx, r.S3.Bucket.Name, key, o.Size)
		}
		switch {
		case err == nil:
			got.Written++
		case errors.Is(err, errLeft):
			log.Printf("%q: %v", key, err)
			got.Left++
		default:
			failed = append(failed, fmt.Errorf("%q of bucket %q: %w", key, r.S3.Bucket.Name, err))
		}
	}
	return got, errors.Join(failed...)
}

func (s *shrinker) shrink(ctx context.Context, bucket, key string, size int64) error {
	if bucket == s.to {
		return fmt.Errorf("%w: it is in the bucket of the small pictures", errLeft)
	}
	if size > maxBytes {
		return fmt.Errorf("%w: it has %d bytes, more than %d", errLeft, size, maxBytes)
	}
	o, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	var gone *types.NoSuchKey
	if errors.As(err, &gone) {
		return fmt.Errorf("%w: it is gone", errLeft)
	}
	if err != nil {
		return err
	}
	defer o.Body.Close()
	text, err := io.ReadAll(io.LimitReader(o.Body, maxBytes+1)) // it may be another object by now
	if err != nil {
		return err
	}
	small, err := thumbnail(text)
	if err != nil {
		return err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.to, Key: aws.String(strings.TrimPrefix(key, "/") + ".jpg"), Body: bytes.NewReader(small), ContentType: aws.String("image/jpeg"),
	})
	return err
}

// thumbnail returns a picture as a small JPEG. A picture that is already small keeps its
// size.
func thumbnail(text []byte) ([]byte, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%w: it has more than %d bytes", errLeft, maxBytes)
	}
	// Check the size before the pixels are decoded: a few bytes can claim many pixels.
	c, kind, err := image.DecodeConfig(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w: it is no picture: %v", errLeft, err)
	}
	if c.Width < 1 || c.Height < 1 || float64(c.Width)*float64(c.Height) > maxPixels {
		return nil, fmt.Errorf("%w: the %s has %d by %d pixels", errLeft, kind, c.Width, c.Height)
	}
	picture, _, err := image.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w: the %s is damaged: %v", errLeft, kind, err)
	}
	width, height := fit(c.Width, c.Height)
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src) // JPEG has no transparency
	draw.CatmullRom.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	var b bytes.Buffer
	err = jpeg.Encode(&b, small, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// fit returns the size of the small picture, with the same proportions.
func fit(width, height int) (int, int) {
	longer := max(width, height)
	if longer <= side {
		return width, height
	}
	return max(1, width*side/longer), max(1, height*side/longer)
}
