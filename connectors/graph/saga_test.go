package graph_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// sagaChanges is how many changes a saga has.
const sagaChanges = 60

// saga is a plan of sixty changes that holds every action, carried out stage by stage.
type saga struct {
	*rehearsal
	*testing.T
	done int
}

// stage looks at the objects of its changes in one survey, as apply does, and carries them out one by one.
func (s *saga) stage(changes ...plan.Change) []string {
	s.Helper()
	var asked []connector.Question
	for i := range changes {
		if changes[i].Action != plan.Members {
			asked = append(asked, question(&changes[i]))
		}
	}
	for i, a := range s.Survey(s.Context(), asked) {
		switch k := fault.KindOf(a.Err); {
		case a.Err == nil && asked[i].ID == "" && !a.Object.Deleted:
			s.Fatalf("an object has the anchor %s before it was made", asked[i].Anchor)
		case a.Err == nil, k == fault.Transient, k == fault.NotReady, k == fault.Throttled, k == fault.NotFound && asked[i].ID == "":
		case k == fault.NotFound && changes[i].Action == plan.Restore:
		default:
			s.Fatalf("%+v: %v", asked[i], a.Err)
		}
	}
	var ids []string
	for _, c := range changes {
		id, err := s.carry(s.Context(), c)
		if err != nil {
			s.Fatalf("%s: %v", c.Action, err)
		}
		ids = append(ids, id)
		s.done++
	}
	return ids
}

func (s *saga) run() {
	s.Helper()
	facts, err := s.Connector.Tenant(s.Context())
	if fault.KindOf(err) == fault.Unreachable { // a plan that could not be made is made again
		facts, err = s.Connector.Tenant(s.Context())
	}
	if err != nil {
		s.Fatal(err)
	}
	var creates []plan.Change
	for n := range 18 {
		creates = append(creates, numbered(n))
	}
	for n := range 3 {
		t := cloud.SecurityGroup
		if n == 2 {
			t = cloud.Microsoft365Group
		}
		c := groupChange(plan.Create, t, plan.Attribute{Name: "displayName", After: cloud.Text("Readers")},
			plan.Attribute{Name: "mailNickname", After: cloud.Text(fmt.Sprint("readers", n))})
		c.Object.Anchor = anchorOf(t, n)
		creates = append(creates, c)
	}
	ids := append(s.stage(creates[:20]...), s.stage(creates[20:]...)...)
	users, groups := ids[:18], ids[18:]
	of := func(n int, a plan.Action, attrs ...plan.Attribute) plan.Change {
		c := userChange(a, attrs...)
		c.Object.ID, c.Object.Anchor = users[n], anchorOf(cloud.User, n)
		return c
	}
	each := func(from, to int, a plan.Action, attrs ...plan.Attribute) (out []plan.Change) {
		for n := from; n < to; n++ {
			out = append(out, of(n, a, attrs...))
		}
		return out
	}
	in := func(n int, a plan.Attribute) plan.Change {
		c := groupChange(plan.Members, cloud.SecurityGroup, a)
		if n == 2 {
			c.Object.Type = cloud.Microsoft365Group
		}
		c.Object.ID, c.Object.Anchor = groups[n], anchorOf(cloud.SecurityGroup, n)
		return c
	}
	refs := func(from, to int) (out []plan.Ref) {
		for _, id := range users[from:to] {
			out = append(out, plan.Ref{ID: id})
		}
		return out
	}
	one, two := cloud.License{SKU: facts.SKUs[0].ID}, cloud.License{SKU: facts.SKUs[1].ID}
	s.stage(append(each(0, 10, plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text("Clerk")}), each(15, 18, plan.Disable)...)...)
	s.stage(append(each(0, 8, plan.License, plan.Attribute{Name: "licenses", After: cloud.Licenses([]cloud.License{one})}),
		each(0, 2, plan.License, plan.Attribute{Name: "licenses", Before: cloud.Licenses([]cloud.License{one}), After: cloud.Licenses([]cloud.License{two})})...)...)
	s.stage(each(2, 3, plan.License, plan.Attribute{Name: "licenses", Before: cloud.Licenses([]cloud.License{one})})...)
	s.stage(each(1, 6, plan.Refer, plan.Attribute{Name: "manager", Add: refs(0, 1)})...)
	s.stage(in(0, plan.Attribute{Name: "members", Add: refs(0, 18)}), in(1, plan.Attribute{Name: "owners", Add: refs(3, 4)}),
		in(1, plan.Attribute{Name: "members", Add: []plan.Ref{{ID: groups[0]}}}), in(2, plan.Attribute{Name: "members", Add: refs(4, 9)}))
	s.stage(in(0, plan.Attribute{Name: "members", Remove: refs(10, 14)}))
	s.stage(each(15, 18, plan.Delete)...)
	s.stage(each(15, 17, plan.Restore)...)
	if s.done != sagaChanges {
		s.Fatalf("%d changes, want %d", s.done, sagaChanges)
	}
}

