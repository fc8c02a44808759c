package report

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// Performed is a run as the renderers read it.
type Performed struct {
	Run     journal.Run
	Counts  journal.Counts
	Entries iter.Seq2[journal.Entry, error] // of all changes that were reached
}

// stateWords says what the states of changes mean to people.
var stateWords = map[journal.State]string{
	journal.Done:     "written",
	journal.Already:  "held the wished values before anything was sent",
	journal.Failed:   "refused; asking again will not help",
	journal.Conflict: "the tenant changed since the plan was made; plan again",
	journal.Stale:    "the directory changed since the plan was made; plan again",
	journal.Blocked:  "waited for a change that did not happen",
	journal.Delayed:  "waits as a task for what is not there yet; see coexist tasks list",
	journal.Deferred: "not done yet; apply the plan again",
	journal.Unknown:  "may have happened; the next run looks",
	journal.Exported: "written, but the run was cut off before it was recorded",
	journal.Begun:    "was being written when the run was cut off",
}

// Run writes what a run did: the verdict in one sentence, the changes by state, those that did not succeed grouped by what
// went wrong, and what to do next.
func Run(w io.Writer, p Performed, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	runVerdict(t, p)
	rows := [][]string{}
	for _, s := range p.Counts.Sorted() {
		rows = append(rows, []string{string(s), count(p.Counts[s]), stateWords[s]})
	}
	if n := p.Run.Changes - p.Counts.Reached(); n > 0 {
		rows = append(rows, []string{"not reached", count(n), "the run ended before"})
	}
	t.table(2, rows, 1)
	if err := runProblems(t, p, o); err != nil {
		return err
	}
	t.head("Run")
	rows = [][]string{{"id", Safe(p.Run.ID)}, {"plan", Safe(p.Run.Plan)}, {"tenant", Safe(p.Run.Tenant)},
		{"by", Safe(p.Run.By.User) + " on " + Safe(p.Run.By.Host) + ", " + Safe(p.Run.Mode)},
		{"from", instant(p.Run.Started) + " to " + instant(p.Run.Finished)}}
	if p.Run.Stop != nil {
		rows = append(rows, []string{"stop", "asked for by " + Safe(p.Run.Stop.By.User) + " on " + Safe(p.Run.Stop.By.Host) + " at " + instant(p.Run.Stop.At)})
	}
	for _, v := range p.Run.Overrides {
		rows = append(rows, []string{"allowed", Safe(v.Guard) + ": " + Safe(v.Reason)})
	}
	t.table(2, rows)
	if t.err != nil {
		return t.err
	}
	return buf.Flush()
}

func runVerdict(t *page, p Performed) {
	done := p.Counts.Succeeded()
	figures := count(done) + " of " + plural(p.Run.Changes, "change", "changes")
	switch {
	case p.Run.State == journal.Stopped:
		t.flow(red, "", "STOPPED after "+figures+": "+Safe(p.Run.Detail)+".", 0)
	case p.Run.State == journal.Refused:
		t.flow(yellow, "", "Not applied: "+Safe(p.Run.Detail)+".", 0)
	case p.Run.State == journal.Broken:
		t.flow(red, "", "Ended by an error after "+figures+": "+Safe(p.Run.Detail)+".", 0)
	case p.Run.State == journal.Interrupted:
		text := "Interrupted after " + figures
		if p.Run.Detail != "" && p.Run.Detail != "interrupted" {
			text += " (" + Safe(p.Run.Detail) + ")"
		}
		t.flow(yellow, "", text+"; apply the same plan again to carry on.", 0)
	case p.Run.State == journal.Running && p.Run.Progress != nil:
		t.flow(yellow, "", "Under way: "+phase(*p.Run.Progress)+", "+figures+" carried out; seen last "+instant(p.Run.Progress.At)+".", 0)
	case p.Run.State == journal.Running:
		t.flow(yellow, "", "Not ended: "+figures+"; if nobody carries it on, apply the same plan again.", 0)
	case p.Run.Changes == 0:
		t.flow(bold, "", "Done: there was nothing to change.", 0)
	case done < p.Run.Changes && done+p.Counts[journal.Delayed] == p.Run.Changes:
		t.flow(bold, "", "Done: "+figures+" carried out, and "+plural(p.Counts[journal.Delayed], "change waits as a task", "changes wait as tasks")+".", 0)
	case done == p.Run.Changes:
		t.flow(bold, "", "Done: "+figures+" carried out.", 0)
	default:
		t.flow(yellow, "", "Finished in part: "+figures+" carried out.", 0)
	}
}

