// Package logs is a log/slog handler that follows the logging settings of a
// Lambda function and adds to each record which invocation it belongs to.
//
//	slog.SetDefault(logs.New())
//	…
//	slog.InfoContext(ctx, "order taken", "id", id)
//
// AWS_LAMBDA_LOG_FORMAT=JSON writes a JSON object a line, with the keys that
// Lambda knows (timestamp, level, message, requestId); anything else writes
// text. AWS_LAMBDA_LOG_LEVEL is the lowest level that is written: TRACE, DEBUG,
// INFO, WARN, ERROR or FATAL; INFO where it is not set (AWS Lambda developer
// guide, "Configuring JSON and plain text log formats" and "Log-level
// filtering").
//
// A record made with a context of an invocation (slog.InfoContext) gets
// requestId, and traceId and tenantId where Lambda sent them. One made without
// has none of them.
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

// New makes a logger that writes to standard output as the environment says,
// which Lambda keeps.
func New() *slog.Logger {
	return slog.New(NewHandler(os.Stdout, Options{
		JSON:  os.Getenv("AWS_LAMBDA_LOG_FORMAT") == "JSON",
		Level: Level(os.Getenv("AWS_LAMBDA_LOG_LEVEL")),
	}))
}

// Options say how to write.
type Options struct {
	JSON  bool
	Level slog.Leveler // INFO where it is nil
}

// Level returns the level of one of Lambda's names; INFO of any other.
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

// A handler adds the invocation to each record. It has to stand outside the
// groups that WithGroup opens, so it keeps those, and the attributes after
// them, to itself.
type handler struct {
	next   slog.Handler
	groups []group
}

// A group is a name, or the attributes that were added after it.
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

// Errors makes a handler that logs, at level ERROR, the errors of another,
// which the runtime reports to Lambda without writing them down.
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
