package ldif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

// Options say what an LDIF file stands for.
type Options struct {
	Name   string // as coexist.yaml names the directory
	Domain string // DNS name of the domain; "" to take it from the distinguished names
	// Scopes are the OUs to read, by DN; none for everything in the file. A filter is refused: filter when exporting.
	Scopes  []snapshot.Scope
	TakenAt time.Time // when the export was made; a file's time of modification serves
}

// Connector reads an LDIF export. It implements connector.Importer.
type Connector struct {
	file    string // for messages
	open    func() (io.ReadCloser, error)
	options Options
}

var _ connector.Importer = (*Connector)(nil)

// New makes a connector for the file at path, which may be read twice.
func New(path string, o Options) *Connector {
	return &Connector{filepath.Base(path), func() (io.ReadCloser, error) { return os.Open(path) }, o}
}

// NewReader makes a connector for what open gives, each time the same; name stands for it in messages.
func NewReader(name string, open func() (io.ReadCloser, error), o Options) *Connector {
	return &Connector{name, open, o}
}

// Import implements connector.Importer. Objects that are neither users, contacts nor groups are left out, and so are
// deleted ones. An attribute that was asked for and that no object of the file has is listed in Source.MissingAttrs, for
// nobody can tell whether it was exported.
func (c *Connector) Import(ctx context.Context, want connector.Want, b *snapshot.Builder) error {
	op := "read " + c.file
	for _, s := range c.options.Scopes {
		if s.Filter != "" {
			return &fault.Error{Kind: fault.Invalid, Op: op, Err: fmt.Errorf("scope %s has a filter, and filters are not applied to a file: filter when exporting", s.OU)}
		}
	}
	scopes, err := c.locate(ctx, want)
	if err != nil {
		return classify(op, err)
	}
	return classify(op, c.read(ctx, want, scopes, b))
}

// locate gives the scopes with the DNs that their OUs have in the file, where one may have been renamed since it was last
// read. Only then the file is read once more, for its OUs.
func (c *Connector) locate(ctx context.Context, want connector.Want) ([]snapshot.Scope, error) {
	scopes := slices.Clone(c.options.Scopes)
	known := map[directory.GUID]int{}
	for i, s := range scopes {
		if g := want.Known[directory.Fold(s.OU)]; !g.IsZero() {
			known[g] = i
		}
	}
	if len(known) == 0 {
		return scopes, nil
	}
	err := c.each(ctx, connector.Want{}, func(r *record) error {
		if _, object := r.kind(); object {
			return nil
		}
		if g, ok := directory.GUIDFromBytes([]byte(r.first("objectguid"))); ok {
			if i, ok := known[g]; ok && !directory.EqualFold(scopes[i].OU, r.dn) {
				scopes[i].Configured, scopes[i].OU = scopes[i].OU, r.dn
			}
		}
		return nil
	})
	return scopes, err
}

// each calls f for every record of the file, which must be sound.
func (c *Connector) each(ctx context.Context, want connector.Want, f func(*record) error) error {
	file, err := c.open()
	if err != nil {
		return err
	}
	defer file.Close() // it was only read
	r := newReader(c.file, file)
	for n := 0; ; n++ {
		if n%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			want.Progress.Report(c.options.Name, n)
		}
		rec := r.next()
		if rec == nil {
			return r.sound()
		}
		if err := f(rec); err != nil {
			r.problem(rec.line, "%s", err)
		}
	}
}

// read adds the objects and the source.
func (c *Connector) read(ctx context.Context, want connector.Want, scopes []snapshot.Scope, b *snapshot.Builder) error {
	l := newLoader(want, scopes, b)
	if err := c.each(ctx, want, l.take); err != nil {
		return err
	}
	src, err := l.source(c.options)
	if err != nil {
		return err
	}
	b.AddSource(src)
	return nil
}

// loader adds records to a builder and remembers what they say about the directory as a whole.
type loader struct {
	builder *snapshot.Builder
	wanted  map[string]string // folded name -> name as asked for
	seen    map[string]bool   // folded names that an object had
	scopes  []snapshot.Scope
	folded  []string // DNs of scopes
	attrs   []directory.Attribute
	domain  string // DN of the domain
	guid    directory.GUID
	objects int
	naming  string // longest common end of all DNs, at a component
	records int
}

