package cloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Value is the value of one property: nothing, a text, a truth, a whole number, a set of texts, or a set of licences.
// Values are immutable; the zero Value is nothing, which a tenant shows as null. Sets are sorted and without duplicates.
type Value struct{ v any }

// License is one assigned SKU with the service plans that are switched off, sorted. Both are GUIDs in a tenant's and a
// plan's properties.
type License struct {
	SKU           string   `json:"sku"`
	DisabledPlans []string `json:"disabledPlans,omitempty"`
}

// Text gives a text value; the empty text is nothing.
func Text(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{s}
}

// Truth gives a truth value.
func Truth(b bool) Value { return Value{b} }

// Number gives a whole number.
func Number(n int64) Value { return Value{n} }

// Texts gives a set of texts; it copies, sorts and drops duplicates. The empty set is nothing.
func Texts(list []string) Value {
	if len(list) == 0 {
		return Value{}
	}
	c := slices.Clone(list)
	slices.Sort(c)
	return Value{slices.Compact(c)}
}

// Licenses gives a set of licences, copied and sorted by SKU. The empty set is nothing.
func Licenses(list []License) Value {
	if len(list) == 0 {
		return Value{}
	}
	c := make([]License, len(list))
	for i, l := range list {
		p := slices.Clone(l.DisabledPlans)
		slices.Sort(p)
		c[i] = License{l.SKU, slices.Compact(p)}
	}
	slices.SortFunc(c, func(a, b License) int { return strings.Compare(a.SKU, b.SKU) })
	return Value{c}
}

// IsNothing reports whether there is no value.
func (v Value) IsNothing() bool { return v.v == nil }

// Text gives a text value's text, "" for any other.
func (v Value) Text() string { s, _ := v.v.(string); return s }

// Truth gives a truth value's truth, false for any other.
func (v Value) Truth() bool { b, _ := v.v.(bool); return b }

// Number gives a whole number, 0 for any other value.
func (v Value) Number() int64 { n, _ := v.v.(int64); return n }

// Texts gives a set's texts; nil for any other value. The slice belongs to the value.
func (v Value) Texts() []string { l, _ := v.v.([]string); return l }

// Licenses gives a licence set; nil for any other value. The slice belongs to the value.
func (v Value) Licenses() []License { l, _ := v.v.([]License); return l }

// Equal reports whether two values are the same, letter for letter. What counts as equal to the cloud, which ignores
// case in addresses, is decided by Property.Same.
func (v Value) Equal(w Value) bool {
	switch a := v.v.(type) {
	case []string:
		b, ok := w.v.([]string)
		return ok && slices.Equal(a, b)
	case []License:
		b, ok := w.v.([]License)
		return ok && slices.EqualFunc(a, b, func(x, y License) bool { return x.SKU == y.SKU && slices.Equal(x.DisabledPlans, y.DisabledPlans) })
	}
	switch w.v.(type) {
	case []string, []License:
		return false
	}
	return v.v == w.v
}

// String gives the value for people: nothing as "(none)", sets with commas.
func (v Value) String() string {
	switch a := v.v.(type) {
	case string:
		return a
	case bool:
		return strconv.FormatBool(a)
	case int64:
		return strconv.FormatInt(a, 10)
	case []string:
		return strings.Join(a, ", ")
	case []License:
		var b strings.Builder
		for i, l := range a {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(l.SKU)
			if len(l.DisabledPlans) > 0 {
				b.WriteString(" without " + strings.Join(l.DisabledPlans, " "))
			}
		}
		return b.String()
	}
	return "(none)"
}

// MarshalJSON writes null, a string, a boolean, a number, an array of strings, or an array of licence objects.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.v) }

// UnmarshalJSON reads what MarshalJSON wrote; anything else is an error.
func (v *Value) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return fmt.Errorf("empty property value")
	}
	switch b[0] {
	case 'n':
		*v = Value{}
		return nil
	case '"':
		var s string
		err := json.Unmarshal(b, &s)
		*v = Text(s)
		return err
	case 't', 'f':
		var t bool
		err := json.Unmarshal(b, &t)
		*v = Truth(t)
		return err
	case '[':
		if rest := bytes.TrimSpace(b[1:]); len(rest) > 0 && rest[0] == '{' {
			var l []License
			err := json.Unmarshal(b, &l)
			*v = Licenses(l)
			return err
		}
		var l []string
		err := json.Unmarshal(b, &l)
		*v = Texts(l)
		return err
	}
	var n int64
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("property value %.40s: %w", b, err)
	}
	*v = Number(n)
	return nil
}
