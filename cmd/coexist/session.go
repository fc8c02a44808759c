package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/connectors/ldif"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/rules"
)

// session is a configuration at work: what the commands that touch directories have in common.
type session struct {
	*console
	cfg      *config.Config
	policies *rules.Set
	store    *store.Store
	handing  handing
}

// load reads the configuration that the command line names.
func load(x *cli.Context) (*config.Config, error) {
	c, err := config.Load(x.String(configFlag.Name))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; make one with coexist init, or name another with --config", err)
	}
	if err == nil {
		c.UseCredentials(readCredential(c, &prompt{os.Stdin, x.App.ErrWriter}))
	}
	return c, mark(errConfig, err)
}

// open prepares a configuration for work: everything that it names must be there. close must be called.
func open(ctx context.Context, c *console, cfg *config.Config) (*session, error) {
	if err := cfg.Verify(); err != nil {
		return nil, mark(errConfig, err)
	}
	policies, err := loadPolicies(cfg.Policies)
	if err != nil {
		return nil, err
	}
	s := &session{console: c, cfg: cfg, policies: policies}
	return s, s.openStore(ctx)
}

// openStore opens what coexist remembers, and makes it where it is missing.
func (s *session) openStore(ctx context.Context) error { return s.openStored(ctx, store.Options{}) }

func (s *session) openStored(ctx context.Context, o store.Options) (err error) {
	o.Now = s.now
	s.store, err = store.Open(ctx, s.cfg.Store, o)
	if errors.Is(err, store.ErrBusy) {
		return mark(errRefused, err)
	}
	return mark(errConfig, err)
}

// openFor is load and open.
func openFor(x *cli.Context, c *console) (*session, error) {
	cfg, err := load(x)
	if err != nil {
		return nil, err
	}
	return open(x.Context, c, cfg)
}

func (s *session) close() {
	s.concludePasswords(context.Background(), s.handing.run)
	s.store.Close() // everything in it is durable already
}

// loadPolicies reads the policies of a folder.
func loadPolicies(folder string) (*rules.Set, error) {
	root, err := os.OpenRoot(folder) // no link leads out of it
	if err != nil {
		return readPolicies(os.DirFS(folder), folder) // which says what is wrong
	}
	defer root.Close()
	return readPolicies(root.FS(), folder)
}

// readPolicies reads policies from anywhere; folder is put before the names of files in messages.
func readPolicies(fsys fs.FS, folder string) (*rules.Set, error) {
	set, problems := rules.Load(fsys, ".")
	if len(problems) == 0 {
		return set, nil
	}
	for i := range problems {
		problems[i].File = filepath.Join(folder, filepath.FromSlash(problems[i].File))
	}
	return nil, mark(errConfig, problems)
}

// source is one connected directory that is read.
type source struct {
	config.Directory
	importer connector.Importer
}

// sources makes the connectors of the directories.
func (s *session) sources() ([]source, error) {
	var out []source
	for _, d := range s.cfg.Directories {
		i, err := s.importer(d)
		if err != nil {
			return nil, mark(errConfig, fmt.Errorf("directory %s: %w", d.Name, err))
		}
		out = append(out, source{d, i})
	}
	return out, nil
}

func (s *session) importer(d config.Directory) (connector.Importer, error) {
	switch {
	case d.Snapshot != "":
		return ldif.NewSaved(d.Snapshot), nil
	case d.LDIF != "":
		st, err := os.Stat(d.LDIF)
		if err != nil {
			return nil, err
		}
		o := ldif.Options{Name: d.Name, Domain: d.Domain, TakenAt: st.ModTime()}
		for _, sc := range d.Scope {
			o.Scopes = append(o.Scopes, snapshot.Scope{OU: sc.OU, ExcludedFromOtherEngine: sc.ExcludedFromOtherEngine})
		}
		return ldif.New(d.LDIF, o), nil
	}
	return newAD(d, s.now)
}

// newAD makes the connector of an Active Directory.
func newAD(d config.Directory, now func() time.Time) (*ad.Connector, error) {
	c := ad.Config{Name: d.Name, URL: d.URL, ServerName: d.ServerName, User: d.Auth.User, Password: d.Auth.Password.Read, Now: now}
	if d.CA != "" {
		pem, err := os.ReadFile(d.CA)
		if err != nil {
			return nil, err
		}
		c.CA = pem
	}
	for _, sc := range d.Scope {
		c.Scopes = append(c.Scopes, ad.Scope{OU: sc.OU, Filter: sc.Filter, ExcludedFromOtherEngine: sc.ExcludedFromOtherEngine})
	}
	return ad.New(c)
}

// read imports all sources into one snapshot. Any error but a refused sign-in means that a directory was not read
// completely, a permission missing in it too.
func (s *session) read(ctx context.Context, list []source, policies *rules.Set) (*snapshot.Snapshot, error) {
	known, err := s.store.Scopes(ctx)
	if err != nil {
		return nil, err
	}
	importers := make([]connector.Importer, len(list))
	for i, x := range list {
		importers[i] = x.importer
	}
	snap, err := engine.Import(ctx, importers, connector.Want{Attributes: policies.Attributes(), Known: known, Progress: s.progress.report})
	if err != nil && fault.KindOf(err) != fault.SignIn {
		err = mark(errSource, err)
	}
	return snap, err
}

