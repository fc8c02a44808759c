package policies_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

// runs gives the runs of letters and digits of a text, folded.
func runs(s string) []string {
	return strings.FieldsFunc(directory.Fold(s), func(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' && r < utf8.RuneSelf })
}

// TestCapturedObjectsAreAnonymous captures every object of the sample company: nothing of it may stand in its fixture but
// what is listed as kept, and the fixture must be decided about as the object is.
func TestCapturedObjectsAreAnonymous(t *testing.T) {
	s := sampleCompany(t)
	for name, fsys := range map[string]fs.FS{"default": policies.Default(), "sample": policies.Sample()} {
		t.Run(name, func(t *testing.T) {
			set, n := load(t, fsys), 0
			decide(t, set, s, func(o directory.Object, _ *rules.Outcome) {
				if n++; n%4 != 0 { // enough of each kind
					return
				}
				c, err := verify.NewCapture(set, rules.Input{Object: o, Domain: company.Domain}, verify.CaptureOptions{Name: "someone", AsOf: company.At(), Anonymise: true})
				if err != nil {
					t.Fatalf("%s: %v", o.DN(), err)
				}
				if len(c.Differs) > 0 {
					t.Errorf("%s: %+v", o.DN(), c.Differs)
				}
				fixture, err := verify.NewSuite(company.At(), c)
				if err != nil {
					t.Fatal(err)
				}
				_, text, _ := strings.Cut(string(fixture), "fixtures:\n")
				text, _, _ = strings.Cut(text, "\ntests:\n")
				var values strings.Builder // without the names of attributes
				for line := range strings.Lines(text) {
					if name, v, _ := strings.Cut(line, ":"); strings.TrimSpace(name) != "class" {
						values.WriteString(v)
					}
				}
				survives(t, set, o, values.String(), c.Kept)
			})
		})
	}
}

// survives fails where a part of a value of an object, of three characters or more, stands in a text and is not listed.
func survives(t *testing.T, set *rules.Set, o directory.Object, text string, kept []verify.Kept) {
	t.Helper()
	var listed []string
	for _, k := range kept {
		for _, v := range k.Values {
			listed = append(listed, runs(v)...)
		}
	}
	have := runs(text)
	for _, name := range set.Attributes() {
		if syntax := directory.SyntaxOf(name); syntax != directory.Text && syntax != directory.DN {
			continue
		}
		for _, v := range o.Values(name) {
			for _, part := range runs(v) {
				public := slices.Contains([]string{"example", "smtp", "x500", "sip"}, part) // types of addresses, and the domain of fakes
				if len(part) > 2 && !public && slices.Contains(have, part) && !slices.Contains(listed, part) {
					t.Errorf("%s: %q of %s survives", o.DN(), part, name)
				}
			}
		}
	}
}
