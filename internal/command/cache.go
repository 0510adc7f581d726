package command

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/diff"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/store"
	"github.com/bootzip/bootzip/internal/tempdir"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/project"
)

func (a *app) cacheCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "cache COMMAND",
		Short:   "Compare the shared cache with local builds",
		Example: "  bootzip cache audit --sample=5%",
	}
	c.AddCommand(a.auditCommand())
	return c
}

func (a *app) auditCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var sample string
	c := &cobra.Command{
		Use:   "audit",
		Short: "Build a share of the functions, and compare them with the cache",
		Long: `Audit builds some of the functions, picked at random, without the shared cache, and
compares bootstraps and zips with what the cache has for the same inputs. It reports a
difference with the writer of the entry, and ends with status 1; with BOOTZIP_CACHE_WRITE=true
the entry is removed. Nothing in dist changes.`,
		Example: "  bootzip cache audit --sample=5%\n  bootzip cache audit --sample=100% --function=hello",
		RunE: func(c *cobra.Command, _ []string) error {
			share, err := parseShare(sample)
			if err != nil {
				return misuse(err)
			}
			rows, err := s.audit(c.Context(), share)
			if err != nil {
				return err
			}
			return printAudit(a.format, rows)
		},
	}
	c.Flags().StringVar(&sample, "sample", "5%", "share of the functions' bootstraps in `PERCENT`; at least one is built")
	s.flags(c, "engine", "arch", "function")
	a.tableFormat(c)
	return c
}

// parseShare reads a percentage, such as "5%".
func parseShare(text string) (float64, error) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || !(n > 0 && n <= 100) {
		return 0, hint.New("give one above 0 and up to 100, such as --sample=5%", "invalid percentage %q", text)
	}
	return n / 100, nil
}

// An audited is the result for one bootstrap.
type audited struct {
	Function string   `json:"function"`
	Arch     string   `json:"arch"`
	Result   string   `json:"result"` // same, different, absent, or not shared
	Key      string   `json:"key,omitempty"`
	Commit   string   `json:"commit,omitempty"`
	Writer   string   `json:"writer,omitempty"`
	Differs  []string `json:"differs,omitempty"`
}

func (s *settings) audit(ctx context.Context, share float64) (rows []audited, err error) {
	err = s.withConfig(func(p project.Project, config build.Config) error {
		shared, err := s.store(ctx, p)
		if err != nil {
			return err
		}
		if shared == nil {
			return misuse(hint.New("set BOOTZIP_CACHE_URL, or cache in bootzip.yaml", "there is no shared cache to audit"))
		}
		dir, err := tempdir.New("", "bootzip-audit")
		if err != nil {
			return err
		}
		defer dir.Remove()
		if config.Tag, config.Commit, err = stamps(ctx, p.Root, config.Functions); err != nil {
			return err
		}
		config.Functions = pick(config.Functions, share)
		// With Force nothing is read from the store, and it must not be written either.
		write := shared.Write
		config.Dist, config.Force, config.Store, shared.Write = filepath.Join(dir.Path, "dist"), true, shared, false
		unlock, err := build.Lock(config.Dist)
		if err != nil {
			return err
		}
		defer unlock()
		packaged, err := pipeline.Package(ctx, config, pipeline.PackageConfig{})
		if err != nil {
			return err
		}
		shared.Write = write
		for i, made := range packaged.Build.Artifacts {
			row := audited{Function: made.Function.Name, Arch: string(made.Arch), Key: made.Key, Result: "not shared"}
			packed := packaged.Zips[i].Packed
			for _, f := range []struct{ key, sha256, name string }{{made.Key, made.SHA256, made.Path}, {packed.StoreKey(), packed.SHA256, filepath.Join(config.Dist, packed.File)}} {
				if f.key == "" || row.Result == "different" {
					continue
				}
				if err := compareStored(ctx, shared, f.key, f.sha256, f.name, filepath.Join(dir.Path, "stored", strconv.Itoa(i)), &row); err != nil {
					return err
				}
			}
			rows = append(rows, row)
		}
		return ctx.Err()
	})
	return rows, err
}

// pick takes a share of the functions' bootstraps, at random.
func pick(functions []project.Function, share float64) []project.Function {
	type unit struct {
		function string
		arch     project.Arch
	}
	var all []unit
	for _, f := range functions {
		if f.Kind != project.KindLayer {
			for _, arch := range f.Arch {
				all = append(all, unit{f.Name, arch})
			}
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	taken := all[:min(len(all), max(1, int(share*float64(len(all))+0.5)))]
	var picked []project.Function
	for _, f := range functions {
		f.Arch = slices.DeleteFunc(slices.Clone(f.Arch), func(arch project.Arch) bool { return !slices.Contains(taken, unit{f.Name, arch}) })
		if len(f.Arch) > 0 {
			picked = append(picked, f)
		}
	}
	return picked
}

// compareStored compares what the store has under a key with the file made, whose digest is
// sha256, and puts the result into row. If they differ, the store's file is written to stored.
func compareStored(ctx context.Context, shared *store.Store, key, sha256, made, stored string, row *audited) error {
	record, ok := shared.Record(ctx, key)
	if !ok {
		if row.Result != "same" {
			row.Result = "absent"
		}
		return nil
	}
	same := record.SHA256 == sha256
	if row.Result != "same" || !same {
		row.Commit, row.Writer, row.Key = record.Commit, record.Writer, key
	}
	row.Result = "same"
	if same {
		return nil
	}
	row.Result = "different"
	if err := os.MkdirAll(filepath.Dir(stored), 0o755); err != nil {
		return err
	}
	if shared.Fetch(ctx, key, stored) {
		r, err := diff.Files(ctx, stored, made)
		if err != nil {
			row.Differs = append(row.Differs, "the entry is neither a program nor a zip")
		}
		for _, layer := range r.Layers {
			for _, field := range layer.Fields {
				row.Differs = append(row.Differs, fmt.Sprintf("%s: %s: %s in the cache, %s here", layer.Name, field.Name, field.A, field.B))
			}
		}
	}
	if shared.Write {
		return shared.Drop(ctx, key)
	}
	return nil
}

func printAudit(format string, rows []audited) error {
	t := table{header: []string{"FUNCTION", "ARCH", "RESULT", "COMMIT", "WRITER"}}
	different := 0
	for _, r := range rows {
		t.add(r.Function, r.Arch, r.Result, r.Commit, r.Writer)
		if r.Result == "different" {
			different++
		}
	}
	if err := t.print(format, rows); err != nil {
		return err
	}
	if different == 0 {
		return nil
	}
	for _, r := range rows {
		if len(r.Differs) > 0 {
			note("%s/%s: %s", r.Function, r.Arch, r.Differs[0])
		}
	}
	return findings("the bytes in the cache differ from the build's: find out who wrote them before anyone uses the cache")
}
