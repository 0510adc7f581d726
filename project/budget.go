package project

import (
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// sizeForm is a number of bytes as people write it.
var sizeForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?(B|kB|MB|KiB|MiB)$`)

var sizeUnits = map[string]float64{"B": 1, "kB": 1000, "MB": 1000 * 1000, "KiB": 1 << 10, "MiB": 1 << 20}

// ratioForm is a ratio as people write it.
var ratioForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)x$`)

func (c *functionReader) budget(n *yaml.Node) (b Budget, err error) {
	size := func(to *int64, name string) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			text, err := c.text(n, "budget."+name)
			if err != nil {
				return err
			}
			m := sizeForm.FindStringSubmatch(text)
			if m == nil {
				return errorAt(c.pos(n), "write a number with a unit: 3MB, 500kB, 2.5MiB", "budget.%s %q is not a size", name, text)
			}
			value, err := strconv.ParseFloat(m[1], 64)
			if value *= sizeUnits[m[2]]; err != nil || value < 1 || value > math.MaxInt32 {
				return errorAt(c.pos(n), "Lambda takes zips of at most 262,144,000 bytes unzipped", "budget.%s is %s, which bounds nothing", name, text)
			}
			*to = int64(value)
			return nil
		}
	}
	err = c.fields(n, "budget", map[string]func(*yaml.Node) error{
		"zip":      size(&b.Zip, "zip"),
		"unzipped": size(&b.Unzipped, "unzipped"),
		"start": func(n *yaml.Node) error {
			text, err := c.text(n, "budget.start")
			if err != nil {
				return err
			}
			m := ratioForm.FindStringSubmatch(text)
			if m == nil {
				return errorAt(c.pos(n), "write a ratio to another zip's starts: 1.2x", "budget.start %q is not a ratio", text)
			}
			b.Start, err = strconv.ParseFloat(m[1], 64)
			if err != nil || b.Start < 0.1 || b.Start > 100 {
				return errorAt(c.pos(n), "write a ratio from 0.1x to 100x", "budget.start is %s", text)
			}
			return nil
		},
	})
	return b, err
}
