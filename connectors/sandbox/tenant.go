package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/retry"
)

// Domain is one domain of the tenant.
type Domain struct {
	Name       string `json:"name"`
	Unverified bool   `json:"unverified,omitempty"`
	Federated  bool   `json:"federated,omitempty"`
	Initial    bool   `json:"initial,omitempty"` // *.onmicrosoft.com
	Default    bool   `json:"default,omitempty"`
}

// Options describe a tenant. The zero value is a small, usable one.
type Options struct {
	Seed    uint64           // of ids and of every shuffle
	Clock   func() time.Time // time.Now when nil
	ID      string           // tenant id, from the seed when empty
	Name    string           // display name, Contoso when empty
	Domains []Domain         // contoso.example and contoso.onmicrosoft.com when empty
	SKUs    []SKU            // subscriptions; SampleSKUs(1000) when nil
	Synced  bool             // another engine synchronises into the tenant
	Apps    []App            // app registrations; one with ProductRoles when nil
	// DefaultUsageLocation is inherited by members of licensed groups that have none of their own.
	DefaultUsageLocation string

	Throttle                bool // enforce the documented buckets
	FractionalRetryAfter    bool // Retry-After with a fraction, as the service sometimes sends it
	SecurityGroupSoftDelete bool // security groups go to the deleted items too
	Exchange                Exchange
	Lenient                 bool // answer what is not modelled like an unknown path, not with 501
	NoCompression           bool // never compress answers
	Replication             Replication
	// Sleep waits for Slow faults; a timer when nil. A test passes one that moves its clock.
	Sleep func(context.Context, time.Duration)
}

// Tenant is a rehearsal tenant. It is safe for concurrent use; requests are carried out one after the other.
type Tenant struct {
	options  Options
	users    *schema
	groups   *schema
	contacts *schema
	routes   []route
	doors    []door

	exchange *exchangeOnline
	cmdlets  map[string]*cmdlet
	inFlight atomic.Int64 // requests below doors
	revision atomic.Int64 // requests that may have changed something

	mu      sync.Mutex
	offset  time.Duration // what AdvanceClock added
	made    uint64        // ids made so far
	asked   uint64        // request ids made so far
	skus    []*subscription
	apps    map[string]*App
	index   *index
	history history
	log     log
	faults  []*armed
	chance  *chance       // nil without a profile
	skew    time.Duration // of the current request
	nextLag *lag          // of what the current request creates
	buckets map[string]*bucket
	tokens  map[string]*claims // access tokens whose signature was found good
}

// New makes a tenant. It panics on options that no tenant can have, such as a SKU listed twice; options come from code.
func New(o Options) *Tenant {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = func(ctx context.Context, d time.Duration) { _ = retry.Sleep(ctx, d) } // over, or nobody waits any more
	}
	if o.Name == "" {
		o.Name = "Contoso"
	}
	if len(o.Domains) == 0 {
		o.Domains = []Domain{{Name: "contoso.example", Default: true}, {Name: "contoso.onmicrosoft.com", Initial: true}}
	}
	if o.SKUs == nil {
		o.SKUs = SampleSKUs(1000)
	}
	t := &Tenant{users: userSchema(), groups: groupSchema(), contacts: contactSchema(), exchange: newExchangeOnline(), cmdlets: cmdlets(), index: newIndex(), apps: map[string]*App{},
		buckets: map[string]*bucket{}, tokens: map[string]*claims{}}
	t.options = o
	t.routes, t.doors = routes(), doors()
	if t.options.ID == "" {
		t.options.ID = t.derive("tenant", 0)
	}
	t.setDomains(o.Domains)
	t.setSKUs(o.SKUs)
	if o.Apps == nil {
		o.Apps = []App{{ID: t.derive("app", 0), Secret: "rehearsal-" + t.derive("secret", 0), Roles: ProductRoles(),
			DirectoryRoles: []string{exchangeAdministrator}}}
	}
	t.options.Apps = nil
	for _, a := range o.Apps {
		t.AddApp(a)
	}
	return t
}

// ID gives the tenant id.
func (t *Tenant) ID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.options.ID
}

// Apps gives the registered applications in the order of registration.
func (t *Tenant) Apps() []App {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.options.Apps)
}

// Now gives the tenant's time.
func (t *Tenant) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now()
}

func (t *Tenant) now() time.Time { return t.options.Clock().Add(t.offset + t.skew) }

// AdvanceClock moves the tenant's time on.
func (t *Tenant) AdvanceClock(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.offset += d
}

func (t *Tenant) setDomains(list []Domain) {
	t.options.Domains = append([]Domain(nil), list...)
	initial, primary := -1, -1
	for i := range t.options.Domains {
		d := &t.options.Domains[i]
		d.Name = strings.ToLower(d.Name)
		if strings.HasSuffix(d.Name, ".onmicrosoft.com") && initial < 0 {
			initial = i
		}
		if d.Initial {
			initial = i
		}
		if d.Default {
			primary = i
		}
	}
	if initial < 0 {
		t.options.Domains = append(t.options.Domains, Domain{Name: "contoso.onmicrosoft.com"})
		initial = len(t.options.Domains) - 1
	}
	t.options.Domains[initial].Initial = true
	if primary < 0 {
		t.options.Domains[initial].Default = true
	}
}

// domain finds a domain of the tenant.
func (t *Tenant) domain(name string) (Domain, bool) {
	for _, d := range t.options.Domains {
		if d.Name == directory.Fold(name) {
			return d, true
		}
	}
	return Domain{}, false
}

// verified reports whether addresses of the domain may be used.
func (t *Tenant) verified(name string) bool {
	d, ok := t.domain(name)
	return ok && !d.Unverified
}

func (t *Tenant) initialDomain() string {
	for _, d := range t.options.Domains {
		if d.Initial {
			return d.Name
		}
	}
	return ""
}

func (t *Tenant) defaultDomain() string {
	for _, d := range t.options.Domains {
		if d.Default {
			return d.Name
		}
	}
	return t.initialDomain()
}

// derive makes a GUID from the seed: random in looks, the same in every run.
func (t *Tenant) derive(what string, n uint64) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], t.options.Seed)
	binary.BigEndian.PutUint64(b[8:], n)
	h := sha256.Sum256(append(b[:], what...))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// newID makes the id of the next object.
func (t *Tenant) newID() string {
	t.made++
	return t.derive("object", t.made)
}

// object finds a live, visible user or group by id.
func (t *Tenant) object(id string) (*object, bool) {
	o, ok := t.index.byID[strings.ToLower(id)]
	return o, ok && o.live() && !t.awaits(o)
}
