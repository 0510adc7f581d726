package targets

import (
	"strings"
	"testing"
)

func TestFunctionVariables(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	env := "A=1,B=x=y"
	if got, err := functionVariables(&env); err != nil || strings.Join(got, " ") != "AWS_ACCESS_KEY_ID=id A=1 B=x=y" {
		t.Errorf("%q, %v", got, err)
	}
	env = "A"
	if _, err := functionVariables(&env); err == nil {
		t.Error("a variable without a value was taken")
	}
}
