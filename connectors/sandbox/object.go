package sandbox

import (
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// row holds the stored properties of one object as JSON text, so that a page of users is written by copying. Only
// properties that have a value take space: bit n of the mask says that property n has one.
type row struct {
	mask   [2]uint64
	values []string
}

func (r *row) at(n int) (i int, ok bool) {
	w, b := n/64, uint(n%64)
	if w == 1 {
		i = bits.OnesCount64(r.mask[0])
	}
	return i + bits.OnesCount64(r.mask[w]&(1<<b-1)), r.mask[w]&(1<<b) != 0
}

// get gives the JSON text of property n, "" when it has none.
func (r *row) get(n int) string {
	if i, ok := r.at(n); ok {
		return r.values[i]
	}
	return ""
}

// set stores the JSON text of property n; "" removes it.
func (r *row) set(n int, v string) {
	i, ok := r.at(n)
	switch {
	case ok && v == "":
		r.values = slices.Delete(r.values, i, i+1)
		r.mask[n/64] &^= 1 << uint(n%64)
	case ok:
		r.values[i] = v
	case v != "":
		r.values = slices.Insert(r.values, i, v)
		r.mask[n/64] |= 1 << uint(n%64)
	}
}

func (r row) clone() row {
	r.values = slices.Clone(r.values)
	return r
}

// object is one user, group or contact. Links hold other objects of the same tenant, deleted ones included; who reads them skips
// those, so that a restored object is a member of the same groups as before.
type object struct {
	schema  *schema
	id      string
	row     row
	deleted time.Time // when it went to the deleted items; zero for live objects

	manager      string // id, "" for none; may name an object that is gone
	licences     []assignment
	roles        []string // template ids of directory roles
	eligible     []string // of those that can be activated
	cloudManaged bool     // onPremisesSyncBehavior/isCloudManaged
	mailbox      mailbox

	members, owners   []*object // sorted by id
	memberOf, ownerOf []*object
	hidden            *lag      // not yet replicated
	photo             *photo    // nil for none
	born, located     time.Time // under slow replication: when it was made, when its usage location changed
}

func (o *object) live() bool    { return o.deleted.IsZero() }
func (o *object) isUser() bool  { return o.schema.resource == "User" }
func (o *object) isGroup() bool { return o.schema.resource == "Group" }

// isContact reports whether the object is an orgContact.
func (o *object) isContact() bool { return o.schema.resource == "OrgContact" }

// raw gives the JSON text of a stored property, "" when it has no value.
func (o *object) raw(name string) string { return o.row.get(o.schema.must(name).number) }

// text gives a text property, "" when it has no value.
func (o *object) text(name string) string { return unquote(o.raw(name)) }

// truth reports whether a truth property is true.
func (o *object) truth(name string) bool { return o.raw(name) == "true" }

// texts gives a collection of texts.
func (o *object) texts(name string) []string { return unquoteAll(o.raw(name)) }

func (o *object) setText(name, v string) {
	if v == "" {
		o.row.set(o.schema.must(name).number, "")
		return
	}
	o.row.set(o.schema.must(name).number, quote(v))
}

func (o *object) setTexts(name string, v []string) {
	raw := ""
	if len(v) > 0 {
		b := append([]byte(nil), '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(b, s)
		}
		raw = string(append(b, ']'))
	}
	o.row.set(o.schema.must(name).number, raw)
}

func (o *object) setTruth(name string, v bool) {
	raw := "false"
	if v {
		raw = "true"
	}
	o.row.set(o.schema.must(name).number, raw)
}

func (o *object) setTime(name string, t time.Time) { o.setText(name, stamp(t)) }

// synced reports whether on-premises masters the object: it is synchronised and was not taken over by the cloud.
func (o *object) synced() bool { return o.truth("onPremisesSyncEnabled") && !o.cloudManaged }

// unified reports whether the object is a Microsoft 365 group.
func (o *object) unified() bool {
	return o.isGroup() && slices.Contains(o.texts("groupTypes"), "Unified")
}

// dynamic reports whether a rule decides the group's members.
func (o *object) dynamic() bool {
	return o.isGroup() && slices.Contains(o.texts("groupTypes"), "DynamicMembership")
}

// exchangeGroup reports whether only Exchange Online may change the group: it is mail-enabled and not a Microsoft 365 group.
func (o *object) exchangeGroup() bool {
	return o.isGroup() && o.truth("mailEnabled") && !o.unified()
}

// stamp writes a time as Graph does, UTC to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func quote(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted appends s as a JSON string. Plain ASCII is copied; the rest goes through encoding/json.
func appendQuoted(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			q, err := json.Marshal(s)
			if err != nil { // no string makes Marshal fail
				panic(err)
			}
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// unquote reads a JSON string; "" for anything else.
func unquote(raw string) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if s := raw[1 : len(raw)-1]; strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return ""
	}
	return s
}

// unquoteAll reads a JSON array of strings; nil for anything else.
func unquoteAll(raw string) []string {
	if len(raw) < 2 || raw[0] != '[' {
		return nil
	}
	var list []string
	if json.Unmarshal([]byte(raw), &list) != nil {
		return nil
	}
	return list
}
