package rules_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/expr-lang/expr/ast"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

var viewed = fstest.MapFS{
	"lib.yaml": {Data: []byte("apiVersion: coexist/v1\nkind: Conditions\nconditions:\n  staff: user.employeeType == \"Staff\"\n")},
	"users.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: users}
imports: [lib.yaml]
tables:
  one: {file: one.csv, key: k, columns: [v]}
  two: {file: two.csv, key: k, columns: [v]}
decisions:
  cloudType:
    when: user.class == "user"
    rules:
      - {id: first-table, when: 'inTable("one", user.c)', then: user}
      - {id: second-table, when: 'inTable("two", user.c)', then: mailUser}
      - id: staff-only
        when: |
          staff
            && inOU("ou=Staff, DC=x")
        from: 2026-01-01
        then: none
        reason: no
    default: {id: type-default, fail: nobody}
  attributes:
    rules:
      - {id: attr-none, when: decided("cloudType") != "user", then: {city: x}, thenExpr: {state: lower(user.st)}}
    default: {id: attr-default, then: {}}
`)},
	"one.csv": {Data: []byte("k,v\nDE,1\n")},
	"two.csv": {Data: []byte("k,v\nAT,1\nfr,1\n")},
}

func viewedSet(t *testing.T) *rules.Set {
	t.Helper()
	set, problems := rules.Load(viewed, ".")
	if set == nil {
		t.Fatal(problems)
	}
	return set
}

// TestConditionsShowWhatIsEvaluated expects named conditions in place, with their own positions, and facts for names.
func TestConditionsShowWhatIsEvaluated(t *testing.T) {
	c := viewedSet(t).Conditions()
	p := &c.Policies[0]
	var got []string
	for _, r := range p.Decisions[0].Rules[:3] {
		tree := r.When.Tree
		ast.Walk(&tree, visit(func(n *ast.Node) {
			if f, ok := p.Fact(*n); ok {
				file, line, col := c.Position(*n)
				got = append(got, fmt.Sprintf("%s:%d:%d %d %s %q", file, line, col, f.Kind, f.LDAP, f.Argument))
			}
		}))
	}
	want := []string{
		fmt.Sprintf(`users.yaml:12:34 %d c ""`, rules.InTableFact),
		fmt.Sprintf(`users.yaml:13:35 %d c ""`, rules.InTableFact),
		fmt.Sprintf(`lib.yaml:4:15 %d employeeType ""`, rules.FoldedFact), // an attribute is located at its name
		fmt.Sprintf(`users.yaml:17:16 %d distinguishedName "ou=staff,dc=x"`, rules.InOUFact),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	staff := p.Decisions[0].Rules[2]
	if staff.When.Line != 16 || staff.From == 0 || staff.Until != 0 || staff.Sets[0].Text != "none" || !p.Decisions[0].Rules[3].Fails {
		t.Errorf("%+v", staff)
	}
}

type visit func(n *ast.Node)

func (v visit) Visit(n *ast.Node) { v(n) }

// TestDecidedKnowsItsValues expects what rules give, and "" where the decision may not apply.
func TestDecidedKnowsItsValues(t *testing.T) {
	p := &viewedSet(t).Conditions().Policies[0]
	r := p.Decisions[1].Rules[0]
	f, ok := p.Fact(r.When.Tree.(*ast.BinaryNode).Left)
	if diff := cmp.Diff([]string{"", "mailUser", "none", "user"}, f.Values); !ok || f.Decision != rules.CloudType || diff != "" {
		t.Errorf("%+v\n%s", f, diff)
	}
	if len(r.Sets) != 2 || r.Sets[0].Key != "city" || !r.Sets[0].Literal || r.Sets[1].Literal {
		t.Errorf("%+v", r.Sets)
	}
}

// TestTablesOfOneAttribute asks two tables for the same attribute.
func TestTablesOfOneAttribute(t *testing.T) {
	set := viewedSet(t)
	schema := directory.NewSchema()
	for country, want := range map[string]string{"DE": "user", "AT": "mailUser", "FR": "mailUser", "IT": ""} {
		o, err := schema.NewObject(directory.User, directory.GUID{1}, []directory.Attribute{{Name: "c", Values: []string{country}}})
		if err != nil {
			t.Fatal(err)
		}
		out := set.NewEvaluator(schema, asOf).Evaluate(rules.Input{Object: o})
		if got := out.Find(rules.CloudType).Text; got != want {
			t.Errorf("%s: %q, want %q", country, got, want)
		}
	}
}
