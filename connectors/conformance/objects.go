package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

func (s *suite) tenantFacts() {
	t := s.facts
	if _, err := directory.ParseGUID(t.ID); err != nil {
		s.Errorf("tenant id: %v", err)
	}
	if !slices.IsSortedFunc(t.Domains, func(a, b cloud.Domain) int { return strings.Compare(a.Name, b.Name) }) {
		s.Errorf("domains are not sorted: %v", t.Domains)
	}
	for _, d := range t.Domains {
		if d.Name != strings.ToLower(d.Name) {
			s.Errorf("domain %s is not in lower case", d.Name)
		}
	}
	if !slices.IsSortedFunc(t.SKUs, func(a, b cloud.SKU) int { return strings.Compare(a.Name, b.Name) }) {
		s.Errorf("subscriptions are not sorted: %v", t.SKUs)
	}
}

// readBack checks a new object by each of the three ways to read it.
func (s *suite) readBack(c plan.Change) {
	s.Helper()
	o := s.create(c)
	found, err := s.target.ByAnchor(s.Context(), o.Type, o.Anchor)
	if err != nil {
		s.Fatalf("find by anchor: %v", err)
	}
	if found.ID != o.ID || found.Anchor != o.Anchor || found.Deleted {
		s.Errorf("by anchor %s: got id %s, anchor %s, deleted %v", o.Anchor, found.ID, found.Anchor, found.Deleted)
	}
	listed, ok := s.all(propertiesOf(o.Type)...)[o.ID]
	if !ok {
		s.Fatal("the object is missing from the whole tenant")
	}
	for _, got := range []cloud.Object{s.current(o), listed} {
		if got.Anchor != o.Anchor || got.Type != o.Type || got.Synced || got.Deleted {
			s.Errorf("got anchor %s, type %s, synced %v, deleted %v", got.Anchor, got.Type, got.Synced, got.Deleted)
		}
		for _, a := range c.Attributes {
			s.want(got, a.Name, a.After)
		}
	}
}

func (s *suite) createUser() {
	s.readBack(s.user("ada", set("givenName", cloud.Text("Ada")), set("usageLocation", cloud.Text("DE")),
		set("businessPhones", cloud.Texts([]string{"+49 30 1"})), set("extensionAttribute1", cloud.Text("x1"))))
}

func (s *suite) createSecurityGroup() { s.readBack(s.group(cloud.SecurityGroup, "readers")) }

func (s *suite) createMicrosoft365Group() { s.readBack(s.group(cloud.Microsoft365Group, "team")) }

func (s *suite) uniqueness() {
	first := s.user("ada")
	s.export(first)
	again := s.user("grace")
	again.Object.Anchor = first.Object.Anchor
	s.refused(again, fault.Conflict)
	namesake := s.user("ADA")
	s.refused(namesake, fault.Conflict)
	if n := s.live(); n != 1 {
		s.Errorf("%d users, want 1", n)
	}
}

// live counts the objects with an anchor that are not deleted.
func (s *suite) live() int {
	n := 0
	for _, o := range s.all() {
		if o.Anchor != "" && !o.Deleted {
			n++
		}
	}
	return n
}

func (s *suite) repeatedGroup() {
	c := s.group(cloud.SecurityGroup, "readers")
	id := s.export(c)
	again, err := s.target.Export(s.Context(), c, known)
	if err != nil {
		s.kind(err, fault.Conflict)
	} else if again != id {
		s.Errorf("the second create returned %s, the first %s", again, id)
	}
	if n := s.live(); n != 1 {
		s.Errorf("%d groups, want 1", n)
	}
}

func (s *suite) incomplete() {
	c := s.user("ada")
	c.Attributes = slices.DeleteFunc(c.Attributes, func(a plan.Attribute) bool { return a.Name == "displayName" })
	s.refused(c, fault.Invalid)
	if n := s.live(); n != 0 {
		s.Errorf("%d objects, want none", n)
	}
}

