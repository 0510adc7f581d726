package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"time"
)

// code is what Lambda's API reports about a function's zip.
type code struct {
	size     int64 // in bytes
	sha256   string
	revision string // in the form of a UUID; the same for the same zip
	loaded   time.Time
}

func readCode(name string) (code, error) {
	f, err := os.Open(name)
	if err != nil {
		return code{}, err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return code{}, fmt.Errorf("zip %q: %w", name, err)
	}
	sum := h.Sum(nil)
	return code{
		size: size, sha256: base64.StdEncoding.EncodeToString(sum), loaded: time.Now(),
		revision: fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]),
	}, nil
}
