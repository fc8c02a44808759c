package sandbox

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
	"github.com/coexistsync/coexist/directory"
)

// ordering is $orderby: one property, up or down.
type ordering struct {
	name string
	down bool
}

func parseOrder(v string) (*ordering, error) {
	words := strings.Fields(v)
	if strings.Contains(v, ",") {
		return nil, notModelled("$orderby with several properties")
	}
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
		return nil, badRequest("Invalid orderby clause: syntax error in '%s'.", v)
	}
	return &ordering{name: words[0], down: len(words) == 2 && words[1] == "desc"}, nil
}

// sortable checks $orderby against the gate: without the advanced engine only names, and no $filter beside it. Source:
// Microsoft Graph, "advanced query capabilities on directory objects".
func (c collection) sortable(q query) error {
	if q.order == nil {
		return nil
	}
	refused := unsupportedQuery("Sorting not supported for current query.")
	for _, s := range c.schemas {
		p, ok := s.property(q.order.name)
		if !ok {
			return badRequest("Invalid orderby clause: Could not find a property named '%s' on type '%s'.", q.order.name, s.entity)
		}
		plain := p.name == "displayName" || p.name == "userPrincipalName"
		switch {
		case q.advanced && (p.gate == textFilter || p.gate == rangeFilter):
		case !plain || q.filter != nil || c.deleted || len(c.schemas) > 1:
			return refused
		}
	}
	return nil
}

// sortKey is the text by which an object is ordered; no value comes first.
func (t *Tenant) sortKey(o *object, name string) string {
	return directory.Fold(unquote(string(t.appendValue(nil, o, o.schema.must(name)))))
}

// ordered gives the visible objects of a collection in the order that is asked for, those after the cursor.
func (t *Tenant) ordered(c collection, keep func(*object) bool, by ordering, after cursor) []*object {
	type row struct {
		key string
		o   *object
	}
	rows := make([]row, 0, len(c.objects))
	for _, o := range c.objects {
		if keep(o) {
			rows = append(rows, row{t.sortKey(o, by.name), o})
		}
	}
	compare := func(a, b row) int {
		n := cmp.Compare(a.key, b.key)
		if by.down {
			n = -n
		}
		return cmp.Or(n, byID(a.o, b.o))
	}
	slices.SortFunc(rows, compare)
	if after.After != "" {
		last := row{after.Key, &object{id: after.After}}
		rows = rows[sort.Search(len(rows), func(i int) bool { return compare(rows[i], last) > 0 }):]
	}
	out := make([]*object, len(rows))
	for i, r := range rows {
		out[i] = r.o
	}
	return out
}

// searched are the properties that $search reaches.
func (s *schema) searched() []string {
	if s.resource == "Group" {
		return []string{"description", "displayName", "mail", "mailNickname"}
	}
	return []string{"displayName", "givenName", "mail", "surname", "userPrincipalName"}
}

// admitSearch checks the properties of a $search.
func (s *schema) admitSearch(n *odata.Node) error {
	if n.Op == odata.And || n.Op == odata.Or {
		for _, k := range n.Kids {
			if err := s.admitSearch(k); err != nil {
				return err
			}
		}
		return nil
	}
	if slices.ContainsFunc(s.searched(), func(name string) bool { return directory.EqualFold(name, n.Path) }) {
		if _, ok := s.property(n.Path); ok {
			return nil
		}
	}
	return unsupportedQuery("Property '%s' on resource '%s' is not searchable.", n.Path, s.resource)
}
