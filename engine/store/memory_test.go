package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
)

func memories(t testing.TB, s *Store) (out []ledger.Memory) {
	t.Helper()
	for m, err := range s.Memories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// located is a lesson that an object is in a country.
func located(a directory.Anchor, country string) ledger.Lesson {
	return ledger.Lesson{Anchor: a, Decided: []ledger.Decided{{Decision: "usageLocation", Text: country}}}
}

func countries(t testing.TB, s *Store) (out string) {
	for _, m := range memories(t, s) {
		out += fmt.Sprint(m.Anchor, "=")
		for _, d := range m.Decided {
			out += d.Text
		}
		out += " "
	}
	return out
}

func TestObservationsByPoliciesThatAreNotInForceAreAside(t *testing.T) {
	s := fresh(t)
	guid := func(n byte) map[string]directory.GUID { return map[string]directory.GUID{"ou=staff": {n}} }
	see := func(policy string, accepted bool, n byte, lessons ...ledger.Lesson) {
		t.Helper()
		o := ledger.Observation{At: noon, Policy: policy, Accepted: accepted, Lessons: lessons, Objects: map[string]int{"contoso": int(n)}}
		if !accepted {
			o.Scopes = guid(n)
		}
		if err := s.Observe(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what, want string, n byte, objects int) {
		t.Helper()
		if got := countries(t, s); got != want {
			t.Errorf("%s: %q is remembered, want %q", what, got, want)
		}
		if scopes, err := s.Scopes(t.Context()); err != nil || scopes["ou=staff"] != (directory.GUID{n}) {
			t.Errorf("%s: scopes %v, %v", what, scopes, err)
		}
		if got, _, err := s.LastImport(t.Context(), "contoso"); err != nil || got != objects {
			t.Errorf("%s: last import %d, %v", what, got, err)
		}
	}
	see("one", false, 1, located("a", "DE"))
	check("before any plan was accepted", "a=DE ", 1, 1)
	see("one", true, 2)
	see("two", false, 3, located("a", "FR"))
	check("by others", "a=DE ", 1, 2)
	see("one", false, 4, located("b", "DE"))
	check("by those in force", "a=DE b=DE ", 4, 4)
	see("two", false, 5, located("a", "AT"))
	see("two", true, 6)
	check("accepted later", "a=AT b=DE ", 5, 6)
	see("one", false, 7, located("a", "IT"))
	check("by those that were in force", "a=AT b=DE ", 5, 6)
	see("two", true, 8)
	check("accepted again", "a=AT b=DE ", 5, 8)
}

func TestFewObservationsAreKeptAside(t *testing.T) {
	s := fresh(t)
	for i := range 3 * aside {
		o := ledger.Observation{At: noon.Add(time.Duration(i) * time.Hour), Policy: fmt.Sprint("policy", i), Accepted: i == 0, Lessons: []ledger.Lesson{located("a", "DE")}}
		if err := s.Observe(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := s.read.QueryRow(`SELECT COUNT(*) FROM policies WHERE observation IS NOT NULL`).Scan(&n); err != nil || n != aside {
		t.Errorf("%d observations are kept, %v", n, err)
	}
	if force, err := inForce(t.Context(), s.read); err != nil || force != "policy0" {
		t.Errorf("%q is in force, %v", force, err)
	}
}

func TestWhatAChangeSettlesIsRemembered(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	settle := func(keep bool, at time.Time, settled ...ledger.Decided) {
		t.Helper()
		e := journal.Entry{Run: run.ID, Change: "c", Anchor: row(1).Anchor, State: journal.Done, At: at}
		err := l.Settle(t.Context(), e, func(ledger.Row, bool) (ledger.Row, bool) {
			r := row(1)
			r.Settled = settled
			return r, keep
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	see := func(o ledger.Observation) {
		t.Helper()
		if err := s.Observe(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	user := ledger.Decided{Decision: "cloudType", Text: "user"}
	settle(true, noon, user)
	settle(true, noon, ledger.Decided{Decision: "usageLocation", Text: "DE"})
	see(ledger.Observation{At: noon.Add(-time.Hour), Lessons: []ledger.Lesson{located(row(1).Anchor, "FR")}})
	want := []ledger.Memory{{Anchor: row(1).Anchor, Decided: []ledger.Decided{user, {Decision: "usageLocation", Text: "DE"}}}}
	if d := cmp.Diff(want, memories(t, s)); d != "" {
		t.Errorf("what was written weighs more than what was seen before it (-want +got)\n%s", d)
	}
	waits := ledger.Pending{Decision: "cloudType", Text: "sharedMailbox", Since: noon.Add(time.Hour).UTC()}
	see(ledger.Observation{At: waits.Since, Lessons: []ledger.Lesson{{Anchor: row(1).Anchor, Pending: []ledger.Pending{waits}}}})
	want[0].Pending = []ledger.Pending{waits}
	if d := cmp.Diff(want, memories(t, s)); d != "" {
		t.Errorf("with what waits (-want +got)\n%s", d)
	}
	settle(true, noon, ledger.Decided{Decision: "cloudType", Text: "sharedMailbox"}) // the clock was set back
	want[0].Decided[0].Text, want[0].Pending = "sharedMailbox", nil
	if d := cmp.Diff(want, memories(t, s)); d != "" {
		t.Errorf("carried out (-want +got)\n%s", d)
	}
	settle(false, noon)
	if got := memories(t, s); len(got) > 0 {
		t.Errorf("of an object that is gone: %v", got)
	}
}

func TestBrokenMemoryIsCorrupt(t *testing.T) {
	s := fresh(t)
	if _, err := s.write.Exec(`INSERT INTO memories (anchor, decided, pending, at) VALUES ('a', '[', '[]', '')`); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Memories(t.Context()) {
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v", err)
		}
	}
}

// BenchmarkMemories is what the memory of decisions costs a plan: lessons of everybody at first, and reading them.
func BenchmarkMemories(b *testing.B) {
	s := fresh(b)
	o := ledger.Observation{At: noon, Policy: "p"}
	for i := range many {
		l := located(row(i).Anchor, []string{"DE", "FR", "AT"}[i%3])
		l.Decided = append([]ledger.Decided{{Decision: "cloudType", Text: "user"}, {Decision: "licenses", List: []string{"premium"}}}, l.Decided...)
		o.Lessons = append(o.Lessons, l)
	}
	b.Run("learn", func(b *testing.B) {
		for b.Loop() {
			if err := s.Observe(b.Context(), o); err != nil {
				b.Fatal(err)
			}
		}
	})
	var pages, size float64
	if err := s.read.QueryRow(`SELECT page_count, page_size FROM pragma_page_count, pragma_page_size`).Scan(&pages, &size); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n := len(memories(b, s)); n != many {
				b.Fatal(n)
			}
		}
		b.ReportMetric(pages*size/many, "stored-bytes/object")
	})
	b.Run("aside", func(b *testing.B) {
		if err := s.Observe(b.Context(), ledger.Observation{Policy: "p", Accepted: true}); err != nil {
			b.Fatal(err)
		}
		o.Policy = "q"
		for b.Loop() {
			if err := s.Observe(b.Context(), o); err != nil {
				b.Fatal(err)
			}
		}
		var n int
		if err := s.read.QueryRow(`SELECT LENGTH(observation) FROM policies WHERE digest = 'q'`).Scan(&n); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n)/many, "bytes/object")
	})
}
