package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

const viewerToken = "bench"

// openPage asks for what the console's page asks for, until stop is called: it hears of changes, and
// reads the newest events then, as often as the page does.
func openPage(address string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	get := func(path string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, "GET", "http://"+address+"/_bootzip/"+path, nil)
		if err != nil {
			return nil, err
		}
		r.AddCookie(&http.Cookie{Name: "bootzip-console", Value: viewerToken})
		return http.DefaultClient.Do(r)
	}
	go func() {
		defer close(ended)
		changes, err := get("changes")
		for ; err != nil && ctx.Err() == nil; changes, err = get("changes") {
			time.Sleep(20 * time.Millisecond) // it is not there yet
		}
		if err != nil {
			return
		}
		defer changes.Body.Close()
		for lines := bufio.NewScanner(changes.Body); lines.Scan(); {
			if !strings.HasPrefix(lines.Text(), "data: ") {
				continue
			}
			list, err := get("invocations")
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, list.Body)
			list.Body.Close()
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
