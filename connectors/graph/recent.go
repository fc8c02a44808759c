package graph

import (
	"sync"
	"time"
)

// recent remembers for a while what this process wrote, because a replica that has not heard of it answers as though it
// did not exist.
type recent struct {
	now func() time.Time
	lag time.Duration

	mu sync.Mutex
	at map[string]time.Time
}

func newRecent(now func() time.Time, lag time.Duration) *recent {
	return &recent{now: now, lag: lag, at: map[string]time.Time{}}
}

// add remembers key from now on, and forgets what is past remembering once there is much of it.
func (r *recent) add(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if len(r.at) >= 4096 {
		for k, t := range r.at {
			if now.Sub(t) > r.lag {
				delete(r.at, k)
			}
		}
	}
	r.at[key] = now
}

// has reports whether key was added within the lag.
func (r *recent) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.at[key]
	return ok && r.now().Sub(t) <= r.lag
}

// forget drops a key.
func (r *recent) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.at, key)
}
