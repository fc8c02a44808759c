package sandbox

import (
	"strings"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
	"github.com/coexistsync/coexist/directory"
)

// cutPath splits a path after its first segment; the segment is folded.
func cutPath(path string) (head, tail string, nested bool) {
	head, tail, nested = strings.Cut(path, "/")
	return directory.Fold(head), tail, nested
}

// admit checks a filter against what its properties take. advanced says that the request carries ConsistencyLevel:
// eventual and $count=true.
func (s *schema) admit(n *odata.Node, advanced bool) error {
	switch n.Op {
	case odata.And, odata.Or:
		for _, k := range n.Kids {
			if err := s.admit(k, advanced); err != nil {
				return err
			}
		}
		return nil
	case odata.Not:
		if !advanced {
			return unsupportedQuery("The specified filter to the reference property query is currently not supported.")
		}
		return s.admit(n.Kids[0], advanced)
	}
	name, g, err := s.gateOf(n.Path)
	if err != nil {
		return err
	}
	if !g.takes(n, advanced) {
		return unsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", name, s.resource)
	}
	return nil
}

// gateOf finds what a path takes.
func (s *schema) gateOf(path string) (name string, g gate, err error) {
	if p, ok := s.property(path); ok {
		if p.origin == unmodelled || p.origin == fromSharePoint {
			return "", 0, notModelled("$filter on %s", p.name)
		}
		return p.name, p.gate, nil
	}
	head, tail, nested := cutPath(path)
	if nested && head == "onpremisessyncbehavior" && directory.EqualFold(tail, "isCloudManaged") {
		return path, truthFilter, nil
	}
	if _, ok := s.byName[head]; nested && ok && head == "onpremisesextensionattributes" {
		for _, e := range extensionNames() {
			if directory.EqualFold(e, tail) {
				return path, lateFilter, nil
			}
		}
	}
	return "", 0, badRequest("Invalid filter clause: Could not find a property named '%s' on type '%s'.", path, s.entity)
}

// takes reports whether a property of this gate takes the operation.
func (g gate) takes(n *odata.Node, advanced bool) bool {
	if g == noFilter || g == lateFilter && !advanced {
		return false
	}
	if n.Op == odata.Any {
		return g.takesAny(n, advanced)
	}
	switch n.Op {
	case odata.Eq:
		return g != anyFilter && g != elementGuard && (advanced || !n.Values[0].IsNull())
	case odata.In:
		return g != anyFilter && g != elementGuard && g != truthFilter
	case odata.StartsWith:
		return g == textFilter || g == lateFilter
	case odata.EndsWith:
		return advanced && (g == textFilter || g == lateFilter)
	case odata.Ge, odata.Le:
		return g == rangeFilter || g == lateFilter
	case odata.Ne:
		return advanced && g != anyFilter && g != elementGuard
	}
	return false
}

// takesAny checks a lambda: one comparison of the element, or of a member of it.
func (g gate) takesAny(n *odata.Node, advanced bool) bool {
	if g != anyFilter && g != elementGuard && g != lateFilter || len(n.Kids) == 0 {
		return false
	}
	k := n.Kids[0]
	member := strings.HasPrefix(k.Path, n.Var+"/")
	if !member && k.Path != n.Var || member != (g == elementGuard) {
		return false
	}
	switch k.Op {
	case odata.Eq:
		return true
	case odata.StartsWith:
		return !member
	case odata.EndsWith:
		return advanced && !member
	}
	return false
}
