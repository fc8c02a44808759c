package cloud

import (
	"slices"
	"strings"
)

// Facet is a kind of request, where one object takes several to write.
type Facet string

// The facets of recipients in Exchange Online. Every set of references is written by a change of its own, whatever its
// facet: action Members, with what is added and what is removed.
const (
	FacetRecipient  Facet = "recipient"  // Set-Mailbox, Set-MailUser, Set-MailContact, Set-DistributionGroup or Set-UnifiedGroup
	FacetPerson     Facet = "person"     // Set-Contact: names, phones and places of a mail contact
	FacetProtocols  Facet = "protocols"  // Set-CASMailbox
	FacetArchive    Facet = "archive"    // Enable-Mailbox and Disable-Mailbox -Archive
	FacetBooking    Facet = "booking"    // Set-CalendarProcessing
	FacetType       Facet = "type"       // Set-Mailbox -Type
	FacetFullAccess Facet = "fullAccess" // Add- and Remove-MailboxPermission
	FacetSendAs     Facet = "sendAs"     // Add- and Remove-RecipientPermission
)

// FacetPhoto is the one facet of users in Entra ID: a photo is put by a request of its own.
const FacetPhoto Facet = "photo"

// TypeProperty is what changes of FacetType call the kind of a mailbox. It is no row of the table: policies decide it as
// cloudType. Its values are Types: user, sharedMailbox, roomMailbox, equipmentMailbox.
const TypeProperty = "type"

// The types that several rows of the table are about.
var (
	mailboxes  = []Type{User, SharedMailbox, RoomMailbox, EquipmentMailbox}
	recipients = []Type{User, MailUser, SharedMailbox, RoomMailbox, EquipmentMailbox, MailContact, DistributionGroup,
		MailEnabledSecurityGroup, RoomList, Microsoft365Group}
	resources = []Type{RoomMailbox, EquipmentMailbox}
	relayed   = []Type{MailUser, MailContact} // mail for them leaves the tenant
	custom    = []Type{User, MailUser, SharedMailbox, RoomMailbox, EquipmentMailbox, MailContact, DistributionGroup,
		MailEnabledSecurityGroup, RoomList}
)

// On reports whether objects of a type have the property.
func (p *Property) On(t Type) bool {
	switch {
	case p.Only != nil:
		return slices.Contains(p.Only, t)
	case t.IsGroup():
		return p.Groups
	case t == MailContact:
		return p.Contacts
	}
	return p.Users
}

// MasteredWhole reports whether objects of the type live in Exchange Online, which masters all their properties: Graph can
// read them and no more.
func (t Type) MasteredWhole() bool {
	switch t {
	case MailContact, DistributionGroup, MailEnabledSecurityGroup, RoomList:
		return true
	}
	return false
}

// MasteredBy gives the directory that masters the property on objects of a type, and the kind of request that writes it
// there, "" for the object itself.
func (p *Property) MasteredBy(t Type) (Directory, Facet) {
	switch {
	case p.Directory == Exchange:
		return Exchange, p.Facet
	case !t.MasteredWhole():
		return p.Directory, p.Facet
	case t == MailContact && personal(p.Name):
		return Exchange, FacetPerson
	}
	return Exchange, FacetRecipient
}

// personal reports whether Set-Contact writes a property of a mail contact; the others are Set-MailContact's.
func personal(name string) bool {
	switch name {
	case "givenName", "surname", "jobTitle", "department", "companyName", "officeLocation", "streetAddress", "city", "state",
		"postalCode", "country", "businessPhones", "mobilePhone", "faxNumber", "manager":
		return true
	}
	return false
}

// MasteredOn is MasteredBy for one object that is there: where Exchange masters the mail properties of a synchronised
// mailbox (Recipient.CloudManaged), its custom attributes are among them.
func (p *Property) MasteredOn(o *Object) (Directory, Facet) {
	if o.Recipient.Cloud() && o.Synced && o.Type.IsUser() && isCustom(p.Name) {
		return Exchange, FacetRecipient
	}
	return p.MasteredBy(o.Type)
}

// isCustom reports whether a property is one of extensionAttribute1 to 15.
func isCustom(name string) bool { return strings.HasPrefix(name, "extensionAttribute") }

// Settable reports whether the property may be set from the cloud on an object. Another engine masters most of what a
// synchronised object holds: of those that live in Exchange Online everything but who may send as it, of users what Activate
// and Withheld say.
func (p *Property) Settable(o *Object) bool {
	switch synced := o.Synced || o.Recipient != nil && o.Recipient.DirSynced; {
	case !synced:
		return true
	case o.Type.IsGroup() || o.Type == MailContact:
		return p.Activate && !p.Withheld && (!o.Type.MasteredWhole() || p.Facet == FacetSendAs) // a permission is Exchange Online's own
	case o.Recipient.Cloud() && (isCustom(p.Name) || p.Directory == Exchange):
		return true
	}
	return p.Activate && !p.Withheld
}
