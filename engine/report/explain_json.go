package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/trace"
)

// The JSON form of an explanation.
type (
	// explainDocument is the whole. Changes and skips are there when the tenant was asked, names when the cloud's were
	// worked out.
	explainDocument struct {
		FormatVersion string         `json:"formatVersion"`
		Kind          string         `json:"kind"`
		Object        plan.Object    `json:"object"`
		AsOf          time.Time      `json:"asOf"`
		Source        string         `json:"source,omitempty"`
		OU            string         `json:"ou,omitempty"`
		Filter        string         `json:"filter,omitempty"`
		LeftOut       string         `json:"leftOut,omitempty"`
		Policy        string         `json:"policy"`
		Error         string         `json:"error,omitempty"`
		Scopes        []scopeRow     `json:"scopes"`
		Decisions     []decisionRow  `json:"decisions"`
		Names         *namesRow      `json:"names,omitempty"`
		Changes       *[]plan.Change `json:"changes,omitempty"`
		Skips         *[]plan.Skip   `json:"skips,omitempty"`
	}
	namesRow struct {
		Recipient    bool               `json:"recipient"`
		Synchronised desired.Prediction `json:"synchronised"`
		Direct       desired.Prediction `json:"direct"`
	}
	decisionRow struct {
		Decision string       `json:"decision"`
		Mode     rules.Mode   `json:"mode"`
		Status   string       `json:"status"`
		Value    string       `json:"value,omitempty"`
		Reason   string       `json:"reason,omitempty"`
		List     []string     `json:"list,omitempty"`
		Entries  []entryRow   `json:"entries,omitempty"`
		Dropped  []droppedRow `json:"dropped,omitempty"`
		Error    string       `json:"error,omitempty"`
		Pending  *pendingRow  `json:"pending,omitempty"`
		// Exception decided in place of the rules; lapsed is one that is over.
		Exception *exceptionRow `json:"exception,omitempty"`
		Lapsed    *exceptionRow `json:"lapsed,omitempty"`
		When      *partJSON     `json:"when,omitempty"`
		Rules     []ruleRow     `json:"rules"`
		// NearestMiss is the rule that would have decided with the fewest sub-conditions changed.
		NearestMiss *missRow `json:"nearestMiss,omitempty"`
	}
	// droppedRow is a bundle or cloud group that exclusivity dropped in favour of another.
	droppedRow struct {
		Name string `json:"name"`
		For  string `json:"for"`
	}
	entryRow struct {
		Key   string      `json:"key"`
		Value cloud.Value `json:"value"`
		Refs  []string    `json:"refs,omitempty"`
		Rule  string      `json:"rule"`
	}
	ruleRow struct {
		Rule    string        `json:"rule"`
		File    string        `json:"file"`
		Line    int           `json:"line"`
		Default bool          `json:"default,omitempty"`
		When    string        `json:"when,omitempty"`
		Verdict rules.Verdict `json:"verdict"`
		Adds    []string      `json:"adds,omitempty"`
		Error   string        `json:"error,omitempty"`
		From    string        `json:"from,omitempty"`
		Until   string        `json:"until,omitempty"`
		// Condition and values are the parts of what was looked at, with what each gave.
		Condition *partJSON  `json:"condition,omitempty"`
		Values    []valueRow `json:"values,omitempty"`
	}
	valueRow struct {
		Key   string    `json:"key,omitempty"`
		Value *partJSON `json:"value"`
	}
	// partJSON is a part of an expression. Evaluated counts: 0 is not evaluated, since what stands before it settled the
	// matter; more than 1 within a loop, of which true were true. Value is what it gave last; a secret shows none.
	partJSON struct {
		Text      string      `json:"text"`
		Condition string      `json:"condition,omitempty"`
		Operator  string      `json:"operator,omitempty"`
		File      string      `json:"file"`
		Line      int         `json:"line"`
		Col       int         `json:"col"`
		LDAP      string      `json:"ldap,omitempty"`
		Evaluated int         `json:"evaluated"`
		True      int         `json:"true,omitempty"`
		Value     any         `json:"value,omitempty"`
		Secret    bool        `json:"secret,omitempty"`
		Parts     []*partJSON `json:"parts,omitempty"`
	}
	missRow struct {
		Rule      string      `json:"rule,omitempty"`
		File      string      `json:"file,omitempty"`
		Line      int         `json:"line,omitempty"`
		Changes   []changeRow `json:"changes"`
		Dates     bool        `json:"dates,omitempty"`
		Otherwise bool        `json:"inPlaceOfAnother,omitempty"`
	}
	changeRow struct {
		Text    string `json:"text"`
		To      bool   `json:"to"`
		Unknown bool   `json:"unknown,omitempty"`
		File    string `json:"file"`
		Line    int    `json:"line"`
		Col     int    `json:"col"`
	}
	scopeRow struct {
		Policy string    `json:"policy"`
		Holds  bool      `json:"holds"`
		Scope  *partJSON `json:"scope,omitempty"`
		Error  string    `json:"error,omitempty"`
	}
)

