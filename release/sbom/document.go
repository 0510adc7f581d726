package sbom

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/bootzip/bootzip/release/internal/purl"
)

// A document is an SBOM in the making.
type document struct {
	config  Config
	subject subject

	bom        *cdx.BOM
	components []cdx.Component
	depends    map[string][]string // by reference
	known      []string            // references whose dependencies are all listed
	unknown    []string            // references whose dependencies are unknown
}

const rootRef = "subject"

func (d *document) fill(ctx context.Context) error {
	d.depends = map[string][]string{}
	d.bom = cdx.NewBOM()
	d.bom.Metadata = d.metadata()

	added := map[string]bool{}
	golang := false // there is a Go program
	others := false // there is a program that is not Go's
	for _, f := range d.subject.files {
		ref := rootRef
		if d.subject.zip {
			ref = "file:" + f.name
			d.components = append(d.components, fileComponent(ref, f))
			d.depend(rootRef, ref)
		}
		if f.golang == nil {
			if f.program {
				others = true
				d.unknown = append(d.unknown, ref)
			}
			continue
		}
		golang = true
		d.known = append(d.known, ref)
		d.add(ref, standardLibrary(f.golang.GoVersion))
		for _, m := range modules(f.golang) {
			released := ""
			if m == &f.golang.Main {
				released = d.config.Version
			}
			module := moduleRef(m, released)
			d.depend(ref, module)
			if added[module] {
				continue
			}
			added[module] = true
			c, err := d.module(ctx, m, released)
			if err != nil {
				return err
			}
			d.add(ref, c)
		}
	}
	if err := d.packages(golang && !others); err != nil {
		return err
	}
	if d.subject.zip {
		d.known = append(d.known, rootRef)
	}
	if m := d.config.Image; m != nil {
		if _, err := hex.DecodeString(m.SHA256); err != nil {
			return err
		}
		d.image(m)
	}
	d.finish()
	return nil
}

func (d *document) depend(ref, on string) { d.depends[ref] = append(d.depends[ref], on) }

// add lists a component on which ref depends, and whose own dependencies are unknown.
func (d *document) add(ref string, c cdx.Component) {
	d.depend(ref, c.BOMRef)
	d.components = append(d.components, c)
	d.unknown = append(d.unknown, c.BOMRef)
}

func (d *document) metadata() *cdx.Metadata {
	c := cdx.Component{
		BOMRef: rootRef, Type: cdx.ComponentTypeApplication, Name: d.config.Name, Version: d.config.Version,
		Hashes: sha256Hash(hex.EncodeToString(d.subject.sha256[:])),
	}
	var properties []cdx.Property
	switch m := d.config.Image; {
	case m != nil:
		c.Type, c.Hashes = cdx.ComponentTypeContainer, sha256Hash(m.SHA256)
		properties = []cdx.Property{{Name: propertyDigest, Value: m.Digest}}
	case d.subject.zip:
		properties = []cdx.Property{{Name: propertyCode, Value: base64.StdEncoding.EncodeToString(d.subject.sha256[:])}}
	default:
		properties = programProperties(d.subject.files[0])
	}
	c.Supplier = supplierOf(d.config.Supplier.Name, d.config.Supplier.URL)
	if d.config.Toolchain != "" {
		properties = append(properties, cdx.Property{Name: propertyToolchain, Value: d.config.Toolchain})
	}
	c.Properties = optional(properties)
	m := &cdx.Metadata{
		Supplier:   c.Supplier,
		Lifecycles: &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhasePostBuild}},
		Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{
			{Type: cdx.ComponentTypeApplication, Name: "bootzip", Version: d.config.BootzipVersion},
		}},
		Component: &c,
	}
	if !d.config.Time.IsZero() {
		m.Timestamp = d.config.Time.UTC().Format(time.RFC3339)
	}
	return m
}

func supplierOf(name, url string) *cdx.OrganizationalEntity {
	if name == "" {
		return nil
	}
	supplier := &cdx.OrganizationalEntity{Name: name}
	if url != "" {
		supplier.URL = &[]string{url}
	}
	return supplier
}

func fileComponent(ref string, f file) cdx.Component {
	return cdx.Component{
		BOMRef: ref, Type: cdx.ComponentTypeFile, Name: f.name,
		Hashes: sha256Hash(hex.EncodeToString(f.sha256[:])), Properties: optional(programProperties(f)),
	}
}

func programProperties(f file) []cdx.Property {
	var list []cdx.Property
	if f.golang != nil {
		list = goProperties(f.golang)
	}
	for _, text := range f.comments {
		list = append(list, cdx.Property{Name: propertyComment, Value: text})
	}
	return list
}

func sha256Hash(sum string) *[]cdx.Hash {
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}}
}

// packages lists those of the build image: among the components if they may be in
// the programs, else in the formulation.
func (d *document) packages(apart bool) error {
	var list []cdx.Component
	release := purl.DebianRelease(d.config.Packages)
	for _, line := range d.config.Packages {
		p, err := purl.ParseDebianPackage(line)
		if err != nil {
			return err
		}
		c := cdx.Component{
			BOMRef: "deb:" + line, Type: cdx.ComponentTypeLibrary, Name: p.Name, Version: p.Version,
			PackageURL: p.URLIn(release), Supplier: supplierOf("Debian", "https://www.debian.org"),
		}
		list = append(list, c)
		if !apart {
			d.components = append(d.components, c)
			d.unknown = append(d.unknown, c.BOMRef)
		}
	}
	if apart && len(list) > 0 {
		list = byReference(list)
		d.bom.Formulation = &[]cdx.Formula{{Components: &list}}
	}
	return nil
}

// finish sorts everything, and declares how much of the graph is known.
func (d *document) finish() {
	d.components = byReference(d.components)
	d.bom.Components = optional(d.components)

	graph := []cdx.Dependency{node(rootRef, d.depends[rootRef])}
	for _, c := range d.components {
		graph = append(graph, node(c.BOMRef, d.depends[c.BOMRef]))
	}
	d.bom.Dependencies = &graph

	var compositions []cdx.Composition
	if d.subject.zip {
		compositions = append(compositions, cdx.Composition{Aggregate: cdx.CompositionAggregateComplete, Assemblies: references([]string{rootRef})})
	}
	if len(d.known) > 0 {
		compositions = append(compositions, cdx.Composition{Aggregate: cdx.CompositionAggregateComplete, Dependencies: references(d.known)})
	}
	if len(d.unknown) > 0 {
		compositions = append(compositions, cdx.Composition{Aggregate: cdx.CompositionAggregateUnknown, Dependencies: references(d.unknown)})
	}
	d.bom.Compositions = optional(compositions)
}

// byReference sorts components and drops duplicates.
func byReference(list []cdx.Component) []cdx.Component {
	slices.SortFunc(list, func(a, b cdx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })
	return slices.CompactFunc(list, func(a, b cdx.Component) bool { return a.BOMRef == b.BOMRef })
}

func node(ref string, on []string) cdx.Dependency {
	on = slices.Compact(slices.Sorted(slices.Values(on)))
	return cdx.Dependency{Ref: ref, Dependencies: optional(on)}
}

func references(refs []string) *[]cdx.BOMReference {
	var list []cdx.BOMReference
	for _, r := range slices.Compact(slices.Sorted(slices.Values(refs))) {
		list = append(list, cdx.BOMReference(r))
	}
	return &list
}
