package ldapvalue_test

import (
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory/ldapvalue"
)

func TestSID(t *testing.T) {
	for name, c := range map[string]struct{ raw, text string }{
		"an account":     {"\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff\xf4\x01\x00\x00", "S-1-5-21-1-2-4294967295-500"},
		"a short one":    {"\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", "S-1-5-18"},
		"no part at all": {"\x01\x00\x00\x00\x00\x00\x00\x05", "S-1-5"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ldapvalue.SID(c.raw); err != nil || got != c.text {
				t.Errorf("SID = %q, %v", got, err)
			}
			if got, err := ldapvalue.ParseSID(c.text); err != nil || got != c.raw {
				t.Errorf("ParseSID = %q, %v", got, err)
			}
		})
	}
	for _, raw := range []string{"", "\x01", "\x01\x02\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00"} {
		if _, err := ldapvalue.SID(raw); err == nil {
			t.Errorf("SID(%q) takes it", raw)
		}
	}
	for _, text := range []string{"", "S-1", "X-1-5-18", "S-1-5-4294967296", "S-1-5--1", "S-256-5", "S-1-5-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"} {
		if _, err := ldapvalue.ParseSID(text); err == nil {
			t.Errorf("ParseSID(%q) takes it", text)
		}
	}
}

func TestTime(t *testing.T) {
	want := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	for _, s := range []string{"20261122010203.0Z", "20261122010203Z", "20261122020203.0+0100"} {
		if got, err := ldapvalue.Time(s); err != nil || !got.Equal(want) {
			t.Errorf("Time(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "2026", "20261322010203.0Z"} {
		if _, err := ldapvalue.Time(s); err == nil {
			t.Errorf("Time(%q) takes it", s)
		}
	}
}

func TestFileTime(t *testing.T) {
	for in, want := range map[string]time.Time{
		"116444736000000000": time.Unix(0, 0).UTC(),
		"133800000000000001": time.Date(2024, 12, 30, 2, 40, 0, 100, time.UTC),
		"1":                  time.Date(1601, 1, 1, 0, 0, 0, 100, time.UTC),
	} {
		if got, ok, err := ldapvalue.FileTime(in); err != nil || !ok || !got.Equal(want) {
			t.Errorf("FileTime(%s) = %v, %v, %v; want %v", in, got, ok, err, want)
		}
	}
	for _, never := range []string{"0", "9223372036854775807"} {
		if _, ok, err := ldapvalue.FileTime(never); ok || err != nil {
			t.Errorf("FileTime(%s) is a time, or %v", never, err)
		}
	}
	if _, _, err := ldapvalue.FileTime("soon"); err == nil {
		t.Error("a word is taken")
	}
}

func TestBoolAndInt(t *testing.T) {
	for in, want := range map[string]bool{"TRUE": true, "false": false} {
		if got, err := ldapvalue.Bool(in); err != nil || got != want {
			t.Errorf("Bool(%s) = %v, %v", in, got, err)
		}
	}
	if _, err := ldapvalue.Bool("1"); err == nil {
		t.Error("Bool takes 1")
	}
	if got, err := ldapvalue.Int("-2147483646"); err != nil || got != -2147483646 {
		t.Errorf("Int = %d, %v", got, err)
	}
	if _, err := ldapvalue.Int("9223372036854775808"); err == nil {
		t.Error("Int takes more than 64 bits")
	}
}

func FuzzSID(f *testing.F) {
	f.Add("\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\xf4\x01\x00\x00")
	f.Fuzz(func(t *testing.T, raw string) {
		text, err := ldapvalue.SID(raw)
		if err != nil {
			return
		}
		if again, err := ldapvalue.ParseSID(text); err != nil || again != raw {
			t.Errorf("%q -> %s -> %q, %v", raw, text, again, err)
		}
	})
}
