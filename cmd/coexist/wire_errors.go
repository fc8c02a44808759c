package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/internal/wire"
)

// codedError is an error whose code on the wire nobody could tell from its kind.
type codedError struct {
	code string // of wire.ErrorCodes
	err  error
}

// coded makes an error with its code on the wire.
func coded(code, format string, args ...any) error {
	return &codedError{code, fmt.Errorf(format, args...)}
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// refusals gives the codes of the reasons why apply refuses a plan.
var refusals = map[apply.Reason]string{apply.Expired: "plan.expired", apply.AlreadyApplied: "plan.applied", apply.OtherTenant: "plan.tenant",
	apply.GuardExceeded: "guard", apply.BadOverride: "plan.refused", apply.NoSource: "plan.refused", apply.NoTarget: "plan.refused",
	apply.Preview: "plan.refused", apply.Malformed: "plan.altered"}

// wireCode gives the code of an error, finer than its exit code where its kind tells more.
func wireCode(err error, exit int) string {
	var with *codedError
	var refusal *apply.Refusal
	var held *store.HeldError
	var halted *store.HaltError
	kind := fault.KindOf(err)
	switch {
	case errors.As(err, &with):
		return with.code
	case errors.As(err, &refusal):
		return refusals[refusal.Reason]
	case errors.As(err, &held), errors.Is(err, store.ErrBusy):
		return "run.busy"
	case errors.As(err, &halted):
		return "run.halted"
	case errors.Is(err, plan.ErrAltered), errors.Is(err, plan.ErrNotPlan), errors.Is(err, plan.ErrVersion):
		return "plan.altered"
	case errors.Is(err, store.ErrOtherTenant):
		return "plan.tenant"
	case exit == 3 && ofPolicies(err):
		return "policy"
	case exit == 8 && kind == fault.Unreachable:
		return "net"
	case exit == 9 && kind == fault.Denied:
		return "auth.denied"
	}
	return exitCodesOnWire[exit]
}

// exitCodesOnWire gives the code of an error of which no more is known than its exit code.
var exitCodesOnWire = map[int]string{1: "unexpected", 3: "config", 4: "policy.unmet", 5: "guard", 6: "plan.refused", 7: "run.partial", 8: "source",
	9: "auth.failed", 11: "not_found", 64: "request.invalid", 130: "cancelled"}

// ofPolicies tells mistakes in policies from those in coexist.yaml.
func ofPolicies(err error) bool {
	var problems strictyaml.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		return false
	}
	return !strings.HasSuffix(problems[0].File, configFlag.Value)
}

// complain writes an error line, unless the outcome has no more to say than its exit code does.
func (a *answer) complain(err error, exit int) {
	switch exit {
	case 0, 10:
		return
	}
	code := wireCode(err, exit)
	row := wireRow(code)
	if code == "not_found" && a.request != nil && len(a.request.Args) > 1 && a.came.result != nil {
		for _, text := range wireMessages(err) { // some of the objects named
			_ = a.Write(wire.Line{Kind: wire.KindError, Code: "object.not_found", Message: clipped(text), Target: &wire.Target{Name: clipped(text)}}) // nobody listens
		}
		return
	}
	text := strings.Join(wireMessages(err), "\n")
	if text == "" {
		if !row.Ends {
			return
		}
		text = row.Meaning
	}
	l := wire.Line{Kind: wire.KindError, Code: code, Message: clipped(text), Fatal: row.Ends, Action: hint(err), Context: a.came.context,
		Retryable: row.Code == "net" || row.Code == "run.busy"}
	if a.request != nil && exit == 11 && len(a.request.Args) > 0 {
		l.Target = &wire.Target{Name: clipped(a.request.Args[0])}
	}
	_ = a.Write(l) // nobody listens
}

// wireRow gives the row of a code.
func wireRow(code string) wire.ErrorCode {
	family, _, _ := strings.Cut(code, ".")
	var found wire.ErrorCode
	for _, r := range wire.ErrorCodes() {
		if r.Code == code {
			return r
		}
		if r.Code == family {
			found = r
		}
	}
	return found
}

// wireMessages gives the lines that an error has to say: mistakes in files with their place.
func wireMessages(err error) []string {
	var problems strictyaml.Problems
	if !errors.As(err, &problems) {
		return messages(err)
	}
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.String()
	}
	return out
}
