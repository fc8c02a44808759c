package verify

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/rules"
)

// Changed gives the ids of the rules of head that base does not have in the same form, in the order of head's policies: new
// rules, and rules of which something differs that says when they apply or what they set. That is their condition with the
// named conditions in it, their dates, values and tables, the decision's own condition and what excludes each other in it,
// the scope of the policy, and the rule before them where the first true one wins. A rule that was renamed is followed by
// was. Where something stands, how it is spelled, descriptions and owners do not count.
func Changed(base, head *rules.Set) []string {
	before, former := forms(base)
	after, _ := forms(head)
	out := []string{}
	for _, p := range head.Policies() {
		for _, d := range p.Decisions {
			for _, r := range d.Rules {
				names := slices.Concat([]string{r.Origin.Rule}, r.Was)
				same := slices.ContainsFunc(names, func(id string) bool {
					return former[id] && strings.ReplaceAll(before[id], quoted(id), quoted(r.Origin.Rule)) == after[r.Origin.Rule]
				})
				if !same {
					out = append(out, r.Origin.Rule)
				}
			}
		}
	}
	return out
}

func quoted(id string) string { return "<rule " + id + ">" }

// forms writes for each rule of a set all that Changed compares.
func forms(set *rules.Set) (form map[string]string, known map[string]bool) {
	form, known = map[string]string{}, map[string]bool{}
	texts := describe(set)
	for _, p := range set.Conditions().Policies {
		scope := p.Policy + " " + canonical(p.Scope)
		for _, d := range p.Decisions {
			whole := fmt.Sprintf("%s %s %s %s", scope, d.Name, canonical(d.When), texts.exclusive[p.Policy+"/"+d.Name])
			previous := ""
			for _, r := range d.Rules {
				id := r.Origin.Rule
				own := fmt.Sprintf("%s %d %d %v %s %+v %v", canonical(r.When), r.From, r.Until, r.Default, texts.fails[id], r.Sets, texts.given(&r, p.Policy))
				form[id] = texts.withTables(p.File, fmt.Sprintf("%s %s %s %s", whole, quoted(id), own, previous))
				known[id] = true
				if d.Mode != rules.Collect {
					previous = own
				}
			}
		}
	}
	return form, known
}

func canonical(c *rules.Condition) string {
	if c == nil {
		return "always"
	}
	return rules.Canonical(c.Tree)
}

// described is what a set does not tell of its rules in trees.
type described struct {
	fails     map[string]string            // by rule
	exclusive map[string]string            // by policy/decision
	bundles   map[string]string            // by policy/name
	tables    map[string]map[string]string // by policy file and table: the content
}

func describe(set *rules.Set) *described {
	d := &described{map[string]string{}, map[string]string{}, map[string]string{}, map[string]map[string]string{}}
	content := map[string][]byte{}
	for _, f := range set.Files() {
		content[f.Path] = f.Bytes
	}
	for _, p := range set.Policies() {
		for _, b := range p.Bundles {
			d.bundles[p.Name+"/"+b.Name] = fmt.Sprintf("%+v", b)
		}
		for _, g := range p.CloudGroups {
			d.bundles[p.Name+"/"+g.Name] = fmt.Sprintf("%+v", g)
		}
		for _, x := range p.Decisions {
			for _, r := range x.Rules {
				d.fails[r.Origin.Rule] = r.Fail
			}
		}
		var tree yaml.Node
		if yaml.Unmarshal(content[p.File], &tree) != nil || len(tree.Content) == 0 {
			continue // a loaded set has no such file
		}
		top := tree.Content[0]
		d.tables[p.File] = map[string]string{}
		each(field(top, "tables"), func(name string, v *yaml.Node) {
			d.tables[p.File][name] = string(content[path.Join(path.Dir(p.File), scalar(field(v, "file")))])
		})
		each(field(top, "decisions"), func(name string, v *yaml.Node) {
			for _, list := range items(field(v, "exclusive")) {
				for _, x := range items(list) {
					d.exclusive[p.Name+"/"+name] += x.Value + " "
				}
				d.exclusive[p.Name+"/"+name] += "| "
			}
		})
	}
	return d
}

// given gives the bundles and cloud groups that a rule names, as they are defined.
func (d *described) given(r *rules.RuleConditions, policy string) []string {
	var out []string
	for _, s := range r.Sets {
		for name, what := range d.bundles {
			if own, ok := strings.CutPrefix(name, policy+"/"); ok && strings.Contains(s.Value, fmt.Sprintf("%q", own)) {
				out = append(out, what)
			}
		}
	}
	slices.Sort(out)
	return out
}

// withTables adds the content of the tables that a form names.
func (d *described) withTables(file, form string) string {
	tables := d.tables[file]
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if strings.Contains(form, fmt.Sprintf("(table %q%q)", file, name)) || strings.Contains(form, "inTable "+file+" "+name+" ") {
			form += " " + name + ": " + tables[name]
		}
	}
	return form
}
