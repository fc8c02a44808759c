package verify

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// fixture is a described object.
type fixture struct {
	like    strictyaml.Value // the name of the fixture it begins with
	own     []change
	visited bool // while its chain of likes is followed
}

// change is what one key of a fixture, with or foreach says.
type change func(*subject)

func (r *suiteReader) readFixtures(v strictyaml.Value) {
	v.Each(func(name string, _, x strictyaml.Value) {
		f := &fixture{}
		r.fixtures[name], r.names = f, append(r.names, name)
		f.own = r.settings(x, func(like strictyaml.Value) { f.like = like })
	})
	for _, name := range r.names {
		r.chain(r.fixtures[name], r.fixtures[name], 0)
	}
}

// objectOf gives the changes that make the object of a test.
func (r *suiteReader) objectOf(v strictyaml.Value) []change {
	name := v.Words()
	f, ok := r.fixtures[name]
	if !ok {
		if name != "" {
			v.Unknown("fixture", name, r.names)
		}
		return nil
	}
	return r.chain(f, f, 0)
}

// chain gives the changes of a fixture after those of the ones it is like, which begin
// with from and are depth so far.
func (r *suiteReader) chain(f, from *fixture, depth int) []change {
	if f.like == (strictyaml.Value{}) {
		return f.own
	}
	name := f.like.Words()
	base, ok := r.fixtures[name]
	switch {
	case name == "":
		return f.own
	case !ok:
		f.like.Unknown("fixture", name, r.names)
		return f.own
	case depth == maxLike:
		from.like.Problemf("more than %d fixtures are like each other", maxLike)
		return f.own
	case f.visited:
		f.like.Problemf("the fixture is like itself")
		return f.own
	}
	f.visited = true
	out := slices.Concat(r.chain(base, from, depth+1), f.own)
	f.visited = false
	return out
}

// changes reads what with says.
func (r *suiteReader) changes(v strictyaml.Value) []change { return r.settings(v, nil) }

// settings reads a mapping of names to values. like is nil where it cannot stand.
func (r *suiteReader) settings(v strictyaml.Value, like func(strictyaml.Value)) []change {
	var out []change
	seen := map[string]string{}
	v.Each(func(name string, key, x strictyaml.Value) {
		if name == "like" && like != nil {
			like(x)
			return
		}
		id := r.identity(name)
		if before, dup := seen[id]; dup {
			key.Problemf("%s already stands here as %s", name, before)
			return
		}
		seen[id] = name
		if f := r.change(name, key, x); f != nil {
			out = append(out, f)
		}
	})
	return out
}

// identity gives what a name sets: two names of one LDAP attribute exclude each other, and so do enabled and the
// attribute that it is a bit of.
func (r *suiteReader) identity(name string) string {
	if slices.Contains(words, name) && name != "enabled" {
		return name
	}
	if a := r.words.attributes[name]; len(a) > 0 {
		return directory.Fold(a[0].LDAP)
	}
	return directory.Fold(name)
}

// change reads one setting; it gives nil for an attribute that is not known.
func (r *suiteReader) change(name string, key, v strictyaml.Value) change {
	switch name {
	case "class":
		kind, _ := directory.ParseKind(v.Enum("class", "user", "contact", "group"))
		return func(s *subject) { s.kind = kind }
	case "guid":
		text := v.Words()
		guid, err := directory.ParseGUID(text)
		if err != nil && text != "" {
			v.Problemf("%v", err)
		}
		return func(s *subject) { s.guid = guid }
	case "domain":
		domain := v.Words()
		return func(s *subject) { s.domain = domain }
	case "enabled":
		on := v.Bool()
		return func(s *subject) { s.enabled = &on }
	case "groups":
		groups := r.groups(v)
		return func(s *subject) { s.nested = groups }
	case "directGroups":
		groups := r.groups(v)
		return func(s *subject) { s.direct = groups }
	case "unreadable":
		names := r.unreadable(v)
		return func(s *subject) { s.unreadable = names }
	case "prior":
		priors := r.priors(v)
		return func(s *subject) { s.priors = priors }
	}
	return r.attribute(name, key, v)
}

