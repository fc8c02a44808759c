package retry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func after(value string) http.Header {
	h := http.Header{}
	if value != "" {
		h.Set("Retry-After", value)
	}
	return h
}

func TestAfter(t *testing.T) {
	for value, want := range map[string]struct {
		d  time.Duration
		ok bool
	}{
		"":                              {0, false},
		"7":                             {7 * time.Second, true},
		"0.9":                           {900 * time.Millisecond, true},
		"2.128":                         {2128 * time.Millisecond, true},
		"-3":                            {0, true},
		"0":                             {0, true},
		"1e300":                         {LongestDelay, true},
		"NaN":                           {0, false},
		"soon":                          {0, false},
		"Sat, 21 Nov 2026 12:00:30 GMT": {30 * time.Second, true},
		"Sat, 21 Nov 2026 11:00:00 GMT": {0, true},
	} {
		if d, ok := After(after(value), noon); d != want.d || ok != want.ok {
			t.Errorf("%q: got %v, %v, want %v, %v", value, d, ok, want.d, want.ok)
		}
	}
}

func FuzzAfter(f *testing.F) {
	for _, s := range []string{"", "7", "2.128", "Sat, 21 Nov 2026 12:00:30 GMT", "-1", "Inf", "0x1p4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := After(after(s), noon); d < 0 || d > LongestDelay || !ok && d != 0 {
			t.Errorf("%q: %v, %v", s, d, ok)
		}
	})
}

func TestUnsentIsWhatMadeNoConnection(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		unsent bool
	}{
		"refused":               {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
		"no such host":          {fmt.Errorf("post: %w", &net.DNSError{Name: "graph.example"}), true},
		"certificate refused":   {&tls.CertificateVerificationError{Err: errors.New("unknown authority")}, true},
		"cut while reading":     {&net.OpError{Op: "read", Err: errors.New("connection reset")}, false},
		"timeout, who knows":    {context.DeadlineExceeded, false},
		"answered with nothing": {errors.New("EOF"), false},
	} {
		if got := Unsent(c.err); got != c.unsent {
			t.Errorf("%s: unsent is %v", name, got)
		}
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := Sleep(t.Context(), 0); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestIDsAreRandomUUIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	a, b := NewID(), NewID()
	if !form.MatchString(a) || a == b {
		t.Errorf("%s, %s", a, b)
	}
}

func TestRecentForgets(t *testing.T) {
	now := noon
	r := NewRecent(func() time.Time { return now }, time.Minute)
	r.Add("a")
	now = now.Add(time.Minute)
	if !r.Has("a") || r.Has("b") {
		t.Error("what was added is remembered for the lag, and nothing else")
	}
	now = now.Add(1)
	if r.Has("a") {
		t.Error("remembered past the lag")
	}
	r.Add("b")
	r.Forget("b")
	if r.Has("b") {
		t.Error("forgotten and remembered")
	}
}

func TestRecentStaysSmall(t *testing.T) {
	now := noon
	r := NewRecent(func() time.Time { return now }, time.Minute)
	for i := range 10 * crowd {
		r.Add(fmt.Sprint(i))
		now = now.Add(time.Second)
	}
	if len(r.at) > crowd {
		t.Errorf("remembers %d keys", len(r.at))
	}
	if !r.Has(fmt.Sprint(10*crowd - 1)) {
		t.Error("the newest is gone")
	}
}
