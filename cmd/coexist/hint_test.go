package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/plan"
)

func TestHintNamesTheCommandThatHelps(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string // a part of the hint, "" for none
	}{
		"an altered plan":      {fmt.Errorf("show: %w", &plan.AlteredError{Path: "x.plan", Err: errors.New("y")}), "coexist plan"},
		"applied before":       {&apply.Refusal{Reason: apply.AlreadyApplied}, "coexist plan"},
		"a guard":              {&apply.Refusal{Reason: apply.GuardExceeded}, "--allow"},
		"a refused sign-in":    {mark(errSignIn, &fault.Error{Kind: fault.SignIn, Op: "bind"}), "secret"},
		"a missing permission": {&fault.Error{Kind: fault.Denied, Op: "read"}, "doctor"},
		"a server out of reach, whose error says what to do": {&fault.Error{Kind: fault.Unreachable, Op: "dial"}, ""},
		"anything else": {errors.New("boom"), ""},
	} {
		if got := hint(c.err); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: hint %q, want one with %q", name, got, c.want)
		}
	}
}
