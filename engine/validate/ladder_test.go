package validate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/validate"
)

// known are facts of a tenant that was read whole, and reports nothing.
func known() validate.Facts {
	return validate.Facts{ProvisioningErrors: []validate.ProvisioningError{}, ServiceErrors: []validate.ServiceError{}, Mailboxes: []validate.Mailbox{}}
}

// ready is ann in the cloud, licensed, and known to Exchange as details say.
func ready(details string) cloud.Object {
	yes := true
	o := linkedTo(person("c", "ann@x.example"), 1)
	o.Put("mailNickname", cloud.Text("ann"))
	o.Put("usageLocation", cloud.Text("DE"))
	o.Put("licenses", cloud.Licenses([]cloud.License{{SKU: "e3"}}))
	o.Recipient = &cloud.Recipient{Details: details, Licensed: &yes, GUID: "r"}
	return o
}

func TestTheFirstBrokenRungIsTheHeadline(t *testing.T) {
	ann := user("ann", "mailNickname=ann")
	policy := decided("ann", cloud.User, license("e3"), location("DE"), property("mailNickname", "ann"), property("userPrincipalName", "ann@x.example"))
	without := func(names ...string) cloud.Object {
		return with(ready("MailUser"), func(o *cloud.Object) {
			for _, n := range names {
				o.Put(n, cloud.Value{})
			}
		})
	}
	said := func(change func(*validate.Facts)) validate.Facts { f := known(); change(&f); return f }
	lost := func(inactive bool) cloud.Object {
		o := cloud.Object{ID: "m", Type: cloud.User, Mail: "ann@x.example", Recipient: &cloud.Recipient{ExchangeGUID: "0f0f", SoftDeleted: !inactive, Inactive: inactive}}
		o.Put("displayName", cloud.Text("Ann (former)"))
		return o
	}
	for name, c := range map[string]struct {
		parts []any
		rung  string // "" for none
		says  string // in its evidence, next step or commands
	}{
		"mailbox there":       {s(ann, policy, ready("UserMailbox"), known()), "", ""},
		"no policy wants it":  {s(ann, decided("ann", cloud.None), known(), emptyTenant{}), "scope", "a policy decides none"},
		"decided a mail user": {s(ann, decided("ann", cloud.MailUser), known(), emptyTenant{}), "scope", "mailUser"},
		"decision failed":     {s(ann, decided("ann", ""), known(), emptyTenant{}), "scope", "coexist explain"},
		"not in Entra":        {s(ann, policy, emptyTenant{}, known()), "exists", "coexist plan"},
		"former one deleted":  {s(ann, policy, with(person("c", "ann@x.example", "SMTP:ann@x.example"), func(o *cloud.Object) { o.Deleted = true }), known()), "exists", "restore"},
		"administrator":       {s(ann, policy, with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Admin = true }), known()), "exists", ""},
		"no usage location":   {s(ann, policy, without("usageLocation"), known()), "status", "the policies decide DE"},
		"other name":          {s(ann, policy, with(ready("MailUser"), func(o *cloud.Object) { o.Put("userPrincipalName", cloud.Text("ann1@x.example")) }), known()), "names", "ann1@x.example"},
		"no nickname":         {s(ann, policy, without("mailNickname"), known()), "names", "(none) in the cloud"},
		"provisioning error": {s(ann, policy, ready("MailUser"), said(func(f *validate.Facts) {
			f.ProvisioningErrors = []validate.ProvisioningError{{ID: "c", Category: "PropertyConflict", Property: "ProxyAddresses", Value: "SMTP:a@x.example"}}
		})), "provisioning", "PropertyConflict"},
		"guest in the way": {s(ann, policy, ready("MailUser"), with(person("g", "g@far.example", "SMTP:ann@x.example"), func(o *cloud.Object) { o.Type = cloud.Guest }), known()), "conflict", "guest"},
		"no licence":       {s(ann, policy, without("licenses"), known()), "licence", "no licence"},
		"plan switched off": {s(ann, policy, with(ready("MailUser"), func(o *cloud.Object) {
			o.Put("licenses", cloud.Licenses([]cloud.License{{SKU: "e3", DisabledPlans: []string{"plan-EXCHANGE_S_ENTERPRISE"}}}))
		}), known()), "licence", "EXCHANGE_S_ENTERPRISE switched off"},
		"unknown to Exchange":  {s(ann, policy, with(ready(""), func(o *cloud.Object) { o.Recipient = nil }), known()), "exchange", "no recipient"},
		"licence unseen":       {s(ann, policy, with(ready("MailUser"), func(o *cloud.Object) { no := false; o.Recipient.Licensed = &no }), known()), "exchange", "SKUAssigned false"},
		"mailbox on premises":  {s(user("ann", "mailNickname=ann", mailboxGUID), policy, ready("MailUser"), known()), "mailbox-guid", "msExchMailboxGuid"},
		"GUID of a mail user":  {s(user("ann", "mailNickname=ann"), policy, with(ready("MailUser"), func(o *cloud.Object) { o.Recipient.ExchangeGUID = "aaaa" }), known()), "mailbox-guid", "Set-MailUser"},
		"soft-deleted mailbox": {s(user("ann", "mailNickname=ann"), policy, ready("MailUser"), lost(false), known()), "lost", "New-MailboxRestoreRequest -SourceMailbox 0f0f -TargetMailbox c"},
		"inactive mailbox":     {s(user("ann", "mailNickname=ann"), policy, ready("MailUser"), lost(true), known()), "lost", "-InactiveMailboxOnly"},
		"service error": {s(user("ann", "mailNickname=ann"), policy, ready("MailUser"), said(func(f *validate.Facts) {
			f.ServiceErrors = []validate.ServiceError{{ID: "c", Service: "exchange/x", Detail: "<Error/>"}}
		})), "service", "/users/c/retryServiceProvisioning"},
		"stuck without errors": {s(user("ann", "mailNickname=ann"), policy, ready("MailUser"), known()), "service", "/users/c/retryServiceProvisioning"},
	} {
		t.Run(name, func(t *testing.T) {
			l := validate.Diagnose(scene(t, c.parts...), 0, validate.Circumstances{Tenant: "t"})
			if c.rung == "" {
				if l.Headline >= 0 || !l.Mailbox {
					t.Errorf("headline %d, mailbox %v: %+v", l.Headline, l.Mailbox, l.Rungs)
				}
				return
			}
			if l.Headline < 0 {
				t.Fatalf("nothing is broken: %+v", l.Rungs)
			}
			g := l.Rungs[l.Headline]
			all := strings.Join(slices.Concat(g.Evidence, []string{g.Next}, g.Commands), "\n")
			if g.ID != c.rung || !strings.Contains(all, c.says) {
				t.Errorf("headline %s, want %s with %q:\n%s", g.ID, c.rung, c.says, all)
			}
		})
	}
}

