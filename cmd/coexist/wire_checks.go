package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/internal/wire"
	"github.com/coexistsync/coexist/rules/verify"
)

// validationSoFar collects findings by object.
type validationSoFar struct {
	objects map[string]*wire.SyncValidation
}

// foundText is a finding as the document has it: its severity is a word.
type foundText struct {
	validate.Finding
	Severity string `json:"severity"`
}

// takeFinding adds a finding to its object.
func takeFinding(a *answer, b json.RawMessage) error {
	var f foundText
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	v := a.came.checked.object(f.Object)
	e := findingRecord(f)
	switch v.Errors = append(v.Errors, e); e.Severity {
	case "Error":
		v.ErrorCount++
		v.ValidationStatus = "Error"
	case "Warning":
		v.WarningCount++
		if v.ValidationStatus == "Healthy" {
			v.ValidationStatus = "Warning"
		}
	}
	return nil
}

// object gives what is known of an object so far.
func (c *validationSoFar) object(o plan.Object) *wire.SyncValidation {
	key := cmp.Or(o.DN, o.Kind+"\x00"+cmp.Or(o.GUID, o.ID, o.Name))
	if v := c.objects[key]; v != nil {
		return v
	}
	v := &wire.SyncValidation{Identity: identityOf(o), ObjectType: objectType(o), DisplayName: o.Name, UserPrincipalName: o.UPN, DistinguishedName: o.DN,
		ObjectID: cmp.Or(o.GUID, o.ID), ValidationStatus: "Healthy", Errors: []wire.ValidationError{}}
	if c.objects == nil {
		c.objects = map[string]*wire.SyncValidation{}
	}
	c.objects[key] = v
	return v
}

// findingRecord puts a finding into the words of MSOnline and of Microsoft Graph.
func findingRecord(f foundText) wire.ValidationError {
	e := wire.ValidationError{Code: f.Check, Severity: map[string]string{"error": "Error", "warning": "Warning"}[f.Severity], Category: category(f),
		PropertyCausingError: f.Attribute, Value: f.Value, Message: f.Detail}
	if c, ok := validate.CheckNamed(f.Check); ok {
		e.Message = strings.TrimSuffix(c.Title+": "+f.Detail, ": ")
	}
	e.Severity = cmp.Or(e.Severity, "Information")
	if len(f.Others) > 0 {
		e.ConflictingObject = identityOf(f.Others[0].Object)
		if n := len(f.Others) - 1 + f.More; n > 0 {
			e.ConflictingObject += fmt.Sprintf(" and %d more", n)
		}
	}
	e.RecommendedAction = "see docs/checks/" + f.Check + ".md"
	if x := f.Fix; x != nil {
		e.ProposedValue = x.After
		e.RecommendedAction = "set " + x.Attribute + " to " + x.After
		if x.Before == "" {
			e.RecommendedAction = "add " + x.After + " to " + x.Attribute
		}
	}
	return e
}

// category gives the category of a finding; PropertyConflict is Microsoft Graph's.
func category(f foundText) string {
	switch {
	case len(f.Others) > 0:
		return "PropertyConflict"
	case strings.HasPrefix(f.Check, "SIZ-"):
		return "QuotaExceeded"
	case strings.HasPrefix(f.Check, "LIC-"):
		return "PolicyBlocked"
	case f.Attribute != "" && f.Value == "":
		return "MissingAttribute"
	case f.Attribute != "":
		return "InvalidFormat"
	}
	return "Other"
}

// endValidation sends the objects, by name, and makes the summary the result.
func endValidation(a *answer, h head) error {
	if h.has("mailbox") {
		return endMailbox(a, h)
	}
	var of struct {
		Object  *plan.Object  `json:"object"`
		Objects []plan.Object `json:"objects"`
	}
	var sum validate.Summary
	if err := h.into("validated", &of); err != nil {
		return err
	}
	if err := h.into("summary", &sum); err != nil {
		return err
	}
	if of.Object != nil {
		of.Objects = append(of.Objects, *of.Object)
	}
	for _, o := range of.Objects { // one without findings is healthy
		a.came.checked.object(o)
	}
	list := make([]*wire.SyncValidation, 0, len(a.came.checked.objects))
	s := wire.SyncValidationSummary{Objects: sum.Objects, Errors: sum.Errors, Warnings: sum.Warnings, Information: sum.Info, Checks: []wire.Count{}, NotEvaluated: []wire.Count{}}
	for _, v := range a.came.checked.objects {
		list = append(list, v)
		switch {
		case v.ErrorCount > 0:
			s.WithErrors++
		case v.WarningCount > 0:
			s.WithWarnings++
		}
	}
	slices.SortFunc(list, func(x, y *wire.SyncValidation) int {
		return cmp.Or(cmp.Compare(x.Identity, y.Identity), cmp.Compare(x.DistinguishedName, y.DistinguishedName), cmp.Compare(x.ObjectID, y.ObjectID))
	})
	for _, v := range list {
		if err := a.record(*v, v.Identity); err != nil {
			return err
		}
	}
	s.Healthy = max(0, s.Objects-s.WithErrors-s.WithWarnings)
	for _, c := range sum.Checks {
		s.Checks = append(s.Checks, wire.Count{Name: c.Check, Count: c.Findings})
	}
	for _, u := range sum.NotEvaluated {
		s.NotEvaluated = append(s.NotEvaluated, wire.Count{Name: cmp.Or(u.Check, "filters") + ": " + u.Why, Count: 1})
	}
	a.came.result = s
	return nil
}

