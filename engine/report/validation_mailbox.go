package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/validate"
)

// The kinds of the JSON forms.
const (
	mailboxKind = "coexist.report.mailbox"
	checksKind  = "coexist.checks"
)

// marks say how the results of rungs look.
var marks = map[validate.Result]struct {
	word  string
	style style
}{validate.Sound: {"ok", plain}, validate.Broken: {"BROKEN", red}, validate.Unknown: {"unknown", yellow}, validate.Unneeded: {"not needed", faint}}

// Mailbox writes for people where an object got stuck on its way to a mailbox: the first broken rung as the headline, then
// the ladder with evidence and next steps, then the ticket, ready to be sent.
func Mailbox(w io.Writer, l validate.Ladder, asOf time.Time, o Options) error {
	buf := bufio.NewWriter(w)
	p := newPage(buf, o)
	st, headline := mailboxHeadline(l)
	p.line(st, headline)
	p.table(2, [][]string{{"object", label(l.Object, o)}, {"mode", string(l.Mode)}, {"as of", instant(asOf)}})
	for n, g := range l.Rungs {
		m := marks[g.Result]
		p.line(plain, "")
		p.line(m.style, fmt.Sprintf("%2d. %s  %s", n+1, pad(m.word, 10), g.Question))
		for _, e := range g.Evidence {
			p.flow(plain, "    ", Safe(e), 6)
		}
		if g.Next != "" {
			p.flow(bold, "    next ", Safe(g.Next), 6)
		}
		for _, c := range g.Commands {
			p.line(plain, "      "+Safe(c))
		}
	}
	p.line(plain, "")
	if l.Mailbox && l.Headline < 0 {
		p.line(plain, fmt.Sprintf("%2d. %s  a ticket for support", len(l.Rungs)+1, pad("not needed", 10)))
	} else {
		p.line(bold, fmt.Sprintf("%2d. %s  a ticket for support, when the steps above do not help:", len(l.Rungs)+1, pad("ready", 10)))
		ticket(p, l.Ticket, asOf)
	}
	if p.err != nil {
		return p.err
	}
	return buf.Flush()
}

func mailboxHeadline(l validate.Ladder) (style, string) {
	switch {
	case l.Headline >= 0:
		return red, fmt.Sprintf("STUCK at rung %d: %s", l.Headline+1, l.Rungs[l.Headline].Question)
	case l.Mailbox:
		return bold, "THE MAILBOX IS THERE"
	}
	for _, g := range l.Rungs {
		if g.Result == validate.Unknown {
			return yellow, "UNKNOWN: no rung that could be looked at is broken; see those that are unknown"
		}
	}
	return yellow, "NOTHING IS BROKEN, and there is no mailbox yet"
}

// ticket writes plain lines, to be copied.
func ticket(p *page, t validate.Ticket, asOf time.Time) {
	rows := [][]string{{"Tenant", strings.TrimSpace(Safe(t.Tenant) + " " + Safe(t.TenantName))}, {"Object id", Safe(t.ObjectID)}, {"User principal name", Safe(t.UPN)},
		{"Immutable id", Safe(t.Anchor)}, {"As of", asOf.UTC().Format(time.RFC3339)}}
	p.line(plain, "")
	p.table(4, rows)
	p.flow(plain, "    Problem: ", Safe(t.Problem), 4)
	section := func(title string, list []string) {
		if len(list) == 0 {
			list = []string{"none known"}
		}
		p.line(plain, "    "+title+":")
		for _, s := range list {
			p.line(plain, "      "+Safe(s))
		}
	}
	section("Errors, as reported", t.Errors)
	section("Request ids", t.RequestIDs)
	var tried []string
	for _, a := range t.Tried {
		tried = append(tried, strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", a.At.UTC().Format(time.RFC3339), a.What, a.State, a.Detail)))
	}
	section("Tried", tried)
	section("Checked", t.Checked)
}

// MailboxJSON writes the ladder as one JSON document of kind "coexist.report.mailbox".
func MailboxJSON(w io.Writer, l validate.Ladder, asOf time.Time) error {
	b, err := json.Marshal(struct {
		FormatVersion string          `json:"formatVersion"`
		Kind          string          `json:"kind"`
		AsOf          time.Time       `json:"asOf"`
		Mailbox       validate.Ladder `json:"mailbox"`
	}{FormatVersion, mailboxKind, asOf.UTC(), l})
	if err != nil {
		return fmt.Errorf("write the ladder as JSON: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Checks writes the table of all checks for people.
func Checks(w io.Writer, o Options) error {
	buf := bufio.NewWriter(w)
	p := newPage(buf, o)
	rows := [][]string{{"CHECK", "PROVISION", "ACTIVATE", "FIX", "WHAT", "NEEDS"}}
	list := validate.Checks()
	for _, c := range list {
		fix := ""
		if c.Fixes {
			fix = "yes"
		}
		var needs []string
		for _, n := range c.Needs {
			needs = append(needs, string(n))
		}
		rows = append(rows, []string{c.ID, gravity(c, cloud.Provision), gravity(c, cloud.Activate), fix, c.Title, strings.Join(needs, ", ")})
	}
	p.table(0, rows)
	p.line(plain, "")
	p.line(plain, plural(len(list), "check", "checks")+"; what each is about stands in docs/checks/CHECK.md")
	if p.err != nil {
		return p.err
	}
	return buf.Flush()
}

func gravity(c validate.Check, m cloud.Mode) string {
	s := c.In(m).String()
	if c.Raised.When != "" && c.Raised.Severity != c.In(m) {
		s += " or " + c.Raised.Severity.String()
	}
	return s
}

// checkRow is a check as ChecksJSON writes it.
type checkRow struct {
	ID         string          `json:"id"`
	Title      string          `json:"title"`
	Why        string          `json:"why"`
	Provision  string          `json:"provision"`
	Activate   string          `json:"activate"`
	Raised     string          `json:"raised,omitempty"`
	When       string          `json:"raisedWhen,omitempty"`
	Attributes []string        `json:"attributes"`
	Needs      []validate.Fact `json:"needs"`
	Fixes      bool            `json:"fixes"`
	Modes      []cloud.Mode    `json:"modes"`
	Kinds      []string        `json:"kinds"`
}

// ChecksJSON writes the table of all checks as JSON, of kind "coexist.checks".
func ChecksJSON(w io.Writer) error {
	out := []checkRow{}
	for _, c := range validate.Checks() {
		r := checkRow{ID: c.ID, Title: c.Title, Why: c.Why, Provision: c.Provision.String(), Activate: c.Activate.String(), When: c.Raised.When,
			Attributes: listed(append(append([]string(nil), c.Attributes...), c.Also...)), Needs: listed(c.Needs), Fixes: c.Fixes, Modes: c.Modes(), Kinds: []string{}}
		if c.Raised.When != "" {
			r.Raised = c.Raised.Severity.String()
		}
		for _, k := range c.Kinds {
			r.Kinds = append(r.Kinds, k.String())
		}
		out = append(out, r)
	}
	b, err := json.Marshal(struct {
		FormatVersion string     `json:"formatVersion"`
		Kind          string     `json:"kind"`
		Checks        []checkRow `json:"checks"`
	}{FormatVersion, checksKind, out})
	if err != nil {
		return fmt.Errorf("write the checks as JSON: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}
