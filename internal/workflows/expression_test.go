package workflows

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An expression is a GitHub Actions expression, as far as deploy.yml uses them: names,
// literals, ==, !=, <=, >, && and ||, and failure().
type expression struct {
	tokens []string
	values map[string]string // by name, such as steps.alias.outputs.version
	failed bool
}

var expressionToken = regexp.MustCompile(`'[^']*'|[a-zA-Z_][\w.-]*(?:\(\))?|\d+|&&|\|\||==|!=|<=|>`)

func evaluate(text string, values map[string]string, failed bool) string {
	e := expression{expressionToken.FindAllString(text, -1), values, failed}
	return e.or()
}

// truthy reports whether a value counts as true.
func truthy(v string) bool { return v != "" && v != "false" && v != "0" }

func (e *expression) take(operators ...string) string {
	for _, o := range operators {
		if len(e.tokens) > 0 && e.tokens[0] == o {
			e.tokens = e.tokens[1:]
			return o
		}
	}
	return ""
}

func (e *expression) or() string {
	v := e.and()
	for e.take("||") != "" {
		if other := e.and(); !truthy(v) {
			v = other
		}
	}
	return v
}

func (e *expression) and() string {
	v := e.compare()
	for e.take("&&") != "" {
		if other := e.compare(); truthy(v) {
			v = other
		}
	}
	return v
}

func (e *expression) compare() string {
	a := e.primary()
	switch o := e.take("==", "!=", "<=", ">"); o {
	case "==":
		return strconv.FormatBool(a == e.primary())
	case "!=":
		return strconv.FormatBool(a != e.primary())
	case "<=", ">":
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(e.primary())
		if errX != nil || errY != nil {
			panic(fmt.Sprint("not a number: ", errX, errY))
		}
		return strconv.FormatBool((x > y) == (o == ">"))
	}
	return a
}

func (e *expression) primary() string {
	token := e.tokens[0]
	e.tokens = e.tokens[1:]
	switch {
	case token == "failure()":
		return strconv.FormatBool(e.failed)
	case token[0] == '\'':
		return strings.Trim(token, "'")
	case token[0] >= '0' && token[0] <= '9':
		return token
	}
	return e.values[token]
}

var expressionIn = regexp.MustCompile(`\$\{\{ (.*?) \}\}`)

// fill replaces the expressions in a text.
func fill(text string, values map[string]string, failed bool) string {
	return expressionIn.ReplaceAllStringFunc(text, func(m string) string {
		return evaluate(expressionIn.FindStringSubmatch(m)[1], values, failed)
	})
}

func TestExpressions(t *testing.T) {
	values := map[string]string{"matrix.arch": "amd64", "matrix.size": "60000000", "steps.a.outcome": "success"}
	for text, want := range map[string]string{
		"matrix.arch == 'amd64' && 'x86_64' || 'arm64'":   "x86_64",
		"matrix.arch != 'amd64' && 'x86_64' || 'arm64'":   "arm64",
		"matrix.none || matrix.arch":                      "amd64",
		"matrix.size > 52428800":                          "true",
		"matrix.size <= 52428800":                         "false",
		"failure() && steps.a.outcome == 'success'":       "true",
		"failure() && steps.none.outcome == 'success'":    "false",
		"matrix.event || '{}'":                            "{}",
		"matrix.arch == 'arm64' || matrix.size > 1":       "true",
		"matrix.none == 'x' && matrix.size > 1 || 'else'": "else",
	} {
		if got := evaluate(text, values, true); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
