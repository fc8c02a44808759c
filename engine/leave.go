package engine

import (
	"fmt"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// gone handles a ledger row whose object is not in the snapshot. Deleted, moved away and unreadable are three things, and
// what cannot be told counts as unreadable: nothing happens to it.
func (p *planner) gone(o *outcome, row ledger.Row) {
	if ofCloudGroup(&row) {
		return // it has no object in the source
	}
	if p.aside[row.GUID] {
		return // it is in the snapshot without an anchor of its own, and listed as such
	}
	about := plan.Object{Anchor: row.Anchor, Kind: row.Kind.String(), Type: row.Type, Name: row.Name, DN: row.DN, GUID: row.GUID.String(), ID: row.ID}
	if p.in.Locator == nil {
		o.skips = append(o.skips, plan.Skip{Object: about, Reason: plan.Unlocated,
			Detail: "not in the file that was read, which cannot say whether it was deleted or moved; plan against the directory to find out"})
		return
	}
	switch s := p.fates[row.GUID]; s.Fate {
	case connector.FateDeleted:
		p.left(o, row, about, plan.ObjectGone)
	case connector.FateMoved:
		about.DN = s.DN
		p.left(o, row, about, plan.OutOfScope)
	default:
		o.skips = append(o.skips, plan.Skip{Object: about, Reason: plan.Unreadable,
			Detail: "found neither alive nor deleted: the account that reads may lack the right to see it or the deleted objects"})
	}
}

// stays notes the leave decision of an object that is there, if anything about it is to be remembered anew.
func (o *outcome) stays(row *ledger.Row, about *plan.Object, leave string, hold time.Duration) {
	if !row.LeftSince.IsZero() || row.Leave != leave || row.Hold != hold || row.Name != about.Name || row.DN != about.DN {
		o.leaving = append(o.leaving, ledger.Leaving{Anchor: row.Anchor, Name: about.Name, DN: about.DN, Leave: leave, Hold: hold})
	}
}

// left carries out the leave decision that was stored while the object was in scope.
func (p *planner) left(o *outcome, row ledger.Row, about plan.Object, why plan.Reason) {
	if row.LeftSince.IsZero() {
		o.leaving = append(o.leaving, ledger.Leaving{Anchor: row.Anchor, Name: row.Name, DN: about.DN, Leave: row.Leave, Hold: row.Hold, Left: true})
	}
	i, ok := p.view.ByID(row.ID)
	if !ok || p.view.At(i).Deleted {
		return
	}
	t := p.view.At(i)
	if j, claimed := p.table.SourceOf(i); claimed && p.in.Snapshot.Anchor(j) != row.Anchor {
		return // it belongs to another object of the source by now, which decides about it
	}
	about.Type, about.ID, about.UPN = t.Type, t.ID, t.Get("userPrincipalName").Text()
	skip := func(r plan.SkipReason, detail string) {
		o.skips = append(o.skips, plan.Skip{Object: about, Reason: r, Detail: word(why) + ": " + detail})
	}
	since := row.LeftSince
	if since.IsZero() {
		since = p.in.AsOf
	}
	until := since.Add(row.Hold)
	switch {
	case p.in.Selection != nil:
		skip(plan.OutsideSelection, "a plan for a selection deletes and disables nothing")
	case !row.Owned():
		skip(plan.NotOurs, "coexist neither made nor adopted it")
	case t.Anchor != row.Anchor && !t.Type.MasteredWhole():
		skip(plan.NotOurs, "its cloud object carries another anchor by now, or none: it was taken out of our hands")
	case t.Synced:
		skip(plan.MasteredElse, "another engine masters it by now")
	case t.CloudOwned:
		skip(plan.CloudManaged, "cloud-managed on purpose by now")
	case t.Admin:
		skip(plan.Protected, "it holds an administrative role in the tenant, so that "+row.Leave+" is left to a person")
	case row.Leave == "" || row.Leave == "keep":
		skip(plan.Kept, "its leave decision says keep")
	case !p.connected(cloud.Exchange) && (row.Leave == "convertToShared" || t.Type.MasteredWhole()):
		skip(plan.NeedsConnector, "converting to a shared mailbox needs Exchange Online")
		if t.Type.MasteredWhole() {
			o.skips[len(o.skips)-1].Detail = word(why) + ": a " + string(t.Type) + " can be deleted by Exchange Online only"
		}
		o.skips[len(o.skips)-1].Needs = cloud.Exchange
	case row.Leave == "convertToShared" && t.Type.IsUser() && !t.Recipient.HasMailbox() && t.Get("accountEnabled").Truth():
		skip(plan.NoMailbox, "there is no mailbox to convert to a shared one; its leave decision could say disable")
	case p.in.AsOf.Before(until):
		skip(plan.OnHold, fmt.Sprintf("%s scheduled for %s", row.Leave, until.UTC().Format("2006-01-02 15:04 UTC")))
		u := until.UTC()
		o.skips[len(o.skips)-1].Until = &u
	default:
		r := diff.Result{Changes: farewell(row, t, about, why)}
		if p.adopting && len(r.Changes) > 0 {
			r = diff.Result{Skips: []plan.Skip{p.withheld(about, "")}}
		}
		p.put(o, t, r)
	}
}

// farewell gives the changes that a leave decision asks for, none when it is so already. What becomes a shared mailbox is
// converted before sign-in is blocked; its licences stay, as a shared mailbox over 50 GB, on hold or with an archive needs
// one.
func farewell(row ledger.Row, t *cloud.Object, about plan.Object, why plan.Reason) []plan.Change {
	because := []plan.Because{{Decision: "leave"}}
	change := func(a plan.Action, suffix string, u plan.Undo, attr plan.Attribute) plan.Change {
		attr.Because, attr.Reason = because, why
		return plan.Change{ID: diff.ChangeID(string(row.Anchor), a, suffix), Object: about, Action: a, Directory: cloud.Entra, Undo: u,
			Attributes: []plan.Attribute{attr}, Fingerprint: plan.FingerprintOf(t, []string{attr.Name})}
	}
	if row.Leave == "delete" {
		undo := plan.Partial
		if t.Type == cloud.SecurityGroup || t.Type.MasteredWhole() {
			undo = plan.Never
		}
		c := change(plan.Delete, "", undo, plan.Attribute{Name: "displayName", Before: t.Get("displayName")})
		if t.Type.MasteredWhole() {
			c.Directory = cloud.Exchange
		}
		return []plan.Change{c}
	}
	var out []plan.Change
	if row.Leave == "convertToShared" && t.Type == cloud.User {
		about.Type = cloud.SharedMailbox
		c := change(plan.Update, string(cloud.FacetType), plan.Exact,
			plan.Attribute{Name: cloud.TypeProperty, Before: cloud.Text(string(t.Type)), After: cloud.Text(string(cloud.SharedMailbox))})
		c.Directory, c.Facet, c.Fingerprint = cloud.Exchange, cloud.FacetType, diff.TypeFingerprint(t)
		out = append(out, c)
	}
	if t.Type.IsGroup() || !t.Get("accountEnabled").Truth() {
		return out
	}
	c := change(plan.Disable, "", plan.Exact, plan.Attribute{Name: "accountEnabled", Before: cloud.Truth(true), After: cloud.Truth(false)})
	for _, x := range out {
		c.DependsOn = append(c.DependsOn, x.ID)
	}
	return append(out, c)
}

func word(r plan.Reason) string {
	if r == plan.ObjectGone {
		return "deleted in the directory"
	}
	return "left scope"
}
