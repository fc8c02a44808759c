package plan

import (
	"fmt"
	"slices"
)

// writtenChange is a change as a line of the file holds it: each rule once, in "rules", and as "because" of an attribute
// the positions among them. Most changes have many attributes of few rules.
type writtenChange struct {
	changeFields
	Rules      []Because          `json:"rules,omitempty"`
	Attributes []writtenAttribute `json:"attributes,omitempty"`
}

type writtenAttribute struct {
	attributeFields
	Because []int `json:"because,omitempty"`
}

// The fields of a change and of an attribute, those that the line holds in another form hidden behind its own.
type (
	changeFields    Change
	attributeFields Attribute
)

// take makes w the line of a change, in the arrays of the line before.
func (w *writtenChange) take(c *Change) {
	w.changeFields, w.Rules = changeFields(*c), w.Rules[:0]
	w.Attributes = slices.Grow(w.Attributes[:0], len(c.Attributes))[:len(c.Attributes)]
	positions := make([]int, 0, 2*len(c.Attributes)) // one array for nearly all
	for i := range c.Attributes {
		a := &c.Attributes[i]
		w.Attributes[i].attributeFields = attributeFields(*a)
		first := len(positions)
		for _, b := range a.Because {
			n := slices.Index(w.Rules, b)
			if n < 0 {
				n = len(w.Rules)
				w.Rules = append(w.Rules, b)
			}
			positions = append(positions, n)
		}
		w.Attributes[i].Because = positions[first:len(positions):len(positions)]
	}
}

// change gives the change that a line holds.
func (w *writtenChange) change() (Change, error) {
	c := Change(w.changeFields)
	c.Attributes = nil
	for i := range w.Attributes {
		a := Attribute(w.Attributes[i].attributeFields)
		a.Because = nil
		for _, n := range w.Attributes[i].Because {
			if n < 0 || n >= len(w.Rules) {
				return c, fmt.Errorf("change %q: attribute %s: no rule %d of %d", c.ID, a.Name, n, len(w.Rules))
			}
			a.Because = append(a.Because, w.Rules[n])
		}
		c.Attributes = append(c.Attributes, a)
	}
	return c, nil
}
