package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// What a command can end with beside success and failure. An error is marked with one of them by marked.
var (
	errConfig   = errors.New("configuration or policy invalid")
	errGuard    = errors.New("guard exceeded")
	errRefused  = errors.New("plan refused")
	errPartial  = errors.New("finished in part")
	errSource   = errors.New("directory not read")
	errSignIn   = errors.New("sign-in failed")
	errChanges  = errors.New("there are changes")
	errNotFound = errors.New("not found")
	errUnmet    = errors.New("policy check not met")
)

// marked is an error with the mark that decides the exit code.
type marked struct {
	mark error
	err  error // what to say; nil to say nothing
}

// outcome marks nothing but an outcome: there is no more to say.
func outcome(m error) error { return &marked{m, nil} }

// mark gives an error its mark; nil stays nil.
func mark(m, err error) error {
	if err == nil {
		return nil
	}
	return &marked{m, err}
}

func (m *marked) Error() string {
	if m.err == nil {
		return m.mark.Error()
	}
	return m.err.Error()
}

func (m *marked) Unwrap() []error {
	if m.err == nil {
		return []error{m.mark}
	}
	return []error{m.mark, m.err}
}

// exitCode is the one place where exit codes are made. Where several hold, the first listed wins.
func exitCode(err error) int {
	kind := fault.KindOf(err)
	is := func(target error) bool { return errors.Is(err, target) }
	var problems strictyaml.Problems
	var group *engine.GroupError
	var refusal *apply.Refusal
	var held *store.HeldError
	var halted *store.HaltError
	var child *ended
	refused := errors.As(err, &refusal)
	switch {
	case err == nil:
		return 0
	case is(errUsage):
		return 64
	case errors.As(err, &child):
		return child.code
	case is(context.Canceled):
		return 130
	case is(errNotFound), is(store.ErrMissing):
		return 11
	case is(errConfig), errors.As(err, &problems), errors.As(err, &group):
		return 3
	case is(errUnmet):
		return 4
	case is(errSignIn), kind == fault.SignIn, kind == fault.Denied && !is(errSource):
		return 9
	case is(errSource), kind == fault.Unreachable:
		return 8
	case is(errRefused), is(plan.ErrAltered), is(plan.ErrNotPlan), is(plan.ErrVersion), is(store.ErrOtherTenant), errors.As(err, &held), errors.As(err, &halted),
		refused && refusal.Reason != apply.GuardExceeded:
		return 6
	case is(errGuard), refused:
		return 5
	case is(errPartial):
		return 7
	case is(errChanges):
		return 10
	}
	return 1
}

// exitCodes explains the codes for --help and docs/exit-codes.md.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{0, "success"},
	{1, "unexpected failure"},
	{3, "configuration or policy invalid"},
	{4, "policy tests fail or none are found, coverage is below its gate, mutants survive, lint has findings, a decision changes that shall not, a file is not formatted or of an earlier form, or a fixture would stand for another object"},
	{5, "a guard is exceeded; the plan file is written all the same"},
	{6, "plan refused: stale, expired, already applied, not approved where that is asked for, other tenant, other policy, altered; writes are off or halted; or another run holds the lock"},
	{7, "finished in part: failed, conflicting, held or unreached changes, or a delayed task that expired"},
	{8, "a connected directory could not be reached or read completely; no plan"},
	{9, "sign-in failed or a permission is missing"},
	{10, "with --detailed-exitcode: success, and there are changes or findings"},
	{11, "the object, plan, run or task named does not exist"},
	{64, "usage, or a wire request not understood"},
	{130, "interrupted, cleanly"},
}

func exitHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes; where several hold, the first of 3, 4, 9, 8, 6, 5, 7, 10:\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "\n  %3d  %s", e.code, e.meaning)
	}
	return b.String()
}
