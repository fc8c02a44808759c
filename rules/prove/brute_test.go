package prove_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/prove"
)

// days are before, between and after the dates that random policies mention.
var days = []time.Time{
	time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC), time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC),
}

// objects gives every combination of the values of some dimensions.
func objects(t testing.TB, schema *directory.Schema, set *rules.Set, dims []int) []rules.Input {
	combinations := []map[string]string{{"userAccountControl": "512", "distinguishedName": "CN=u,DC=y", "whenCreated": "20240101000000.0Z"}}
	for _, d := range dims {
		var next []map[string]string
		for _, c := range combinations {
			for _, v := range dimensions[d].values {
				n := map[string]string{dimensions[d].attribute: v}
				for k, x := range c {
					if _, own := n[k]; !own {
						n[k] = x
					}
				}
				next = append(next, n)
			}
		}
		combinations = next
	}
	var out []rules.Input
	for i, c := range combinations {
		var attrs []directory.Attribute
		for _, d := range dimensions {
			if v := c[d.attribute]; v != "" && d.attribute != "groups" && d.attribute != "prior" {
				attrs = append(attrs, directory.Attribute{Name: d.attribute, Values: strings.Split(v, "|")})
			}
		}
		o, err := schema.NewObject(directory.User, directory.GUID{14: byte(i >> 8), 15: byte(i)}, attrs)
		if err != nil {
			t.Fatal(err)
		}
		member := func(prefix string) func(int) bool {
			return func(ref int) bool {
				return slices.Contains(strings.Split(c["groups"], "|"), prefix+set.Groups()[ref][1:])
			}
		}
		var priors []rules.Prior
		if v := c["prior"]; v != "" {
			priors = []rules.Prior{{Decision: rules.CloudType, Text: v}, {Decision: rules.Licenses, List: []string{"one"}}}
		}
		out = append(out, rules.Input{Object: o, Domain: "x", Priors: priors, InGroup: member("n"), DirectlyIn: member("d")})
	}
	return out
}

// seen is what trying out all objects on all days shows.
type seen struct {
	applied map[string]bool // rules whose condition was true
	decided map[string]bool // rules that decided, in mode merge with the key: "rule key"
	unmet   map[string]bool // rules whose condition was false
	failed  map[string]bool // rules that failed on purpose
	used    map[string]bool // policies that took an object
	applies map[string]bool // decisions that applied, and with "!" before them, that did not: "policy decision"
	lists   []string        // of licences, by object and day
	acted   map[string]bool // rules that decided about an object whose type has what they set: "rule key"
}

func try(t testing.TB, schema *directory.Schema, set *rules.Set, inputs func(*rules.Set) []rules.Input) seen {
	s := seen{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, nil, map[string]bool{}}
	in := inputs(set)
	for _, day := range days {
		e := set.NewEvaluator(schema, day)
		for _, o := range in {
			kind := cloud.Type("")
			for _, d := range e.Explain(o) {
				if d.Name == rules.CloudType && d.Status == rules.Decided {
					kind = cloud.Type(d.Text)
				}
				policy := d.Rules[0].Origin.Policy
				s.used[policy] = true
				if d.Exception != nil { // which decides whether the decision applies or not
				} else if d.Status == rules.NotApplicable {
					s.applies["!"+policy+" "+d.Name] = true
				} else if d.Status == rules.Decided {
					s.applies[policy+" "+d.Name] = true
				}
				for _, r := range d.Rules {
					s.applied[r.Origin.Rule] = s.applied[r.Origin.Rule] || r.Verdict == rules.True
					s.failed[r.Origin.Rule] = s.failed[r.Origin.Rule] || r.Verdict == rules.Failed && strings.HasSuffix(r.Err.Error(), ": no")
					s.unmet[r.Origin.Rule] = s.unmet[r.Origin.Rule] || r.Verdict == rules.False
				}
				if d.Status != rules.Decided {
					continue
				}
				for _, o := range d.Origins {
					s.decided[o.Rule] = true
					s.acted[o.Rule+" "] = s.acted[o.Rule+" "] || acts(kind, d.Name)
				}
				for _, x := range d.Entries {
					s.decided[x.Origin.Rule+" "+x.Key] = true
					s.acted[x.Origin.Rule+" "+x.Key] = s.acted[x.Origin.Rule+" "+x.Key] || acts(kind, x.Key)
				}
				if d.Name == rules.Licenses {
					s.lists = append(s.lists, fmt.Sprint(o.Object.GUID, day, d.List))
				}
			}
		}
	}
	return s
}

