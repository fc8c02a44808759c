package cloud

// Type is what an object is, or shall be, in the cloud. None means that it shall not be there.
type Type string

// The cloud object types, as policies spell them.
const (
	None                     Type = "none"
	User                     Type = "user"
	MailUser                 Type = "mailUser"
	SharedMailbox            Type = "sharedMailbox"
	RoomMailbox              Type = "roomMailbox"
	EquipmentMailbox         Type = "equipmentMailbox"
	MailContact              Type = "mailContact"
	SecurityGroup            Type = "securityGroup"
	MailEnabledSecurityGroup Type = "mailEnabledSecurityGroup"
	DistributionGroup        Type = "distributionGroup"
	RoomList                 Type = "roomList"
	Microsoft365Group        Type = "microsoft365Group"
	// Guest and Dynamic are found in tenants but never made by a policy.
	Guest        Type = "guest"
	DynamicGroup Type = "dynamicGroup"
)

// Types lists what a policy may decide, in the order in which documentation and reports show them.
func Types() []Type {
	return []Type{User, MailUser, SharedMailbox, RoomMailbox, EquipmentMailbox, MailContact, SecurityGroup,
		MailEnabledSecurityGroup, DistributionGroup, RoomList, Microsoft365Group, None}
}

// Directory is the connected directory that masters a property or makes an object.
type Directory string

// The directories that changes go to.
const (
	AD       Directory = "ad"
	Entra    Directory = "entra"
	Exchange Directory = "exchange"
)

// Creator gives the directory that can make objects of the type. Mail-enabled security groups and distribution groups
// are refused by Graph ("Cannot Create a mail-enabled security groups and or distribution list"), contacts are read-only
// there, and mailboxes without a licence are made by Exchange Online.
func (t Type) Creator() Directory {
	switch t {
	case User, SecurityGroup, Microsoft365Group:
		return Entra
	}
	return Exchange
}

// IsResource reports whether objects of the type are mailboxes that need no licence.
func (t Type) IsResource() bool {
	return t == SharedMailbox || t == RoomMailbox || t == EquipmentMailbox
}

// IsGroup reports whether objects of the type have members.
func (t Type) IsGroup() bool {
	switch t {
	case SecurityGroup, MailEnabledSecurityGroup, DistributionGroup, RoomList, Microsoft365Group, DynamicGroup:
		return true
	}
	return false
}

// IsUser reports whether an object of the type is a user object in Entra ID.
func (t Type) IsUser() bool {
	switch t {
	case User, MailUser, SharedMailbox, RoomMailbox, EquipmentMailbox, Guest:
		return true
	}
	return false
}

// Mode is how coexist relates to a cloud object: it masters the object, or another engine such as Entra Connect does.
type Mode string

// The modes. Provision: coexist creates and owns. Activate: another engine owns; coexist sets only what the cloud masters.
const (
	Provision Mode = "provision"
	Activate  Mode = "activate"
)

// Title gives the directory's name for people.
func (d Directory) Title() string {
	switch d {
	case AD:
		return "Active Directory"
	case Entra:
		return "Entra ID"
	case Exchange:
		return "Exchange Online"
	}
	return string(d)
}
