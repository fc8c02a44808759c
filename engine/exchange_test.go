package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
)

func mailCase(t *testing.T, name string) loaded {
	t.Helper()
	a, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return load(t, a)
}

// broken is an Exchange Online that fails after some objects.
type broken struct {
	memory.Exchange
	err error
}

func (b broken) Objects(ctx context.Context, names []string, yield func(cloud.Object) error) error {
	if err := b.Exchange.Objects(ctx, names, yield); err != nil {
		return err
	}
	return b.err
}

func TestExchangeThatCannotBeReadIsNoPlan(t *testing.T) {
	for name, kind := range map[string]fault.Kind{"unreachable": fault.Unreachable, "refused": fault.SignIn, "denied": fault.Denied} {
		t.Run(name, func(t *testing.T) {
			c := mailCase(t, "mail-settings")
			target := c.target()
			in := c.inputs(t, target, c.state(t), c.source(t, c.inOrder()), 1)
			in.Targets[cloud.Exchange] = broken{target.Exchange(), &fault.Error{Kind: kind, Op: "read recipients", Err: errors.New("no")}}
			var w written
			if _, err := engine.Plan(t.Context(), in, &w); fault.KindOf(err) != kind || err == nil {
				t.Errorf("error %v, want one of kind %v", err, kind)
			}
			if len(w.changes) > 0 {
				t.Errorf("%d changes were planned", len(w.changes))
			}
		})
	}
}

func TestPlanNeedsEntra(t *testing.T) {
	if _, err := engine.Plan(t.Context(), engine.Inputs{Targets: map[cloud.Directory]connector.Reader{cloud.Exchange: memory.New(cloud.Tenant{}).Exchange()}}, &written{}); err == nil {
		t.Error("a plan was made without Entra ID")
	}
}

// detailed reads what is costly later, and remembers what it was asked for.
type detailed struct {
	memory.Exchange
	ids, names *[]string
}

func (d detailed) Detail(ctx context.Context, ids, names []string, yield func(cloud.Object) error) error {
	*d.ids, *d.names = ids, names
	for _, id := range ids {
		o, err := d.Current(ctx, cloud.User, id, names)
		if err != nil {
			return err
		}
		if err := yield(o); err != nil {
			return err
		}
	}
	return nil
}

func TestCostlyPropertiesAreReadOfThoseThatNeedThem(t *testing.T) {
	c := mailCase(t, "mail-settings")
	plain := c.target()
	var want, got written
	if _, err := engine.Plan(t.Context(), c.inputs(t, plain, c.state(t), c.source(t, c.inOrder()), 1), &want); err != nil {
		t.Fatal(err)
	}
	target := c.target()
	in := c.inputs(t, target, c.state(t), c.source(t, c.inOrder()), 1)
	var ids, names []string
	in.Targets[cloud.Exchange] = detailed{target.Exchange(), &ids, &names}
	if _, err := engine.Plan(t.Context(), in, &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids, []string{"c-ann", "c-bob"}) || !slices.Equal(names, []string{"fullAccess", "imap", "pop"}) {
		t.Errorf("asked for %v of %v", names, ids)
	}
	if len(got.changes) != len(want.changes) {
		t.Errorf("%d changes with details read later, %d without", len(got.changes), len(want.changes))
	}
}

// TestDelayedTaskIsNotPlannedAgain plans a case whose mailbox has not come yet with the tasks that its changes became.
func TestDelayedTaskIsNotPlannedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		alter   func(*task.Task)
		delayed bool
	}{
		"waiting":              {func(*task.Task) {}, true},
		"suspended":            {func(k *task.Task) { k.State = task.Suspended }, true},
		"expired":              {func(k *task.Task) { k.State = task.Expired }, false},
		"with other values":    {func(k *task.Task) { k.Change.Attributes[0].After = cloud.Truth(false) }, false},
		"of an object of that": {func(k *task.Task) { k.Change.Object.ID = "c-other" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := mailCase(t, "mail-onprem")
			st := l.state(t)
			var first written
			if _, err := engine.Plan(t.Context(), l.inputs(t, l.target(), st, l.source(t, l.inOrder()), 1), &first); err != nil {
				t.Fatal(err)
			}
			for _, ch := range first.changes {
				if ch.Await != "" {
					k := task.Task{ID: "t-" + ch.ID, Change: ch, State: task.Waiting, Reason: "its mailbox is not there yet", Deadline: asOf}
					k.Change.Attributes = slices.Clone(ch.Attributes)
					c.alter(&k)
					st.tasks = append(st.tasks, k)
				}
			}
			if len(st.tasks) == 0 {
				t.Fatal("nothing awaits a mailbox")
			}
			var second written
			if _, err := engine.Plan(t.Context(), l.inputs(t, l.target(), st, l.source(t, l.inOrder()), 1), &second); err != nil {
				t.Fatal(err)
			}
			again := slices.ContainsFunc(second.changes, func(x plan.Change) bool { return x.Await != "" })
			listed := slices.ContainsFunc(second.skips, func(s plan.Skip) bool { return s.Reason == plan.Delayed })
			if again == c.delayed || listed != c.delayed {
				t.Errorf("planned again: %v, listed as delayed: %v", again, listed)
			}
		})
	}
}

func TestPrimaryAddressesAndKindsAreGuarded(t *testing.T) {
	for name, guard := range map[string]string{"mail-settings": engine.GuardPrimarySMTP, "mail-convert": engine.GuardTypeChange, "mail-leave": engine.GuardTypeChange} {
		l := mailCase(t, name)
		m, err := engine.Plan(t.Context(), l.inputs(t, l.target(), l.state(t), l.source(t, l.inOrder()), 1), &written{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(m.Guards, func(g plan.Guard) bool { return g.Name == guard })
		if m.Guards[i].Planned == 0 {
			t.Errorf("%s: %s counts nothing", name, guard)
		}
	}
}

// TestMailboxOfThePlanAndTheFingerprintGoTogether: what a plan reads of the source beyond what policies read is looked at
// again before a write.
func TestMailboxAttributesBelongToTheFingerprint(t *testing.T) {
	l := mailCase(t, "mail-onprem")
	ask := func() string {
		f, err := engine.Reconsider(l.source(t, l.inOrder()), l.policies, nil, asOf)
		if err != nil {
			t.Fatal(err)
		}
		print, err := f(t.Context(), "AAAAAAAAAAAAAAAAAAAAAQ==")
		if err != nil {
			t.Fatal(err)
		}
		return print
	}
	before := ask()
	delete(l.Source[0], "msExchMailboxGuid")
	delete(l.Source[0], "msExchRecipientTypeDetails")
	if before == ask() {
		t.Error("a mailbox that came or went leaves the fingerprint as it was")
	}
}

func TestNamesAreToldOfWhatIsCompared(t *testing.T) {
	l := mailCase(t, "mail-settings")
	in := l.inputs(t, l.target(), l.state(t), l.source(t, l.inOrder()), 1)
	told := map[directory.GUID]desired.Outlook{}
	in.Names = func(g directory.GUID, o desired.Outlook) { told[g] = o }
	if _, err := engine.Plan(t.Context(), in, &written{}); err != nil {
		t.Fatal(err)
	}
	bob := told[directory.GUID{15: 2}]
	if len(told) != 2 || !bob.Recipient || bob.Direct.Mail != "bob@x.example" {
		t.Errorf("told %+v", told)
	}
	if len(bob.Synced.Conflicts) != 1 || bob.Synced.Conflicts[0].Holder != "Ann" {
		t.Errorf("conflicts %+v, want the address that Ann holds", bob.Synced.Conflicts)
	}
}
