package engine

import (
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// read by the engine beside the policies: without one of them it cannot tell whose the object is, where it lies, or who its
// members are.
var neededNames = []string{directory.AttrDN, directory.AttrObjectSID, directory.AttrConsistencyGUID, directory.AttrMember, directory.AttrPrimaryGroupID,
	directory.AttrProxyAddresses, directory.AttrMail, directory.AttrMailboxGUID, directory.AttrTypeDetails, directory.AttrRemoteType}

// needed reports whether the engine itself reads an attribute, so that an object without it is held as a whole. Of all others,
// the decisions that read them are held.
func needed(ldap string) bool {
	return slices.ContainsFunc(neededNames, func(n string) bool { return directory.EqualFold(n, ldap) })
}

// flawed reports whether an attribute of the object at index i could not be taken over.
func (p *planner) flawed(i int) bool {
	_, ok := p.flaws[p.in.Snapshot.At(i).GUID]
	return ok
}

// undecided reports whether any decision about an object is held.
func undecided(out *rules.Outcome) bool {
	return slices.ContainsFunc(out.Decisions, func(d rules.Decision) bool { return d.Status == rules.Held })
}

// held reports whether the object as a whole must wait: a held decision keeps what coexist applied last, and where it
// never applied anything there is nothing to keep.
func held(s *desired.State, row *ledger.Row, priors []rules.Prior) bool {
	return slices.ContainsFunc(s.Problems, func(k plan.Skip) bool {
		return k.Reason == plan.RuleError && len(k.Because) > 0 && !applied(row, priors, k.Because[0].Decision)
	})
}

// applied reports whether coexist has carried out a decision about an object before.
func applied(row *ledger.Row, priors []rules.Prior, decision string) bool {
	if slices.ContainsFunc(priors, func(p rules.Prior) bool { return p.Decision == decision }) {
		return true
	}
	if row == nil {
		return false
	}
	if decision == rules.Leave {
		return row.Leave != ""
	}
	return slices.ContainsFunc(row.Exported, func(s cloud.Set) bool {
		p := cloud.Row(s.Name)
		return p != nil && p.Decision == decision
	})
}
