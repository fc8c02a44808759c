package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// effect is what a change does to the tenant and to the ledger, without what only says why or when: rules, names, the
// state of the source.
type effect struct {
	Anchor    directory.Anchor
	Type      cloud.Type
	ID        string
	Action    Action
	Directory cloud.Directory
	Leave     string
	Hold      time.Duration
	Facet     cloud.Facet
	Await     Await
	Set       []effectOn
}

// effectOn is what a change does to one property. References count by anchor and id.
type effectOn struct {
	Name          string
	Before, After cloud.Value
	Add, Remove   [][2]string
	Content       []byte
}

// Effect gives a digest of what a change does. Two changes with the same effect are the same to whoever approves them,
// though another rule may have wanted it, or the object may have been renamed meanwhile.
func (c *Change) Effect() ([sha256.Size]byte, error) {
	e := effect{c.Object.Anchor, c.Object.Type, c.Object.ID, c.Action, c.Directory, c.Leave, c.Hold, c.Facet, c.Await, make([]effectOn, 0, len(c.Attributes))}
	for _, a := range c.Attributes {
		e.Set = append(e.Set, effectOn{a.Name, a.Before, a.After, pairs(a.Add), pairs(a.Remove), a.Content})
	}
	b, err := json.Marshal(e)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("change %q: %w", c.ID, err)
	}
	return sha256.Sum256(b), nil
}

func pairs(refs []Ref) (out [][2]string) {
	for _, r := range refs {
		out = append(out, [2]string{string(r.Anchor), r.ID})
	}
	return out
}

// Difference says how a change of one plan stands to another plan.
type Difference string

// The differences.
const (
	Same  Difference = "same"  // both plans hold it
	New   Difference = "new"   // only the newer plan holds it
	Other Difference = "other" // both plans hold a change of this name, and it does something else
	Gone  Difference = "gone"  // only the older plan holds it
)

// Compare walks two plans side by side and tells of each change how it stands; of changes that differ, as the newer plan
// holds them. Both are read as streams, so that plans of any size can be compared. An error of tell ends it.
func Compare(older, newer iter.Seq2[Change, error], tell func(Difference, Change) error) error {
	nextOld, stopOld := iter.Pull2(byAnchor(older))
	defer stopOld()
	nextNew, stopNew := iter.Pull2(byAnchor(newer))
	defer stopNew()
	was, errOld, moreOld := nextOld()
	now, errNew, moreNew := nextNew()
	for moreOld || moreNew {
		if errOld != nil {
			return errOld
		}
		if errNew != nil {
			return errNew
		}
		var a, b []Change
		switch {
		case !moreNew || moreOld && was[0].Object.Anchor < now[0].Object.Anchor:
			a = was
		case !moreOld || now[0].Object.Anchor < was[0].Object.Anchor:
			b = now
		default:
			a, b = was, now
		}
		if err := compareOne(a, b, tell); err != nil {
			return err
		}
		if a != nil {
			was, errOld, moreOld = nextOld()
		}
		if b != nil {
			now, errNew, moreNew = nextNew()
		}
	}
	return nil
}

// byAnchor gathers the changes of one anchor, which follow one another.
func byAnchor(list iter.Seq2[Change, error]) iter.Seq2[[]Change, error] {
	return func(yield func([]Change, error) bool) {
		var group []Change
		for c, err := range list {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(group) > 0 && group[0].Object.Anchor != c.Object.Anchor {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
			group = append(group, c)
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}

// compareOne compares the changes of one anchor.
func compareOne(older, newer []Change, tell func(Difference, Change) error) error {
	was := make(map[string]*Change, len(older))
	for i := range older {
		was[older[i].ID] = &older[i]
	}
	for i := range newer {
		d := New
		if o := was[newer[i].ID]; o != nil {
			same, err := alike(o, &newer[i])
			if err != nil {
				return err
			}
			if d = Other; same {
				d = Same
			}
			delete(was, o.ID)
		}
		if err := tell(d, newer[i]); err != nil {
			return err
		}
	}
	for i := range older {
		if was[older[i].ID] != nil {
			if err := tell(Gone, older[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func alike(a, b *Change) (bool, error) {
	x, err := a.Effect()
	if err != nil {
		return false, err
	}
	y, err := b.Effect()
	return err == nil && bytes.Equal(x[:], y[:]), err
}