// What looks like a break and is none, or is another one than it looks.
func TestTheHeadlineIsTheCause(t *testing.T) {
	ann := user("ann", "mailNickname=ann")
	at := time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC)
	policy := decided("ann", cloud.User, license("e3"), location("DE"), property("mailNickname", "ann"), property("userPrincipalName", "ann@x.example"))
	given := func(age time.Duration, done bool) validate.Circumstances {
		return validate.Circumstances{Tried: []validate.Attempt{{At: at.Add(-age), Action: plan.License, Done: done}, {At: at.Add(-age), Action: plan.Update, Done: true}}}
	}
	bare := with(ready("MailUser"), func(o *cloud.Object) {
		no := false
		o.Put("licenses", cloud.Value{})
		o.Recipient.Licensed = &no
	})
	twin := with(person("d", "old@x.example", "SMTP:ann@x.example"), func(o *cloud.Object) { o.Deleted = true })
	former := cloud.Object{ID: "m", Type: cloud.User, Mail: "ann@x.example", Recipient: &cloud.Recipient{ExchangeGUID: "0f0f", SoftDeleted: true}}
	for name, c := range map[string]struct {
		parts []any
		known validate.Circumstances
		rung  string // "" for none
		says  string // in its next step, or without one in the evidence of the last rung
	}{
		"outside the pilot":             {s(ann, policy, ready("MailUser"), known()), validate.Circumstances{Outside: "it is not in the pilot group"}, "scope", "member of the pilot group"},
		"licence of an hour ago":        {s(ann, policy, ready("MailUser"), known()), given(time.Hour, true), "", "Exchange Online may take a day"},
		"licence of the day before":     {s(ann, policy, ready("MailUser"), known()), given(25*time.Hour, true), "service", "ask the service to try again"},
		"licence that failed":           {s(ann, policy, ready("MailUser"), known()), given(time.Hour, false), "service", "ask the service to try again"},
		"deleted holder of its address": {s(ann, policy, bare, twin, known()), validate.Circumstances{}, "licence", "coexist plan and apply assign it"},
		"mailbox to restore first":      {s(ann, policy, bare, former, known()), validate.Circumstances{}, "licence", "first the deleted mailbox below"},
		"name not yet written": {s(ann, policy, with(ready("MailUser"), func(o *cloud.Object) { o.Put("userPrincipalName", cloud.Text("ann@t.onmicrosoft.com")) }), known()),
			validate.Circumstances{}, "names", "coexist plan and apply write it"},
		"administrator": {s(ann, policy, with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Admin = true }), known()), validate.Circumstances{}, "exists", "take the role away"},
		"guest":         {s(ann, policy, with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Type = cloud.Guest }), known()), validate.Circumstances{}, "exists", "convert the guest"},
	} {
		t.Run(name, func(t *testing.T) {
			in := scene(t, c.parts...)
			in.AsOf = at
			l := validate.Diagnose(in, 0, c.known)
			if c.rung == "" {
				last := l.Rungs[len(l.Rungs)-1]
				if l.Headline >= 0 || l.Mailbox || !strings.Contains(strings.Join(last.Evidence, "\n"), c.says) {
					t.Errorf("headline %d, want none with %q: %+v", l.Headline, c.says, last)
				}
				return
			}
			if l.Headline < 0 {
				t.Fatalf("nothing is broken: %+v", l.Rungs)
			}
			if g := l.Rungs[l.Headline]; g.ID != c.rung || !strings.Contains(g.Next, c.says) {
				t.Errorf("headline %s, want %s with %q: %+v", g.ID, c.rung, c.says, g)
			}
		})
	}
}

