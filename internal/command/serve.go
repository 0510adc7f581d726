package command

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/emulator/console"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

// serveTime is how long a stop waits for invocations that are running, and for their clients.
const serveTime = 2 * time.Second

func (a *app) serveCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var e emulation
	var address string
	var hosts, origins, zips, images []string
	var binary []string
	var events, buffered bool
	c := &cobra.Command{
		Use:        "serve [DIR...]",
		Short:      "Keep all functions running behind HTTP and the Invoke API",
		SuggestFor: []string{"start"},
		Long: `Serve keeps all functions running behind HTTP: function URLs, API Gateway, a load
balancer and Lambda's Invoke API. Each handler in bootzip.yaml is a separate function:
the first has the name of the function, any other is FUNCTION-HANDLER. When a file of
the project changes, it builds again, and replaces the functions whose zip changed; if
the build fails, it shows why, and the old ones keep running. With DIR or --zip it
serves zips made by any tool, named after their files, and builds nothing. DIR stands
for all zips directly in it, including those that appear later. --image serves images.

It prints the address of its console, a page that shows the functions and their events,
and sends events.`,
		Example: "  bootzip serve --address=127.0.0.1:8080 --env=TABLE=orders\n  bootzip serve --zip=build/thing.zip --cors=http://localhost:5173\n  bootzip serve build/zips",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, dirs []string) error {
			given := zipSet{files: zips, dirs: dirs}
			if len(images) > 0 {
				dir, err := tempdir.New("", "bootzip-image")
				if err != nil {
					return err
				}
				defer dir.Remove()
				given.images = map[string]pipeline.ImageCode{}
				for i, image := range images {
					name := imageName(image)
					if _, twice := given.images[name]; twice {
						return misuse(hint.New("rename one of them", "two images would both be the function %q", name))
					}
					unpacked := filepath.Join(dir.Path, strconv.Itoa(i))
					if err := os.Mkdir(unpacked, 0o755); err != nil {
						return err
					}
					if given.images[name], err = codeOfImage(c.Context(), image, unpacked); err != nil {
						return err
					}
				}
			}
			if given.empty() {
				if err := s.read(); err != nil {
					return err
				}
				// Any other error in the project may be corrected while it serves.
				if _, err := project.Load("."); errors.Is(err, project.ErrNoProject) {
					return misuse(err)
				}
			}
			if err := e.check(); err != nil {
				return err
			}
			if err := given.check(); err != nil {
				return misuse(err)
			}
			if err := checkOrigins(origins); err != nil {
				return misuse(err)
			}
			if e.Concurrency < 1 {
				return misuse(errors.New("--concurrency takes a positive number"))
			}
			listener, err := net.Listen("tcp", address)
			if err != nil {
				return misuse(hint.Wrap(err, "choose another place with --address=127.0.0.1:PORT"))
			}
			if at, ok := listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
				note("listening on %s: anyone who can reach this address can invoke the functions, with the credentials that they have", at)
			}
			config := emulator.ServerConfig{
				Region: os.Getenv("AWS_REGION"), Hosts: hosts, Origins: origins, BinaryTypes: binary, Buffered: buffered,
				Dropped: func(function, id, reason string) {
					note("%s: asynchronous event %s failed for good: %s", function, id, reason)
				},
				Refused: func(function, id, reason string) {
					note("%s: the answer to event %s: %s", function, id, reason)
				},
			}
			if events {
				config.Event = func(function string, event []byte) { note("%s: event %s", function, event) }
			}
			s.Known = new(build.Known)
			page := console.New(rand.Text(), "events")
			config.Observe, config.Console = page.Observe, page
			v := &service{console: page, app: a, settings: s, zips: given, server: emulator.NewServer(config), base: "http://" + reachable(listener.Addr().String()), configure: e.config, running: map[string]string{}}
			page.Attach(v.server)
			return v.run(c.Context(), listener)
		},
	}
	f := c.Flags()
	f.StringVar(&address, "address", "127.0.0.1:9000", "address to listen on")
	f.StringArrayVar(&hosts, "host", nil, "accept requests for host `NAME` as well as localhost; may be repeated")
	f.StringArrayVar(&origins, "cors", nil, `allow pages of `+"`ORIGIN`"+`, such as http://localhost:5173, or "*", to call functions; may be repeated`)
	f.StringArrayVar(&zips, "zip", nil, "serve `FILE.zip`, made by any tool, and build nothing; may be repeated")
	f.StringArrayVar(&images, "image", nil, "serve an image, an archive or a directory, without reloading it, and build nothing; may be repeated")
	f.StringSliceVar(&binary, "binary-media-types", nil, "binary media `TYPES` of REST APIs, separated by commas: image/*,application/pdf or */*")
	f.BoolVar(&buffered, "buffered", false, "collect what function URLs and REST APIs would stream, as Lambda does by default")
	f.IntVar(&e.Concurrency, "concurrency", 10, "at most this many `INSTANCES` of a function")
	f.BoolVar(&events, "events", false, "print the event made from each HTTP request")
	e.flags(c)
	s.flags(c, "engine")
	return c
}

// reachable returns an address at which this machine reaches a listener, and which the server
// accepts.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// checkOrigins refuses origins that no browser sends.
func checkOrigins(origins []string) error {
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || origin != strings.ToLower(u.Scheme+"://"+u.Host) || u.Host == "") {
			return hint.Wrap(fmt.Errorf("invalid origin %q", origin), `write --cors=http://HOST:PORT, without a path, or --cors="*"`)
		}
	}
	return nil
}
