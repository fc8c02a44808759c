package validate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// provisioningErrors are those of the object's counterpart.
func (l *ladder) provisioningErrors() (out []ProvisioningError) {
	for _, e := range l.in.Facts.ProvisioningErrors {
		if l.target != nil && e.ID == l.target.ID {
			out = append(out, e)
		}
	}
	return out
}

func (l *ladder) serviceErrors() (out []ServiceError) {
	for _, e := range l.in.Facts.ServiceErrors {
		if l.target != nil && e.ID == l.target.ID {
			out = append(out, e)
		}
	}
	return out
}

// resource reports whether the object is a mailbox of nobody, which needs no licence.
func (l *ladder) resource() bool {
	return l.in.Decided != nil && l.state.Type != cloud.User && mailboxed(l.state.Type)
}

func (l *ladder) licence() Rung {
	g, no := l.absent("licence", "has it a licence with a mailbox plan that is switched on?")
	switch {
	case no:
		return g
	case l.resource():
		g.Result, g.Evidence = Unneeded, []string{"a " + string(l.state.Type) + " needs none below 50 GB"}
		return g
	}
	on := false
	list := l.target.Get("licenses").Licenses()
	for _, x := range list {
		sku, ok := l.in.Tenant.Facts.SKU(x.SKU)
		line := l.skuName(x.SKU)
		if slices.Contains(l.target.Inherited, x.SKU) {
			line += ", from a group"
		}
		if !ok {
			line += ", which the tenant does not list: its plans are unknown"
		}
		for _, p := range sku.Plans {
			if !cloud.GivesMailbox(p.Name) {
				continue
			}
			word := "on"
			if slices.Contains(x.DisabledPlans, p.ID) {
				word = "switched off"
			} else {
				on = true
			}
			line += fmt.Sprintf(", %s %s", p.Name, word)
		}
		g.Evidence = append(g.Evidence, line)
	}
	if l.licensed = on; on {
		return g
	}
	g.Result, g.Next = Broken, "assign a licence with Exchange Online, or switch its plan on"
	if len(list) == 0 {
		g.Evidence = []string{"no licence"}
	}
	if l.mailboxDecided() {
		g.Next = "the policies decide one: coexist plan and apply assign it"
	}
	if l.lostMailbox() != nil {
		g.Next = "first the deleted mailbox below, or the licence makes an empty one; then " + g.Next
	}
	for _, f := range l.Findings {
		if strings.HasPrefix(f.Check, "LIC-") && f.Severity == Error {
			g.Evidence = append(g.Evidence, f.Check+": "+f.Detail)
		}
	}
	return g
}

// exchangeRead reports whether Exchange Online was asked: the facts about its lost mailboxes come with it.
func (l *ladder) exchangeRead() bool { return l.in.Facts.Mailboxes != nil }

func (l *ladder) recipient() Rung {
	g, no := l.absent("exchange", "does Exchange Online know it, and see its licence?")
	switch {
	case no:
		return g
	case !l.exchangeRead():
		g.Result, g.Evidence = Unknown, []string{"Exchange Online was not read"}
		g.Next = "set tenant: exchange: true in coexist.yaml, or look by hand"
		g.Commands = []string{"Get-Recipient -Identity " + l.target.ID + " | Format-List RecipientTypeDetails", "Get-User -Identity " + l.target.ID + " | Format-List SKUAssigned"}
		return g
	}
	x := l.target.Recipient
	if !x.Known() {
		g.Result, g.Evidence, g.Next = Broken, []string{"no recipient has its object id"}, "Entra ID has not passed it on to Exchange: look at the service errors below, and retry"
		return g
	}
	g.Evidence = []string{"RecipientTypeDetails " + x.Details, "SKUAssigned " + truth(x.Licensed)}
	switch {
	case x.HasMailbox():
		g.Evidence = append(g.Evidence, "the mailbox is there, ExchangeGuid "+orNone(x.ExchangeGUID))
	case l.resource():
	case x.Licensed == nil:
		g.Result, g.Next = Unknown, "Exchange did not say whether it sees the licence"
	case !*x.Licensed && !l.licensed:
		g.Result, g.Next = Broken, "there is none to see: the licence above comes first"
	case !*x.Licensed && l.recent() != "":
		g.Evidence = append(g.Evidence, l.recent())
	case !*x.Licensed:
		g.Result, g.Next = Broken, "Exchange does not see the licence: retry the provisioning, or take the licence away and assign it anew"
	}
	return g
}

func truth(b *bool) string {
	if b == nil {
		return "not said"
	}
	return fmt.Sprint(*b)
}

func (l *ladder) guid() Rung {
	g := Rung{ID: "mailbox-guid", Question: "does msExchMailboxGuid keep the mailbox away?", Result: Sound}
	e := l.entry
	details, _ := e.number(aDetails)
	switch {
	case l.Mailbox:
		g.Evidence = []string{"the mailbox is there all the same"}
	case e.has(aMailbox) && l.onPremises(details):
		g.Result, g.Evidence = Broken, []string{"the directory has msExchMailboxGuid: to the cloud the mailbox is on premises, and a licence makes none"}
		g.Next = "migrate the mailbox; where there is none any more, clear msExchMailboxGuid and the other msExch attributes, and synchronise"
	case l.target != nil && l.target.Recipient.Known() && l.target.Recipient.ExchangeGUID != "":
		g.Result, g.Evidence = Broken, []string{"the mail user in Exchange Online has ExchangeGuid " + l.target.Recipient.ExchangeGUID}
		g.Next = "it stands for a mailbox elsewhere: migrate that, or clear the GUID once it is gone"
		g.Commands = []string{"Set-MailUser -Identity " + l.target.ID + " -ExchangeGuid 00000000-0000-0000-0000-000000000000"}
	case e.has(aMailbox):
		g.Evidence = []string{"msExchMailboxGuid has a value, and msExchRemoteRecipientType says that the mailbox is in the cloud"}
	default:
		g.Evidence = []string{"no value"}
	}
	return g
}

