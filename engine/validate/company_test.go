package validate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/internal/golden"
)

func snapshotOf(t testing.TB, o company.Options) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	if err := company.Generate(o).Fill(b); err != nil {
		t.Fatal(err)
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run collects what a validation finds.
func run(t testing.TB, in validate.Input) ([]validate.Finding, validate.Summary) {
	t.Helper()
	var out []validate.Finding
	sum, err := validate.Run(in, func(f validate.Finding) error {
		f.Others = slices.Clone(f.Others)
		out = append(out, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

// text tells of findings, one a line.
func text(list []validate.Finding, sum validate.Summary) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s %s %s %s %q: %s %q: %s\n", f.Severity, f.Check, f.Mode, f.Object.Kind, f.Object.Name, f.Attribute, f.Value, f.Detail)
		for n, o := range f.Others {
			if n == 3 {
				fmt.Fprintf(&b, "    and %d more\n", len(f.Others)-n+f.More)
				break
			}
			fmt.Fprintf(&b, "    also %s %q: %s\n", o.Object.Kind, o.Object.Name, o.Attribute)
		}
		if f.Fix != nil {
			fmt.Fprintf(&b, "    fix %s: %q -> %q safe=%v\n", f.Fix.Attribute, f.Fix.Before, f.Fix.After, f.Fix.Safe)
		}
	}
	fmt.Fprintf(&b, "%d objects: %d errors, %d warnings, %d info\n", sum.Objects, sum.Errors, sum.Warnings, sum.Info)
	for _, e := range sum.Excluded {
		fmt.Fprintf(&b, "excluded %d: %s\n", e.Objects, e.Reason)
	}
	for _, c := range sum.Checks {
		fmt.Fprintf(&b, "%s %d\n", c.Check, c.Findings)
	}
	for _, u := range sum.NotEvaluated {
		fmt.Fprintf(&b, "not evaluated %s %s partly=%v: %s\n", u.Check, u.Source, u.Partly, u.Why)
	}
	return b.String()
}

func TestSampleCompany(t *testing.T) {
	list, sum := run(t, validate.Input{Snapshot: snapshotOf(t, company.Options{})})
	golden.File(t, "company.txt", []byte(text(list, sum)))
}

// TestCleanCompanyHasNoFindings is about 100,000 objects, of which none has a fault: every finding would be a false one.
func TestCleanCompanyHasNoFindings(t *testing.T) {
	users := 97_000
	if testing.Short() {
		users = 2_000
	}
	s := snapshotOf(t, company.Options{Users: users, Clean: true})
	list, sum := run(t, validate.Input{Snapshot: s})
	if sum.Objects < users {
		t.Errorf("%d objects were checked", sum.Objects)
	}
	for n, f := range list {
		if n == 20 {
			t.Fatalf("and %d more", len(list)-n)
		}
		t.Errorf("%s %s %q %s %q: %s", f.Check, f.Object.Kind, f.Object.Name, f.Attribute, f.Value, f.Detail)
	}
}
