package report

import (
	"encoding/json"
	"io"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

// The JSON form of an explanation.
type (
	decisionRow struct {
		Decision string          `json:"decision"`
		Mode     rules.Mode      `json:"mode"`
		Status   string          `json:"status"`
		Value    string          `json:"value,omitempty"`
		Reason   string          `json:"reason,omitempty"`
		List     []string        `json:"list,omitempty"`
		Entries  []entryRow      `json:"entries,omitempty"`
		Dropped  []rules.Dropped `json:"dropped,omitempty"`
		Error    string          `json:"error,omitempty"`
		Pending  *pendingRow     `json:"pending,omitempty"`
		// Exception decided in place of the rules; lapsed is one that is over.
		Exception *exceptionRow `json:"exception,omitempty"`
		Lapsed    *exceptionRow `json:"lapsed,omitempty"`
		Rules     []ruleRow     `json:"rules"`
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
	}
)

// ExplainJSON writes an explanation as one JSON document: formatVersion, kind "coexist.report.explanation", object,
// policy, decisions with their rules, and what a plan would hold.
func ExplainJSON(w io.Writer, x Explanation) error {
	decisions := make([]decisionRow, len(x.Decisions))
	for i, d := range x.Decisions {
		decisions[i] = decisionOf(d, x.When)
	}
	doc := map[string]any{"formatVersion": FormatVersion, "kind": "coexist.report.explanation", "object": x.Object, "asOf": x.AsOf.UTC(),
		"policy": x.Policy, "decisions": decisions}
	if x.ScopeErr != nil {
		doc["error"] = x.ScopeErr.Error()
	}
	if x.Cloud != nil {
		doc["names"] = map[string]any{"recipient": x.Cloud.Recipient, "synchronised": x.Cloud.Synced, "direct": x.Cloud.Direct}
	}
	if x.Compared {
		doc["changes"], doc["skips"] = x.Changes, x.Skips
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func decisionOf(d rules.DecisionTrace, when map[string]string) decisionRow {
	row := decisionRow{Decision: d.Name, Mode: d.Mode, Status: statusWord(d.Status), Value: d.Text, Reason: d.Reason, List: d.List,
		Dropped: d.Dropped, Error: message(d.Err), Pending: pendingOf(d.Pending), Exception: exceptionOf(d.Exception), Lapsed: exceptionOf(d.Lapsed)}
	for _, e := range d.Entries {
		row.Entries = append(row.Entries, entryRow{e.Key, e.Value, e.Refs, e.Origin.Rule})
	}
	for _, r := range d.Rules {
		row.Rules = append(row.Rules, ruleRow{r.Origin.Rule, r.Origin.File, r.Origin.Line, r.Default, when[r.Origin.Rule], r.Verdict, r.Adds, message(r.Err)})
	}
	return row
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