func (s *suite) update() {
	o := s.create(s.user("ada", set("givenName", cloud.Text("Ada")), set("jobTitle", cloud.Text("Analyst")),
		set("businessPhones", cloud.Texts([]string{"1"})), set("extensionAttribute1", cloud.Text("x"))))
	s.export(s.change(plan.Update, o,
		plan.Attribute{Name: "givenName", Before: cloud.Text("Ada"), After: cloud.Text("Augusta")},
		plan.Attribute{Name: "businessPhones", Before: cloud.Texts([]string{"1"})},
		plan.Attribute{Name: "extensionAttribute1", Before: cloud.Text("x")},
		plan.Attribute{Name: "usageLocation", After: cloud.Text("GB")}))
	got := s.current(o)
	s.want(got, "givenName", cloud.Text("Augusta"))
	s.want(got, "businessPhones", cloud.Value{})
	s.want(got, "extensionAttribute1", cloud.Value{})
	s.want(got, "usageLocation", cloud.Text("GB"))
	s.want(got, "jobTitle", cloud.Text("Analyst"))
	s.want(got, "displayName", cloud.Text("ada"))
	s.export(s.change(plan.Update, o, plan.Attribute{Name: "jobTitle", Before: cloud.Text("Analyst")}))
	s.want(s.current(o), "jobTitle", cloud.Value{})
}

func (s *suite) clearRequired() {
	o := s.create(s.user("ada"))
	s.refused(s.change(plan.Update, o, plan.Attribute{Name: "displayName", Before: cloud.Text("ada")}), fault.Invalid)
	s.want(s.current(o), "displayName", cloud.Text("ada"))
}

// foreign puts an object into the tenant that is not ours.
func (s *suite) foreign(t cloud.Type, name string, synced bool) plan.Object {
	s.Helper()
	o := cloud.Object{Type: t, Synced: synced}
	o.Put("displayName", cloud.Text(name))
	o.Put("mailNickname", cloud.Text(name))
	if t.IsUser() {
		o.Put("userPrincipalName", cloud.Text(name+"@"+s.domain()))
		o.Put("accountEnabled", cloud.Truth(true))
	}
	return plan.Object{Anchor: s.anchor(t), Kind: "user", Type: t, Name: name, ID: s.put(s.T, o)}
}

// adopt asks it of users alone: whether a group that is there already takes a key differs from target to target.
func (s *suite) adopt() {
	o := s.foreign(cloud.User, "ada", false)
	before := s.current(o)
	if before.Anchor != "" {
		s.Fatalf("the foreign object has anchor %s", before.Anchor)
	}
	s.export(s.change(plan.Adopt, o))
	after := s.current(o)
	if after.Anchor != o.Anchor {
		s.Errorf("anchor %q, want %q", after.Anchor, o.Anchor)
	}
	for _, p := range userProperties {
		s.want(after, p, before.Get(p))
	}
}

func (s *suite) adoptTaken() {
	ours := s.create(s.user("ada"))
	o := s.foreign(cloud.User, "grace", false)
	o.Anchor = ours.Anchor
	s.refused(s.change(plan.Adopt, o), fault.Conflict)
	if got := s.current(o); got.Anchor != "" {
		s.Errorf("the other object got anchor %s", got.Anchor)
	}
}

func (s *suite) disable() {
	o := s.create(s.user("ada"))
	s.export(s.change(plan.Disable, o, plan.Attribute{Name: "accountEnabled", Before: cloud.Truth(true), After: cloud.Truth(false)}))
	s.want(s.current(o), "accountEnabled", cloud.Truth(false))
}

// deleted names the object for those who read the plan, as the planner does; nothing of it is written.
func deleted(o plan.Object) plan.Attribute {
	return plan.Attribute{Name: "displayName", Before: cloud.Text(o.Name), Reason: plan.ObjectGone}
}

