package sandbox

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
	"github.com/coexistsync/coexist/directory"
)

// collection is a listing to be answered: the objects in order of their ids, and how they are written.
type collection struct {
	set     string // for @odata.context
	objects []*object
	schemas []*schema // the types among them
	typed   bool      // write @odata.type
	deleted bool      // the objects are deleted items
	expand  func(b []byte, o *object) []byte
}

// list answers a collection with $select, $filter, $search, $orderby, $top, $count and paging.
func (t *Tenant) list(r *request, c collection) (answer, error) {
	after, err := r.after()
	if err != nil {
		return answer{}, err
	}
	choices, err := c.choose(r.query.selected)
	if err != nil {
		return answer{}, err
	}
	keep, err := t.keeper(r, c)
	if err != nil {
		return answer{}, err
	}
	if err := c.sortable(r.query); err != nil {
		return answer{}, err
	}
	b := r.context(c.set + choices[c.schemas[0]].context)
	if r.query.count {
		n := 0
		for _, o := range c.objects {
			if keep(o) {
				n++
			}
		}
		b = strconv.AppendInt(append(b, `,"@odata.count":`...), int64(n), 10)
	}
	start, key := 0, func(*object) string { return "" }
	if by := r.query.order; by != nil {
		c.objects = t.ordered(c, keep, *by, after)
		key = func(o *object) string { return t.sortKey(o, by.name) }
	} else if after.After != "" {
		start = sort.Search(len(c.objects), func(i int) bool { return c.objects[i].id > after.After })
	}
	page, more := takePage(c.objects[start:], keep, r.query.pageSize())
	if r.query.repeated && len(page) > 0 {
		page = append([]*object{c.before(start, page[0])}, page...)
	}
	if more {
		b = appendQuoted(append(b, `,"@odata.nextLink":`...), r.nextLink(page[len(page)-1].id, key(page[len(page)-1])))
	}
	b = slices.Grow(append(b, `,"value":[`...), 48*len(page)*len(choices[c.schemas[0]].properties))
	for i, o := range page {
		if i > 0 {
			b = append(b, ',')
		}
		b = t.appendObject(b, o, choices[o.schema], c.typed)
		if c.expand != nil {
			b = c.expand(b, o)
		}
	}
	return answer{status: 200, body: append(b, "]}"...)}, nil
}

// before gives the row that a repeating page begins with: the last of the page before, or the first of its own.
func (c collection) before(start int, first *object) *object {
	if start > 0 {
		return c.objects[start-1]
	}
	return first
}

func takePage(objects []*object, keep func(*object) bool, size int) (page []*object, more bool) {
	page = make([]*object, 0, min(size, len(objects)))
	for _, o := range objects {
		if !keep(o) {
			continue
		}
		if len(page) == size {
			return page, true
		}
		page = append(page, o)
	}
	return page, false
}

// choose gives the selection per schema. A name must belong to one of them.
func (c collection) choose(selected []string) (map[*schema]selection, error) {
	out := map[*schema]selection{}
	if len(c.schemas) == 1 || selected == nil {
		for _, s := range c.schemas {
			choice, err := s.choose(selected, true)
			if err != nil {
				return nil, err
			}
			out[s] = choice
		}
		return out, nil
	}
	for _, s := range c.schemas {
		var mine []string
		for _, name := range selected {
			if _, ok := s.property(name); ok {
				mine = append(mine, name)
			} else if !c.knows(name) {
				_, err := c.schemas[0].choose([]string{name}, true)
				return nil, err
			}
		}
		choice, err := s.choose(mine, true)
		if err != nil {
			return nil, err
		}
		choice.context = "(" + strings.Join(selected, ",") + ")"
		if mine == nil {
			choice.properties = nil
		}
		out[s] = choice
	}
	return out, nil
}

func (c collection) knows(name string) bool {
	return slices.ContainsFunc(c.schemas, func(s *schema) bool { _, ok := s.property(name); return ok })
}

// keeper gives the predicate of the listing: visible, and what $filter says.
func (t *Tenant) keeper(r *request, c collection) (func(*object) bool, error) {
	delay := t.options.Replication.List
	if r.query.eventual {
		delay = max(delay, t.options.Replication.Index)
	}
	seen := func(o *object) bool { return o.live() != c.deleted && !t.concealed(o) && !t.young(o.born, delay) }
	f, words := r.query.filter, r.query.search
	if words != nil {
		for _, s := range c.schemas {
			if err := s.admitSearch(words); err != nil {
				return nil, err
			}
		}
		found := seen
		seen = func(o *object) bool { return found(o) && words.Match(view{t, o}) }
	}
	if f == nil {
		return seen, nil
	}
	if len(c.schemas) > 1 {
		return nil, notModelled("$filter on collections of mixed types")
	}
	if err := c.schemas[0].admit(f, r.query.advanced); err != nil {
		return nil, err
	}
	return func(o *object) bool { return seen(o) && f.Match(view{t, o}) }, nil
}

// narrow gives the objects that an index proves to be the only ones that can match a filter: equality, or a list of
// values, of a unique property, alone or under and. ok is false where no index helps.
func (t *Tenant) narrow(n *odata.Node, s *schema) (out []*object, ok bool) {
	switch n.Op {
	case odata.And:
		if out, ok = t.narrow(n.Kids[0], s); ok {
			return out, true
		}
		return t.narrow(n.Kids[1], s)
	case odata.Eq, odata.In:
		p, known := s.property(n.Path)
		if !known {
			return nil, false
		}
		return t.indexed(p.name, n.Values, s)
	case odata.Any:
		if p, known := s.property(n.Path); known && p.name == "proxyAddresses" && len(n.Kids) == 1 {
			if k := n.Kids[0]; k.Op == odata.Eq && k.Path == n.Var {
				return t.indexed(p.name, k.Values, s)
			}
		}
	}
	return nil, false
}

func (t *Tenant) indexed(property string, values []odata.Value, s *schema) (out []*object, ok bool) {
	var m map[string]*object
	fold := true
	switch property {
	case "id":
		m = t.index.byID
	case "userPrincipalName":
		m = t.index.upn
	case "proxyAddresses":
		m = t.index.proxy
	case "onPremisesSecurityIdentifier":
		m, fold = t.index.sid, false
	case "onPremisesImmutableId":
		m, fold = t.index.immutable, false
	case "uniqueName":
		m, fold = t.index.uniqueName, false
	default:
		return nil, false
	}
	for _, v := range values {
		if v.IsNull() {
			return nil, false
		}
		key := v.AsText()
		if fold {
			key = directory.Fold(key)
		}
		if o := m[key]; o != nil && o.schema == s {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, byID)
	return slices.Compact(out), true
}
