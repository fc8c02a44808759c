package graph

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// What Graph lets one application do to the directory of one tenant: 3,000 writes in 150 seconds, and in 10 seconds so many
// resource units by the size of the tenant (throttling limits, identity and access).
const (
	writeWindow = 150 * time.Second
	writeLimit  = 3000
	writeBurst  = 40 // writes that may follow each other at once

	unitWindow  = 10 * time.Second
	smallUnits  = 3500 // of a tenant below 50 users, and before its size is known
	mediumUnits = 5000 // up to 500
	largeUnits  = 8000
	unitBurst   = 350

	margin       = 0.02 // left free for clocks that differ
	slowFrom     = 0.8  // share of the limit from which Graph warns, x-ms-throttle-limit-percentage
	excused      = 0.05 // by how much a warning may exceed what we know of before others count as using the limit too
	slowestShare = 0.1  // of the rate, when the limit is reached
)

// pacer keeps requests within the tenant's limits: a bucket for writes and one for resource units, slower while the server
// warns of use that is not ours, and an instant before which nobody sends at all.
type pacer struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu            sync.Mutex
	writes, units *bucket
	share         float64 // of the rates that is used
	until         time.Time
}

// newPacer paces to limit writes in any window of writeWindow, and to the units of the smallest tenants.
func newPacer(limit int, now func() time.Time, sleep func(context.Context, time.Duration) error) *pacer {
	return &pacer{now: now, sleep: sleep, share: 1,
		writes: newBucket(limit, writeWindow, writeBurst, now()), units: newBucket(smallUnits, unitWindow, unitBurst, now())}
}

// size tells how many users the tenant has, on which its resource units depend.
func (p *pacer) size(users int) {
	units := smallUnits
	switch {
	case users > 500:
		units = largeUnits
	case users >= 50:
		units = mediumUnits
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.units.resize(units)
}

// wait returns when the request may be sent.
func (p *pacer) wait(ctx context.Context, c cost) error {
	if d := p.reserve(c); d > 0 {
		if err := p.sleep(ctx, d); err != nil {
			return err
		}
	}
	for held := (time.Time{}); ; {
		p.mu.Lock()
		until, d := p.until, p.until.Sub(p.now())
		p.mu.Unlock()
		if d <= 0 || !until.After(held) {
			return ctx.Err()
		}
		if err := p.sleep(ctx, d); err != nil {
			return err
		}
		held = until
	}
}

// reserve takes what a request costs and gives how long to wait until it is there.
func (p *pacer) reserve(c cost) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	return max(p.writes.take(now, c.writes, p.share), p.units.take(now, c.units, p.share))
}

// hold lets nobody send for d.
func (p *pacer) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.now().Add(d); until.After(p.until) {
		p.until = until
	}
}

// heed sets the share of the rates by the server's warning. What we use ourselves is within the limit already and no
// reason to slow down; what the server counts beyond it is used by others under the same application, and taken off. At the
// limit only a little is sent. Only the answer to a write can end a warning by its silence.
func (p *pacer) heed(h http.Header, write bool) {
	used, err := strconv.ParseFloat(h.Get("x-ms-throttle-limit-percentage"), 64)
	warned := err == nil && used > slowFrom
	if !warned && !write {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = 1
	if !warned {
		return
	}
	now := p.now()
	own := max(p.writes.used(now), p.units.used(now))
	switch others := used - own; {
	case used >= 1:
		p.share = slowestShare
	case others > excused:
		p.share = max(slowestShare, 1-others)
	}
}

// bucket is a token bucket that remembers what was taken during its window: the burst and what flows in during the window
// together stay under the limit less its margin.
type bucket struct {
	limit, burst, rate float64
	window             time.Duration
	tokens             float64
	filled             time.Time // when tokens was right
	slots              [slots]float64
	slot               int64 // number of the newest slot
}

// slots is into how many parts a bucket's memory divides the window.
const slots = 50

func newBucket(limit int, window time.Duration, burst float64, now time.Time) *bucket {
	b := &bucket{window: window, burst: burst, tokens: burst, filled: now}
	b.resize(limit)
	return b
}

func (b *bucket) resize(limit int) {
	b.limit = float64(limit)
	b.rate = max((b.limit*(1-margin)-b.burst)/b.window.Seconds(), 0.1)
}

// take takes n tokens and gives how long to wait until they are there.
func (b *bucket) take(now time.Time, n int, share float64) time.Duration {
	rate := b.rate * share
	b.tokens = min(b.burst, b.tokens+max(0, now.Sub(b.filled).Seconds())*rate)
	b.filled = now
	if n == 0 {
		return 0
	}
	b.tokens -= float64(n)
	var wait time.Duration
	if b.tokens < 0 {
		wait = time.Duration(-b.tokens / rate * float64(time.Second))
	}
	b.age(now.Add(wait))
	b.slots[b.slot%slots] += float64(n)
	return wait
}

// used gives the share of the limit that was taken during the window.
func (b *bucket) used(now time.Time) float64 {
	b.age(now)
	sum := 0.0
	for _, n := range b.slots {
		sum += n
	}
	return sum / b.limit
}

// age forgets what was taken before the window. Time that goes back changes nothing.
func (b *bucket) age(now time.Time) {
	slot := now.UnixNano() / int64(b.window/slots)
	for n := 0; b.slot < slot && n < slots; n++ {
		b.slot++
		b.slots[b.slot%slots] = 0
	}
	b.slot = max(b.slot, slot)
}
