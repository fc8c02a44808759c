package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTroublesAreDatedFromTheirFirstSight(t *testing.T) {
	c := &clock{noon}
	s := opened(t, filepath.Join(t.TempDir(), "coexist.db"), c)
	see := func(want map[string]time.Time, names ...string) {
		t.Helper()
		got, err := s.SeeTroubles(t.Context(), names)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	later := noon.Add(time.Hour)
	see(map[string]time.Time{"a": noon, "b": noon}, "a", "b")
	c.at = later
	see(map[string]time.Time{"a": noon, "c": later}, "a", "c")
	c.at = later.Add(time.Hour)
	see(map[string]time.Time{"b": c.at}, "b") // it was gone in between
	see(map[string]time.Time{})
}

func TestValidationsAreRemembered(t *testing.T) {
	s := fresh(t)
	if _, err := s.Validation(t.Context(), "last"); !errors.Is(err, ErrNoValidation) {
		t.Errorf("of an empty store: %v", err)
	}
	text := strings.Repeat(`{"check":"UPN-001"}`, 1000)
	for n := range keptValidations + 5 {
		v := Validation{ID: fmt.Sprintf("v%02d", n), At: noon.Add(time.Duration(n) * time.Hour), Findings: []byte(text)}
		if err := s.KeepValidation(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	last, err := s.Validation(t.Context(), "last")
	if err != nil || last.ID != "v24" || !last.At.Equal(noon.Add(24*time.Hour)) || string(last.Findings) != text {
		t.Errorf("last: %s at %s, %d bytes, %v", last.ID, last.At, len(last.Findings), err)
	}
	var ids []string
	for v, err := range s.Validations(t.Context()) {
		if err != nil || string(v.Findings) != text {
			t.Fatalf("%s: %d bytes, %v", v.ID, len(v.Findings), err)
		}
		ids = append(ids, v.ID)
	}
	if len(ids) != keptValidations || ids[0] != "v24" || ids[1] != "v23" || ids[keptValidations-1] != "v05" {
		t.Errorf("all, the latest first: %s", ids)
	}
	for id, kept := range map[string]bool{"v04": false, "v05": true, "v99": false} {
		if _, err := s.Validation(t.Context(), id); (err == nil) != kept || !kept && !errors.Is(err, ErrNoValidation) {
			t.Errorf("%s: %v", id, err)
		}
	}
}
