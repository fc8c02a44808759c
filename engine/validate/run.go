package validate

import (
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/tenant"
)

// Input is what is validated.
type Input struct {
	Snapshot *snapshot.Snapshot
	Tenant   *tenant.View // nil: without a tenant
	// Decided gives what the policies made of the object at an index of the snapshot; nil: without policies, with the
	// filters of Entra Connect in their place. It is asked twice for each object, in order.
	Decided func(i int) desired.State
	// Mode is that of objects which are not in the cloud yet, "" for Provision. That of the others follows from themselves.
	Mode         cloud.Mode
	Facts        Facts
	Suppressions []Suppression
	AsOf         time.Time // what the suppressions' ends are held against
}

// Run checks everything and hands findings to yield: those of the snapshot's objects in their order, each object's by check,
// then those of the tenant and the policies. An error of yield ends it and is returned as it is.
func Run(in Input, yield func(Finding) error) (Summary, error) {
	r := newRun(in)
	r.prepare()
	for i := range r.objects() {
		r.check(i)
		if err := r.flush(yield); err != nil {
			return Summary{}, err
		}
	}
	r.checkWhole()
	if err := r.flush(yield); err != nil {
		return Summary{}, err
	}
	return r.summary(), nil
}

// prepare learns what the checks of one object need to know of all others.
func (r *run) prepare() {
	r.survey()
	if r.in.Tenant != nil {
		r.table = join.Build(r.in.Tenant, r.in.Snapshot.Len(), r.wish)
	}
	r.foresee()
	r.nest()
}

// run carries one validation.
type run struct {
	in       Input
	s        *snapshot.Snapshot
	aside    []directory.Object // objects without an anchor of their own
	entry    *entry             // the object being checked
	other    *entry             // any other one
	index    *index
	sources  []origin
	reasons  []string     // why an object is not checked, "" where it is
	kinds    []cloud.Type // what objects become; with a tenant or decisions alone
	upns     []string     // what the policies make of the user principal name; with both alone
	table    *join.Table  // nil without a tenant
	future   *foresight   // nil without a tenant
	deleted  map[string][]int32
	cycles   map[int32][]int32 // group -> the groups of its cycle
	seats    map[string]*seats
	mails    map[string][]int            // deleted mailboxes, by what names them
	flawed   map[directory.GUID][]string // attributes that could not be taken over from the directory
	here     *origin                     // where the object being checked came from
	state    desired.State               // of the object being checked
	mode     cloud.Mode
	target   *cloud.Object // its counterpart, nil when there is none
	found    []Finding
	silenced suppressions
	counts   []int // by check
	tally    Summary
}

// origin is what matters of a source: its domain, and which checks it did not read the attributes for.
type origin struct {
	name, domain string
	unread       []bool // by check
}

func newRun(in Input) *run {
	s := in.Snapshot
	l := newLayout(s.Schema())
	r := &run{in: in, s: s, entry: &entry{layout: l}, other: &entry{layout: l}, index: newIndex(), counts: make([]int, len(table)),
		seats: map[string]*seats{}, flawed: map[directory.GUID][]string{}}
	if r.in.Mode == "" {
		r.in.Mode = cloud.Provision
	}
	n := 0
	for o := range s.All() {
		if n++; n > s.Len() {
			r.aside = append(r.aside, o)
		}
	}
	r.unmet()
	r.silenced = newSuppressions(in.Suppressions, in.AsOf)
	r.indexMailboxes()
	return r
}

// objects is the number of all objects: those of the snapshot, then those that it has set aside.
func (r *run) objects() int { return r.s.Len() + len(r.aside) }

func (r *run) object(i int) directory.Object {
	if i < r.s.Len() {
		return r.s.At(i)
	}
	return r.aside[i-r.s.Len()]
}

// origin gives the source of an object.
func (r *run) origin(i int) *origin {
	if len(r.sources) == 1 {
		return &r.sources[0]
	}
	var name, domain string
	if i < r.s.Len() {
		src, _ := r.s.SourceOf(i)
		name = src.Name
	} else {
		domain = directory.DomainOfDN(r.object(i).DN())
	}
	for k := range r.sources {
		if o := &r.sources[k]; o.name == name || domain != "" && o.domain == domain {
			return o
		}
	}
	return &r.sources[0]
}

// domain gives the DNS name of an object's domain.
func (r *run) domain(i int) string { return r.origin(i).domain }

// realm gives what sets account names of several domains apart: the domain, or the source where that is not known.
func (r *run) realm(i int) string {
	o := r.origin(i)
	if o.domain == "" {
		return "source " + o.name
	}
	return directory.Fold(o.domain)
}

// check looks at one object.
func (r *run) check(i int) {
	r.enter(i)
	e := r.entry
	if r.reasons[i] != "" {
		r.checkExcluded()
		return
	}
	r.tally.Objects++
	r.checkAnchor()
	r.checkNames()
	r.checkAddresses()
	r.checkAlias()
	r.checkCollisions()
	r.checkPrediction()
	switch e.object.Kind {
	case directory.User:
		r.checkUPN()
		r.checkAccount()
		r.checkMailbox()
		r.checkLicenses()
	case directory.Group:
		r.checkGroup()
	}
	if e.object.Kind != directory.Group {
		r.checkTarget()
	}
	if r.table != nil && i < r.s.Len() {
		r.checkCounterpart()
	}
}

// checkExcluded says why an object that one may expect in the cloud is not synchronised.
func (r *run) checkExcluded() {
	switch r.entry.excluded() {
	case victim:
		r.find("CFL-001", slotNames[aDN], r.entry.first(aDN), "left out; find the object that it conflicts with, and delete the one that nobody uses")
	case linked:
		r.find("MBX-005", slotNames[aDetails], r.entry.first(aDetails), linked)
	case pure:
		r.find("GRP-001", slotNames[aMail], "", "neither mail nor proxyAddresses has a value")
	}
}

// modeOf gives the mode that follows from a cloud object.
func modeOf(o *cloud.Object) cloud.Mode {
	if o.Synced {
		return cloud.Activate
	}
	return cloud.Provision
}
