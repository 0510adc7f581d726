package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// A store keeps reports. A report replaces one with the same device and time.
type store interface {
	add(ctx context.Context, r report) error
	// last returns the newest report of each device, by the devices' names.
	last(ctx context.Context) ([]report, error)
	// track returns the reports of a device since a time, oldest first, at most maxTrack.
	track(ctx context.Context, device string, since time.Time) ([]report, error)
}

// maxTrack is how many reports of a device are shown: the newest.
const maxTrack = 5000

// A fileStore keeps reports as lines of JSON, for use on one machine.
type fileStore struct {
	name string
	mu   sync.Mutex
}

func (f *fileStore) add(_ context.Context, r report) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n')) // one call, so the line is there completely or not at all
	return errors.Join(err, file.Close())
}

// all returns the reports of all devices, or of one, oldest first.
func (f *fileStore) all(device string) ([]report, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.Open(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	type key struct {
		device string
		time   int64
	}
	newest := map[key]report{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, err
		}
		if device == "" || r.Device == device {
			newest[key{r.Device, r.Time.Unix()}] = r
		}
	}
	var all []report
	for _, r := range newest {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b report) int { return a.Time.Compare(b.Time) })
	return all, lines.Err()
}

func (f *fileStore) last(context.Context) ([]report, error) {
	all, err := f.all("")
	newest := map[string]report{}
	for _, r := range all {
		newest[r.Device] = r
	}
	var list []report
	for _, r := range newest {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b report) int { return strings.Compare(a.Device, b.Device) })
	return list, err
}

func (f *fileStore) track(_ context.Context, device string, since time.Time) ([]report, error) {
	all, err := f.all(device)
	all = slices.DeleteFunc(all, func(r report) bool { return r.Time.Before(since) })
	return all[max(0, len(all)-maxTrack):], err
}
