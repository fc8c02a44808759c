package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/internal/wire"
)

// call carries out one request and gives the lines of the answer and the exit code.
func call(t *testing.T, words, request string) ([]wire.Line, int) {
	t.Helper()
	in, w := io.Pipe()
	go io.WriteString(w, request+"\n") // the input stays open behind it
	defer w.Close()
	var out, errs bytes.Buffer
	exit := run(append(strings.Fields(words), "--wire", "jsonl"), in, &out, &errs)
	if errs.Len() > 0 {
		t.Errorf("standard error has %q", errs.String())
	}
	var lines []wire.Line
	for s := bufio.NewScanner(&out); s.Scan(); {
		l, err := wire.DecodeLine(s.Bytes())
		if err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		if lines = append(lines, l); l.Seq != len(lines) {
			t.Errorf("line %d has number %d", len(lines), l.Seq)
		}
	}
	if n := len(lines); n < 2 || lines[0].Kind != wire.KindHello || lines[n-1].Kind != wire.KindResult || *lines[n-1].Exit != exit {
		t.Fatalf("exit code %d, lines %+v", exit, lines)
	}
	return lines, exit
}

// of gives the lines of a kind; of records those of a type.
func of(lines []wire.Line, kind wire.Kind, types ...string) []wire.Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l wire.Line) bool { return l.Kind != kind || len(types) > 0 && !slices.Contains(types, l.Type) })
}

