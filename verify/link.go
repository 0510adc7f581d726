package verify

import (
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/internal/zipscan"
)

const (
	maxLink    = 4096   // bytes of a link's target (Linux, PATH_MAX)
	maxLinks   = 10_000 // how many links are read
	maxFollows = 40     // how many links Linux follows for one path (path_resolution(7))
)

// links reads the symbolic links of the zip, and checks their targets. Its error is the
// file's or the context's.
func (x *examination) links() error {
	x.targets = map[string]string{}
	var list []int
	for i := range x.archive.Entries {
		e := &x.archive.Entries[i]
		if !isLink(e) {
			continue
		}
		if len(list) == maxLinks {
			x.find(idLinkTarget, "", "there are more than %d links; not all were looked at", maxLinks)
			break
		}
		target, err := x.readLink(e)
		if err != nil {
			return err
		}
		x.targets[plain(e.Name)] = target
		list = append(list, i)
	}
	for _, i := range list {
		e := &x.archive.Entries[i]
		target, why := x.resolve(plain(e.Name))
		switch {
		case why == "" && !x.exists(target):
			why = "it leads to " + strconv.Quote(target) + ", which is not in the zip"
		case why == "":
			x.find(idSymlink, x.name(i), "it is a symbolic link to %q", x.targets[plain(e.Name)])
			continue
		case why == outside:
			x.find(idSymlink, x.name(i), "it is a symbolic link to %q, outside the zip", x.targets[plain(e.Name)])
			continue
		}
		if plain(e.Name) == "bootstrap" && x.kind() == KindFunction {
			continue // the check for an ordinary bootstrap reports it
		}
		x.find(idLinkTarget, x.name(i), "%s", why)
	}
	return nil
}

func isLink(e *zipscan.Entry) bool { return e.External>>16&typeMask == typeLink }

// readLink returns the target of a link, "" if it cannot be read.
func (x *examination) readLink(e *zipscan.Entry) (string, error) {
	if !x.archive.Readable(e) || e.Size > maxLink {
		return "", nil
	}
	var target strings.Builder
	x.stream.Open(x.ctx, x.archive, e)
	_, err := x.stream.WriteTo(&target)
	var damaged *zipscan.Fault
	if errors.As(err, &damaged) {
		return "", nil // reported when the contents are read
	}
	return target.String(), err
}

// outside is resolve's reason for a link whose absolute target is not in the zip: /tmp, a
// layer, a device.
const outside = "it leads out of the zip"

// resolve follows the links in a name, including those of its directories. It returns the
// name that they lead to, or why they lead nowhere.
func (x *examination) resolve(name string) (resolved, why string) {
	follows := 0
	done, rest := "", name
	for rest != "" {
		var first string
		first, rest, _ = strings.Cut(rest, "/")
		switch first {
		case "", ".":
			continue
		case "..":
			if done == "" {
				return "", "it leaves the zip"
			}
			if done = path.Dir(done); done == "." {
				done = ""
			}
			continue
		}
		at := path.Join(done, first)
		target, link := x.targets[at]
		switch {
		case !link:
			done = at
			continue
		case target == "":
			return "", "its target cannot be read, or is empty or too long"
		}
		if follows++; follows > maxFollows {
			return "", "it leads in a circle"
		}
		if path.IsAbs(target) {
			below, ok := strings.CutPrefix(target+"/", x.root()+"/")
			if !ok {
				return "", outside
			}
			done, target = "", below
		}
		if rest = target + "/" + rest; len(rest) > 2*maxLink {
			return "", "it leads in a circle"
		}
	}
	return done, ""
}

// entry returns the ordinary file that has a name, or to which the links in the
// name lead.
func (x *examination) entry(name string) (i int, ok bool) {
	if len(x.targets) > 0 {
		resolved, why := x.resolve(name)
		if why != "" {
			return 0, false
		}
		name = resolved
	}
	return x.names.file(name)
}

// exists reports whether there is a file or a directory with a name; "", the root,
// exists.
func (x *examination) exists(name string) bool {
	_, _, found := x.names.named(name)
	return found || name == "" || x.names.above(name)
}
