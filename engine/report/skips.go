package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/engine/plan"
)

// skipped collects what will not change, grouped by reason and, within a reason, by what exactly is said about it.
type skipped struct {
	opts Options
	held int
	list []*skipGroup
}

// skipGroup is everything withheld for one reason.
type skipGroup struct {
	reason plan.SkipReason
	rows   group // only its folds and their count are used
}

func newSkipped(o Options) *skipped { return &skipped{opts: o} }

func (s *skipped) add(k plan.Skip) {
	if k.Reason.Held() {
		s.held++
	}
	i := slices.IndexFunc(s.list, func(g *skipGroup) bool { return g.reason == k.Reason })
	if i < 0 {
		i = len(s.list)
		s.list = append(s.list, &skipGroup{reason: k.Reason, rows: group{index: map[string]*fold{}}})
	}
	g := s.list[i]
	g.rows.count++
	g.rows.fold(skipText(k), k.Object, s.opts)
}

// skipText says what is withheld: the property, the details, the rule, and until when.
func skipText(k plan.Skip) string {
	var parts []string
	if k.Property != "" && !strings.Contains(k.Detail, k.Property) {
		parts = append(parts, Safe(k.Property))
	}
	if k.Detail != "" {
		parts = append(parts, Safe(k.Detail))
	}
	if k.Until != nil {
		parts = append(parts, "until "+instant(*k.Until))
	}
	text := strings.Join(parts, ": ")
	if len(k.Because) == 1 && k.Because[0].Rule != "" && !strings.Contains(text, Safe(k.Because[0].Rule)) {
		text += " [" + rule(k.Because[0]) + "]"
	}
	return text
}

// skips lists the reasons, first what needs a decision.
func (t *planText) skips(s *skipped) {
	if len(s.list) == 0 {
		return
	}
	t.head("What will not change, and why")
	slices.SortStableFunc(s.list, func(a, b *skipGroup) int { return cmp.Compare(skipRank(a.reason), skipRank(b.reason)) })
	for _, g := range s.list {
		st := plain
		if g.reason.Held() {
			st = yellow
		}
		t.line(st, "  "+pad(count(g.rows.count), 6)+"  "+skipWord(g.reason)+" ("+Safe(string(g.reason))+")")
		if g.reason.Held() || !t.opts.Brief {
			t.folds(&g.rows, t.opts)
		}
	}
}
