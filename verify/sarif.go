package verify

import (
	"io"
	"net/url"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/printer"
)

// An object is one of SARIF 2.1.0 (OASIS Standard, 27 March 2020). Names and nesting are
// those of the standard's section 3.
type object = map[string]any

// WriteSARIF writes the findings of reports as SARIF 2.1.0, for code scanning.
// Waived findings are suppressed, with their reason. The paths of zips are those of the
// reports, so they should be relative to the root of the repository.
func WriteSARIF(w io.Writer, reports []Report) error {
	rules, artifacts, results := []object{}, []object{}, []object{}
	index := map[string]int{}
	for i, c := range Checks() {
		index[c.ID] = i
		rules = append(rules, sarifRule(c))
	}
	for n, r := range reports {
		uri := sarifPath(r.Path)
		artifacts = append(artifacts, object{"location": object{"uri": uri}, "length": r.Size, "hashes": object{"sha-256": r.SHA256}})
		for _, x := range r.Results {
			if !x.Status.isFinding() {
				continue
			}
			physical := object{"artifactLocation": object{"uri": uri, "index": n}}
			if x.Source != "" && x.Source != r.Path {
				physical["artifactLocation"] = object{"uri": sarifPath(x.Source)}
			}
			if x.Line > 0 {
				region := object{"startLine": x.Line}
				if x.Column > 0 {
					region["startColumn"] = x.Column
				}
				physical["region"] = region
			}
			place := object{"physicalLocation": physical}
			if name := printer.Line(x.File); name != "" && r.Deploy != nil {
				place["logicalLocations"] = []object{{"name": name, "fullyQualifiedName": name, "kind": "resource"}}
			} else if name != "" {
				place["logicalLocations"] = []object{{"name": name, "fullyQualifiedName": printer.Line(r.Path + "!/" + x.File), "kind": "member"}}
			}
			result := object{
				"ruleId": x.Check.ID, "ruleIndex": index[x.Check.ID], "level": sarifLevel(x.Severity),
				"message": object{"text": x.message()}, "locations": []object{place},
			}
			if x.Status == Waived {
				result["level"] = "note"
				result["suppressions"] = []object{{"kind": "external", "justification": x.Reason}}
			}
			results = append(results, result)
		}
	}
	driver := object{"name": "bootzip verify", "informationUri": "https://github.com/bootzip/bootzip", "rules": rules}
	return writeIndented(w, object{
		"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "version": "2.1.0",
		"runs": []object{{"tool": object{"driver": driver}, "columnKind": "unicodeCodePoints", "artifacts": artifacts, "results": results}},
	})
}

func sarifRule(c Check) object {
	full := "The check proves that " + c.Proves + "."
	if c.Lambda != "" {
		full += " Where it does not hold, Lambda says: " + c.Lambda
	}
	return object{
		"id": c.ID, "shortDescription": object{"text": c.Proves}, "fullDescription": object{"text": full}, "help": object{"text": c.Hint}, "helpUri": c.page(),
		"defaultConfiguration": object{"level": sarifLevel(c.Severity)}, "properties": object{"tags": []string{"lambda", string(c.Layer)}},
	}
}

func sarifLevel(s Severity) string {
	if s == SeverityWarn {
		return "warning"
	}
	return "error"
}

// sarifPath makes a URI reference from a path.
func sarifPath(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}

// message returns a finding as one text, for the formats of other tools.
func (x Result) message() string {
	text := printer.Line(x.Detail)
	if x.File != "" {
		text = printer.Line(x.File) + ": " + text
	}
	if x.Check.Lambda != "" {
		text += ". Lambda says: " + x.Check.Lambda
	}
	return text + ". Hint: " + x.Check.Hint
}
