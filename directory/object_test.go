package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
)

// attrs makes attributes from name, value, name, value; a name that follows itself gets several values.
func attrs(pairs ...string) []directory.Attribute {
	var out []directory.Attribute
	for i := 0; i < len(pairs); i += 2 {
		if k := len(out) - 1; k >= 0 && out[k].Name == pairs[i] {
			out[k].Values = append(out[k].Values, pairs[i+1])
			continue
		}
		out = append(out, directory.Attribute{Name: pairs[i], Values: []string{pairs[i+1]}})
	}
	return out
}

func pack(t *testing.T, s *directory.Schema, pairs ...string) directory.Object {
	t.Helper()
	o, err := s.NewObject(directory.User, directory.GUID{1}, attrs(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestObjectGivesBackItsValues(t *testing.T) {
	for name, c := range map[string]struct {
		pairs []string
		ask   string
		want  []string
	}{
		"one value":                     {[]string{"title", "Engineer"}, "title", []string{"Engineer"}},
		"the name in another case":      {[]string{"sAMAccountName", "anna"}, "SAMACCOUNTNAME", []string{"anna"}},
		"several values in order":       {[]string{"url", "b", "url", "a", "url", "b"}, "url", []string{"b", "a", "b"}},
		"an attribute after others":     {[]string{"a", "1", "b", "22222", "c", "3"}, "c", []string{"3"}},
		"bytes that are no text":        {[]string{"objectSid", "\x00\xff\x80"}, "objectSid", []string{"\x00\xff\x80"}},
		"a value of 100,000 bytes":      {[]string{"info", strings.Repeat("x", 100000)}, "info", []string{strings.Repeat("x", 100000)}},
		"a long distinguished name":     {[]string{"manager", "CN=" + strings.Repeat("x", 300)}, "manager", []string{"CN=" + strings.Repeat("x", 300)}},
		"an attribute it does not have": {[]string{"title", "Engineer"}, "department", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := pack(t, directory.NewSchema(), c.pairs...)
			if diff := cmp.Diff(c.want, o.Values(c.ask)); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if o.Has(c.ask) != (len(c.want) > 0) {
				t.Errorf("Has = %v", o.Has(c.ask))
			}
			if len(c.want) > 0 && o.First(c.ask) != c.want[0] {
				t.Errorf("First = %q", o.First(c.ask))
			}
		})
	}
}

func TestAttributesWithoutValuesAreAbsent(t *testing.T) {
	s := directory.NewSchema()
	o, err := s.NewObject(directory.User, directory.GUID{}, []directory.Attribute{{Name: "title"}, {Name: "cn", Values: []string{"Anna"}}})
	if err != nil {
		t.Fatal(err)
	}
	if o.Has("title") || !o.Has("cn") {
		t.Error("title is there, or cn is not")
	}
	if diff := cmp.Diff([]string{"cn"}, s.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestAnAttributeTwiceIsAnError(t *testing.T) {
	if _, err := directory.NewSchema().NewObject(directory.User, directory.GUID{}, attrs("cn", "a", "title", "b", "CN", "c")); err == nil {
		t.Error("no error")
	}
}

func TestASealedSchemaTakesNoObjects(t *testing.T) {
	s := directory.NewSchema()
	o := pack(t, s, "cn", "Anna", "department", "Sales")
	s.Seal()
	if _, err := s.NewObject(directory.User, directory.GUID{}, nil); err == nil {
		t.Error("no error")
	}
	if o.First("department") != "Sales" {
		t.Errorf("department %q", o.First("department"))
	}
}

func TestSpellingDoesNotDependOnOrder(t *testing.T) {
	spell := func(names ...string) []string {
		s := directory.NewSchema()
		for _, n := range names {
			pack(t, s, n, "x")
		}
		return s.Names()
	}
	if diff := cmp.Diff(spell("mailNickname", "MAILNICKNAME", "mailnickname"), spell("mailnickname", "mailNickname", "MAILNICKNAME")); diff != "" {
		t.Errorf("names differ:\n%s", diff)
	}
}

func TestTheZeroObjectIsEmpty(t *testing.T) {
	var o directory.Object
	if o.Has("cn") || o.First("cn") != "" || o.Values("cn") != nil || o.DN() != "" || o.Schema() != nil {
		t.Error("the zero Object holds something")
	}
	for range o.All() {
		t.Error("the zero Object yields something")
	}
}

func TestAllYieldsEveryValue(t *testing.T) {
	s := directory.NewSchema()
	o := pack(t, s, "cn", "Anna", "url", "a", "url", "b")
	var got []string
	for at, v := range o.All() {
		got = append(got, fmt.Sprintf("%s %d/%d %s", s.Names()[at.Attribute], at.Index, at.Count, v))
	}
	if diff := cmp.Diff([]string{"cn 0/1 Anna", "url 0/2 a", "url 1/2 b"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	s := directory.NewSchema()
	o := pack(t, s, "cn", "Anna", "department", "Sales", "title", "Engineer of toys")
	n, _ := s.Number("title")
	if got := testing.AllocsPerRun(100, func() {
		_ = o.FirstAt(n)
		_ = o.First("department")
		for range o.All() {
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// TestPoolingChangesNoValue packs more values than the pool takes of one attribute.
func TestPoolingChangesNoValue(t *testing.T) {
	s := directory.NewSchema()
	var objects []directory.Object
	for i := range 5000 {
		objects = append(objects, pack(t, s, "description", fmt.Sprintf("number %d", i), "department", fmt.Sprintf("department %d", i%7), "manager", fmt.Sprintf("CN=%d", i/3)))
	}
	s.Seal()
	for i, o := range objects {
		got := []string{o.First("description"), o.First("department"), o.First("manager")}
		want := []string{fmt.Sprintf("number %d", i), fmt.Sprintf("department %d", i%7), fmt.Sprintf("CN=%d", i/3)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("object %d (-want +got):\n%s", i, diff)
		}
	}
	if n := objects[4999].Bytes(); n > 30 {
		t.Errorf("the last object takes %d bytes; shared values are not shared", n)
	}
}

func BenchmarkFirstAt(b *testing.B) {
	s := directory.NewSchema()
	var pairs []string
	for i := range 40 {
		pairs = append(pairs, fmt.Sprintf("attribute%02d", i), fmt.Sprintf("a value of attribute %d", i))
	}
	o, err := s.NewObject(directory.User, directory.GUID{}, attrs(pairs...))
	if err != nil {
		b.Fatal(err)
	}
	n, _ := s.Number("attribute30")
	b.ReportAllocs()
	for b.Loop() {
		o.FirstAt(n)
	}
}

func BenchmarkNewObject(b *testing.B) {
	var pairs []string
	for i := range 40 {
		pairs = append(pairs, fmt.Sprintf("attribute%02d", i), fmt.Sprintf("a value of attribute %d", i))
	}
	list, s := attrs(pairs...), directory.NewSchema()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.NewObject(directory.User, directory.GUID{}, list); err != nil {
			b.Fatal(err)
		}
	}
}
