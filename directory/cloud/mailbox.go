package cloud

import "slices"

// MailboxPlans lists the service plans that give a mailbox. Source: "Product names and service plan identifiers for
// licensing"; EXCHANGE_S_FOUNDATION, archives and analytics are not among them.
func MailboxPlans() []string { return slices.Clone(mailboxPlans) }

// GivesMailbox reports whether a service plan, by its name, gives a mailbox.
func GivesMailbox(plan string) bool { return slices.Contains(mailboxPlans, plan) }

var mailboxPlans = []string{"EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_STANDARD", "EXCHANGE_S_DESKLESS", "EXCHANGE_S_ESSENTIALS",
	"EXCHANGE_B_STANDARD", "EXCHANGE_L_STANDARD", "EXCHANGE_S_ENTERPRISE_GOV", "EXCHANGE_S_STANDARD_GOV",
	"EXCHANGE_S_DESKLESS_GOV", "EXCHANGE_S_STANDARD_MIDMARKET"}

// KeepsMail reports whether a service plan, by its name, lets a mailbox have a litigation hold and an archive: Exchange Online
// Plan 2, or Archiving beside another plan. Source: "Exchange Online service description".
func KeepsMail(plan string) bool { return slices.Contains(keepingPlans, plan) }

var keepingPlans = []string{"EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_ENTERPRISE_GOV", "EXCHANGE_S_ARCHIVE_ADDON"}
