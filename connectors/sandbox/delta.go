package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
	"github.com/coexistsync/coexist/directory"
)

// Page sizes of delta. Groups with more links than a page holds go on, under the same id, on the next one.
const (
	deltaPage   = 200
	linksOnPage = 1000
)

// deltaCursor is what a delta or skip token of delta holds: the whole request, so that the client need not repeat it.
type deltaCursor struct {
	Set      string   `json:"x"`
	Since    uint64   `json:"q,omitempty"` // changes after this one
	Initial  bool     `json:"i,omitempty"` // the first round: every object
	Upto     uint64   `json:"u"`           // and up to this one
	After    string   `json:"a,omitempty"` // the last object of the page before
	Link     string   `json:"l,omitempty"` // its links went as far as this other object
	Issued   int64    `json:"t"`
	Selected []string `json:"s"` // nil without $select
	Only     []string `json:"f,omitempty"`
	More     bool     `json:"m,omitempty"` // a skip token, not a delta token
}

// deltaRow is one object of a delta page.
type deltaRow struct {
	id     string
	gone   goneness
	whole  bool
	fields map[string]bool
	links  []deltaLink
}

type deltaLink struct {
	name, other, kind string
	joined            bool
}

func (t *Tenant) deltaUsers(r *request) (answer, error) {
	return t.delta(r, t.users, &t.index.users)
}

func (t *Tenant) deltaGroups(r *request) (answer, error) {
	return t.delta(r, t.groups, &t.index.groups)
}

func (t *Tenant) deltaContacts(r *request) (answer, error) {
	return t.delta(r, t.contacts, &t.index.contacts)
}

// delta answers {set}/delta: every object in the first round, what changed since in the next ones.
func (t *Tenant) delta(r *request, s *schema, all *roster) (answer, error) {
	t.reveal()
	c, err := t.deltaCursor(r, s)
	if err != nil {
		return answer{}, err
	}
	selected, err := s.deltaSelection(c.Selected)
	if err != nil {
		return answer{}, err
	}
	t.history.watched = true
	var rows []deltaRow
	if latest := strings.EqualFold(r.query.values.Get("$deltatoken"), "latest"); !latest {
		if c.Initial {
			rows = t.everyRow(&c, all, selected)
		} else {
			rows = t.changedRows(c, s, selected)
		}
	}
	page, next, more := cutRows(rows, c, r.deltaPageSize())
	if r.query.repeated && len(page) > 0 {
		page = append(page, page[len(page)-1])
	}
	b := r.context(s.set + selected.context)
	if more {
		next.More, next.Issued = true, t.now().Unix()
		b = appendQuoted(append(b, `,"@odata.nextLink":`...), r.deltaLink("$skiptoken", next))
	} else {
		done := deltaCursor{Set: s.set, Since: c.Upto, Issued: t.now().Unix(), Selected: c.Selected, Only: c.Only}
		b = appendQuoted(append(b, `,"@odata.deltaLink":`...), r.deltaLink("$deltatoken", done))
	}
	b = append(b, `,"value":[`...)
	minimal := r.prefers("return=minimal")
	for i, row := range page {
		if i > 0 {
			b = append(b, ',')
		}
		b = t.appendDelta(b, row, selected, minimal)
	}
	a := answer{status: 200, body: append(b, "]}"...)}
	if minimal {
		a.header = append(a.header, [2]string{"Preference-Applied", "return=minimal"})
	}
	return a, nil
}

