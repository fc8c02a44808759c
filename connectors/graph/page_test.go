package graph

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodePage(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		ids  []string
		next string
		ok   bool
	}{
		"two elements":               {`{"@odata.context":"x","@odata.nextLink":"n","value":[{"id":"a"},{"id":"b"}]}`, []string{"a", "b"}, "n", true},
		"link behind the value":      {`{"value":[{"id":"a"}],"@odata.nextLink":"n"}`, []string{"a"}, "n", true},
		"unknown members":            {`{"x":{"value":[{"id":"z"}]},"value":[{"id":"a","y":[1,{}]}],"z":null}`, []string{"a"}, "", true},
		"empty":                      {`{"value":[]}`, nil, "", true},
		"no value":                   {`{"@odata.context":"x"}`, nil, "", false},
		"value null":                 {`{"value":null}`, nil, "", false},
		"two values":                 {`{"value":[],"value":[]}`, nil, "", false},
		"cut in an element":          {`{"value":[{"id":"a"},{"id":"b`, []string{"a"}, "", false},
		"cut between elements":       {`{"value":[{"id":"a"}`, []string{"a"}, "", false},
		"cut behind the value":       {`{"value":[{"id":"a"}]`, []string{"a"}, "", false},
		"something behind the end":   {`{"value":[]}{"value":[]}`, nil, "", false},
		"nothing":                    {``, nil, "", false},
		"a list":                     {`[{"id":"a"}]`, nil, "", false},
		"a page of a gateway":        {`<html></html>`, nil, "", false},
		"an element of another type": {`{"value":[1]}`, nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			var ids []string
			next, err := decodePage([]byte(c.body), func(l *link) error { ids = append(ids, l.ID); return nil })
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(c.ids, ids); diff != "" || next != c.next {
				t.Errorf("next %q, elements (-want +got):\n%s", next, diff)
			}
		})
	}
}

// Whatever is accepted has the elements that encoding/json finds.
func FuzzDecodePage(f *testing.F) {
	f.Add([]byte(`{"@odata.nextLink":"n","value":[{"id":"a"},{"id":"b"}]}`))
	f.Add([]byte(`{"value":[{"id":"a"}`))
	f.Add([]byte(`{"value":[{"licenseAssignmentStates":[{"skuId":"x","assignedByGroup":null}],"manager":{"id":"m"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n := 0
		_, err := decodePage(body, func(r *row) error {
			r.object(false, userColumns)
			r.object(true, groupColumns)
			n++
			return nil
		})
		if err != nil {
			return
		}
		var want struct{ Value []json.RawMessage }
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("accepted what is no JSON: %v", err)
		}
		if n != len(want.Value) && len(want.Value) > 0 {
			t.Errorf("%d elements, encoding/json finds %d", n, len(want.Value))
		}
	})
}

func TestErrorOfTheCallerEndsTheDecoding(t *testing.T) {
	stop := errors.New("stop")
	if _, err := decodePage([]byte(`{"value":[{"id":"a"},{"id":"b"}]}`), func(*link) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
