package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/policies"
)

// The group types of Active Directory: global security, and universal distribution.
const (
	securityGroup     = "-2147483646"
	distributionGroup = "8"
)

// migrating is an office with four mailboxes on premises, of which one has an account in the cloud that somebody made by
// hand, and three groups.
func migrating(t *testing.T) (w *office, people map[string]*entry) {
	t.Helper()
	w = newOffice(t, policies.StagedMigration(), sandbox.Options{Seed: 7, Exchange: sandbox.Exchange{MailboxLag: 40 * time.Minute}})
	people = map[string]*entry{}
	var all []*entry
	for _, name := range []string{"ann", "bob", "cid", "dora"} {
		people[name] = w.person(name)
		all = append(all, people[name])
	}
	people["staff"] = w.group("staff", distributionGroup, all...)
	people["readers"] = w.group("readers", securityGroup, people["ann"], people["bob"])
	people["readers"].set("mail").set("proxyAddresses")
	people["batch"] = w.group("Mailbox-Migration", securityGroup)
	people["batch"].set("mail").set("proxyAddresses")
	if _, err := w.tenant.AddUser(sandbox.Properties{"displayName": "dora", "userPrincipalName": "dora@contoso.example", "usageLocation": "DE"}, sandbox.Extra{}); err != nil {
		t.Fatal(err)
	}
	w.write()
	return w, people
}

// TestStagedMigration is the story of docs/staged-migration.md from end to end.
func TestStagedMigration(t *testing.T) {
	w, people := migrating(t)

	// Mailboxes on premises become mail users that route back to them.
	out := w.sync(0)
	w.has(out, "create mailUser", "kind-change")
	first := w.state()
	for _, name := range []string{"ann", "bob", "cid"} {
		got := first.of(t, name)
		if got.Kind != "MailUser" || got.External != "SMTP:"+name+"@contoso.example" || got.Settings["UseMapiRichTextFormat"] != "Never" ||
			got.ExchangeGUID != guidOfName("mailbox of "+name).String() {
			t.Errorf("%s is %+v", name, got)
		}
	}
	staff := []string{"ann", "bob", "cid"}
	if d := cmp.Diff(staff, first.members(t, "staff")); d != "" {
		t.Errorf("members of staff (-want +got)\n%s", d)
	}
	w.settled()
	w.has(w.must(0, "migration-batch", "--out", w.path("batch.csv")), "The policies want no mailbox moved")

	// A batch is chosen: licences, and settings that wait. What would get a second mailbox gets no licence.
	people["batch"].join(people["ann"], people["bob"], people["dora"])
	w.advance(time.Hour)
	w.write()
	out = w.sync(0)
	w.has(out, "second-mailbox", "wait as tasks")
	second := w.state()
	for name, want := range map[string]int{"ann": 1, "bob": 1, "cid": 0, "dora": 0} {
		if got := second.licensed(t, name); got != want {
			t.Errorf("%s has %d licences, want %d", name, got, want)
		}
	}
	if kind := second.of(t, "ann").Kind; kind != "MailUser" {
		t.Errorf("the licence made ann a %s", kind)
	}
	w.has(w.must(0, "tasks", "list"), "ann@contoso.example: update archive", "bob@contoso.example: update imap, pop")

	// Exchange gets the batch.
	out = w.must(7, "migration-batch", "--out", w.path("batch.csv"))
	w.has(out, "2 mailboxes can move", "Left out", "dora <dora@contoso.example>: Exchange Online does not know it as a mail user")
	batch, err := os.ReadFile(w.path("batch.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("EmailAddress\r\nann@contoso.example\r\nbob@contoso.example\r\n", string(batch)); d != "" {
		t.Errorf("batch (-want +got)\n%s", d)
	}
	if err := w.tenant.MoveMailboxes(bytes.NewReader(batch)); err != nil {
		t.Fatal(err)
	}

	// While the mailboxes move, tasks wait and nothing is planned twice.
	w.advance(20 * time.Minute)
	w.has(w.sync(0), "Nothing to change", "delayed-task", "4 still waiting")

	// They are there. Bob's directory entry says so already, Ann's not yet.
	w.advance(40 * time.Minute)
	bob := people["bob"].set("msExchMailboxGuid:").set("msExchRecipientTypeDetails", "128").set("targetAddress", "SMTP:bob@contoso.onmicrosoft.com")
	bob.set("proxyAddresses", "SMTP:bob@contoso.example", "smtp:bob@contoso.onmicrosoft.com")
	w.write()
	w.has(w.must(7, "migration-batch", "--out", w.path("next.csv")), "In the cloud already", "ann <ann@contoso.example>")
	w.sync(0)
	w.advance(6 * time.Hour) // no task pauses for longer
	w.sync(0)
	third := w.state()
	for _, name := range []string{"ann", "bob"} {
		got := third.of(t, name)
		if got.Kind != "UserMailbox" || got.ExchangeGUID != guidOfName("mailbox of "+name).String() || got.ArchiveGUID == "" || got.Settings["PopEnabled"] != false {
			t.Errorf("%s is %+v", name, got)
		}
		if third.id(t, name) != first.id(t, name) {
			t.Errorf("%s is another object", name)
		}
	}
	w.has(w.must(0, "tasks", "list"), "No task waits.")

	// The directory says the same of both, and they leave the batch.
	people["ann"].set("msExchRecipientTypeDetails", "2147483648").set("msExchRemoteRecipientType", "4").set("targetAddress", "SMTP:ann@contoso.mail.onmicrosoft.com")
	people["batch"].join(people["dora"])
	w.write()
	w.advance(time.Hour)
	w.sync(0)
	w.settled()
	last := w.state()
	for name, want := range map[string][]string{"staff": staff, "readers": {"ann", "bob"}} {
		if d := cmp.Diff(want, last.members(t, name)); d != "" {
			t.Errorf("members of %s (-want +got)\n%s", name, d)
		}
	}
	if n := len(last.Exchange.Gone); n != 0 {
		t.Errorf("%d mailboxes were lost", n)
	}
	if d := cmp.Diff(third.of(t, "ann"), last.of(t, "ann")); d != "" {
		t.Errorf("what the directory says afterwards changes ann (-before +after)\n%s", d)
	}
	if strings.Contains(w.must(7, "migration-batch", "--out", w.path("last.csv")), "wrote") {
		t.Error("a mailbox that moved is to move again")
	}
}