// offline reports whether all sources are files, so that there is nothing for apply to look at again. Beside a directory
// they are read again with it.
func offline(list []source) bool {
	for _, x := range list {
		if !x.Offline() {
			return false
		}
	}
	return true
}

// locators asks several directories for missing objects: what one of them knows counts, since a directory tells objects
// of another one from unreadable ones as little as anybody.
type locators []connector.Locator

// locator gives what looks for missing objects; nil where every source is a file.
func locator(list []source) connector.Locator {
	var out locators
	for _, x := range list {
		if l, ok := x.importer.(connector.Locator); ok {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Locate implements connector.Locator.
func (l locators) Locate(ctx context.Context, guids []directory.GUID) (map[directory.GUID]connector.Sighting, error) {
	answers := make([]map[directory.GUID]connector.Sighting, len(l))
	for i, x := range l {
		found, err := x.Locate(ctx, guids)
		if err != nil {
			return nil, mark(errSource, err)
		}
		answers[i] = found
	}
	out := make(map[directory.GUID]connector.Sighting, len(guids))
	for _, g := range guids {
		out[g] = settle(g, answers)
	}
	return out, nil
}

// settle gives the sighting that the directories' answers leave of one object. One that escaped an import is there whatever
// others say; directories that contradict each other prove nothing, and it stays unreadable.
func settle(g directory.GUID, answers []map[directory.GUID]connector.Sighting) connector.Sighting {
	var gone connector.Sighting
	contradicted := false
	for _, found := range answers {
		switch s := found[g]; {
		case s.Fate == connector.FateEscaped:
			return s
		case s.Fate == connector.FateUnreadable:
		case gone.Fate == connector.FateUnreadable:
			gone = s
		case gone.Fate != s.Fate:
			contradicted = true
		}
	}
	if contradicted {
		return connector.Sighting{}
	}
	return gone
}

// target makes the connector of the tenant, for reading.
func (s *session) target() (*graph.Connector, error) { return s.targetOf(s.cfg.Tenant) }

func (s *session) targetOf(t config.Tenant) (*graph.Connector, error) {
	credential, base, err := credentialOf(t)
	if err != nil {
		return nil, mark(errConfig, err)
	}
	c := graph.Config{BaseURL: base, TenantID: t.ID, Credential: credential, UserAgent: "coexist/" + version, Now: s.now, Sleep: s.sleep, Passwords: s.firstPassword}
	if s.store != nil {
		c.Cookies = s.store
	}
	if t.URL != "" {
		c.Writes = 1 << 30 // a rehearsal tenant says itself when it has enough
	} else if c.Transport, err = outbound(t); err != nil {
		return nil, mark(errConfig, err)
	}
	g, err := graph.New(c)
	return g, mark(errConfig, err)
}

// writers makes the connectors of the tenant's directories for those who write, who may sign in in another way.
func (s *session) writers() (map[cloud.Directory]connector.Target, error) {
	return s.targetsOf(s.cfg.Tenant.Writing())
}

// targetsOf makes the connectors of the tenant's directories.
func (s *session) targetsOf(t config.Tenant) (map[cloud.Directory]connector.Target, error) {
	entra, err := s.targetOf(t)
	if err != nil {
		return nil, err
	}
	out := map[cloud.Directory]connector.Target{cloud.Entra: entra}
	if !t.Exchange {
		return out, nil
	}
	x, err := s.exchangeOf(t)
	if err != nil {
		return nil, err
	}
	out[cloud.Exchange] = x
	return out, nil
}

// exchange makes the connector of the tenant's Exchange Online, for reading.
func (s *session) exchange() (*exchange.Connector, error) { return s.exchangeOf(s.cfg.Tenant) }

func (s *session) exchangeOf(t config.Tenant) (*exchange.Connector, error) {
	credential, _, err := credentialOf(t)
	if err != nil {
		return nil, mark(errConfig, err)
	}
	c := exchange.Config{BaseURL: exchange.BaseURL(t.Cloud), TenantID: t.ID, Credential: credential, UserAgent: "coexist/" + version, Now: s.now, Sleep: s.sleep}
	if t.URL != "" {
		c.Scope = c.BaseURL + "/.default" // a rehearsal tenant plays the real service
		c.BaseURL = originOf(t.URL)
	} else if c.Transport, err = outbound(t); err != nil {
		return nil, mark(errConfig, err)
	}
	x, err := exchange.New(c)
	return x, mark(errConfig, err)
}

// originOf gives the part of a URL before its path.
func originOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	return u.Scheme + "://" + u.Host
}

// who names this process in the journal.
func who() journal.Who {
	w := journal.Who{PID: os.Getpid(), Host: "unknown"}
	if h, err := os.Hostname(); err == nil {
		w.Host = h
	}
	if u, err := user.Current(); err == nil {
		w.User = u.Username
	} else {
		w.User = "uid " + strconv.Itoa(os.Getuid())
	}
	return w
}
