package ad

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/internal/retry"
)

// Config says what to read and how to reach it.
type Config struct {
	Name string // as coexist.yaml names the directory; stands in progress and in the snapshot
	// URL is ldaps://host[:port], or ldap://host[:port] for StartTLS. The host must be a domain controller of the domain
	// that is read; a global catalog holds a part of the attributes only and its ports are refused.
	URL        string
	ServerName string // the name in the server's certificate where it differs from the URL's host
	CA         []byte // PEM certificates to trust instead of the system's
	User       string // userPrincipalName, DOMAIN\name or DN
	// Password is called for each sign-in; what it returns is not kept.
	Password func() (string, error)
	Scopes   []Scope
	PageSize int // entries a page, 0 means 1000, which is what domain controllers allow by default
	// PageTimeout is how long one page, or any other single request, may take; 0 means 3 minutes, one more than a domain
	// controller takes before it gives up by itself.
	PageTimeout time.Duration

	// The rest is for tests; nil means the real thing.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error // between attempts when the server is busy
}

// Scope is a subtree to read.
type Scope struct {
	OU     string // DN of an organizational unit, a container or the domain itself
	Filter string // LDAP filter that objects must match beside being users, contacts or groups; "" means all
	// ExcludedFromOtherEngine is handed to the snapshot as it is.
	ExcludedFromOtherEngine bool
}

// Connector reads one domain.
type Connector struct {
	cfg     Config
	address string
	tls     *tls.Config
	secure  bool // TLS from the first byte

	mu   sync.Mutex
	read []scope // as the last complete import found them
}

// New checks the configuration and reports every mistake in it at once. It does not connect.
func New(cfg Config) (*Connector, error) {
	c := &Connector{cfg: cfg, tls: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cfg.ServerName}}
	errs := []error{c.parseURL(), c.parseCA(), cfg.checkAccount()}
	for i, s := range cfg.Scopes {
		if err := s.check(); err != nil {
			errs = append(errs, fmt.Errorf("scope %d: %w", i+1, err))
		}
	}
	if len(cfg.Scopes) == 0 {
		errs = append(errs, errors.New("scope: no OU to read"))
	}
	if cfg.PageSize < 0 || cfg.PageTimeout < 0 {
		errs = append(errs, errors.New("page size and page timeout: must not be negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.setDefaults()
	return c, nil
}

func (c *Connector) parseURL() error {
	u, err := url.Parse(c.cfg.URL)
	if err != nil {
		return errors.New("url: not a URL; want ldaps://dc1.example.com")
	}
	if u.Scheme != "ldaps" && u.Scheme != "ldap" {
		return fmt.Errorf("url: scheme %q; want ldaps://, or ldap:// for StartTLS", u.Scheme)
	}
	if u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("url: want %s://HOST or %s://HOST:PORT and nothing more", u.Scheme, u.Scheme)
	}
	c.secure = u.Scheme == "ldaps"
	port := u.Port()
	switch {
	case port == "3268" || port == "3269":
		return fmt.Errorf("url: port %s is a global catalog, which holds a part of the attributes only; use 636 or 389", port)
	case port == "" && c.secure:
		port = "636"
	case port == "":
		port = "389"
	}
	c.address = net.JoinHostPort(u.Hostname(), port)
	if c.tls.ServerName == "" {
		c.tls.ServerName = u.Hostname()
	}
	return nil
}

func (c *Connector) parseCA() error {
	if len(c.cfg.CA) == 0 {
		return nil
	}
	c.tls.RootCAs = x509.NewCertPool()
	if !c.tls.RootCAs.AppendCertsFromPEM(c.cfg.CA) {
		return errors.New("ca: no certificate in PEM form")
	}
	return nil
}

func (cfg Config) checkAccount() error {
	var errs []error
	if cfg.Name == "" {
		errs = append(errs, errors.New("name: empty"))
	}
	if cfg.User == "" {
		errs = append(errs, errors.New("user: empty"))
	}
	if cfg.Password == nil {
		errs = append(errs, errors.New("password: no source for it"))
	}
	return errors.Join(errs...)
}

func (s Scope) check() error {
	var errs []error
	if dn, err := ldap.ParseDN(s.OU); err != nil || len(dn.RDNs) == 0 {
		errs = append(errs, fmt.Errorf("ou: %q is not a distinguished name", s.OU))
	}
	if s.Filter != "" {
		if _, err := ldap.CompileFilter(s.Filter); err != nil {
			errs = append(errs, fmt.Errorf("filter: %q is not an LDAP filter: %w", s.Filter, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Connector) setDefaults() {
	if c.cfg.PageSize == 0 {
		c.cfg.PageSize = 1000
	}
	if c.cfg.PageTimeout == 0 {
		c.cfg.PageTimeout = 3 * time.Minute
	}
	if c.cfg.Dial == nil {
		c.cfg.Dial = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	}
	if c.cfg.Now == nil {
		c.cfg.Now = time.Now
	}
	if c.cfg.Wait == nil {
		c.cfg.Wait = retry.Sleep
	}
}
