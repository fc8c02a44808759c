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
	"github.com/coexistsync/coexist/rules/trace"
)

// Explanation is how the policies came to what they want of one object, and what follows from it.
type Explanation struct {
	Object    plan.Object
	AsOf      time.Time
	Source    string        // the directory that it was read from
	OU        string        // the scope that it was read in, "" when it cannot be told
	Filter    string        // of that scope
	Outside   string        // why plans leave it out all the same, such as a pilot group that it is not in; "" when they do not
	Policy    string        // "" when no policy's scope holds
	ScopeErr  error         // the scope could not be evaluated
	Scopes    []trace.Scope // of the policies that were asked
	Decisions []trace.Decision
	// Compared says that the tenant was read: Changes and Skips are what a plan of this object would hold.
	Compared bool
	Changes  []plan.Change
	Skips    []plan.Skip
	Names    func(c plan.Change) string // what a change does, for people; see Effect
	Cloud    *desired.Outlook           // what the cloud makes of its names; nil when that was not asked
}

// Explain writes, for each decision, what was decided and what became of every rule, with what each part of its condition
// gave, and which rule came nearest to deciding otherwise. Of an object in no policy's scope it says why.
func Explain(w io.Writer, x Explanation, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	t.line(bold, label(x.Object, o)+", "+x.Object.Kind)
	rows := [][]string{{"dn", Safe(x.Object.DN)}, {"objectGUID", Safe(x.Object.GUID)}, {"source anchor", Safe(string(x.Object.Anchor))}}
	if x.Source != "" {
		rows = append(rows, []string{"read from", sourceWords(x)})
	}
	rows = append(rows, []string{"dates as of", instant(x.AsOf)})
	switch {
	case x.ScopeErr != nil:
		rows = append(rows, []string{"policy", "HELD: " + Safe(x.ScopeErr.Error())})
	case x.Policy == "":
		rows = append(rows, []string{"policy", "none: no policy's scope holds"})
	default:
		rows = append(rows, []string{"policy", Safe(x.Policy)})
	}
	if x.Outside != "" {
		rows = append(rows, []string{"left out", Safe(x.Outside)})
	}
	t.table(2, rows)
	if x.Policy == "" || o.Full {
		t.scopes(x.Scopes)
	}
	for _, d := range x.Decisions {
		t.decision(d)
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

func sourceWords(x Explanation) string {
	s := Safe(x.Source)
	if x.OU != "" {
		s += ", scope " + Safe(x.OU)
	}
	if x.Filter != "" {
		s += " with filter " + Safe(x.Filter)
	}
	return s
}

// verdictWords says what became of a rule.
var verdictWords = map[rules.Verdict]string{rules.True: "yes", rules.False: "no", rules.Failed: "ERROR", rules.NotInForce: "dates", rules.NotReached: "-"}

func place(o rules.Origin) string { return fmt.Sprintf("%s:%d", Safe(o.File), o.Line) }

// scopes says of each policy that was asked why the object is not its own, or that it is.
func (p *page) scopes(list []trace.Scope) {
	if len(list) == 0 {
		return
	}
	p.head("Scopes of the policies")
	for _, s := range list {
		word := "no"
		switch {
		case s.Holds:
			word = "yes"
		case s.When == nil || s.When.Err != nil:
			word = "ERROR"
		}
		p.line(plain, "  "+pad(word, 5)+"  "+Safe(s.Policy))
		p.parts(s.When, 11)
	}
}

// decision writes one decision and its rules, with the parts of each condition that was looked at.
func (p *page) decision(d trace.Decision) {
	p.head(verdictOf(d.DecisionTrace))
	p.instead(d.Decision)
	if d.When != nil {
		verb := "applies because"
		if d.Status == rules.NotApplicable && d.Exception == nil {
			verb = "does not apply because"
		}
		p.line(plain, "  "+verb)
		p.parts(d.When, 11)
	}
	wideRule, widePlace := 0, 0
	for _, r := range d.Rules {
		wideRule, widePlace = max(wideRule, cells(Safe(r.Origin.Rule))), max(widePlace, cells(place(r.Origin)))
	}
	for _, r := range d.Rules {
		line := "  " + pad(verdictWords[r.Verdict], 5) + "  " + pad(Safe(r.Origin.Rule), wideRule) + "  " + pad(place(r.Origin), widePlace) + "  " + ruleWords(d, r)
		p.line(plain, clip(strings.TrimRight(line, " "), p.width))
		p.parts(r.When, 11)
		for i := range r.Values {
			p.given(&r.Values[i])
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
	if d.Miss != nil {
		p.flow(plain, "  ", "nearest miss: "+missWords(d), 4)
	}
}

// ruleWords says what a rule did, and of one that did nothing for its dates, which they are.
func ruleWords(d trace.Decision, r trace.Rule) string {
	switch {
	case r.Err != nil:
		return Safe(r.Err.Error())
	case r.Verdict == rules.NotInForce:
		return datesOf(r.About)
	case len(r.Adds) > 0:
		text := "→ " + Safe(strings.Join(r.Adds, ", "))
		if dates := datesOf(r.About); dates != "" {
			text += ", " + dates
		}
		return text
	case r.Default:
		return "default"
	case r.Verdict == rules.NotReached && d.Status == rules.Decided && d.Mode == rules.First:
		return "not looked at: a rule before it decided"
	}
	return ""
}

func datesOf(r *rules.Rule) string {
	switch {
	case r == nil || r.From == "" && r.Until == "":
		return ""
	case r.Until == "":
		return "in force from " + r.From
	case r.From == "":
		return "in force until " + r.Until
	}
	return "in force from " + r.From + " until " + r.Until
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
