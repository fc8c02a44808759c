package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// bucket counts what was used in a sliding window, in slots of a second or less.
type bucket struct {
	limit int
	span  time.Duration
	used  []use
	total int
}

type use struct {
	at time.Time
	n  int
}

// slots is into how many parts a window is divided.
const slots = 150

// expire forgets what lies outside the window.
func (b *bucket) expire(now time.Time) {
	i := 0
	for i < len(b.used) && !now.Before(b.used[i].at.Add(b.span)) {
		b.total -= b.used[i].n
		i++
	}
	b.used = b.used[i:]
}

// take uses n of the bucket; where they are not there it gives the time until they are.
func (b *bucket) take(now time.Time, n int) (wait time.Duration, ok bool) {
	b.expire(now)
	if b.total+n > b.limit {
		need := b.total + n - b.limit
		for _, u := range b.used {
			if need -= u.n; need <= 0 {
				return u.at.Add(b.span).Sub(now), false
			}
		}
		return b.span, false
	}
	slot := b.span / slots
	if k := len(b.used); k > 0 && now.Sub(b.used[k-1].at) < slot && !now.Before(b.used[k-1].at) {
		b.used[k-1].n += n
	} else {
		b.used = append(b.used, use{now, n})
	}
	b.total += n
	return 0, true
}

// Limits of identity and access per app and tenant. Source: Microsoft Graph service-specific throttling limits.
const (
	writeLimit  = 3000
	writeWindow = 150 * time.Second
	unitWindow  = 10 * time.Second
	warnFrom    = 0.8
)

// unitLimit gives the resource units per ten seconds by the size of the tenant.
func (t *Tenant) unitLimit() int {
	switch users := len(t.index.users.sorted) + len(t.index.users.fresh); {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	}
	return 8000
}

func (t *Tenant) bucket(name string, limit int, span time.Duration) *bucket {
	b := t.buckets[name]
	if b == nil {
		b = &bucket{span: span}
		t.buckets[name] = b
	}
	b.limit = limit
	return b
}

// throttle takes the cost of a request from the buckets of its app, or refuses it when one is empty. Refused requests cost
// nothing.
func (t *Tenant) throttle(r *request) error {
	if !t.options.Throttle {
		return nil
	}
	now := t.now()
	units := t.bucket("units "+r.caller.app, t.unitLimit(), unitWindow)
	writes := t.bucket("writes "+r.caller.app, writeLimit, writeWindow)
	writes.expire(now)
	if r.cost.writes > 0 && writes.total+r.cost.writes > writes.limit {
		wait, _ := writes.take(now, r.cost.writes)
		return t.tooMany(r, wait, "Write", "WriteLimitExceeded")
	}
	if wait, ok := units.take(now, r.cost.units); !ok {
		return t.tooMany(r, wait, "ReadWrite", "ResourceUnitLimitExceeded")
	}
	if r.cost.writes > 0 {
		writes.take(now, r.cost.writes)
	}
	r.load = max(float64(units.total)/float64(units.limit), float64(writes.total)/float64(writes.limit))
	return nil
}

func (t *Tenant) tooMany(r *request, wait time.Duration, scope, why string) *refusal {
	no := refuse(http.StatusTooManyRequests, "TooManyRequests", "Please retry again later.")
	no.header = [][2]string{{"Retry-After", retryAfter(wait, t.options.FractionalRetryAfter)},
		{"x-ms-throttle-scope", fmt.Sprintf("Tenant_Application/%s/%s/%s", scope, r.caller.app, t.options.ID)},
		{"x-ms-throttle-information", why}}
	return no
}
