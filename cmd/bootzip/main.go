// Command bootzip turns source code into zips that AWS Lambda can start. Its
// commands are in package internal/command; bootzip help lists them.
package main

import (
	"os"

	"github.com/bootzip/bootzip/internal/command"
)

// Set by the linker in a released program (bootzip release --program).
var version, commit string

func main() {
	command.Released.Version, command.Released.Commit = version, commit
	os.Exit(command.Main(os.Args[1:]))
}