// deltaCursor reads the request: a token, or the options of a first round.
func (t *Tenant) deltaCursor(r *request, s *schema) (deltaCursor, error) {
	c := deltaCursor{Set: s.set, Initial: true, Upto: t.history.seq}
	token := cmp.Or(r.query.values.Get("$skiptoken"), r.query.values.Get("$deltatoken"))
	if token == "" || strings.EqualFold(token, "latest") {
		return c, t.deltaOptions(r, s, &c)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	body, ok := strings.CutPrefix(string(raw), tokenMark)
	var had deltaCursor
	if err != nil || !ok || json.Unmarshal([]byte(body), &had) != nil || had.Set != s.set || had.More == r.query.values.Has("$deltatoken") {
		return c, refuse(http.StatusBadRequest, "syncStateNotFound", "The sync state generation is not found; the state token is badly formed or from another request.")
	}
	if t.now().Sub(time.Unix(had.Issued, 0)) >= changeLife || had.Since < t.history.dropped && !had.Initial || had.Since > t.history.seq || had.Upto > t.history.seq {
		return c, r.resync(t)
	}
	if !had.More {
		had.Upto = t.history.seq
	}
	return had, nil
}

// resync refuses a token whose time is over; Location leads to a first round.
func (r *request) resync(*Tenant) *refusal {
	no := refuse(http.StatusGone, "resyncRequired", "Resync required. The delta token has expired; start again without it.")
	path, _, _ := strings.Cut(r.path, "?")
	no.header = [][2]string{{"Location", r.base + path + "?$deltatoken="}}
	return no
}

// deltaOptions checks the options of a first round: $select says what is tracked, $filter may name ids.
func (t *Tenant) deltaOptions(r *request, s *schema, c *deltaCursor) error {
	q := r.query
	for _, name := range []string{"$expand", "$top", "$orderby", "$search", "$count"} {
		if q.values.Has(name) {
			return refuse(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '%s' is not supported with a delta query on '%s'.", name, s.set)
		}
	}
	c.Selected = q.selected
	if q.filter == nil {
		return nil
	}
	ids, ok := idsOf(q.filter)
	if !ok || len(ids) > 50 {
		return unsupportedQuery("Unsupported or invalid query filter clause specified for a delta query: only up to 50 ids.")
	}
	slices.Sort(ids)
	c.Only = slices.Compact(ids)
	return nil
}

// idsOf reads id eq 'a' or id eq 'b'.
func idsOf(n *odata.Node) ([]string, bool) {
	switch {
	case n.Op == odata.Or:
		left, ok := idsOf(n.Kids[0])
		right, also := idsOf(n.Kids[1])
		return append(left, right...), ok && also
	case (n.Op == odata.Eq || n.Op == odata.In) && directory.EqualFold(n.Path, "id"):
		var out []string
		for _, v := range n.Values {
			out = append(out, strings.ToLower(v.AsText()))
		}
		return out, true
	}
	return nil, false
}

// deltaChoice is what a delta tracks.
type deltaChoice struct {
	selection
	links   []string // members, owners
	manager bool
}

func (d deltaChoice) tracks(link string) bool { return slices.Contains(d.links, link) }

// deltaSelection turns $select into properties and relationships.
func (s *schema) deltaSelection(selected []string) (deltaChoice, error) {
	var d deltaChoice
	var plain []string
	for _, name := range selected {
		switch low := strings.ToLower(name); {
		case s.resource == "Group" && (low == "members" || low == "owners"):
			d.links = append(d.links, low)
		case s.resource != "Group" && low == "manager":
			d.manager = true
		default:
			plain = append(plain, name)
		}
	}
	if selected != nil && plain == nil {
		plain = []string{}
	}
	choice, err := s.choose(plain, true)
	if err != nil {
		return d, err
	}
	if selected != nil {
		if !slices.ContainsFunc(choice.properties, func(p *property) bool { return p.origin == fromID }) {
			choice.properties = append(choice.properties, s.must("id"))
		}
		choice.context = "(" + strings.Join(selected, ",") + ")/$delta"
	} else {
		choice.context = "/$delta"
	}
	d.selection = choice
	return d, nil
}

// everyRow gives the rows of the first round, those after the cursor.
func (t *Tenant) everyRow(c *deltaCursor, all *roster, d deltaChoice) []deltaRow {
	objects := all.all()
	start := sort.Search(len(objects), func(i int) bool { return objects[i].id > c.After || c.Link != "" && objects[i].id == c.After })
	var rows []deltaRow
	for _, o := range objects[start:] {
		if t.concealed(o) || len(c.Only) > 0 && !slices.Contains(c.Only, o.id) {
			continue
		}
		rows = append(rows, deltaRow{id: o.id, whole: true, links: o.presentLinks(d)})
		if len(rows) > maxPage { // more than any page takes
			break
		}
	}
	return rows
}

// presentLinks gives the links that an object has now.
func (o *object) presentLinks(d deltaChoice) []deltaLink {
	var out []deltaLink
	for _, name := range d.links {
		list := o.members
		if name == "owners" {
			list = o.owners
		}
		for _, m := range list {
			if m.live() {
				out = append(out, deltaLink{name, m.id, m.schema.entity, true})
			}
		}
	}
	return out
}

// changedRows folds the log since the cursor's token into one row per object, in order of their ids.
func (t *Tenant) changedRows(c deltaCursor, s *schema, d deltaChoice) []deltaRow {
	rows := map[string]*deltaRow{}
	links := map[string]map[deltaLink]bool{}
	from := sort.Search(len(t.history.list), func(i int) bool { return t.history.list[i].Seq > c.Since })
	for _, x := range t.history.list[from:] {
		if x.Seq > c.Upto {
			break
		}
		if x.Type != s.resource || len(c.Only) > 0 && !slices.Contains(c.Only, x.ID) || x.ID < c.After || x.ID == c.After && c.Link == "" {
			continue
		}
		row := rows[x.ID]
		if row == nil {
			row = &deltaRow{id: x.ID, fields: map[string]bool{}}
			rows[x.ID], links[x.ID] = row, map[deltaLink]bool{}
		}
		row.fold(x, links[x.ID])
	}
	var out []deltaRow
	for _, id := range sortedKeys(rows) {
		row := *rows[id]
		o := t.index.byID[id]
		if o == nil && row.gone == "" || o != nil && t.concealed(o) {
			continue // its end comes with a later round; it is not visible yet
		}
		if row.gone == "" {
			if row.whole {
				row.links = o.presentLinks(d)
			} else {
				row.links = sortedLinks(links[id], d)
			}
			if !row.whole && len(row.links) == 0 && !row.touches(d) {
				continue
			}
		}
		out = append(out, row)
	}
	return out
}

// fold adds one entry of the log to the row of its object.
func (row *deltaRow) fold(x trace, links map[deltaLink]bool) {
	switch {
	case x.Link != "":
		links[deltaLink{name: x.Link, other: x.Other, kind: x.Kind}] = x.Joined
		return
	case x.Gone != "":
		row.gone, row.whole = x.Gone, false
	case x.Whole:
		row.gone, row.whole = "", true
	}
	for _, f := range x.Fields {
		row.fields[f] = true
	}
}

// touches reports whether a tracked property changed.
func (row *deltaRow) touches(d deltaChoice) bool {
	return d.manager && row.fields["manager"] || slices.ContainsFunc(d.properties, func(p *property) bool { return row.fields[p.name] })
}

func sortedKeys(rows map[string]*deltaRow) []string {
	ids := make([]string, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func sortedLinks(links map[deltaLink]bool, d deltaChoice) []deltaLink {
	var out []deltaLink
	for l, joined := range links {
		if l.joined = joined; d.tracks(l.name) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b deltaLink) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.other, b.other)) })
	return out
}

