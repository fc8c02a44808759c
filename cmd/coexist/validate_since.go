package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/engine/validate"
)

// reach is how far a validation looks. Only validations that look equally far are compared: beside one that did not read the
// tenant, everything that the tenant tells would look new.
type reach string

const (
	withTenant    reach = "tenant"
	withoutTenant reach = "offline"
)

func (a validation) reach() reach {
	if a.offline {
		return withoutTenant
	}
	return withTenant
}

// rememberedRun is what the store keeps of a validation.
type rememberedRun struct {
	Reach        reach                  `json:"reach"` // "" where nobody wrote it down
	Findings     []validate.Past        `json:"findings"`
	NotEvaluated []validate.Unevaluated `json:"notEvaluated"`
}

// former finds the validation that --since names: a run, last, or a file that validate wrote with --output json.
func (s *session) former(ctx context.Context, a validation) (*validate.Former, error) {
	switch a.since {
	case "":
		return nil, nil
	case lastRun:
		return s.lastAlike(ctx, a)
	}
	v, err := s.store.Validation(ctx, a.since)
	switch {
	case errors.Is(err, store.ErrNoValidation):
		return formerFile(a)
	case err != nil:
		return nil, err
	}
	f, r, err := recalled(v)
	if err == nil && r != a.reach() {
		return nil, a.unlike(v.ID, r)
	}
	return f, err
}

// lastAlike finds the latest validation that looked as far as this one.
func (s *session) lastAlike(ctx context.Context, a validation) (*validate.Former, error) {
	n := 0
	for v, err := range s.store.Validations(ctx) {
		if err != nil {
			return nil, err
		}
		f, r, err := recalled(v)
		if err != nil || r == a.reach() {
			return f, err
		}
		n++
	}
	switch {
	case n == 0:
		return formerFile(a)
	case a.offline:
		return nil, mark(errNotFound, errors.New("option --since: every remembered validation read the tenant, and this one does not; compare without --offline"))
	}
	return nil, mark(errNotFound, errors.New("option --since: no remembered validation read the tenant, so that all that the tenant tells would look new; compare with --offline, or from the next validation on"))
}

// unlike says why a validation that looked farther or less far is not compared with.
func (a validation) unlike(name string, r reach) error {
	switch r {
	case withTenant:
		return usagef("option --since: %s read the tenant, and this validation does not; compare without --offline", name)
	case withoutTenant:
		return usagef("option --since: %s did not read the tenant, so that all that the tenant tells would look new; compare with --offline", name)
	}
	return usagef("option --since: %s does not tell whether it read the tenant; compare with a later validation", name)
}

// recalled reads what the store keeps of a validation.
func recalled(v store.Validation) (*validate.Former, reach, error) {
	var kept rememberedRun
	if err := json.Unmarshal(v.Findings, &kept); err != nil {
		return nil, "", fmt.Errorf("read validation %s: %w: %w", v.ID, store.ErrCorrupt, err)
	}
	return &validate.Former{ID: v.ID, At: v.At, Findings: kept.Findings, NotEvaluated: kept.NotEvaluated}, kept.Reach, nil
}

// formerFile reads the JSON form of a former validation. It must have told of everything that is told now.
func formerFile(a validation) (*validate.Former, error) {
	b, err := os.ReadFile(a.since)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mark(errNotFound, fmt.Errorf("option --since: %q is neither a remembered validation nor a file; a run's id stands in its report, and last is the latest", a.since))
	}
	if err != nil {
		return nil, usagef("option --since: %w", err)
	}
	var doc struct {
		Kind      string `json:"kind"`
		Validated struct {
			AsOf    time.Time     `json:"asOf"`
			Tenant  string        `json:"tenant"`
			Object  *plan.Object  `json:"object"`
			Objects []plan.Object `json:"objects"`
			Least   string        `json:"severity"`
		} `json:"validated"`
		Findings []validate.Past `json:"findings"`
		Summary  struct {
			NotEvaluated []validate.Unevaluated `json:"notEvaluated"`
			Compared     *json.RawMessage       `json:"since"`
		} `json:"summary"`
	}
	err = json.Unmarshal(bytes.TrimPrefix(b, []byte("\uFEFF")), &doc) // as PowerShell redirects it
	then := withTenant
	if doc.Validated.Tenant == "" {
		then = withoutTenant
	}
	switch least, known := severityNamed(doc.Validated.Least); {
	case err != nil || doc.Kind != "coexist.report.validation":
		return nil, usagef("option --since: %s is no report of coexist validate --output json", a.since)
	case doc.Validated.Object != nil || len(doc.Validated.Objects) > 0:
		return nil, usagef("option --since: %s tells of some objects only; compare with a validation of all", a.since)
	case doc.Summary.Compared != nil:
		return nil, usagef("option --since: %s tells of new findings only; compare with a validation made without --since", a.since)
	case !known || least > a.least:
		return nil, usagef("option --since: %s tells findings from %s on; ask for the same with --severity", a.since, doc.Validated.Least)
	case then != a.reach():
		return nil, a.unlike(a.since, then)
	}
	return &validate.Former{ID: a.since, At: doc.Validated.AsOf, Findings: doc.Findings, NotEvaluated: doc.Summary.NotEvaluated}, nil
}

// remember keeps a validation of all objects to be compared with.
func (s *session) remember(ctx context.Context, id string, at time.Time, kept rememberedRun) error {
	b, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("remember validation: %w", err)
	}
	return s.store.KeepValidation(ctx, store.Validation{ID: id, At: at, Findings: b})
}

// severityNamed finds a severity by its word.
func severityNamed(word string) (validate.Severity, bool) {
	for _, level := range []validate.Severity{validate.Error, validate.Warning, validate.Info} {
		if word == level.String() {
			return level, true
		}
	}
	return validate.None, false
}
