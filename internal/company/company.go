// Package company makes up a company's Active Directory: staff in several countries, leavers, service accounts, shared,
// room and equipment mailboxes, contacts, groups of all kinds, built-in objects, and the usual dirt. It serves the demo,
// tests and benchmarks. The same options give the same bytes, always; any number of users streams in little memory.
//
// All names are fictitious; domains end in .example (RFC 2606).
package company

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
)

// The names of the company. A tenant for it must have verified Domains, and not LocalSuffix.
const (
	Domain      = "tailspin.example"       // of the AD, and the default suffix
	BrandDomain = "tailspin-toys.example"  // suffix of the marketing department
	BoughtName  = "wingtip.example"        // suffix of the staff taken over with Wingtip
	LocalSuffix = "tailspin.local"         // can never be verified
	Naming      = "DC=tailspin,DC=example" // default naming context
	Tenant      = "tailspin"               // of tailspin.onmicrosoft.com
)

// Domains lists the domains that the company's tenant must have verified, beside its initial one.
func Domains() []string { return []string{Domain, BrandDomain, BoughtName} }

// At gives the instant at which the directory is read: all its times lead up to it.
func At() time.Time { return time.Date(2026, 9, 15, 6, 0, 0, 0, time.UTC) }

// DefaultUsers is the number of staff of the sample company, which makes about 600 objects in all.
const DefaultUsers = 400

// Options say how large the company is.
type Options struct {
	Users int    // staff, leavers included; 0 for DefaultUsers
	Seed  uint64 // another seed makes another company of the same shape
	Clean bool   // without the dirt: whatever is found wrong with it is a false finding
}

// Entry is one entry of the directory.
type Entry struct {
	DN      string
	Kind    directory.Kind // 0 for what is not synchronised: OUs, the domain, computers
	GUID    directory.GUID
	Classes []string
	Attrs   []directory.Attribute // objectGUID and objectSid in their raw bytes; without objectClass
}

// Company is a generated company.
type Company struct {
	users int
	seed  uint64
	clean bool
	staff []profile
}

// Generate makes a company. It decides where everybody works; the entries themselves are made as they are asked for.
func Generate(o Options) *Company {
	c := &Company{users: o.Users, seed: o.Seed, clean: o.Clean}
	if c.users == 0 {
		c.users = DefaultUsers
	}
	c.hire()
	return c
}

// Entries yields the whole directory, containers before what they hold.
func (c *Company) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, part := range []iter.Seq[Entry]{c.containers(), c.builtins(), c.people(), c.accounts(), c.resources(), c.dirt(), c.contacts(), c.groups()} {
			for e := range part {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Fill adds every user, contact and group to b, and the source.
func (c *Company) Fill(b *snapshot.Builder) error {
	root, read := guid(c.seed, Naming), map[string]bool{}
	src := snapshot.Source{Name: Tenant, Server: "dc1." + Domain, Domain: Domain, Naming: Naming, TakenAt: At(),
		Scopes: []snapshot.Scope{{OU: Naming, GUID: root}}}
	for e := range c.Entries() {
		if e.Kind == 0 {
			continue
		}
		attrs := append([]directory.Attribute{one(directory.AttrDN, e.DN), {Name: directory.AttrObjectClass, Values: e.Classes}}, e.Attrs...)
		if err := b.Add(e.Kind, e.GUID, attrs); err != nil {
			return fmt.Errorf("%s: %w", e.DN, err)
		}
		for _, a := range attrs {
			if !read[a.Name] {
				read[a.Name] = true
				src.Attributes = append(src.Attributes, a.Name)
			}
		}
		src.Scopes[0].Objects++
	}
	b.AddSource(src)
	return nil
}

// WriteLDIF writes the directory as ldapsearch would export it.
func (c *Company) WriteLDIF(out io.Writer) error {
	w := &writer{w: bufio.NewWriterSize(out, 1<<16)}
	w.comment("extended LDIF")
	w.end()
	n := 0
	for e := range c.Entries() {
		w.value("dn", e.DN)
		for _, class := range e.Classes {
			w.value(directory.AttrObjectClass, class)
		}
		w.value(directory.AttrDN, e.DN)
		for _, a := range e.Attrs {
			for _, v := range a.Values {
				w.value(a.Name, v)
			}
		}
		w.end()
		n++
	}
	w.comment(fmt.Sprintf("numEntries: %d", n))
	return w.w.Flush()
}

// chance gives the random source of one entry: entries do not depend on each other.
func (c *Company) chance(about string) *rand.Rand {
	g := guid(c.seed, about)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(g[:8]), binary.LittleEndian.Uint64(g[8:])))
}

// entry begins an entry with what every object has. rid is 0 for what has no SID.
func (c *Company) entry(kind directory.Kind, dn string, classes []string, rid uint32) Entry {
	g := guid(c.seed, dn)
	e := Entry{DN: dn, Kind: kind, GUID: g, Classes: append([]string{"top"}, classes...)}
	r := c.chance("times of " + dn)
	created := At().Add(-time.Duration(100+r.IntN(4000)) * 24 * time.Hour).Add(-time.Duration(r.IntN(86400)) * time.Second)
	changed := At().Add(-time.Duration(1+r.IntN(99)) * 24 * time.Hour).Add(-time.Duration(r.IntN(86400)) * time.Second)
	usn := 10000 + r.IntN(5000000)
	e.set(directory.AttrObjectGUID, string(g[:]))
	if rid != 0 {
		e.set(directory.AttrObjectSID, sid(rid))
	}
	e.set("whenCreated", created.Format("20060102150405.0Z"))
	e.set(directory.AttrWhenChanged, changed.Format("20060102150405.0Z"))
	e.set("uSNCreated", fmt.Sprint(usn))
	e.set(directory.AttrUSNChanged, fmt.Sprint(usn+1+r.IntN(100000)))
	e.set("instanceType", "4")
	return e
}

// set gives an attribute its values; empty ones are left out.
func (e *Entry) set(name string, values ...string) {
	var list []string
	for _, v := range values {
		if v != "" {
			list = append(list, v)
		}
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Values = list
			return
		}
	}
	if len(list) > 0 {
		e.Attrs = append(e.Attrs, directory.Attribute{Name: name, Values: list})
	}
}

func one(name, value string) directory.Attribute {
	return directory.Attribute{Name: name, Values: []string{value}}
}

// containers yields the domain and its OUs.
func (c *Company) containers() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		root := c.entry(0, Naming, []string{"domain", "domainDNS"}, 0)
		root.set("dc", "tailspin")
		list := []Entry{root}
		for _, rdn := range []string{"CN=Users", "CN=Builtin", "CN=Computers"} {
			list = append(list, c.entry(0, rdn+","+Naming, []string{"container"}, 0))
		}
		for _, dn := range ous() {
			e := c.entry(0, dn, []string{"organizationalUnit"}, 0)
			e.set("ou", strings.TrimPrefix(strings.SplitN(dn, ",", 2)[0], "OU="))
			list = append(list, e)
		}
		yieldAll(list, yield)
	}
}

// ous lists the OUs, parents first.
func ous() []string {
	out := []string{staffOU, leaversOU, serviceOU, resourcesOU, contactsOU, groupsOU}
	for _, s := range sites {
		if country := "OU=" + s.country + "," + staffOU; !slices.Contains(out, country) {
			out = append(out, country)
		}
		out = append(out, s.ou())
	}
	return append(out, boughtOU)
}

// yieldAll yields a list, until yield has enough.
func yieldAll(list []Entry, yield func(Entry) bool) {
	for _, e := range list {
		if !yield(e) {
			return
		}
	}
}
