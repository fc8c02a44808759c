package rules

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// maxUniqueName is how long Graph lets a group's uniqueName be.
const maxUniqueName = 128

// readCloudGroups reads the groups of the cloud that rules name, each with the one key that finds it.
func (p *policy) readCloudGroups(v strictyaml.Value) {
	if v == (strictyaml.Value{}) {
		return
	}
	v.Each(func(name string, key, value strictyaml.Value) {
		checkName(key, "cloud group", name)
		g, given := CloudGroup{Name: name}, 0
		take := func(k GroupKey, canonical func(string) string, why string) func(strictyaml.Value) {
			return func(x strictyaml.Value) {
				given++
				text := x.Words()
				g.Key, g.Value = k, canonical(text)
				if text != "" && g.Value == "" {
					x.Problemf("%.80q is no %s", text, why)
				}
			}
		}
		value.Fields(map[string]func(strictyaml.Value){
			string(GroupID):         take(GroupID, canonicalID, "object id, such as 0f8fad5b-d9cb-469f-a165-70867728950e"),
			string(GroupUniqueName): take(GroupUniqueName, canonicalUniqueName, "unique name: 1 to 128 characters without blanks around them"),
			string(GroupMail):       take(GroupMail, canonicalAddress, "address, such as staff@contoso.example"),
		})
		if value.IsMapping() && given != 1 {
			value.Problemf("a cloud group is found by one of id, uniqueName and mail")
		}
		if i := slices.IndexFunc(p.cloudGroups, func(o CloudGroup) bool { return o.Key == g.Key && o.Value == g.Value && g.Value != "" }); i >= 0 {
			value.Problemf("%s is the same cloud group", p.cloudGroups[i].Name)
		}
		p.cloudGroups = append(p.cloudGroups, g)
	})
}

func (p *policy) cloudGroupNames() []string {
	out := make([]string, len(p.cloudGroups))
	for i, g := range p.cloudGroups {
		out[i] = g.Name
	}
	return out
}

// hasMember reports whether a decision of mode collect can add a name.
func (p *policy) hasMember(decision, name string) bool {
	if decision == Groups {
		return slices.ContainsFunc(p.cloudGroups, func(g CloudGroup) bool { return g.Name == name })
	}
	_, ok := p.bundles[name]
	return ok
}

// The canonical forms of the keys, "" for a text that is none.

func canonicalID(s string) string {
	g, err := directory.ParseGUID(s)
	if err != nil || g.IsZero() {
		return ""
	}
	return g.String()
}

func canonicalUniqueName(s string) string {
	if s != strings.TrimSpace(s) || len([]rune(s)) > maxUniqueName || strings.ContainsFunc(s, isControl) {
		return ""
	}
	return s
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func canonicalAddress(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == ':' }) ||
		strings.Contains(domain, "@") {
		return ""
	}
	return directory.Fold(s)
}
