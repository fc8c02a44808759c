package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/golden"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

func (c *clock) sleep(ctx context.Context, d time.Duration) error { c.advance(d); return ctx.Err() }

// rehearsal is a sandbox tenant without a network in between.
type rehearsal struct {
	*sandbox.Tenant
	*exchange.Connector
	clock *clock
	wire  int                         // requests sent
	ids   map[directory.Anchor]string // of what was made
}

// GetToken implements azcore.TokenCredential.
func (r *rehearsal) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	s, err := r.ExchangeToken(r.Apps()[0].ID)
	return azcore.AccessToken{Token: s, ExpiresOn: r.clock.now().Add(time.Hour)}, err
}

// RoundTrip counts requests. A connection that breaks is an error, as over a network.
func (r *rehearsal) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	r.wire++
	return r.Transport().RoundTrip(req)
}

func rehearse(t testing.TB, o sandbox.Options) *rehearsal {
	t.Helper()
	r := &rehearsal{clock: &clock{t: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}, ids: map[directory.Anchor]string{}}
	o.Clock = r.clock.now
	r.Tenant = sandbox.New(o)
	x, err := exchange.New(exchange.Config{BaseURL: "https://outlook.office365.com", TenantID: r.ID(), Credential: r, Transport: r, Parallel: 1,
		Now: r.clock.now, Sleep: r.clock.sleep, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	r.Connector = x
	return r
}

func (r *rehearsal) ID() string { return r.Tenant.ID() }

// mailboxUser puts a user with a mailbox into the tenant.
func (r *rehearsal) mailboxUser(t testing.TB, name string) string {
	t.Helper()
	id, err := r.AddUser(sandbox.Properties{"userPrincipalName": name + "@contoso.example", "displayName": name, "usageLocation": "DE"},
		sandbox.Extra{Licences: []sandbox.Licence{{SKU: "SPE_E5"}}})
	if err != nil {
		t.Fatal(err)
	}
	r.ids[directory.Anchor(name)] = id
	return id
}

// carry does what apply does with one change: an outcome that is not known is looked up before a create is repeated, and
// what is not ready is asked again later.
func (r *rehearsal) carry(ctx context.Context, c plan.Change) error {
	if c.Action != plan.Create && c.Object.ID == "" {
		c.Object.ID = r.ids[c.Object.Anchor]
	}
	resolve := func(ref plan.Ref) (string, bool) { id, ok := r.ids[ref.Anchor]; return id, ok }
	var err error
	for range 30 {
		var id string
		if id, err = r.Export(ctx, c, resolve); err == nil {
			r.ids[c.Object.Anchor] = id
			return nil
		}
		switch fault.KindOf(err) {
		case fault.Unknown:
			if c.Action == plan.Create {
				if o, found := r.find(ctx, c); found == nil {
					r.ids[c.Object.Anchor] = o.ID
					return nil
				} else if fault.KindOf(found) != fault.NotFound {
					return found
				}
			}
		case fault.NotReady, fault.Transient, fault.Throttled:
		default:
			return err
		}
		r.clock.advance(30 * time.Second)
	}
	return err
}

func (r *rehearsal) find(ctx context.Context, c plan.Change) (o cloud.Object, err error) {
	for range 30 {
		o, err = r.ByAnchor(ctx, c.Object.Type, c.Object.Anchor)
		if k := fault.KindOf(err); err == nil || k != fault.NotReady && k != fault.Transient && k != fault.Throttled {
			return o, err
		}
		r.clock.advance(30 * time.Second)
	}
	return o, err
}

func anchorFor(t cloud.Type, n int) directory.Anchor {
	g := directory.GUID{0: byte(n), 7: 0x40, 8: 0x80, 15: 0x2b}
	kind := directory.Group
	if t.IsUser() {
		kind = directory.User
	}
	a, err := directory.AnchorOf(kind, g, "")
	if err != nil {
		panic(err) // the GUID is not zero
	}
	return a
}

func refs(names ...directory.Anchor) []plan.Ref {
	var out []plan.Ref
	for _, n := range names {
		out = append(out, plan.Ref{Anchor: n, Name: string(n)})
	}
	return out
}

// story is a plan of some forty changes: every kind of object is made, set, given members and permissions; some go again.
func story() (list []plan.Change) {
	objects := map[cloud.Type]plan.Object{}
	add := func(o plan.Object, a plan.Action, f cloud.Facet, attrs ...plan.Attribute) {
		list = append(list, plan.Change{ID: fmt.Sprint(len(list)), Object: o, Action: a, Directory: cloud.Exchange, Facet: f, Attributes: attrs})
	}
	for i, t := range []cloud.Type{cloud.MailUser, cloud.MailContact, cloud.DistributionGroup, cloud.MailEnabledSecurityGroup, cloud.RoomList,
		cloud.SharedMailbox, cloud.RoomMailbox, cloud.EquipmentMailbox} {
		o := plan.Object{Anchor: anchorFor(t, i+1), Type: t, Name: string(t)}
		objects[t] = o
		name := strings.ToLower(string(t))
		attrs := []plan.Attribute{set("displayName", cloud.Text("The "+string(t))), set("mailNickname", cloud.Text(name))}
		switch {
		case t == cloud.MailUser:
			attrs = append(attrs, set("externalAddress", cloud.Text(name+"@fabrikam.example")), set("userPrincipalName", cloud.Text(name+"@contoso.example")))
		case t == cloud.MailContact:
			attrs = append(attrs, set("externalAddress", cloud.Text(name+"@fabrikam.example")), set("givenName", cloud.Text("Con")))
		default:
			attrs = append(attrs, set("primaryAddress", cloud.Text(name+"@contoso.example")))
		}
		add(o, plan.Create, "", attrs...)
	}
	yes, no := cloud.Truth(true), cloud.Truth(false)
	ada := plan.Object{Anchor: "ada", Type: cloud.User, Name: "ada"}
	group, shared, room := objects[cloud.DistributionGroup], objects[cloud.SharedMailbox], objects[cloud.RoomMailbox]
	contact, mailUser := objects[cloud.MailContact], objects[cloud.MailUser]
	add(mailUser, plan.Update, cloud.FacetRecipient, set("richText", cloud.Text("never")), set("hidden", yes), set("exchangeGuid", cloud.Text("12345678-0000-4000-8000-000000000001")))
	add(contact, plan.Update, cloud.FacetRecipient, set("richText", cloud.Text("never")), set("extensionAttribute3", cloud.Text("three")), set("addresses", cloud.Texts([]string{"smtp:con@contoso.example"})))
	add(contact, plan.Update, cloud.FacetPerson, set("jobTitle", cloud.Text("Buyer")), set("mobilePhone", cloud.Text("+49 1")), set("department", cloud.Text("Purchase")))
	add(contact, plan.Refer, cloud.FacetPerson, plan.Attribute{Name: "manager", Add: refs("ada")})
	add(group, plan.Update, cloud.FacetRecipient, set("requireSenderAuth", no), set("mailTip", cloud.Text("Big & slow")), set("description", cloud.Text("People")), set("hidden", yes))
	add(group, plan.Update, cloud.FacetRecipient, plan.Attribute{Name: "primaryAddress", Before: cloud.Text("distributiongroup@contoso.example"), After: cloud.Text("lists@contoso.example")})
	add(group, plan.Members, "", plan.Attribute{Name: "members", Add: refs("ada", "bob", mailUser.Anchor, contact.Anchor)})
	add(group, plan.Members, "", plan.Attribute{Name: "members", Remove: refs("bob"), Add: refs("ada")})
	add(group, plan.Members, cloud.FacetRecipient, plan.Attribute{Name: "owners", Add: refs("ada")})
	add(group, plan.Members, cloud.FacetRecipient, plan.Attribute{Name: "moderators", Add: refs("ada", "bob")})
	add(group, plan.Members, cloud.FacetRecipient, plan.Attribute{Name: "acceptFrom", Add: refs("ada", objects[cloud.MailEnabledSecurityGroup].Anchor)})
	add(group, plan.Members, cloud.FacetRecipient, plan.Attribute{Name: "rejectFrom", Add: refs("bob")})
	add(objects[cloud.MailEnabledSecurityGroup], plan.Members, "", plan.Attribute{Name: "members", Add: refs("ada", "bob")})
	add(objects[cloud.RoomList], plan.Members, "", plan.Attribute{Name: "members", Add: refs(room.Anchor)})
	add(shared, plan.Members, cloud.FacetFullAccess, plan.Attribute{Name: "fullAccess", Add: refs("ada", objects[cloud.MailEnabledSecurityGroup].Anchor)})
	add(shared, plan.Members, cloud.FacetFullAccess, plan.Attribute{Name: "fullAccessNoAutomap", Add: refs("bob")})
	add(shared, plan.Members, cloud.FacetFullAccess, plan.Attribute{Name: "fullAccess", Remove: refs("ada")})
	add(shared, plan.Members, cloud.FacetSendAs, plan.Attribute{Name: "sendAs", Add: refs("ada", "bob")})
	add(shared, plan.Members, cloud.FacetSendAs, plan.Attribute{Name: "sendAs", Remove: refs("bob")})
	add(shared, plan.Members, cloud.FacetRecipient, plan.Attribute{Name: "sendOnBehalf", Add: refs("ada", "bob")})
	add(shared, plan.Update, cloud.FacetProtocols, set("pop", no), set("imap", no), set("smtpAuth", no), set("owa", yes))
	add(ada, plan.Update, cloud.FacetRecipient, set("litigationHold", yes), set("litigationHoldDays", cloud.Number(730)), set("forwardAddress", cloud.Text("ada@fabrikam.example")),
		set("forwardKeepCopy", yes), set("quotaWarnMB", cloud.Number(40000)), set("quotaSendMB", cloud.Number(45000)), set("quotaSendReceiveMB", cloud.Number(50000)), set("maxSendMB", cloud.Number(30)),
		set("addresses", cloud.Texts([]string{"smtp:a.adler@contoso.example"})))
	add(ada, plan.Refer, cloud.FacetRecipient, plan.Attribute{Name: "forwardTo", Add: refs("bob")})
	add(ada, plan.Update, cloud.FacetArchive, set("archive", yes), set("autoExpandingArchive", yes))
	add(ada, plan.Update, cloud.FacetProtocols, set("pop", no), set("activeSync", no))
	add(room, plan.Update, cloud.FacetRecipient, set("capacity", cloud.Number(12)))
	add(room, plan.Update, cloud.FacetBooking, set("autoAccept", yes), set("allowConflicts", no), set("bookingWindowDays", cloud.Number(90)), set("maxDurationMinutes", cloud.Number(600)))
	add(room, plan.Members, cloud.FacetBooking, plan.Attribute{Name: "bookingDelegates", Add: refs("ada", "bob")})
	add(room, plan.Members, cloud.FacetBooking, plan.Attribute{Name: "bookingDelegates", Remove: refs("bob")})
	equipment := objects[cloud.EquipmentMailbox]
	equipment.Type = cloud.SharedMailbox
	add(equipment, plan.Update, cloud.FacetType, set(cloud.TypeProperty, cloud.Text("sharedMailbox")))
	add(objects[cloud.RoomList], plan.Delete, "")
	add(contact, plan.Delete, "")
	return list
}

// everything names all properties.
func everything() (names []string) {
	for _, p := range cloud.Properties() {
		names = append(names, p.Name)
	}
	return names
}

// spo are addresses that SharePoint gives, which hold ids.
var spo = regexp.MustCompile(`SPO:[^,\n]*`)

// state gives the tenant as it stands, for comparison: every recipient with all its properties.
func (r *rehearsal) state(t testing.TB) string {
	t.Helper()
	all := map[string]*cloud.Object{}
	names := map[string]string{}
	if err := r.Objects(t.Context(), everything(), func(o cloud.Object) error { all[o.ID] = &o; return nil }); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for id, o := range all {
		if ids = append(ids, id); o.Mail != "" {
			names[id] = o.Mail
		}
	}
	if err := r.Detail(t.Context(), ids, everything(), func(o cloud.Object) error {
		for _, p := range o.Properties {
			all[o.ID].Put(p.Name, p.Value)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, o := range all {
		line := fmt.Sprintf("%s %s deleted=%v anchor=%s", o.Type, names[o.ID], o.Deleted, o.Anchor)
		for _, p := range o.Properties {
			v := p.Value.String()
			for id, name := range names {
				v = strings.ReplaceAll(v, id, name)
			}
			list := strings.Split(v, ", ")
			slices.Sort(list)
			line += "\n    " + p.Name + "=" + strings.Join(list, ", ")
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return spo.ReplaceAllString(strings.Join(lines, "\n"), "SPO:…") + "\n"
}

func (r *rehearsal) people(t testing.TB) {
	r.mailboxUser(t, "ada")
	r.mailboxUser(t, "bob")
	r.clock.advance(time.Hour)
}

func (r *rehearsal) tell(t testing.TB, list []plan.Change) {
	t.Helper()
	for _, c := range list {
		if err := r.carry(t.Context(), c); err != nil {
			t.Errorf("change %s (%s %s %s): %v", c.ID, c.Action, c.Object.Type, c.Facet, err)
		}
	}
}

// lasting is the story without its last two changes, which delete.
func lasting() []plan.Change { list := story(); return list[:len(list)-2] }

func TestStory(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	r.people(t)
	r.tell(t, lasting())
	t.Logf("%d changes, %d requests", len(lasting()), r.wire)
	golden.File(t, "story.txt", []byte(r.state(t)))
	end := story()[len(lasting()):]
	r.tell(t, slices.Concat(end, end)) // deleting what is gone is a success
	if got := r.state(t); strings.Contains(got, "mailContact") || strings.Contains(got, "roomList") {
		t.Errorf("what was deleted is there:\n%s", got)
	}
}

// TestTwice does every change two times: adding what is there, removing what is not, setting what is set are successes and
// change nothing. A create that was carried out and is sent again is answered with the object that it made.
func TestTwice(t *testing.T) {
	once, twice := rehearse(t, sandbox.Options{Seed: 7}), rehearse(t, sandbox.Options{Seed: 7})
	once.people(t)
	twice.people(t)
	once.tell(t, lasting())
	for _, c := range lasting() {
		twice.tell(t, []plan.Change{c, c})
	}
	if d := cmp.Diff(once.state(t), twice.state(t)); d != "" {
		t.Errorf("doing things twice does something else (-once +twice):\n%s", d)
	}
}

// TestTheSignInNameFollowsAnEarlierCreate makes a mail user as an attempt leaves it that ended before the sign-in name was
// written, and sends the create again.
func TestTheSignInNameFollowsAnEarlierCreate(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	whole := story()[0]
	early := whole
	early.Attributes = slices.DeleteFunc(slices.Clone(whole.Attributes), func(a plan.Attribute) bool { return a.Name == "userPrincipalName" })
	whole.Attributes = append(slices.Clone(early.Attributes), set("userPrincipalName", cloud.Text("routed@contoso.example")))
	r.tell(t, []plan.Change{early})
	named := func() bool {
		var b bytes.Buffer
		if err := r.SaveState(&b); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(b.String(), `"routed@contoso.example"`)
	}
	if named() {
		t.Fatal("it has its sign-in name already")
	}
	r.tell(t, []plan.Change{whole})
	if !named() {
		t.Error("it was found, and left without its sign-in name")
	}
}

// TestFaults lets every fault strike at the requests of the story: at every third, from another one for each fault, and
// with COEXIST_EVERY_REQUEST=1 at every one. Whatever breaks, the tenant ends as it would have without.
func TestFaults(t *testing.T) {
	calm := rehearse(t, sandbox.Options{Seed: 7})
	calm.people(t)
	calm.tell(t, lasting())
	requests, want := calm.wire, calm.state(t)
	for name, f := range map[string]sandbox.Fault{
		"throttled":              {Action: sandbox.Refuse, Status: 429, RetryAfter: "2.128"},
		"too many at once":       {Action: sandbox.Refuse, Status: 429, Code: "TooManyConcurrentRequests"},
		"unavailable":            {Action: sandbox.Refuse, Status: 503},
		"gateway after a write":  {Action: sandbox.Refuse, Status: 504, AfterWrite: true},
		"error after a write":    {Action: sandbox.Refuse, Status: 500, AfterWrite: true},
		"server busy":            {Action: sandbox.Refuse, Status: 400, Code: "ServerBusyException"},
		"no write to Entra ID":   {Action: sandbox.Refuse, Status: 400, Code: "UnableToWriteToAadException"},
		"backend after a write":  {Action: sandbox.Refuse, Status: 400, Code: "BackendCommunicationException", AfterWrite: true},
		"reset":                  {Action: sandbox.Reset},
		"reset after a write":    {Action: sandbox.Reset, AfterWrite: true},
		"half an answer":         {Action: sandbox.Truncate},
		"a gateway's page":       {Action: sandbox.HTML},
		"token expired":          {Action: sandbox.Expired},
		"token expired, claims":  {Action: sandbox.Expired, Claims: true},
		"item lost from a batch": {Action: sandbox.Lost},
		"not visible yet":        {Action: sandbox.Lag, Requests: 3},
	} {
		t.Run(name, func(t *testing.T) {
			step := 3
			switch {
			case os.Getenv("COEXIST_EVERY_REQUEST") == "1":
				step = 1
			case testing.Short():
				step = 11
			}
			for n := 1 + len(name)%step; n <= requests; n += step {
				r := rehearse(t, sandbox.Options{Seed: 7})
				r.people(t)
				f := f
				f.From, f.Path = n, "^/adminapi/"
				if err := r.AddFault(f); err != nil {
					t.Fatal(err)
				}
				r.tell(t, lasting())
				r.ClearFaults()
				if d := cmp.Diff(want, r.state(t)); d != "" {
					t.Fatalf("at request %d (-want +got):\n%s", n, d)
				}
				if t.Failed() {
					t.Fatalf("at request %d", n)
				}
			}
		})
	}
}
