package verify

import (
	"path"
	"strings"

	"github.com/bootzip/bootzip/internal/zipscan"
)

// bootstrap looks for the file that Lambda starts.
func (x *examination) bootstrap() {
	at, regular, found := x.names.named("bootstrap")
	if !found && x.layers.starts("/opt/bootstrap") {
		x.skip("a layer supplies bootstrap", stageFunction, stageBootstrap, stageScript, stageELF, stageDynamic, stageGo)
		return
	}
	x.done(stageFunction)
	if !found {
		if len(x.archive.Entries) > 0 {
			x.find(idBootstrapMissing, "", "%s%s", x.almostBootstrap(), x.layers.bootstrap())
		}
		x.skip("there is no bootstrap", stageBootstrap, stageScript, stageELF, stageDynamic, stageGo)
		return
	}
	e := &x.archive.Entries[at]
	why := "it is a folder or a special file"
	if !regular && isLink(e) {
		why = "it is a link to " + quote(x.targets["bootstrap"]) + ", which is not a file of the zip"
		if i, ok := x.entry("bootstrap"); ok {
			at, regular, e = i, true, &x.archive.Entries[i]
		}
	}
	if !regular {
		x.find(idBootstrapRegular, e.Name, "%s", why)
		x.skip("bootstrap is not an ordinary file", stageBootstrap, stageScript, stageELF, stageDynamic, stageGo)
		return
	}
	x.boot = at
	x.executable(idBootstrapMode, e)
}

// executable checks that everyone may read and execute a program.
func (x *examination) executable(id string, e *zipscan.Entry) {
	m, ok := unixMode(e)
	switch {
	case !ok:
		x.find(id, e.Name, "the zip holds no Unix permissions for it (made by system %d)", e.Creator>>8)
	case m&(allRead|allExecute) != allRead|allExecute:
		x.find(id, e.Name, "it has mode %#04o", m&0o777)
	}
}

// almostBootstrap names a file that was probably meant to be the bootstrap.
func (x *examination) almostBootstrap() string {
	for i := range x.archive.Entries {
		name := x.archive.Entries[i].Name
		base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
		if base == "bootstrap" || strings.TrimSuffix(base, path.Ext(base)) == "bootstrap" {
			return "there is no bootstrap in the root, but " + quote(name)
		}
	}
	if list := x.archive.Entries; len(list) == 1 {
		return "there is no bootstrap; the only file is " + quote(list[0].Name)
	}
	return "there is no bootstrap"
}