// Every fault at every request of a plan leaves the tenant as it would be without: nothing lost, nothing twice.
func TestNoWriteIsLostOrDoubledUnderAnyFault(t *testing.T) {
	undisturbed := rehearseInProcess(t, sandbox.Options{Seed: 7})
	(&saga{undisturbed, t, 0}).run()
	entries, _ := undisturbed.Log()
	want := undisturbed.state(t)
	step := 7
	if os.Getenv("COEXIST_SOAK") != "" {
		step = 1 // some 2,800 plans
	}
	for name, f := range map[string]sandbox.Fault{
		"throttled":                         {Action: sandbox.Refuse, Status: 429, RetryAfter: "2.128"},
		"throttled until a date":            {Action: sandbox.Refuse, Status: 429, RetryAfter: "date:30s"},
		"throttled without a time":          {Action: sandbox.Refuse, Status: 429},
		"request timeout":                   {Action: sandbox.Refuse, Status: 408},
		"concurrent change":                 {Action: sandbox.Refuse, Status: 409},
		"unavailable before the write":      {Action: sandbox.Refuse, Status: 503, RetryAfter: "1"},
		"unavailable after the write":       {Action: sandbox.Refuse, Status: 503, AfterWrite: true},
		"gateway timeout before the write":  {Action: sandbox.Refuse, Status: 504},
		"gateway timeout after the write":   {Action: sandbox.Refuse, Status: 504, AfterWrite: true},
		"internal error":                    {Action: sandbox.Refuse, Status: 500},
		"reset before the write":            {Action: sandbox.Reset},
		"reset in the middle of the answer": {Action: sandbox.Reset, AfterWrite: true},
		"half an answer":                    {Action: sandbox.Truncate},
		"a gateway's page":                  {Action: sandbox.HTML, Status: 502},
		"expired token":                     {Action: sandbox.Expired},
		"lost batch item":                   {Action: sandbox.Lost},
		"replication lag":                   {Action: sandbox.Lag, Requests: 2},
		"replication lag of a minute":       {Action: sandbox.Lag, Seconds: 60},
	} {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= len(entries); at += step {
				r := rehearseInProcess(t, sandbox.Options{Seed: 7})
				f.From = at
				if err := r.AddFault(f); err != nil {
					t.Fatal(err)
				}
				(&saga{r, t, 0}).run()
				if got := r.state(t); got != want {
					t.Fatalf("fault at request %d: got\n%swant\n%s", at, got, want)
				}
			}
		})
	}
	t.Logf("%d changes in %d requests, batch items counted", sagaChanges, len(entries))
}

// Every create takes effect and is answered with a gateway's timeout, and replicas lag by a minute.
func TestCreatesWithoutAnswersMakeNothingTwice(t *testing.T) {
	r := rehearseInProcess(t, sandbox.Options{Seed: 7})
	for _, f := range []sandbox.Fault{
		{Action: sandbox.Refuse, Status: 504, AfterWrite: true, Method: "POST", Path: "^/v1.0/users$", Times: -1},
		{Action: sandbox.Lag, Seconds: 60, Method: "PATCH", Path: "^/v1.0/groups", Times: -1},
	} {
		if err := r.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	const users, groups = 1000, 200
	for n := range users {
		if _, err := r.carry(t.Context(), numbered(n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range groups {
		c := groupChange(plan.Create, cloud.SecurityGroup, plan.Attribute{Name: "displayName", After: cloud.Text("Same name")},
			plan.Attribute{Name: "mailNickname", After: cloud.Text(fmt.Sprint("g", n))})
		c.Object.Anchor = anchorOf(cloud.SecurityGroup, n)
		if _, err := r.carry(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	r.ClearFaults()
	r.clock.advance(2 * 60e9)
	seen, twice := map[string]int{}, 0
	if err := r.Objects(t.Context(), nil, func(o cloud.Object) error {
		if seen[string(o.Anchor)]++; seen[string(o.Anchor)] > 1 {
			twice++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(seen) != users+groups || twice != 0 {
		t.Errorf("%d objects, %d of them twice, want %d", len(seen), twice, users+groups)
	}
}
