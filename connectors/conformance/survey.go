package conformance

import (
	"fmt"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// survey asks for many objects at once and one by one: the answers are the same, in the order of the questions, and one that
// cannot be answered does not hold up the others. A target without the ability has nothing to show.
func (s *suite) survey() {
	t, ok := s.target.(connector.Surveyor)
	if !ok {
		s.Skip("the target answers one question at a time")
	}
	var questions []connector.Question
	for n := range 30 { // more than any service takes at once
		u := s.create(s.user(fmt.Sprintf("asked%02d", n)))
		questions = append(questions, connector.Question{Type: cloud.User, ID: u.ID, Properties: userProperties},
			connector.Question{Type: cloud.User, Anchor: u.Anchor})
	}
	g := s.create(s.group(cloud.SecurityGroup, "asked"))
	gone := s.create(s.user("asked-and-gone"))
	s.export(s.change(plan.Delete, gone))
	questions = append(questions, connector.Question{Type: g.Type, ID: g.ID, Properties: groupProperties}, connector.Question{Type: g.Type, Anchor: g.Anchor},
		connector.Question{Type: cloud.User, Anchor: gone.Anchor}, connector.Question{Type: cloud.User, ID: gone.ID},
		connector.Question{Type: cloud.User, Anchor: s.anchor(cloud.User)}, connector.Question{Type: cloud.User, Anchor: ""})
	answers := t.Survey(s.Context(), questions)
	if len(answers) != len(questions) {
		s.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	for i, q := range questions {
		var o cloud.Object
		var err error
		if q.ID != "" {
			o, err = s.target.Current(s.Context(), q.Type, q.ID, q.Properties)
		} else {
			o, err = s.target.ByAnchor(s.Context(), q.Type, q.Anchor)
		}
		a := answers[i]
		if (err == nil) != (a.Err == nil) || err != nil && fault.KindOf(err) != fault.KindOf(a.Err) {
			s.Errorf("question %d: error %v, and asked alone %v", i, a.Err, err)
			continue
		}
		if a.Object.ID != o.ID || a.Object.Deleted != o.Deleted || a.Object.Anchor != o.Anchor || len(a.Object.Properties) != len(o.Properties) {
			s.Errorf("question %d: %+v, and asked alone %+v", i, a.Object, o)
		}
	}
}
