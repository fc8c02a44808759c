package plan

import "github.com/coexistsync/coexist/directory"

// Reference gives the object that a Refer change points its property at; ok is false when the change clears it. It is
// the one Ref of Add; without one, After is taken for an id when it is a GUID, and for an anchor otherwise.
func (a Attribute) Reference() (r Ref, ok bool) {
	if len(a.Add) > 0 {
		return a.Add[0], true
	}
	s := a.After.Text()
	if s == "" {
		return Ref{}, false
	}
	if _, err := directory.ParseGUID(s); err == nil {
		return Ref{ID: s, Name: s}, true
	}
	return Ref{Anchor: directory.Anchor(s), Name: s}, true
}
