package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/bootzip/bootzip/internal/hint"
)

// A bucket is a backend in S3, or in a store with S3's API.
type bucket struct {
	client       *s3.Client
	name, prefix string
}

// newBucket takes s3://BUCKET/PREFIX. The AWS SDK finds the region, the credentials and a
// different endpoint, for example from AWS_REGION and AWS_ENDPOINT_URL_S3. With anonymous,
// no credentials are sent.
func newBucket(u *url.URL, anonymous bool) (*bucket, error) {
	if u.User != nil || u.RawQuery != "" || u.Port() != "" {
		return nil, hint.New("region, credentials and endpoint are those of the AWS SDK: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3", "cache %s is not s3://BUCKET/PREFIX", u.Redacted())
	}
	client := awshttp.NewBuildableClient().WithTransportOptions(limit).WithTimeout(requestLimit)
	// LoadDefaultConfig reads local files only, so it needs no deadline.
	settings, err := config.LoadDefaultConfig(context.Background(), config.WithHTTPClient(client), config.WithRetryMaxAttempts(2))
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", u, err)
	}
	if settings.Region == "" {
		return nil, hint.New("set AWS_REGION", "cache %s: the region of the bucket is not known", u)
	}
	if anonymous {
		settings.Credentials = aws.AnonymousCredentials{}
	}
	// The store compares digests itself, and other implementations lack S3's checksums.
	settings.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	settings.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	api := s3.NewFromConfig(settings, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // with another endpoint, BUCKET.HOST need not resolve
	})
	return &bucket{api, u.Host, strings.Trim(u.Path, "/")}, nil
}

func (b *bucket) key(name string) *string {
	return aws.String(strings.TrimPrefix(b.prefix+"/"+name, "/"))
}

// s3Error shortens an error of the SDK, and drops the parts that differ for each request.
func s3Error(err error) error {
	var answer *awshttp.ResponseError
	var failed *url.Error
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.HTTPStatusCode() == 404 && !isCode(err, "NoSuchBucket"):
		return errAbsent
	case errors.As(err, &api):
		return fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	case errors.As(err, &answer):
		return fmt.Errorf("status %s", answer.Response.Status)
	case errors.As(err, &failed):
		return failed.Err
	}
	return err
}

func isCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

func (b *bucket) get(ctx context.Context, name string, limit int64, w io.Writer) error {
	got, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: b.key(name)})
	if err != nil {
		return s3Error(err)
	}
	defer got.Body.Close()
	return copyAtMost(w, got.Body, limit)
}

func (b *bucket) put(ctx context.Context, name string, file io.ReadSeeker, size int64) error {
	in := &s3.PutObjectInput{Bucket: &b.name, Key: b.key(name), Body: file, ContentLength: &size}
	if strings.HasPrefix(name, "ac/") {
		// S3 User Guide, "How to prevent object overwrites with conditional writes".
		in.IfNoneMatch = aws.String("*")
	}
	_, err := b.client.PutObject(ctx, in)
	if isCode(err, "PreconditionFailed", "ConditionalRequestConflict") {
		return nil
	}
	return s3Error(err)
}

func (b *bucket) remove(ctx context.Context, name string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: b.key(name)})
	if err = s3Error(err); errors.Is(err, errAbsent) {
		return nil
	}
	return err
}