const explanationKind = "coexist.report.explanation"

// ExplainJSON writes an explanation as one JSON document: formatVersion, kind "coexist.report.explanation", object,
// policy, decisions with their rules, and what a plan would hold.
func ExplainJSON(w io.Writer, x Explanation) error {
	decisions := make([]decisionRow, len(x.Decisions))
	for i, d := range x.Decisions {
		decisions[i] = decisionOf(d)
	}
	doc := explainDocument{FormatVersion: FormatVersion, Kind: explanationKind, Object: x.Object, AsOf: x.AsOf.UTC(), Source: x.Source, OU: x.OU, Filter: x.Filter,
		LeftOut: x.Outside, Policy: x.Policy, Error: message(x.ScopeErr), Scopes: scopeRows(x.Scopes), Decisions: decisions}
	if x.Cloud != nil {
		doc.Names = &namesRow{x.Cloud.Recipient, x.Cloud.Synced, x.Cloud.Direct}
	}
	if x.Compared {
		doc.Changes, doc.Skips = &x.Changes, &x.Skips
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func decisionOf(d trace.Decision) decisionRow {
	row := decisionRow{Decision: d.Name, Mode: d.Mode, Status: statusWord(d.Status), Value: d.Text, Reason: d.Reason, List: d.List,
		Error: message(d.Err), Pending: pendingOf(d.Pending), Exception: exceptionOf(d.Exception), Lapsed: exceptionOf(d.Lapsed), When: partsOf(d.When)}
	for _, x := range d.Dropped {
		row.Dropped = append(row.Dropped, droppedRow{x.Bundle, x.For})
	}
	for _, e := range d.Entries {
		row.Entries = append(row.Entries, entryRow{e.Key, e.Value, e.Refs, e.Origin.Rule})
	}
	for _, r := range d.Rules {
		x := ruleRow{Rule: r.Origin.Rule, File: r.Origin.File, Line: r.Origin.Line, Default: r.Default, Verdict: r.Verdict, Adds: r.Adds, Error: message(r.Err), Condition: partsOf(r.When)}
		if r.About != nil {
			x.When, x.From, x.Until = r.About.When, r.About.From, r.About.Until
		}
		for i := range r.Values {
			x.Values = append(x.Values, valueRow{r.Values[i].Key, partsOf(&r.Values[i])})
		}
		row.Rules = append(row.Rules, x)
	}
	if m := d.Miss; m != nil {
		row.NearestMiss = &missRow{m.Rule.Rule, m.Rule.File, m.Rule.Line, []changeRow{}, m.Dates, m.Otherwise}
		for _, c := range m.Changes {
			row.NearestMiss.Changes = append(row.NearestMiss.Changes, changeRow{c.Text, c.To, c.Unknown, c.File, c.Line, c.Col})
		}
	}
	return row
}

func scopeRows(list []trace.Scope) []scopeRow {
	rows := make([]scopeRow, len(list))
	for i, s := range list {
		rows[i] = scopeRow{Policy: s.Policy, Holds: s.Holds, Scope: partsOf(s.When)}
		if s.When != nil {
			rows[i].Error = message(s.When.Err)
		}
	}
	return rows
}

// partsOf gives an expression as a tree; nil for one that was not looked at.
func partsOf(x *rules.Observed) *partJSON {
	if x == nil {
		return nil
	}
	return partOf(x, 0)
}

func partOf(x *rules.Observed, at int) *partJSON {
	p, s := &x.Parts[at], x.Seen[at]
	out := &partJSON{Text: p.Text, Condition: p.Condition, Operator: p.Operator, File: p.File, Line: p.Line, Col: p.Col, LDAP: p.LDAP, Evaluated: int(s.Times), True: int(s.True),
		Value: x.Value(at), Secret: p.Secret}
	if p.Truth && s.Times == 1 {
		out.True = 0 // the value says it
	}
	for _, i := range p.Parts {
		out.Parts = append(out.Parts, partOf(x, i))
	}
	return out
}

func statusWord(s rules.Status) string {
	return [...]string{rules.Undecided: "undecided", rules.Decided: "decided", rules.NotApplicable: "not applicable", rules.Held: "held"}[s]
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
