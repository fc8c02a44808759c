package verify

import (
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// priors reads what earlier runs carried out: decision to value, or to a mapping of value, pending and since.
func (r *suiteReader) priors(v strictyaml.Value) []rules.Prior {
	var out []rules.Prior
	r.eachDecision(v, func(d string, x strictyaml.Value) {
		p := rules.Prior{Decision: d}
		switch mode := r.words.modes[d]; {
		case mode == rules.Collect:
			p.List = r.members(d, x)
		case mode == rules.Merge:
			x.Problemf("%s has no prior value: it sets several", d)
		case x.IsMapping():
			x.Fields(map[string]func(strictyaml.Value){
				"value":   func(y strictyaml.Value) { p.Text = r.word(d, y) },
				"pending": func(y strictyaml.Value) { p.Pending = r.word(d, y) },
				"since":   func(y strictyaml.Value) { p.Since = instant(y) },
			}, "value")
			if (p.Pending == "") != p.Since.IsZero() {
				x.Problemf("pending and since stand together")
			}
		default:
			p.Text = r.word(d, x)
		}
		out = append(out, p)
	})
	return out
}

// unreadable reads the names of attributes that could not be read of the object, by the policies' name or by LDAP's.
func (r *suiteReader) unreadable(v strictyaml.Value) []string {
	var out []string
	v.Items(func(_ int, x strictyaml.Value) {
		name := x.Words()
		a, known := r.words.ldap[directory.Fold(name)]
		if list := r.words.attributes[name]; len(list) > 0 {
			a, known = list[0], list[0].LDAP != ""
		}
		if !known && name != "" {
			x.Unknown("attribute", name, r.words.names)
		}
		out = append(out, a.LDAP)
	})
	return out
}
