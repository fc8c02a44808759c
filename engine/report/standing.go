package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// Standing is what became of a plan since it was made: who approved it, and how far its run came.
type Standing struct {
	Run       *Performed // nil when it was not applied; its entries come by anchor
	Approvals []journal.Approval
	Signed    []string // public keys, base64
}

// NotReached is the state of a change that no run came to.
const NotReached journal.State = "not reached"

// changeStanding is a change with its state in the plan's run, "" when it was not applied.
type changeStanding struct {
	plan.Change
	State  journal.State `json:"state,omitempty"`
	Detail string        `json:"detail,omitempty"`
}

// standings pairs changes with the entries of a run. Both come by anchor, so that no more than one object is held at a time.
func standings(changes iter.Seq2[plan.Change, error], run *Performed) iter.Seq2[changeStanding, error] {
	return func(yield func(changeStanding, error) bool) {
		next, stop := func() (journal.Entry, error, bool) { return journal.Entry{}, nil, false }, func() {}
		if run != nil {
			next, stop = iter.Pull2(run.Entries)
		}
		defer stop()
		entry, err, more := next()
		known := map[string]journal.Entry{}
		anchor := ""
		for c, failed := range changes {
			if failed != nil {
				yield(changeStanding{}, failed)
				return
			}
			if a := string(c.Object.Anchor); a != anchor {
				anchor = a
				clear(known)
			}
			for ; more && err == nil && string(entry.Anchor) <= anchor; entry, err, more = next() {
				if string(entry.Anchor) == anchor {
					known[entry.Change] = entry
				}
			}
			if err != nil {
				yield(changeStanding{}, err)
				return
			}
			s := changeStanding{Change: c}
			if run != nil {
				s.State = NotReached
			}
			if e, ok := known[c.ID]; ok {
				s.State, s.Detail = e.State, e.Detail
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// ShownJSON is PlanJSON with what became of the plan: each change has its state, and beside them stand run, approvals and
// signedBy.
func ShownJSON(w io.Writer, p Planned, s Standing) error {
	buf := bufio.NewWriter(w)
	manifest, err := json.Marshal(p.Manifest())
	if err != nil {
		return fmt.Errorf("write plan as JSON: %w", err)
	}
	fmt.Fprintf(buf, "{\"formatVersion\":%q,\"kind\":\"coexist.report.plan\",\"digest\":%q,\n\"manifest\":%s,\n", FormatVersion, p.Digest(), manifest)
	about := map[string]any{}
	if s.Run != nil {
		about["run"] = s.Run.Run
	}
	if len(s.Approvals) > 0 {
		about["approvals"] = s.Approvals
	}
	if len(s.Signed) > 0 {
		about["signedBy"] = s.Signed
	}
	for _, name := range []string{"run", "approvals", "signedBy"} {
		if about[name] == nil {
			continue
		}
		b, err := json.Marshal(about[name])
		if err != nil {
			return fmt.Errorf("write plan as JSON: %w", err)
		}
		fmt.Fprintf(buf, "%q:%s,\n", name, b)
	}
	buf.WriteString("\"changes\":[")
	if err := array(buf, standings(p.Changes(), s.Run)); err != nil {
		return err
	}
	buf.WriteString("],\n\"skips\":[")
	if err := array(buf, p.Skips()); err != nil {
		return err
	}
	buf.WriteString("]}\n")
	return buf.Flush()
}

// Stand writes what became of a plan: approvals, signatures, and of the run the changes by state. Those that are not done
// are named, and all with Full.
func Stand(w io.Writer, p Planned, s Standing, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	if len(s.Approvals)+len(s.Signed) > 0 {
		t.head("Approved")
		var rows [][]string
		for _, a := range s.Approvals {
			rows = append(rows, []string{Safe(a.By.User), instant(a.At), Safe(a.Comment)})
		}
		for _, k := range s.Signed {
			rows = append(rows, []string{"signed", "", Safe(k)})
		}
		t.table(2, rows)
	}
	if s.Run != nil {
		if err := stood(t, p, s, o); err != nil {
			return err
		}
	}
	if t.err != nil {
		return t.err
	}
	return buf.Flush()
}

func stood(t *page, p Planned, s Standing, o Options) error {
	r := s.Run.Run
	t.head("Carried out")
	t.flow(bold, "  ", fmt.Sprintf("Run %s by %s on %s is %s; coexist runs show %s tells more.", Safe(r.ID), Safe(r.By.User), Safe(r.By.Host), Safe(string(r.State)), Safe(r.ID)), 2)
	counts := map[journal.State]int{}
	var left [][]string
	for c, err := range standings(p.Changes(), s.Run) {
		if err != nil {
			return err
		}
		counts[c.State]++
		if (!c.State.Succeeded() || o.Full) && len(left) < o.names() {
			left = append(left, []string{string(c.State), actionWord(c.Action) + " " + Safe(string(c.Object.Type)), Safe(c.Object.Name), Safe(c.Detail)})
		}
	}
	var rows [][]string
	shown := 0
	for _, state := range append(journal.States(), NotReached) {
		if n := counts[state]; n > 0 {
			rows = append(rows, []string{string(state), count(n)})
		}
		if !state.Succeeded() || o.Full {
			shown += counts[state]
		}
	}
	t.table(2, rows, 1)
	t.table(2, left)
	if more := shown - len(left); more > 0 {
		t.line(plain, "  and "+count(more)+" more; --full lists all")
	}
	return nil
}
