//go:build mage

package main

import (
	//mage:import
	_ "github.com/bootzip/bootzip/internal/dev"
	//mage:import
	"github.com/bootzip/bootzip/targets"
)

// Default builds, packs and verifies every function.
var Default = targets.All
