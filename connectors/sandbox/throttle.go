package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// bucket counts what was used in a sliding window.
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

// expire forgets what lies outside the window.
func (b *bucket) expire(now time.Time) {
	i := 0
	for i < len(b.used) && !now.Before(b.used[i].at.Add(b.span)) {
		b.total -= b.used[i].n
		i++
	}
	b.used = b.used[i:]
}

// room reports whether n can be used; where not, it gives the time until it can.
func (b *bucket) room(now time.Time, n int) (wait time.Duration, ok bool) {
	b.expire(now)
	need := b.total + n - b.limit
	if need <= 0 {
		return 0, true
	}
	for _, u := range b.used {
		if need -= u.n; need <= 0 {
			return u.at.Add(b.span).Sub(now), false
		}
	}
	return b.span, false
}

// take uses n.
func (b *bucket) take(now time.Time, n int) {
	b.expire(now)
	if k := len(b.used); k > 0 && b.used[k-1].at.Equal(now) {
		b.used[k-1].n += n
	} else {
		b.used = append(b.used, use{now, n})
	}
	b.total += n
}

// overdraw counts a refused request, up to the load at which counting stops.
func (b *bucket) overdraw(now time.Time, n int) {
	if b.expire(now); float64(b.total+n) <= warnTo*float64(b.limit) {
		b.take(now, n)
	}
}

// load is how full the bucket is, 1 at its limit.
func (b *bucket) load(now time.Time) float64 {
	b.expire(now)
	return float64(b.total) / float64(b.limit)
}

// Limits of identity and access per app and tenant. Source: Microsoft Graph service-specific throttling limits.
const (
	writeLimit  = 3000
	writeWindow = 150 * time.Second
	unitWindow  = 10 * time.Second
	warnFrom    = 0.8
	warnTo      = 1.8

	tenantWriteLimit  = 18000 // of all apps
	tenantWriteWindow = 5 * time.Minute
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

// throttle takes the cost of a request from the buckets of its app and of the tenant, or refuses it when one is empty.
// Refused requests cost resource units too, up to the load at which the service stops counting.
func (t *Tenant) throttle(r *request) error {
	if !t.options.Throttle {
		return nil
	}
	now := t.now()
	units := t.bucket("units "+r.caller.app, t.unitLimit(), unitWindow)
	writes := t.bucket("writes "+r.caller.app, writeLimit, writeWindow)
	all := t.bucket("writes of the tenant", tenantWriteLimit, tenantWriteWindow)
	measure := func() { r.load = min(max(units.load(now), writes.load(now), all.load(now)), warnTo) }
	defer measure()
	if r.cost.writes > 0 {
		for _, b := range []*bucket{writes, all} {
			if wait, ok := b.room(now, r.cost.writes); !ok {
				units.overdraw(now, r.cost.units)
				measure()
				return t.tooMany(r, wait, "Write", "WriteLimitExceeded")
			}
		}
	}
	if wait, ok := units.room(now, r.cost.units); !ok {
		units.overdraw(now, r.cost.units)
		return t.tooMany(r, wait, "ReadWrite", "ResourceUnitLimitExceeded")
	}
	units.take(now, r.cost.units)
	if r.cost.writes > 0 {
		writes.take(now, r.cost.writes)
		all.take(now, r.cost.writes)
	}
	return nil
}

func (t *Tenant) tooMany(r *request, wait time.Duration, scope, why string) *refusal {
	no := refuse(http.StatusTooManyRequests, "TooManyRequests", "Please retry again later.")
	no.header = [][2]string{{"Retry-After", retryAfter(wait, t.options.FractionalRetryAfter)},
		{"x-ms-throttle-scope", fmt.Sprintf("Tenant_Application/%s/%s/%s", scope, r.caller.app, t.options.ID)},
		{"x-ms-throttle-information", why}}
	return no
}
