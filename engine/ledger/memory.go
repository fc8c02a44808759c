package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// Memory is what is remembered of the decisions about one object that can be held, so that a hold and what a policy reads
// of earlier runs outlive a run. Values are as policies spell them; those of properties stand in a Row.
type Memory struct {
	Anchor  directory.Anchor
	Decided []Decided // by decision
	Pending []Pending // by decision
}

// Decided is the outcome of a decision that was carried out last, or that a complete plan found to be so in the cloud.
type Decided struct {
	Decision string   `json:"decision"`
	Text     string   `json:"text,omitempty"`
	List     []string `json:"list,omitempty"`
}

// Pending is an outcome that waits for the hold of its rule to end.
type Pending struct {
	Decision string    `json:"decision"`
	Text     string    `json:"text"`
	Since    time.Time `json:"since"` // when a complete plan saw it first, without interruption; UTC
}

// Lesson is what a complete plan adds to the memory of one object.
type Lesson struct {
	Anchor  directory.Anchor
	Decided []Decided // by decision; others stay
	Pending []Pending // likewise
	Over    []string  // decisions of which nothing waits any more
	Forget  bool      // nothing is remembered of it from now on
}

// Equal reports whether two outcomes are the same.
func (d Decided) Equal(e Decided) bool {
	return d.Decision == e.Decision && d.Text == e.Text && slices.Equal(d.List, e.List)
}

// Learn gives the memory with a lesson taken in. What is carried out waits no longer.
func (m Memory) Learn(l Lesson) Memory {
	if l.Forget {
		return Memory{Anchor: m.Anchor}
	}
	out := Memory{Anchor: l.Anchor, Decided: slices.Clone(m.Decided)}
	for _, d := range l.Decided {
		out.Decided = slices.DeleteFunc(out.Decided, func(x Decided) bool { return x.Decision == d.Decision })
		out.Decided = append(out.Decided, d)
	}
	for _, p := range m.Pending {
		again := slices.ContainsFunc(l.Pending, func(x Pending) bool { return x.Decision == p.Decision })
		done := slices.ContainsFunc(l.Decided, func(d Decided) bool { return d.Decision == p.Decision && d.Text == p.Text })
		if !again && !done && !slices.Contains(l.Over, p.Decision) {
			out.Pending = append(out.Pending, p)
		}
	}
	out.Pending = append(out.Pending, l.Pending...)
	slices.SortFunc(out.Decided, func(a, b Decided) int { return strings.Compare(a.Decision, b.Decision) })
	slices.SortFunc(out.Pending, func(a, b Pending) int { return strings.Compare(a.Decision, b.Decision) })
	return out
}
