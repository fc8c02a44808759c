package verify

import (
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

// vocabulary is what tests of a set can name.
type vocabulary struct {
	attributes map[string][]rules.Attribute // by the policies' name; several where policies declare one name differently
	ldap       map[string]rules.Attribute   // by folded LDAP name
	names      []string                     // policies' and LDAP names, for suggestions
	groups     []string
	policies   []string
	members    map[string][]string // by decision of mode collect: the names of bundles or cloud groups
	decisions  []string            // in the order in which policies first make them
	rules      map[string][]string // ids by decision, with those of exceptions
	modes      map[string]rules.Mode
}

// words of fixtures that are no attributes.
var words = []string{"like", "class", "guid", "domain", "enabled", "groups", "directGroups", "unreadable", "prior"}

func newVocabulary(set *rules.Set) *vocabulary {
	v := &vocabulary{attributes: map[string][]rules.Attribute{}, ldap: map[string]rules.Attribute{}, names: slices.Clone(words),
		groups: set.Groups(), members: map[string][]string{}, rules: map[string][]string{}, modes: map[string]rules.Mode{}}
	for _, a := range set.Vocabulary() {
		if len(v.attributes[a.Name]) == 0 {
			v.names = append(v.names, a.Name)
		}
		v.attributes[a.Name] = append(v.attributes[a.Name], a)
		v.addLDAP(a.LDAP, a)
	}
	for _, n := range slices.Concat(set.Attributes(), directory.Essential()) {
		v.addLDAP(n, rules.Attribute{LDAP: n})
	}
	for _, p := range set.Policies() {
		v.policies = append(v.policies, p.Name)
		for _, b := range p.Bundles {
			v.members[rules.Licenses] = append(v.members[rules.Licenses], b.Name)
		}
		for _, g := range p.CloudGroups {
			v.members[rules.Groups] = append(v.members[rules.Groups], g.Name)
		}
		for _, d := range p.Decisions {
			if _, known := v.modes[d.Name]; !known {
				v.decisions = append(v.decisions, d.Name)
			}
			v.modes[d.Name] = d.Mode
			for _, r := range d.Rules {
				v.rules[d.Name] = append(v.rules[d.Name], r.Origin.Rule)
			}
		}
	}
	for _, x := range set.Exceptions() {
		v.rules[x.Decision] = append(v.rules[x.Decision], x.ID)
	}
	return v
}

func (v *vocabulary) addLDAP(name string, a rules.Attribute) {
	if _, known := v.ldap[directory.Fold(name)]; !known && name != "" {
		v.ldap[directory.Fold(name)] = a
		if _, known := v.attributes[name]; !known {
			v.names = append(v.names, name)
		}
	}
}

// property finds a key of a merge decision; known are all its keys.
func property(decision, key string) (p cloud.Property, known []string, ok bool) {
	for _, x := range cloud.Properties() {
		if x.Decision != decision {
			continue
		}
		name := keyOf(x.Name)
		known = append(known, name)
		if name == key {
			p, ok = x, true
		}
	}
	return p, known, ok
}

// keyOf gives a property's name as policies spell it.
func keyOf(name string) string {
	if name == "accountEnabled" {
		return "enabled"
	}
	return name
}
