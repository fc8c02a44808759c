package impact

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/rules"
)

// item is one thing that policies are made of, with its fields as written.
type item struct {
	Kind             Kind
	Policy, Decision string
	Name             string
	File             string
	Line             int
	At               int // among the rules of its decision
	Fields           []Field
	was              []string
}

// field gives a field, "" when it is absent.
func (x *item) field(name string) string {
	for _, f := range x.Fields {
		if f.Name == name {
			return f.New
		}
	}
	return ""
}

// inventory lists what a set is made of.
func inventory(set *rules.Set) ([]item, error) {
	v := &reader{set: set}
	for _, f := range set.Files() {
		if ext := path.Ext(f.Path); ext != ".yaml" && ext != ".yml" {
			continue
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(f.Bytes, &doc); err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Path, err)
		}
		if len(doc.Content) > 0 {
			v.file(f.Path, doc.Content[0])
		}
	}
	return v.items, v.err
}

// reader lists the items of files, which are known to be valid.
type reader struct {
	set   *rules.Set
	items []item
	err   error
}

func (v *reader) add(x item) { v.items = append(v.items, x) }

// each walks the keys of a mapping.
func each(n *yaml.Node, f func(key string, at, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i].Value, n.Content[i], n.Content[i+1])
	}
}

// get gives the value of a key, nil without one.
func get(n *yaml.Node, key string) (out *yaml.Node) {
	each(n, func(k string, _, value *yaml.Node) {
		if k == key {
			out = value
		}
	})
	return out
}

func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

// fields gives the keys of a mapping but some, sorted by name: their order says nothing.
func (v *reader) fields(n *yaml.Node, but ...string) []Field {
	var out []Field
	each(n, func(key string, _, value *yaml.Node) {
		if !slices.Contains(but, key) {
			out = append(out, Field{Name: key, New: v.flow(value)})
		}
	})
	slices.SortFunc(out, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// flow writes a value on one line, without comments.
func (v *reader) flow(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return strings.Join(strings.Fields(n.Value), " ")
	}
	b, err := yaml.Marshal(flowing(n))
	if err != nil && v.err == nil {
		v.err = err
	}
	return strings.Join(strings.Fields(string(b)), " ")
}

func flowing(n *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style}
	if n.Kind != yaml.ScalarNode {
		out.Style = yaml.FlowStyle
	}
	for _, c := range n.Content {
		out.Content = append(out.Content, flowing(c))
	}
	return out
}

func (v *reader) file(name string, root *yaml.Node) {
	switch text(get(root, "kind")) {
	case "Policy":
		v.policy(name, root)
	case "Conditions":
		v.conditions(item{File: name, Policy: name}, get(root, "conditions"))
	case "Exceptions":
		if list := get(root, "exceptions"); list != nil {
			for _, n := range list.Content {
				v.add(item{Kind: Exception, Name: text(get(n, "id")), File: name, Line: n.Line, Fields: v.fields(n, "id")})
			}
		}
	}
}

func (v *reader) policy(name string, root *yaml.Node) {
	meta := get(root, "metadata")
	x := item{Policy: text(get(meta, "name")), File: name}
	whole := x
	whole.Kind, whole.Name, whole.Line = Policy, x.Policy, root.Line
	whole.Fields = append(v.fields(root, "apiVersion", "kind", "metadata", "conditions", "tables", "bundles", "cloudGroups", "attributes", "decisions"), v.fields(meta, "name")...)
	slices.SortFunc(whole.Fields, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	v.add(whole)
	v.conditions(x, get(root, "conditions"))
	for _, part := range []struct {
		key  string
		kind Kind
	}{{"tables", Table}, {"bundles", Bundle}, {"cloudGroups", CloudGroup}, {"attributes", Attribute}} {
		each(get(root, part.key), func(key string, at, value *yaml.Node) {
			y := x
			y.Kind, y.Name, y.Line, y.Fields = part.kind, key, at.Line, v.fields(value)
			v.add(y)
			if part.kind == Table {
				v.rows(y)
			}
		})
	}
	each(get(root, "decisions"), func(key string, at, value *yaml.Node) { v.decision(x, key, at, value) })
}

func (v *reader) conditions(x item, n *yaml.Node) {
	each(n, func(key string, at, value *yaml.Node) {
		y := x
		y.Kind, y.Name, y.Line, y.Fields = Condition, key, at.Line, []Field{{Name: "expression", New: v.flow(value)}}
		v.add(y)
	})
}

// decision lists a decision and its rules, the default last.
func (v *reader) decision(x item, name string, at, n *yaml.Node) {
	y := x
	y.Kind, y.Decision, y.Name, y.Line, y.Fields = Decision, name, name, at.Line, v.fields(n, "rules", "default")
	v.add(y)
	var list []*yaml.Node
	if r := get(n, "rules"); r != nil {
		list = slices.Clone(r.Content)
	}
	fallback := get(n, "default")
	for i, r := range append(list, fallback) {
		if r == nil {
			continue
		}
		z := x
		z.Kind, z.Decision, z.Name, z.Line, z.At, z.Fields = Rule, name, text(get(r, "id")), r.Line, i, v.fields(r, "id", "was")
		if r == fallback {
			z.Fields = append([]Field{{Name: "default", New: "true"}}, z.Fields...)
			z.At = -1
		}
		if w := get(r, "was"); w != nil {
			z.was = append(z.was, w.Value)
			for _, c := range w.Content {
				z.was = append(z.was, c.Value)
			}
		}
		v.add(z)
	}
}

// rows lists the rows of a table.
func (v *reader) rows(t item) {
	name := path.Join(path.Dir(t.File), t.field("file"))
	for _, f := range v.set.Files() {
		if f.Path != name {
			continue
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(f.Bytes, []byte("\xef\xbb\xbf"))))
		list, err := r.ReadAll()
		if err != nil && v.err == nil {
			v.err = fmt.Errorf("read %s: %w", name, err)
		}
		for i, cells := range list {
			if i == 0 {
				continue
			}
			x := item{Kind: Row, Policy: t.Policy, Decision: t.Name, Name: cells[0], File: name, Line: i + 1}
			for k, c := range cells[1:] {
				x.Fields = append(x.Fields, Field{Name: list[0][k+1], New: c})
			}
			v.add(x)
		}
	}
}

// needed are the files that a policy is made of beside its own.
type needed struct{ imports, tables []string }

func needs(set *rules.Set, file string) (out needed) {
	for _, f := range set.Files() {
		if f.Path != file {
			continue
		}
		var doc yaml.Node
		if yaml.Unmarshal(f.Bytes, &doc) != nil || len(doc.Content) == 0 {
			break // a set that loads has none
		}
		if list := get(doc.Content[0], "imports"); list != nil {
			for _, n := range list.Content {
				out.imports = append(out.imports, path.Join(path.Dir(file), n.Value))
			}
		}
		each(get(doc.Content[0], "tables"), func(_ string, _, value *yaml.Node) {
			out.tables = append(out.tables, path.Join(path.Dir(file), text(get(value, "file"))))
		})
	}
	return out
}
