package command

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bootzip/bootzip/emulator"
)

// The most that one run measures.
const (
	maxStarts      = 1000
	maxInvocations = 100_000
)

func (a *app) benchCommand() *cobra.Command {
	s := settings{verbose: &a.verbose}
	var e emulation
	var zip, against string
	var starts, invocations int
	c := &cobra.Command{
		Use:   "bench {FUNCTION [EVENT] | --zip=FILE.zip EVENT}",
		Short: "Measure cold starts and warm invocations, and compare them with another zip's",
		Long: `Bench builds and packs a function, starts its zip many times, and then invokes it many
times, as Lambda would, with one event. It shows times, memory and CPU time. With
--against=OLD.zip both zips take turns, and each ratio compares two consecutive runs, so that
other load on the machine affects both. Times differ on another machine and on Lambda; ratios
carry over. If the function has a start budget in bootzip.yaml, it ends with status 1 if the
ratio is above it.`,
		Example: "  bootzip bench hello\n  bootzip bench hello event.json --against=old/hello-amd64.zip",
		RunE: func(c *cobra.Command, args []string) error {
			if starts < 1 || starts > maxStarts || invocations < 0 || invocations > maxInvocations {
				return misuse(fmt.Errorf("--starts takes 1 to %d, --invocations 0 to %d", maxStarts, maxInvocations))
			}
			config, payload, err := e.begin(&s, zip != "", zipName(zip), args)
			if err != nil {
				return err
			}
			config.Log, config.Platform, config.Zip = nil, nil, zip
			budget := 0.0
			if zip == "" {
				packed, err := s.packFor(c.Context(), &config)
				if err != nil {
					return err
				}
				budget = packed.Function.Budget.Start
			}
			m := emulator.MeasureConfig{Functions: []emulator.Config{config}, Event: payload, Starts: starts, Invocations: invocations}
			if against != "" {
				other := config
				other.Zip = against
				m.Functions = append(m.Functions, other)
			}
			for _, one := range m.Functions {
				// A zip that cannot be run is a misuse, as it is for invoke.
				f, err := emulator.New(c.Context(), one)
				if err == nil {
					err = f.Close(c.Context())
				}
				if err != nil {
					return misuse(err)
				}
			}
			measured, err := emulator.Measure(c.Context(), m)
			if err != nil {
				return err
			}
			r := benchReport{Version: 1, Function: config.Name, Zip: config.Zip, Against: against, Starts: starts, Invocations: invocations, Isolation: measured[0].Isolation, Budget: budget}
			r.fill(measured)
			if err := r.print(a.format); err != nil {
				return err
			}
			if budget > 0 && against == "" {
				note("the start budget, %.3gx, is not checked: give the zip to compare with, --against=OLD.zip", budget)
			}
			if budget > 0 && against != "" && r.StartRatio.P50 > budget {
				return findings("function %s takes %.2f times as long to start as %s, and its budget is %.3gx", config.Name, r.StartRatio.P50, against, budget)
			}
			return nil
		},
	}
	functionAndEvent(c, func() bool { return zip != "" })
	e.flags(c)
	f := c.Flags()
	f.StringVar(&zip, "zip", "", "measure `FILE.zip`, made by any tool, and build nothing")
	f.StringVar(&against, "against", "", "compare with `OLD.zip`, by taking turns")
	f.IntVar(&starts, "starts", 20, "number of cold `STARTS` of each zip")
	f.IntVar(&invocations, "invocations", 200, "number of warm `INVOCATIONS` of each zip")
	a.tableFormat(c)
	s.flags(c, "engine")
	return c
}

// A benchReport is what bench prints.
type benchReport struct {
	Version     int     `json:"version"`
	Function    string  `json:"function"`
	Zip         string  `json:"zip"`
	Against     string  `json:"against,omitempty"`
	Starts      int     `json:"starts"`
	Invocations int     `json:"invocations"`
	Isolation   string  `json:"isolation"`
	Budget      float64 `json:"startBudget,omitempty"`

	Measured []benchSide `json:"measured"` // of the zip, and of the other one

	// Ratios of the zip to the other one, each from two consecutive measurements.
	StartRatio  *quantiles `json:"startRatio,omitempty"`
	WarmRatio   *quantiles `json:"warmRatio,omitempty"`
	MemoryRatio float64    `json:"memoryRatio,omitempty"`
}

