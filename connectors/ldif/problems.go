package ldif

import (
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
)

// Problem is one mistake in a file.
type Problem struct {
	File string
	Line int // from 1
	Text string
}

// Error gives file:line: text.
func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Problems are the mistakes of one file in order of their lines, at most maxProblems.
type Problems []Problem

// maxProblems bounds what is collected: whoever has made more mistakes than this has made one mistake.
const maxProblems = 20

// Error gives one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	if len(p) == maxProblems {
		lines = append(lines, "further mistakes are not looked for")
	}
	return strings.Join(lines, "\n")
}

// classify is where this package gives errors their kind: a file that cannot be read whole is a directory that cannot be.
func classify(op string, err error) error {
	if err == nil {
		return nil
	}
	return &fault.Error{Kind: fault.Unreachable, Op: op, Err: err}
}

// quote shows hostile text in a message, cut to a readable length.
func quote(s string) string {
	const limit = 60
	if len(s) > limit {
		return fmt.Sprintf("%.*q…", limit, s)
	}
	return fmt.Sprintf("%q", s)
}
