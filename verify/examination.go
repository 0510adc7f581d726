package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
)

// An examination goes through one zip and collects findings. The policy decides what
// they mean.
type examination struct {
	ctx     context.Context
	file    io.ReaderAt
	size    int64
	options Options
	stream  *zipscan.Stream

	archive  *zipscan.Archive
	layers   layers
	names    names
	targets  map[string]string // of symbolic links
	boot     int               // the entry that Lambda starts; -1: none
	arch     project.Arch      // of the first program; "" if there is none
	findings findings
	stages   [stages]struct {
		done bool
		why  string // why it was not
	}
	facts []Fact
}

type finding struct{ file, detail string }

// findings are what checks found, by id.
type findings map[string][]finding

// maxFindings is how many findings of one check are listed.
const maxFindings = 20

func (all findings) add(id string, f finding) {
	switch list := all[id]; {
	case len(list) < maxFindings:
		all[id] = append(list, f)
	case len(list) == maxFindings:
		all[id] = append(list, finding{"", "and more of the same, not listed"})
	}
}

// find notes a finding of a check; file is empty for the zip itself.
func (x *examination) find(id, file, format string, args ...any) {
	f := finding{file, fmt.Sprintf(format, args...)}
	if !slices.Contains(x.findings[id], f) { // the header and the directory may have the same fault
		x.findings.add(id, f)
	}
}

// found reports whether a check has a finding in a file.
func (x *examination) found(id, file string) bool {
	return slices.ContainsFunc(x.findings[id], func(f finding) bool { return f.file == file })
}

func (x *examination) done(s stage) { x.stages[s].done = true }

// skip sets the reason why stages are not reached, unless they already have one.
func (x *examination) skip(why string, s ...stage) {
	for _, s := range s {
		if x.stages[s].why == "" {
			x.stages[s].why = why
		}
	}
}

// skipped returns why a check without findings was not run; "" if it was run.
func (x *examination) skipped(c Check) string {
	if s := x.stages[c.needs]; !s.done {
		return s.why
	}
	return ""
}

func (x *examination) fact(name, format string, args ...any) {
	if len(x.facts) < 40 {
		x.facts = append(x.facts, Fact{name, fmt.Sprintf(format, args...)})
	}
}

func (x *examination) kind() Kind { return cmp.Or(x.options.Kind, KindFunction) }

// run goes through the layers. Its error is the file's or the context's.
func (x *examination) run() error {
	x.skip("starting the function is left to the emulator", stageBoot)
	if b := x.options.Budget; b.Zip == 0 && b.Unzipped == 0 {
		x.skip("the function has no budget in bootzip.yaml", stageBudget)
	}
	if x.options.Runtime == project.AL2 {
		x.find(idRuntimeEnded, "", "provided.al2: %s", endOfAL2)
	}
	if x.size > maxUpload {
		x.find(idUpload, "", "the zip has %d bytes", x.size)
	}
	a, err := zipscan.Open(x.ctx, x.file, x.size)
	if err != nil {
		return err
	}
	x.archive = a
	x.structure()
	if a.Reached >= zipscan.ReachedDirectory {
		if err := x.layout(); err != nil {
			return err
		}
		if err := x.content(); err != nil {
			return err
		}
	}
	x.extensions()
	for s := range stages {
		x.skip("the zip cannot be read so far", s)
	}
	return nil
}

// structure adds the faults that the reader found.
func (x *examination) structure() {
	a := x.archive
	for _, f := range a.Faults {
		x.find(f.Kind, x.name(f.Entry), "%s", f.Detail)
	}
	for _, s := range []stage{stageEnd, stageDirectory, stageEntries}[:a.Reached] { // a stage for each part
		x.done(s)
	}
	if a.Reached >= zipscan.ReachedDirectory {
		x.fact("entries", "%d", len(a.Entries))
	}
	if a.Comment > 0 {
		x.fact("zip comment", "%d bytes", a.Comment)
	}
}

// name returns the name of an entry for a finding; "" for -1, the zip itself.
func (x *examination) name(entry int) string {
	if entry < 0 {
		return ""
	}
	if n := x.archive.Entries[entry].Name; n != "" {
		return n
	}
	return fmt.Sprintf("entry %d", entry+1)
}

// content decompresses every entry once, in the order of the file, and examines programs.
// It stops at Lambda's limit: a zip that exceeds it has already failed.
func (x *examination) content() error {
	a := x.archive
	p := newPrograms(x)
	if a.Reached < zipscan.ReachedEntries {
		return nil
	}
	whole, small := true, true
	total := int64(0)
	for _, i := range a.Order() {
		e := &a.Entries[i]
		if err := x.ctx.Err(); err != nil {
			return err
		}
		if total += e.Size; total > maxUnzipped {
			x.skip("the files are larger than Lambda allows; only the first of them were decompressed", stageContent)
			whole, small = false, false
			break
		}
		if !a.Readable(e) {
			x.skip("an entry cannot be decompressed", stageContent)
			whole = false
			continue
		}
		err := p.read(i, p.role(i), started{certain: true})
		var f *zipscan.Fault
		switch {
		case errors.As(err, &f):
			x.find(f.Kind, x.name(i), "%s", f.Detail)
		case err != nil:
			return err
		}
	}
	if whole {
		x.done(stageContent)
	}
	return p.finish(small)
}

// budget compares sizes with the function's budget. Layers do not count: they have budgets
// of their own.
func (x *examination) budget(unzipped int64) {
	b := x.options.Budget
	if b.Zip == 0 && b.Unzipped == 0 {
		return
	}
	if b.Zip > 0 && x.size > b.Zip {
		x.find(idBudget, "", "the zip has %d bytes, %d more than its budget of %d", x.size, x.size-b.Zip, b.Zip)
	}
	if b.Unzipped > 0 && unzipped > b.Unzipped {
		x.find(idBudget, "", "the files have %d bytes, %d more than their budget of %d", unzipped, unzipped-b.Unzipped, b.Unzipped)
	}
	x.done(stageBudget)
}
