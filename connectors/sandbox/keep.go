package sandbox

import (
	"context"
	"net/http"
	"time"
)

// touched counts a request that may have changed the tenant, once it has.
func (t *Tenant) touched(r *http.Request) {
	if r.Method != http.MethodGet {
		t.revision.Add(1)
	}
}

// Keep saves the tenant whenever requests may have changed it, at a tick at the soonest, so that a process that is killed
// loses what came after the last tick, and no more; and once more when ctx ends. What save says in between goes to trouble,
// and is tried again at the next tick; of the last time it is returned.
func (t *Tenant) Keep(ctx context.Context, ticks <-chan time.Time, save func() error, trouble func(error)) error {
	kept := t.revision.Load()
	for {
		select {
		case <-ctx.Done():
			return save()
		case <-ticks:
		}
		now := t.revision.Load() // before saving: what comes meanwhile is saved once more
		if now == kept {
			continue
		}
		if err := save(); err != nil {
			trouble(err)
			continue
		}
		kept = now
	}
}
