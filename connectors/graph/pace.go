package graph

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Graph lets one application make 3,000 writes to the directory of one tenant in 150 seconds (throttling limits, identity
// and access).
const (
	writeWindow  = 150 * time.Second
	writeLimit   = 3000
	writeMargin  = 0.02 // left free for clocks that differ and for others of the same application
	writeBurst   = 40   // writes that may follow each other at once
	slowFrom     = 0.8  // share of the limit from which Graph warns, x-ms-throttle-limit-percentage
	slowestShare = 0.1  // of the rate, when the limit is reached
)

// pacer keeps requests within the tenant's limits: a bucket for writes, slower while the server warns, and an instant
// before which nobody sends at all.
type pacer struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu     sync.Mutex
	tokens float64
	filled time.Time // when tokens was right
	rate   float64   // tokens a second
	share  float64   // of the rate that is used
	until  time.Time
}

// newPacer paces to limit writes in any window of writeWindow: the burst and what flows in during the window together
// stay under the limit less its margin.
func newPacer(limit int, now func() time.Time, sleep func(context.Context, time.Duration) error) *pacer {
	rate := (float64(limit)*(1-writeMargin) - writeBurst) / writeWindow.Seconds()
	return &pacer{now: now, sleep: sleep, tokens: writeBurst, filled: now(), rate: max(rate, 0.1), share: 1}
}

// wait returns when the request may be sent.
func (p *pacer) wait(ctx context.Context, write bool) error {
	if write {
		if d := p.reserve(); d > 0 {
			if err := p.sleep(ctx, d); err != nil {
				return err
			}
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

// reserve takes one token and gives how long to wait until it is there.
func (p *pacer) reserve() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, rate := p.now(), p.rate*p.share
	p.tokens = min(writeBurst, p.tokens+max(0, now.Sub(p.filled).Seconds())*rate)
	p.filled = now
	p.tokens--
	if p.tokens >= 0 {
		return 0
	}
	return time.Duration(-p.tokens / rate * float64(time.Second))
}

// hold lets nobody send for d.
func (p *pacer) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.now().Add(d); until.After(p.until) {
		p.until = until
	}
}

// heed sets the share of the rate by the server's warning: the whole of it up to slowFrom, less and less up to the limit.
// Only the answer to a write can end a warning by its silence.
func (p *pacer) heed(h http.Header, write bool) {
	share := 1.0
	used, err := strconv.ParseFloat(h.Get("x-ms-throttle-limit-percentage"), 64)
	switch {
	case err == nil && used > slowFrom:
		share = max(slowestShare, (1-used)/(1-slowFrom))
	case !write:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = share
}
