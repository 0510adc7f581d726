package emulator

import (
	"context"
	"slices"
	"time"

	"github.com/bootzip/bootzip/internal/hint"
)

// MeasureConfig says what [Measure] measures.
type MeasureConfig struct {
	Functions   []Config // they take turns: one, or two to compare
	Event       []byte
	Starts      int // cold starts of each
	Invocations int // warm ones of each, one after the other
}

// A Measurement is what was measured of one function. All slices have an element for
// each round; those of two functions with the same index were measured one after the other.
type Measurement struct {
	Start []time.Duration // from the start of the process to the answer to its first event
	Init  []time.Duration // the part of Start until it asked for the event
	Warm  []time.Duration // from the event to the answer

	Memory    int64         // peak of an instance, in bytes; 0: not known
	StartCPU  time.Duration // CPU time of a cold start, on average, and its answer; 0: not known
	WarmCPU   time.Duration // of a warm invocation, likewise
	Isolation string        // as [Function.Isolation]
}

// Measure starts and invokes functions in turn, so that other load of this machine
// affects all of them alike. It returns a measurement for each. Unpacking is not
// measured. The error is that of New or Invoke, or reports that a function failed.
func Measure(ctx context.Context, c MeasureConfig) ([]Measurement, error) {
	all := make([]Measurement, len(c.Functions))
	cpu := make([]time.Duration, len(c.Functions))
	for round := range c.Starts {
		for _, i := range turn(len(c.Functions), round) {
			s, err := measureStart(ctx, c.Functions[i], c.Event, &all[i])
			if err != nil {
				return nil, err
			}
			all[i].Start = append(all[i].Start, s.ended.AnswerEnded.Sub(s.started.InitBegan))
			all[i].Init = append(all[i].Init, s.started.InitEnded.Sub(s.started.InitBegan))
			cpu[i] += s.ended.CPU
		}
	}
	for i := range all {
		all[i].StartCPU = cpu[i] / time.Duration(max(c.Starts, 1))
	}
	return all, measureWarm(ctx, c, all)
}

// turn returns the order of n functions in a round: none is always first.
func turn(n, round int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (i + round) % n
	}
	return order
}

func measureStart(ctx context.Context, c Config, event []byte, m *Measurement) (s stopwatch, err error) {
	f, err := New(ctx, c)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close(context.Background()) }()
	if s, err = f.measure(ctx, event); err == nil {
		m.note(f, s)
	}
	return s, err
}

func measureWarm(ctx context.Context, c MeasureConfig, all []Measurement) error {
	if c.Invocations == 0 {
		return nil
	}
	functions := make([]*Function, len(c.Functions))
	first := make([]time.Duration, len(c.Functions))
	for i, config := range c.Functions {
		f, err := New(ctx, config)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close(context.Background()) }()
		s, err := f.measure(ctx, c.Event)
		if err != nil {
			return err
		}
		functions[i], first[i] = f, s.ended.CPU
	}
	last := slices.Clone(first)
	for round := range c.Invocations {
		for _, i := range turn(len(functions), round) {
			s, err := functions[i].measure(ctx, c.Event)
			if err != nil {
				return err
			}
			all[i].Warm = append(all[i].Warm, s.ended.AnswerEnded.Sub(s.started.At))
			all[i].note(functions[i], s)
			last[i] = max(last[i], s.ended.CPU)
		}
	}
	for i := range all {
		all[i].WarmCPU = (last[i] - first[i]) / time.Duration(c.Invocations)
	}
	return nil
}

func (m *Measurement) note(f *Function, s stopwatch) {
	m.Memory = max(m.Memory, s.ended.Memory)
	m.Isolation = f.Isolation()
}

// A stopwatch is an [Observer] of one event.
type stopwatch struct {
	started Started
	ended   Ended
	done    chan struct{}
}

func (s *stopwatch) Started(x Started) { s.started = x }
func (s *stopwatch) Logged([]byte)     {}
func (s *stopwatch) Ended(x Ended)     { s.ended = x; close(s.done) }

// measure invokes a function once.
func (f *Function) measure(ctx context.Context, event []byte) (stopwatch, error) {
	s := &stopwatch{done: make(chan struct{})}
	resp, err := f.Invoke(ctx, Request{Payload: event, Observer: s})
	if err != nil {
		return *s, err
	}
	<-s.done
	if resp.FunctionError != "" || s.ended.AnswerEnded.IsZero() {
		return *s, hint.New("use an event that it accepts; bootzip invoke shows its log", "function %s failed: %s %.200s", f.config.Name, resp.ErrorType, resp.Payload)
	}
	return *s, nil
}
