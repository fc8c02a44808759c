package verify

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

// Golden is what policies decide about every object of a frozen directory, kept in a file next to the policies so that a
// review sees each decision that a change brings about. The file is JSON lines: one that says what it is, then one for each
// object, by objectGUID.
type Golden struct {
	AsOf    time.Time
	Objects []GoldenObject
}

// GoldenObject is what is decided about one object.
type GoldenObject struct {
	Object    string           `json:"object"` // objectGUID
	Name      string           `json:"name"`   // distinguished name
	Policy    string           `json:"policy,omitempty"`
	Held      string           `json:"held,omitempty"` // why the scope of a policy failed
	Decisions []GoldenDecision `json:"decisions,omitempty"`
}

// GoldenDecision is one decision, or one key of a merge decision.
type GoldenDecision struct {
	Decision string   `json:"decision"` // decision, or decision.key
	Value    string   `json:"value"`    // as tests show it: "user", ["standard"], not applicable
	Hold     string   `json:"hold,omitempty"`
	Rules    []string `json:"rules,omitempty"`
}

// String gives a decision with what decided it.
func (d GoldenDecision) String() string {
	s := d.Value
	if d.Hold != "" {
		s += ", hold " + d.Hold
	}
	if len(d.Rules) > 0 {
		s += ", by " + strings.Join(d.Rules, ", ")
	}
	return s
}

// goldenHead is the first line of a file.
type goldenHead struct {
	FormatVersion string    `json:"formatVersion"`
	Kind          string    `json:"kind"`
	AsOf          time.Time `json:"asOf"`
	Objects       int       `json:"objects"`
}

const (
	goldenKind    = "coexist.policyDecisions"
	goldenVersion = "1.0"
)

// Decide gives what a set decides about n objects, whatever the number of workers. start makes the evaluator of one
// worker; input must be safe for concurrent use.
func Decide(n, workers int, asOf time.Time, start func() *rules.Evaluator, input func(int) rules.Input) *Golden {
	g := &Golden{AsOf: asOf.UTC(), Objects: make([]GoldenObject, n)}
	parallel(workers, n, func() func(int) {
		e := start()
		return func(i int) {
			in := input(i)
			out := e.Evaluate(in)
			g.Objects[i] = goldenObject(in, &out)
		}
	})
	slices.SortFunc(g.Objects, func(a, b GoldenObject) int { return cmp.Compare(a.Object, b.Object) })
	return g
}

func goldenObject(in rules.Input, out *rules.Outcome) GoldenObject {
	x := GoldenObject{Object: in.Object.GUID.String(), Name: in.Object.DN(), Policy: out.Policy}
	if out.ScopeErr != nil {
		x.Held = out.ScopeErr.Error()
	}
	for i := range out.Decisions {
		d := &out.Decisions[i]
		if d.Status != rules.Decided || len(d.Entries) == 0 {
			y := GoldenDecision{Decision: d.Name, Value: strings.Clone(shown(*d)), Rules: decidingRules(d)}
			if d.Hold > 0 {
				y.Hold = d.Hold.String()
			}
			x.Decisions = append(x.Decisions, y)
			continue
		}
		for j := range d.Entries {
			e := &d.Entries[j]
			p, _ := cloud.PropertyNamed(d.Name, e.Key)
			x.Decisions = append(x.Decisions, GoldenDecision{Decision: d.Name + "." + keyOf(e.Key), Value: shownEntry(p, e), Rules: []string{e.Origin.Rule}})
		}
	}
	return x
}

// Write writes the file.
func (g *Golden) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(goldenHead{goldenVersion, goldenKind, g.AsOf, len(g.Objects)}); err != nil {
		return err
	}
	for _, x := range g.Objects {
		if err := e.Encode(x); err != nil {
			return err
		}
	}
	return nil
}

// ErrNotGolden says that a file does not hold decisions.
var ErrNotGolden = errors.New("the file does not hold decisions of policies")

// maxGoldenLine bounds what is decided about one object.
const maxGoldenLine = 4 << 20

// ReadGolden reads the file. Objects may stand in any order, which Compare does not mind.
func ReadGolden(b []byte) (*Golden, error) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxGoldenLine)
	var head goldenHead
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || head.Kind != goldenKind || !strings.HasPrefix(head.FormatVersion, "1.") {
		return nil, ErrNotGolden
	}
	g := &Golden{AsOf: head.AsOf}
	for n := 2; lines.Scan(); n++ {
		var x GoldenObject
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		g.Objects = append(g.Objects, x)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(g.Objects) != head.Objects {
		return nil, fmt.Errorf("%d objects stand in it, and its first line says %d", len(g.Objects), head.Objects)
	}
	return g, nil
}

// GoldenDifference is something that is not decided as expected.
type GoldenDifference struct {
	Line     int    `json:"line,omitempty"` // in the file; 0 for an object that does not stand there
	Object   string `json:"object"`
	Name     string `json:"name"`
	Decision string `json:"decision,omitempty"` // "" for the object as a whole
	Want     string `json:"want"`
	Got      string `json:"got"`
}