// sample makes the sample company with its tenant, and goes there.
func sample(t *testing.T) {
	t.Helper()
	d := &demo{console: newConsole(strings.NewReader(""), io.Discard, io.Discard), dir: t.TempDir()}
	t.Setenv(rehearsalSecret, "")
	began := time.Now()
	d.now = func() time.Time { return company.At().Add(time.Since(began)) }
	s, err := d.prepare(company.Generate(company.Options{Users: 20}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	t.Chdir(d.dir)
}

func TestWireFromPlanToRun(t *testing.T) {
	sample(t)
	lines, exit := call(t, "plan", `{"wire":1,"op":"plan","params":{"out":"a.plan"},"records":["Plan"]}`)
	var p struct {
		Digest, State string
		Changes       int
	}
	decode(t, lines[len(lines)-1].Data, &p)
	if exit != 0 || p.State != "Ready" || p.Changes == 0 || len(of(lines, wire.KindRecord)) > 0 {
		t.Fatalf("plan: exit code %d, %+v", exit, p)
	}

	lines, _ = call(t, "show", `{"wire":1,"op":"show","args":["a.plan"],"records":["Change"]}`)
	if n := len(of(lines, wire.KindRecord, "Change")); n != p.Changes {
		t.Errorf("show: %d changes, want %d", n, p.Changes)
	}
	lines, _ = call(t, "show", `{"wire":1,"op":"show","args":["a.plan"],"records":["ReportLine"]}`)
	if n := len(of(lines, wire.KindRecord, "ReportLine")); n < 10 {
		t.Errorf("show: a report of %d lines", n)
	}

	lines, _ = call(t, "sync", `{"wire":1,"op":"sync","mode":"whatif"}`)
	if n := len(of(lines, wire.KindChange)); n != p.Changes {
		t.Errorf("sync, rehearsed: %d changes, want %d", n, p.Changes)
	}
	if _, err := os.Stat("coexist.plan"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a rehearsal leaves a plan: %v", err)
	}

	lines, exit = call(t, "apply", `{"wire":1,"op":"apply","mode":"apply","args":["a.plan"]}`)
	var r struct {
		RunID     string `json:"RunId"`
		Mode      string
		State     string
		Succeeded int
		Errors    int
	}
	decode(t, lines[len(lines)-1].Data, &r)
	if exit != 0 || r.State != "Succeeded" || r.Errors > 0 || r.Succeeded == 0 || r.Succeeded == p.Changes { // settings of mailboxes wait as tasks
		t.Errorf("apply: exit code %d, %+v", exit, r)
	}
	lines, exit = call(t, "apply", `{"wire":1,"op":"apply","mode":"apply","args":["a.plan"]}`)
	if e := of(lines, wire.KindError); exit != 6 || len(e) != 1 || e[0].Code != "plan.applied" || !e[0].Fatal {
		t.Errorf("apply again: exit code %d, %+v", exit, e)
	}
	lines, _ = call(t, "show", `{"wire":1,"op":"show","args":["`+r.RunID+`"]}`)
	if n := len(of(lines, wire.KindRecord, "RunChange")); n != p.Changes || len(of(lines, wire.KindRecord, "RunStep")) == 0 {
		t.Errorf("show of the run: %d changes", n)
	}
}

func decode(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
}

func TestWireValidatesObjects(t *testing.T) {
	sample(t)
	lines, _ := call(t, "validate", `{"wire":1,"op":"validate","records":["SyncValidation"]}`)
	all := of(lines, wire.KindRecord)
	if len(all) < 2 {
		t.Fatalf("%d objects have findings", len(all))
	}
	var v struct{ DistinguishedName string }
	decode(t, all[len(all)-1].Data, &v)
	name, err := json.Marshal(v.DistinguishedName)
	if err != nil {
		t.Fatal(err)
	}
	lines, exit := call(t, "validate", `{"wire":1,"op":"validate","args":[`+string(name)+`,"nobody@nowhere.example"]}`)
	if n, e := len(of(lines, wire.KindRecord)), of(lines, wire.KindError); exit != 11 || n != 1 || len(e) != 1 || e[0].Fatal || e[0].Code != "object.not_found" {
		t.Errorf("exit code %d, %d objects, %+v", exit, n, e)
	}
}

func TestWireRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	cases := map[string]struct {
		words, request string
		exit           int
		code           string
	}{
		"nothing":                    {"plan", "", 64, "request.invalid"},
		"another command":            {"plan", `{"wire":1,"op":"sync","mode":"apply"}`, 64, "request.invalid"},
		"a command for people":       {"demo", `{"wire":1,"op":"demo"}`, 64, "request.invalid"},
		"writing in mode read":       {"sync", `{"wire":1,"op":"sync"}`, 64, "request.invalid"},
		"a rehearsal of apply":       {"apply", `{"wire":1,"op":"apply","mode":"whatif"}`, 64, "request.invalid"},
		"help":                       {"version", `{"wire":1,"op":"version","params":{"help":true}}`, 64, "request.invalid"},
		"an option that is not":      {"version", `{"wire":1,"op":"version","params":{"nonsense":1}}`, 64, "request.invalid"},
		"a configuration not there":  {"plan", `{"wire":1,"op":"plan"}`, 3, "config"},
		"a plan that is not there":   {"show", `{"wire":1,"op":"show","args":["x.plan"]}`, 3, "config"},
		"another form of the result": {"version", `{"wire":1,"op":"version","params":{"output":"text"}}`, 64, "request.invalid"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			lines, exit := call(t, c.words, c.request)
			if e := of(lines, wire.KindError); exit != c.exit || len(e) != 1 || e[0].Code != c.code || !e[0].Fatal {
				t.Errorf("exit code %d, %+v; want %d, %s", exit, e, c.exit, c.code)
			}
		})
	}
}

// The end of the input ends a command cleanly.
func TestWireEndsWithItsInput(t *testing.T) {
	sample(t)
	var out bytes.Buffer
	exit := run([]string{"validate", "--wire", "jsonl"}, strings.NewReader(`{"wire":1,"op":"validate"}`+"\n"), &out, io.Discard)
	last := out.String()[strings.LastIndex(strings.TrimSpace(out.String()), "\n")+1:]
	if l, err := wire.DecodeLine([]byte(last)); err != nil || l.Kind != wire.KindResult || exit != 130 && exit != 0 {
		t.Errorf("exit code %d, %v: %s", exit, err, last)
	}
}

