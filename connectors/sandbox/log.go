package sandbox

import (
	"maps"
	"slices"
	"time"
)

// LogEntry is one request, on the wire or inside a batch. A batch stands after its items.
type LogEntry struct {
	ID         string    `json:"id"` // request-id
	Batch      string    `json:"batch,omitempty"`
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Path       string    `json:"path"`            // with the query
	Route      string    `json:"route,omitempty"` // such as GET /users/{}; "" when no route was reached
	Status     int       `json:"status"`
	Code       string    `json:"code,omitempty"` // of a refusal
	Units      int       `json:"units,omitempty"`
	Writes     int       `json:"writes,omitempty"`
	Fault      string    `json:"fault,omitempty"`
	Unmodelled bool      `json:"unmodelled,omitempty"`
}

// Totals sums up every request since the tenant was made or ResetLog was called.
type Totals struct {
	Wire       int            `json:"wire"`     // requests on the wire, a batch counted once
	Requests   int            `json:"requests"` // requests as the service counts them, items of batches each
	Writes     int            `json:"writes"`
	Units      int            `json:"units"`
	Throttled  int            `json:"throttled"`
	Unmodelled int            `json:"unmodelled"`
	ByStatus   map[int]int    `json:"byStatus"`
	ByRoute    map[string]int `json:"byRoute"`
}

// logLimit is how many entries are kept; totals go on.
const logLimit = 200_000

type log struct {
	entries []LogEntry
	totals  Totals
}

// record logs a request with its answer.
func (t *Tenant) record(r *request, a answer) {
	e := LogEntry{ID: r.id, Batch: r.batch, Time: t.now().UTC(), Method: r.method, Path: r.path, Status: a.status, Code: a.code,
		Units: r.cost.units, Writes: r.cost.writes, Fault: a.fault, Unmodelled: a.code == "SandboxNotModelled"}
	if r.route != nil {
		e.Route = r.route.name()
	}
	l := &t.log
	if len(l.entries) >= logLimit {
		l.entries = slices.Delete(l.entries, 0, logLimit/10)
	}
	l.entries = append(l.entries, e)
	s := &l.totals
	if s.ByStatus == nil {
		s.ByStatus, s.ByRoute = map[int]int{}, map[string]int{}
	}
	if r.batch == "" {
		s.Wire++
	}
	if !r.isBatch {
		s.Requests++
	}
	s.Writes += e.Writes
	s.Units += e.Units
	s.ByStatus[a.status]++
	if e.Route != "" {
		s.ByRoute[e.Route]++
	}
	if a.status == 429 {
		s.Throttled++
	}
	if e.Unmodelled {
		s.Unmodelled++
	}
}

// Log gives the latest requests in order and the totals of all. Sign-ins are not among them.
func (t *Tenant) Log() ([]LogEntry, Totals) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.log.totals
	s.ByStatus, s.ByRoute = maps.Clone(s.ByStatus), maps.Clone(s.ByRoute)
	return slices.Clone(t.log.entries), s
}

// ResetLog forgets the requests so far.
func (t *Tenant) ResetLog() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = log{}
}