// takeProbe makes a record of what doctor found.
func takeProbe(a *answer, b json.RawMessage) error {
	var f finding
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	r := wire.TestResult{Target: f.Where, Name: f.Check, Passed: f.OK, Message: f.Detail, RecommendedAction: f.Hint}
	if !f.OK {
		r.Severity = "Error"
		if gravityAD(f.Check) == nil {
			r.Severity = "Warning"
		}
	}
	return a.record(r, f.Check)
}

// endConfig makes a record of a configuration that is valid; of one that is not there are errors.
func endConfig(a *answer, h head) error {
	var c struct {
		File, Tenant             string
		Directories, PolicyFiles int
		Writes                   bool
	}
	if err := h.into("configuration", &c); err != nil {
		return err
	}
	return a.record(wire.TestResult{Target: c.File, Name: "configuration", Passed: true,
		Message: fmt.Sprintf("%s, tenant %s, %s, writes %s", counted(c.Directories, "directory", "directories"), c.Tenant,
			counted(c.PolicyFiles, "policy file", "policy files"), map[bool]string{true: "on", false: "off"}[c.Writes])}, c.File)
}

// takePolicy keeps a policy until the digest of them all is known.
func takePolicy(a *answer, b json.RawMessage) error {
	var p policyRow
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	a.came.records = append(a.came.records, wire.Policy{Name: p.Name, File: p.File, Owner: p.Owner, Description: p.Description, Decisions: p.Decisions, Rules: p.Rules})
	return nil
}

func endPolicies(a *answer, h head) error {
	var digest string
	if err := h.into("policies.digest", &digest); err != nil {
		return err
	}
	for _, r := range a.came.records {
		p := r.(wire.Policy)
		p.Digest = digest
		if err := a.record(p, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// outcomes gives the words of policy tests.
var outcomes = map[verify.Status]string{verify.Pass: "Passed", verify.Fail: "Failed", verify.Error: "Error", verify.Skip: "Skipped", verify.Todo: "Todo"}

// endTests makes a record of each policy test, and of each suite that could not be read.
func endTests(a *answer, h head) error {
	var t struct {
		Folder string        `json:"folder"`
		Report verify.Report `json:"report"`
	}
	if err := h.into("tests", &t); err != nil {
		return err
	}
	c := t.Report.Counts
	a.came.result = wire.PolicyTestSummary{Folder: t.Folder, Passed: c.Pass, Failed: c.Fail + c.Error + len(t.Report.Problems), Skipped: c.Skip + c.Todo}
	for _, p := range t.Report.Problems {
		r := wire.PolicyTestResult{Suite: p.File, Line: p.Line, Outcome: "Error", Message: p.Message}
		if err := a.record(r, p.File); err != nil {
			return err
		}
	}
	for _, x := range t.Report.Results {
		r := wire.PolicyTestResult{Suite: x.Suite, Case: x.Name, Line: x.Line, Outcome: outcomes[x.Status], Message: x.Reason}
		for _, m := range x.Mismatches {
			r.Message = strings.TrimPrefix(r.Message+"; "+m.Subject+": want "+m.Want+", got "+m.Got, "; ")
		}
		if err := a.record(r, x.Name); err != nil {
			return err
		}
	}
	return nil
}

// endLint makes a record of each rule that can never do anything.
func endLint(a *answer, h head) error {
	var l report.Linted
	if err := h.into("lint", &l); err != nil {
		return err
	}
	for _, f := range l.Findings {
		if err := a.record(lintRecord(f), l.Folder); err != nil {
			return err
		}
	}
	return nil
}

func lintRecord(f report.Finding) wire.TestResult {
	return wire.TestResult{Target: fmt.Sprintf("%s:%d", f.File, f.Line), Name: string(f.Kind), Severity: "Warning", Message: f.Text, RecommendedAction: "see docs/lint/" + string(f.Kind) + ".md"}
}

// mistakes makes a record of each mistake in a configuration or in policies.
func mistakes(a *answer, err error) {
	var problems strictyaml.Problems
	if !errors.As(err, &problems) {
		if exitCode(err) == 3 {
			_ = a.record(wire.TestResult{Target: a.request.ConfigPath, Name: "configuration", Severity: "Error", Message: clipped(strings.Join(messages(err), "\n"))}, "")
		}
		return
	}
	for _, p := range problems {
		_ = a.record(wire.TestResult{Target: fmt.Sprintf("%s:%d", p.File, p.Line), Name: "configuration", Severity: "Error", Message: clipped(p.Message), RecommendedAction: p.Hint}, p.File) // nobody listens
	}
}
