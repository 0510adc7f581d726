package diff

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"unicode/utf8"
)

// widest is how many characters the values of a layer may have for its fields
// to be written as a table.
const widest = 44

// WriteText writes a report for a person: both files, the likely causes, and
// then the fields of each layer.
func WriteText(w io.Writer, r Report) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, s := range []Side{r.A, r.B} {
		fmt.Fprintf(t, "%c\t%s\t%s\tsha256 %s\n", 'A'+i, printable(s.File, maxValue), byteCount(s.Size), s.SHA256)
	}
	t.Flush()
	if r.Equal {
		fmt.Fprintln(&b, "equal, byte for byte")
		_, err := w.Write(b.Bytes())
		return err
	}
	if r.A.Content != "" && r.A.Content == r.B.Content {
		fmt.Fprintln(&b, "different; the files inside are the same, with the same modes, in the same order")
	} else {
		fmt.Fprintln(&b, "different")
	}
	if len(r.Causes) > 0 {
		fmt.Fprintln(&b, "\nlikely causes, most likely first")
	}
	for i, c := range r.Causes {
		fmt.Fprintf(&b, "  %d. %s: %s\n     hint: %s\n", i+1, c.ID, c.Text, c.Hint)
	}
	for _, l := range r.Layers {
		fmt.Fprintf(&b, "\n%s\n", l.Name)
		writeFields(&b, l)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeFields writes the fields of a layer: a table, and below it those whose
// values are too long for one.
func writeFields(b *bytes.Buffer, l Layer) {
	var long []Field
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "  FIELD\tA\tB\n")
	for _, f := range l.Fields {
		if max(utf8.RuneCountInString(f.A), utf8.RuneCountInString(f.B), utf8.RuneCountInString(f.Name)/2) > widest {
			long = append(long, f)
			continue
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", f.Name, f.A, f.B)
	}
	if len(long) < len(l.Fields) {
		t.Flush()
	}
	for _, f := range long {
		fmt.Fprintf(b, "  %s\n    A  %s\n    B  %s\n", f.Name, f.A, f.B)
	}
	if l.Omitted > 0 {
		fmt.Fprintf(b, "  and %s more\n", count(int64(l.Omitted)))
	}
}