// acts reports whether objects of a type have a property.
func acts(kind cloud.Type, name string) bool {
	p := cloud.Row(name)
	return kind != "" && kind != cloud.None && p != nil && p.On(kind)
}

// without gives a policy file without one of its rules.
func without(policy, rule string) string {
	begin := strings.Index(policy, "      - id: "+rule+"\n")
	if begin < 0 {
		return policy
	}
	rest := policy[begin+1:]
	end := strings.Index(rest, "\n      - id: ")
	if fallback := strings.Index(rest, "\n    default:"); end < 0 || fallback >= 0 && fallback < end {
		end = fallback
	}
	return policy[:begin] + rest[end+1:]
}

// TestNoFalseAlarm proves things about random policies and holds each finding against every object.
func TestNoFalseAlarm(t *testing.T) {
	policies := 250
	if testing.Short() {
		policies = 40
	}
	found, idle, missed := map[prove.Kind]int{}, 0, 0
	for seed := range policies {
		a := &author{Rand: rand.New(rand.NewSource(int64(seed))), loose: seed%4 > 1}
		opaque := seed%2 == 1
		dims := a.pick(1+a.Intn(2), opaque)
		files := fstest.MapFS{"t.csv": {Data: []byte("k,x\nIT,1\nsales,2\n")}, "u.csv": {Data: []byte("k,x\nDE,1\n")}}
		for _, name := range []string{"a", "b"} {
			files[name+".yaml"] = &fstest.MapFile{Data: []byte(a.policy(name, 1+a.Intn(6)))}
		}
		if a.loose {
			files["exceptions.yaml"] = &fstest.MapFile{Data: []byte(a.exceptions())}
		}
		set, problems := rules.Load(files, ".")
		if len(problems) > 0 && strings.Contains(problems.Error(), "more than 4 let") {
			continue
		}
		if set == nil {
			t.Fatal(problems)
		}
		schema := directory.NewSchema()
		inputs := func(s *rules.Set) []rules.Input { return objects(t, schema, s, dims) }
		all := try(t, schema, set, inputs)
		findings, stats := prove.Set(set)
		if stats.NotDecided > 0 {
			t.Errorf("seed %d: %+v", seed, stats)
		}
		accused := map[string]bool{}
		for _, f := range findings {
			found[f.Kind]++
			accused[f.Rule.Rule] = true
			if why := wrong(t, &f, all, files, schema, inputs); why != "" {
				t.Errorf("seed %d: %s: %s\n%s", seed, why, f.Kind, f.Text)
			}
		}
		if !opaque && !a.loose {
			idleHere, missedHere := misses(set, all, findings)
			idle, missed = idle+idleHere, missed+missedHere
		}
	}
	t.Logf("found %v; of %d rules that never decide, %d were not found", found, idle, missed)
	if idle < policies/2 || missed*4 > idle {
		t.Errorf("of %d rules that never decide, %d were not found", idle, missed)
	}
	for _, kind := range []prove.Kind{prove.Shadowed, prove.Impossible, prove.Duplicate, prove.Constant} {
		if found[kind] == 0 {
			t.Errorf("no %s was ever found", kind)
		}
	}
}

