package lint

import (
	"encoding/csv"
	"path"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// documents are the files of a set as their authors wrote them, for places and for what a loaded set no longer tells. The
// set has been loaded, so that nothing in them is wrong.
type documents struct {
	policies []policyDocument
	tables   map[string]string // bytes of the other files, by path
}

// policyDocument is a file of kind Policy.
type policyDocument struct {
	name, file string
	owner      strictyaml.Value
	bundles    []bundleDocument
	tables     []tableDocument
	rules      []ruleDocument
}

type bundleDocument struct {
	name  string
	key   strictyaml.Value
	sku   strictyaml.Value
	plans []strictyaml.Value
}

type tableDocument struct {
	name    string
	key     strictyaml.Value // where its name stands
	file    string           // below the policy folder
	columns []string         // the key's first
	rows    []tableRow
}

type tableRow struct {
	line  int
	cells []string
}

// ruleDocument is a rule or a default with its keys.
type ruleDocument struct {
	decision string
	id       string
	fallback bool
	at       strictyaml.Value
	keys     map[string]strictyaml.Value
}

func (r *ruleDocument) has(key string) bool { _, ok := r.keys[key]; return ok }

// text gives a scalar of the rule, "" for none.
func (r *ruleDocument) text(key string) string {
	v, ok := r.keys[key]
	if !ok {
		return ""
	}
	return v.Peek()
}

// readDocuments reads the policies among the files of a set.
func readDocuments(s *rules.Set) *documents {
	d := &documents{tables: map[string]string{}}
	for _, f := range s.Files() {
		d.tables[f.Path] = string(f.Bytes)
	}
	for _, f := range s.Files() {
		if ext := path.Ext(f.Path); ext != ".yaml" && ext != ".yml" {
			continue
		}
		root := strictyaml.Parse(f.Path, f.Bytes, 1<<20).Root()
		if child(root, "kind").Peek() == "Policy" {
			d.policies = append(d.policies, d.policy(f.Path, root))
		}
	}
	return d
}

// child gives the value of a key, the zero Value when it is absent or v is no mapping.
func child(v strictyaml.Value, key string) (out strictyaml.Value) {
	each(v, func(name string, _, x strictyaml.Value) {
		if name == key {
			out = x
		}
	})
	return out
}

// each walks a mapping, and nothing else.
func each(v strictyaml.Value, f func(name string, key, value strictyaml.Value)) {
	if v.IsMapping() {
		v.Each(f)
	}
}

// items walks a list, and nothing else.
func items(v strictyaml.Value, f func(v strictyaml.Value)) {
	if v.IsList() {
		v.Items(func(_ int, x strictyaml.Value) { f(x) })
	}
}

func (d *documents) policy(file string, root strictyaml.Value) policyDocument {
	meta := child(root, "metadata")
	p := policyDocument{name: child(meta, "name").Peek(), file: file, owner: child(meta, "owner")}
	each(child(root, "bundles"), func(name string, key, v strictyaml.Value) {
		b := bundleDocument{name: name, key: key, sku: child(v, "sku")}
		items(child(v, "disablePlans"), func(x strictyaml.Value) { b.plans = append(b.plans, x) })
		p.bundles = append(p.bundles, b)
	})
	each(child(root, "tables"), func(name string, key, v strictyaml.Value) {
		t := tableDocument{name: name, key: key, file: path.Join(path.Dir(file), child(v, "file").Peek()), columns: []string{child(v, "key").Peek()}}
		items(child(v, "columns"), func(x strictyaml.Value) { t.columns = append(t.columns, x.Peek()) })
		t.rows = readRows(d.tables[t.file])
		p.tables = append(p.tables, t)
	})
	each(child(root, "decisions"), func(name string, _, v strictyaml.Value) {
		items(child(v, "rules"), func(x strictyaml.Value) { p.rules = append(p.rules, readRule(name, x, false)) })
		p.rules = append(p.rules, readRule(name, child(v, "default"), true))
	})
	return p
}

func readRule(decision string, v strictyaml.Value, fallback bool) ruleDocument {
	r := ruleDocument{decision: decision, fallback: fallback, at: v, keys: map[string]strictyaml.Value{}}
	each(v, func(name string, _, x strictyaml.Value) { r.keys[name] = x })
	r.id = r.text("id")
	return r
}

// readRows reads the rows of a table below its header.
func readRows(text string) (rows []tableRow) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	for {
		cells, err := r.Read()
		if err != nil {
			return rows
		}
		line, _ := r.FieldPos(0)
		if line > 1 {
			rows = append(rows, tableRow{line, cells})
		}
	}
}
