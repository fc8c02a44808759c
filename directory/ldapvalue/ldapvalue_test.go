package ldapvalue_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory/ldapvalue"
)

// sids are security identifiers in both forms.
var sids = map[string]string{
	"S-1-0":        "\x01\x00\x00\x00\x00\x00\x00\x00",
	"S-1-1-0":      "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00",
	"S-1-5-32-544": "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00",
	"S-1-5-21-3623811015-3361044348-30300820-1013": "\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\xc7\xf7\xfe\xd7\x7c\x77\x55\xc8\x94\x5a\xce\x01\xf5\x03\x00\x00",
	"S-1-281474976710655-4294967295":               "\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
}

func TestSID(t *testing.T) {
	for text, raw := range sids {
		got, err := ldapvalue.SID(raw)
		if err != nil || got != text {
			t.Errorf("SID(%x) = %q, %v; want %q", raw, got, err, text)
		}
		back, err := ldapvalue.ParseSID(text)
		if err != nil || back != raw {
			t.Errorf("ParseSID(%q) = %x, %v; want %x", text, back, err, raw)
		}
	}
}

func TestSIDRefuses(t *testing.T) {
	for name, raw := range map[string]string{"nothing": "", "a header cut short": "\x01\x00\x00", "fewer parts than it says": "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00",
		"more bytes than it says": "\x01\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if got, err := ldapvalue.SID(raw); err == nil {
			t.Errorf("%s: SID(%x) = %q", name, raw, got)
		}
	}
	for _, text := range []string{"", "S", "S-1", "X-1-1-0", "S-1-1-", "S-1-1-4294967296", "S-1-281474976710656-1", "S-256-1-0", "S-1-1--1", "S-1-5" + strings.Repeat("-1", 16)} {
		if got, err := ldapvalue.ParseSID(text); err == nil {
			t.Errorf("ParseSID(%q) = %x", text, got)
		}
	}
}

func TestTime(t *testing.T) {
	want := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	for _, s := range []string{"20261122010203.0Z", "20261122010203Z", "20261122020203.0+0100", "20261122020203+0100"} {
		got, err := ldapvalue.Time(s)
		if err != nil || got != want {
			t.Errorf("Time(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "20261122", "20261322010203.0Z", "2026-11-22T01:02:03Z", "20261122010203.0Z "} {
		if got, err := ldapvalue.Time(s); err == nil {
			t.Errorf("Time(%q) = %v", s, got)
		}
	}
}

func TestFileTime(t *testing.T) {
	tests := map[string]struct {
		want time.Time
		ok   bool
	}{
		"0":                                  {time.Time{}, false},
		"-1":                                 {time.Time{}, false},
		strconv.FormatInt(math.MaxInt64, 10): {time.Time{}, false},
		"1":                                  {time.Date(1601, 1, 1, 0, 0, 0, 100, time.UTC), true},
		"116444736000000000":                 {time.Unix(0, 0).UTC(), true},
		"134082469231234567":                 {time.Date(2025, 11, 22, 1, 2, 3, 123456700, time.UTC), true},
	}
	for s, tt := range tests {
		got, ok, err := ldapvalue.FileTime(s)
		if err != nil || ok != tt.ok || !got.Equal(tt.want) {
			t.Errorf("FileTime(%q) = %v, %v, %v; want %v, %v", s, got, ok, err, tt.want, tt.ok)
		}
	}
	for _, s := range []string{"", "x", "9223372036854775808"} {
		if got, _, err := ldapvalue.FileTime(s); err == nil {
			t.Errorf("FileTime(%q) = %v", s, got)
		}
	}
}

func TestInt(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "-2147483646": -2147483646, "9223372036854775807": math.MaxInt64} {
		if got, err := ldapvalue.Int(s); err != nil || got != want {
			t.Errorf("Int(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1.5", "0x10", "9223372036854775808", "1 "} {
		if got, err := ldapvalue.Int(s); err == nil {
			t.Errorf("Int(%q) = %d", s, got)
		}
	}
}

func TestBool(t *testing.T) {
	for s, want := range map[string]bool{"TRUE": true, "FALSE": false, "true": true, "False": false} {
		if got, err := ldapvalue.Bool(s); err != nil || got != want {
			t.Errorf("Bool(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1", "yes"} {
		if got, err := ldapvalue.Bool(s); err == nil {
			t.Errorf("Bool(%q) = %v", s, got)
		}
	}
}

func FuzzSID(f *testing.F) {
	for _, raw := range sids {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		text, err := ldapvalue.SID(raw)
		if err != nil || len(raw) > 8+4*15 {
			return
		}
		if back, err := ldapvalue.ParseSID(text); err != nil || back != raw {
			t.Errorf("SID(%x) = %s, which reads back as %x, %v", raw, text, back, err)
		}
	})
}
