package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

func TestExitCode(t *testing.T) {
	cases := map[string]struct {
		err  error
		want int
	}{
		"success":                               {nil, 0},
		"nobody knows what it is":               {errors.New("out of memory"), 1},
		"mistakes in a file":                    {fmt.Errorf("load: %w", strictyaml.Problems{{File: "coexist.yaml", Message: "x"}}), 3},
		"a directory is down":                   {&fault.Error{Kind: fault.Unreachable, Op: "connect"}, 8},
		"a directory may not be read":           {mark(errSource, &fault.Error{Kind: fault.Denied, Op: "read scope"}), 8},
		"a sign-in is refused while reading":    {&fault.Error{Kind: fault.SignIn, Op: "bind"}, 9},
		"a permission is missing in the tenant": {&fault.Error{Kind: fault.Denied, Op: "read users"}, 9},
		"a plan was altered":                    {&plan.AlteredError{Path: "x.plan", Err: errors.New("y")}, 6},
		"a plan is expired":                     {&apply.Refusal{Reason: apply.Expired}, 6},
		"a plan exceeds a guard":                {&apply.Refusal{Reason: apply.GuardExceeded}, 5},
		"another run holds the tenant":          {fmt.Errorf("apply: %w", &store.HeldError{}), 6},
		"nothing but changes":                   {outcome(errChanges), 10},
		"interrupted":                           {mark(errSource, fmt.Errorf("read: %w", context.Canceled)), 130},
		"a name that is not there":              {mark(errNotFound, errors.New("zoe")), 11},
		"a policy check is not met":             {mark(errUnmet, errors.New("2 findings")), 4},
		"configuration before sign-in":          {errors.Join(outcome(errSignIn), outcome(errConfig)), 3},
		"sign-in before unreachable":            {errors.Join(outcome(errSource), outcome(errSignIn)), 9},
		"unreachable before refused":            {errors.Join(outcome(errRefused), outcome(errSource)), 8},
		"refused before guard":                  {errors.Join(outcome(errGuard), outcome(errRefused)), 6},
		"guard before partial":                  {errors.Join(outcome(errPartial), outcome(errGuard)), 5},
		"partial before changes":                {errors.Join(outcome(errChanges), outcome(errPartial)), 7},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(c.err); got != c.want {
				t.Errorf("exitCode(%v) = %d, want %d", c.err, got, c.want)
			}
		})
	}
}

// The documentation lists the codes in the same words as --help.
func TestExitCodesAreDocumented(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "exit-codes.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exitCodes {
		if row := fmt.Sprintf("| %d | %s |", e.code, e.meaning); !strings.Contains(string(b), row) {
			t.Errorf("docs/exit-codes.md lacks the row %s", row)
		}
	}
}
