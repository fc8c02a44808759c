package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/secret"
)

func TestTextIsShownByNothing(t *testing.T) {
	const canary = "Canary-1"
	s := secret.New(canary)
	type deep struct {
		Shown  secret.Text
		hidden secret.Text
		list   []secret.Text
		keyed  map[string]*secret.Text
	}
	d := deep{s, s, []secret.Text{s}, map[string]*secret.Text{"a": &s}}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%c", "%U"} {
		for _, v := range []any{s, &s, d, &d, []any{s}, fmt.Errorf("x: %v", s)} {
			fmt.Fprintf(&b, verb, v)
		}
	}
	j, err := json.Marshal(map[string]any{"a": s, "b": &s, "c": d})
	if err != nil {
		t.Fatal(err)
	}
	b.Write(j)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "s", s, "d", d)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "s", s, "d", d)
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("%d", []byte(canary))} {
		if strings.Contains(b.String(), form) {
			t.Errorf("shown as %q", form)
		}
	}
	if s.Reveal() != canary || s.IsEmpty() || !(secret.Text{}).IsEmpty() || (secret.Text{}).Reveal() != "" {
		t.Error("Reveal does not give what was hidden")
	}
}

func TestPasswordsAreAsWished(t *testing.T) {
	for _, wish := range []cloud.Password{{Length: 8, Classes: 3}, {Length: 20, Classes: 4}, {Length: 256, Classes: 4}, {Length: 8, Classes: 4, Pronounceable: true},
		{Length: 15, Classes: 3, Pronounceable: true}, {Length: 256, Classes: 4, Pronounceable: true}} {
		t.Run(wish.String(), func(t *testing.T) {
			seen := map[string]bool{}
			for range 40 {
				p, err := secret.Make(rand.Reader, wish, []string{"A", "", "b7", "Ko"})
				if err != nil {
					t.Fatal(err)
				}
				s := p.Reveal()
				lower := strings.ToLower(s)
				if len(s) != wish.Length || secret.Classes(s) < wish.Classes || strings.Contains(lower, "a") || strings.Contains(lower, "b7") || strings.Contains(lower, "ko") || seen[s] {
					t.Errorf("%d characters of %d classes, repeated %v, or with a name", len(s), secret.Classes(s), seen[s])
				}
				if alike := "IOl01"; strings.ContainsAny(s, alike) || !wish.Pronounceable && strings.Contains(s, "o") {
					t.Error("it has letters that look alike")
				}
				seen[s] = true
			}
		})
	}
}

func TestPronounceablePasswordsAreSyllables(t *testing.T) {
	p, err := secret.Make(rand.Reader, cloud.Password{Length: 12, Classes: 4, Pronounceable: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Reveal()
	for i, c := range strings.ToLower(s[:10]) {
		if strings.ContainsRune("aeiou", c) != (i%2 == 1) {
			t.Errorf("place %d breaks the syllables", i)
		}
	}
	if !strings.ContainsAny(s[:1], "BDFGHJKMNPRSTVWZ") || !strings.ContainsAny(s[10:11], "23456789") || !strings.ContainsAny(s[11:], "!#%+-=?@_") {
		t.Error("want a capital in front, and a digit and a sign at the end")
	}
}

// Every letter of the alphabet is drawn about as often as any other: of 9,600 letters some 143 each, with a standard
// deviation of 12.
func TestLettersAreDrawnEvenly(t *testing.T) {
	counts := map[rune]int{}
	for range 300 {
		p, err := secret.Unknown(rand.Reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Reveal() {
			counts[c]++
		}
	}
	if len(counts) != 24+24+8+9 {
		t.Errorf("%d letters are in use", len(counts))
	}
	for c, n := range counts {
		if n < 60 || n > 240 {
			t.Errorf("letter %q is drawn %d times", c, n)
		}
	}
}

func TestPasswordsThatCannotBeMade(t *testing.T) {
	every := strings.Split("abcdefghijklmnopqrstuvwxyz", "")
	cases := map[string]struct {
		random io.Reader
		wish   cloud.Password
		names  []string
		want   error
	}{
		"no randomness":        {bytes.NewReader(nil), cloud.Password{Length: 8, Classes: 3}, nil, io.EOF},
		"randomness that ends": {bytes.NewReader([]byte{1, 2, 3}), cloud.Password{Length: 8, Classes: 3}, nil, io.EOF},
		"names of all letters": {rand.Reader, cloud.Password{Length: 8, Classes: 4}, every, secret.ErrNames},
		"too short":            {rand.Reader, cloud.Password{Length: 7, Classes: 4}, nil, nil},
		"a secret":             {rand.Reader, cloud.Password{Secret: "first-day"}, nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := secret.Make(c.random, c.wish, c.names)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !p.IsEmpty() {
				t.Errorf("error %v, want %v and no password", err, c.want)
			}
		})
	}
}

func FuzzMake(f *testing.F) {
	f.Add(8, 3, false, "a", "ann")
	f.Add(256, 4, true, "e", "Bodo")
	f.Fuzz(func(t *testing.T, length, classes int, pronounceable bool, one, two string) {
		wish := cloud.Password{Length: length, Classes: classes, Pronounceable: pronounceable}
		p, err := secret.Make(rand.Reader, wish, []string{one, two})
		if err != nil {
			return
		}
		s := p.Reveal()
		if wish.Check() != nil || len(s) != length || secret.Classes(s) < classes {
			t.Errorf("%d characters of %d classes for %s", len(s), secret.Classes(s), wish)
		}
		for _, name := range []string{one, two} {
			if name != "" && strings.Contains(strings.ToLower(s), strings.ToLower(name)) {
				t.Error("it holds a name")
			}
		}
	})
}
