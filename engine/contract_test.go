package engine_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/plan"
)

// plannedCase plans one case of testdata with other inputs.
func plannedCase(t *testing.T, name string, adapt func(*engine.Inputs)) (plan.Manifest, *written) {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, a)
	in := c.inputs(t, c.target(), c.state(t), c.source(t, c.inOrder()), 1)
	adapt(&in)
	w := &written{}
	m, err := engine.Plan(t.Context(), in, w)
	if err != nil {
		t.Fatal(err)
	}
	return m, w
}

func guardOf(t *testing.T, m plan.Manifest, name string) plan.Guard {
	t.Helper()
	for _, g := range m.Guards {
		if g.Name == name {
			return g
		}
	}
	t.Fatalf("no guard %s", name)
	return plan.Guard{}
}

func TestProtectedObjectsAreGuarded(t *testing.T) {
	ann := directory.GUID{15: 1}
	for name, c := range map[string]struct {
		shield engine.Shield
		want   string // in the guard's detail, "" when it is not exceeded
	}{
		"nobody":                    {engine.Shield{}, ""},
		"by objectGUID":             {engine.Shield{GUIDs: []directory.GUID{ann}}, "Ann is protected by its objectGUID"},
		"by name":                   {engine.Shield{UPNs: []string{"Ann@x.example"}}, "Ann is protected as ann@x.example"},
		"by a pattern":              {engine.Shield{UPNs: []string{"a*@*.example"}}, "Ann is protected as a*@*.example"},
		"by an OU":                  {engine.Shield{OUs: []string{"DC=x,DC=example"}}, ""}, // nobody can say where a deleted object was
		"somebody else":             {engine.Shield{UPNs: []string{"bob@x.example"}}, ""},
		"another pattern":           {engine.Shield{UPNs: []string{"b*"}}, ""},
		"an object that only comes": {engine.Shield{GUIDs: []directory.GUID{{15: 2}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, w := plannedCase(t, "gone-hold-over", func(in *engine.Inputs) { in.Shield = c.shield })
			g := guardOf(t, m, engine.GuardProtected)
			if g.Exceeded != (c.want != "") || !strings.Contains(g.Detail, c.want) {
				t.Errorf("exceeded %v: %q, want %q", g.Exceeded, g.Detail, c.want)
			}
			if got := w.changes[0].Protected != ""; got != g.Exceeded {
				t.Errorf("the change says %q", w.changes[0].Protected)
			}
		})
	}
}

func TestProtectedGroupThatIsNotThere(t *testing.T) {
	a, err := txtar.ParseFile(filepath.Join("testdata", "gone-hold-over.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, a)
	in := c.inputs(t, c.target(), c.state(t), c.source(t, c.inOrder()), 1)
	in.Shield.Groups = []string{"Executives"}
	if _, err := engine.Plan(t.Context(), in, &written{}); err == nil || !strings.Contains(err.Error(), `protects group "Executives"`) {
		t.Errorf("%v, want the group to be missed", err)
	}
}

func TestChangesOfTheLastDayCountForGuards(t *testing.T) {
	for name, c := range map[string]struct {
		recent map[string]int
		want   bool
	}{
		"none":                   {nil, false},
		"all that is allowed":    {map[string]int{engine.GuardDelete: 500}, true},
		"just below":             {map[string]int{engine.GuardDelete: 499}, false},
		"many of another kind":   {map[string]int{engine.GuardDisable: 500}, false},
		"none planned of a kind": {map[string]int{engine.GuardUPN: 1000}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := plannedCase(t, "gone-hold-over", func(in *engine.Inputs) { in.Recent = c.recent })
			if got := len(m.Exceeded()) > 0; got != c.want {
				t.Errorf("exceeded: %+v, want %v", m.Exceeded(), c.want)
			}
		})
	}
}

func TestErrorsThatWouldBeRepeatedAreGuarded(t *testing.T) {
	_, w := plannedCase(t, "gone-hold-over", func(*engine.Inputs) {})
	failed := map[string]bool{}
	for _, c := range w.changes {
		failed[c.ID] = true
	}
	m, _ := plannedCase(t, "gone-hold-over", func(in *engine.Inputs) {
		in.Failed = failed
		in.Guards.ByGuard[engine.GuardRepeatedErrors] = engine.Limit{Count: len(failed) - 1}
	})
	if g := guardOf(t, m, engine.GuardRepeatedErrors); !g.Exceeded || g.Planned != len(failed) {
		t.Errorf("%+v, want %d repeated", g, len(failed))
	}
}

// TestSelectionTakesNobodyAway plans every case for one object of it: no plan for a selection deletes or disables what has
// left, and none removes a member that was not selected.
func TestSelectionTakesNobodyAway(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, path := range cases {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			selected := map[directory.GUID]bool{}
			m, w := plannedCase(t, name, func(in *engine.Inputs) {
				for i := range in.Snapshot.Len() {
					if i%2 == 0 {
						selected[in.Snapshot.At(i).GUID] = true
					}
				}
				in.Selection = &engine.Selection{Describe: "half", Pilot: "pilot", Has: func(o directory.Object) bool { return selected[o.GUID] }}
			})
			if m.Complete || m.Pilot != "pilot" {
				t.Errorf("complete %v, pilot %q", m.Complete, m.Pilot)
			}
			for _, c := range w.changes {
				if c.Action == plan.Delete || c.Action == plan.Disable {
					t.Errorf("it holds %s", c.ID)
				}
				for _, a := range c.Attributes {
					for _, r := range a.Remove {
						if r.Anchor == "" {
							t.Errorf("%s removes %s, who belongs to nobody of the selection", c.ID, r.Name)
						}
					}
				}
			}
		})
	}
}

// TestNoPlanAdoptsAndTakesAway holds every case to it.
func TestNoPlanAdoptsAndTakesAway(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	adopting := 0
	for _, path := range cases {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		m, w := plannedCase(t, name, func(*engine.Inputs) {})
		if m.Counts[string(plan.Adopt)] == 0 {
			continue
		}
		adopting++
		for _, c := range w.changes {
			if engine.Takes(&m.Tenant, &c) {
				t.Errorf("%s: adopts, and %s takes something away", name, c.ID)
			}
			if c.Action == plan.Adopt && c.Fingerprint == "" {
				t.Errorf("%s: %s does not say what was matched", name, c.ID)
			}
		}
	}
	if adopting < 3 {
		t.Errorf("only %d cases adopt", adopting)
	}
}
