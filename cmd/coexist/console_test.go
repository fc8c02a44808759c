package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

func TestComplain(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"an outcome has nothing to say":        {outcome(errChanges), ""},
		"joined outcomes neither":              {errors.Join(outcome(errSource), outcome(errSignIn)), ""},
		"an error is named":                    {mark(errSource, errors.New("read contoso: cut")), "coexist: read contoso: cut\n"},
		"joined errors take a line each":       {errors.Join(errors.New("a"), outcome(errGuard), errors.New("b")), "coexist: a\ncoexist: b\n"},
		"an error of two causes stays whole":   {fmt.Errorf("store: %w: %w", errors.New("full"), errors.New("x")), "coexist: store: full: x\n"},
		"directory text cannot take over":      {errors.New("CN=\x1b[2JJane"), "coexist: CN=\\x1b[2JJane\n"},
		"a mistake is shown below its line":    {strictyaml.Problems{{File: "a.yaml", Line: 2, Col: 3, Message: "bad", Source: "x: y"}}, "a.yaml:2:3: bad\n    x: y\n      ^\ncoexist: 1 mistake\n"},
		"the mark follows what is shown wider": {strictyaml.Problems{{File: "a.yaml", Line: 1, Col: 3, Message: "bad", Source: "\té: y"}}, "a.yaml:1:3: bad\n        é: y\n         ^\ncoexist: 1 mistake\n"},
		"without its line there is no mark":    {strictyaml.Problems{{File: "a.yaml", Line: 2, Col: 3, Message: "bad"}}, "a.yaml:2:3: bad\ncoexist: 1 mistake\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			newConsole(nil, nil, &errs).complain(c.err)
			if diff := cmp.Diff(c.want, errs.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Options may stand anywhere, and what follows "--" is an argument.
func TestArrange(t *testing.T) {
	cases := map[string]struct{ args, want []string }{
		"options behind arguments":      {[]string{"apply", "x.plan", "--allow", "delete@1", "--full"}, []string{"apply", "--allow", "delete@1", "--full", "--", "x.plan"}},
		"a value with an equals sign":   {[]string{"plan", "--out=x", "--object", "CN=a,DC=b"}, []string{"plan", "--out=x", "--object", "CN=a,DC=b", "--"}},
		"an argument like an option":    {[]string{"show", "--", "--full"}, []string{"show", "--", "--full"}},
		"below another command":         {[]string{"snapshot", "show", "f", "-o", "json"}, []string{"snapshot", "show", "-o", "json", "--", "f"}},
		"a lone hyphen is an argument":  {[]string{"show", "-"}, []string{"show", "--", "-"}},
		"help":                          {[]string{"--help"}, []string{"--help"}},
		"an unknown command stays what": {[]string{"plann", "x"}, []string{"plann", "x"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := arrange(newApp(newConsole(nil, nil, nil)).Commands, c.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A run says once that it waits, and only when the pause is long.
func TestPatience(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	p := &patience{console: newConsole(nil, nil, &out)}
	for _, d := range []time.Duration{time.Second, 30 * time.Second, time.Minute} {
		if err := p.sleep(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("sleep(%s) = %v, want %v", d, err, context.Canceled)
		}
	}
	if want := "waiting 30s before the tenant is asked again: it is busy, or a write that was cut off may not show yet\n"; out.String() != want {
		t.Errorf("said %q, want %q", out.String(), want)
	}
}

// TestLongLinesAreCut expects the mark below the place, whatever of the line has room.
func TestLongLinesAreCut(t *testing.T) {
	line := strings.Repeat("ä", 400) + "!" + strings.Repeat("b", 400)
	for name, c := range map[string]struct {
		col         int
		first, last string
	}{
		"begin":  {1, "    ä", "…"},
		"middle": {401, "    … ä", "…"},
		"end":    {801, "    … b", "b"},
		"beyond": {9000, "    … b", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			shown, mark, _ := strings.Cut(caret(strictyaml.Problem{Line: 1, Col: c.col, Source: line}), "\n")
			if n := len([]rune(shown)); n > 170 || !strings.HasPrefix(shown, c.first) || !strings.HasSuffix(shown, c.last) {
				t.Errorf("%d characters: %s", n, shown)
			}
			if at := strings.Index(mark, "^"); name == "middle" && []rune(shown)[at] != '!' {
				t.Errorf("mark below %q", []rune(shown)[at])
			}
		})
	}
	if got := caret(strictyaml.Problem{Line: 1, Source: "tags: ["}); got != "    tags: [" {
		t.Errorf("no place in the line: %q", got)
	}
}
