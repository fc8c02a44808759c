package graph

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestDelay bounds what a Retry-After can ask for, so that no answer makes a time overflow.
const longestDelay = 24 * time.Hour

// retryAfter reads a Retry-After header: whole seconds, a fraction of seconds ("2.128", which Graph sends although RFC
// 9110 knows none) or an HTTP date. ok is false when there is none or it cannot be read. The delay is never negative, and
// is rounded up: a request that comes early counts against the limit.
func retryAfter(h http.Header, now time.Time) (d time.Duration, ok bool) {
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
		case s >= longestDelay.Seconds():
			return longestDelay, true
		}
		return time.Duration(math.Ceil(s * float64(time.Second))), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), longestDelay), true
}
