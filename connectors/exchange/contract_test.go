package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// refused checks that a change fails with a kind.
func (r *rehearsal) refused(t *testing.T, c plan.Change, want fault.Kind) {
	t.Helper()
	c.Directory = cloud.Exchange
	_, err := r.Export(t.Context(), c, byID)
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != want {
		t.Errorf("%s: %v, want kind %v", c.Action, err, want)
	}
}

func TestAUserWithoutAMailboxIsNotReady(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	id, err := r.AddUser(sandbox.Properties{"userPrincipalName": "ada@contoso.example", "usageLocation": "DE"}, sandbox.Extra{Licences: []sandbox.Licence{{SKU: "SPE_E5"}}})
	if err != nil {
		t.Fatal(err)
	}
	hold := plan.Change{Object: plan.Object{ID: id, Type: cloud.User}, Action: plan.Update, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{set("litigationHold", cloud.Truth(true))}}
	access := plan.Change{Object: plan.Object{ID: id, Type: cloud.User}, Action: plan.Members, Facet: cloud.FacetFullAccess, Attributes: []plan.Attribute{{Name: "fullAccess", Add: []plan.Ref{{ID: id}}}}}
	protocols := plan.Change{Object: plan.Object{ID: id, Type: cloud.User}, Action: plan.Update, Facet: cloud.FacetProtocols, Attributes: []plan.Attribute{set("pop", cloud.Truth(false))}}
	for _, c := range []plan.Change{hold, access, protocols} {
		r.refused(t, c, fault.NotReady)
	}
	if _, err := r.Current(t.Context(), cloud.User, id, []string{"litigationHold"}); fault.KindOf(err) != fault.NotReady {
		t.Errorf("reading it: %v, want not ready", err)
	}
	r.clock.advance(time.Hour)
	r.tell(t, []plan.Change{{Object: hold.Object, Action: hold.Action, Directory: cloud.Exchange, Facet: hold.Facet, Attributes: hold.Attributes}})
	o, err := r.Current(t.Context(), cloud.User, id, []string{"litigationHold"})
	if err != nil || !o.Get("litigationHold").Truth() || !o.Recipient.HasMailbox() {
		t.Errorf("once the mailbox is there: %v, %v", o, err)
	}
}

func TestWhatExchangeAloneMadeIsGoneWhenItIsGone(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	for _, typ := range []cloud.Type{cloud.DistributionGroup, cloud.MailContact} {
		for _, id := range []string{someone, "exo:" + someone} {
			if _, err := r.Current(t.Context(), typ, id, nil); fault.KindOf(err) != fault.NotFound || err == nil {
				t.Errorf("%s %s: %v, want not found", typ, id, err)
			}
		}
		if _, err := r.ByAnchor(t.Context(), typ, groupAnchor); fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("%s by anchor: %v, want not found", typ, err)
		}
	}
}

func TestASynchronisedMailboxRefusesWhatItsDirectoryMasters(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7, Synced: true})
	id, err := r.AddUser(sandbox.Properties{"userPrincipalName": "ada@contoso.example", "usageLocation": "DE", "onPremisesSyncEnabled": true, "onPremisesImmutableId": userAnchor},
		sandbox.Extra{Licences: []sandbox.Licence{{SKU: "SPE_E5"}}})
	if err != nil {
		t.Fatal(err)
	}
	r.clock.advance(time.Hour)
	o := plan.Object{ID: id, Type: cloud.User}
	r.refused(t, plan.Change{Object: o, Action: plan.Update, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{set("hidden", cloud.Truth(true))}}, fault.Invalid)
	r.tell(t, []plan.Change{{Object: o, Action: plan.Update, Directory: cloud.Exchange, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{set("litigationHold", cloud.Truth(true))}}})
	got, err := r.Current(t.Context(), cloud.User, id, []string{"hidden", "litigationHold"})
	if err != nil || !got.Synced || !got.Recipient.DirSynced || got.Get("hidden").Truth() || !got.Get("litigationHold").Truth() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestChangesThatExchangeDoesNotMakeAreRefused(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	user := plan.Object{ID: someone, Type: cloud.User, Anchor: userAnchor}
	for name, c := range map[string]plan.Change{
		"a licence":                      {Object: user, Action: plan.License},
		"a user without a mailbox":       {Object: plan.Object{Type: cloud.User, Anchor: userAnchor}, Action: plan.Create},
		"a create without an anchor":     {Object: plan.Object{Type: cloud.MailContact}, Action: plan.Create},
		"a create of what has an id":     {Object: plan.Object{Type: cloud.MailContact, Anchor: groupAnchor, ID: someone}, Action: plan.Create},
		"an update without an id":        {Object: plan.Object{Type: cloud.MailContact, Anchor: groupAnchor}, Action: plan.Update},
		"a security group":               {Object: plan.Object{Type: cloud.SecurityGroup, ID: someone}, Action: plan.Update},
		"a cleared display name":         {Object: plan.Object{Type: cloud.MailContact, ID: someone}, Action: plan.Update, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{{Name: "displayName"}}},
		"a set in an update":             {Object: user, Action: plan.Update, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{{Name: "sendOnBehalf"}}},
		"an archive made to stop":        {Object: user, Action: plan.Update, Facet: cloud.FacetArchive, Attributes: []plan.Attribute{set("autoExpandingArchive", cloud.Truth(false))}},
		"a mailbox made a contact":       {Object: user, Action: plan.Update, Facet: cloud.FacetType, Attributes: []plan.Attribute{set(cloud.TypeProperty, cloud.Text("mailContact"))}},
		"a contact without an address":   {Object: plan.Object{Type: cloud.MailContact, Anchor: groupAnchor}, Action: plan.Create, Attributes: []plan.Attribute{set("displayName", cloud.Text("x"))}},
		"properties of different facets": {Object: user, Action: plan.Update, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{set("pop", cloud.Truth(true))}},
	} {
		t.Run(name, func(t *testing.T) {
			before := r.wire
			r.refused(t, c, fault.Invalid)
			if r.wire != before {
				t.Error("something was sent")
			}
		})
	}
}