type benchSide struct {
	Zip      string    `json:"zip"`
	Start    quantiles `json:"startMs"`
	Init     quantiles `json:"initMs"`
	Warm     quantiles `json:"warmMs"`
	Memory   int64     `json:"memory"` // bytes
	StartCPU float64   `json:"startCpuMs"`
	WarmCPU  float64   `json:"warmCpuMs"`
}

type quantiles struct {
	P25 float64 `json:"p25"`
	P50 float64 `json:"p50"`
	P75 float64 `json:"p75"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
}

// quantilesOf returns the quantiles of values, by the nearest rank.
func quantilesOf(values []float64) quantiles {
	if len(values) == 0 {
		return quantiles{}
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(p int) float64 { return sorted[max(0, (len(sorted)*p+99)/100-1)] }
	return quantiles{at(25), at(50), at(75), at(90), at(99)}
}

func inMilliseconds(all []time.Duration) []float64 {
	values := make([]float64, len(all))
	for i, d := range all {
		values[i] = float64(d) / 1e6
	}
	return values
}

func ratios(a, b []time.Duration) *quantiles {
	var values []float64
	for i := range min(len(a), len(b)) {
		values = append(values, float64(a[i])/max(float64(b[i]), 1))
	}
	if len(values) == 0 {
		return nil
	}
	q := quantilesOf(values)
	return &q
}

func (r *benchReport) fill(measured []emulator.Measurement) {
	for i, m := range measured {
		name := r.Zip
		if i > 0 {
			name = r.Against
		}
		r.Measured = append(r.Measured, benchSide{
			name, quantilesOf(inMilliseconds(m.Start)), quantilesOf(inMilliseconds(m.Init)), quantilesOf(inMilliseconds(m.Warm)),
			m.Memory, float64(m.StartCPU) / 1e6, float64(m.WarmCPU) / 1e6,
		})
	}
	if len(measured) == 2 {
		a, b := measured[0], measured[1]
		r.StartRatio, r.WarmRatio = ratios(a.Start, b.Start), ratios(a.Warm, b.Warm)
		if b.Memory > 0 {
			r.MemoryRatio = float64(a.Memory) / float64(b.Memory)
		}
	}
}

func (r *benchReport) print(format string) error {
	t := table{header: []string{"ZIP", "MEASURED", "P50", "P90", "P99", "CPU"}}
	for _, m := range r.Measured {
		row := func(what string, q quantiles, cpu float64) {
			last := "-"
			if cpu > 0 {
				last = fmt.Sprintf("%.3g ms", cpu)
			}
			t.add(filepath.Base(m.Zip), what, milliseconds(q.P50), milliseconds(q.P90), milliseconds(q.P99), last)
		}
		row("cold start", m.Start, m.StartCPU)
		row("of it, init", m.Init, 0)
		if r.Invocations > 0 {
			row("warm", m.Warm, m.WarmCPU)
		}
		if m.Memory > 0 {
			t.add(filepath.Base(m.Zip), "memory at most", size(m.Memory), "", "", "")
		}
	}
	if err := t.print(format, r); err != nil || format == "json" {
		return err
	}
	fmt.Printf("\n%d cold starts and %d warm invocations of each, %s\n", r.Starts, r.Invocations, r.Isolation)
	if r.StartRatio != nil {
		fmt.Printf("cold start: %s\n", r.StartRatio)
	}
	if r.WarmRatio != nil {
		fmt.Printf("warm:       %s\n", r.WarmRatio)
	}
	if r.MemoryRatio > 0 {
		fmt.Printf("memory:     %.2fx\n", r.MemoryRatio)
	}
	return nil
}

// String shows a ratio, and where half of the pairs are.
func (q *quantiles) String() string {
	return fmt.Sprintf("%.2fx (half of the pairs: %.2fx to %.2fx)", q.P50, q.P25, q.P75)
}

func milliseconds(n float64) string {
	switch {
	case n < 10:
		return fmt.Sprintf("%.2f ms", n)
	case n < 100:
		return fmt.Sprintf("%.1f ms", n)
	}
	return fmt.Sprintf("%.0f ms", n)
}
