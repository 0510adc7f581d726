package verify

import (
	"path"
	"strconv"
	"strings"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// bootstrapStages are the stages that need the content of bootstrap.
var bootstrapStages = []stage{stageBootstrap, stageScript, stageELF, stageDynamic, stageGo}

// bootstrap finds the file that Lambda starts.
func (x *examination) bootstrap() {
	at, regular, found := x.names.named("bootstrap")
	if target := path.Clean(x.targets["bootstrap"]); x.layers.starts(target) || !found && x.layers.starts("/opt/bootstrap") {
		x.skip("a layer supplies bootstrap", stageFunction)
		x.skip("a layer supplies bootstrap", bootstrapStages...)
		return
	}
	x.done(stageFunction)
	if !found {
		if len(x.archive.Entries) > 0 {
			x.find(idBootstrapMissing, "", "%s%s", x.almostBootstrap(), x.layers.bootstrap())
		}
		x.skip("there is no bootstrap", bootstrapStages...)
		return
	}
	e := &x.archive.Entries[at]
	why := "it is a directory or a special file"
	if !regular && isLink(e) {
		why = "it is a link to " + strconv.Quote(x.targets["bootstrap"]) + ", which is not a file of the zip"
		if i, ok := x.entry("bootstrap"); ok {
			at, regular, e = i, true, &x.archive.Entries[i]
		}
	}
	if !regular {
		x.find(idBootstrapRegular, e.Name, "%s", why)
		x.skip("bootstrap is not an ordinary file", bootstrapStages...)
		return
	}
	x.boot = at
	x.executable(idBootstrapMode, e)
}

// executable checks that everyone may read and execute a program.
func (x *examination) executable(id string, e *zipscan.Entry) {
	m, ok := e.UnixMode()
	switch {
	case !ok:
		x.find(id, e.Name, "the zip holds no Unix permissions for it (made by system %d)", e.Creator>>8)
	case m&(allRead|allExecute) != allRead|allExecute:
		x.find(id, e.Name, "it has mode %#04o", m&0o777)
	}
}

// almostBootstrap returns the message that there is no bootstrap, with the file that was
// probably meant to be one.
func (x *examination) almostBootstrap() string {
	for i := range x.archive.Entries {
		name := x.archive.Entries[i].Name
		base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
		if base == "bootstrap" || strings.TrimSuffix(base, path.Ext(base)) == "bootstrap" {
			return "there is no bootstrap in the root, but " + strconv.Quote(name)
		}
	}
	if list := x.archive.Entries; len(list) == 1 {
		return "there is no bootstrap; the only file is " + strconv.Quote(list[0].Name)
	}
	return "there is no bootstrap"
}
