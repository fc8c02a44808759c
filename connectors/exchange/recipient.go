package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
)

// item is an object that was read, with the names that must be resolved before it is whole.
type item struct {
	cloud.Object
	refs []nameList
}

// nameList is a property that the row shows as names.
type nameList struct {
	property string
	names    []string
}

// typeOf gives the type of a recipient by its details; "" for what coexist has no word for, such as a discovery mailbox.
func typeOf(details string) cloud.Type {
	switch details {
	case "UserMailbox", "LinkedMailbox", "SchedulingMailbox", "User", "DisabledUser":
		return cloud.User
	case "MailUser":
		return cloud.MailUser
	case "GuestMailUser":
		return cloud.Guest
	case "SharedMailbox":
		return cloud.SharedMailbox
	case "RoomMailbox":
		return cloud.RoomMailbox
	case "EquipmentMailbox":
		return cloud.EquipmentMailbox
	case "MailContact":
		return cloud.MailContact
	case "MailUniversalDistributionGroup":
		return cloud.DistributionGroup
	case "MailUniversalSecurityGroup":
		return cloud.MailEnabledSecurityGroup
	case "RoomList":
		return cloud.RoomList
	case "GroupMailbox":
		return cloud.Microsoft365Group
	case "DynamicDistributionGroup":
		return cloud.DynamicGroup
	}
	return ""
}

// baseFields are read of every recipient.
var baseFields = []string{"ExternalDirectoryObjectId", "Guid", "Name", "Identity", "DistinguishedName", "RecipientTypeDetails",
	"PrimarySmtpAddress", "EmailAddresses", "IsDirSynced", "DisplayName", "Alias"}

// mailboxFields are read of mailboxes and mail users besides.
var mailboxFields = []string{"UserPrincipalName", "ImmutableId", "ExchangeGuid", "ArchiveGuid", "IsExchangeCloudManaged", "SKUAssigned", "IsInactiveMailbox",
	"LitigationHoldEnabled", "InPlaceHolds", "ComplianceTagHoldApplied", "DelayHoldApplied", "DelayReleaseHoldApplied"}

// held reports whether a hold keeps what is in a mailbox. An entry of InPlaceHolds that begins with a dash excludes the mailbox
// from a policy of the organisation. Source: "Identify the type of hold placed on an Exchange Online mailbox".
func held(r Row) bool {
	for _, f := range []string{"LitigationHoldEnabled", "ComplianceTagHoldApplied", "DelayHoldApplied", "DelayReleaseHoldApplied"} {
		if b, _ := r.truth(f); b {
			return true
		}
	}
	return slices.ContainsFunc(r.list("InPlaceHolds"), func(s string) bool { return !strings.HasPrefix(s, "-") })
}

// fieldsOf gives what to select for properties that a source shows.
func fieldsOf(base []string, facets []cloud.Facet, properties []string) []string {
	out := slices.Clone(base)
	for _, f := range facets {
		for _, c := range columns[f] {
			if c.field != "" && slices.Contains(properties, c.property) && !slices.Contains(out, c.field) {
				out = append(out, c.field)
			}
		}
	}
	return out
}

// itemOf makes an object of a recipient's row; ok is false for what coexist does not deal with.
func itemOf(r Row, facets []cloud.Facet, properties []string) (it item, ok bool, err error) {
	details := r.text("RecipientTypeDetails")
	o := cloud.Object{ID: idOf(r), Type: typeOf(details), Mail: address(r.text("PrimarySmtpAddress")), Proxies: r.list("EmailAddresses")}
	if o.Type == "" {
		return item{}, false, nil
	}
	if o.ID == "" {
		return item{}, false, fmt.Errorf("a recipient of type %s has neither an object id nor a GUID", printable(details))
	}
	o.Anchor = anchorOf(o.Type, r)
	synced, _ := r.truth("IsDirSynced")
	managed, _ := r.truth("IsExchangeCloudManaged")
	inactive, _ := r.truth("IsInactiveMailbox")
	o.Synced = synced
	o.Recipient = &cloud.Recipient{Details: details, GUID: r.guid("Guid"), ExchangeGUID: r.guid("ExchangeGuid"), ArchiveGUID: r.guid("ArchiveGuid"),
		DirSynced: synced, CloudManaged: managed, Inactive: inactive, Held: held(r)}
	if b, ok := r.truth("SKUAssigned"); ok {
		o.Recipient.Licensed = &b
	}
	it = item{Object: o}
	for _, f := range facets {
		if err := it.take(r, f, properties); err != nil {
			return item{}, false, fmt.Errorf("recipient %s: %w", o.ID, err)
		}
	}
	return it, true, nil
}

// take reads the properties of a facet that objects of the type have and Exchange Online masters.
func (it *item) take(r Row, f cloud.Facet, properties []string) error {
	for _, c := range columns[f] {
		p := cloud.Row(c.property)
		if p == nil || !slices.Contains(properties, c.property) || !it.has(p) {
			continue
		}
		if c.names {
			if names := r.list(c.field); len(names) > 0 {
				it.refs = append(it.refs, nameList{c.property, names})
			}
			continue
		}
		v, err := c.read(r)
		if err != nil {
			return err
		}
		it.Put(c.property, v)
	}
	return nil
}

// has reports whether the object has a property and Exchange Online masters it.
func (it *item) has(p *cloud.Property) bool {
	if !p.On(it.Type) {
		return false
	}
	if p.NeedsMailbox && !it.Recipient.HasMailbox() && it.Recipient != nil && it.Recipient.Details != "" {
		return false
	}
	d, _ := p.MasteredOn(&it.Object)
	return d == cloud.Exchange
}

// whole gives the object with its names resolved.
func (c *Connector) whole(it *item) cloud.Object {
	for _, l := range it.refs {
		ids := c.ids(l.names)
		p := cloud.Row(l.property)
		if p != nil && p.Kind == cloud.ReferenceKind {
			it.Put(l.property, cloud.Text(ids[0]))
			continue
		}
		it.Put(l.property, cloud.Texts(ids))
	}
	return it.Object
}

// names gives every name that an object needs resolved.
func (it *item) names() []string {
	var out []string
	for _, l := range it.refs {
		out = append(out, l.names...)
	}
	return out
}

// put adds names of a permission or of members.
func (it *item) put(property string, names []string) {
	if len(names) > 0 {
		it.refs = append(it.refs, nameList{property, names})
	}
}

// permitted gives the trustees of rows that grant a right: explicit and allowing, without the mailbox itself.
func permitted(rows []Row, trustee, right string) []string {
	var out []string
	for _, r := range rows {
		inherited, _ := r.truth("IsInherited")
		deny, _ := r.truth("Deny")
		if strings.EqualFold(r.text("AccessControlType"), "Deny") {
			deny = true
		}
		who := r.text(trustee)
		if inherited || deny || who == "" || builtIn(who) || !slices.ContainsFunc(r.rights(), func(s string) bool { return strings.EqualFold(s, right) }) {
			continue
		}
		out = append(out, who)
	}
	return out
}

// rights gives the access rights of a permission, which come as a list or with commas.
func (r Row) rights() []string {
	var out []string
	for _, s := range r.list("AccessRights") {
		for _, one := range strings.Split(s, ",") {
			out = append(out, strings.TrimSpace(one))
		}
	}
	return out
}

// builtIn reports whether a trustee is the mailbox itself or an account of the service.
func builtIn(who string) bool {
	who = strings.ToUpper(who)
	return strings.HasPrefix(who, `NT AUTHORITY\`) || who == "S-1-5-10" || who == "S-1-5-18"
}
