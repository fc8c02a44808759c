package exchange

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
)

// ByAnchor finds an object by the name that it got when it was made here, first among the live, then among the deleted.
// While a create of that anchor may still be on its way, one that is not found is fault.NotReady.
func (c *Connector) ByAnchor(ctx context.Context, t cloud.Type, a directory.Anchor) (cloud.Object, error) {
	out := c.hunt(ctx, []hunt{huntFor(t, a)})[0]
	return out.Object, out.Err
}

// hunt is the search for one object by its anchor.
type hunt struct {
	t      cloud.Type
	anchor directory.Anchor
	name   string // "" for an anchor that is no GUID
}

func huntFor(t cloud.Type, a directory.Anchor) hunt { return hunt{t, a, mark(a)} }

func (h *hunt) op() string { return "find " + string(h.t) + " by anchor " + string(h.anchor) }

// command gives the search among the live or, too, the deleted.
func (h *hunt) command(deleted bool) Command {
	c := command("Get-Recipient", "Filter", "Name -eq '"+h.name+"'", "ResultSize", unlimited)
	c.Select = append(slices.Clone(baseFields), "WhenSoftDeleted")
	if deleted {
		c.set("IncludeSoftDeletedRecipients", true)
	}
	return c
}

// hunt searches for several objects, ten a request, and gives an answer for each.
func (c *Connector) hunt(ctx context.Context, hunts []hunt) []connector.Answer {
	out := make([]connector.Answer, len(hunts))
	var open []int
	for i := range hunts {
		if hunts[i].name == "" {
			out[i].Err = &fault.Error{Kind: fault.Invalid, Op: hunts[i].op(), Err: errors.New("the anchor is no GUID")}
			continue
		}
		open = append(open, i)
	}
	for _, deleted := range []bool{false, true} {
		if deleted { // contacts and groups are gone at once
			open = slices.DeleteFunc(open, func(i int) bool { return !hunts[i].t.IsUser() })
		}
		list := make([]Command, len(open))
		for k, i := range open {
			list[k] = hunts[i].command(deleted)
		}
		var left []int
		for k, r := range c.run.RunAll(ctx, list) {
			if i := open[k]; !c.caught(&hunts[i], r, deleted, &out[i]) {
				out[i].Err, left = c.escaped(&hunts[i]), append(left, i)
			}
		}
		open = left
	}
	return out
}

// caught reads one answer; false says that nothing has the name.
func (c *Connector) caught(h *hunt, r Result, deleted bool, into *connector.Answer) bool {
	into.Err = r.Err
	if r.Err != nil {
		return true
	}
	rows := slices.DeleteFunc(r.Answer.Rows, func(x Row) bool { return !strings.EqualFold(x.text("Name"), h.name) })
	switch len(rows) {
	case 0:
		return false
	case 1:
	default:
		into.Err = &fault.Error{Kind: fault.Conflict, Op: h.op(), Err: errors.New("several recipients have its name")}
		return true
	}
	it, ok, err := itemOf(rows[0], nil, nil)
	if err != nil || !ok {
		into.Err = &fault.Error{Kind: fault.Conflict, Op: h.op(), Err: errors.New("its name is in use by another kind of recipient")}
		return true
	}
	it.Anchor = h.anchor
	if deleted {
		it.bury(rows[0])
	}
	c.unsure.Forget(h.name)
	into.Object = it.Object
	return true
}

// escaped is the error of a search that found nothing.
func (c *Connector) escaped(h *hunt) error {
	kind := fault.NotFound
	if c.unsure.Has(h.name) {
		kind = fault.NotReady
	}
	return &fault.Error{Kind: kind, Op: h.op(), Err: errors.New("no recipient has it")}
}