// cutRows takes a page: so many objects, so many links, and where the next page goes on.
func cutRows(rows []deltaRow, c deltaCursor, size int) (page []deltaRow, next deltaCursor, more bool) {
	next = c
	budget := linksOnPage
	for _, row := range rows {
		if len(page) == size || budget == 0 {
			return page, next, true
		}
		if row.id == c.After { // the object that the page before broke off in
			i := slices.IndexFunc(row.links, func(l deltaLink) bool { return l.name+"/"+l.other > c.Link })
			if i < 0 {
				continue
			}
			row.links, row.whole, row.fields = row.links[i:], false, nil
		}
		if len(row.links) > budget {
			row.links = row.links[:budget]
			last := row.links[budget-1]
			next.After, next.Link = row.id, last.name+"/"+last.other
			return append(page, row), next, true
		}
		budget -= len(row.links)
		page = append(page, row)
		next.After, next.Link = row.id, ""
	}
	return page, next, false
}

// deltaPageSize is what the client prefers, up to the service's largest page.
func (r *request) deltaPageSize() int {
	if v, ok := r.preference("odata.maxpagesize"); ok {
		if n, err := strconv.Atoi(v); err == nil && n > 0 {
			return min(n, maxPage)
		}
	}
	return deltaPage
}

// deltaLink makes the absolute URL of the next page or round.
func (r *request) deltaLink(option string, c deltaCursor) string {
	b, err := json.Marshal(c)
	if err != nil { // plain fields
		panic(err)
	}
	path, _, _ := strings.Cut(r.path, "?")
	return r.base + path + "?" + option + "=" + base64.RawURLEncoding.EncodeToString([]byte(tokenMark+string(b)))
}

// appendDelta writes one row. Properties without a value are left out unless they changed; with return=minimal only what
// changed stands there.
func (t *Tenant) appendDelta(b []byte, row deltaRow, d deltaChoice, minimal bool) []byte {
	if row.gone != "" {
		b = appendQuoted(append(b, `{"id":`...), row.id)
		return append(append(append(b, `,"@removed":{"reason":"`...), row.gone...), `"}}`...)
	}
	o := t.index.byID[row.id]
	b = append(b, '{')
	first := len(b)
	for _, p := range d.properties {
		changed := row.fields[p.name]
		rest := row.fields == nil && !row.whole // of a group that the page before broke off in
		if p.origin != fromID && (rest || minimal && !row.whole && !changed || !changed && p.origin == stored && o.row.get(p.number) == "") {
			continue
		}
		b = t.appendValue(append(b, p.key...), o, p)
	}
	if m, ok := t.index.byID[o.manager]; d.manager && (row.whole || row.fields["manager"]) && (ok || !row.whole) {
		b = append(b, `,"manager@delta":[`...)
		if ok && m.live() {
			b = append(b, `{"@odata.type":"#microsoft.graph.user","id":"`+m.id+`"}`...)
		}
		b = append(b, ']')
	}
	b = appendDeltaLinks(b, row.links)
	if len(b) > first && b[first] == ',' {
		b = slices.Delete(b, first, first+1)
	}
	return append(b, '}')
}

// appendDeltaLinks writes members@delta and owners@delta; the links stand in order of their names.
func appendDeltaLinks(b []byte, links []deltaLink) []byte {
	for i, l := range links {
		if i == 0 || links[i-1].name != l.name {
			if i > 0 {
				b = append(b, ']')
			}
			b = append(b, `,"`+l.name+`@delta":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, `{"@odata.type":"#`+l.kind+`","id":"`+l.other+`"`...)
		if !l.joined {
			b = append(b, `,"@removed":{"reason":"deleted"}`...)
		}
		b = append(b, '}')
	}
	if len(links) > 0 {
		b = append(b, ']')
	}
	return b
}
