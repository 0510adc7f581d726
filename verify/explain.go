package verify

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bootzip/bootzip/project"
)

// An Explanation is a likely cause of a message.
type Explanation struct {
	Cause string
	Check Check // would have caught it
}

// A saying is something that stands in a log, and what can have led to it, the
// likeliest first.
type saying struct {
	words  []string // all of them stand in the text, in lower case
	causes []cause
}

type cause struct{ id, why string }

// sayings are looked through in their order. All whose words are there count.
var sayings = []saying{
	{[]string{"exec format error"}, []cause{
		{idMachine, "the program is for another architecture than the function: arm64 for x86_64, or the other way round"},
		{idBootstrapFormat, "bootstrap is no program for Linux: one for macOS or Windows, or a script without #!"},
		{idOS, "the program is for another system, as GOOS=darwin makes it"},
		{idType, "bootstrap is a library or an object file"},
		{idBroken, "the program was cut off or damaged"},
	}},
	{[]string{"fork/exec", "no such file or directory"}, []cause{
		{idInterpreter, "the program is dynamically linked, and its dynamic linker is not in Lambda's image; with musl (Alpine) that is always so"},
		{idScriptCRLF, "bootstrap is a script with Windows line ends"},
		{idScriptInterpreter, "bootstrap is a script, and the program of its #! line is not in Lambda's image"},
	}},
	{[]string{"permission denied"}, []cause{
		{idBootstrapMode, "bootstrap may not be executed by everyone: the zip was made without Unix permissions, or without chmod 0755"},
		{idMode, "a file may be read by its owner only, and the function runs as another user"},
	}},
	{[]string{"couldn't find valid bootstrap"}, []cause{
		{idBootstrapMissing, "there is no bootstrap in the root of the zip: it has another name, or stands in a folder"},
		{idBootstrapRegular, "bootstrap is a folder or a link"},
	}},
	{[]string{"glibc_", "not found"}, []cause{
		{idGlibc, "the program was linked against a newer glibc than the runtime has"},
	}},
	{[]string{"glibcxx_", "not found"}, []cause{
		{idLibstdcxx, "the program was linked against a newer libstdc++ than the runtime has"},
	}},
	{[]string{"error while loading shared libraries"}, []cause{
		{idLibrary, "a library that the program needs is neither in Lambda's image nor in the zip"},
	}},
	{[]string{"segmentation fault"}, []cause{
		{idStaticNSS, "a statically linked glibc program loads name-service libraries of another glibc when it resolves a name"},
		{idAlpine, "the program was built on Alpine; such programs have crashed on Lambda"},
		{idCPU, "the program needs a newer processor"},
	}},
	{[]string{"illegal instruction"}, []cause{
		{idCPU, "the program needs instructions that the processor does not have, as with GOAMD64=v4"},
		{idCPURisk, "the program needs x86-64-v3, of which Lambda documents AVX2 only"},
	}},
	{[]string{"unzipped size must be smaller"}, []cause{
		{idUnzipped, "the files of the function and its layers are larger than Lambda allows"},
	}},
	{[]string{"request must be smaller than"}, []cause{
		{idUpload, "the zip is too large for a direct upload"},
	}},
	{[]string{"could not unzip uploaded file"}, []cause{
		{"zip-not-a-zip", "the file is no zip, or was cut off"},
		{"zip-bad-directory", "the zip's directory is damaged"},
		{"zip-bad-data", "the content of a file is damaged"},
	}},
	{[]string{"nosuchhandler"}, []cause{
		{idBoot, "the handler of the function's configuration is none that the program answers to"},
	}},
}

// vague are sayings that tell little; they are looked at only where
// none of those fits.
var vague = []saying{
	{[]string{"runtime.invalidentrypoint"}, []cause{
		{idBootstrapMissing, "there is no bootstrap in the root of the zip"},
		{idMachine, "the program is for another architecture"},
		{idBootstrapMode, "bootstrap may not be executed"},
		{idInterpreter, "the program's dynamic linker is not there"},
	}},
	{[]string{"runtime exited with error"}, []cause{
		{idBoot, "the program ended by itself; its own output stands before this line"},
		{idGlibc, "the dynamic linker found no glibc that is new enough"},
		{idLibrary, "the dynamic linker did not find a library"},
	}},
	{[]string{"task timed out"}, []cause{
		{idBoot, "the program did not answer in time"},
	}},
}

var glibcVersion = regexp.MustCompile(`GLIBC_2\.(\d+)`)

// Explain takes a message from Lambda's log, or some lines around it, and
// returns its likely causes, the likeliest first, each with the check that
// would have caught it; nothing if the message is unknown.
func Explain(text string) []Explanation {
	low := strings.ToLower(strings.ReplaceAll(text, "\u2019", "'"))
	list := explain(low, sayings)
	if len(list) == 0 {
		list = explain(low, vague)
	}
	for i := range list {
		if m := glibcVersion.FindStringSubmatch(text); m != nil && list[i].Check.ID == idGlibc {
			list[i].Cause += fmt.Sprintf(": glibc 2.%s is asked for; al2023 has 2.%d, al2 has 2.%d", m[1], imageOf(project.AL2023).glibc, imageOf(project.AL2).glibc)
		}
	}
	return list
}

func explain(low string, sayings []saying) []Explanation {
	var list []Explanation
	seen := map[string]bool{}
	for _, s := range sayings {
		if !containsAll(low, s.words) {
			continue
		}
		for _, c := range s.causes {
			if check, ok := CheckByID(c.id); ok && !seen[c.id] {
				seen[c.id] = true
				list = append(list, Explanation{Cause: c.why, Check: check})
			}
		}
	}
	return list
}

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}
