package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/bootzip/bootzip/internal/atomicfile"
	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/internal/regular"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
	"github.com/bootzip/bootzip/verify"
)

// Files beside the manifest.
const (
	shardFile   = "shard.json"   // of a run of one shard
	timingsFile = "timings.json" // of all functions, to divide shards by
	ReportFile  = "report.json"  // what verify --format=json printed
	sumsFile    = "SHA256SUMS"
)

// A Shard says which part of a project a run was about.
type Shard struct {
	Version int        `json:"version"` // 1
	Shard   int        `json:"shard"`   // from 1
	Of      int        `json:"of"`
	Shards  [][]string `json:"shards"` // the functions of each
	Tool    string     `json:"bootzip"`
	Commit  string     `json:"commit,omitempty"` // with "-dirty" at its end if files differed from it
	Seconds Timings    `json:"seconds"`          // of the functions that were built or started
}

const shardVersion = 1

// Write writes the file to the directory dist.
func (s Shard) Write(dist string) error {
	s.Version = shardVersion
	return atomicfile.WriteJSON(filepath.Join(dist, shardFile), "  ", s)
}

// readShard reads the file of the directory dist.
func readShard(dist string) (s Shard, err error) {
	name := filepath.Join(dist, shardFile)
	data, err := regular.ReadFile(name)
	if err != nil {
		return s, hint.Wrap(err, "give the directory dist of a run with --shard")
	}
	if err := json.Unmarshal(data, &s); err != nil || s.Version != shardVersion || s.Of != len(s.Shards) || s.Shard < 1 || s.Shard > s.Of {
		return s, hint.New("package the shard again, with this version of bootzip", "%s does not describe a shard", name)
	}
	return s, nil
}

// ReadTimings reads the timings in the directory dist; there may be none.
func ReadTimings(dist string) (t Timings, err error) {
	name := filepath.Join(dist, timingsFile)
	data, err := regular.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, hint.New("remove it", "%s: %w", name, err)
	}
	return t, nil
}

// MergeConfig says what is merged.
type MergeConfig struct {
	Dirs      []string           // of the shards
	Dist      string             // where to
	Root      string             // of the project
	Functions []project.Function // of the project
	Tool      string             // version of bootzip
}

// Merge joins the zips, images, manifests, reports, sums and timings of all shards of a
// run. It refuses shards of different runs, and what pack.Merge refuses; then nothing
// changes. The caller holds the lock on Dist. Merge returns the zips in the project's order,
// those of layers of assets last.
func Merge(ctx context.Context, c MergeConfig) ([]Zip, error) {
	if len(c.Dirs) == 0 {
		return nil, hint.New("give the directories of all shards", "there is nothing to merge")
	}
	var first Shard
	var parts []pack.Part
	timings, err := ReadTimings(c.Dist)
	if err != nil {
		return nil, err
	}
	if timings == nil {
		timings = Timings{}
	}
	from := map[int]string{}
	for i, dir := range c.Dirs {
		s, err := readShard(dir)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = s
		}
		other, twice := from[s.Shard]
		switch {
		case twice:
			return nil, hint.New("give each shard once", "%s and %s are both shard %d", other, dir, s.Shard)
		case s.Tool != c.Tool:
			return nil, hint.New("use one version everywhere", "%s was made by bootzip %s, and this is %s", dir, s.Tool, c.Tool)
		case s.Commit != first.Commit:
			return nil, hint.New("build all shards from one commit", "%s was made from commit %q, and %s from %q", c.Dirs[0], first.Commit, dir, s.Commit)
		case !reflect.DeepEqual(s.Shards, first.Shards):
			return nil, hint.New("give all shards the same "+timingsFile+", or none, and the same flags", "%s and %s divide the functions in different ways", c.Dirs[0], dir)
		}
		from[s.Shard] = dir
		maps.Copy(timings, s.Seconds)
		parts = append(parts, pack.Part{Dir: dir, Functions: s.Shards[s.Shard-1]})
	}
	for i, names := range first.Shards {
		if from[i+1] == "" && len(names) > 0 {
			return nil, hint.New("give its directory as well", "shard %d of %d is missing, with %s", i+1, first.Of, strings.Join(names[:min(3, len(names))], ", "))
		}
	}
	report, err := mergeReports(c)
	if err != nil {
		return nil, err
	}
	sums, err := mergeSums(c.Dirs)
	if err != nil {
		return nil, err
	}
	lines, err := pack.Merge(ctx, c.Dist, c.Functions, parts)
	if err != nil {
		return nil, err
	}
	for name, data := range map[string][]byte{ReportFile: report, sumsFile: sums} {
		if data == nil {
			continue
		}
		if err := atomicfile.WriteBytes(filepath.Join(c.Dist, name), 0o644, data); err != nil {
			return nil, err
		}
	}
	if err := atomicfile.WriteJSON(filepath.Join(c.Dist, timingsFile), "  ", timings); err != nil {
		return nil, err
	}
	var zips []Zip
	for _, f := range inRunOrder(c.Functions) {
		for _, line := range lines {
			if line.Function == f.Name {
				zips = append(zips, ofLine(f, line, c.Root, c.Dist))
			}
		}
	}
	return zips, nil
}

// mergeReports joins the reports of all directories, in the order of a run on all functions;
// nil: there are none.
func mergeReports(c MergeConfig) ([]byte, error) {
	all, err := readAll(c.Dirs, ReportFile)
	if all == nil || err != nil {
		return nil, err
	}
	return verify.MergeJSON(all, project.Names(inRunOrder(c.Functions)))
}

// inRunOrder returns the functions in the order of packZips.
func inRunOrder(functions []project.Function) []project.Function {
	var programs, layers []project.Function
	for _, f := range functions {
		if f.Kind == project.KindLayer {
			layers = append(layers, f)
		} else {
			programs = append(programs, f)
		}
	}
	return append(programs, layers...)
}

// mergeSums joins lists of digests; nil: there are none.
func mergeSums(dirs []string) ([]byte, error) {
	all, err := readAll(dirs, sumsFile)
	if all == nil || err != nil {
		return nil, err
	}
	var lines []string
	for _, data := range all {
		lines = append(lines, strings.Split(strings.TrimSpace(string(data)), "\n")...)
	}
	slices.SortFunc(lines, func(a, b string) int {
		return strings.Compare(fileOfSum(a), fileOfSum(b))
	})
	lines = slices.Compact(lines)
	for i := 1; i < len(lines); i++ {
		if fileOfSum(lines[i]) == fileOfSum(lines[i-1]) {
			return nil, hint.New("build it again", "%s has two digests in files %s", fileOfSum(lines[i]), sumsFile)
		}
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

func fileOfSum(line string) string {
	_, name, _ := strings.Cut(line, "  ")
	return name
}

// readAll reads the file of that name in all directories, by directory; nil: none has it.
func readAll(dirs []string, file string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, dir := range dirs {
		data, err := regular.ReadFile(filepath.Join(dir, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[dir] = data
	}
	if len(all) == 0 {
		return nil, nil
	}
	for _, dir := range dirs {
		if _, ok := all[dir]; !ok {
			return nil, hint.New("make it for all shards, or for none", "%s has no %s, which others have", dir, file)
		}
	}
	return all, nil
}
