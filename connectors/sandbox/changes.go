package sandbox

import (
	"reflect"
	"slices"
	"time"
)

// trace is one entry of the log from which delta answers. Of an object's own change it says which properties differ; of a
// link's, which object joined or left.
type trace struct {
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	ID     string    `json:"id"`
	Type   string    `json:"type"` // User, Group or OrgContact
	Fields []string  `json:"fields,omitempty"`
	Whole  bool      `json:"whole,omitempty"` // new, restored or visible at last: everything counts as changed
	Gone   goneness  `json:"gone,omitempty"`
	Link   string    `json:"link,omitempty"` // members or owners
	Other  string    `json:"other,omitempty"`
	Kind   string    `json:"kind,omitempty"` // of the other object, as @odata.type spells it
	Joined bool      `json:"joined,omitempty"`
}

// goneness says how an object went, in delta's words.
type goneness string

const (
	binned goneness = "changed" // to the deleted items
	erased goneness = "deleted" // for good
)

// history is the log of changes and what of the current request is still to be compared.
type history struct {
	watched bool // a delta token was issued; before that nobody can ask
	seq     uint64
	dropped uint64 // the last change that is no longer kept
	list    []trace

	noted  map[*object]imprint
	order  []*object // of noted
	lagged []*object // new objects that are not replicated yet
}

// imprint is an object before a request.
type imprint struct {
	fresh        bool
	row          row
	licences     []assignment
	manager      string
	cloudManaged bool
	deleted      time.Time
}

// changeLife is how long changes are kept and delta tokens are valid. Source: Microsoft Graph, "use delta query", token
// duration of directory objects.
const changeLife = 7 * 24 * time.Hour

// note remembers an object before it is changed; settle compares. Whoever changes an object calls it first.
func (t *Tenant) note(o *object) {
	h := &t.history
	if _, there := h.noted[o]; there || !h.watched {
		return
	}
	h.keep(o, imprint{row: o.row.clone(), licences: o.licences, manager: o.manager, cloudManaged: o.cloudManaged, deleted: o.deleted})
}

func (h *history) keep(o *object, i imprint) {
	if h.noted == nil {
		h.noted = map[*object]imprint{}
	}
	h.noted[o] = i
	h.order = append(h.order, o)
}

// admit files a new object.
func (t *Tenant) admit(o *object) {
	t.index.add(o)
	if o.hidden != nil || !o.born.IsZero() {
		t.history.lagged = append(t.history.lagged, o)
	}
	if t.history.watched {
		t.history.keep(o, imprint{fresh: true})
	}
}

// settle logs what differs on the noted objects. Every request and every change from outside ends with it.
func (t *Tenant) settle() {
	h := &t.history
	for _, o := range h.order {
		if c, ok := t.compare(o, h.noted[o]); ok {
			t.logChange(o, c)
		}
	}
	clear(h.noted)
	h.order = h.order[:0]
}

// compare says what happened to an object since its imprint; ok is false for nothing.
func (t *Tenant) compare(o *object, was imprint) (c trace, ok bool) {
	switch {
	case t.index.byID[o.id] != o:
		return trace{Gone: erased}, true
	case o.live() != was.deleted.IsZero():
		if o.live() {
			return trace{Whole: true}, true
		}
		return trace{Gone: binned}, true
	case was.fresh:
		return trace{Whole: true}, true
	}
	for i := range o.schema.list {
		if o.row.get(i) != was.row.get(i) {
			c.Fields = append(c.Fields, o.schema.list[i].name)
		}
	}
	if !reflect.DeepEqual(o.licences, was.licences) {
		c.Fields = append(c.Fields, "assignedLicenses", "licenseAssignmentStates")
	}
	if o.manager != was.manager {
		c.Fields = append(c.Fields, "manager")
	}
	return c, len(c.Fields) > 0 || o.cloudManaged != was.cloudManaged
}

// logChange appends to the log.
func (t *Tenant) logChange(o *object, c trace) {
	h := &t.history
	h.seq++
	c.Seq, c.At, c.ID, c.Type = h.seq, t.now().UTC(), o.id, o.schema.resource
	h.list = append(h.list, c)
}

// linked logs that another object joined or left an object's members or owners.
func (t *Tenant) linked(o *object, link string, other *object, joined bool) {
	if t.history.watched {
		t.logChange(o, trace{Link: link, Other: other.id, Kind: other.schema.entity, Joined: joined})
	}
}

// reveal logs the new objects that have become visible, and drops what is too old to be asked for.
func (t *Tenant) reveal() {
	h := &t.history
	h.lagged = slices.DeleteFunc(h.lagged, func(o *object) bool {
		if t.concealed(o) {
			return false
		}
		if h.watched && o.live() {
			t.logChange(o, trace{Whole: true})
		}
		return true
	})
	n := 0
	for n < len(h.list) && t.now().Sub(h.list[n].At) >= changeLife {
		h.dropped = h.list[n].Seq
		n++
	}
	h.list = slices.Delete(h.list, 0, n)
}
