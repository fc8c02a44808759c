package report_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/golden"
)

// planned is a plan held in memory.
type planned struct {
	manifest plan.Manifest
	changes  []plan.Change
	skips    []plan.Skip
}

func (p *planned) Manifest() plan.Manifest                { return p.manifest }
func (p *planned) Digest() string                         { return "sha256:" + strings.Repeat("0c", 32) }
func (p *planned) Changes() iter.Seq2[plan.Change, error] { return each(p.changes) }
func (p *planned) Skips() iter.Seq2[plan.Skip, error]     { return each(p.skips) }

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// readPlan takes a plan out of an archive: manifest.json, changes.jsonl and skips.jsonl, as in a plan file.
func readPlan(t *testing.T, a *txtar.Archive) *planned {
	t.Helper()
	p := &planned{}
	for _, f := range a.Files {
		switch f.Name {
		case "manifest.json":
			if err := json.Unmarshal(f.Data, &p.manifest); err != nil {
				t.Fatal(f.Name, err)
			}
		case "changes.jsonl":
			p.changes = lines[plan.Change](t, f)
		case "skips.jsonl":
			p.skips = lines[plan.Skip](t, f)
		}
	}
	return p
}

func lines[T any](t *testing.T, f txtar.File) (out []T) {
	t.Helper()
	for in := bufio.NewScanner(bytes.NewReader(f.Data)); in.Scan(); {
		var v T
		if err := json.Unmarshal(in.Bytes(), &v); err != nil {
			t.Fatal(f.Name, in.Text(), err)
		}
		out = append(out, v)
	}
	return out
}

func TestPlan(t *testing.T) {
	golden.Case(t, "plan/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		p := readPlan(t, a)
		o := report.Options{Width: 100, Path: "tonight.plan", Full: strings.Contains(string(a.Comment), "--full"), Brief: strings.Contains(string(a.Comment), "--brief")}
		if strings.Contains(string(a.Comment), "expired") {
			o.Now = p.manifest.Expires
		}
		var text bytes.Buffer
		if err := report.Plan(&text, p, o); err != nil {
			t.Fatal(err)
		}
		return []txtar.File{{Name: "text", Data: text.Bytes()}}
	})
}

// The JSON form is one document that holds what the plan holds.
func TestPlanJSON(t *testing.T) {
	a, err := txtar.ParseFile("testdata/plan/everyday.txtar")
	if err != nil {
		t.Fatal(err)
	}
	p := readPlan(t, a)
	var out bytes.Buffer
	if err := report.PlanJSON(&out, p); err != nil {
		t.Fatal(err)
	}
	var back struct {
		FormatVersion, Kind, Digest string
		Manifest                    plan.Manifest
		Changes                     []plan.Change
		Skips                       []plan.Skip
	}
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.FormatVersion != report.FormatVersion || back.Kind != "coexist.report.plan" || back.Digest != p.Digest() {
		t.Errorf("head: %s %s %s", back.FormatVersion, back.Kind, back.Digest)
	}
	if len(back.Changes) != len(p.changes) || len(back.Skips) != len(p.skips) || back.Manifest.Objects != p.manifest.Objects {
		t.Errorf("%d changes, %d skips, %d objects", len(back.Changes), len(back.Skips), back.Manifest.Objects)
	}
}

// A sync is one document, whether it came to a run or not.
func TestSyncJSON(t *testing.T) {
	a, err := txtar.ParseFile("testdata/plan/everyday.txtar")
	if err != nil {
		t.Fatal(err)
	}
	p := readPlan(t, a)
	entries := func(yield func(journal.Entry, error) bool) {
		yield(journal.Entry{Change: "c1", State: journal.Done}, nil)
	}
	for name, r := range map[string]*report.Performed{
		"with a run":    {Run: journal.Run{ID: "r1"}, Counts: journal.Counts{journal.Done: 1}, Entries: entries},
		"without a run": nil,
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := report.SyncJSON(&out, p, r); err != nil {
				t.Fatal(err)
			}
			var back struct {
				Kind string
				Plan struct {
					Digest  string
					Changes []plan.Change
				}
				Run *struct {
					Run     journal.Run
					Entries []journal.Entry
				}
			}
			if err := json.Unmarshal(out.Bytes(), &back); err != nil {
				t.Fatal(err)
			}
			if back.Kind != "coexist.report.sync" || back.Plan.Digest != p.Digest() || len(back.Plan.Changes) != len(p.changes) {
				t.Errorf("kind %q, plan %s with %d changes", back.Kind, back.Plan.Digest, len(back.Plan.Changes))
			}
			if (back.Run != nil) != (r != nil) || r != nil && (back.Run.Run.ID != "r1" || len(back.Run.Entries) != 1) {
				t.Errorf("run: %+v", back.Run)
			}
		})
	}
}

// broken is a plan whose file turns out altered while it is read.
type broken struct{ planned }

func (broken) Skips() iter.Seq2[plan.Skip, error] {
	return func(yield func(plan.Skip, error) bool) { yield(plan.Skip{}, plan.ErrAltered) }
}

func TestNothingIsWrittenOfAnAlteredPlan(t *testing.T) {
	var out bytes.Buffer
	if err := report.Plan(&out, &broken{}, report.Options{}); !errors.Is(err, plan.ErrAltered) {
		t.Errorf("error %v, want %v", err, plan.ErrAltered)
	}
	if out.Len() > 0 {
		t.Errorf("wrote %q", out.String())
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteErrorsAreReturned(t *testing.T) {
	p := &planned{}
	if err := report.Plan(full{}, p, report.Options{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("text: error %v, want %v", err, io.ErrShortWrite)
	}
	if err := report.PlanJSON(full{}, p); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("JSON: error %v, want %v", err, io.ErrShortWrite)
	}
}

func TestSafe(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"plain text stays":                 {"Zoë Müller-Łukasz 佐藤 👩", "Zoë Müller-Łukasz 佐藤 👩"},
		"an escape sequence is shown":      {"\x1b[2JJane", `\x1b[2JJane`},
		"an 8-bit control is shown":        {"a\u009bb", `a\x9bb`},
		"a line break cannot fake a line":  {"Jane\n  0  delete", `Jane\n  0  delete`},
		"a carriage return cannot rewrite": {"Jane\rJohn", `Jane\rJohn`},
		"text cannot be turned around":     {"a\u202ebc", `a\u202ebc`},
		"isolates are shown":               {"a\u2066b\u2069", `a\u2066b\u2069`},
		"invisible characters are shown":   {"a\u200bb", `a\u200bb`},
		"line separators are shown":        {"a\u2028b", `a\u2028b`},
		"a blank that is no space":         {"a\u00a0b", `a\xa0b`},
		"broken UTF-8 is shown":            {"a\xffb", `a\xffb`},
		"a true replacement mark is shown": {"a\ufffdb", `a\ufffdb`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := report.Safe(c.in); got != c.want {
				t.Errorf("Safe(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("Jane \x1b[31m\u202e\n\xff")
	f.Fuzz(func(t *testing.T, s string) {
		out := report.Safe(s)
		if strings.ContainsAny(out, "\x00\x07\x1b\n\r\t\u009b\u202a\u202e\u2066\u2028\u200b") {
			t.Errorf("Safe(%q) = %q", s, out)
		}
		if report.Safe(out) != out {
			t.Errorf("Safe is not stable for %q", s)
		}
	})
}
