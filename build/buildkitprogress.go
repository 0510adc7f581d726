package build

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// solveProgress is what buildctl reported about a solve.
type solveProgress struct {
	failed map[int]failed // by job
	logs   map[int]*cut   // by job
	said   string         // lines that are not progress
}

// log returns the log of a job, for writing.
func (p solveProgress) log(job int) *cut {
	if p.logs[job] == nil {
		p.logs[job] = &cut{}
	}
	return p.logs[job]
}

// failed is how a job failed.
type failed struct {
	exit int
	at   time.Time
}

var (
	jobVertex  = regexp.MustCompile(`^\[job(\d+) .*\] RUN `)
	exitStatus = regexp.MustCompile(`did not complete successfully: exit code: (\d+)`)
)

// readProgress reads lines of buildctl --progress=rawjson (BuildKit, client.SolveStatus),
// until they end.
func readProgress(r io.Reader, finished func(job int)) solveProgress {
	p := solveProgress{failed: map[int]failed{}, logs: map[int]*cut{}}
	jobs, done := map[string]int{}, map[int]bool{} // by the vertex's digest
	var said cut
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		var status struct {
			Vertexes []struct {
				Digest, Name, Error string
				Completed           *time.Time
			}
			Logs []struct {
				Vertex string
				Data   []byte
			}
		}
		if json.Unmarshal(line, &status) != nil {
			_, _ = said.Write(line)
		}
		for _, v := range status.Vertexes {
			found := jobVertex.FindStringSubmatch(v.Name)
			if found == nil {
				continue
			}
			job, _ := strconv.Atoi(found[1])
			jobs[v.Digest] = job
			if found := exitStatus.FindStringSubmatch(v.Error); found != nil && v.Completed != nil {
				exit, _ := strconv.Atoi(found[1])
				p.failed[job] = failed{exit, *v.Completed}
			}
			if v.Completed != nil && v.Error == "" && !done[job] {
				done[job] = true
				finished(job)
			}
		}
		for _, l := range status.Logs {
			if job, ok := jobs[l.Vertex]; ok {
				_, _ = p.log(job).Write(l.Data)
			}
		}
		if err != nil {
			break
		}
	}
	p.said = said.String()
	return p
}

// own returns the exit status of the jobs that failed by themselves. When one has failed, the
// worker kills the others, including those that runc is about to start.
func (p solveProgress) own() map[int]int {
	first := time.Time{}
	for _, f := range p.failed {
		if first.IsZero() || f.at.Before(first) {
			first = f.at
		}
	}
	all := map[int]int{}
	for job, f := range p.failed {
		const signalled = 126 // and above: signals, and values that are not a status
		if f.at.Equal(first) || f.exit < signalled && !strings.Contains(p.log(job).String(), "runc run failed:") {
			all[job] = f.exit
		}
	}
	return all
}
