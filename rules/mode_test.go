package rules_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules"
)

// subject is an object of an evaluation case.
type subject struct {
	name   string
	object directory.Object
	groups []string
	// lines that begin with @: "@unreadable: mail", "@prior: cloudType user", "@pending: cloudType sharedMailbox 2026-09-01"
	unreadable []string
	priors     []rules.Prior
}

// note takes up a line that begins with @.
func (x *subject) note(t *testing.T, name, value string) {
	t.Helper()
	words := strings.Fields(value)
	switch name {
	case "@unreadable":
		x.unreadable = append(x.unreadable, value)
	case "@prior":
		p := rules.Prior{Decision: words[0], Text: words[1]}
		if p.Decision == rules.Licenses || p.Decision == rules.Groups {
			p.Text, p.List = "", strings.Split(words[1], ",")
		}
		x.priors = append(x.priors, p)
	case "@pending":
		since, err := time.Parse(time.DateOnly, words[2])
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(x.priors, func(p rules.Prior) bool { return p.Decision == words[0] })
		x.priors[i].Pending, x.priors[i].Since = words[1], since
	default:
		t.Fatalf("nothing is called %s", name)
	}
}

// subjects reads objects: a line "NAME KIND [GROUP,…]" begins one, indented lines "attribute: value" follow.
func subjects(t *testing.T, s *directory.Schema, text []byte) []subject {
	t.Helper()
	var out []subject
	var kind directory.Kind
	attrs := map[string][]string{}
	end := func() {
		if len(out) > 0 {
			out[len(out)-1].object = object(t, s, kind, attrs)
			attrs = map[string][]string{}
		}
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(line, " ") {
			if strings.HasPrefix(name, "@") {
				out[len(out)-1].note(t, name, value)
				continue
			}
			attrs[name] = append(attrs[name], value)
			continue
		}
		if words := strings.Fields(line); len(words) > 0 {
			end()
			var err error
			if kind, err = directory.ParseKind(words[1]); err != nil {
				t.Fatal(err)
			}
			x := subject{name: words[0]}
			if len(words) > 2 {
				x.groups = strings.Split(words[2], ",")
			}
			out = append(out, x)
		}
	}
	end()
	return out
}

func (x subject) input(set *rules.Set) rules.Input {
	in := func(ref int) bool { return slices.Contains(x.groups, set.Groups()[ref]) }
	return rules.Input{Object: x.object, Domain: "corp.example", InGroup: in, DirectlyIn: in, Unreadable: x.unreadable, Priors: x.priors}
}

// TestEvaluate holds outcomes and traces against the file outcomes of each archive.
func TestEvaluate(t *testing.T) {
	golden.Case(t, "evaluate/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		set, problems := rules.Load(tree(a), ".")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		schema := directory.NewSchema()
		var list []subject
		for _, f := range a.Files {
			if f.Name == "objects" {
				list = subjects(t, schema, f.Data)
			}
		}
		e := set.NewEvaluator(schema, asOf)
		var b strings.Builder
		for _, x := range list {
			describe(&b, x.name, e.Evaluate(x.input(set)), e.Explain(x.input(set)))
		}
		unordered(t, set, schema, list)
		return []txtar.File{{Name: "outcomes", Data: []byte(b.String())}}
	})
}

// unordered expects the same outcome for each object whatever was decided before it, by one evaluator and by several at once.
func unordered(t *testing.T, set *rules.Set, schema *directory.Schema, list []subject) {
	t.Helper()
	fresh := make([]string, len(list))
	for i, x := range list {
		var b strings.Builder
		describe(&b, x.name, set.NewEvaluator(schema, asOf).Evaluate(x.input(set)), nil)
		fresh[i] = b.String()
	}
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			used := set.NewEvaluator(schema, asOf)
			for _, i := range rand.New(rand.NewPCG(1, uint64(worker))).Perm(len(list)) {
				var again strings.Builder
				describe(&again, list[i].name, used.Evaluate(list[i].input(set)), nil)
				if diff := cmp.Diff(fresh[i], again.String()); diff != "" {
					t.Errorf("%s depends on what was decided before (-fresh +used):\n%s", list[i].name, diff)
				}
			}
		})
	}
	wait.Wait()
}

func describe(b *strings.Builder, name string, out rules.Outcome, trace []rules.DecisionTrace) {
	fmt.Fprintf(b, "%s: policy %q\n", name, out.Policy)
	if out.ScopeErr != nil {
		fmt.Fprintf(b, "  held: %v\n", out.ScopeErr)
	}
	for i, d := range out.Decisions {
		fmt.Fprintf(b, "  %s %s", d.Name, [...]string{"undecided", "=", "not applicable", "held"}[d.Status])
		switch {
		case d.Err != nil:
			fmt.Fprintf(b, ": %v", d.Err)
		case d.Status != rules.Decided:
		case d.Entries != nil || d.Text == "" && d.List == nil:
			for _, e := range d.Entries {
				fmt.Fprintf(b, "\n    %s = %v %q by %s:%d", e.Key, e.Value, e.Refs, e.Origin.Rule, e.Origin.Line)
			}
		case d.List != nil:
			fmt.Fprintf(b, " %q", d.List)
		default:
			fmt.Fprintf(b, " %s %q hold %v", d.Text, d.Reason, d.Hold)
		}
		for _, o := range d.Origins {
			fmt.Fprintf(b, " [%s %s:%d]", o.Rule, o.File, o.Line)
		}
		if d.Pending != nil {
			fmt.Fprintf(b, " until %s instead of %s, wanted since %s", d.Pending.Until.Format(time.DateOnly), d.Pending.Text, d.Pending.Since.Format(time.DateOnly))
		}
		if d.Exception != nil {
			fmt.Fprintf(b, " exception %s of %s", d.Exception.ID, d.Exception.Owner)
		}
		if d.Lapsed != nil {
			fmt.Fprintf(b, " exception %s is over since %s", d.Lapsed.ID, d.Lapsed.Expires)
		}
		b.WriteString("\n")
		if trace != nil {
			describeTrace(b, trace[i])
		}
	}
}

func describeTrace(b *strings.Builder, d rules.DecisionTrace) {
	for _, r := range d.Rules {
		fmt.Fprintf(b, "    - %-12s %s", r.Verdict, r.Origin.Rule)
		if len(r.Adds) > 0 {
			fmt.Fprintf(b, " adds %q", r.Adds)
		}
		b.WriteString("\n")
	}
	for _, x := range d.Dropped {
		fmt.Fprintf(b, "    - dropped %s for %s\n", x.Bundle, x.For)
	}
}
