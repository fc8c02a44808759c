package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
)

func TestMemoryIsAFileSystem(t *testing.T) {
	m := memory{[]rules.File{{Path: "a.yaml", Bytes: []byte("a")}, {Path: "lib/b.yaml", Bytes: []byte("b")}, {Path: "lib/deep/c.csv"}}, "a.yaml", []byte("other")}
	if err := fstest.TestFS(m, "a.yaml", "lib/b.yaml", "lib/deep/c.csv"); err != nil {
		t.Error(err)
	}
	if b, err := m.Open("nowhere.yaml"); err == nil {
		t.Errorf("a file that is not there: %v", b)
	}
}

// TestWritingAFileChangesNothing writes the files of the shipped policies as mutants are written, without any change. A
// writer that lost something would kill every mutant.
func TestWritingAFileChangesNothing(t *testing.T) {
	set, problems := rules.Load(policies.Sample(), ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	suites, problems := Load(policies.Sample(), ".", set)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	written := 0
	for _, f := range set.Files() {
		if !strings.HasSuffix(f.Path, ".yaml") {
			continue
		}
		m := &mutator{file: f.Path, root: &yaml.Node{}}
		if err := yaml.Unmarshal(f.Bytes, m.root); err != nil {
			t.Fatal(err)
		}
		m.add("", "", "", 0, 0, func() {}, func() {})
		again, problems := rules.Load(memory{set.Files(), f.Path, m.out[0].bytes}, ".")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if !suites.Run(again, Options{}).OK() {
			t.Errorf("%s written anew decides otherwise", f.Path)
		}
		written++
	}
	if written != 4 {
		t.Errorf("%d files written", written)
	}
}

func TestAMutantThatDoesNotLoadIsInvalid(t *testing.T) {
	// Negating adds three characters, one more than an expression of 8,192 may have.
	when := fmt.Sprintf(`user.sam == "%s"`, strings.Repeat("x", 8190-len(`user.sam == ""`)))
	set, problems := rules.Load(fstest.MapFS{"p.yaml": {Data: []byte("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: staff}\ndecisions:\n  leave:\n    rules:\n" +
		"      - {id: leave-long, when: '" + when + "', then: delete}\n    default: {id: leave-default, then: keep}\n")}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	suites, problems := Load(fstest.MapFS{"t.yaml": {Data: []byte("apiVersion: coexist/v1\nkind: PolicyTest\nasOf: 2026-09-15\nfixtures: {jane: {class: user}}\n" +
		"tests:\n  - {name: x, object: jane, expect: {leave: keep}}\n")}}, ".", set)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m, err := suites.Mutate(t.Context(), set, MutateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Invalid != 1 || m.Mutants[0].Fate != Invalid || !strings.Contains(m.Mutants[0].Reason, "8193 characters") {
		t.Errorf("%d invalid: %+v", m.Invalid, m.Mutants[0])
	}
	if m.Score() != 50 {
		t.Errorf("score %v, want 50: one of two valid mutants is killed", m.Score())
	}
}

func TestExcludes(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"two values of one attribute":       {`user.department == "IT"`, `user.department == "HR"`, true},
		"one value in two spellings":        {`user.department == "IT"`, `user.department == "it"`, false},
		"two attributes":                    {`user.department == "IT"`, `user.title == "HR"`, false},
		"numbers":                           {`user.groupType == 2`, `user.groupType == 0x4`, true},
		"one number written in two ways":    {`user.groupType == 16`, `user.groupType == 0x10`, false},
		"lists that do not meet":            {`user.c in ["DE", "AT"]`, `user.c in ["CH"]`, true},
		"lists that meet":                   {`user.c in ["DE", "AT"]`, `user.c in ["at"]`, false},
		"beside other demands":              {`staff && user.c == "DE" && user.enabled`, `user.c == "AT" && staff`, true},
		"a choice demands nothing":          {`user.c == "DE" || staff`, `user.c == "AT"`, false},
		"the contrary demands nothing":      {`user.c != "DE"`, `user.c == "DE"`, false},
		"a list with something else":        {`user.c in ["DE", user.co]`, `user.c == "AT"`, false},
		"what cannot be read says nothing":  {`user.c == `, `user.c == "AT"`, false},
		"values within a list of an object": {`any(user.url, # == "a")`, `any(user.url, # == "b")`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := excludes(c.a, c.b); got != c.want || excludes(c.b, c.a) != got {
				t.Errorf("excludes = %v, turned round %v", got, excludes(c.b, c.a))
			}
		})
	}
}

// TestElementsOfLists expects a mutant for each element of each list, and none for what selects.
func TestElementsOfLists(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"three elements":       {`user.c in ["a", "b", "c"]`, []string{`user.c in [ "b", "c"]`, `user.c in ["a", "c"]`, `user.c in ["a", "b"]`}},
		"a single element":     {`user.c in ["a"]`, nil},
		"a comma in a text":    {`user.c in ["a, b", "c"]`, []string{`user.c in [ "c"]`, `user.c in ["a, b"]`}},
		"calls as elements":    {`[f(a, b), c]`, []string{`[ c]`, `[f(a, b)]`}},
		"what selects":         {`user["department"] == user.ext["a"]`, []string{`user["department"] != user.ext["a"]`}},
		"characters of width":  {`user.sn in ["Ödegård", "Weiß"]`, []string{`user.sn in [ "Weiß"]`, `user.sn in ["Ödegård"]`}},
		"operators in a text":  {`user.sn contains "&& == ||"`, nil},
		"operators of letters": {`a and b or not c`, []string{`a or b or not c`, `a and b and not c`}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &yaml.Node{Kind: yaml.ScalarNode, Value: c.text, Style: yaml.SingleQuotedStyle}
			m := &mutator{root: n}
			m.expression("", "", n)
			var got []string
			for _, x := range m.out {
				var s string
				if err := yaml.Unmarshal(x.bytes, &s); err != nil {
					t.Fatal(err)
				}
				got = append(got, s)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if n.Value != c.text {
				t.Errorf("left behind %q", n.Value)
			}
		})
	}
}
