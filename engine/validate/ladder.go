package validate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// Result is what one rung of a ladder comes to.
type Result string

// The results. Unneeded: the question does not arise. Unknown: what would answer it was not read.
const (
	Sound    Result = "ok"
	Broken   Result = "broken"
	Unknown  Result = "unknown"
	Unneeded Result = "not needed"
)

// Rung is one step on the way from a directory object to its mailbox.
type Rung struct {
	ID       string   `json:"id"`
	Question string   `json:"question"`
	Result   Result   `json:"result"`
	Evidence []string `json:"evidence"` // what was seen; hostile text may be in it
	Next     string   `json:"next,omitempty"`
	Commands []string `json:"commands,omitempty"` // to be typed by whoever decides so; none is sent
}

// Ladder says where one object got stuck on its way to a mailbox. Source: "A mailbox was not provisioned" and "Reconnect
// inactive or soft-deleted mailboxes to Active Directory".
type Ladder struct {
	Object   plan.Object `json:"object"`
	Mode     cloud.Mode  `json:"mode"`
	Mailbox  bool        `json:"mailbox"`  // there is one, in Exchange Online
	Headline int         `json:"headline"` // index of the first broken rung, -1 when there is none
	Rungs    []Rung      `json:"rungs"`
	Findings []Finding   `json:"findings"` // all of the object
	Ticket   Ticket      `json:"ticket"`
}

// Attempt is something that coexist did about the object.
type Attempt struct {
	At        time.Time   `json:"at"`
	What      string      `json:"what"` // for people
	Action    plan.Action `json:"-"`
	Done      bool        `json:"-"` // it stands in the cloud
	State     string      `json:"state"`
	RequestID string      `json:"requestId,omitempty"`
	Detail    string      `json:"detail,omitempty"`
}

// Ticket is what a supporter asks for first.
type Ticket struct {
	Tenant     string    `json:"tenant"`
	TenantName string    `json:"tenantName,omitempty"`
	ObjectID   string    `json:"objectId,omitempty"`
	UPN        string    `json:"userPrincipalName,omitempty"`
	Anchor     string    `json:"onPremisesImmutableId,omitempty"`
	Problem    string    `json:"problem"`
	Errors     []string  `json:"errors"` // as the services wrote them, XML at times
	RequestIDs []string  `json:"requestIds"`
	Tried      []Attempt `json:"tried"`
	Checked    []string  `json:"checked"` // the rungs with their results
}

// Circumstances are what is known of one object beside what Run needs.
type Circumstances struct {
	Tenant  string    // its configured id, for the ticket
	Outside string    // why no plan touches the object although it was read, such as a pilot group; "" for none
	Tried   []Attempt // what coexist did about it, oldest first
}

// Diagnose climbs the ladder for the object at index i of the snapshot. Everything is read as for Run.
func Diagnose(in Input, i int, c Circumstances) Ladder {
	r := newRun(in)
	r.silenced = suppressions{}
	r.prepare()
	r.check(i)
	r.checkReported()
	r.enter(i)
	l := &ladder{run: r, known: c, Ladder: Ladder{Object: r.described(r.entry), Mode: r.mode, Headline: -1, Findings: []Finding{}}}
	for _, f := range r.found {
		if f.Object.DN == l.Object.DN {
			l.Findings = append(l.Findings, f)
		}
	}
	l.Mailbox = r.target != nil && r.target.Recipient.HasMailbox()
	for _, step := range []func() Rung{l.scope, l.exists, l.status, l.names, l.errors, l.conflict, l.licence, l.recipient, l.guid, l.lost, l.service} {
		rung := step()
		if rung.Result == Broken && l.Headline < 0 {
			l.Headline = len(l.Rungs)
		}
		if rung.Evidence == nil {
			rung.Evidence = []string{}
		}
		l.Rungs = append(l.Rungs, rung)
	}
	l.ticket()
	return l.Ladder
}

// ladder is one being climbed.
type ladder struct {
	*run
	Ladder
	known    Circumstances
	licensed bool // by a plan that gives a mailbox and is on
}

// offline is the answer of a rung that needs the tenant.
func offline(id, question string) Rung {
	return Rung{ID: id, Question: question, Result: Unknown, Evidence: []string{"the tenant was not read"}, Next: "run it without --offline"}
}

func (l *ladder) scope() Rung {
	g := Rung{ID: "scope", Question: "is it to be in the cloud, with a mailbox?", Result: Sound}
	i := l.entry.i
	switch why := l.reasons[i]; {
	case why != "":
		g.Result, g.Evidence, g.Next = Broken, []string{why}, "coexist explain says by which rule; change the object or the policy"
		return g
	case l.known.Outside != "":
		g.Result, g.Evidence, g.Next = Broken, []string{l.known.Outside}, "make it a member of the pilot group, or end the pilot in coexist.yaml"
		return g
	case l.in.Decided == nil:
		g.Evidence = []string{"no policies were given; Entra Connect's filters let it through"}
		return g
	case l.state.Type == "":
		g.Result, g.Next = Broken, "coexist explain shows the rule that failed"
		for _, p := range l.state.Problems {
			g.Evidence = append(g.Evidence, p.Detail)
		}
		return g
	case !mailboxed(l.state.Type):
		g.Result, g.Next = Broken, "coexist explain says by which rule; only user, sharedMailbox, roomMailbox and equipmentMailbox have one"
	}
	g.Evidence = append(g.Evidence, fmt.Sprintf("cloudType %s, by rule %s of policy %s", l.state.Type, l.state.Because.Rule, l.state.Because.Policy))
	return g
}

