package pipeline

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"

	"github.com/bootzip/bootzip/emulator"
	"github.com/bootzip/bootzip/internal/digest"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// reportForm is the version of what keys of reports are made of.
const reportForm = "bootzip report 1"

// recallReports takes from the store the reports of zips that were checked before: with the
// same bytes, settings, layers and version of bootzip, on a machine of the same kind. The store
// has only reports without findings, of functions that were started, or that no such machine
// can start; for the latter the boot check is a skip again.
func recallReports(ctx context.Context, r *run) error {
	// Variables of the command line may be secrets, and a key could be guessed.
	if r.check.Store == nil || !r.check.Boot || len(r.check.Environment) > 0 || r.check.Tool == "" || r.check.Machine == "" {
		return nil
	}
	for i := range r.zips {
		z := &r.zips[i]
		if z.Packed.SHA256 == "" || z.Target.Options.Kind == verify.KindLayer {
			continue // a layer is not started, and verifying it costs little
		}
		key, err := z.reportKey(r.check)
		if err != nil {
			continue // verify reports what cannot be read
		}
		z.key = key
		if text, ok := r.check.Store.Text(ctx, key); ok {
			if report, err := verify.Recall(text, z.Target, z.Packed.SHA256); err == nil {
				z.Report, z.recalled = report, true
			}
		}
	}
	return ctx.Err()
}

// keepReports puts the new reports into the store.
func keepReports(ctx context.Context, r *run) error {
	for _, z := range r.zips {
		if z.key == "" || z.recalled || !z.isolated && !z.foreign(r.check) || !r.check.Store.Write {
			continue
		}
		if text, ok := z.Report.Verdict(); ok {
			r.check.Store.KeepText(ctx, z.key, text)
		}
	}
	return nil
}

// foreign reports whether this kind of machine cannot start the program.
func (z *Zip) foreign(c CheckConfig) bool {
	program := string(z.Report.Program)
	return program != "" && program != runtime.GOARCH && c.Qemu == ""
}

// reportKey returns a key made of everything that decides the report.
func (z *Zip) reportKey(c CheckConfig) (string, error) {
	boot, err := z.bootConfig(c)
	if err != nil {
		return "", err
	}
	options := z.Target.Options
	var layers []string
	for _, name := range options.Layers {
		sum, _, err := digest.File(name)
		if err != nil {
			return "", err
		}
		layers = append(layers, sum)
	}
	options.Layers, boot.Layers, boot.Zip = nil, nil, ""
	options.Rules = slices.Clone(options.Rules)
	for i := range options.Rules {
		options.Rules[i].Pos = project.Position{}
	}
	inputs, err := json.Marshal(struct {
		Form, Tool, Machine, Zip string
		Options                  verify.Options
		Boot                     emulator.Config
		Layers                   []string
	}{reportForm, c.Tool, c.Machine, z.Packed.SHA256, options, boot, layers})
	if err != nil {
		return "", err
	}
	return store.Key(string(inputs)), nil
}