func TestOfflineTheLadderSaysWhatItCannotSee(t *testing.T) {
	in := scene(t, user("ann", "mailNickname=ann", mailboxGUID), decided("ann", cloud.User, license("e3")))
	got := map[string]validate.Result{}
	for _, g := range validate.Diagnose(in, 0, validate.Circumstances{Tenant: "t"}).Rungs {
		got[g.ID] = g.Result
		if g.Result == validate.Unknown && (len(g.Evidence) == 0 || g.Next == "") {
			t.Errorf("%s is unknown and does not say why and what next", g.ID)
		}
	}
	u := validate.Unknown
	want := map[string]validate.Result{"scope": validate.Sound, "exists": u, "status": u, "names": u, "provisioning": u, "conflict": u, "licence": u, "exchange": u,
		"mailbox-guid": validate.Broken, "lost": u, "service": u}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithoutExchangeItsRungsAreUnknown(t *testing.T) {
	f := known()
	f.Mailboxes = nil
	o := ready("MailUser")
	o.Recipient = nil
	l := validate.Diagnose(scene(t, user("ann", "mailNickname=ann"), decided("ann", cloud.User, license("e3")), o, f), 0, validate.Circumstances{Tenant: "t"})
	for _, g := range l.Rungs {
		if (g.ID == "exchange" || g.ID == "lost") && (g.Result != validate.Unknown || len(g.Commands) == 0) {
			t.Errorf("%s: %+v", g.ID, g)
		}
	}
	if l.Headline >= 0 {
		t.Errorf("headline %+v, which nobody knows", l.Rungs[l.Headline])
	}
}

func TestTicketHoldsWhatSupportAsksFor(t *testing.T) {
	f := known()
	f.ServiceErrors = []validate.ServiceError{{ID: "c", Service: "exchange/x", Detail: "<Error/>"}, {ID: "other", Service: "y", Detail: "z"}}
	at := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	tried := []validate.Attempt{{At: at, What: "license in Entra ID", State: "done", RequestID: "r1"}, {At: at, What: "update", State: "failed", RequestID: "r1"}, {At: at, What: "update", State: "done", RequestID: "r2"}}
	l := validate.Diagnose(scene(t, user("ann", "mailNickname=ann"), decided("ann", cloud.User, license("e3")), ready("MailUser"), f), 0, validate.Circumstances{Tenant: "tenant", Tried: tried})
	k := l.Ticket
	if k.Tenant != "tenant" || k.TenantName != "X" || k.ObjectID != "c" || k.UPN != "ann@x.example" || k.Anchor != string(anchor(1)) || len(k.Tried) != 3 || len(k.Checked) != len(l.Rungs) {
		t.Errorf("%+v", k)
	}
	if diff := cmp.Diff([]string{"exchange/x: <Error/>"}, k.Errors); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"r1", "r2"}, k.RequestIDs); diff != "" {
		t.Errorf("request ids (-want +got):\n%s", diff)
	}
}
