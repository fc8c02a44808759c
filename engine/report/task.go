package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
)

// Tasked is what came of the delayed tasks that were due.
type Tasked struct {
	Run     journal.Run `json:"run"`
	Done    int         `json:"done"`
	Waiting int         `json:"waiting"` // tried, and still waiting
	Ended   []task.Task `json:"ended"`   // without their effect
}

// TaskRun says what came of the delayed tasks that were due; those that ended without their effect are listed.
func TaskRun(w io.Writer, r Tasked, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	colour := bold
	if len(r.Ended) > 0 {
		colour = yellow
	}
	t.flow(colour, "", fmt.Sprintf("Delayed tasks: %s done, %s still waiting, %s ended without effect.", count(r.Done), count(r.Waiting), count(len(r.Ended))), 0)
	var rows [][]string
	for i, k := range r.Ended {
		if i == o.names() {
			rows = append(rows, []string{"", "and " + count(len(r.Ended)-i) + " more; coexist tasks list --all has them", ""})
			break
		}
		rows = append(rows, []string{string(k.State), subject(k), Safe(k.Detail)})
	}
	t.table(2, rows)
	return cmp.Or(t.err, buf.Flush())
}

// Tasks lists delayed tasks, one a line.
func Tasks(w io.Writer, list []task.Task, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	rows := [][]string{{"task", "state", "next attempt", "expires", "tried", "what"}}
	for _, k := range list {
		next := instant(k.Next)
		if k.State != task.Waiting {
			next = ""
		}
		rows = append(rows, []string{Safe(k.ID), string(k.State), next, instant(k.Deadline), count(k.Attempts), subject(k)})
	}
	t.table(0, rows, 4)
	return cmp.Or(t.err, buf.Flush())
}

// Task shows one delayed task.
func Task(w io.Writer, k task.Task, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	t.flow(bold, "", subject(k), 0)
	rows := [][]string{{"state", string(k.State)}, {"waits", Safe(k.Reason)}, {"tried", plural(k.Attempts, "time", "times")}}
	if k.Detail != "" {
		rows = append(rows, []string{"last", Safe(k.Detail)})
	}
	if k.State == task.Waiting {
		rows = append(rows, []string{"next", instant(k.Next)})
	}
	rows = append(rows, []string{"expires", instant(k.Deadline)}, []string{"put off", instant(k.Created) + " by run " + Safe(k.Run)})
	if !k.Ended.IsZero() {
		rows = append(rows, []string{"ended", instant(k.Ended)})
	}
	rows = append(rows, []string{"id", Safe(k.ID)}, []string{"object", Safe(k.Change.Object.ID)}, []string{"plan", Safe(k.Plan)})
	if k.RequestID != "" {
		rows = append(rows, []string{"request", Safe(k.RequestID)})
	}
	for _, a := range k.Change.Attributes {
		rows = append(rows, []string{Safe(a.Name), wished(a)})
	}
	t.table(2, rows)
	return cmp.Or(t.err, buf.Flush())
}

// wished says what an attribute of a task shall become.
func wished(a plan.Attribute) string {
	if len(a.Add)+len(a.Remove) == 0 {
		return Safe(a.After.String())
	}
	var parts []string
	for _, r := range a.Add {
		parts = append(parts, "+ "+Safe(cmp.Or(r.Name, r.ID)))
	}
	for _, r := range a.Remove {
		parts = append(parts, "- "+Safe(cmp.Or(r.Name, r.ID)))
	}
	return strings.Join(parts, ", ")
}

// subject says what a task does to whom.
func subject(k task.Task) string {
	var names []string
	for _, a := range k.Change.Attributes {
		names = append(names, Safe(a.Name))
	}
	const shown = 4
	if len(names) > shown {
		names = append(names[:shown], "…")
	}
	return Safe(cmp.Or(k.Change.Object.UPN, k.Change.Object.Name)) + ": " + string(k.Change.Action) + " " + strings.Join(names, ", ")
}
