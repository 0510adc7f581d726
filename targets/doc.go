// Package targets has bootzip's commands as Mage targets, to import in any
// magefile.go:
//
//	//go:build mage
//
//	package main
//
//	import (
//		//mage:import
//		"github.com/bootzip/bootzip/targets"
//	)
//
//	var Default = targets.All
//
// A magefile that has targets of the same names imports them with a name of
// their own, as in `mage bz:build`:
//
//	import (
//		//mage:import bz
//		"github.com/bootzip/bootzip/targets"
//	)
//
// Each target runs the command of the program bootzip that has its name, on
// the project in the current directory; bootzip help COMMAND describes it.
// Flags have one dash and come after the arguments, as Mage reads them.
//
// Settings and exit status are those of the program.
package targets
