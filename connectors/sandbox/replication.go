package sandbox

import "time"

// Replication is how long the tenant's own replicas take. What is younger is not seen yet: a new object by its id, in
// lists, by the advanced engine; a usage location by licence assignment. The zero value is a tenant that is consistent at
// once; SlowReplication gives one that is not.
type Replication struct {
	Read     time.Duration `json:"read,omitempty"`     // a new object by its id: 404
	List     time.Duration `json:"list,omitempty"`     // a new object in lists and filters, and in delta
	Index    time.Duration `json:"index,omitempty"`    // a new object where ConsistencyLevel is eventual
	Location time.Duration `json:"location,omitempty"` // a usage location: licence assignment refuses it
}

// SlowReplication gives delays as tenants show them on a bad day.
func SlowReplication() Replication {
	return Replication{Read: 5 * time.Second, List: 30 * time.Second, Index: 2 * time.Minute, Location: 20 * time.Second}
}

// SetReplication changes how long the replicas take, from the next write on.
func (t *Tenant) SetReplication(r Replication) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.options.Replication = r
}

// SetThrottle switches the documented buckets on or off.
func (t *Tenant) SetThrottle(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.options.Throttle = on
}

// young reports whether something that happened at a time is younger than a delay. The zero time is never young.
func (t *Tenant) young(at time.Time, delay time.Duration) bool {
	return !at.IsZero() && t.now().Before(at.Add(delay))
}

// replicate marks a new object as one that the replicas do not know yet.
func (t *Tenant) replicate(o *object) {
	if t.options.Replication != (Replication{}) {
		o.born = t.now()
	}
}
