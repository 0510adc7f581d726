package statement

// A Subject is a file that a statement is about.
type Subject struct {
	Name   string // its base name, unique in a statement
	SHA256 string // of its bytes, 64 lower-case hexadecimal digits
}