func newLoader(want connector.Want, scopes []snapshot.Scope, b *snapshot.Builder) *loader {
	l := &loader{builder: b, wanted: map[string]string{}, seen: map[string]bool{}, scopes: scopes}
	for _, n := range slices.Concat(directory.Essential(), want.Attributes) {
		if _, ok := l.wanted[directory.Fold(n)]; !ok {
			l.wanted[directory.Fold(n)] = n
		}
	}
	for i := range l.scopes {
		l.scopes[i].Objects = 0
		l.folded = append(l.folded, directory.Fold(l.scopes[i].OU))
	}
	return l
}

// take adds one record if it is an object in scope.
func (l *loader) take(r *record) error {
	l.note(r)
	kind, ok := r.kind()
	if !ok {
		return nil
	}
	guid, err := r.guid()
	if err != nil {
		return err
	}
	if !l.inScope(r.dn) {
		return nil
	}
	l.objects++
	l.attrs = append(l.attrs[:0], directory.Attribute{Name: directory.AttrDN, Values: []string{r.dn}})
	for _, a := range r.attrs {
		if _, ok := l.wanted[a.folded]; ok && a.folded != "distinguishedname" && len(a.Values) > 0 {
			l.attrs = append(l.attrs, a.Attribute)
			l.seen[a.folded] = true
		}
	}
	return l.builder.Add(kind, guid, l.attrs)
}

// note remembers OUs and the domain.
func (l *loader) note(r *record) {
	dn := directory.Fold(r.dn)
	if l.records == 0 {
		l.naming = r.dn
	}
	for l.naming != "" && !directory.UnderDN(dn, directory.Fold(l.naming)) {
		l.naming = directory.ParentDN(l.naming)
	}
	l.records++
	guid, ok := directory.GUIDFromBytes([]byte(r.first("objectguid")))
	if !ok {
		return
	}
	if i := slices.Index(l.folded, dn); i >= 0 {
		l.scopes[i].GUID = guid
	}
	if slices.Contains(r.classes, "domain") || slices.Contains(r.classes, "domaindns") {
		l.domain, l.guid = r.dn, guid
	}
}

// inScope counts an object in the nearest scope that it lies in.
func (l *loader) inScope(dn string) bool {
	if len(l.scopes) == 0 {
		return true
	}
	f, best := directory.Fold(dn), -1
	for i, ou := range l.folded {
		if directory.UnderDN(f, ou) && (best < 0 || len(ou) > len(l.folded[best])) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	l.scopes[best].Objects++
	return true
}

// source says what was read.
func (l *loader) source(o Options) (snapshot.Source, error) {
	s := snapshot.Source{Name: o.Name, Domain: o.Domain, Naming: l.domain, TakenAt: o.TakenAt.UTC(), Scopes: l.scopes}
	if l.records == 0 {
		return s, errors.New("the file holds no records")
	}
	if s.Naming == "" {
		s.Naming = domainPart(l.naming)
	}
	if s.Domain == "" {
		s.Domain = directory.DomainOfDN(s.Naming)
	}
	if s.Domain == "" {
		return s, errors.New("the distinguished names have no common DC components, so the domain must be configured")
	}
	if len(s.Scopes) == 0 {
		s.Scopes = []snapshot.Scope{{OU: s.Naming, GUID: l.guid, Objects: l.objects}}
	}
	for _, sc := range s.Scopes {
		if sc.Objects == 0 && sc.GUID.IsZero() {
			return s, fmt.Errorf("scope %s is not in the file", sc.OU)
		}
	}
	for folded, name := range l.wanted {
		s.Attributes = append(s.Attributes, name)
		if !l.seen[folded] && folded != "distinguishedname" {
			s.MissingAttrs = append(s.MissingAttrs, name)
		}
	}
	slices.Sort(s.Attributes)
	slices.Sort(s.MissingAttrs)
	return s, nil
}

// domainPart cuts a distinguished name down to its DC components at the end.
func domainPart(dn string) string {
	for dn != "" && !strings.HasPrefix(directory.Fold(dn), "dc=") {
		dn = directory.ParentDN(dn)
	}
	return dn
}
