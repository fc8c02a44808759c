package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// jar keeps cookies in memory.
type jar map[string][]byte

func (j jar) Cookie(_ context.Context, name string) ([]byte, bool, error) {
	b, ok := j[name]
	return b, ok, nil
}

func (j jar) SetCookie(_ context.Context, name string, b []byte) error {
	if j[name] = b; b == nil {
		delete(j, name)
	}
	return nil
}

// watched are properties of every kind that a delta has its own way of telling.
var watched = []string{"accountEnabled", "displayName", "extensionAttribute1", "jobTitle", "licenses", "mailNickname", "manager", "members", "owners", "usageLocation", "userPrincipalName"}

// remembering gives a second connector to the rehearsal's tenant, one that keeps a mirror.
func (r *rehearsal) remembering(t *testing.T, j jar) *graph.Connector {
	t.Helper()
	const base = "http://127.0.0.1:1"
	wire := inProcess{r.Handler()}
	app := r.Apps()[0]
	credential, err := graph.NewSandboxCredential(base, graph.Application{TenantID: r.ID(), ClientID: app.ID}, app.Secret, wire)
	if err != nil {
		t.Fatal(err)
	}
	c, err := graph.New(graph.Config{BaseURL: base + "/v1.0", TenantID: r.ID(), Credential: credential, Transport: wire, Cookies: j,
		Now: r.clock.now, Sleep: r.clock.sleep, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dump gives what a read yields, one line an object, in order of ids.
func dump(t *testing.T, c *graph.Connector) []string {
	t.Helper()
	var out []string
	if err := c.Objects(t.Context(), watched, func(o cloud.Object) error {
		slices.Sort(o.Proxies)
		b, err := json.Marshal(o)
		out = append(out, o.ID+" "+string(b))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// reads gives the requests by which the tenant was read since the log was reset.
func (r *rehearsal) reads(path string) (n int) {
	entries, _ := r.Log()
	for _, e := range entries {
		if e.Method == http.MethodGet && strings.HasPrefix(e.Path, "/v1.0"+path) {
			n++
		}
	}
	return n
}

// stir makes one random change of any kind, through Graph.
func (r *rehearsal) stir(t *testing.T, dice *rand.Rand, n int, facts cloud.Tenant) {
	t.Helper()
	var users, groups, dead []cloud.Object
	if err := r.Objects(t.Context(), []string{"licenses", "members"}, func(o cloud.Object) error {
		switch {
		case o.Deleted:
			dead = append(dead, o)
		case o.Type == cloud.User:
			users = append(users, o)
		case o.Type == cloud.SecurityGroup:
			groups = append(groups, o)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	do := func(c plan.Change, id string) {
		t.Helper()
		c.Object.ID = id
		if _, err := r.Export(t.Context(), c, byID); err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Conflict {
			t.Fatalf("%s: %v", c.Action, err)
		}
	}
	user := func() cloud.Object { return users[dice.IntN(len(users))] }
	switch kind := dice.IntN(12); {
	case kind < 2 || len(users) < 3:
		do(numbered(n), "")
	case kind == 2 || len(groups) == 0:
		c := groupChange(plan.Create, cloud.SecurityGroup, plan.Attribute{Name: "displayName", After: cloud.Text("G")}, plan.Attribute{Name: "mailNickname", After: cloud.Text(fmt.Sprint("g", n))})
		c.Object.Anchor = anchorOf(cloud.SecurityGroup, n)
		do(c, "")
	case kind == 3:
		do(userChange(plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text(fmt.Sprint("job ", n))}), user().ID)
	case kind == 4:
		do(userChange(plan.Update, plan.Attribute{Name: "jobTitle"}, plan.Attribute{Name: "extensionAttribute1", After: cloud.Text(fmt.Sprint(n))}), user().ID)
	case kind == 5:
		u := user()
		after := cloud.Licenses([]cloud.License{{SKU: facts.SKUs[0].ID}})
		if !u.Get("licenses").IsNothing() {
			after = cloud.Value{}
		}
		do(userChange(plan.License, plan.Attribute{Name: "licenses", Before: u.Get("licenses"), After: after}), u.ID)
	case kind == 6:
		do(userChange(plan.Refer, plan.Attribute{Name: "manager", Add: []plan.Ref{{ID: user().ID}}}), user().ID)
	case kind == 7 && len(users) > 4:
		do(userChange(plan.Delete), user().ID)
	case kind == 8 && len(dead) > 0:
		do(userChange(plan.Restore), dead[dice.IntN(len(dead))].ID)
	case kind == 9 && len(groups) > 2:
		do(groupChange(plan.Delete, cloud.SecurityGroup), groups[dice.IntN(len(groups))].ID)
	default:
		g := groups[dice.IntN(len(groups))]
		a := plan.Attribute{Name: "members"}
		for range 1 + dice.IntN(3) {
			a.Add = append(a.Add, plan.Ref{ID: user().ID})
		}
		if have := g.Get("members").Texts(); len(have) > 0 {
			a.Remove = append(a.Remove, plan.Ref{ID: have[dice.IntN(len(have))]})
			a.Add = slices.DeleteFunc(a.Add, func(p plan.Ref) bool { return p.ID == a.Remove[0].ID })
		}
		slices.SortFunc(a.Add, func(x, y plan.Ref) int { return strings.Compare(x.ID, y.ID) })
		a.Add = slices.Compact(a.Add)
		do(groupChange(plan.Members, cloud.SecurityGroup, a), g.ID)
	}
}

// Whatever happens to a tenant, bringing the mirror up to date gives what reading everything gives, also when pages come
// twice, tokens are refused and the process starts anew.
func TestWhatChangedIsWhatAFullReadGives(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 9))
			r := rehearseInProcess(t, sandbox.Options{Seed: seed})
			facts, err := r.Connector.Tenant(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if seed == 1 {
				if err := r.AddFault(sandbox.Fault{Action: sandbox.Repeat, Path: "/delta", Times: -1}); err != nil {
					t.Fatal(err)
				}
			}
			j := jar{}
			c := r.remembering(t, j)
			for n := range 40 {
				r.clock.advance(2 * time.Minute)
				for range dice.IntN(4) {
					r.stir(t, dice, n*10+dice.IntN(10), facts)
				}
				if dice.IntN(10) == 0 {
					c = r.remembering(t, j)
				}
				if seed == 2 && dice.IntN(6) == 0 {
					if err := r.AddFault(sandbox.Fault{Action: sandbox.Refuse, Status: 410, Code: "resyncRequired", Path: "deltatoken=[^l]"}); err != nil {
						t.Fatal(err)
					}
				}
				r.clock.advance(2 * time.Minute)
				if diff := cmp.Diff(dump(t, r.Connector), dump(t, c)); diff != "" {
					t.Fatalf("round %d (-full +changes):\n%s", n, diff)
				}
			}
			if len(j) != 1 {
				t.Errorf("%d cookies, want the mirror", len(j))
			}
		})
	}
}

func TestAReadAfterAReadAsksForChangesOnly(t *testing.T) {
	r := rehearseInProcess(t, sandbox.Options{Seed: 7})
	for n := range 50 {
		if _, err := r.Export(t.Context(), numbered(n), byID); err != nil {
			t.Fatal(err)
		}
	}
	c := r.remembering(t, jar{})
	dump(t, c)
	change := func() {
		t.Helper()
		var id string
		if err := r.Objects(t.Context(), nil, func(o cloud.Object) error { id = o.ID; return nil }); err != nil {
			t.Fatal(err)
		}
		u := userChange(plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text("Clerk")})
		u.Object.ID = id
		if _, err := r.Export(t.Context(), u, byID); err != nil {
			t.Fatal(err)
		}
	}
	for name, step := range map[string]struct {
		before                 func()
		users, deltas, rereads int
	}{
		"nothing changed": {func() {}, 0, 1, 0},
		"one user":        {change, 0, 1, 1},
		"a day later":     {func() { r.clock.advance(25 * time.Hour) }, 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dump(t, c)
			step.before()
			r.ResetLog()
			dump(t, c)
			if got := [3]int{r.reads("/users?$select=account"), r.reads("/users/delta"), r.reads("/users/") - r.reads("/users/delta")}; got != [3]int{step.users, step.deltas, step.rereads} {
				t.Errorf("%d pages of users, %d of changes, %d users, want %+v", got[0], got[1], got[2], step)
			}
		})
	}
}

func TestADamagedMirrorIsReadAnew(t *testing.T) {
	r := rehearseInProcess(t, sandbox.Options{Seed: 7})
	if _, err := r.Export(t.Context(), numbered(1), byID); err != nil {
		t.Fatal(err)
	}
	j := jar{}
	c := r.remembering(t, j)
	want := dump(t, c)
	whole := j["graph/mirror"]
	for at := 0; at < len(whole); at += 7 {
		bad := slices.Clone(whole)
		bad[at] ^= 0x20
		j["graph/mirror"] = bad
		if diff := cmp.Diff(want, dump(t, c)); diff != "" {
			t.Fatalf("byte %d (-want +got):\n%s", at, diff)
		}
	}
}
