package main

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/wire"
	"github.com/coexistsync/coexist/rules"
)

// endMailbox makes a record of how far an object is on its way to a mailbox.
func endMailbox(a *answer, h head) error {
	var l struct {
		validate.Ladder
		Findings json.RawMessage `json:"findings"` // whose severities are words
	}
	if err := h.into("mailbox", &l); err != nil {
		return err
	}
	m := wire.MailboxDiagnosis{Identity: identityOf(l.Object), ObjectType: objectType(l.Object), HasMailbox: l.Mailbox, Message: l.Ticket.Problem,
		Steps: make([]wire.MailboxStep, len(l.Rungs)), Ticket: ticket(l.Ticket)}
	for i, r := range l.Rungs {
		m.Steps[i] = wire.MailboxStep{Name: r.ID, Question: r.Question, Result: string(r.Result), Evidence: texts(r.Evidence), RecommendedAction: r.Next, Commands: texts(r.Commands)}
	}
	if l.Headline >= 0 && l.Headline < len(l.Rungs) {
		m.StuckAt, m.RecommendedAction = l.Rungs[l.Headline].ID, l.Rungs[l.Headline].Next
	}
	return a.record(m, m.Identity)
}

// texts gives a list that is never null.
func texts(list []string) []string { return append([]string{}, list...) }

// ticket lists what is known of what a supporter asks for.
func ticket(t validate.Ticket) []wire.Detail {
	out := []wire.Detail{}
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				out = append(out, wire.Detail{Name: name, Value: v})
			}
		}
	}
	add("Tenant", t.Tenant)
	add("TenantName", t.TenantName)
	add("ObjectId", t.ObjectID)
	add("UserPrincipalName", t.UPN)
	add("OnPremisesImmutableId", t.Anchor)
	add("Problem", t.Problem)
	add("Error", t.Errors...)
	add("RequestId", t.RequestIDs...)
	for _, x := range t.Tried {
		add("Tried", strings.TrimSuffix(x.At.UTC().Format("2006-01-02T15:04:05Z")+" "+x.What+": "+x.State+": "+x.Detail, ": "))
	}
	add("Checked", t.Checked...)
	return out
}

// explained is a decision as an explanation has it.
type explained struct {
	Decision string   `json:"decision"`
	Status   string   `json:"status"`
	Value    string   `json:"value"`
	Reason   string   `json:"reason"`
	Error    string   `json:"error"`
	List     []string `json:"list"`
	Entries  []struct {
		Key string `json:"key"`
	} `json:"entries"`
	Rules []struct {
		Rule    string        `json:"rule"`
		File    string        `json:"file"`
		Line    int           `json:"line"`
		Verdict rules.Verdict `json:"verdict"`
	} `json:"rules"`
	NearestMiss *struct {
		Rule string `json:"rule"`
	} `json:"nearestMiss"`
}

// endExplain makes a record of each decision about an object.
func endExplain(a *answer, h head) error {
	var o plan.Object
	var list []explained
	if err := h.into("object", &o); err != nil {
		return err
	}
	if err := h.into("decisions", &list); err != nil {
		return err
	}
	for _, e := range list {
		d := wire.Decision{Identity: identityOf(o), Decision: e.Decision, Status: e.Status, Value: cmp.Or(e.Value, strings.Join(e.List, "; ")), Rules: []string{},
			Reason: cmp.Or(e.Error, e.Reason)}
		if keys := len(e.Entries); d.Value == "" && keys > 0 {
			names := make([]string, keys)
			for i, x := range e.Entries {
				names[i] = x.Key
			}
			d.Value = strings.Join(names, ", ")
		}
		for _, r := range e.Rules {
			if r.Verdict == rules.True {
				d.Rules = append(d.Rules, r.Rule)
				if d.File == "" {
					d.File, d.Line = r.File, r.Line
				}
			}
		}
		if e.NearestMiss != nil {
			d.NearestMiss = e.NearestMiss.Rule
		}
		if err := a.record(d, d.Identity); err != nil {
			return err
		}
	}
	return nil
}

// takeImpact makes a record of one effect of a change of the policies.
func takeImpact(a *answer, b json.RawMessage) error {
	type state struct{ Status, Value string }
	var g struct {
		Decision string
		Key      string
		From, To state
		OldRule  string
		NewRule  string
		TakeAway bool `json:"takesAway"`
		Objects  int
		Examples []struct{ Name string }
	}
	if err := json.Unmarshal(b, &g); err != nil {
		return err
	}
	r := wire.PolicyImpact{Decision: g.Decision, Key: g.Key, OldValue: cmp.Or(g.From.Value, g.From.Status), NewValue: cmp.Or(g.To.Value, g.To.Status),
		OldRule: g.OldRule, NewRule: g.NewRule, TakeAway: g.TakeAway, Objects: g.Objects, Examples: []string{}}
	for _, e := range g.Examples {
		r.Examples = append(r.Examples, e.Name)
	}
	return a.record(r, r.Decision)
}
