package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// MergeJSON merges documents that [WriteJSON] wrote for different functions into the one
// that it would write for all of them: the reports of zips in the order of functions, then
// those of images, then those of deploy files. The keys name the documents in errors.
func MergeJSON(documents map[string][]byte, functions []string) ([]byte, error) {
	all := jsonDocument{Version: jsonVersion, OK: true, Reports: []jsonReport{}}
	for name, data := range documents {
		var one jsonDocument
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&one); err != nil || one.Version != jsonVersion {
			return nil, fmt.Errorf("report of %s is none that this version of bootzip writes (%v)", name, err)
		}
		all.OK = all.OK && one.OK
		all.Reports = append(all.Reports, one.Reports...)
	}
	kind := func(r jsonReport) int {
		switch {
		case r.Deploy != nil:
			return 2
		case r.Image != nil:
			return 1
		}
		return 0
	}
	place := map[string]int{}
	for i, name := range functions {
		place[name] = i
	}
	slices.SortStableFunc(all.Reports, func(a, b jsonReport) int {
		return cmp.Or(cmp.Compare(kind(a), kind(b)), cmp.Compare(place[a.Function], place[b.Function]))
	})
	var text bytes.Buffer
	err := writeIndented(&text, all)
	return text.Bytes(), err
}
