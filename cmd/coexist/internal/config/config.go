// Package config reads coexist.yaml: where directories, tenant, policies and memory are, what guards allow, and whether
// anything may be written at all. It says where things are; policies say what shall be. Secrets stand in it as references
// and are read when they are needed.
package config

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Config is one coexist.yaml. All paths are absolute or relative to the working folder, ready to be opened.
type Config struct {
	Path        string // of the file itself
	Directories []Directory
	Tenant      Tenant
	Policies    string // folder
	Writes      bool   // apply may write
	Store       string // the embedded database
	Pilot       string // group that a plan is restricted to, "" for no pilot
	Guards      engine.Limits
	Protected   engine.Shield       // objects that nothing is taken away from without a person's word
	Approvals   Approvals           // what a plan needs before it is applied
	Trust       []ed25519.PublicKey // keys of which one at least must have signed a plan; none: no signature is asked for
	// TaskDeadline is how long a delayed task waits before it expires; 0 for the shipped 72 hours.
	TaskDeadline time.Duration
	// ReportDrift says that what coexist wrote and somebody changed in the tenant is reported and left alone; otherwise it is
	// put back.
	ReportDrift bool
	Secrets     map[string]Secret // that policies name, such as first passwords of accounts
	// Suppressions silence findings of validate, by check and object.
	Suppressions []validate.Suppression

	Credentials Credentials
	Passwords   handover.Settings // where first passwords go that policies make

	files  []file // that the configuration names, for Verify
	store  *credentials
	sinkAt strictyaml.Value
}

// Approvals say who must approve a plan before apply takes it.
type Approvals struct {
	Required   bool
	By         []string      // accounts whose approval counts; empty for everybody's
	Count      int           // how many of them there must be, 1 at least
	NotPlanner bool          // who made the plan is not among them
	Valid      time.Duration // how long an approval counts
}

// Directory is one source. Exactly one of URL, LDIF and Snapshot is set.
type Directory struct {
	Name     string
	URL      string // ldap:// (StartTLS) or ldaps://
	LDIF     string // path of an export
	Snapshot string // path of a saved snapshot
	Domain   string // DNS name of the domain, where a file does not tell
	CA       string // path of a PEM file, "" for the system's roots
	// ServerName is the name in the server's certificate where it differs from the host in URL.
	ServerName string
	Auth       Auth
	Scope      []Scope
}

// Offline reports whether the directory is a file, at which apply cannot look again.
func (d Directory) Offline() bool { return d.URL == "" }

// Auth is how to sign in to a directory: by simple bind, inside TLS only.
type Auth struct {
	User     string
	Password Secret
}

// Scope is one subtree to read.
type Scope struct {
	OU                      string
	Filter                  string
	ExcludedFromOtherEngine bool // Entra Connect does not synchronise it, so objects may be created from it
}

// Tenant is the Microsoft 365 tenant.
type Tenant struct {
	ID    string
	Cloud string // global, usgov, usgovdod or china
	URL   string // of a rehearsal tenant, "" for the real one
	// Exchange says that Exchange Online is connected too; without it, what only that can do is withheld and listed.
	Exchange bool
	SignIn
	// Apply is the sign-in of those who write, nil when it is the same. Where only plans are made, its secrets and files
	// need not be there, so Verify does not ask for them.
	Apply *SignIn
	// Proxy is where https goes through: http://host:port, "none" for no proxy at all, "" for what the environment or the
	// system says.
	Proxy string
	CA    string // path of a PEM file with further authorities to trust, such as an inspecting proxy's
}

// SignIn is a way to sign in to the tenant.
type SignIn struct {
	// ClientID is the app registration. Secret or Certificate proves it, or Method says how else.
	ClientID    string
	Secret      Secret
	Certificate string // path of a PEM or PFX file
	Password    Secret // of the certificate file
	Method      string // "", or one of the Methods
	TokenFile   string // of a workload identity, "" for the one that AZURE_FEDERATED_TOKEN_FILE names
}

// Writing gives the tenant as those sign in to it who write.
func (t Tenant) Writing() Tenant {
	if t.Apply != nil {
		t.SignIn = *t.Apply
	}
	return t
}

// The ways to sign in without a secret or a certificate of one's own.
const (
	ManagedIdentity  = "managedIdentity"
	WorkloadIdentity = "workloadIdentity"
	DeviceCode       = "deviceCode"
	AzureCLI         = "azureCLI"
)

// file is something that must exist for the configuration to work.
type file struct {
	value  strictyaml.Value
	path   string
	folder bool
}

// maxFile bounds the configuration file.
const maxFile = 1 << 20

// Load reads and checks a configuration. Mistakes are reported all at once, as strictyaml.Problems.
func Load(path string) (*Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, b)
}

// Parse is Load for bytes at hand; paths in them are relative to the folder of path.
func Parse(path string, b []byte) (*Config, error) {
	doc := strictyaml.Parse(path, b, maxFile)
	c := &Config{Path: path, Guards: engine.DefaultLimits(), store: &credentials{}, Approvals: Approvals{Count: 1, Valid: 7 * 24 * time.Hour}}
	p := &parser{c: c, dir: filepath.Dir(path), secrets: map[int]bool{}}
	p.root(doc.Root())
	if problems := p.finish(append(doc.Problems(), p.named...)); len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

// Verify reports what the configuration names and this machine lacks: files, and the variables and files that hold
// secrets. Mistakes are reported all at once, as strictyaml.Problems.
func (c *Config) Verify() error {
	var doc *strictyaml.Doc
	for _, f := range c.files {
		doc = f.value.Doc()
		st, err := os.Stat(f.path)
		switch {
		case err != nil:
			f.value.Problemf("%v", err)
		case st.IsDir() != f.folder && f.folder:
			f.value.Problemf("%s is not a folder", f.path)
		case st.IsDir() != f.folder:
			f.value.Problemf("%s is a folder", f.path)
		}
	}
	for _, s := range c.secrets() {
		if _, err := s.Read(); err != nil {
			doc = s.at.Doc()
			s.at.Problemf("%v", err)
		}
	}
	if err := c.Passwords.Check(); err != nil && c.sinkAt.Doc() != nil {
		doc = c.sinkAt.Doc()
		c.sinkAt.Problemf("%v", err)
	}
	if doc == nil {
		return nil
	}
	if problems := doc.Problems(); len(problems) > 0 {
		return (&parser{}).finish(problems)
	}
	return nil
}

// secrets lists the references to secrets.
func (c *Config) secrets() []Secret {
	var out []Secret
	for _, d := range c.Directories {
		out = append(out, d.Auth.Password)
	}
	out = append(out, c.Tenant.Secret, c.Tenant.Password, c.Credentials.Passphrase)
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		out = append(out, c.Secrets[name])
	}
	n := 0
	for _, s := range out {
		if !s.IsZero() {
			out[n] = s
			n++
		}
	}
	return out[:n]
}