func TestWireWords(t *testing.T) {
	cases := map[string]struct {
		args  string
		words []string
		wired bool
		fails bool
	}{
		"a command":            {"policy test --wire jsonl", []string{"policy", "test"}, true, false},
		"written together":     {"plan --wire=jsonl", []string{"plan"}, true, false},
		"no wire":              {"plan --out x", nil, false, false},
		"another form":         {"plan --wire xml", nil, true, true},
		"options beside it":    {"plan --full --wire jsonl", nil, true, true},
		"arguments behind it":  {"show --wire jsonl x.plan", nil, true, true},
		"nothing but the wire": {"--wire jsonl", []string{}, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			words, wired, err := wireWords(strings.Fields(c.args))
			if wired != c.wired || (err != nil) != c.fails || !c.fails && !slices.Equal(words, c.words) {
				t.Errorf("%v, %v, %v", words, wired, err)
			}
		})
	}
}

// Every exit code that errors are told with has a code, and every code that is used is in the table.
func TestWireCodesAreListed(t *testing.T) {
	for _, code := range exitCodesOnWire {
		if wireRow(code).Code == "" {
			t.Errorf("exit code: there is no code %s", code)
		}
	}
	for reason, code := range refusals {
		if wireRow(code).Code == "" {
			t.Errorf("refusal %s: there is no code %s", reason, code)
		}
	}
	if got := wireRow("guard.delete").ID; got != "GuardExceeded" {
		t.Errorf("a kind of guard is %q", got)
	}
}

func TestScheduleRender(t *testing.T) {
	cases := map[string]string{
		"system":  `--system --config C:\ProgramData\Coexist\coexist.yaml`,
		"account": `--account CONTOSO\svc-coexist --every 30m --config \\server\share\coexist.yaml`,
		"managed": `--managed-account CONTOSO\svc-coexist$ --every 36h --config C:\ProgramData\Coexist\coexist.yaml`,
	}
	for name, args := range cases {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			words := append([]string{"schedule", "render", "--start", "2026-11-22T00:00:00", "--executable", `C:\Program Files\Coexist & Co\coexist.exe`}, strings.Fields(args)...)
			if exit := run(words, strings.NewReader(""), &out, &errs); exit != 0 {
				t.Fatalf("exit code %d: %s", exit, errs.String())
			}
			golden.File(t, filepath.Join("schedule", name+".xml"), out.Bytes())
		})
	}
}

func TestScheduleRefuses(t *testing.T) {
	for name, args := range map[string]string{
		"nobody to run as":          "",
		"two to run as":             `--system --account a\b`,
		"a managed account without": `--managed-account CONTOSO\svc-coexist`,
		"every minute":              "--system --every 1m",
		"seconds":                   "--system --every 5m30s",
		"no time":                   "--system --start tomorrow",
		"a quote in a path":         `--system --config a"b`,
		"another scheduler":         "--system --format cron",
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			if exit := run(append([]string{"schedule", "render"}, strings.Fields(args)...), strings.NewReader(""), io.Discard, &errs); exit != 64 {
				t.Errorf("exit code %d: %s", exit, errs.String())
			}
		})
	}
}

func TestISODuration(t *testing.T) {
	got := map[string]string{}
	for _, d := range []time.Duration{5 * time.Minute, 3 * time.Hour, 90 * time.Minute, 24 * time.Hour, 36 * time.Hour} {
		got[d.String()] = isoDuration(d)
	}
	if diff := cmp.Diff(map[string]string{"5m0s": "PT5M", "3h0m0s": "PT3H", "1h30m0s": "PT1H30M", "24h0m0s": "P1D", "36h0m0s": "P1DT12H"}, got); diff != "" {
		t.Error(diff)
	}
}