// phase says what a run is at.
func phase(p journal.Progress) string {
	text := string(p.Phase)
	if n := p.Percent(); n >= 0 {
		text += fmt.Sprintf(" %d %% (%s of %s)", n, count(p.Done), count(p.Total))
	}
	return text
}

// runProblems lists the changes that did not succeed, grouped by state, action and what went wrong.
func runProblems(t *page, p Performed, o Options) error {
	if p.Counts.Succeeded()+p.Counts[journal.Delayed] == p.Counts.Reached() {
		return nil
	}
	var list []*group
	index := map[string]*group{}
	for e, err := range p.Entries {
		if err != nil {
			return err
		}
		if e.State.Succeeded() || e.State == journal.Delayed {
			continue
		}
		key := string(e.State) + "\x00" + string(e.Action)
		if index[key] == nil {
			index[key] = &group{action: e.Action, what: string(e.State), index: map[string]*fold{}}
			list = append(list, index[key])
		}
		index[key].count++
		index[key].fold(entryText(e), plan.Object{Anchor: e.Anchor, Name: e.Name}, o)
	}
	slices.SortStableFunc(list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(stateRank(a.what), stateRank(b.what)), cmp.Compare(actionRank(a.action), actionRank(b.action)))
	})
	t.head("What did not succeed")
	for _, g := range list {
		t.line(yellow, "  "+pad(count(g.count), 6)+"  "+g.what+": "+actionWord(g.action))
		t.folds(g, o)
	}
	return nil
}

func stateRank(s string) int { return slices.Index(journal.States(), journal.State(s)) }

// entryText says what went wrong with a change.
func entryText(e journal.Entry) string {
	text := Safe(e.Detail)
	if text == "" {
		text = stateWords[e.State]
	}
	if e.FaultKind != "" && !strings.Contains(text, e.FaultKind) {
		text += " (" + Safe(e.FaultKind) + ")"
	}
	return text
}

// RunJSON writes a run as one JSON document: formatVersion, kind "coexist.report.run", the run, its counts by state and
// the array entries, one entry a line.
func RunJSON(w io.Writer, p Performed) error {
	buf := bufio.NewWriter(w)
	if err := runJSON(buf, p); err != nil {
		return err
	}
	return buf.Flush()
}

func runJSON(buf *bufio.Writer, p Performed) error {
	run, err := json.Marshal(p.Run)
	if err != nil {
		return fmt.Errorf("write run as JSON: %w", err)
	}
	counts, err := json.Marshal(p.Counts)
	if err != nil {
		return fmt.Errorf("write run as JSON: %w", err)
	}
	fmt.Fprintf(buf, "{\"formatVersion\":%q,\"kind\":\"coexist.report.run\",\n\"run\":%s,\n\"counts\":%s,\n\"entries\":[", FormatVersion, run, counts)
	if err := array(buf, p.Entries); err != nil {
		return err
	}
	_, err = buf.WriteString("]}\n")
	return err
}

// Runs lists runs, one a line.
func Runs(w io.Writer, list []journal.Run, counts []journal.Counts) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, Options{})
	rows := [][]string{{"run", "started", "state", "done", "plan"}}
	for i, r := range list {
		rows = append(rows, []string{Safe(r.ID), instant(r.Started), string(r.State),
			count(counts[i].Succeeded()) + " of " + count(r.Changes), Safe(r.Plan)})
	}
	t.table(0, rows)
	if t.err != nil {
		return t.err
	}
	return buf.Flush()
}