func TestAReadIsWholeOrAnError(t *testing.T) {
	full := rehearse(t, sandbox.Options{Seed: 7})
	full.people(t)
	full.tell(t, lasting())
	requests := full.wire
	want := full.state(t)
	requests = full.wire - requests
	for n := 1; n <= requests; n++ {
		r := rehearse(t, sandbox.Options{Seed: 7})
		r.people(t)
		r.tell(t, lasting())
		if err := r.AddFault(sandbox.Fault{Action: sandbox.Refuse, Status: 500, From: n, Times: -1}); err != nil {
			t.Fatal(err)
		}
		err := r.Objects(t.Context(), everything(), func(cloud.Object) error { return nil })
		if err == nil {
			if r.ClearFaults(); r.state(t) != want {
				t.Errorf("a fault from request %d on: less was read", n)
			}
			continue
		}
		if fault.KindOf(err) != fault.Unreachable {
			t.Errorf("a fault from request %d on: %v, want unreachable", n, err)
		}
	}
}

func TestAnErrorOfYieldIsPassedOn(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	r.people(t)
	stop := errors.New("stop")
	if err := r.Objects(t.Context(), nil, func(cloud.Object) error { return stop }); err != stop {
		t.Errorf("objects: %v", err)
	}
	if err := r.Detail(t.Context(), []string{r.ids["ada"]}, []string{"pop"}, func(cloud.Object) error { return stop }); err != stop {
		t.Errorf("detail: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Objects(ctx, nil, func(cloud.Object) error { return nil }); err == nil {
		t.Error("a cancelled read succeeded")
	}
}

func TestOnlyWhatWasAskedForIsRead(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	r.people(t)
	r.tell(t, lasting())
	asked := []string{"hidden", "members", "primaryAddress"}
	if err := r.Objects(t.Context(), asked, func(o cloud.Object) error {
		if !slices.IsSortedFunc(o.Properties, func(a, b cloud.Set) int { return strings.Compare(a.Name, b.Name) }) {
			return fmt.Errorf("properties of %s are not sorted", o.ID)
		}
		for _, p := range o.Properties {
			if !slices.Contains(asked, p.Name) {
				return fmt.Errorf("%s of %s was not asked for", p.Name, o.ID)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestSurveyAgreesWithCurrent asks the same of every object one by one and all together.
func TestSurveyAgreesWithCurrent(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	r.people(t)
	r.tell(t, lasting())
	var questions []connector.Question
	if err := r.Objects(t.Context(), nil, func(o cloud.Object) error {
		questions = append(questions, connector.Question{Type: o.Type, ID: o.ID, Properties: everything()})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	questions = append(questions, connector.Question{Type: cloud.User, ID: someone}, connector.Question{Type: cloud.MailUser, Anchor: anchorFor(cloud.MailUser, 1)})
	equal := cmp.Comparer(func(a, b cloud.Value) bool { return a.Equal(b) })
	for i, a := range r.Survey(t.Context(), questions) {
		q := questions[i]
		var one connector.Answer
		if q.ID != "" {
			one.Object, one.Err = r.Current(t.Context(), q.Type, q.ID, q.Properties)
		} else {
			one.Object, one.Err = r.ByAnchor(t.Context(), q.Type, q.Anchor)
		}
		if d := cmp.Diff(one.Object, a.Object, equal); d != "" || fault.KindOf(one.Err) != fault.KindOf(a.Err) {
			t.Errorf("%s %s (-alone +together), errors %v and %v:\n%s", q.Type, q.ID, one.Err, a.Err, d)
		}
	}
}

// TestProbe looks at the tenant as doctor does.
func TestProbe(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	for _, f := range r.Probe(t.Context(), true) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	r = rehearse(t, sandbox.Options{Seed: 7, Apps: []sandbox.App{{ID: "50000000-0000-4000-8000-000000000001", Secret: "s", Roles: []string{"Exchange.ManageAsApp"},
		DirectoryRoles: []string{"f2ef992c-3afb-46b9-b7cf-a126ee74c451"}}}}) // Global Reader
	var bad []string
	for _, f := range r.Probe(t.Context(), true) {
		if !f.OK {
			bad = append(bad, f.Check)
			if f.Hint == "" {
				t.Errorf("%s has no way out", f.Check)
			}
		}
	}
	want := []string{"write: mailboxes", "write: permissions", "write: making and removing recipients", "write: distribution groups"}
	if d := cmp.Diff(want, bad); d != "" {
		t.Errorf("what a reader lacks (-want +got):\n%s", d)
	}
	r = rehearse(t, sandbox.Options{Seed: 7, Apps: []sandbox.App{{ID: "50000000-0000-4000-8000-000000000001", Secret: "s"}}})
	if list := r.Probe(t.Context(), false); len(list) != 3 || list[1].OK || list[2].OK {
		t.Errorf("without permissions: %+v", list)
	}
}

// TestRequestsOfAMailPlan counts what a plan of 500 objects costs: five kinds, a hundred of each, made and set, with
// members and permissions. The bound is what was measured, with a tenth on top.
func TestRequestsOfAMailPlan(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	r.people(t)
	types := []cloud.Type{cloud.MailUser, cloud.MailContact, cloud.DistributionGroup, cloud.SharedMailbox, cloud.RoomMailbox}
	changes, written := 0, 0
	before := r.wire
	do := func(c plan.Change) {
		c.Directory = cloud.Exchange
		changes++
		at := r.wire
		r.tell(t, []plan.Change{c})
		written += r.wire - at
	}
	for i := range 100 {
		for k, typ := range types {
			name := fmt.Sprintf("%s%d", strings.ToLower(string(typ)), i)
			o := plan.Object{Type: typ, Anchor: directory.Anchor(fmt.Sprintf("5f0c8f1e-0000-4000-8000-0000%04x%04x", k, i))}
			attrs := []plan.Attribute{set("displayName", cloud.Text(name)), set("mailNickname", cloud.Text(name))}
			if typ == cloud.MailUser || typ == cloud.MailContact {
				attrs = append(attrs, set("externalAddress", cloud.Text(name+"@fabrikam.example")))
			}
			if typ == cloud.MailUser {
				attrs = append(attrs, set("userPrincipalName", cloud.Text(name+"@contoso.example")))
			}
			do(plan.Change{Object: o, Action: plan.Create, Attributes: attrs})
			do(plan.Change{Object: o, Action: plan.Update, Facet: cloud.FacetRecipient, Attributes: []plan.Attribute{set("hidden", cloud.Truth(true)), set("mailTip", cloud.Text("x"))}})
			switch typ {
			case cloud.DistributionGroup:
				do(plan.Change{Object: o, Action: plan.Members, Attributes: []plan.Attribute{{Name: "members", Add: refs("ada", "bob")}}})
			case cloud.SharedMailbox:
				do(plan.Change{Object: o, Action: plan.Members, Facet: cloud.FacetFullAccess, Attributes: []plan.Attribute{{Name: "fullAccess", Add: refs("ada", "bob")}}})
				do(plan.Change{Object: o, Action: plan.Update, Facet: cloud.FacetProtocols, Attributes: []plan.Attribute{set("pop", cloud.Truth(false))}})
			}
		}
	}
	exported := r.wire - before
	before = r.wire
	if err := r.Objects(t.Context(), everything(), func(cloud.Object) error { return nil }); err != nil {
		t.Fatal(err)
	}
	read := r.wire - before
	before = r.wire
	var ids []string
	for _, id := range r.ids {
		ids = append(ids, id)
	}
	if err := r.Detail(t.Context(), ids, []string{"pop", "fullAccess", "sendAs", "autoAccept"}, func(cloud.Object) error { return nil }); err != nil {
		t.Fatal(err)
	}
	t.Logf("500 objects, %d changes: %d requests to write, %d to read all, %d for details of all", changes, exported, read, r.wire-before)
	if exported > 1540 || read > 20 || r.wire-before > 111 {
		t.Errorf("more requests than there were: %d to write, %d to read, %d for details", exported, read, r.wire-before)
	}
}
