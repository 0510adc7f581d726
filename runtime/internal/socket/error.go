package socket

// An Error is a failed operation on the connection.
type Error struct {
	Op      string // what was tried, such as "connect to"
	Address string // of the peer; empty once connected
	Err     error
}

func (e *Error) Error() string {
	s := e.Op
	if e.Address != "" {
		s += " " + e.Address
	}
	return s + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
