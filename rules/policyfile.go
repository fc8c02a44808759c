package rules

import (
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// policy reads a file of kind Policy and gives it with the place of its name. Parts are read in the order in which they
// depend on each other, whatever the order in the file.
func (l *loader) policy(d *strictyaml.Doc) (*policy, strictyaml.Value) {
	p := &policy{file: d.File(), zone: time.UTC, bundles: map[string]Bundle{}, tables: map[string]*table{}, conditions: map[string]int{}}
	part := map[string]strictyaml.Value{}
	keep := func(key string) func(strictyaml.Value) {
		return func(v strictyaml.Value) { part[key] = v }
	}
	fields := map[string]func(strictyaml.Value){}
	for _, key := range []string{"apiVersion", "kind", "metadata", "requires", "timezone", "acts", "scope", "imports", "conditions",
		"tables", "bundles", "cloudGroups", "attributes", "decisions"} {
		fields[key] = keep(key)
	}
	d.Root().Fields(fields, "apiVersion", "kind", "metadata", "decisions")
	at := strictyaml.Value{}
	if v, ok := part["metadata"]; ok {
		at = metadata(v, p)
	}
	if v, ok := part["requires"]; ok {
		requires(v)
	}
	if v, ok := part["acts"]; ok {
		p.acts = Acts(v.Enum("acts", string(ActsProvision), string(ActsActivate), string(ActsBoth)))
	}
	if v, ok := part["timezone"]; ok {
		p.timezone(v)
	}
	p.customAttributes(part["attributes"])
	l.tablesOf(p, part["tables"])
	p.readBundles(part["bundles"])
	p.readCloudGroups(part["cloudGroups"])
	l.imports(p, part["imports"])
	if v, ok := part["conditions"]; ok {
		l.define(p, l.conditions(v))
	}
	l.decisions(p, part["decisions"])
	l.conditionUnits(p)
	if v, ok := part["scope"]; ok {
		p.scope = l.expression(unit{policy: p, use: inScope, script: l.script(v), want: wantTruth})
	}
	return p, at
}

// metadata reads name, owner and description and gives the place of the name.
func metadata(v strictyaml.Value, p *policy) strictyaml.Value {
	at := strictyaml.Value{}
	v.Fields(map[string]func(strictyaml.Value){
		"name": func(x strictyaml.Value) {
			at = x
			p.name = x.Words()
			checkID(x, "name", p.name)
		},
		"owner":       func(x strictyaml.Value) { p.owner = x.Words() },
		"description": func(x strictyaml.Value) { p.description = x.Words() },
	}, "name")
	return at
}

func (p *policy) timezone(v strictyaml.Value) {
	name := v.Words()
	if name == "" {
		return
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		v.Problemf("unknown timezone %q; write a name such as Europe/Berlin", name)
		return
	}
	p.zone = zone
}

// ldapName is what LDAP attributes may be called (RFC 4512 descr).
var ldapName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

// customAttributes adds declared attributes to the vocabulary.
func (p *policy) customAttributes(v strictyaml.Value) {
	p.vocabulary = builtinVocabulary()
	if v == (strictyaml.Value{}) {
		return
	}
	v.Each(func(name string, key, value strictyaml.Value) {
		checkName(key, "attribute", name)
		if _, known := p.vocabulary.byName[name]; known || name == "ext" {
			key.Problemf("attribute %s is built in", name)
			return
		}
		a, kindName := attribute{name: name}, ""
		value.Fields(map[string]func(strictyaml.Value){
			"ldap": func(x strictyaml.Value) {
				if a.ldap = x.Words(); a.ldap != "" && !ldapName.MatchString(a.ldap) {
					x.Problemf("%q is not the name of an LDAP attribute", a.ldap)
				}
			},
			"type": func(x strictyaml.Value) { kindName = x.Enum("type", "string", "integer", "boolean", "time", "list") },
		}, "ldap", "type")
		a.kind = kindNames[kindName]
		p.vocabulary.add(a)
	})
}

func (l *loader) tablesOf(p *policy, v strictyaml.Value) {
	if v != (strictyaml.Value{}) {
		l.tables(p, v)
	}
}

// readBundles reads the named licences.
func (p *policy) readBundles(v strictyaml.Value) {
	if v == (strictyaml.Value{}) {
		return
	}
	v.Each(func(name string, key, value strictyaml.Value) {
		checkName(key, "bundle", name)
		b := Bundle{Name: name}
		value.Fields(map[string]func(strictyaml.Value){
			"sku": func(x strictyaml.Value) { b.SKU = x.Words() },
			"disablePlans": func(x strictyaml.Value) {
				x.Items(func(_ int, plan strictyaml.Value) {
					s := plan.Words()
					if slices.Contains(b.DisablePlans, s) {
						plan.Problemf("plan %s stands twice", s)
					}
					b.DisablePlans = append(b.DisablePlans, s)
				})
			},
		}, "sku")
		p.bundles[name], p.bundleNames = b, append(p.bundleNames, name)
	})
}

// imports reads files of named conditions.
func (l *loader) imports(p *policy, v strictyaml.Value) {
	if v == (strictyaml.Value{}) {
		return
	}
	seen := map[string]bool{}
	v.Items(func(_ int, x strictyaml.Value) {
		file := x.Words()
		if file == "" {
			return
		}
		name, ok := l.resolve(path.Dir(p.file), file)
		d := l.docs[name]
		switch {
		case !ok:
			x.Problemf("%q does not lie inside the policy folder", file)
		case d == nil:
			x.Hintf(strictyaml.DidYouMean(name, l.paths), "there is no policy file %s", name)
		case l.kinds[name] != "Conditions":
			x.Problemf("%s is not of kind Conditions", name)
		case seen[name]:
			x.Problemf("%s is imported twice", name)
		default:
			seen[name], l.used[name] = true, true
			l.define(p, l.conditionsFile(name))
		}
	})
}

// decisions reads the decisions in the order written.
func (l *loader) decisions(p *policy, v strictyaml.Value) {
	type part struct {
		d     *decision
		value strictyaml.Value
	}
	var parts []part
	v.Each(func(name string, key, value strictyaml.Value) {
		if !slices.Contains(decisionNames, name) {
			key.Unknown("decision", name, decisionNames)
			return
		}
		d := &decision{name: name, mode: modeOf(name)}
		p.order = append(p.order, name)
		p.decisions = append(p.decisions, d)
		parts = append(parts, part{d, value})
	})
	if v.IsMapping() && len(p.order) == 0 {
		v.Problemf("the policy decides nothing")
	}
	for i, x := range parts {
		(&decisionReader{loader: l, policy: p, decision: x.d, earlier: i}).read(x.value)
	}
}

// idPattern is what ids and names of policies look like: they stand in reports, approvals and tests.
var idPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{2,48}$`)

func checkID(v strictyaml.Value, what, id string) bool {
	if id == "" {
		return false
	}
	if !idPattern.MatchString(id) {
		v.Problemf("%s %q must be 3 to 49 lower-case letters, digits and hyphens, beginning with a letter", what, id)
		return false
	}
	return true
}
