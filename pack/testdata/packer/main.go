// Command packer packs by the pack.Config on standard input, for the tests of package
// pack. A test binary does not know the versions of its modules; this program does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/bootzip/bootzip/pack"
)

func main() {
	var c pack.Config
	err := json.NewDecoder(os.Stdin).Decode(&c)
	if err == nil {
		var zips []pack.Zip
		if zips, err = pack.Pack(context.Background(), c); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(zips)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