func (l *ladder) lost() Rung {
	g := Rung{ID: "lost", Question: "is there a soft-deleted or inactive mailbox to restore?", Result: Sound}
	switch {
	case l.in.Tenant == nil:
		return offline(g.ID, g.Question)
	case !l.exchangeRead():
		g.Result, g.Evidence, g.Next = Unknown, []string{"Exchange Online was not read"}, "look by hand"
		g.Commands = []string{"Get-Mailbox -SoftDeletedMailbox", "Get-Mailbox -InactiveMailboxOnly"}
		return g
	}
	o := l.lostMailbox()
	if o == nil {
		g.Evidence = []string{"none"}
		return g
	}
	l.restore(&g, o)
	return g
}

// lostMailbox finds the deleted mailbox that was the object's; nil when there is none.
func (l *ladder) lostMailbox() *cloud.Object {
	var addresses []string
	for _, c := range l.entry.claims() {
		addresses = append(addresses, c.address)
	}
	id, guid := "", ""
	if l.target != nil {
		id = l.target.ID
	}
	if x, ok := directory.GUIDFromBytes([]byte(l.entry.first(aMailbox))); ok {
		guid = x.String()
	}
	return l.in.Tenant.LostMailbox(id, l.Object.Anchor, guid, addresses...)
}

// restore says how a mailbox comes back. Source: "Reconnect inactive or soft-deleted mailboxes to Active Directory".
func (l *ladder) restore(g *Rung, o *cloud.Object) {
	state, flag := "soft-deleted", "-SoftDeletedMailbox"
	if o.Recipient.Inactive {
		state, flag = "inactive", "-InactiveMailboxOnly"
	}
	source := o.Recipient.ExchangeGUID
	g.Evidence = []string{fmt.Sprintf("the %s mailbox %q, ExchangeGuid %s", state, o.Name(), orNone(source))}
	g.Result, g.Next = Broken, "restore it before a new, empty one is made: the licence comes last"
	target := "NEW-MAILBOX"
	if l.target != nil {
		target = l.target.ID
	}
	g.Commands = []string{"Get-Mailbox " + flag + " -Identity " + source}
	if !o.Recipient.Inactive && l.target == nil {
		g.Commands = append(g.Commands, "Restore-MgDirectoryDeletedItem -DirectoryObjectId "+o.ID+"   # within 30 days: user and mailbox come back as one")
	}
	g.Commands = append(g.Commands, "New-MailboxRestoreRequest -SourceMailbox "+source+" -TargetMailbox "+target+" -AllowLegacyDNMismatch   # once the new mailbox is there: its content")
	if l.Mailbox {
		g.Result, g.Next = Sound, "the former mail lies there: bring it into the present mailbox if it is missed"
	}
}

func (l *ladder) service() Rung {
	g, no := l.absent("service", "is the provisioning of a service stuck?")
	if no {
		return g
	}
	retry := []string{"POST https://graph.microsoft.com/v1.0/users/" + l.target.ID + "/retryServiceProvisioning",
		"Invoke-MgRetryUserServiceProvisioning -UserId " + l.target.ID}
	for _, e := range l.serviceErrors() {
		g.Result, g.Next, g.Commands = Broken, "mend what the error names, then ask the service to try again; the call is shown, and was not sent", retry
		g.Evidence = append(g.Evidence, e.Service+": "+e.Detail+since(e.Since, e.First))
	}
	switch {
	case len(g.Evidence) > 0:
	case l.Mailbox:
		g.Evidence = []string{"no: the mailbox is there"}
	case l.in.Facts.ServiceErrors == nil:
		g.Result, g.Evidence, g.Next = Unknown, []string{"its errors were not read"}, "Get-MgUser -UserId "+l.target.ID+" -Property ServiceProvisioningErrors"
	case l.licensedWithoutMailbox() && l.recent() != "":
		g.Evidence, g.Next = []string{"no error is reported, and " + l.recent()}, "wait, and look again tomorrow"
	case l.licensedWithoutMailbox():
		g.Result, g.Evidence = Broken, []string{"Exchange sees the licence, reports no error, and has no mailbox"}
		g.Next, g.Commands = "wait a day after the licence was assigned, then ask the service to try again; the call is shown, and was not sent", retry
	default:
		g.Evidence = []string{"no error is reported"}
	}
	return g
}

// patience is how long Exchange Online may take to make the mailbox of a licence. Source: "A mailbox was not provisioned".
const patience = 24 * time.Hour

// recent says that coexist gave the licence so lately that the mailbox may still come; "" when it did not.
func (l *ladder) recent() string {
	for _, a := range slices.Backward(l.known.Tried) {
		if age := l.in.AsOf.Sub(a.At); a.Action == plan.License && a.Done && age >= 0 && age < patience {
			return fmt.Sprintf("the licence was given at %s; Exchange Online may take a day", a.At.UTC().Format(time.RFC3339))
		}
	}
	return ""
}

// licensedWithoutMailbox reports whether nothing is missing but the mailbox.
func (l *ladder) licensedWithoutMailbox() bool {
	x := l.target.Recipient
	return l.Headline < 0 && x.Known() && x.Licensed != nil && *x.Licensed && !x.HasMailbox()
}
