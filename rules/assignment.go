package rules

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// keyOf gives the name of a property as policies spell it.
func keyOf(p cloud.Property) string {
	if p.Name == "accountEnabled" {
		return "enabled"
	}
	return p.Name
}

// keysOf gives the keys of a decision of mode merge, in the order of the table of properties.
func keysOf(decision string) (keys []string, properties []cloud.Property) {
	for _, p := range cloud.Properties() {
		if p.Decision == decision {
			keys, properties = append(keys, keyOf(p)), append(properties, p)
		}
	}
	return keys, properties
}

// assignments reads the outcome of a rule of mode merge: keys with literals in then, keys with expressions in thenExpr.
func (r *decisionReader) assignments(x *rule, then, expression strictyaml.Value) {
	keys, properties := keysOf(r.decision.name)
	each := func(v strictyaml.Value, read func(a *assignment, y strictyaml.Value)) {
		if v == (strictyaml.Value{}) {
			return
		}
		v.Each(func(name string, key, y strictyaml.Value) {
			i := slices.Index(keys, name)
			if i < 0 {
				key.Unknown(r.decision.name+" key", name, keys)
				return
			}
			if slices.ContainsFunc(x.sets, func(a assignment) bool { return a.property.Name == properties[i].Name }) {
				key.Problemf("%s stands in then and in thenExpr", name)
				return
			}
			a := assignment{property: properties[i]}
			read(&a, y)
			x.sets = append(x.sets, a)
		})
	}
	each(then, literalValue)
	each(expression, func(a *assignment, y strictyaml.Value) { a.expr = r.expression(r.valueUnit(a.property, y)) })
	slices.SortFunc(x.sets, func(a, b assignment) int { return cmp.Compare(a.property.Name, b.property.Name) })
}

// literalValue reads a literal after the kind, the enumeration and the length of its property. An empty text or list
// clears the property.
func literalValue(a *assignment, v strictyaml.Value) {
	if a.property.Name == passwordKey {
		a.value = password(v)
		return
	}
	switch a.property.Kind {
	case cloud.TruthKind:
		a.value = cloud.Truth(v.Bool())
	case cloud.NumberKind:
		n := v.Int()
		if n < 0 {
			v.Problemf("%s cannot be negative", keyOf(a.property))
		}
		a.value = cloud.Number(n)
	case cloud.TextsKind:
		v.Items(func(_ int, y strictyaml.Value) { checkText(a.property, y, y.Words()) })
		a.value = cloud.Texts(v.Texts())
	case cloud.ReferenceKind:
		if s := v.Text(); s != "" {
			a.refs = []string{reference(v, s)}
		}
	case cloud.ReferencesKind:
		v.Items(func(_ int, y strictyaml.Value) {
			if s := y.Words(); s != "" {
				a.refs = append(a.refs, reference(y, s))
			}
		})
	default:
		s := v.Text()
		checkText(a.property, v, s)
		a.value = cloud.Text(s)
	}
}

// reference reads the distinguished name of another object.
func reference(v strictyaml.Value, s string) string {
	dn, err := canonicalDN(s)
	if err != nil {
		v.Problemf("%v", err)
	}
	return dn
}

func checkText(p cloud.Property, v strictyaml.Value, s string) {
	switch n := utf8.RuneCountInString(s); {
	case p.MaxLen > 0 && n > p.MaxLen:
		v.Problemf("%s has %d characters, more than the %d that it takes", keyOf(p), n, p.MaxLen)
	case s != "" && len(p.Enum) > 0 && !slices.Contains(p.Enum, s):
		v.Hintf(strictyaml.DidYouMean(s, p.Enum), "%s %q is not one of %s", keyOf(p), s, strings.Join(p.Enum, ", "))
	}
}

// passwordKey is the key whose value is a mapping.
const passwordKey = "password"

// secretName is what secrets in coexist.yaml may be called.
var secretName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// password reads how a password comes about. The password itself has no place in a policy, so that a text is refused without
// being repeated.
func password(v strictyaml.Value) cloud.Value {
	if !v.IsMapping() {
		v.Hintf("write {length: 20, classes: 4} or {secret: NAME}", "a password must not stand in a policy")
		return cloud.Value{}
	}
	p, own := cloud.Password{Length: 20, Classes: cloud.MaxPasswordClasses}, 0
	v.Fields(map[string]func(strictyaml.Value){
		"length":        func(x strictyaml.Value) { own++; p.Length = int(min(x.Int(), cloud.MaxPassword+1)) },
		"classes":       func(x strictyaml.Value) { own++; p.Classes = int(min(x.Int(), cloud.MaxPasswordClasses+1)) },
		"pronounceable": func(x strictyaml.Value) { own++; p.Pronounceable = x.Bool() },
		"secret": func(x strictyaml.Value) {
			if p.Secret = x.Words(); p.Secret != "" && !secretName.MatchString(p.Secret) {
				x.Hintf("name one of secrets: in coexist.yaml", "this is no name of a secret")
			}
		},
	})
	if err := p.Check(); err != nil {
		v.Problemf("%v", err)
	}
	if p.Secret != "" && own > 0 {
		v.Problemf("a password is generated or read from a secret, not both")
	}
	return cloud.Text(p.String())
}

// valueUnit prepares the expression for a key.
func (r *decisionReader) valueUnit(p cloud.Property, v strictyaml.Value) unit {
	if p.Name == passwordKey {
		v.Hintf("set it in then", "%s cannot be an expression", passwordKey)
	}
	u := r.unit(v, wantOf(p))
	if len(p.Enum) > 0 {
		u.literal = func(u *unit, n *ast.StringNode) {
			if n.Value != "" && !slices.Contains(p.Enum, n.Value) {
				u.problem(n, strictyaml.DidYouMean(n.Value, p.Enum), "%s is never %q", keyOf(p), n.Value)
			}
		}
	}
	return u
}
