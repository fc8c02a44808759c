package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Safe makes directory text fit for a terminal and a single line: control characters, escape sequences, line and paragraph
// separators, marks that turn the direction of text, invisible characters and broken UTF-8 are shown as escapes.
func Safe(s string) string {
	if !strings.ContainsFunc(s, unsafeRune) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case !unsafeRune(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unsafeRune reports whether a rune could do something else than stand for itself. Cc are controls, Cf the bidirectional
// and invisible marks, Zl and Zp separators, Zs blanks that look like a space; RuneError may stand for a broken byte.
func unsafeRune(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	return r == utf8.RuneError || r != ' ' && unicode.Is(unicode.Zs, r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) || r == '\u115F' || r == '\u1160' || r == '\u3164'
}

// cells gives how many columns a safe text takes on a terminal.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// clip shortens a safe text to at most n columns.
func clip(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += runeCells(r); used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func pad(s string, n int) string {
	if c := cells(s); c < n {
		return s + strings.Repeat(" ", n-c)
	}
	return s
}

// style is a terminal attribute.
type style string

const (
	plain  style = ""
	bold   style = "1"
	red    style = "31"
	yellow style = "33"
	faint  style = "2"
)

// page writes lines of text and remembers the first error.
type page struct {
	w      io.Writer
	width  int
	colour bool
	err    error
}

func newPage(w io.Writer, o Options) *page {
	p := &page{w: w, width: o.Width, colour: o.Colour}
	if p.width == 0 {
		p.width = 100
	}
	p.width = max(p.width, 40)
	return p
}

// line writes one line. text must be safe already.
func (p *page) line(st style, text string) {
	if p.err != nil {
		return
	}
	if p.colour && st != plain && text != "" {
		text = "\x1b[" + string(st) + "m" + text + "\x1b[0m"
	}
	_, p.err = io.WriteString(p.w, text+"\n")
}

// head starts a section.
func (p *page) head(title string) {
	p.line(plain, "")
	p.line(bold, title)
}

// flow writes words after a first part, broken between words where the width ends; further lines are indented.
func (p *page) flow(st style, first, text string, indent int) {
	line, used := first, cells(first)
	fresh := first == "" || strings.HasSuffix(first, " ") // nothing to keep the next word apart from
	for _, w := range strings.Split(text, " ") {          // blanks in values are kept
		n := cells(w)
		if !fresh && used+1+n > p.width {
			p.line(st, strings.TrimRight(line, " "))
			line, used, fresh = strings.Repeat(" ", indent), indent, true
		}
		if !fresh {
			line, used = line+" ", used+1
		}
		line, used, fresh = line+w, used+n, false
	}
	p.line(st, line)
}

// table writes rows with their columns aligned; those named in right are aligned to the right. The last column is never
// padded.
func (p *page) table(indent int, rows [][]string, right ...int) {
	var wide []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], cells(c))
		}
	}
	toRight := map[int]bool{}
	for _, i := range right {
		toRight[i] = true
	}
	for _, r := range rows {
		line := strings.Repeat(" ", indent)
		for i, c := range r {
			if i > 0 {
				line += "  "
			}
			switch {
			case toRight[i]:
				line += strings.Repeat(" ", wide[i]-cells(c)) + c
			case i == len(r)-1:
				line += c
			default:
				line += pad(c, wide[i])
			}
		}
		p.line(plain, strings.TrimRight(line, " "))
	}
}

// count gives a number with its thousands apart.
func count(n int) string {
	if n < 0 {
		return "-" + count(-n)
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural gives a number with the word for it.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
