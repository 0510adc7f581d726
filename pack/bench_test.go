package pack

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bootzip/bootzip/project"
)

// BenchmarkImage writes, in turn, the zip and the image of a program, and prints the
// ratios of time and size.
func BenchmarkImage(b *testing.B) {
	program := os.Getenv("BOOTZIP_BENCH_PROGRAM")
	if program == "" {
		program = file(b, text(2<<20))
	}
	entries := []Entry{{Name: "bootstrap", Executable: true, File: program}}
	dir := b.TempDir()
	zip, image := filepath.Join(dir, "x.zip"), filepath.Join(dir, "x.oci.tar")
	var took [2]time.Duration
	for range b.N {
		began := time.Now()
		if err := Write(context.Background(), zip, entries); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if _, err := WriteImage(context.Background(), image, entries, ImageConfig{Function: "x", Arch: project.AMD64}); err != nil {
			b.Fatal(err)
		}
		took[0] += between.Sub(began)
		took[1] += time.Since(between)
	}
	a, err := os.Stat(zip)
	if err != nil {
		b.Fatal(err)
	}
	c, err := os.Stat(image)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "time-image/zip")
	b.ReportMetric(float64(c.Size())/float64(a.Size()), "size-image/zip")
}
