package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/retry"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// console is where a command reads and writes: results on out, everything else on err.
type console struct {
	in       io.Reader
	out, err io.Writer
	progress *progress
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error // waits, or returns the error of the context when that ends first
}

func newConsole(in io.Reader, out, errs io.Writer) *console {
	return &console{in: in, out: out, err: errs, progress: &progress{w: errs, on: terminal(errs)}, now: time.Now, sleep: retry.Sleep}
}

// terminal reports whether a stream is a terminal.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// options gives how a text report is to look on out: as wide as the terminal, coloured unless NO_COLOR asks not to
// (no-color.org).
func (c *console) options() report.Options {
	o := report.Options{Now: c.now()}
	f, ok := c.out.(*os.File)
	if !ok || !terminal(f) {
		return o
	}
	if w, _, err := term.GetSize(int(f.Fd())); err == nil {
		o.Width = w
	}
	o.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return o
}

// say writes a line about what is going on.
func (c *console) say(format string, args ...any) {
	c.progress.clear()
	fmt.Fprintf(c.err, format+"\n", args...)
}

// complain writes an error, and for mistakes in files the line with a caret below it.
func (c *console) complain(err error) {
	var problems strictyaml.Problems
	if !errors.As(err, &problems) {
		for _, l := range messages(err) {
			fmt.Fprintln(c.err, "coexist: "+report.Safe(l))
		}
		if h := hint(err); h != "" {
			fmt.Fprintln(c.err, "  "+h)
		}
		return
	}
	for _, p := range problems {
		fmt.Fprintln(c.err, report.Safe(p.String()))
		if p.Source != "" {
			fmt.Fprintln(c.err, caret(p))
		}
	}
	fmt.Fprintf(c.err, "coexist: %s\n", found(len(problems)))
}

// messages gives the lines that an error has to say; an outcome has none.
func messages(err error) []string {
	var m *marked
	if errors.As(err, &m) && err == error(m) {
		if m.err == nil {
			return nil
		}
		return messages(m.err)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return strings.Split(err.Error(), "\n")
	}
	var out []string
	for _, e := range joined.Unwrap() {
		out = append(out, messages(e)...)
	}
	return out
}

func found(n int) string { return counted(n, "mistake", "mistakes") }

// counted gives a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// The characters of a line that are shown at most, and how many of them before the place.
const (
	shownOfLine = 160
	beforePlace = 60
)

// caret shows the line of a problem, the part around the place of a long one, with a mark below the place. Escapes make
// characters wider, so the mark follows the line as it is shown. Where no place in the line is known there is no mark.
func caret(p strictyaml.Problem) string {
	line := []rune(p.Source)
	at := min(max(p.Col-1, 0), len(line))
	from, to, start, end := 0, len(line), "", ""
	if len(line) > shownOfLine {
		from = max(0, min(at-beforePlace, len(line)-shownOfLine))
		to = from + shownOfLine
	}
	if from > 0 {
		start = "… "
	}
	if to < len(line) {
		end = " …"
	}
	show := func(r []rune) string { return report.Safe(strings.ReplaceAll(string(r), "\t", "    ")) }
	out := "    " + start + show(line[from:to]) + end
	if p.Col == 0 {
		return out
	}
	return out + "\n    " + strings.Repeat(" ", utf8.RuneCountInString(start+show(line[from:at]))) + "^"
}

// progress shows on a terminal what is being done. Elsewhere it is silent: a log file wants results.
type progress struct {
	w     io.Writer
	on    bool
	tell  func(what string, done, total int) // a program that is told instead; nil for none
	also  func(what string, done, total int) // the store, which is told too; nil for nothing
	mu    sync.Mutex
	shown bool
	last  time.Time
}

// report is a connector.Progress.
func (p *progress) report(what string, done int) { p.of(what, done, 0) }

// of reports progress towards a known end; 0 when it is not known.
func (p *progress) of(what string, done, total int) {
	if p.also != nil {
		p.also(what, done, total)
	}
	if p.tell != nil {
		p.tell(what, done, total)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.on || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.shown = time.Now(), true
	fmt.Fprintf(p.w, "\r\x1b[K%s: %d", report.Safe(what), done)
	if total > 0 {
		fmt.Fprintf(p.w, " of %d", total)
	}
}

// clear takes the progress line away.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
