package runtime

import "os"

// StartForTest is Start with the handlers that register registers, and no others. It
// returns what ended it. A copy of this package has it, for tests only.
func StartForTest(api string, concurrency int, register func()) error {
	std.mu.Lock()
	std.names, std.serve, std.inits, std.shutdowns, std.watch, std.problem = nil, nil, nil, nil, nil, nil
	std.mu.Unlock()
	register()
	log := newFatalLog()
	log.to = func(line []byte) { _, _ = os.Stderr.Write(line) }
	return std.start(config{api: api, concurrency: concurrency, log: log})
}
