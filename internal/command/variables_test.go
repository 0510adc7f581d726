package command

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEnvFile(t *testing.T) {
	for text, want := range map[string][]string{
		"A=1\nB=2":                                    {"A=1", "B=2"},
		"\uFEFFA=1\r\nB=2\r\n":                        {"A=1", "B=2"},
		"# said before\n\n  A = 1 # one\n":            {"A=1"},
		"export A=1\nexport=2":                        {"A=1", "export=2"},
		"LIST=a,b,c\nURL=http://x/?a=b&c=#d":          {"LIST=a,b,c", "URL=http://x/?a=b&c=#d"},
		"A=\nB=#\nC=  #x":                             {"A=", "B=", "C="},
		`A={"a":"b # c"}`:                             {`A={"a":"b`}, // a comment: quotes are for the whole value
		`A={"a":1}`:                                   {`A={"a":1}`},
		`A="a \"b\" \\n $C # d" # e` + "\nB=1":        {`A=a "b" \n $C # d`, "B=1"},
		`A='it is "a" \n' `:                           {`A=it is "a" \n`},
		"KEY=\"-----BEGIN\nx=y\n\"\nB='c\nd'\nE=it's": {"KEY=-----BEGIN\nx=y\n", "B=c\nd", "E=it's"},
		"A=1\nA=2":                                    {"A=1", "A=2"},
		"":                                            nil,
	} {
		if got, err := parseEnvFile(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"A=1\nsecret":       "line 2: there is no =",
		"A='x\ny'\n=secret": "line 3: what stands before = ",
		"a b=secret":        "line 1: ",
		"A=\"secret":        "line 1: the value's closing quote is missing",
		"A='secret' more":   "line 1: there is something after",
	} {
		if _, err := parseEnvFile(text); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestVariables(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("A=file\nB=file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := variables{pairs: []string{"B=x,y=z", "C="}, files: []string{file}}.read()
	if want := []string{"A=file", "B=file", "B=x,y=z", "C="}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, bad := range []variables{{pairs: []string{"A"}}, {pairs: []string{"=x"}}, {pairs: []string{"A B=x"}}, {files: []string{file + "x"}}} {
		var misused *exitError
		if _, err := bad.read(); !errors.As(err, &misused) || misused.status != 2 {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
