package cloud

// Recipient is what Exchange Online says about an object beyond its properties.
type Recipient struct {
	Details      string `json:"details"`                // RecipientTypeDetails, such as UserMailbox or MailUser
	GUID         string `json:"guid"`                   // of the recipient, by which Exchange finds it whatever its names
	ExchangeGUID string `json:"exchangeGuid,omitempty"` // of the mailbox or, on a mail user, of the mailbox that it stands for; "" when zero
	ArchiveGUID  string `json:"archiveGuid,omitempty"`
	DirSynced    bool   `json:"dirSynced"`    // IsDirSynced: the directory masters it
	CloudManaged bool   `json:"cloudManaged"` // IsExchangeCloudManaged: the cloud masters its mail properties all the same
	Licensed     *bool  `json:"licensed"`     // SKUAssigned; nil when Exchange did not say
	SoftDeleted  bool   `json:"softDeleted"`
	Inactive     bool   `json:"inactive"` // kept for a hold after its user was deleted
	Held         bool   `json:"held"`     // a hold keeps what is in the mailbox: litigation, a case, a retention label or policy
}

// HasMailbox reports whether there is a mailbox in Exchange Online.
func (r *Recipient) HasMailbox() bool {
	if r == nil || r.SoftDeleted || r.Inactive {
		return false
	}
	switch r.Details {
	case "UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox", "SchedulingMailbox":
		return true
	}
	return false
}

// Known reports whether Exchange Online holds the object as a live recipient of any kind.
func (r *Recipient) Known() bool {
	return r != nil && !r.SoftDeleted && !r.Inactive && r.Details != "" && r.Details != "User"
}

// Cloud reports whether the cloud masters the mail properties of a synchronised object (IsExchangeCloudManaged).
func (r *Recipient) Cloud() bool { return r != nil && r.CloudManaged }
