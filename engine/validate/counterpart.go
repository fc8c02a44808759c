package validate

import (
	"fmt"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
)

// checkCounterpart looks at the cloud object that belongs to the object, or that would if it were another one.
func (r *run) checkCounterpart() {
	m := r.table.Matches[r.entry.i]
	if r.target != nil && r.target.Synced {
		r.find("COX-001", "onPremisesSyncEnabled", "true", fmt.Sprintf("%q in the cloud is mastered by another engine", r.target.Name()))
	}
	if m.Problem != nil && r.entry.object.Kind == directory.User {
		for _, ref := range m.Problem.Others {
			if i, ok := r.in.Tenant.ByID(ref.ID); ok {
				r.unfit(r.in.Tenant.At(i))
			}
		}
	}
	if s := r.in.Facts.Sync; s != nil {
		r.blocked(m, s)
	}
}

// unfit tells of an object that matches, but must not become the counterpart.
func (r *run) unfit(o *cloud.Object) {
	id, detail := "COX-002", fmt.Sprintf("%q matches, but holds an administrative role: take the role away until they are joined", o.Name())
	switch {
	case !r.rival(o):
		return
	case o.Type == cloud.Guest:
		id, detail = "COX-003", fmt.Sprintf("%q matches, but is a guest: convert it to a member, or remove it", o.Name())
	}
	if f := r.find(id, "userPrincipalName", r.entry.first(aUPN), detail); f != nil {
		f.with(Party{cloudObject(o), "userPrincipalName"})
	}
}

// blocked tells of a match that the tenant's switches forbid to the other engine.
func (r *run) blocked(m join.Match, s *Switches) {
	if r.target == nil || r.target.Synced {
		return
	}
	switch {
	case m.How.Soft() && s.BlockSoftMatch:
		r.find("COX-006", "blockSoftMatchEnabled", "true", fmt.Sprintf("it would be matched with %q %s", r.target.Name(), m.How))
	case m.How == join.Hard && s.BlockHardMatch:
		r.find("COX-006", "blockCloudObjectTakeoverThroughHardMatchEnabled", "true", fmt.Sprintf("it would take %q over by its anchor", r.target.Name()))
	}
}

// checkReported passes on what the cloud itself reports, for the source object where there is one.
func (r *run) checkReported() {
	for _, e := range r.in.Facts.ProvisioningErrors {
		r.whole("COX-004", r.reported(e.ID, e.Name), e.Property, e.Value, strings.TrimSpace(e.Category+since(e.Since, e.First)))
	}
	for _, e := range r.in.Facts.ServiceErrors {
		r.whole("COX-005", r.reported(e.ID, e.Name), e.Service, "", e.Detail+since(e.Since, e.First))
	}
}

func since(told, first time.Time) string {
	out := ""
	if !told.IsZero() {
		out = " since " + told.UTC().Format(time.RFC3339)
	}
	if !first.IsZero() {
		out += ", first seen " + first.UTC().Format(time.RFC3339)
	}
	return out
}

// reported names the object that the cloud reports about.
func (r *run) reported(id, name string) plan.Object {
	if r.in.Tenant != nil {
		if t, ok := r.in.Tenant.ByID(id); ok {
			if i, ok := r.table.SourceOf(t); ok {
				r.other.load(i, r.s.At(i))
				return r.described(r.other)
			}
			return cloudObject(r.in.Tenant.At(t))
		}
	}
	return plan.Object{Kind: "cloud", Name: name, ID: id}
}
