package pipeline

import (
	"strings"
	"testing"

	"github.com/bootzip/bootzip/internal/hint"
	"github.com/bootzip/bootzip/pack"
	"github.com/bootzip/bootzip/project"
)

// code returns a CodeSha256 made of one letter.
func code(letter string) string { return strings.Repeat(letter, 43) + "=" }

func zipOf(function string, arch project.Arch, letter string) pack.Zip {
	return pack.Zip{Function: function, Arch: arch, Runtime: "provided.al2023", File: pack.FileName(function, arch),
		CodeSha256: code(letter), Content: "content " + letter}
}

var now = []pack.Zip{
	zipOf("hello", project.AMD64, "A"),
	zipOf("hello", project.ARM64, "B"),
	zipOf("other", project.ARM64, "C"),
}

func changed(t *testing.T, zips []pack.Zip, text string, names ...Names) string {
	t.Helper()
	d, err := ReadDeployed(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	var n Names
	if len(names) > 0 {
		n = names[0]
	}
	changes, gone, err := Changed(zips, d, n)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, c := range changes {
		words = append(words, strings.TrimSuffix(c.File+":"+c.Reason+":"+c.Deployed, ":"))
	}
	for _, g := range gone {
		words = append(words, "gone:"+g)
	}
	return strings.Join(words, " ")
}

func TestChangedWithNames(t *testing.T) {
	names := Names{"hello": {"svc-prod-hello", "svc-test-hello"}}
	aws := func(lines ...string) string { return strings.Join(lines, "\n") }
	for _, test := range []struct{ name, deployed, want string }{
		{"all as deployed", aws("svc-prod-hello "+code("A"), "svc-test-hello "+code("B"), "other "+code("C")), ""},
		{"one of two names", aws("svc-prod-hello "+code("A"), "svc-test-hello "+code("Z"), "other "+code("C")),
			"hello-amd64.zip:zip:svc-test-hello hello-arm64.zip:zip:svc-test-hello"},
		{"with the architecture", aws("svc-prod-hello "+code("Z")+" arm64", "svc-test-hello "+code("B")+" arm64", "other "+code("C")),
			"hello-arm64.zip:zip:svc-prod-hello"},
		{"its own name is somebody else's", aws("hello "+code("A"), "svc-test-hello "+code("A"), "other "+code("C")),
			"hello-amd64.zip:new:svc-prod-hello hello-arm64.zip:new:svc-prod-hello"},
		{"a manifest has the project's names", `{"packer":"p","zips":[{"function":"hello","arch":"amd64","runtime":"provided.al2023","file":"x","codeSha256":"` +
			code("A") + `","contentDigest":"content A"},{"function":"hello","arch":"arm64","runtime":"provided.al2023","file":"x","codeSha256":"` +
			code("B") + `","contentDigest":"content B"},{"function":"other","arch":"arm64","runtime":"provided.al2023","file":"x","codeSha256":"` +
			code("C") + `","contentDigest":"content C"}]}`, ""},
	} {
		if got := changed(t, now, test.deployed, names); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if _, _, err := Changed(now, Deployed{}, Names{"helo": {"x"}}); err == nil || !strings.Contains(err.Error(), `function "helo"`) {
		t.Errorf("a function that is not there: %v", err)
	}
	one, err := ReadDeployed(strings.NewReader(code("A")), "test")
	if err != nil {
		t.Fatal(err)
	}
	if changes, _, err := Changed(now[:1], one, Names{"hello": {"svc"}}); err != nil || len(changes) > 0 {
		t.Errorf("a lone CodeSha256: %v, %v", changes, err)
	}
}

func TestChanged(t *testing.T) {
	manifest := func(zips string) string { return `{"packer":"p","zips":[` + zips + `]}` }
	line := func(function, arch, codeLetter, contentLetter, runtime string) string {
		return `{"function":"` + function + `","arch":"` + arch + `","runtime":"` + runtime + `","file":"x.zip","codeSha256":"` +
			code(codeLetter) + `","contentDigest":"content ` + contentLetter + `"}`
	}
	all := line("hello", "amd64", "A", "A", "provided.al2023") + "," + line("hello", "arm64", "B", "B", "provided.al2023") + "," +
		line("other", "arm64", "C", "C", "provided.al2023")
	for _, test := range []struct{ name, deployed, want string }{
		{"all as deployed", manifest(all), ""},
		{"empty manifest", manifest(""), "hello-amd64.zip:new hello-arm64.zip:new other-arm64.zip:new"},
		{"other bytes of the same content", manifest(strings.ReplaceAll(all, code("A"), code("Z"))), ""},
		{"other content", manifest(strings.ReplaceAll(all, "content A", "content Z")), "hello-amd64.zip:content"},
		{"other runtime", manifest(strings.Replace(all, "provided.al2023", "provided.al2", 1)), "hello-amd64.zip:runtime"},
		{"a function that is gone", manifest(all + "," + line("old", "arm64", "D", "D", "provided.al2023")), "gone:old"},
		{"list-functions", `{"Functions":[{"FunctionName":"hello","CodeSha256":"` + code("B") + `","Architectures":["arm64"],"Runtime":"provided.al2023"},
			{"FunctionName":"other","CodeSha256":"` + code("X") + `","Architectures":["arm64"],"Runtime":"provided.al2023"},
			{"FunctionName":"somebody-elses","CodeSha256":"` + code("Y") + `"}]}`, "other-arm64.zip:zip"},
		{"another architecture", `{"FunctionName":"other","CodeSha256":"` + code("C") + `","Architectures":["x86_64"]}`, "hello-amd64.zip:new hello-arm64.zip:new other-arm64.zip:new"},
		{"the deployed architecture", "hello " + code("X") + " x86_64\nother " + code("C"), "hello-amd64.zip:zip"},
		{"published versions do not count", `{"Functions":[{"FunctionName":"other","CodeSha256":"` + code("C") + `","Version":"$LATEST"},
			{"FunctionName":"other","CodeSha256":"` + code("X") + `","Version":"7"}]}`, "hello-amd64.zip:new hello-arm64.zip:new"},
		{"a published version that was asked for", `{"FunctionName":"other","CodeSha256":"` + code("C") + `","Version":"3"}`, "hello-amd64.zip:new hello-arm64.zip:new"},
		{"one by get-function", `{"Configuration":{"FunctionName":"other","CodeSha256":"` + code("X") + `","Version":"3"}}`, "hello-amd64.zip:new hello-arm64.zip:new other-arm64.zip:zip"},
		{"a version alone in a list", `{"Functions":[{"FunctionName":"other","CodeSha256":"` + code("C") + `","Version":"3"}]}`, "hello-amd64.zip:new hello-arm64.zip:new"},
		{"an account without functions", `{"Functions":[]}`, "hello-amd64.zip:new hello-arm64.zip:new other-arm64.zip:new"},
		{"get-function", `{"Configuration":{"FunctionName":"other","CodeSha256":"` + code("C") + `","Architectures":["arm64"]},"Code":{}}`, "hello-amd64.zip:new hello-arm64.zip:new"},
		{"several of get-function-configuration", `{"FunctionName":"other","CodeSha256":"` + code("C") + `"}
			{"FunctionName":"hello","CodeSha256":"` + code("B") + `"}`, ""},
		{"--query Functions", `[{"FunctionName":"other","CodeSha256":"` + code("C") + `"},{"FunctionName":"hello","CodeSha256":"` + code("X") + `","Architectures":["arm64"]}]`, "hello-arm64.zip:zip"},
		{"with a byte order mark", "\ufeffhello " + code("B") + "\nother " + code("C"), ""},
		{"lines", "hello\t" + code("B") + "\nother " + code("C") + " arm64\r\n", ""},
		{"lines with a change", "hello " + code("X") + " x86_64\nhello " + code("B") + " arm64\nother " + code("C"), "hello-amd64.zip:zip"},
		{"unknown architecture, none of the zips", "hello " + code("X") + "\nother " + code("C"), "hello-amd64.zip:zip hello-arm64.zip:zip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := changed(t, now, test.deployed); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
	t.Run("one CodeSha256", func(t *testing.T) {
		if got := changed(t, now[:2], `"`+code("B")+`"`); got != "" {
			t.Errorf("got %q", got)
		}
		if got := changed(t, now[:2], code("X")); got != "hello-amd64.zip:zip hello-arm64.zip:zip" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("one CodeSha256 for two functions", func(t *testing.T) {
		d, err := ReadDeployed(strings.NewReader(code("B")), "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Changed(now, d, nil); err == nil || !strings.Contains(hint.Of(err), "--function=NAME") {
			t.Errorf("got %v", err)
		}
	})
}

func TestDeployedIsRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "empty input"},
		{" \n", "empty input"},
		{"{", "unexpected EOF"},
		{`{"Functions":[]} x`, "invalid character"},
		{"[1]", "cannot unmarshal"},
		{`{"zips":[{"file":"a.zip"}]}`, `zip "a.zip" has no digest`},
		{`{"functions":{"hello":{}}}`, "cannot unmarshal"},
		{`{"name":"package"}`, "neither a manifest nor an answer of Lambda"},
		{"hello", `invalid CodeSha256 "hello"`},
		{"hello " + code("!"), "invalid CodeSha256"},
		{"hello " + code("A") + " mips", "mips"},
		{"one two three four", "has 4 words"},
		{`{"Functions":[],"NextToken":"x"}`, "is incomplete"},
		{`{"Functions":[{"FunctionName":"f","CodeSha256":"` + code("A") + `"}],"NextMarker":"x"}`, "is incomplete"},
		{`{"Functions":[{"FunctionName":"f","CodeSha256":"` + code("A") + `","Version":"1"},{"FunctionName":"f","CodeSha256":"` + code("B") + `","Version":"2"}]}`, `function "f" has two CodeSha256`},
		{"f " + code("A") + "\nf " + code("B"), `function "f" has two CodeSha256`},
	} {
		_, err := ReadDeployed(strings.NewReader(test.text), "deployed.json")
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "deployed.json: ") {
			t.Errorf("%q: %v", test.text, err)
		}
		if how := hint.Of(err); how == "" || strings.Contains(how, "--max-items") != (test.want == "is incomplete") {
			t.Errorf("%q: hint %q", test.text, how)
		}
	}
}

// Warnings about functions as they are deployed, with names from deploy files.
func TestChangedWarnings(t *testing.T) {
	list := `{"Functions":[{"FunctionName":"svc","CodeSha256":"` + code("A") + `","Architectures":["arm64"],"Runtime":"provided.al2"},
		{"FunctionName":"fine","CodeSha256":"` + code("B") + `","Architectures":["x86_64"],"Runtime":"provided.al2023"},
		{"FunctionName":"foreign","CodeSha256":"` + code("C") + `","Runtime":"go1.x"}]}`
	d, err := ReadDeployed(strings.NewReader(list), "test")
	if err != nil {
		t.Fatal(err)
	}
	zips := []pack.Zip{{Function: "hello", Arch: project.AMD64, Runtime: "provided.al2023"}}
	got := strings.Join(Warnings(zips, d, Names{"hello": {"svc", "fine"}}), "; ")
	if !strings.HasPrefix(got, "svc has the runtime provided.al2: AWS ended its support") || !strings.HasSuffix(got, `svc is for arm64, for which no zip of "hello" was made`) {
		t.Errorf("warnings are %q", got)
	}
}

func TestDeployedByTerraform(t *testing.T) {
	state := `{"format_version":"1.0","values":{"root_module":{"resources":[{"type":"aws_s3_bucket","values":{"architectures":1}}],"child_modules":[{"resources":[
		{"type":"aws_lambda_function","values":{"function_name":"hello","source_code_hash":"` + code("Z") + `","architectures":["arm64"],"runtime":"provided.al2023"}},
		{"type":"aws_lambda_function","values":{"function_name":"other","code_sha256":"` + code("C") + `","source_code_hash":"x","architectures":["arm64"],"runtime":"provided.al2023"}}]}]}}}`
	if got := changed(t, now, state, nil); got != "hello-arm64.zip:zip" {
		t.Errorf("changed are %q", got)
	}
}
