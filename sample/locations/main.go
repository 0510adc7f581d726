// Command locations takes positions of phones from OwnTracks and shows them: the last
// positions on a map, tracks, batteries. It has two handlers: locations, and geocode, which
// names the place nearest to a position.
//
// Its variables: LOCATIONS_PASSWORD, which clients and viewers must send; LOCATIONS_TABLE, a
// DynamoDB table, or without it LOCATIONS_FILE, a file.
package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bootzip/bootzip/runtime"
	"github.com/bootzip/bootzip/runtime/nethttp"
	"github.com/bootzip/bootzip/sample/locations/geo"
)

func main() {
	s := &service{now: time.Now}
	nethttp.Handle("locations", s.handler())
	nethttp.Handle("geocode", s.geocoder())
	runtime.Init(s.init)
	nethttp.Start()
}

// init reads what both handlers need.
func (s *service) init(ctx context.Context) error {
	f, err := os.Open(filepath.Join(os.Getenv("LAMBDA_TASK_ROOT"), "places.tsv")) // an asset of the zip
	if err != nil {
		return err
	}
	defer f.Close()
	if s.places, err = geo.Read(f); err != nil {
		return err
	}
	if s.password = os.Getenv("LOCATIONS_PASSWORD"); s.password == "" {
		return errors.New("LOCATIONS_PASSWORD is not set: without it anyone could see where you are")
	}
	table := os.Getenv("LOCATIONS_TABLE")
	if table == "" {
		s.store = &fileStore{name: cmp.Or(os.Getenv("LOCATIONS_FILE"), "/tmp/locations.jsonl")}
		return nil
	}
	c, err := config.LoadDefaultConfig(ctx)
	s.store = &tableStore{client: dynamodb.NewFromConfig(c), table: table}
	return err
}
