package conformance

import (
	"fmt"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

func ref(o plan.Object) plan.Ref { return plan.Ref{Anchor: o.Anchor, ID: o.ID, Name: o.Name} }

// refer gives the change that sets a manager, or clears it.
func (s *suite) refer(o plan.Object, to ...plan.Object) plan.Change {
	a := plan.Attribute{Name: "manager"}
	for _, m := range to {
		a.After = cloud.Text(string(m.Anchor))
		a.Add = append(a.Add, ref(m))
	}
	return s.change(plan.Refer, o, a)
}

func (s *suite) manager() {
	ada, grace, joan := s.create(s.user("ada")), s.create(s.user("grace")), s.create(s.user("joan"))
	for _, step := range []struct {
		change plan.Change
		want   cloud.Value
	}{
		{s.refer(ada, grace), cloud.Text(grace.ID)},
		{s.refer(ada, grace), cloud.Text(grace.ID)},
		{s.refer(ada, joan), cloud.Text(joan.ID)},
		{s.refer(ada), cloud.Value{}},
		{s.refer(ada), cloud.Value{}},
	} {
		s.export(step.change)
		s.want(s.current(ada), "manager", step.want)
		s.want(s.all("manager")[ada.ID], "manager", step.want)
	}
}

// link gives the change that adds and removes members or owners.
func (s *suite) link(group plan.Object, property string, add, remove []plan.Object) plan.Change {
	a := plan.Attribute{Name: property}
	for _, o := range add {
		a.Add = append(a.Add, ref(o))
	}
	for _, o := range remove {
		a.Remove = append(a.Remove, ref(o))
	}
	return s.change(plan.Members, group, a)
}

func ids(list []plan.Object) cloud.Value {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.ID
	}
	return cloud.Texts(out)
}

// members uses more members than one request takes, and adds a part that is there already, in the middle of others.
func (s *suite) members() {
	group := s.create(s.group(cloud.SecurityGroup, "readers"))
	var people []plan.Object
	for i := range 45 {
		people = append(people, s.create(s.user(fmt.Sprintf("user%d", i))))
	}
	nested := s.create(s.group(cloud.SecurityGroup, "nested"))
	all := append([]plan.Object{nested}, people...)

	s.export(s.link(group, "members", people[10:13], nil))
	s.export(s.link(group, "members", all, nil))
	s.want(s.current(group), "members", ids(all))
	s.export(s.link(group, "members", all, nil))
	s.want(s.all("members")[group.ID], "members", ids(all))

	s.export(s.link(group, "members", nil, people[20:]))
	s.export(s.link(group, "members", people[:1], people[18:]))
	s.want(s.current(group), "members", ids(all[:19]))
}

func (s *suite) owners() {
	group := s.create(s.group(cloud.Microsoft365Group, "team"))
	ada, grace := s.create(s.user("ada")), s.create(s.user("grace"))
	s.export(s.link(group, "owners", []plan.Object{ada, grace}, nil))
	s.export(s.link(group, "owners", []plan.Object{ada}, nil))
	s.want(s.current(group), "owners", ids([]plan.Object{ada, grace}))
	s.export(s.link(group, "owners", nil, []plan.Object{grace}))
	s.export(s.link(group, "owners", nil, []plan.Object{grace}))
	s.want(s.all("owners")[group.ID], "owners", ids([]plan.Object{ada}))
}

func (s *suite) unresolved() {
	ada := s.create(s.user("ada"))
	group := s.create(s.group(cloud.SecurityGroup, "readers"))
	stranger := plan.Object{Anchor: s.anchor(cloud.User), Name: "stranger"}
	s.refused(s.refer(ada, stranger), fault.NotFound)
	s.refused(s.link(group, "members", []plan.Object{stranger}, nil), fault.NotFound)
	ghost := plan.Object{Anchor: s.anchor(cloud.User), Name: "ghost", ID: nobody}
	// A server that just made the other party cannot tell which of the two it does not know yet.
	s.refused(s.refer(ada, ghost), fault.NotFound, fault.NotReady)
	s.refused(s.link(group, "members", []plan.Object{ada, ghost}, nil), fault.NotFound, fault.NotReady)
	s.want(s.current(ada), "manager", cloud.Value{})
}