// wrong says why a finding is wrong, "" when it is right.
func wrong(t testing.TB, f *prove.Finding, all seen, files fstest.MapFS, schema *directory.Schema, inputs func(*rules.Set) []rules.Input) string {
	switch id := f.Rule.Rule; {
	case id == "":
		return wrongCondition(t, f, all, files, schema, inputs)
	case f.Kind == prove.Constant:
		if all.unmet[id] {
			return "its condition was false"
		}
	case f.Kind == prove.Impossible && all.applied[id]:
		return "its condition was true"
	case f.Kind == prove.NeverActs:
		for _, key := range append([]string{""}, f.Keys...) {
			if key == "" && (f.Decision == rules.Attributes || f.Decision == rules.Mail || f.Decision == rules.Account) {
				continue
			}
			if all.acted[id+" "+key] {
				return "it had an effect"
			}
		}
		if len(f.Keys) == 0 && f.Decision != rules.Licenses && f.Decision != rules.UsageLocation {
			for k := range all.acted {
				if all.acted[k] && strings.HasPrefix(k, id+" ") && k != id+" " {
					return "it had an effect"
				}
			}
		}
	case f.Kind == prove.Impossible:
	case f.Decision == rules.Licenses:
		fewer := fstest.MapFS{}
		for name, file := range files {
			fewer[name] = &fstest.MapFile{Data: []byte(without(string(file.Data), id))}
		}
		got := map[string]bool{}
		for _, l := range try(t, schema, load(t, fewer), inputs).lists {
			got[l] = true
		}
		for _, l := range all.lists { // where it made an error, nothing was decided
			if !got[l] {
				return "without it licences differ from " + l
			}
		}
	case len(f.Keys) > 0:
		for _, key := range f.Keys {
			if all.decided[id+" "+key] {
				return "it decided " + key
			}
		}
	case all.decided[id]:
		return "it decided"
	}
	return ""
}

// wrongCondition is wrong for findings about scopes, decisions and named conditions.
func wrongCondition(t testing.TB, f *prove.Finding, all seen, files fstest.MapFS, schema *directory.Schema, inputs func(*rules.Set) []rules.Input) string {
	sentence, _, _ := strings.Cut(f.Text, "\n")
	decision := f.Rule.Policy + " " + f.Decision
	switch name, isNamed := strings.CutPrefix(sentence, "condition "); {
	case isNamed:
		name, result, _ := strings.Cut(name, " is ")
		probe := fstest.MapFS{}
		for file, content := range files {
			if file == "exceptions.yaml" {
				continue // of decisions that the probe does not make
			}
			head, _, isPolicy := strings.Cut(string(content.Data), "decisions:\n")
			if isPolicy && file != f.Rule.File {
				continue
			}
			if isPolicy {
				lines := slices.DeleteFunc(strings.Split(head, "\n"), func(l string) bool { return strings.HasPrefix(l, "scope:") })
				head = strings.Join(lines, "\n") + "decisions:\n  cloudType:\n    rules:\n      - {id: probe, when: " + name +
					", then: user}\n    default: {id: other, then: mailUser}\n"
			}
			probe[file] = &fstest.MapFile{Data: []byte(head)}
		}
		s := try(t, schema, load(t, probe), inputs)
		if s.applied["probe"] && result == "never true" || s.unmet["probe"] && result == "always true" {
			return "it varies"
		}
	case f.Decision != "" && strings.HasSuffix(sentence, "always true"):
		if all.applies["!"+decision] {
			return "it did not apply"
		}
	case f.Decision != "":
		if all.applies[decision] {
			return "it applied"
		}
	case !strings.HasSuffix(sentence, "always true") && all.used[f.Rule.Policy]:
		return "the policy took an object"
	}
	return ""
}

// misses counts the rules of modes first and merge that never decided, and those of them that were not found.
func misses(set *rules.Set, all seen, findings []prove.Finding) (idle, missed int) {
	for _, p := range set.Policies() {
		unreached := slices.ContainsFunc(findings, func(f prove.Finding) bool {
			return f.Rule.Policy == p.Name && f.Rule.Rule == "" && f.Decision == ""
		})
		for _, d := range p.Decisions {
			never := slices.ContainsFunc(findings, func(f prove.Finding) bool {
				return f.Rule.Policy == p.Name && f.Rule.Rule == "" && f.Decision == d.Name
			})
			for _, r := range d.Rules {
				if d.Mode == rules.Collect || r.Default || all.decided[r.Origin.Rule] || all.failed[r.Origin.Rule] || unreached || never {
					continue
				}
				idle++
				if !slices.ContainsFunc(findings, func(f prove.Finding) bool { return f.Rule.Rule == r.Origin.Rule }) {
					missed++
				}
			}
		}
	}
	return idle, missed
}