// What is shown of what stands on one side only.
const (
	goldenNothing = "nothing"
	goldenUnread  = "not in the snapshot"
	goldenUnasked = "not in the file"
)

// Compare gives what is decided otherwise than expected, in the order of the file, then what the file lacks.
func (g *Golden) Compare(got *Golden) []GoldenDifference {
	by := make(map[string]*GoldenObject, len(got.Objects))
	for i := range got.Objects {
		by[got.Objects[i].Object] = &got.Objects[i]
	}
	var out []GoldenDifference
	for i := range g.Objects {
		want, line := &g.Objects[i], i+2
		x := by[want.Object]
		delete(by, want.Object)
		if x == nil {
			out = append(out, GoldenDifference{Line: line, Object: want.Object, Name: want.Name, Want: "in the snapshot", Got: goldenUnread})
			continue
		}
		out = append(out, want.differences(x, line)...)
	}
	for i := range got.Objects {
		if x := &got.Objects[i]; by[x.Object] != nil {
			out = append(out, GoldenDifference{Object: x.Object, Name: x.Name, Want: goldenUnasked, Got: "in the snapshot"})
		}
	}
	return out
}

func (x *GoldenObject) differences(got *GoldenObject, line int) (out []GoldenDifference) {
	add := func(decision, want, got string) {
		if want != got {
			out = append(out, GoldenDifference{Line: line, Object: x.Object, Name: x.Name, Decision: decision, Want: want, Got: got})
		}
	}
	add("", x.whole(), got.whole())
	seen := map[string]bool{}
	for _, d := range slices.Concat(x.Decisions, got.Decisions) {
		name := d.Decision
		whole, _, key := strings.Cut(name, ".")
		if key && (stands(x.Decisions, whole) || stands(got.Decisions, whole)) {
			name = whole // on one side the decision has no keys: it is held, or does not apply
		}
		if !seen[name] {
			seen[name] = true
			add(name, saidOf(x.Decisions, name), saidOf(got.Decisions, name))
		}
	}
	return out
}

func stands(list []GoldenDecision, name string) bool {
	return slices.ContainsFunc(list, func(d GoldenDecision) bool { return d.Decision == name })
}

// saidOf gives what a list says of a decision or a key.
func saidOf(list []GoldenDecision, name string) string {
	keys := 0
	for _, d := range list {
		if d.Decision == name {
			return d.String()
		}
		if strings.HasPrefix(d.Decision, name+".") {
			keys++
		}
	}
	if keys == 1 {
		return "one key"
	}
	if keys > 0 {
		return fmt.Sprintf("%d keys", keys)
	}
	return goldenNothing
}

// whole says what concerns an object as a whole.
func (x *GoldenObject) whole() string {
	switch {
	case x.Held != "":
		return shownHeld + ": " + x.Held
	case x.Policy == "":
		return shownNobody
	}
	return "policy " + x.Policy
}

// GoldenResult is how decisions about a snapshot compare with those that a file expects.
type GoldenResult struct {
	File        string             `json:"file"`
	AsOf        time.Time          `json:"asOf"`
	Objects     int                `json:"objects"`
	Updated     bool               `json:"updated"` // the file was written anew; differences are from what it held before
	Differences []GoldenDifference `json:"differences"`
}

// Others counts the objects that are decided about otherwise.
func (g *GoldenResult) Others() int {
	seen := map[string]bool{}
	for _, d := range g.Differences {
		seen[d.Object] = true
	}
	return len(seen)
}

// Subject names what is decided otherwise.
func (d *GoldenDifference) Subject() string {
	return cmp.Or(d.Decision, "the object")
}

// String gives a difference in a line.
func (d *GoldenDifference) String() string {
	return d.Name + ": " + d.Subject() + " is " + d.Got + "; want " + d.Want
}

// maxGoldenCases bounds the cases of single differences in JUnit XML.
const maxGoldenCases = 1000

// junit gives a suite with a case for each difference, one where there is none.
func (g *GoldenResult) junit() junitSuite {
	s := junitSuite{Name: "decisions"}
	if len(g.Differences) == 0 || g.Updated {
		s.add(junitCase{Name: fmt.Sprintf("%d objects", g.Objects), Class: s.Name, File: g.File})
		return s
	}
	for i := range g.Differences {
		if i == maxGoldenCases {
			s.add(junitCase{Name: "others", Class: s.Name, File: g.File, Failure: &junitOutcome{Message: fmt.Sprintf("and %d more differences", len(g.Differences)-i)}})
			break
		}
		d := &g.Differences[i]
		s.add(junitCase{Name: d.Name + ": " + d.Subject(), Class: s.Name, File: g.File, Line: d.Line, Failure: &junitOutcome{Message: d.String()}})
	}
	return s
}
