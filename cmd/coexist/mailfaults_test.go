package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
)

// mailPolicies decide about everything that Exchange Online keeps: recipients of each kind, their settings, permissions
// and members. employeeType says what a user object becomes.
func mailPolicies() fs.FS {
	return fstest.MapFS{"mail.yaml": {Mode: 0o600, Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: mail, owner: mail@contoso.example}
bundles: {standard: {sku: SPE_E3}}
decisions:
  cloudType:
    rules:
      - {id: type-contact, when: object.class == "contact", then: mailContact}
      - {id: type-list, when: object.class == "group", then: distributionGroup}
      - {id: type-shared, when: user.employeeType == "Shared", then: sharedMailbox}
      - {id: type-room, when: user.employeeType == "Room", then: roomMailbox}
      - {id: type-mailuser, when: user.employeeType == "MailUser", then: mailUser}
    default: {id: type-user, then: user}
  usageLocation:
    default: {id: location, then: DE}
  licenses:
    when: decided("cloudType") == "user"
    default: {id: licensed, then: [standard]}
  account:
    when: decided("cloudType") in ["user", "mailUser"]
    default: {id: account, then: {enabled: true}}
  attributes:
    rules:
      - {id: of-user, when: object.class == "user", thenExpr: {userPrincipalName: user.userPrincipalName, department: user.department}}
      - {id: of-group, when: object.class == "group", thenExpr: {members: group.member, description: group.description}}
      - {id: of-contact, when: object.class == "contact", thenExpr: {jobTitle: contact.title}}
    default: {id: names, thenExpr: {displayName: object.displayName, mailNickname: object.mailNickname}}
  mail:
    rules:
      - {id: mail-shared, when: decided("cloudType") == "sharedMailbox", thenExpr: {fullAccess: user.msExchDelegateListLink, sendAs: user.msExchDelegateListLink, sendOnBehalf: user.publicDelegates, quotaWarnMB: 1800, quotaSendMB: 2048, mailTip: '"We answer within a day."', imap: 'false'}}
      - {id: mail-room, when: decided("cloudType") == "roomMailbox", then: {autoAccept: true, capacity: 12, bookingWindowDays: 90}}
      - {id: mail-user, when: decided("cloudType") == "user", then: {archive: true, litigationHold: true, pop: false, imap: false}}
      - {id: mail-outside, when: 'decided("cloudType") in ["mailUser", "mailContact"]', thenExpr: {externalAddress: object.mail, richText: '"never"', hidden: 'true'}}
      - {id: mail-list, when: decided("cloudType") == "distributionGroup", then: {requireSenderAuth: false, moderated: false, mailTip: A list.}}
    default: {id: addresses, thenExpr: {primaryAddress: primarySMTP(), addresses: 'filter(object.proxyAddresses, exact(# startsWith "smtp:"))'}}
  leave:
    default: {id: leave, then: keep}
`)}}
}

// post fills an office with so many of each kind: licensed users, shared mailboxes to which they have access, rooms, mail
// users, contacts, and lists of all of them but the rooms.
func (w *office) post(users, shared, rooms, outside, contacts, lists int) {
	w.Helper()
	one := func(name, kind string) *entry {
		e := w.person(name).set("msExchMailboxGuid:").set("msExchRecipientTypeDetails").set("msExchRecipientDisplayType").set("employeeType", kind)
		return e.set("proxyAddresses", "SMTP:"+name+"@contoso.example", "smtp:"+name+".two@contoso.example")
	}
	var people, all []*entry
	for i := range users {
		people = append(people, one(fmt.Sprintf("user%d", i), "Staff"))
	}
	all = append(all, people...)
	for i := range shared {
		e := one(fmt.Sprintf("shared%d", i), "Shared")
		if users > 0 {
			e.set("msExchDelegateListLink", people[i%users].dn(), people[(i+1)%users].dn()).set("publicDelegates", people[i%users].dn())
		}
		all = append(all, e)
	}
	for i := range rooms {
		one(fmt.Sprintf("room%d", i), "Room")
	}
	for i := range outside {
		name := fmt.Sprintf("outside%d", i)
		e := one(name, "MailUser").set("mail", name+"@fabrikam.example")
		all = append(all, e)
	}
	for i := range contacts {
		name := fmt.Sprintf("contact%d", i)
		e := w.add(name, "contact").set("title", "Buyer").set("mail", name+"@fabrikam.example").set("sAMAccountName").set("proxyAddresses", "SMTP:"+name+"@fabrikam.example")
		all = append(all, e)
	}
	for i := range lists {
		var members []*entry
		for k := range min(10, len(all)) {
			members = append(members, all[(i*7+k)%len(all)])
		}
		w.group(fmt.Sprintf("list%d", i), distributionGroup, members...)
	}
	w.write()
}

// shape gives what a tenant holds without what differs between two runs that come to the same: ids, times, and the order
// of sets.
func (w *office) shape() []string {
	w.Helper()
	s := w.state()
	names, out := map[string]string{}, []string{}
	for _, o := range s.Objects {
		names[o.ID], _ = o.Properties["displayName"].(string)
	}
	named := func(v any) string {
		text := fmt.Sprint(v)
		for id, name := range names {
			text = strings.ReplaceAll(text, id, name)
		}
		return text
	}
	for _, o := range s.Objects {
		line := fmt.Sprintf("%s %s deleted=%t licences=%d", o.Type, names[o.ID], o.Deleted != nil, len(o.Licences))
		for _, k := range slices.Sorted(maps.Keys(o.Properties)) {
			if !slices.Contains([]string{"createdDateTime", "passwordProfile", "id", "securityIdentifier", "lastPasswordChangeDateTime", "refreshTokensValidFromDateTime",
				"signInSessionsValidFromDateTime", "renewedDateTime", "mailNickname"}, k) {
				line += fmt.Sprintf(" %s=%s", k, sorted(o.Properties[k]))
			}
		}
		out = append(out, line+" members="+fmt.Sprint(s.members(w.T, names[o.ID])))
	}
	for _, r := range s.Exchange.Recipients {
		line := fmt.Sprintf("recipient %s %s %s archive=%t", names[r.ID], r.Kind, r.External, r.ArchiveGUID != "")
		for _, k := range slices.Sorted(maps.Keys(r.Settings)) {
			if k != "LitigationHoldDate" && k != "LitigationHoldOwner" && (k != "AutomateProcessing" || r.Settings[k] != "AutoAccept") { // as rooms do anyway
				line += fmt.Sprintf(" %s=%s", k, named(sorted(r.Settings[k])))
			}
		}
		slices.Sort(r.SendAs)
		var access []string
		for _, a := range r.Access {
			access = append(access, fmt.Sprint(named(a.User), a.Rights, a.AutoMap))
		}
		slices.Sort(access)
		out = append(out, fmt.Sprint(line, " sendAs=", sorted(strings.Fields(named(strings.Join(r.SendAs, " ")))), " access=", access))
	}
	slices.Sort(out)
	return append(out, fmt.Sprintf("%d mailboxes were lost", len(s.Exchange.Gone)))
}

// sorted writes a value, and a list in order.
func sorted(v any) string {
	var list []string
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			list = append(list, fmt.Sprint(e))
		}
	case []string:
		list = slices.Clone(x)
	default:
		return fmt.Sprint(v)
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

// mailStory brings an office into step, in two syncs: once everything is made, and once the mailboxes of licences are there.
func (w *office) mailStory(tell func(code int, out string)) {
	w.Helper()
	for range 2 {
		code, out, errs := w.coexist("sync", "--out", w.path("coexist.plan"))
		tell(code, out+errs)
		w.advance(7 * time.Hour)
	}
}

// mailOffice is a small office with one or two of each.
func mailOffice(t *testing.T) *office {
	t.Helper()
	w := newOffice(t, mailPolicies(), sandbox.Options{Seed: 7})
	w.post(2, 1, 1, 1, 1, 1)
	return w
}

// waiting gives the ids of the tasks that wait.
func (w *office) waiting() (ids []string) {
	w.Helper()
	var list struct{ Tasks []struct{ ID string } }
	if err := json.Unmarshal([]byte(w.must(0, "tasks", "list", "--output", "json")), &list); err != nil {
		w.Fatal(err)
	}
	for _, t := range list.Tasks {
		ids = append(ids, t.ID)
	}
	return ids
}

// exchangeRequests counts the requests to Exchange Online so far, items of batches each, as faults count them.
func (w *office) exchangeRequests() (n int) {
	entries, _ := w.tenant.Log()
	for _, e := range entries {
		if strings.HasPrefix(e.Path, "/adminapi/") {
			n++
		}
	}
	return n
}

// TestExchangeFaultsLoseAndDoubleNothing lets every fault strike at the requests to Exchange Online that two syncs send: at
// every 29th, from another one for each fault, and with COEXIST_EVERY_REQUEST=1 at every one. Whatever breaks, the next
// syncs bring the tenant to where it would be without, and no further.
func TestExchangeFaultsLoseAndDoubleNothing(t *testing.T) {
	calm := mailOffice(t)
	calm.mailStory(func(code int, out string) {
		if code != 0 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
	})
	requests := calm.exchangeRequests()
	calm.sync(0)
	calm.settled()
	want := calm.shape()
	t.Logf("%d requests to Exchange Online", requests)
	faults := map[string]sandbox.Fault{
		"throttled":              {Action: sandbox.Refuse, Status: 429, RetryAfter: "2.128"},
		"too many at once":       {Action: sandbox.Refuse, Status: 429, Code: "TooManyConcurrentRequests"},
		"unavailable":            {Action: sandbox.Refuse, Status: 503},
		"unavailable for long":   {Action: sandbox.Refuse, Status: 503, Times: 40},
		"gateway after a write":  {Action: sandbox.Refuse, Status: 504, AfterWrite: true},
		"error after a write":    {Action: sandbox.Refuse, Status: 500, AfterWrite: true},
		"server busy":            {Action: sandbox.Refuse, Status: 400, Code: "ServerBusyException"},
		"no write to Entra ID":   {Action: sandbox.Refuse, Status: 400, Code: "UnableToWriteToAadException"},
		"backend after a write":  {Action: sandbox.Refuse, Status: 400, Code: "BackendCommunicationException", AfterWrite: true},
		"no permission":          {Action: sandbox.Refuse, Status: 403},
		"reset":                  {Action: sandbox.Reset},
		"reset after a write":    {Action: sandbox.Reset, AfterWrite: true},
		"half an answer":         {Action: sandbox.Truncate},
		"a gateway's page":       {Action: sandbox.HTML},
		"token expired":          {Action: sandbox.Expired},
		"token expired, claims":  {Action: sandbox.Expired, Claims: true},
		"item lost from a batch": {Action: sandbox.Lost},
		"not visible yet":        {Action: sandbox.Lag, Requests: 3},
	}
	for i, name := range slices.Sorted(maps.Keys(faults)) {
		step := 29
		switch {
		case os.Getenv("COEXIST_EVERY_REQUEST") == "1":
			step = 1
		case testing.Short():
			step = 67
		}
		t.Run(name, func(t *testing.T) {
			for n := 1 + i%step; n <= requests; n += step {
				w := mailOffice(t)
				f := faults[name]
				f.From, f.Path = n, "^/adminapi/"
				if err := w.tenant.AddFault(f); err != nil {
					t.Fatal(err)
				}
				var said []string
				tell := func(code int, out string) { said = append(said, fmt.Sprintf("exit code %d\n%s", code, out)) }
				w.mailStory(tell)
				w.tenant.ClearFaults()
				for range 4 { // until nothing is left
					if code, _, _ := w.coexist("plan", "--out", w.path("again.plan"), "--detailed-exitcode"); code == 0 && len(w.waiting()) == 0 {
						break
					}
					w.mailStory(tell)
				}
				if d := cmp.Diff(want, w.shape()); d != "" {
					t.Fatalf("at request %d (-want +got):\n%s\n%s", n, d, strings.Join(said, "\n---\n"))
				}
			}
		})
	}
}
