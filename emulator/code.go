package emulator

import (
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/bootzip/bootzip/internal/digest"
)

// code is what Lambda's API reports about a function's zip.
type code struct {
	size     int64 // in bytes
	sha256   string
	revision string // in the form of a UUID; the same for the same zip
	loaded   time.Time
}

func readCode(name string) (code, error) {
	sum, size, err := digest.File(name)
	if err != nil {
		return code{}, err
	}
	raw, err := hex.DecodeString(sum)
	return code{
		size: size, sha256: base64.StdEncoding.EncodeToString(raw), loaded: time.Now(),
		revision: sum[:8] + "-" + sum[8:12] + "-" + sum[12:16] + "-" + sum[16:20] + "-" + sum[20:32],
	}, err
}
