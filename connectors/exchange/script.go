package exchange

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// Script is the transport that writes commands into a PowerShell script instead of sending them. It reads nothing, and so
// says of every command that it was carried out and gave nothing back.
type Script struct {
	w   *bufio.Writer
	err error // of the first write that failed
}

var _ Transport = (*Script)(nil)

// NewScript makes a transport that writes to w; Flush must be called at the end.
func NewScript(w io.Writer) *Script { return &Script{w: bufio.NewWriter(w)} }

// Run implements Transport.
func (s *Script) Run(_ context.Context, c Command) (Answer, error) {
	if !c.Reads() {
		s.line(c.PowerShell())
	}
	return Answer{}, s.err
}

// RunAll implements Transport.
func (s *Script) RunAll(ctx context.Context, list []Command) []Result {
	out := make([]Result, len(list))
	for i, c := range list {
		out[i].Answer, out[i].Err = s.Run(ctx, c)
	}
	return out
}

// Flush writes what is left and gives the first error.
func (s *Script) Flush() error {
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.err
}

func (s *Script) line(text string) {
	if s.err == nil {
		_, s.err = s.w.WriteString(text + "\r\n")
	}
}

// comment writes a line that PowerShell passes over, whatever the text holds.
func (s *Script) comment(text string) { s.line("# " + visible(text)) }

// visible makes hostile text fit for a comment: one line, nothing that a terminal or an editor would act on.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// PowerShell writes the command as one line of PowerShell.
func (c *Command) PowerShell() string {
	var b strings.Builder
	b.WriteString(c.Cmdlet)
	for _, p := range c.Parameters {
		b.WriteString(" -" + p.Name + ":" + literal(p.Value)) // with a colon, which suits switches and truths alike
	}
	return b.String()
}

// literal writes a value as an expression of PowerShell that holds no code.
func literal(v any) string {
	switch x := v.(type) {
	case nil:
		return "$null"
	case bool:
		return "$" + strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case string:
		return quoted(x)
	case []string:
		parts := make([]string, len(x))
		for i, s := range x {
			parts[i] = quoted(s)
		}
		return "@(" + strings.Join(parts, ", ") + ")"
	case Edit:
		var parts []string
		if len(x.Add) > 0 {
			parts = append(parts, "Add = "+literal(x.Add))
		}
		if len(x.Remove) > 0 {
			parts = append(parts, "Remove = "+literal(x.Remove))
		}
		return "@{ " + strings.Join(parts, "; ") + " }"
	}
	return quoted(fmt.Sprint(v))
}

// quoted writes a text between single quotes, in which nothing is expanded. PowerShell takes typographic quotes for single
// ones, so that they are doubled too; what cannot be seen is written by its number, so that a reviewer sees it.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	seen := true
	for _, r := range s {
		switch {
		case r == '\'' || r >= '\u2018' && r <= '\u201b':
			b.WriteRune(r)
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, "' + [char]::ConvertFromUtf32(0x%x) + '", r)
			seen = false
		default:
			fmt.Fprintf(&b, "' + [char]0x%04x + '", r)
			seen = false
		}
	}
	b.WriteByte('\'')
	if seen {
		return b.String()
	}
	return "(" + b.String() + ")"
}

// WriteScript writes the Exchange Online part of a plan as a PowerShell script for the module ExchangeOnlineManagement, to
// be read and run by people: the same cmdlets that Export sends, in the order of apply, a comment before each change. It
// holds no secrets and signs nobody in. title is a line for its head. Objects that the plan makes are named by what the
// plan makes them with; what cannot be written without looking at the tenant is left out and said to be. It gives the number
// of changes written and left out.
func WriteScript(w io.Writer, title string, changes iter.Seq2[plan.Change, error]) (written, left int, err error) {
	var list []plan.Change
	names := map[directory.Anchor]string{}
	for c, err := range changes {
		if err != nil {
			return 0, 0, err
		}
		if c.Action == plan.Create {
			names[c.Object.Anchor] = nameOfNew(&c)
		}
		if c.Directory == cloud.Exchange {
			list = append(list, c)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Action.Stage() < list[j].Action.Stage() })
	s := NewScript(w)
	s.head(title)
	x := Over(s, Config{})
	resolve := func(r plan.Ref) (string, bool) {
		if r.ID != "" {
			return r.ID, true
		}
		id := names[r.Anchor]
		return id, id != ""
	}
	for _, c := range list {
		if c.Action == plan.Adopt {
			continue // nothing is written
		}
		s.line("")
		s.comment(string(c.Action) + " " + string(c.Object.Type) + " " + c.Object.Name + " (" + c.ID + ")")
		if c.Await == plan.AwaitMailbox {
			s.comment("Waits for the mailbox: run it once Get-Mailbox finds it.")
		}
		if c.Object.ID == "" && c.Action != plan.Create {
			c.Object.ID = names[c.Object.Anchor]
		}
		if _, err := x.Export(context.Background(), c, resolve); err != nil {
			if s.err != nil {
				break
			}
			s.comment("Left out: " + err.Error())
			left++
			continue
		}
		written++
	}
	if len(list) == 0 {
		s.comment("The plan changes nothing in Exchange Online.")
	}
	if err := s.Flush(); err != nil {
		return 0, 0, fmt.Errorf("write script: %w", errors.Join(err))
	}
	return written, left, nil
}

// nameOfNew gives what an object that the plan makes can be found by afterwards.
func nameOfNew(c *plan.Change) string {
	if c.Directory == cloud.Exchange {
		return mark(c.Object.Anchor)
	}
	for _, a := range c.Attributes {
		if a.Name == signInName {
			return a.After.Text()
		}
	}
	return ""
}

func (s *Script) head(title string) {
	s.comment(title)
	s.comment("Read it before you run it, signed in with Connect-ExchangeOnline. A line that fails ends the script; what ran")
	s.comment("before stays done, and running it again is safe except for the New- lines that succeeded.")
	s.line("#Requires -Modules ExchangeOnlineManagement")
	s.line("$ErrorActionPreference = 'Stop'")
}
