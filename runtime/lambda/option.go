package lambda

import (
	"context"

	"github.com/bootzip/bootzip/runtime"
)

// options are what the Options set.
type options struct {
	base                 context.Context
	values               [][2]any
	useNumber, noUnknown bool
	escapeHTML           bool
	prefix, indent       string
	sigterm              bool
	callbacks            []func()
}

func newOptions(list []Option) *options {
	o := &options{base: context.Background()}
	for _, f := range list {
		f(o)
	}
	for _, kv := range o.values {
		o.base = context.WithValue(o.base, kv[0], kv[1])
	}
	return o
}

// onShutdown registers the callbacks for SIGTERM.
func (o *options) onShutdown() {
	if !o.sigterm {
		return
	}
	runtime.OnShutdown(func(context.Context) {
		for _, f := range o.callbacks {
			f()
		}
	})
}

// An Option changes how a handler is run.
type Option func(*options)

// WithContext sets a context whose values every invocation sees, and whose end cancels every
// invocation.
func WithContext(ctx context.Context) Option { return func(o *options) { o.base = ctx } }

// WithContextValue adds a value to every invocation's context.
func WithContextValue(key, value any) Option {
	return func(o *options) { o.values = append(o.values, [2]any{key, value}) }
}

// WithSetEscapeHTML escapes HTML's special characters in the response.
func WithSetEscapeHTML(on bool) Option { return func(o *options) { o.escapeHTML = on } }

// WithSetIndent indents the response.
func WithSetIndent(prefix, indent string) Option {
	return func(o *options) { o.prefix, o.indent = prefix, indent }
}

// WithUseNumber decodes numbers into any as json.Number.
func WithUseNumber(on bool) Option { return func(o *options) { o.useNumber = on } }

// WithDisallowUnknownFields refuses events with fields that In does not have.
func WithDisallowUnknownFields(on bool) Option { return func(o *options) { o.noUnknown = on } }

// WithEnableSIGTERM makes Lambda send SIGTERM before it ends the process, and runs the
// callbacks then; see runtime.OnShutdown.
func WithEnableSIGTERM(callbacks ...func()) Option {
	return func(o *options) {
		o.sigterm = true
		o.callbacks = append(o.callbacks, callbacks...)
	}
}
