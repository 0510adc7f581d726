package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/gocache"
)

// A build starts this program, or the one that Mage compiled, as a relay between the go
// command and the shared cache.
func init() {
	if len(os.Args) != 2 || filepath.Base(os.Args[0]) != gocache.RelayName {
		return
	}
	if err := gocache.Relay(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bootzip: the relay to the cache:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
