package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/bootzip/bootzip/internal/zipscan"
	"github.com/bootzip/bootzip/project"
)

// An examination goes through one zip and collects findings. What they mean
// is the policy's affair.
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
	boot     int               // entry that Lambda starts; -1: none
	arch     project.Arch      // of the first program; "" if there is none
	findings map[string][]finding
	stages   [stages]struct {
		done bool
		why  string // it was not
	}
	facts []Fact
}

type finding struct{ file, detail string }

// maxFindings bounds what one check reports; more files with the same fault
// are counted only.
const maxFindings = 20

// find notes a finding of a check; file is empty for the zip itself.
func (x *examination) find(id, file, format string, args ...any) {
	list := x.findings[id]
	f := finding{file, fmt.Sprintf(format, args...)}
	switch {
	case slices.Contains(list, f): // in the local header and in the directory
	case len(list) < maxFindings:
		list = append(list, f)
	case len(list) == maxFindings:
		list = append(list, finding{"", "and more of the same, not listed"})
	}
	x.findings[id] = list
}

// found reports whether a check has a finding in a file.
func (x *examination) found(id, file string) bool {
	return slices.ContainsFunc(x.findings[id], func(f finding) bool { return f.file == file })
}

func (x *examination) done(s ...stage) {
	for _, s := range s {
		x.stages[s].done = true
	}
}

// skip gives the reason for which stages are not reached, unless they have
// one already.
func (x *examination) skip(why string, s ...stage) {
	for _, s := range s {
		if x.stages[s].why == "" {
			x.stages[s].why = why
		}
	}
}

func (x *examination) fact(name, format string, args ...any) {
	if len(x.facts) < 40 {
		x.facts = append(x.facts, Fact{name, fmt.Sprintf(format, args...)})
	}
}

func (x *examination) kind() Kind {
	if x.options.Kind == "" {
		return KindFunction
	}
	return x.options.Kind
}

// run goes through the layers. Its error is the file's or the context's.
func (x *examination) run() error {
	x.findings = map[string][]finding{}
	x.boot = -1
	x.skip(bootNotAsked, stageBoot)
	if b := x.options.Budget; b.Zip == 0 && b.Unzipped == 0 {
		x.skip("the function has no budget in bootzip.yaml", stageBudget)
	}
	x.support()
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
	const unread = "the zip cannot be read so far"
	for s := range stages {
		x.skip(unread, s)
	}
	return nil
}

// structure takes over what the reader found.
func (x *examination) structure() {
	a := x.archive
	for _, f := range a.Faults {
		x.find(f.Kind, x.name(f.Entry), "%s", f.Detail)
	}
	for reach, s := range map[zipscan.Reach]stage{
		zipscan.ReachedEnd:       stageEnd,
		zipscan.ReachedDirectory: stageDirectory,
		zipscan.ReachedEntries:   stageEntries,
	} {
		if a.Reached >= reach {
			x.done(s)
		}
	}
	if a.Reached >= zipscan.ReachedDirectory {
		x.fact("entries", "%d", len(a.Entries))
	}
	if a.Comment > 0 {
		x.fact("zip comment", "%d bytes", a.Comment)
	}
}

// name is the name of an entry for a finding.
func (x *examination) name(entry int) string {
	if entry < 0 || entry >= len(x.archive.Entries) {
		return ""
	}
	if n := x.archive.Entries[entry].Name; n != "" {
		return n
	}
	return fmt.Sprintf("entry %d", entry+1)
}

// content decompresses every entry once, in the order of the file, and looks
// into programs on the way. Lambda's limit bounds the work: a zip beyond it
// has failed already, and what is beyond is not looked at.
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

// bootNotAsked is why the boot check is skipped where nobody made it.
const bootNotAsked = "starting the function is left to the emulator"

// budget compares sizes with what the function may have. Layers are not counted: they have budgets of their own.
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

// support checks that AWS still supports the runtime.
func (x *examination) support() {
	if x.options.Runtime == project.AL2 {
		x.find(idRuntimeEnded, "", "provided.al2: %s", endOfAL2)
	}
}
