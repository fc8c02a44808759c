package report

import (
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/engine/plan"
)

// actionWords says in a report what an action does, in the order in which actions are listed.
var actionWords = []struct {
	action plan.Action
	word   string
}{
	{plan.Delete, "delete"},
	{plan.Disable, "disable"},
	{plan.Create, "create"},
	{plan.Adopt, "adopt"},
	{plan.Restore, "restore"},
	{plan.Update, "update"},
	{plan.License, "licences"},
	{plan.Refer, "manager"},
	{plan.Members, "members"},
}

func actionRank(a plan.Action) int {
	for i, w := range actionWords {
		if w.action == a {
			return i
		}
	}
	return len(actionWords)
}

func actionWord(a plan.Action) string {
	if i := actionRank(a); i < len(actionWords) {
		return actionWords[i].word
	}
	return string(a)
}

// skipWords says why something is withheld, in the order in which reports list the reasons: first what needs a decision,
// then what waits, then what is meant to be.
var skipWords = []struct {
	reason plan.SkipReason
	text   string
}{
	{plan.RuleError, "a rule could not decide"},
	{plan.Damaged, "an attribute could not be read as it stands"},
	{plan.DuplicateAnchor, "several objects claim one source anchor"},
	{plan.NoAnchor, "no usable source anchor"},
	{plan.Ambiguous, "matches more than one object"},
	{plan.Collision, "another object holds a value that must be unique"},
	{plan.Incomplete, "a required value is missing"},
	{plan.Rejected, "Microsoft 365 would refuse the value"},
	{plan.Unreadable, "vanished, and may still be there unreadably"},
	{plan.Unlocated, "vanished, and a file cannot tell whether it was deleted"},
	{plan.KindChange, "the cloud object is of another kind"},
	{plan.Protected, "an administrator of the tenant"},
	{plan.LostMailbox, "a deleted or inactive mailbox should be restored first"},
	{plan.SecondMailbox, "a licence would make a second, empty mailbox"},
	{plan.NoSeat, "the tenant lacks the subscription or a plan of it"},
	{plan.Substituted, "the cloud cannot hold the value; what it takes instead is planned"},
	{plan.Unresolved, "a member or manager without a cloud object"},
	{plan.NotOurs, "would be removed, but coexist does not own it"},
	{plan.NotUndone, "cannot be taken back"},
	{plan.Drifted, "changed in the tenant since coexist wrote it"},
	{plan.OnHold, "decided, and waits for its hold to end"},
	{plan.Delayed, "waits as a task; see coexist tasks list"},
	{plan.WaitingForEngine, "waiting for Entra Connect to make it"},
	{plan.NoMailbox, "needs a mailbox, and none is coming"},
	{plan.NoRecipient, "refers to somebody whom Exchange Online does not know yet"},
	{plan.MailHeld, "a hold or an archive needs the licence"},
	{plan.LacksLicense, "the licences carry no hold and no archive"},
	{plan.AfterConversion, "waits for the mailbox to become a shared one"},
	{plan.NeedsConnector, "needs a connector that is not there"},
	{plan.MasteredElse, "another engine masters it"},
	{plan.CloudManaged, "cloud-managed on purpose"},
	{plan.AfterAdoption, "waits until objects are adopted"},
	{plan.Kept, "left, and is kept by its leave decision"},
	{plan.ByPolicy, "the policy wants nothing in the cloud"},
	{plan.NoPolicy, "in no policy's scope"},
	{plan.OutsideSelection, "not among the objects selected"},
}

func skipRank(r plan.SkipReason) int {
	for i, w := range skipWords {
		if w.reason == r {
			return i
		}
	}
	return len(skipWords)
}

func skipWord(r plan.SkipReason) string {
	if i := skipRank(r); i < len(skipWords) {
		return skipWords[i].text
	}
	return Safe(string(r))
}

// undoWord says how far what is taken away can be brought back.
func undoWord(a plan.Action, u plan.Undo) string {
	switch {
	case u == plan.Exact:
		return "can be undone"
	case u == plan.Partial && a == plan.Delete:
		return "can be restored for 30 days"
	case u == plan.Partial:
		return "can be undone in part"
	}
	return "cannot be undone"
}

// label names an object for people, where it stands alone.
func label(o plan.Object, opts Options) string {
	if o.Name != "" && o.UPN != "" && o.Name != o.UPN {
		return opts.name(o.Name) + " <" + opts.name(o.UPN) + ">"
	}
	return short(o, opts)
}

// short names an object among others: users by what is unique.
func short(o plan.Object, opts Options) string {
	for _, n := range []string{o.UPN, o.Name, o.DN, o.GUID, o.ID, string(o.Anchor)} {
		if n != "" {
			return opts.name(n)
		}
	}
	return "(unnamed)"
}

// name makes a name safe, and short unless everything was asked for.
func (o Options) name(s string) string {
	if o.Full {
		return Safe(s)
	}
	return clip(Safe(s), 64)
}

// rule names where a decision came from.
func rule(b plan.Because) string {
	switch {
	case b.Rule == "" && b.File == "":
		return Safe(b.Decision)
	case b.File == "":
		return "rule " + Safe(b.Rule)
	case b.Rule == "":
		return fmt.Sprintf("%s:%d", Safe(b.File), b.Line)
	}
	return fmt.Sprintf("rule %s (%s:%d)", Safe(b.Rule), Safe(b.File), b.Line)
}

// list joins names and says how many more there are.
func list(first []string, total int) string {
	s := strings.Join(first, ", ")
	if more := total - len(first); more > 0 {
		s += " and " + count(more) + " more"
	}
	return s
}
