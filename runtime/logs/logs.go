// Package logs has a log/slog handler that follows the logging settings of a Lambda
// function and adds to each record the invocation that it belongs to.
//
//	slog.SetDefault(logs.New())
//	…
//	slog.InfoContext(ctx, "order taken", "id", id)
//
// With AWS_LAMBDA_LOG_FORMAT=JSON it writes one JSON object per line, with the keys that
// Lambda knows (timestamp, level, message, requestId); otherwise it writes text.
// AWS_LAMBDA_LOG_LEVEL is the lowest level that is written: TRACE, DEBUG, INFO, WARN,
// ERROR or FATAL; the default is INFO (AWS Lambda developer guide, "Configuring JSON and
// plain text log formats" and "Log-level filtering").
//
// A record made with an invocation's context (slog.InfoContext) gets requestId, and
// traceId and tenantId if Lambda sent them. A record made without one has none of them.
//
// It adds about 240 kB to the zip.
package logs

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/bootzip/bootzip/runtime"
)

// Lambda's levels beyond slog's.
const (
	LevelTrace = slog.LevelDebug - 4
	LevelFatal = slog.LevelError + 4
)

// New makes a logger that writes to standard output, which Lambda keeps, as the
// environment says.
func New() *slog.Logger {
	return slog.New(NewHandler(os.Stdout, Options{
		JSON:  os.Getenv("AWS_LAMBDA_LOG_FORMAT") == "JSON",
		Level: Level(os.Getenv("AWS_LAMBDA_LOG_LEVEL")),
	}))
}

// Options say how a handler writes.
type Options struct {
	JSON  bool
	Level slog.Leveler // nil means INFO
}

// Level returns the level with one of Lambda's names; INFO for any other name.
func Level(name string) slog.Level {
	switch name {
	case "TRACE":
		return LevelTrace
	case "DEBUG":
		return slog.LevelDebug
	case "WARN":
		return slog.LevelWarn
	case "ERROR":
		return slog.LevelError
	case "FATAL":
		return LevelFatal
	}
	return slog.LevelInfo
}

// NewHandler makes a handler that writes to w.
func NewHandler(w io.Writer, o Options) slog.Handler {
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: rename}
	if o.JSON {
		return handler{next: slog.NewJSONHandler(w, options)}
	}
	return handler{next: slog.NewTextHandler(w, options)}
}

// rename gives the built-in attributes the names and values that Lambda knows.
func rename(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.TimeKey:
		a.Key = "timestamp"
		if a.Value.Kind() == slog.KindTime {
			a.Value = slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	case slog.MessageKey:
		a.Key = "message"
	case slog.LevelKey:
		if level, ok := a.Value.Any().(slog.Level); ok {
			switch {
			case level <= LevelTrace:
				a.Value = slog.StringValue("TRACE")
			case level >= LevelFatal:
				a.Value = slog.StringValue("FATAL")
			}
		}
	}
	return a
}

// A handler adds the invocation to each record. The invocation must be outside of the
// groups that WithGroup opens, so the handler keeps those, and the attributes added after
// them, until a record comes.
type handler struct {
	next   slog.Handler
	groups []group
}

// A group is the name of a group, or attributes that were added after one.
type group struct {
	name  string
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	next := h.next
	if inv, ok := runtime.FromContext(ctx); ok {
		next = next.WithAttrs(about(inv))
	}
	for _, g := range h.groups {
		if g.name != "" {
			next = next.WithGroup(g.name)
		} else {
			next = next.WithAttrs(g.attrs)
		}
	}
	return next.Handle(ctx, r)
}

func about(inv *runtime.Invocation) []slog.Attr {
	attrs := []slog.Attr{slog.String("requestId", inv.RequestID)}
	if inv.TraceID != "" {
		attrs = append(attrs, slog.String("traceId", inv.TraceID))
	}
	if inv.TenantID != "" {
		attrs = append(attrs, slog.String("tenantId", inv.TenantID))
	}
	return attrs
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.groups) == 0 {
		h.next = h.next.WithAttrs(attrs)
		return h
	}
	return h.with(group{attrs: attrs})
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(group{name: name})
}

func (h handler) with(g group) slog.Handler {
	h.groups = append(h.groups[:len(h.groups):len(h.groups)], g)
	return h
}

// Errors makes a handler that logs the errors of another one at level ERROR. The runtime
// only reports them to Lambda.
func Errors(l *slog.Logger, next runtime.Handler) runtime.Handler {
	if next == nil {
		return nil
	}
	return func(ctx context.Context, event []byte) ([]byte, error) {
		out, err := next(ctx, event)
		if err != nil {
			l.ErrorContext(ctx, "handler failed", "error", err)
		}
		return out, err
	}
}