// mailboxed reports whether objects of a type may have a mailbox.
func mailboxed(t cloud.Type) bool {
	return slices.Contains([]cloud.Type{cloud.User, cloud.SharedMailbox, cloud.RoomMailbox, cloud.EquipmentMailbox}, t)
}

func (l *ladder) exists() Rung {
	g := Rung{ID: "exists", Question: "is it in Entra ID?", Result: Sound}
	if l.in.Tenant == nil {
		return offline(g.ID, g.Question)
	}
	m := l.table.Matches[l.entry.i]
	switch {
	case m.Problem != nil:
		g.Result, g.Evidence, g.Next = Broken, []string{m.Problem.Detail}, l.settlement()
	case l.target == nil:
		g.Result, g.Evidence = Broken, []string{"no object has its anchor, address or user principal name"}
		g.Next = "coexist plan and apply make it; if they did not, coexist explain says why"
		if l.mode == cloud.Activate {
			g.Next = "Entra Connect makes it: look for it in its connector space, and wait for a cycle"
		}
		if name := l.deletedTwin(); name != "" {
			g.Evidence, g.Next = append(g.Evidence, "deleted items hold "+name), "restore that one, and its mailbox comes with it"
		}
	case l.target.Deleted:
		g.Result, g.Evidence = Broken, []string{"object " + l.target.ID + " lies in deleted items"}
		g.Next, g.Commands = "restore it within 30 days of its deletion", []string{"Restore-MgDirectoryDeletedItem -DirectoryObjectId " + l.target.ID}
	default:
		g.Evidence = []string{fmt.Sprintf("object %s, found %s", l.target.ID, m.How)}
	}
	return g
}

// settlement says what to do about an object of the tenant that is in the way of being found.
func (l *ladder) settlement() string {
	for _, f := range l.Findings {
		switch f.Check {
		case "COX-002":
			return "take the role away until the two are joined, and plan again; docs/checks/COX-002.md tells how"
		case "COX-003":
			return "convert the guest to a member, or remove it, and plan again; docs/checks/COX-003.md tells how"
		}
	}
	return "settle which of them the object is, and who keeps the value; coexist plan leaves it alone until then"
}

// deletedTwin names a deleted user that held one of the object's addresses.
func (l *ladder) deletedTwin() string {
	for _, c := range l.entry.claims() {
		for _, i := range l.deleted[c.address] {
			o := l.in.Tenant.At(int(i))
			return fmt.Sprintf("%s %q (%s)", o.Type, o.Name(), o.ID)
		}
	}
	return ""
}

// absent is the answer of a rung that needs the cloud object; ok where it is there.
func (l *ladder) absent(id, question string) (Rung, bool) {
	switch {
	case l.in.Tenant == nil:
		return offline(id, question), true
	case l.target == nil || l.target.Deleted:
		return Rung{ID: id, Question: question, Result: Unknown, Evidence: []string{"there is no live object in Entra ID to look at"}}, true
	}
	return Rung{ID: id, Question: question, Result: Sound}, false
}

