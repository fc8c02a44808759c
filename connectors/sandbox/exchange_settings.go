package sandbox

import "strings"

// protocols are the settings of Set-CASMailbox; all but these two are on unless set.
var protocols = []string{"ActiveSyncEnabled", "EwsEnabled", "ImapEnabled", "MAPIEnabled", "MacOutlookEnabled", "OutlookMobileEnabled", "OWAEnabled",
	"OWAforDevicesEnabled", "PopEnabled", "UniversalOutlookEnabled"}

func (t *Tenant) getCAS(c *invocation) ([]line, error) {
	return t.pick(c, isAnyMailbox, func(r *recipient) []column {
		n := t.called(r)
		out := []column{{"Identity", r.Name}, {"Name", r.Name}, {"DisplayName", n.Display}, {"Guid", guidText(r.GUID)}, {"ExternalDirectoryObjectId", r.ID},
			{"PrimarySmtpAddress", n.Mail}, {"RecipientTypeDetails", r.Kind}}
		for _, p := range protocols {
			out = append(out, column{p, r.truthOr(p, true)})
		}
		disabled := any(nil) // the organisation decides
		if v, ok := r.Settings["SmtpClientAuthenticationDisabled"].(bool); ok {
			disabled = v
		}
		return append(out, column{"SmtpClientAuthenticationDisabled", disabled})
	})
}

func (t *Tenant) setCAS(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	for _, p := range append([]string{"SmtpClientAuthenticationDisabled"}, protocols...) {
		if c.has(p) && p != "SmtpClientAuthenticationDisabled" && c.truth(p) == r.truthOr(p, true) {
			continue
		}
		ch.setTruth(p)
	}
	return nil, ch.commit()
}

// bookingSetting is one setting of Set-CalendarProcessing with what it is on a resource and on a person's mailbox.
type bookingSetting struct {
	name             string
	resource, person any
}

func bookingSettings() []bookingSetting {
	return []bookingSetting{{"AutomateProcessing", "AutoAccept", "AutoUpdate"}, {"AllowConflicts", false, false}, {"AllowRecurringMeetings", true, true},
		{"BookingWindowInDays", 180, 180}, {"MaximumDurationInMinutes", 1440, 1440}, {"MinimumDurationInMinutes", 0, 0}, {"ConflictPercentageAllowed", 0, 0},
		{"MaximumConflictInstances", 0, 0}, {"ForwardRequestsToDelegates", true, true}, {"DeleteComments", true, true}, {"DeleteSubject", true, true},
		{"AddOrganizerToSubject", true, true}, {"RemovePrivateProperty", true, true}, {"AllBookInPolicy", true, true}, {"AllRequestInPolicy", false, false},
		{"AllRequestOutOfPolicy", false, false}, {"EnforceSchedulingHorizon", true, true}, {"EnforceCapacity", false, false}, {"ScheduleOnlyDuringWorkHours", false, false},
		{"TentativePendingApproval", true, true}, {"ProcessExternalMeetingMessages", false, false}, {"AddAdditionalResponse", false, false}, {"AdditionalResponse", "", ""}}
}

var bookingLists = []string{"ResourceDelegates", "BookInPolicy", "RequestInPolicy", "RequestOutOfPolicy"}

func (t *Tenant) getBooking(c *invocation) ([]line, error) {
	return t.pick(c, isAnyMailbox, func(r *recipient) []column {
		out := []column{{"Identity", r.Name}, {"MailboxOwnerId", r.Name}}
		for _, s := range bookingSettings() {
			v := s.person
			if r.isResource() {
				v = s.resource
			}
			switch d := v.(type) {
			case bool:
				v = r.truthOr(s.name, d)
			case int:
				v = r.numberOr(s.name, d)
			case string:
				v = r.settingOr(s.name, d)
			}
			out = append(out, column{s.name, v})
		}
		for _, l := range bookingLists {
			out = append(out, column{l, t.namesOfIDs(r.references(l))})
		}
		return out
	})
}

func (t *Tenant) setBooking(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	if n := c.number("BookingWindowInDays"); n < 0 || n > 1080 {
		return nil, cmdletError("DataValidationException", "", "The value for BookingWindowInDays must be between 0 and 1080.")
	}
	for _, s := range bookingSettings() {
		switch s.person.(type) {
		case bool:
			ch.setTruth(s.name)
		case int:
			ch.setNumber(s.name)
		case string:
			ch.setText(s.name)
		}
	}
	for _, name := range bookingLists {
		if !c.has(name) {
			continue
		}
		l, err := t.resolved(c.texts(name), anyRecipient)
		if err != nil {
			return nil, err
		}
		ch.setList(name, l.apply(r.references(name), sameText))
	}
	return nil, ch.commit()
}

// getAcceptedDomains shows the verified domains.
func (t *Tenant) getAcceptedDomains(c *invocation) ([]line, error) {
	var out []line
	for _, d := range t.options.Domains {
		if d.Unverified || c.has("Identity") && !strings.EqualFold(c.text("Identity"), d.Name) {
			continue
		}
		out = append(out, line{d.Name, []column{{"Identity", d.Name}, {"Name", d.Name}, {"DomainName", d.Name}, {"DomainType", "Authoritative"}, {"Default", d.Default},
			{"InitialDomain", d.Initial}, {"AuthenticationType", map[bool]string{true: "Federated", false: "Managed"}[d.Federated]}}})
	}
	if c.has("Identity") && len(out) == 0 {
		return nil, noSuchObject(c.text("Identity"))
	}
	return t.sorted(out, nil)
}

func (t *Tenant) getOrganizationConfig(*invocation) ([]line, error) {
	return []line{{"", []column{{"Identity", t.initialDomain()}, {"Name", t.initialDomain()}, {"Guid", guidText(t.derive("organization", 0))},
		{"DisplayName", t.options.Name}, {"IsDehydrated", t.options.Exchange.Dehydrated}, {"ExchangeAttributesCloudManagedByDefault", false}, {"AutoExpandingArchiveEnabled", false},
		{"IsTenantInGracePeriod", false}, {"AuditDisabled", false}}}}, nil
}

func (t *Tenant) getMailboxPlans(c *invocation) ([]line, error) {
	var out []line
	for _, p := range []struct{ name, quota string }{{"ExchangeOnline", sizeText(50 << 30)}, {"ExchangeOnlineDeskless", sizeText(2 << 30)}, {"ExchangeOnlineEnterprise", sizeText(100 << 30)}} {
		if c.has("Identity") && !strings.EqualFold(c.text("Identity"), p.name) {
			continue
		}
		out = append(out, line{p.name, []column{{"Identity", p.name}, {"DisplayName", p.name}, {"Name", p.name + "-" + t.derive("plan "+p.name, 0)},
			{"IsDefault", p.name == "ExchangeOnlineEnterprise"}, {"ProhibitSendReceiveQuota", p.quota}, {"RetentionPolicy", defaultRetentionPolicy},
			{"MaxSendSize", "35 MB (36,700,160 bytes)"}, {"MaxReceiveSize", "36 MB (37,748,736 bytes)"}}})
	}
	if c.has("Identity") && len(out) == 0 {
		return nil, noSuchObject(c.text("Identity"))
	}
	return out, nil
}
