package verify

import (
	"io"
	"net/url"
	"path/filepath"

	"github.com/bootzip/bootzip/internal/printer"
)

// The parts of SARIF 2.1.0 (OASIS Standard, 27 March 2020) that a report
// needs; names and nesting are the standard's, section 3.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       map[string]sarifDriver `json:"tool"`
		ColumnKind string                 `json:"columnKind"`
		Artifacts  []sarifArtifact        `json:"artifacts"`
		Results    []sarifResult          `json:"results"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string              `json:"id"`
		ShortDescription sarifText           `json:"shortDescription"`
		FullDescription  sarifText           `json:"fullDescription"`
		Help             sarifText           `json:"help"`
		HelpURI          string              `json:"helpUri"`
		Configuration    map[string]string   `json:"defaultConfiguration"`
		Properties       map[string][]string `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifArtifact struct {
		Location sarifURI          `json:"location"`
		Length   int64             `json:"length"`
		Hashes   map[string]string `json:"hashes"`
	}
	sarifURI struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitempty"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifURI     `json:"artifactLocation"`
		Region   *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// WriteSARIF writes the findings of reports as SARIF 2.1.0, for code scanning.
// Waived findings are suppressed, with their reason. The paths of zips are those of the
// reports, so they should be relative to the root of the repository.
func WriteSARIF(w io.Writer, reports []Report) error {
	run := sarifRun{
		ColumnKind: "unicodeCodePoints",
		Artifacts:  []sarifArtifact{},
		Results:    []sarifResult{},
	}
	driver := sarifDriver{Name: "bootzip verify", InformationURI: "https://github.com/bootzip/bootzip"}
	index := map[string]int{}
	for i, c := range Checks() {
		index[c.ID] = i
		driver.Rules = append(driver.Rules, sarifRuleOf(c))
	}
	run.Tool = map[string]sarifDriver{"driver": driver}
	for n, r := range reports {
		uri := sarifPath(r.Path)
		run.Artifacts = append(run.Artifacts, sarifArtifact{Location: sarifURI{URI: uri}, Length: r.Size, Hashes: map[string]string{"sha-256": r.SHA256}})
		for _, x := range r.Results {
			if !x.Status.isFinding() {
				continue
			}
			place := sarifLocation{Physical: sarifPhysical{Artifact: sarifURI{URI: uri, Index: &n}}}
			if x.Source != "" && x.Source != r.Path {
				place.Physical.Artifact = sarifURI{URI: sarifPath(x.Source)}
			}
			if x.Line > 0 {
				place.Physical.Region = &sarifRegion{x.Line, x.Column}
			}
			if x.File != "" && r.Deploy != nil {
				place.Logical = []sarifLogical{{Name: printer.Line(x.File), Full: printer.Line(x.File), Kind: "resource"}}
			} else if x.File != "" {
				place.Logical = []sarifLogical{{Name: printer.Line(x.File), Full: printer.Line(r.Path + "!/" + x.File), Kind: "member"}}
			}
			result := sarifResult{
				RuleID: x.Check.ID, RuleIndex: index[x.Check.ID], Level: sarifLevel(x.Severity),
				Message: sarifText{x.message()}, Locations: []sarifLocation{place},
			}
			if x.Status == Waived {
				result.Level = "note"
				result.Suppressions = []sarifSuppression{{Kind: "external", Justification: x.Reason}}
			}
			run.Results = append(run.Results, result)
		}
	}
	return writeIndented(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

func sarifRuleOf(c Check) sarifRule {
	full := "The check proves that " + c.Proves + "."
	if c.Lambda != "" {
		full += " Where it does not hold, Lambda says: " + c.Lambda
	}
	return sarifRule{
		ID: c.ID, ShortDescription: sarifText{c.Proves}, FullDescription: sarifText{full}, Help: sarifText{c.Hint}, HelpURI: c.page(),
		Configuration: map[string]string{"level": sarifLevel(c.Severity)}, Properties: map[string][]string{"tags": {"lambda", string(c.Layer)}},
	}
}

func sarifLevel(s Severity) string {
	if s == SeverityWarn {
		return "warning"
	}
	return "error"
}

// sarifPath makes a URI reference of a path.
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
