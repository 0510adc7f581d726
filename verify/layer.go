package verify

import (
	"strconv"
	"strings"
)

// Directories of /opt that Lambda or one of its runtimes searches (AWS Lambda developer
// guide, "Packaging your layer content").
var layerFolders = map[string]bool{
	"bin": true, "lib": true, "extensions": true,
	"python": true, "nodejs": true, "java": true, "ruby": true,
}

// isExtension reports whether Lambda would start a file as an extension: it
// looks directly in extensions/ (AWS Lambda developer guide, "Lambda
// Extensions API").
func isExtension(name string) bool {
	rest, ok := strings.CutPrefix(name, "extensions/")
	return ok && rest != "" && !strings.Contains(rest, "/")
}

// layerFolders checks the files of a layer's zip that Lambda uses.
func (x *examination) layerFolders() {
	known := false
	for i := range x.archive.Entries {
		e := &x.archive.Entries[i]
		first, _, folder := strings.Cut(e.Name, "/")
		known = known || folder && layerFolders[first] || e.Name == "bootstrap"
		if isFile(e) && isExtension(e.Name) {
			x.executable(idLayerExtension, e)
		}
	}
	if i, ok := x.entry("bootstrap"); ok {
		x.boot = i
		x.executable(idBootstrapMode, &x.archive.Entries[i])
	}
	if !known && len(x.archive.Entries) > 0 {
		x.find(idLayerNothing, "", "nothing in the zip is in such a directory%s", x.parentFolder())
	}
}

// parentFolder returns a message about the one directory of a zip whose content should be
// in the root instead, as in a zip of a repository; "" if there is no such directory.
func (x *examination) parentFolder() string {
	parent, message := "", ""
	for i := range x.archive.Entries {
		first, rest, folder := strings.Cut(x.archive.Entries[i].Name, "/")
		if !folder || parent != "" && parent != first {
			return ""
		}
		parent = first
		if second, _, below := strings.Cut(rest, "/"); below && layerFolders[second] || rest == "bootstrap" {
			message = ": all is in " + strconv.Quote(parent+"/") + ", whose content belongs into the root"
		}
	}
	return message
}