func (s *suite) deleteAndRestore() {
	o := s.create(s.user("ada", set("jobTitle", cloud.Text("Analyst"))))
	s.export(s.change(plan.Delete, o, deleted(o)))
	_, err := s.target.Current(s.Context(), o.Type, o.ID, nil)
	s.kind(err, fault.NotFound)
	found, err := s.target.ByAnchor(s.Context(), o.Type, o.Anchor)
	if err != nil {
		s.Fatalf("find the deleted user: %v", err)
	}
	if !found.Deleted || found.ID != o.ID {
		s.Errorf("by anchor: id %s, deleted %v", found.ID, found.Deleted)
	}
	if listed, ok := s.all("displayName")[o.ID]; !ok || !listed.Deleted || listed.Anchor != o.Anchor {
		s.Errorf("in the whole tenant: there %v, deleted %v, anchor %q", ok, listed.Deleted, listed.Anchor)
	}
	s.export(s.change(plan.Restore, o))
	got := s.current(o)
	s.want(got, "jobTitle", cloud.Text("Analyst"))
	if got.Anchor != o.Anchor {
		s.Errorf("anchor %q after the restore, want %q", got.Anchor, o.Anchor)
	}
}

func (s *suite) deleteGone() {
	for _, c := range []plan.Change{s.user("ada"), s.group(cloud.SecurityGroup, "readers")} {
		o := s.create(c)
		s.export(s.change(plan.Delete, o, deleted(o)))
		s.export(s.change(plan.Delete, o, deleted(o)))
	}
	if n := s.live(); n != 0 {
		s.Errorf("%d objects are left", n)
	}
}

// nobody is the id of an object that no tenant has.
const nobody = "00000000-dead-4000-8000-000000000000"

func (s *suite) notFound() {
	for _, t := range []cloud.Type{cloud.User, cloud.SecurityGroup} {
		_, err := s.target.Current(s.Context(), t, nobody, propertiesOf(t))
		s.kind(err, fault.NotFound)
		_, err = s.target.ByAnchor(s.Context(), t, s.anchor(t))
		s.kind(err, fault.NotFound)
	}
	o := plan.Object{Anchor: s.anchor(cloud.User), Kind: "user", Type: cloud.User, Name: "nobody", ID: nobody}
	s.refused(s.change(plan.Update, o, set("jobTitle", cloud.Text("x"))), fault.NotFound)
	s.refused(s.change(plan.Restore, o), fault.NotFound)
}

func (s *suite) mastered() {
	o := s.foreign(cloud.User, "ada", true)
	if got := s.current(o); !got.Synced {
		s.Fatal("the object is not marked as synchronised")
	}
	s.refused(s.change(plan.Update, o, set("jobTitle", cloud.Text("x"))), fault.Invalid)
	s.want(s.current(o), "jobTitle", cloud.Value{})
	s.export(s.change(plan.Update, o, set("usageLocation", cloud.Text("DE"))))
	s.want(s.current(o), "usageLocation", cloud.Text("DE"))
}

func (s *suite) yieldError() {
	s.export(s.user("ada"))
	s.export(s.user("grace"))
	stop, calls := errors.New("enough"), 0
	err := s.target.Objects(s.Context(), nil, func(cloud.Object) error { calls++; return stop })
	if err != stop || calls != 1 {
		s.Errorf("got error %v after %d calls, want the error of yield itself after one", err, calls)
	}
}

func (s *suite) cancelled() {
	s.export(s.user("ada"))
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if err := s.target.Objects(ctx, nil, func(cloud.Object) error { return nil }); err == nil {
		s.Error("a cancelled read succeeded")
	}
	if _, err := s.target.Tenant(ctx); err == nil {
		s.Error("a cancelled read of the tenant succeeded")
	}
	c := s.user("grace")
	if _, err := s.target.Export(ctx, c, known); err == nil {
		s.Error("a cancelled write succeeded")
	}
	if n := s.live(); n != 1 {
		s.Errorf("%d users, want 1", n)
	}
}

func (s *suite) onlyAsked() {
	o := s.create(s.user("ada", set("jobTitle", cloud.Text("Analyst")), set("givenName", cloud.Text("Ada"))))
	got, err := s.target.Current(s.Context(), o.Type, o.ID, []string{"jobTitle"})
	if err != nil {
		s.Fatal(err)
	}
	listed := s.all("jobTitle")[o.ID]
	for _, c := range []cloud.Object{got, listed} {
		if len(c.Properties) != 1 || c.Get("jobTitle").Text() != "Analyst" {
			s.Errorf("got %v, want jobTitle alone", c.Properties)
		}
	}
}
