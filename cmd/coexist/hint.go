package main

import (
	"errors"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
)

// hint gives the way out of an error whose text cannot know it, because it was made where commands are unknown; "" for one
// that says it itself.
func hint(err error) string {
	var refused *apply.Refusal
	var failed *fault.Error
	var halted *store.HaltError
	var held *store.HeldError
	switch {
	case errors.As(err, &halted):
		return "nothing was written; coexist halt --lift ends the halt"
	case errors.As(err, &held):
		return "coexist runs show last says how far it is, and coexist runs stop last ends it"
	case errors.Is(err, plan.ErrAltered), errors.Is(err, plan.ErrNotPlan), errors.Is(err, plan.ErrVersion):
		return "nothing was done; make the plan again with coexist plan"
	case errors.As(err, &refused):
		switch refused.Reason {
		case apply.Expired, apply.AlreadyApplied, apply.FromFuture, apply.Preview, apply.Malformed:
			return "nothing was written; make a new plan with coexist plan"
		case apply.GuardExceeded:
			return "nothing was written; look at the plan with coexist show, then allow the guard by name for this plan with --allow and --reason"
		}
	case errors.As(err, &failed):
		switch failed.Kind {
		case fault.SignIn:
			return "check the account, and the variable or file that coexist.yaml names for its secret; coexist doctor tries each sign-in"
		case fault.Denied:
			return "coexist doctor says what may be read and written, and what to grant"
		}
	}
	return ""
}
