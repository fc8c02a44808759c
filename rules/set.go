package rules

import (
	"reflect"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Set is all policies of a tenant, compiled. It is immutable and safe for concurrent use; evaluation needs an Evaluator for
// each goroutine.
type Set struct {
	policies    []*policy // in path order
	layout      *layout
	environment reflect.Type
	scopeSlots  []int // that scopes read, ascending
	scripts     []strictyaml.Script
	exceptions  []*Exception // in the order read
	excepted    map[directory.GUID][]*Exception
	files       []File
	digest      string
}

// File is one file that a set is made of, with its exact bytes.
type File struct {
	Path  string // below the policy root, with forward slashes
	Bytes []byte
}

// Attributes gives the LDAP names of all attributes that the policies read, sorted; importers must read these.
func (s *Set) Attributes() []string { return s.layout.attributes() }

// Groups gives the groups whose members the policies ask for, as first spelled: a sAMAccountName, a cn, a distinguished
// name or a SID. Input.InGroup and Input.DirectlyIn are asked for their positions.
func (s *Set) Groups() []string { return s.layout.groups }

// Files gives what the set was loaded from, by path: policies, conditions and tables, not tests. Loading them again gives
// the same set.
func (s *Set) Files() []File { return s.files }

// Digest gives "sha256:" and the digest of the paths and bytes of Files.
func (s *Set) Digest() string { return s.digest }

// Bundle finds a licence bundle of a policy by its name.
func (s *Set) Bundle(policy, name string) (Bundle, bool) {
	for _, p := range s.policies {
		if p.name == policy {
			b, ok := p.bundles[name]
			return b, ok
		}
	}
	return Bundle{}, false
}

// CloudGroup finds a cloud group of a policy by its name.
func (s *Set) CloudGroup(policy, name string) (CloudGroup, bool) {
	for _, p := range s.policies {
		if p.name == policy {
			i := slices.IndexFunc(p.cloudGroups, func(g CloudGroup) bool { return g.Name == name })
			if i < 0 {
				return CloudGroup{}, false
			}
			return p.cloudGroups[i], true
		}
	}
	return CloudGroup{}, false
}

// Policy describes a policy for reports.
type Policy struct {
	Name, File, Owner, Description string
	Timezone                       string
	Acts                           Acts         // "" unless declared
	Bundles                        []Bundle     // as written
	CloudGroups                    []CloudGroup // as written
	Decisions                      []DecisionRules
}

// DecisionRules describes a decision of a policy.
type DecisionRules struct {
	Name     string
	Mode     Mode
	When     string // as written, "" for a decision that always applies
	WhenLine int    // of When, 0 without
	Rules    []Rule // as written, the default last
}

// Rule describes a rule.
type Rule struct {
	Origin             Origin
	Description, Owner string // Owner is the policy's where the rule names none
	Was                []string
	When               string // as written, "" for the default
	From, Until        string // 2026-09-01, inclusive, "" for none
	Fail               string // the reason of a rule that holds its object, "" for other rules
	Default            bool
}

// Policies lists the policies in the order in which they are asked whether an object is in their scope.
func (s *Set) Policies() []Policy {
	out := make([]Policy, 0, len(s.policies))
	for _, p := range s.policies {
		d := Policy{Name: p.name, File: p.file, Owner: p.owner, Description: p.description, Timezone: p.zone.String(), Acts: p.acts, CloudGroups: slices.Clone(p.cloudGroups)}
		for _, b := range p.bundleNames {
			d.Bundles = append(d.Bundles, p.bundles[b])
		}
		for _, x := range p.decisions {
			y := x.describe(p)
			if x.when != nil {
				when := s.scripts[x.when.script]
				y.When = when.Text
				y.WhenLine, _ = when.Position(0)
			}
			d.Decisions = append(d.Decisions, y)
		}
		out = append(out, d)
	}
	return out
}

func (d *decision) describe(p *policy) DecisionRules {
	out := DecisionRules{Name: d.name, Mode: d.mode}
	for _, r := range append(d.rules[:len(d.rules):len(d.rules)], d.fallback) {
		x := Rule{Origin: r.origin, Description: r.description, Owner: r.owner, Was: r.was, When: r.whenText, From: dayText(r.from), Until: dayText(r.until), Fail: r.fail, Default: r.fallback}
		if x.Owner == "" {
			x.Owner = p.owner
		}
		out.Rules = append(out.Rules, x)
	}
	return out
}

func dayText(day int) string {
	if day == 0 {
		return ""
	}
	return time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly)
}
