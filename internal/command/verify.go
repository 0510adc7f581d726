package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/build"
	"github.com/bootzip/bootzip/deploy"
	"github.com/bootzip/bootzip/pipeline"
	"github.com/bootzip/bootzip/verify"
)

func (a *app) verifyCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var around bootFlags
	var strict bool
	c := &cobra.Command{
		Use:        "verify",
		Short:      "Build, pack, and prove that Lambda can start each zip",
		SuggestFor: []string{"test"},
		Long: `Verify builds and packs every function, and proves that Lambda can start each zip.
The last step is to start it: the boot check sends an event to each of the function's
handlers. Deploy files next to bootzip.yaml (template.yaml, serverless.yml, *.tf,
cdk.out) are compared with the zips. It ends with status 1 if a check fails, and with
--strict also if a function could not be started on this machine.`,
		Example: "  bootzip verify --strict --format=text,github\n  bootzip verify --env=TABLE=orders --event=sqs",
		RunE: func(c *cobra.Command, _ []string) error {
			write, err := a.reportWriter()
			if err != nil {
				return err
			}
			config := pipeline.CheckConfig{Strict: strict, Boot: true, Qemu: findQemu()}
			if err := around.read(&config); err != nil {
				return err
			}
			s.checks = true
			m, err := s.run(c.Context(), true)
			if err != nil {
				return err
			}
			if config.Store = m.store; s.Force {
				config.Store = nil
			}
			config.Tool, config.Machine = ownVersion().program(), machine()
			checked, err := pipeline.Check(c.Context(), config, m.zips)
			if err != nil {
				return m.before.failed(err, distDir)
			}
			m.tellStore()
			m.zips = checked
			if m.shard != nil {
				unlock, err := build.Lock(distDir)
				if err != nil {
					return err
				}
				err = m.writeShard()
				unlock()
				if err != nil {
					return err
				}
			}
			var files []deploy.File
			if s.function == "" && s.arch == "" && !s.shard.some() { // everything that they deploy was made
				if files, err = deploy.Find("."); err != nil {
					return err
				}
			}
			var images []pipeline.ImageTarget
			for _, z := range m.zips {
				if image := z.Packed.Image; image != nil {
					images = append(images, pipeline.ImageTarget{
						Path: distDir + "/" + image.File, Function: z.Function, Root: z.Root,
						Options: verify.ImageOptions{Function: z.Function.Name, Arch: z.Packed.Arch, Rules: z.Function.Checks, SnapStart: z.Function.SnapStart},
					})
				}
			}
			against := pipeline.DeployConfig{Root: m.project.Root, Functions: m.project.Functions, Zips: checked, Strict: strict, All: true}
			return finish(c.Context(), config, images, against, files, write)
		},
	}
	s.flags(c, "engine", "arch", "function", "locked", "force", "shard", "since")
	c.Flags().BoolVar(&strict, "strict", false, "warnings fail as well, and functions that could not be started")
	around.flags(c)
	a.reportFormat(c)
	return c
}

// machine identifies what decides how functions start here; empty: unknown.
func machine() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return runtime.GOARCH + " " + strings.TrimSpace(string(release))
}

// finish checks images and deploy files after the zips, and writes the reports of all. With
// Boot and Strict, a function that could not be started here fails.
func finish(ctx context.Context, config pipeline.CheckConfig, images []pipeline.ImageTarget, against pipeline.DeployConfig, files []deploy.File, write func([]verify.Report) error) error {
	ofImages, err := pipeline.CheckImages(ctx, config, images)
	if err != nil {
		return err
	}
	ofFiles, err := pipeline.CheckDeploy(against, files)
	if err != nil {
		return err
	}
	reports := pipeline.Reports(against.Zips)
	for i := range reports {
		if config.Boot && config.Strict {
			reports[i].FailUnproven()
		}
	}
	return conclude(slices.Concat(reports, ofImages, ofFiles), write)
}

// conclude writes the reports, and returns an error if one failed.
func conclude(reports []verify.Report, write func([]verify.Report) error) error {
	if err := write(reports); err != nil {
		return err
	}
	var bad, all [3]int // zips, deploy files, images
	for _, r := range reports {
		kind := 0
		switch {
		case r.Deploy != nil:
			kind = 1
		case r.Image != nil:
			kind = 2
		}
		all[kind]++
		if !r.OK() {
			bad[kind]++
		}
	}
	var parts []string
	for kind, what := range []string{"zips", "deploy files", "images"} {
		if bad[kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d %s", bad[kind], all[kind], what))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return findings("%s failed", strings.Join(parts, " and "))
}

// reportFormats are the ways in which a report can be written.
var reportFormats = []string{"text", "json", "sarif", "github", "junit", "html"}

func (a *app) reportFormat(c *cobra.Command) {
	c.Flags().StringVar(&a.format, "format", "text", enumerate(reportFormats)+"; several as in text,github")
	complete(c, "format", reportFormats...)
}

// reportWriter returns a function that writes reports in each of the formats of the flag.
func (a *app) reportWriter() (func([]verify.Report) error, error) {
	writers := map[string]func(io.Writer, []verify.Report) error{
		"text": func(w io.Writer, reports []verify.Report) error {
			return verify.WriteText(w, reports, verify.TextOptions{Color: useColor(), Verbose: a.verbose})
		},
		"json": verify.WriteJSON, "sarif": verify.WriteSARIF, "github": verify.WriteGitHub, "junit": verify.WriteJUnit,
		"html": func(w io.Writer, reports []verify.Report) error { return verify.WriteHTML(w, reports) },
	}
	names := strings.Split(a.format, ",")
	for _, name := range names {
		if err := oneOf("format", name, reportFormats...); err != nil {
			return nil, err
		}
	}
	return func(reports []verify.Report) error {
		for _, name := range names {
			if err := writers[name](os.Stdout, reports); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
