package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a file.
type Problem struct {
	File    string
	Line    int    // from 1; 0 when the file as a whole is meant
	Col     int    // from 1, in characters; 0 when the line as a whole is meant
	Message string // what is wrong
	Hint    string // what was probably meant, such as `did you mean "when"?`; often ""
	Source  string // the line, without its line break, for showing it with a caret
}

// String gives file:line:col: message, hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	for _, n := range []int{p.Line, p.Col} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	b.WriteString(": " + p.Message)
	if p.Hint != "" {
		b.WriteString(", " + p.Hint)
	}
	return b.String()
}

// Problems are the mistakes of one or more files. A non-empty list is an error.
type Problems []Problem

// Error gives one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sorted orders by file, line, column and message and drops repetitions, in place.
func (ps Problems) Sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ps)
}
