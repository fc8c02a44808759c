package lint

import (
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// takes says what a rule takes away when it is carried out, "" for nothing. Only what is written out is looked at.
func (r *ruleDocument) takes() string {
	value := r.text("then")
	switch {
	case r.decision == rules.Leave && value != rules.LeaveKeep && value != "":
		return "leave " + value
	case r.decision == rules.CloudType && value == "none":
		return "cloudType none"
	case r.decision == rules.Account && child(r.keys["then"], "enabled").Peek() == "false":
		return "enabled: false"
	}
	return ""
}

// mutable are the attributes that tell where somebody stands rather than who they are: rules about them begin to hold for
// objects that had something before.
var mutable = []string{"enabled", "userAccountControl", "accountExpires", "lastLogonTimestamp", "pwdLastSet"}

// changing are the functions of which the same is true.
var changing = []string{"memberOf", "directMemberOf", "ageDays", "daysUntil", "today"}

// outcomes reports rules that take something away without a description or without a hold.
func (k *checker) outcomes() {
	for i := range k.docs.policies {
		p := &k.docs.policies[i]
		for j := range p.rules {
			r := &p.rules[j]
			what := r.takes()
			if what == "" {
				continue
			}
			f := Finding{File: p.file, Line: r.at.Line(), Col: r.at.Col(), Policy: p.name, Decision: r.decision, Rule: r.id}
			if !r.fallback && !r.has("description") && !r.has("reason") {
				f.Lint, f.Text, f.Hint = "missing-description", fmt.Sprintf("rule %s says %s, and not why", r.id, what), "add description:"
				k.report(f)
			}
			if !r.has("hold") && k.sudden(p, r) {
				f.Lint, f.Text, f.Hint = "missing-hold", fmt.Sprintf("rule %s says %s, which is carried out at once", r.id, what), "add hold: 14d"
				k.report(f)
			}
		}
	}
}

// sudden reports whether what a rule takes away is likely to have been there: leaving always is, and for the rest the rule's
// condition tells. Whether an account is enabled has no hold.
func (k *checker) sudden(p *policyDocument, r *ruleDocument) bool {
	switch r.decision {
	case rules.Leave:
		return r.text("then") == rules.LeaveDelete || r.text("then") == rules.LeaveConvertToShared
	case rules.CloudType:
		for i := range k.expressions {
			x := &k.expressions[i]
			if x.Policy == p.name && x.Rule == r.id && x.Part == rules.WhenPart && k.mutates(x, 0) {
				return true
			}
		}
	}
	return false
}

// mutates reports whether a condition, with those it names, asks for something that changes in an object's life.
func (k *checker) mutates(x *rules.Written, depth int) (found bool) {
	ast.Walk(&x.Tree, visit(func(n ast.Node) {
		switch y := n.(type) {
		case *ast.MemberNode:
			found = found || slices.Contains(mutable, attributeOf(y)) && !asksPresence(x.Tree, y)
		case *ast.CallNode:
			found = found || slices.Contains(changing, nameOf(y.Callee))
		case *ast.IdentifierNode:
			for i := range k.expressions {
				z := &k.expressions[i]
				if depth < 20 && z.Policy == x.Policy && z.Part == rules.ConditionPart && z.Name == y.Value {
					found = found || k.mutates(z, depth+1)
				}
			}
		}
	}))
	return found
}

// asksPresence reports whether an attribute stands within has(…): whether it can be read, not what it says.
func asksPresence(tree, attribute ast.Node) (found bool) {
	ast.Walk(&tree, visit(func(n ast.Node) {
		if c, ok := n.(*ast.CallNode); ok && nameOf(c.Callee) == "has" && len(c.Arguments) == 1 {
			found = found || c.Arguments[0] == attribute
		}
	}))
	return found
}

// expiring is how many days before its end an exception is reported.
const expiring = 14

// dates reports rules and exceptions that are over, and exceptions that soon will be.
func (k *checker) dates() {
	zones := map[string]*time.Location{}
	for _, p := range k.set.Policies() {
		if zone, err := time.LoadLocation(p.Timezone); err == nil {
			zones[p.Name] = zone
		}
	}
	for i := range k.docs.policies {
		p := &k.docs.policies[i]
		today := k.Day
		if zone := zones[p.name]; zone != nil {
			today = k.Day.In(zone)
		}
		for j := range p.rules {
			r := &p.rules[j]
			if left, ok := daysLeft(r.keys["until"], today); ok && left < 0 {
				until := r.keys["until"]
				k.report(Finding{Lint: "date-over", File: p.file, Line: until.Line(), Col: until.Col(), Policy: p.name, Decision: r.decision, Rule: r.id,
					Text: fmt.Sprintf("rule %s has been over since %s", r.id, until.Peek()), Hint: "remove it, or give it a later day"})
			}
		}
	}
	for _, x := range k.set.Exceptions() {
		f := Finding{File: x.File, Line: x.Line, Decision: x.Decision, Rule: x.ID}
		end, err := time.Parse(time.DateOnly, x.Expires)
		if err != nil {
			continue
		}
		switch left := rules.CivilDay(end) - rules.CivilDay(k.Day); {
		case left < 0:
			f.Lint, f.Text, f.Hint = "date-over", fmt.Sprintf("exception %s has been over since %s", x.ID, x.Expires), "remove it, or renew it"
		case left <= expiring:
			f.Lint, f.Text = "exception-expiring", fmt.Sprintf("exception %s ends on %s, in %d days", x.ID, x.Expires, left)
			f.Hint = "ask " + x.Owner + " whether to renew it"
		default:
			continue
		}
		k.report(f)
	}
}

func daysLeft(v strictyaml.Value, today time.Time) (int, bool) {
	end, err := time.Parse(time.DateOnly, v.Peek())
	if err != nil {
		return 0, false
	}
	return rules.CivilDay(end) - rules.CivilDay(today), true
}
