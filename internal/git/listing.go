package git

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A file is one line of git ls-tree.
type file struct{ mode, name string }

// The modes of a git tree that matter here (git fast-import, "filemodify").
const (
	modeDirectory = "040000"
	modeLink      = "120000"
	modeSubmodule = "160000"
)

// A listing reads the output of `git ls-tree -r -t -l -z`, and stops it at a
// limit: a few small trees can name each other so that they have more files
// than any disk. A Write fails at a limit, and on unexpected output.
type listing struct {
	commit string
	limits Limits

	files      []file
	submodules []string
	bytes      int64 // of all files

	entries, names int // how many, and the bytes of their names
	rest           []byte
	err            error
}

func (l *listing) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for l.err == nil {
		line, rest, complete := bytes.Cut(l.rest, []byte{0})
		if !complete {
			break
		}
		l.err = l.add(string(line))
		l.rest = rest
	}
	return len(p), l.err
}

// add parses a line: "<mode> <type> <name> <size>\t<path>".
func (l *listing) add(line string) error {
	about, name, ok := strings.Cut(line, "\t")
	words := strings.Fields(about)
	if !ok || len(words) != 4 {
		return fmt.Errorf("unexpected output %q of git ls-tree", line)
	}
	l.entries++
	l.names += len(name)
	switch depth := strings.Count(name, "/"); {
	case l.limits.Files > 0 && l.entries > l.limits.Files:
		return refuse(l.commit, "it has more files and directories than the limit of %d", l.limits.Files)
	case l.limits.Files > 0 && l.names > maxNameBytes:
		return refuse(l.commit, "the names of its files are over the limit of %d bytes", maxNameBytes)
	case l.limits.Depth > 0 && depth > l.limits.Depth:
		return refuse(l.commit, "%.100q… is below %d directories, over the limit of %d", name, depth, l.limits.Depth)
	}
	switch words[0] {
	case modeDirectory:
		return nil
	case modeSubmodule:
		l.submodules = append(l.submodules, name)
		return nil
	}
	size, err := strconv.ParseInt(words[3], 10, 64)
	if err != nil {
		return fmt.Errorf("unexpected output %q of git ls-tree", line)
	}
	l.files = append(l.files, file{words[0], name})
	return l.grow(name, size)
}

// grow counts size bytes of the file name.
func (l *listing) grow(name string, size int64) error {
	l.bytes += size
	switch {
	case l.limits.FileBytes > 0 && size > l.limits.FileBytes:
		return refuse(l.commit, "file %q has %d bytes, over the limit of %d", name, size, l.limits.FileBytes)
	case l.limits.Bytes > 0 && l.bytes > l.limits.Bytes:
		return refuse(l.commit, "its files are over the limit of %d bytes", l.limits.Bytes)
	}
	return nil
}
