// Command thumbnail writes a small JPEG for each picture that is put into an S3 bucket. Its
// variable THUMBNAIL_BUCKET names the bucket for the JPEGs. That must not be the bucket with
// the pictures, or the function would call itself.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/typed"
)

func main() {
	s := &shrinker{}
	runtime.Init(func(ctx context.Context) error {
		if s.to = os.Getenv("THUMBNAIL_BUCKET"); s.to == "" {
			return errors.New("THUMBNAIL_BUCKET is not set")
		}
		c, err := config.LoadDefaultConfig(ctx)
		// Put the bucket's name into the path: a local server has no host name for each
		// bucket.
		s.client = s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL_S3") != "" })
		return err
	})
	typed.Handle("", s.run)
	runtime.Start()
}
