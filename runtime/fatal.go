package runtime

import (
	"os"
	"time"
)

// A fatalLog writes errors that end the process, or lose an invocation, to standard
// error. This package logs nothing else. With AWS_LAMBDA_LOG_FORMAT=JSON, a line is a
// JSON object with the keys that Lambda knows (AWS Lambda developer guide, "Log and
// monitor Lambda functions").
type fatalLog struct {
	json bool
	to   func(line []byte)
	quit func(code int)
}

func newFatalLog() *fatalLog {
	return &fatalLog{
		json: os.Getenv("AWS_LAMBDA_LOG_FORMAT") == "JSON",
		to:   func(line []byte) { _, _ = os.Stderr.Write(line) },
		quit: os.Exit,
	}
}

// print writes one line; id is the request's id, or empty.
func (f *fatalLog) print(err error, id string) {
	var b []byte
	if f.json {
		b = append(b, `{"timestamp":"`...)
		b = appendTime(b, time.Now().UnixMilli())
		b = append(b, `","level":"FATAL","message":`...)
		b = appendJSON(b, err.Error())
		if id != "" {
			b = append(b, `,"requestId":`...)
			b = appendJSON(b, id)
		}
		b = append(b, '}')
	} else {
		b = append(b, "bootzip: error: "...)
		if id != "" {
			b = append(b, "request "...)
			b = append(b, id...)
			b = append(b, ": "...)
		}
		b = append(b, err.Error()...)
	}
	f.to(append(b, '\n'))
}

// exit writes one line and ends the process.
func (f *fatalLog) exit(err error, id string) {
	f.print(err, id)
	f.quit(1)
}
