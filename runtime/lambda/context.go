package lambda

import "context"

// joined is the context of an invocation with a base context: it ends with
// either, at the earlier of their deadlines, and has the values of both, the
// invocation's first. A base that never ends costs no timer. stop frees the resources that
// it takes; so does the end of ctx.
func joined(ctx, base context.Context) (_ context.Context, stop context.CancelFunc) {
	if base == context.Background() {
		return ctx, func() {}
	}
	if base.Done() == nil {
		return layers{ctx, ctx, base}, func() {}
	}
	// The base is the parent, as with aws-lambda-go: its error and cause become those of
	// the invocation, immediately if it has already ended.
	parent := layers{base, ctx, base}
	end, cancel := context.WithCancel(parent)
	if deadline, ok := ctx.Deadline(); ok {
		cancel()
		end, cancel = context.WithDeadline(parent, deadline)
	}
	detach := context.AfterFunc(ctx, cancel)
	return end, func() { detach(); cancel() }
}

// layers ends as its context does, and has the values of two contexts.
type layers struct {
	context.Context
	first, second context.Context
}

// Value implements context.Context.
func (l layers) Value(key any) any {
	if v := l.first.Value(key); v != nil {
		return v
	}
	return l.second.Value(key)
}
