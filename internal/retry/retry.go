// Package retry is what everybody who asks a server again has in common: waiting, reading how long the server wants to be
// left alone, telling what never reached it, naming a request, and remembering what was written a moment ago. When to ask
// again is for the callers: a directory, Graph and Exchange Online each have their own rules.
package retry

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// LongestDelay bounds what a Retry-After can ask for, so that no answer makes a time overflow.
const LongestDelay = 24 * time.Hour

// Sleep waits for d, or until ctx ends, whose error it returns then.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// After reads a Retry-After header: whole seconds, a fraction of seconds ("2.128", which Graph sends although RFC 9110
// knows none) or an HTTP date. ok is false when there is none or it cannot be read. The delay is never negative, and is
// rounded up: a request that comes early counts against the limit.
func After(h http.Header, now time.Time) (d time.Duration, ok bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		switch {
		case math.IsNaN(s):
			return 0, false
		case s <= 0:
			return 0, true
		case s >= LongestDelay.Seconds():
			return LongestDelay, true
		}
		return time.Duration(math.Ceil(s * float64(time.Second))), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), LongestDelay), true
}

// Unsent reports whether the request certainly never reached the server: no connection could be made.
func Unsent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) || Untrusted(err)
}

// Untrusted reports whether the server's certificate was refused, which asking again does not mend.
func Untrusted(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}

// NewID gives a random UUID, version 4 (RFC 9562), to name a request by.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program first
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
