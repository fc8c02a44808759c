package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/internal/wire"
)

// shape says how the JSON document of a command becomes records. The members of a document are named by their path:
// plan.changes.
type shape struct {
	writes   bool     // it changes something outside, so that mode read is refused
	writing  []string // options with which it does so
	rehearse string   // the option that lets it change nothing; "" where there is none
	each     map[string]func(*answer, json.RawMessage) error
	end      func(*answer, head) error
	failed   func(*answer, error) // for commands whose mistakes are results
}

// head is what a document holds beside the arrays that are taken element by element.
type head map[string]json.RawMessage

// into decodes a member; an absent one leaves v as it is.
func (h head) into(path string, v any) error {
	b, ok := h[path]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s of the command's own document: %w", path, err)
	}
	return nil
}

// has reports whether a member is there and not null.
func (h head) has(path string) bool { b, ok := h[path]; return ok && string(b) != "null" }

// read takes a command's document apart as it is written, so that records stream. It is io.EOF when the command wrote
// nothing.
func (a *answer) read(r io.Reader) error {
	d := json.NewDecoder(r)
	h := head{}
	a.came.head = h
	if err := a.object(d, "", h); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the command wrote more than one document: %w", err)
	}
	if a.shape.end == nil {
		return nil
	}
	return a.shape.end(a, h)
}

// object reads one object; its members' paths begin with prefix.
func (a *answer) object(d *json.Decoder, prefix string, h head) error {
	t, err := d.Token()
	switch {
	case err != nil:
		return err
	case t == nil && prefix != "": // null: there is no such part
		return nil
	case t != json.Delim('{'):
		return unexpected(t)
	}
	if prefix != "" {
		h[strings.TrimSuffix(prefix, ".")] = json.RawMessage("{}")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		path := prefix + fmt.Sprint(t)
		switch {
		case a.shape.each[path] != nil:
			err = a.array(d, a.shape.each[path])
		case a.deeper(path):
			err = a.object(d, path+".", h)
		default:
			var raw json.RawMessage
			err = d.Decode(&raw)
			h[path] = raw
		}
		if err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// deeper reports whether arrays below a member are taken element by element.
func (a *answer) deeper(path string) bool {
	for p := range a.shape.each {
		if strings.HasPrefix(p, path+".") {
			return true
		}
	}
	return false
}

// array gives the elements of an array to take. null is an empty array.
func (a *answer) array(d *json.Decoder, take func(*answer, json.RawMessage) error) error {
	t, err := d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return unexpected(t)
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if err := take(a, raw); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

func unexpected(t json.Token) error {
	return fmt.Errorf("the command's own document has %v where it should not", t)
}

// wanted reports whether the other end asked for records of a type.
func (a *answer) wanted(r wire.Recorded) bool {
	return a.request.Records == nil || slices.Contains(a.request.Records, r.RecordType())
}

// record writes one record. One that is too long is left out, and the other end told.
func (a *answer) record(r wire.Recorded, identity string) error {
	if !a.wanted(r) {
		return nil
	}
	l, err := wire.Record(r)
	if err != nil {
		return err
	}
	if err = a.Write(l); !errors.Is(err, wire.ErrTooLong) {
		return err
	}
	return a.Write(wire.Line{Kind: wire.KindError, Code: "record.too_long", Message: "the record of " + clipped(identity) + " is longer than a line may be, and was left out",
		Target: &wire.Target{Name: clipped(identity)}, Action: "look at it with coexist show or validate, --output json"})
}

// clipped shortens a name that comes from a directory.
func clipped(s string) string {
	if len(s) > 1000 {
		return strings.ToValidUTF8(s[:1000], "") + "..."
	}
	return s
}
