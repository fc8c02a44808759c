package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

// acts reports rules of a decision whose keys can never have an effect on the objects that they apply to: because the policy's
// objects are in a mode in which the key does not act, or because whatever type the policy makes of them lacks the key.
func (k *checker) acts(d *decisionClaims, all []*decisionClaims) {
	if d.Name == rules.CloudType || d.Name == rules.Leave && k.policy.Acts != rules.ActsActivate {
		return
	}
	kinds := k.outcomes(d, all)
	for i := range d.Rules {
		r, holds := &d.Rules[i], always
		if i < len(d.rules) {
			holds = d.rules[i].holds
		}
		if r.Fails || k.ask(holds, d.applies).answer == impossible {
			continue // what never applies is reported as such
		}
		var wrongMode, wrongType []string
		possible := map[cloud.Type]bool{} // asked once for a rule
		for _, s := range r.Sets {
			switch {
			case k.policy.Acts == rules.ActsActivate && rules.ActsIn(d.Name, s.Key) == rules.ActsProvision:
				wrongMode = append(wrongMode, s.Key)
			case kinds != nil && !k.reaches(kinds, d, s.Key, holds, possible):
				wrongType = append(wrongType, s.Key)
			}
		}
		k.neverActs(d, r, wrongMode, "objects that another engine masters, as this policy's are by acts: activate, are not touched")
		k.neverActs(d, r, wrongType, "no type that the policy gives where the rule applies has it")
	}
}

// outcome is what one rule of cloudType makes of objects.
type outcome struct {
	given lit
	types []cloud.Type // more than one where an expression decides
}

// outcomes gives what becomes of the objects for which a decision applies; nil where nobody can tell, because the policy
// decides no cloudType.
func (k *checker) outcomes(d *decisionClaims, all []*decisionClaims) (out []outcome) {
	at := slices.IndexFunc(all, func(x *decisionClaims) bool { return x.Name == rules.CloudType })
	if at < 0 {
		return nil
	}
	c := all[at]
	if k.excepted[rules.CloudType] || fails(c.DecisionConditions) {
		return []outcome{{d.applies, cloud.Types()}} // whatever an exception says, or was carried out before
	}
	before := []lit{d.applies, c.applies}
	for i := range c.Rules {
		r, holds := &c.Rules[i], always
		if i < len(c.rules) {
			holds = c.rules[i].holds
		}
		if !r.Fails {
			types := []cloud.Type{cloud.Type(r.Sets[0].Text)}
			if !r.Sets[0].Literal || r.Holds {
				types = cloud.Types()
			}
			out = append(out, outcome{k.and(append(slices.Clone(before), holds)...), types})
		}
		before = append(before, holds.not())
	}
	return out
}

// reaches reports whether a rule can apply to an object of a type that has a key.
func (k *checker) reaches(kinds []outcome, d *decisionClaims, key string, holds lit, known map[cloud.Type]bool) bool {
	for _, o := range kinds {
		for _, t := range o.types {
			if !has(t, d.Name, key) {
				continue
			}
			if !known[t] {
				known[t] = k.ask(holds, o.given).answer != impossible
			}
			if known[t] {
				return true
			}
		}
	}
	return false
}

// has reports whether objects of a type have what a decision sets.
func has(t cloud.Type, decision, key string) bool {
	if t == cloud.None {
		return false
	}
	switch decision {
	case rules.Groups:
		return true
	case rules.UsageLocation, rules.Licenses:
		key = decision
	case rules.Account:
		if key == "enabled" {
			key = "accountEnabled"
		}
	}
	p := cloud.Row(key)
	return p == nil || p.On(t)
}

func (k *checker) neverActs(d *decisionClaims, r *rules.RuleConditions, keys []string, why string) {
	if len(keys) == 0 {
		return
	}
	f := Finding{Kind: NeverActs, Rule: r.Origin, Decision: d.Name}
	what := d.Name
	if d.Mode == rules.Merge {
		what = strings.Join(keys, ", ")
		if len(keys) < len(r.Sets) {
			f.Keys = keys
		}
	}
	c := claim{origin: r.Origin, text: "default"}
	if r.When != nil {
		c.text = r.When.Text
	}
	f.Text = text(fmt.Sprintf("rule %s sets %s to no effect: %s", r.Origin.Rule, what, why), c, nil)
	k.report(f)
}
