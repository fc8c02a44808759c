package retry

import (
	"sync"
	"time"
)

// crowd is from how many keys on a Recent forgets those that are past remembering.
const crowd = 4096

// Recent remembers for a while what this process wrote, because a replica that has not heard of it answers as though it
// did not exist. It is safe for concurrent use.
type Recent struct {
	now func() time.Time
	lag time.Duration

	mu sync.Mutex
	at map[string]time.Time
}

// NewRecent remembers each key for lag by the clock now.
func NewRecent(now func() time.Time, lag time.Duration) *Recent {
	return &Recent{now: now, lag: lag, at: map[string]time.Time{}}
}

// Add remembers key from now on.
func (r *Recent) Add(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if len(r.at) >= crowd {
		for k, t := range r.at {
			if now.Sub(t) > r.lag {
				delete(r.at, k)
			}
		}
	}
	r.at[key] = now
}

// Has reports whether key was added within the lag.
func (r *Recent) Has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.at[key]
	return ok && r.now().Sub(t) <= r.lag
}

// Forget drops a key.
func (r *Recent) Forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.at, key)
}
