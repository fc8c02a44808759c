package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// Explanation is how the policies came to what they want of one object, and what follows from it.
type Explanation struct {
	Object    plan.Object
	AsOf      time.Time
	Policy    string // "" when no policy's scope holds
	ScopeErr  error  // the scope could not be evaluated
	Decisions []rules.DecisionTrace
	When      map[string]string // of each rule: its condition as written
	// Compared says that the tenant was read: Changes and Skips are what a plan of this object would hold.
	Compared bool
	Changes  []plan.Change
	Skips    []plan.Skip
	Names    func(c plan.Change) string // what a change does, for people; see Effect
	Cloud    *desired.Outlook           // what the cloud makes of its names; nil when that was not asked
}

// Explain writes, for each decision, what was decided, and what became of every rule, with its condition.
func Explain(w io.Writer, x Explanation, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	t.line(bold, label(x.Object, o)+", "+x.Object.Kind)
	rows := [][]string{{"dn", Safe(x.Object.DN)}, {"objectGUID", Safe(x.Object.GUID)}, {"source anchor", Safe(string(x.Object.Anchor))}, {"dates as of", instant(x.AsOf)}}
	switch {
	case x.ScopeErr != nil:
		rows = append(rows, []string{"policy", "HELD: " + Safe(x.ScopeErr.Error())})
	case x.Policy == "":
		rows = append(rows, []string{"policy", "none: no policy's scope holds"})
	default:
		rows = append(rows, []string{"policy", Safe(x.Policy)})
	}
	t.table(2, rows)
	for _, d := range x.Decisions {
		t.decision(d, x.When)
	}
	if x.Cloud != nil {
		t.names(*x.Cloud)
	}
	if x.Compared {
		t.consequence(x, o)
	}
	if t.err != nil {
		return t.err
	}
	return buf.Flush()
}

// verdictWords says what became of a rule.
var verdictWords = map[rules.Verdict]string{rules.True: "yes", rules.False: "no", rules.Failed: "ERROR", rules.NotInForce: "dates", rules.NotReached: "-"}

func place(o rules.Origin) string { return fmt.Sprintf("%s:%d", Safe(o.File), o.Line) }

// decision writes one decision and its rules, with the condition of each that was looked at.
func (p *page) decision(d rules.DecisionTrace, when map[string]string) {
	p.head(verdictOf(d))
	p.instead(d.Decision)
	wideRule, widePlace := 0, 0
	for _, r := range d.Rules {
		wideRule, widePlace = max(wideRule, cells(Safe(r.Origin.Rule))), max(widePlace, cells(place(r.Origin)))
	}
	for _, r := range d.Rules {
		line := "  " + pad(verdictWords[r.Verdict], 5) + "  " + pad(Safe(r.Origin.Rule), wideRule) + "  " + pad(place(r.Origin), widePlace)
		switch {
		case r.Err != nil:
			line += "  " + Safe(r.Err.Error())
		case len(r.Adds) > 0:
			line += "  → " + Safe(strings.Join(r.Adds, ", "))
		case r.Default:
			line += "  default"
		}
		p.line(plain, clip(strings.TrimRight(line, " "), p.width))
		if w := when[r.Origin.Rule]; w != "" && r.Verdict != rules.NotReached {
			p.line(faint, clip("           when "+Safe(strings.Join(strings.Fields(w), " ")), p.width))
		}
	}
	for _, e := range d.Entries {
		v := value(e.Value)
		if len(e.Refs) > 0 {
			v = Safe(list(e.Refs[:min(3, len(e.Refs))], len(e.Refs)))
		}
		p.flow(plain, "    ", Safe(e.Key)+" = "+v+" · rule "+Safe(e.Origin.Rule), 6)
	}
	for _, x := range d.Dropped {
		p.line(plain, "    "+Safe(x.Bundle)+" dropped: exclusive with "+Safe(x.For))
	}
}

func verdictOf(d rules.DecisionTrace) string {
	switch d.Status {
	case rules.NotApplicable:
		return Safe(d.Name) + ": does not apply; what it would decide is not managed"
	case rules.Held:
		return Safe(d.Name) + ": HELD: " + Safe(d.Err.Error())
	case rules.Undecided:
		return Safe(d.Name) + ": not decided"
	}
	switch d.Mode {
	case rules.Collect:
		return Safe(d.Name) + " = [" + Safe(strings.Join(d.List, ", ")) + "]"
	case rules.Merge:
		return fmt.Sprintf("%s: %s", Safe(d.Name), plural(len(d.Entries), "value", "values"))
	}
	text := Safe(d.Name) + " = " + Safe(d.Text)
	if d.Reason != "" {
		text += " (" + Safe(d.Reason) + ")"
	}
	if d.Hold > 0 {
		text += ", after a hold of " + span(d.Hold)
	}
	return text
}

// span gives a duration as policies write it: 14d, 36h.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return d.String()
}

// consequence writes what a plan of this object would hold.
func (p *page) consequence(x Explanation, o Options) {
	p.head("A plan would")
	if len(x.Changes)+len(x.Skips) == 0 {
		p.line(plain, "  change nothing: the tenant has it as the policies want it")
	}
	for _, c := range x.Changes {
		p.flow(plain, "  ", actionWord(c.Action)+" "+Safe(string(c.Object.Type))+": "+x.Names(c), 4)
	}
	for _, k := range x.Skips {
		p.flow(yellow, "  ", "leave alone ("+Safe(string(k.Reason))+"): "+skipText(k), 4)
	}
}

// Effect gives what says for people what a change does in a tenant, with the names of its subscriptions.
func Effect(m plan.Manifest) func(plan.Change) string {
	names := skuNames{&m.Tenant}
	return func(c plan.Change) string {
		if c.Action == plan.Create {
			parts := make([]string, len(c.Attributes))
			for i, a := range c.Attributes {
				parts[i] = Safe(a.Name) + " " + value(a.After)
			}
			return strings.Join(parts, "; ")
		}
		if w := what(c); w != "" && !strings.Contains(w, ",") {
			return w + " " + names.effect(c)
		}
		return names.effect(c)
	}
}