// groups reads names of groups, spelled as the policies spell them but for case.
func (r *suiteReader) groups(v strictyaml.Value) []string {
	var out []string
	v.Items(func(_ int, x strictyaml.Value) {
		name := x.Words()
		if name != "" && !slices.ContainsFunc(r.words.groups, func(g string) bool { return directory.EqualFold(g, name) }) {
			x.Hintf(strictyaml.DidYouMean(name, r.words.groups), "no policy asks for the group %q", name)
		}
		out = append(out, name)
	})
	return out
}

// attribute reads a value of a directory attribute, named as policies name it or by its LDAP name.
func (r *suiteReader) attribute(name string, key, v strictyaml.Value) change {
	a, known := r.words.ldap[directory.Fold(name)]
	if list := r.words.attributes[name]; len(list) > 0 {
		a, known = list[0], true
		if len(list) > 1 {
			key.Problemf("policies declare %s differently; write the LDAP name", name)
		}
	}
	if !known {
		key.Hintf(strictyaml.DidYouMean(name, r.words.names), "no policy knows the attribute %q", name)
		return nil
	}
	x := directory.Attribute{Name: a.LDAP, Values: valuesOf(a, v)}
	return func(s *subject) { s.set(x) }
}

// valuesOf encodes what a fixture says of an attribute as the directory would. An empty text or list is no value.
func valuesOf(a rules.Attribute, v strictyaml.Value) []string {
	var out []string
	add := func(x strictyaml.Value) {
		if s := encode(a, x); s != "" {
			out = append(out, s)
		}
	}
	switch {
	case v.IsScalar() && v.Peek() == "":
	case v.IsMapping():
		v.Fields(map[string]func(strictyaml.Value){"raw": func(x strictyaml.Value) { out = []string{x.Words()} }}, "raw")
	case a.Type == "list" && v.IsList():
		v.Items(func(_ int, x strictyaml.Value) { add(x) })
	default:
		add(v)
	}
	return out
}

// syntaxOf gives how an attribute is encoded: as the schema says, and as policies declare what no schema here knows.
func syntaxOf(a rules.Attribute) directory.Syntax {
	if s := directory.SyntaxOf(a.LDAP); s != directory.Text {
		return s
	}
	switch a.Type {
	case "integer":
		return directory.Integer
	case "boolean":
		return directory.Boolean
	case "time":
		return directory.Time
	case "binary":
		return directory.Binary
	}
	return directory.Text
}

// encode gives one value as the directory hands it out.
func encode(a rules.Attribute, v strictyaml.Value) string {
	syntax := syntaxOf(a)
	switch syntax {
	case directory.Integer:
		return strconv.FormatInt(v.Int(), 10)
	case directory.Boolean:
		return strings.ToUpper(strconv.FormatBool(v.Bool()))
	case directory.Time, directory.FileTime:
		return moment(v, syntax)
	case directory.Binary:
		return binary(v)
	}
	return v.Text()
}

// never is the file time of what does not happen, such as accountExpires of an account that does not expire.
const never = "9223372036854775807"

// moment encodes an instant, or the word never.
func moment(v strictyaml.Value, syntax directory.Syntax) string {
	if v.Peek() == "never" {
		if syntax == directory.FileTime {
			return never
		}
		return ""
	}
	t := instant(v).UTC()
	switch {
	case t.IsZero():
		return ""
	case syntax == directory.FileTime:
		return fileTime(t)
	}
	return t.Format("20060102150405.0Z")
}

// fileTime gives 100 ns intervals since 1601.
func fileTime(t time.Time) string {
	epoch := time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)
	return strconv.FormatInt((t.Unix()-epoch.Unix())*1e7+int64(t.Nanosecond())/100, 10)
}

// binary encodes a GUID, a SID or hexadecimal digits.
func binary(v strictyaml.Value) string {
	s := v.Words()
	if g, err := directory.ParseGUID(s); err == nil {
		return string(g[:])
	}
	if raw, err := ldapvalue.ParseSID(s); err == nil {
		return raw
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		v.Problemf("%q is neither a GUID nor a SID nor hexadecimal digits", s)
	}
	return string(raw)
}