func (l *ladder) status() Rung {
	g, no := l.absent("status", "is its validation status healthy, and has it a usage location?")
	if no {
		return g
	}
	healthy := "validation status Healthy"
	if l.in.Facts.ProvisioningErrors == nil || l.in.Facts.ServiceErrors == nil {
		healthy = "validation status unknown: its errors were not read"
	} else if len(l.provisioningErrors())+len(l.serviceErrors()) > 0 {
		healthy = "validation status Error; the rungs below say which"
	}
	location := l.target.Get("usageLocation").Text()
	g.Evidence = []string{healthy, "usageLocation " + orNone(location)}
	if enabled := l.target.Get("accountEnabled"); !enabled.IsNothing() && !enabled.Truth() {
		g.Evidence = append(g.Evidence, "sign-in is blocked, which does not keep a mailbox away")
	}
	if location == "" {
		g.Result, g.Next = Broken, "set a usage location: without one no licence can be assigned"
		if p, ok := l.state.Get("usageLocation"); ok {
			g.Next += "; the policies decide " + p.Value.Text() + ", and coexist plan and apply set it"
		}
	}
	return g
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func (l *ladder) names() Rung {
	g, no := l.absent("names", "are userPrincipalName and mailNickname there, and the same in the cloud?")
	if no {
		return g
	}
	n := l.run.names()
	for _, x := range []struct{ property, want string }{{"userPrincipalName", n.UPN}, {"mailNickname", n.Nickname}} {
		has := l.target.Get(x.property).Text()
		g.Evidence = append(g.Evidence, fmt.Sprintf("%s: %s here, %s in the cloud", x.property, orNone(x.want), orNone(has)))
		switch {
		case has == "":
			g.Result, g.Next = Broken, "give it a "+x.property
		case x.want != "" && !strings.EqualFold(strings.TrimSpace(x.want), has):
			g.Result, g.Next = Broken, l.rename(x.property)
		}
	}
	return g
}

// rename says how the cloud comes to have the name that it should have.
func (l *ladder) rename(property string) string {
	for _, f := range l.Findings {
		if family, _, _ := strings.Cut(f.Check, "-"); f.Severity >= Warning && slices.Contains([]string{"UPN", "ALI", "PRD"}, family) {
			return "the cloud made another " + property + " of it, as " + f.Check + " says: mend the value, and plan again"
		}
	}
	if l.mode == cloud.Activate {
		return "Entra Connect writes it: look at its export errors, and wait for a cycle"
	}
	return "coexist plan and apply write it"
}

func (l *ladder) errors() Rung {
	g, no := l.absent("provisioning", "does the directory report provisioning errors?")
	switch {
	case no:
		return g
	case l.in.Facts.ProvisioningErrors == nil:
		g.Result, g.Evidence, g.Next = Unknown, []string{"they were not read"}, "Get-MgUser -UserId "+l.target.ID+" -Property OnPremisesProvisioningErrors"
		return g
	}
	for _, e := range l.provisioningErrors() {
		g.Result, g.Next = Broken, "take the value away from one of the two objects; the service repairs the rest within the hour"
		g.Evidence = append(g.Evidence, strings.TrimSpace(fmt.Sprintf("%s of %s %q%s", e.Category, e.Property, e.Value, since(e.Since, e.First))))
	}
	if len(g.Evidence) == 0 {
		g.Evidence = []string{"none"}
	}
	return g
}

// clashing are the checks that tell of another object in the way.
var clashing = []string{"ADR-014", "ADR-015", "ANC-003", "COX-002", "COX-003", "COX-006", "LIC-008", "PRD-001", "UPN-011"}

func (l *ladder) conflict() Rung {
	g := Rung{ID: "conflict", Question: "is a cloud-only, guest, deleted or other object in the way?", Result: Sound}
	if l.in.Tenant == nil {
		g = offline(g.ID, g.Question)
	}
	for _, f := range l.Findings {
		switch {
		case !slices.Contains(clashing, f.Check) || f.Severity < Warning:
		case l.harmless(f):
			g.Evidence = append(g.Evidence, f.Check+": "+f.Detail+"; that keeps no mailbox away")
		default:
			g.Result, g.Next = Broken, "settle who keeps the value; docs/checks/"+f.Check+".md tells how"
			g.Evidence = append(g.Evidence, f.Check+": "+f.Detail)
		}
	}
	if len(g.Evidence) == 0 {
		g.Evidence = []string{"none"}
	}
	return g
}

// harmless reports whether a clash keeps nothing away: the cloud gives the address at the initial domain four digits, and a
// deleted item does not take away what a live object has already.
func (l *ladder) harmless(f Finding) bool {
	c, _ := CheckNamed(f.Check)
	raised := f.Severity == Warning && c.In(f.Mode) == Error
	switch f.Check {
	case "PRD-001":
		return raised
	case "ADR-015":
		return l.target != nil && !l.target.Deleted && !slices.ContainsFunc(f.Others, func(p Party) bool { return p.Attribute != deletedItems }) && l.owns(key(parseAddress(f.Value).rest))
	}
	return false
}

// ticket draws up what support needs.
func (l *ladder) ticket() {
	tried := l.known.Tried
	t := Ticket{Tenant: l.known.Tenant, UPN: l.Object.UPN, Anchor: string(l.Object.Anchor), Errors: []string{}, RequestIDs: []string{}, Tried: tried}
	if l.in.Tenant != nil {
		t.TenantName = l.in.Tenant.Facts.Name
	}
	if l.target != nil {
		t.ObjectID, t.UPN = l.target.ID, l.target.Get("userPrincipalName").Text()
	}
	switch {
	case l.Headline >= 0:
		t.Problem = "No mailbox: " + l.Rungs[l.Headline].Question + " " + strings.Join(l.Rungs[l.Headline].Evidence, "; ")
	case l.Mailbox:
		t.Problem = "none: there is a mailbox"
	default:
		t.Problem = "No mailbox, and no rung that could be looked at is broken"
	}
	for _, e := range l.provisioningErrors() {
		t.Errors = append(t.Errors, fmt.Sprintf("%s: %s %s", e.Category, e.Property, e.Value))
	}
	for _, e := range l.serviceErrors() {
		t.Errors = append(t.Errors, e.Service+": "+e.Detail)
	}
	for _, a := range tried {
		if a.RequestID != "" && !slices.Contains(t.RequestIDs, a.RequestID) {
			t.RequestIDs = append(t.RequestIDs, a.RequestID)
		}
	}
	if t.Tried == nil {
		t.Tried = []Attempt{}
	}
	for _, g := range l.Rungs {
		t.Checked = append(t.Checked, g.Question+" "+string(g.Result))
	}
	l.Ticket = t
}
