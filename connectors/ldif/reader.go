package ldif

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reader reads the records of an LDIF file and collects its mistakes.
type reader struct {
	file     string
	lines    *lines
	names    descriptions
	record   record
	problems Problems
	counted  int    // records since the last count that the export itself gives
	counts   string // the tool that made the export and gives such counts at its end, "" when unknown
	ended    bool
}

func newReader(file string, r io.Reader) *reader {
	return &reader{file: file, lines: newLines(r), names: descriptions{}}
}

// problem notes a mistake.
func (r *reader) problem(line int, format string, a ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{r.file, line, fmt.Sprintf(format, a...)})
	}
}

// sound is called at the end: the mistakes, or nil.
func (r *reader) sound() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return r.problems
}

// next gives the next record, valid until the next call; nil at the end of the file, or once there are too many mistakes.
// A record with a mistake is left out, for sound will refuse the file.
func (r *reader) next() *record {
	for !r.ended && len(r.problems) < maxProblems {
		if rec := r.block(); rec != nil {
			return rec
		}
	}
	return nil
}

// block reads up to the next empty line. It gives nil where there is no record, or a damaged one.
func (r *reader) block() *record {
	before, open, first := len(r.problems), false, true
	skip := false // the block is no record
	for {
		l, err := r.lines.next()
		if err != nil {
			r.finish(err, open)
			return nil
		}
		switch {
		case strings.HasPrefix(l.text, " "):
			r.problem(l.number, "a continued line without a beginning")
		case l.text == "":
			if !open || skip {
				return nil
			}
			return r.close(before)
		case l.text[0] == '#':
			r.comment(l)
		case first && isVersion(l.text):
			if v := strings.TrimSpace(strings.TrimPrefix(l.text, "version:")); v != "1" {
				r.problem(l.number, "LDIF version %s, want 1", quote(v))
			}
		case skip:
			r.result(l)
		case first && isResult(l.text):
			first, skip, open = false, true, true
			r.result(l)
		default:
			if first {
				r.begin(l)
			} else {
				r.attribute(l)
			}
			first, open = false, true
		}
	}
}

func isVersion(s string) bool { return strings.HasPrefix(s, "version:") }

// isResult knows what ldapsearch without -L writes between and after records.
func isResult(s string) bool {
	return strings.HasPrefix(s, "search:") || strings.HasPrefix(s, "ref:") || strings.HasPrefix(s, "result:")
}

// result holds that a search ended well.
func (r *reader) result(l line) {
	rest, ok := strings.CutPrefix(l.text, "result:")
	if ok && !strings.HasPrefix(strings.TrimSpace(rest), "0 ") {
		r.problem(l.number, "the search ended with %s: the export is not complete", quote(strings.TrimSpace(rest)))
	}
}

// begin reads the line that begins a record.
func (r *reader) begin(l line) {
	r.record.reset(l.number)
	p, err := r.names.decode(l.text)
	switch {
	case err != nil:
		r.problem(l.number, "%s", err)
	case p.folded != "dn":
		r.problem(l.number, "a record begins with %s, not with dn", quote(l.text))
	case !strings.Contains(p.value, "="):
		r.problem(l.number, "%s is not a distinguished name", quote(p.value))
	default:
		r.record.dn = p.value
	}
}

// attribute reads a further line of a record.
func (r *reader) attribute(l line) {
	p, err := r.names.decode(l.text)
	switch {
	case err != nil:
		r.problem(l.number, "%s", err)
	case p.folded == "changetype":
		if !strings.EqualFold(p.value, "add") { // which ldifde writes into every export
			r.problem(l.number, "a change record (%s); only exports of content can be read", quote(p.value))
		}
	case p.folded == "control":
		r.problem(l.number, "a change record with a control; only exports of content can be read")
	case p.folded == "dn":
		r.problem(l.number, "a second dn within a record; an empty line is missing")
	default:
		r.record.add(p, l.number)
	}
}

// close ends a record at its empty line.
func (r *reader) close(before int) *record {
	r.counted++
	for i := range r.record.attrs {
		a := &r.record.attrs[i]
		if err := a.complete(); err != nil {
			r.problem(a.line, "%s", err)
		}
	}
	if len(r.problems) > before {
		return nil
	}
	if len(r.record.classes) == 0 {
		r.problem(r.record.line, "%s", errNoClass)
		return nil
	}
	return &r.record
}

var trailer = regexp.MustCompile(`^# (?:numEntries: (\d+)|(\d+) entries)$`)

// comment reads the counts that ldapsearch and ldbsearch write.
func (r *reader) comment(l line) {
	switch {
	case l.text == "# extended LDIF":
		r.counts = "ldapsearch"
	case l.text == "# record 1":
		r.counts = "ldbsearch"
	}
	m := trailer.FindStringSubmatch(l.text)
	if m == nil || r.counts == "" {
		return
	}
	if want, err := strconv.Atoi(m[1] + m[2]); err != nil || want != r.counted {
		r.problem(l.number, "%s counted %s entries, and %d stand before", r.counts, m[1]+m[2], r.counted)
	}
	r.counted = 0
}

// finish reads the end of the file, or why it could not be read further.
func (r *reader) finish(err error, open bool) {
	r.ended = true
	last := max(r.lines.number, 1)
	switch {
	case err != io.EOF:
		r.problem(last, "%s", err)
	case open:
		r.problem(last, "the file ends within a record: it is closed by an empty line; the export may be cut short")
	case r.counts != "" && r.counted > 0:
		r.problem(last, "the count that %s writes at the end is missing: the export is cut short", r.counts)
	}
}
