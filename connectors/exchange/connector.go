package exchange

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/internal/retry"
)

// DefaultBaseURL is Exchange Online of the global cloud.
const DefaultBaseURL = "https://outlook.office365.com"

// BaseURL gives where Exchange Online is in a national cloud: global, usgov (GCC High), usgovdod or china (21Vianet). Any
// other name is the global cloud.
func BaseURL(cloud string) string {
	switch cloud {
	case "usgov":
		return "https://outlook.office365.us"
	case "usgovdod":
		return "https://outlook-dod.office365.us"
	case "china":
		return "https://partner.outlook.cn"
	}
	return DefaultBaseURL
}

// Config is what a Connector needs. TenantID and Credential must be set.
type Config struct {
	// BaseURL is the origin of Exchange Online; "" is DefaultBaseURL. It must be https, or http to a loopback address, as a
	// rehearsal tenant has: no token is sent in the clear to any other host.
	BaseURL    string
	TenantID   string // GUID of the tenant that is meant
	Credential azcore.TokenCredential
	Scope      string            // of the token; "" is BaseURL with /.default
	Transport  http.RoundTripper // what sends a request once; nil is a transport of net/http of its own
	UserAgent  string            // "" is coexist
	Attempts   int               // how often one request is sent at most; 0 is 6
	Timeout    time.Duration     // of one attempt; 0 is 3 minutes: cmdlets are slow
	Parallel   int               // requests at a time; 0 is 3, Exchange Online refuses more than a few of a tenant
	// Lag is how long an object that was just made may stay invisible; 0 is five minutes.
	Lag    time.Duration
	Now    func() time.Time                                 // nil is time.Now
	Sleep  func(ctx context.Context, d time.Duration) error // nil waits for d or the end of ctx
	Jitter func() float64                                   // in [0, 1); nil is random
}

func (c Config) withDefaults(base *url.URL) Config {
	if c.Scope == "" {
		c.Scope = base.Scheme + "://" + base.Host + "/.default"
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if c.UserAgent == "" {
		c.UserAgent = "coexist"
	}
	if c.Attempts == 0 {
		c.Attempts = 6
	}
	if c.Timeout == 0 {
		c.Timeout = 3 * time.Minute
	}
	if c.Parallel == 0 {
		c.Parallel = 3
	}
	if c.Lag == 0 {
		c.Lag = 5 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = retry.Sleep
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c
}

// Connector reads and writes the Exchange Online of one tenant. It is safe for concurrent use; writes to one object go one
// after the other.
type Connector struct {
	run      Transport
	wire     *wire // of Probe; nil over another transport
	tenantID string
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error
	names    *identities
	made     *retry.Recent // ids of objects that were just made here
	unsure   *retry.Recent // marks of creates whose outcome is not known
	busy     keyed         // one write at a time per object
	script   *Script       // the transport, when it is one
}

var (
	_ connector.Target   = (*Connector)(nil)
	_ connector.Tracer   = (*Connector)(nil)
	_ connector.Detailer = (*Connector)(nil)
	_ connector.Surveyor = (*Connector)(nil)
)

// New makes a connector over InvokeCommand and, where the application was given its permission, the Admin API v2.0. It
// sends nothing.
func New(c Config) (*Connector, error) {
	v, err := NewInvoke(c)
	if err != nil {
		return nil, err
	}
	x := over(newAdminAPI(v), c.withDefaults(v.base))
	x.wire = v.wire
	return x, nil
}

// Over makes a connector over another transport. Of the configuration, TenantID, Lag, Now and Sleep count.
func Over(t Transport, c Config) *Connector { return over(t, c.withDefaults(&url.URL{})) }

func over(t Transport, c Config) *Connector {
	x := &Connector{run: t, tenantID: strings.ToLower(c.TenantID), now: c.Now, sleep: c.Sleep, names: newIdentities(),
		made: retry.NewRecent(c.Now, c.Lag), unsure: retry.NewRecent(c.Now, c.Lag), busy: keyed{held: map[string]*turn{}}}
	x.script, _ = t.(*Script)
	return x
}

// keyed gives one turn at a time for each key.
type keyed struct {
	mu   sync.Mutex
	held map[string]*turn
}

type turn struct {
	sync.Mutex
	waiting int
}

// take waits for the key's turn and returns what ends it.
func (k *keyed) take(key string) (done func()) {
	k.mu.Lock()
	t := k.held[key]
	if t == nil {
		t = &turn{}
		k.held[key] = t
	}
	t.waiting++
	k.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(k.held, key)
		}
	}
}
