package config

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// parser fills a Config from a document.
type parser struct {
	c       *Config
	dir     string
	secrets map[int]bool // lines in which a secret is expected: values in them are not repeated
	named   strictyaml.Problems
}

type fields = map[string]func(strictyaml.Value)

func (p *parser) root(v strictyaml.Value) {
	v.Fields(fields{
		"apiVersion":  func(x strictyaml.Value) { x.Enum("apiVersion", "coexist/v1") },
		"kind":        func(x strictyaml.Value) { x.Enum("kind", "Configuration") },
		"directories": p.directories,
		"tenant":      p.tenant,
		"policies": func(x strictyaml.Value) {
			p.c.Policies = p.path(x)
			p.c.files = append(p.c.files, file{x, p.c.Policies, true})
		},
		"writes": func(x strictyaml.Value) { p.c.Writes = x.Bool() },
		"store":  func(x strictyaml.Value) { p.c.Store = p.path(x) },
		"pilot": func(x strictyaml.Value) {
			x.Fields(fields{"group": func(y strictyaml.Value) { p.c.Pilot = y.Words() }}, "group")
		},
		"secrets": func(x strictyaml.Value) {
			p.c.Secrets = map[string]Secret{}
			x.Each(func(name string, key, y strictyaml.Value) {
				if !secretName.MatchString(name) {
					key.Problemf("the name of a secret is a-z, 0-9 and hyphens, beginning with a letter")
				}
				p.c.Secrets[name] = p.secret(y)
			})
		},
		"credentials": p.credentials,
		"passwords":   p.passwords,
		"guards":      p.guards,
		"protected":   func(x strictyaml.Value) { x.Items(func(_ int, y strictyaml.Value) { p.protected(y) }) },
		"approvals":   p.approvals,
		"plan": func(x strictyaml.Value) {
			x.Fields(fields{"trust": func(y strictyaml.Value) { y.Items(func(_ int, z strictyaml.Value) { p.trust(z) }) }}, "trust")
		},
		"suppressions": p.suppressions,
		"drift":        func(x strictyaml.Value) { p.c.ReportDrift = x.Enum("drift", "restore", "report") == "report" },
		"tasks": func(x strictyaml.Value) {
			x.Fields(fields{"deadline": func(y strictyaml.Value) { p.c.TaskDeadline = deadline(y) }})
		},
	}, "apiVersion", "kind", "directories", "tenant", "policies", "store")
}

// deadline reads how long tasks wait, in hours or days: 72h, 14d.
func deadline(v strictyaml.Value) time.Duration {
	text := v.Words()
	n, err := strconv.Atoi(strings.TrimRight(text, "hd"))
	unit := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour}[(text + " ")[max(0, len(text)-1)]]
	if err != nil || unit == 0 || n < 1 || n > 10_000 || len(strings.TrimRight(text, "hd")) != len(text)-1 {
		v.Problemf("expected a time like 72h or 14d")
		return 0
	}
	return time.Duration(n) * unit
}

// path gives a path relative to the configuration's folder.
func (p *parser) path(v strictyaml.Value) string {
	s := filepath.FromSlash(v.Words())
	if s == "" || filepath.IsAbs(s) {
		return s
	}
	return filepath.Join(p.dir, s)
}

// existing is path for a file that must be there.
func (p *parser) existing(v strictyaml.Value) string {
	s := p.path(v)
	p.c.files = append(p.c.files, file{value: v, path: s})
	return s
}

func (p *parser) directories(v strictyaml.Value) {
	v.Items(func(_ int, x strictyaml.Value) { p.directory(x) })
	if v.IsList() && len(p.c.Directories) == 0 {
		v.Problemf("there is no directory to read")
	}
}

// name is what a directory may be called: it stands in reports and in the store.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (p *parser) directory(v strictyaml.Value) {
	var d Directory
	at := map[string]strictyaml.Value{} // what is given, by key
	v.Fields(fields{
		"name":     func(x strictyaml.Value) { d.Name = p.name(x) },
		"url":      func(x strictyaml.Value) { at["url"] = x; d.URL = p.ldapURL(x) },
		"ldif":     func(x strictyaml.Value) { at["ldif"] = x; d.LDIF = p.existing(x) },
		"snapshot": func(x strictyaml.Value) { at["snapshot"] = x; d.Snapshot = p.existing(x) },
		"discover": func(x strictyaml.Value) {
			at["url"] = x
			x.Hintf("name a domain controller with url", "this version does not discover domain controllers")
		},
		"domain":     func(x strictyaml.Value) { at["domain"] = x; d.Domain = strings.ToLower(x.Words()) },
		"ca":         func(x strictyaml.Value) { at["ca"] = x; d.CA = p.existing(x) },
		"serverName": func(x strictyaml.Value) { at["serverName"] = x; d.ServerName = x.Words() },
		"auth":       func(x strictyaml.Value) { at["auth"] = x; d.Auth = p.auth(x) },
		"scope":      func(x strictyaml.Value) { at["scope"] = x; d.Scope = scopes(x, at) },
	}, "name")
	if !v.IsMapping() {
		return
	}
	suits(v, at)
	p.c.Directories = append(p.c.Directories, d)
}

func (p *parser) name(v strictyaml.Value) string {
	s := v.Words()
	switch {
	case s != "" && !name.MatchString(s):
		v.Problemf("a name has letters, digits, dots, hyphens and underscores, at most 63")
	case slices.ContainsFunc(p.c.Directories, func(o Directory) bool { return o.Name == s }):
		v.Problemf("directory %q stands twice", s)
	}
	return s
}

// suits checks that the keys of a directory fit its kind.
func suits(v strictyaml.Value, at map[string]strictyaml.Value) {
	var kind string
	n := 0
	for _, k := range []string{"url", "ldif", "snapshot"} {
		if _, ok := at[k]; ok {
			kind = k
			n++
		}
	}
	if n != 1 {
		v.Problemf("a directory has exactly one of url, ldif and snapshot")
		return
	}
	useless := map[string][][2]string{
		"url":      {{"domain", "a domain controller names its domain itself"}},
		"ldif":     {{"auth", "a file needs no sign-in"}, {"ca", "a file needs no certificate authority"}, {"serverName", "a file has no server"}},
		"snapshot": {{"auth", "a file needs no sign-in"}, {"ca", "a file needs no certificate authority"}, {"serverName", "a file has no server"}, {"scope", "a snapshot has the scope it was taken with"}, {"domain", "a snapshot knows its domain"}},
	}
	for _, u := range useless[kind] {
		at[u[0]].Problemf("%s", u[1]) // silent where the key is not given
	}
	if kind != "url" {
		return
	}
	if _, ok := at["auth"]; !ok {
		v.Problemf("key %q is missing", "auth")
	}
	if _, ok := at["scope"]; !ok {
		v.Hintf("name the OUs to read, or the domain's own DN for all of it", "key %q is missing", "scope")
	}
}

// ldapURL reads ldaps://host[:port] or ldap://host[:port]; the latter is brought under TLS by StartTLS.
func (p *parser) ldapURL(v strictyaml.Value) string {
	s := v.Words()
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		v.Problemf("%q is not a URL like ldaps://dc1.contoso.example", s)
	case u.Scheme != "ldaps" && u.Scheme != "ldap":
		v.Problemf("%q is neither ldaps:// nor ldap://", s)
	case u.User != nil:
		v.Problemf("a user or password must not stand in the URL")
		return ""
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		v.Problemf("the URL names a host and perhaps a port, no more; what to read stands in scope")
	}
	return s
}

func (p *parser) auth(v strictyaml.Value) (a Auth) {
	p.guard(v)
	v.Fields(fields{
		"bind":     func(x strictyaml.Value) { x.Enum("bind", "simple") },
		"user":     func(x strictyaml.Value) { a.User = x.Words() },
		"password": func(x strictyaml.Value) { a.Password = p.secret(x) },
	}, "bind", "user", "password")
	return a
}

// scopes reads the subtrees of a directory.
func scopes(v strictyaml.Value, at map[string]strictyaml.Value) (out []Scope) {
	v.Items(func(_ int, x strictyaml.Value) {
		var s Scope
		x.Fields(fields{
			"ou": func(y strictyaml.Value) {
				s.OU = y.Words()
				if _, err := ldap.ParseDN(s.OU); err != nil {
					y.Problemf("%q is not a distinguished name: %v", s.OU, err)
				}
				if slices.ContainsFunc(out, func(o Scope) bool { return directory.EqualFold(o.OU, s.OU) }) {
					y.Problemf("scope %q stands twice", s.OU)
				}
			},
			"filter": func(y strictyaml.Value) {
				s.Filter = y.Words()
				if _, err := ldap.CompileFilter(s.Filter); err != nil && s.Filter != "" {
					y.Problemf("%q is not an LDAP filter: %v", s.Filter, err)
				}
				if _, ok := at["ldif"]; ok {
					y.Hintf("filter when exporting", "filters are not applied to a file")
				}
			},
			"excludedFromOtherEngine": func(y strictyaml.Value) { s.ExcludedFromOtherEngine = y.Bool() },
		}, "ou")
		out = append(out, s)
	})
	if v.IsList() && len(out) == 0 {
		v.Problemf("there is no OU to read")
	}
	return out
}

// Clouds are the national clouds of Microsoft Graph.
var clouds = []string{"global", "usgov", "usgovdod", "china"}

func (p *parser) tenant(v strictyaml.Value) {
	t := &p.c.Tenant
	t.Cloud = "global"
	signIn := false
	v.Fields(fields{
		"id": func(x strictyaml.Value) {
			t.ID = strings.ToLower(x.Words())
			if _, err := directory.ParseGUID(t.ID); err != nil && t.ID != "" {
				x.Problemf("%q is not a tenant id, which is a GUID", t.ID)
			}
		},
		"cloud":     func(x strictyaml.Value) { t.Cloud = x.Enum("cloud", clouds...) },
		"url":       func(x strictyaml.Value) { t.URL = tenantURL(x) },
		"auth":      func(x strictyaml.Value) { signIn = true; p.signIn(x, &t.SignIn, p.existing) },
		"applyAuth": func(x strictyaml.Value) { t.Apply = &SignIn{}; p.signIn(x, t.Apply, p.path) },
		"exchange":  func(x strictyaml.Value) { t.Exchange = x.Bool() },
		"proxy":     func(x strictyaml.Value) { t.Proxy = proxyURL(x) },
		"ca":        func(x strictyaml.Value) { t.CA = p.existing(x) },
	}, "id")
	if v.IsMapping() && t.URL == "" && !signIn {
		v.Problemf("key %q is missing", "auth")
	}
}

// tenantURL reads the address of a rehearsal tenant. It is one on this machine: a real secret must not travel in the clear.
func tenantURL(v strictyaml.Value) string {
	s := v.Words()
	u, err := url.Parse(s)
	switch {
	case s == "":
	case err != nil || u.Host == "":
		v.Problemf("%q is not a URL", s)
	case u.Scheme != "http" || !slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname()):
		v.Hintf("leave url out for the real tenant", "%q is no rehearsal tenant on this machine, which is at http://127.0.0.1:PORT", s)
	}
	return s
}

// proxyURL reads the address of a proxy, or none.
func proxyURL(v strictyaml.Value) string {
	s := v.Words()
	u, err := url.Parse(s)
	switch {
	case s == "" || s == "none":
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		v.Problemf("expected the address of a proxy, like http://proxy.contoso.example:8080, or none")
	case u.User != nil:
		v.Problemf("a user or password must not stand in the address of a proxy")
		return ""
	}
	return s
}

// signIn reads a way to sign in; locate gives the path of a file that it names.
func (p *parser) signIn(v strictyaml.Value, t *SignIn, locate func(strictyaml.Value) string) {
	p.guard(v)
	proofs, named := 0, false
	method := func(name string) func(strictyaml.Value) {
		return func(x strictyaml.Value) {
			if x.Bool() {
				proofs++
				t.Method = name
			}
		}
	}
	v.Fields(fields{
		"clientId": func(x strictyaml.Value) {
			named = true
			t.ClientID = x.Words()
			if _, err := directory.ParseGUID(t.ClientID); err != nil && t.ClientID != "" {
				x.Problemf("not a client id, which is a GUID")
			}
		},
		"secret": func(x strictyaml.Value) { proofs++; t.Secret = p.secret(x) },
		"certificate": func(x strictyaml.Value) {
			proofs++
			x.Fields(fields{
				"file":     func(y strictyaml.Value) { t.Certificate = locate(y) },
				"password": func(y strictyaml.Value) { t.Password = p.secret(y) },
			}, "file")
		},
		WorkloadIdentity: func(x strictyaml.Value) {
			if !x.IsMapping() {
				method(WorkloadIdentity)(x)
				return
			}
			proofs++
			t.Method = WorkloadIdentity
			x.Fields(fields{"tokenFile": func(y strictyaml.Value) { t.TokenFile = locate(y) }}, "tokenFile")
		},
		ManagedIdentity: method(ManagedIdentity),
		DeviceCode:      method(DeviceCode),
		AzureCLI:        method(AzureCLI),
	})
	if !v.IsMapping() {
		return
	}
	if !named && t.Method != ManagedIdentity && t.Method != AzureCLI {
		v.Problemf("key %q is missing", "clientId")
	}
	if proofs != 1 {
		v.Problemf("sign-in needs exactly one of secret, certificate, managedIdentity, workloadIdentity, deviceCode and azureCLI")
	}
}

// guards reads limits. A half that is not given keeps its shipped value; a guard is switched off by the word off alone,
// because a limit of 0 would read as "none at all" to some and as "no limit" to others.
func (p *parser) guards(v strictyaml.Value) {
	all := fields{"minimumPopulation": func(x strictyaml.Value) { p.c.Guards.MinPopulation = int(positive(x, 1<<31-1)) }}
	for _, g := range engine.GuardNames() {
		switch g {
		case engine.GuardSeats, engine.GuardProtected:
			all[g] = func(x strictyaml.Value) { x.Problemf("guard %s has no limit to set", g) }
		default:
			all[g] = func(x strictyaml.Value) { p.c.Guards.ByGuard[g] = limit(x, p.c.Guards.ByGuard[g]) }
		}
	}
	v.Fields(all)
}

func limit(v strictyaml.Value, l engine.Limit) engine.Limit {
	if !v.IsMapping() {
		v.Enum("a guard", "off")
		return engine.Limit{}
	}
	v.Fields(fields{
		"count":   func(x strictyaml.Value) { l.Count = int(positive(x, 1<<31-1)) },
		"percent": func(x strictyaml.Value) { l.Percent = float64(positive(x, 100)) },
	})
	return l
}

func positive(v strictyaml.Value, most int64) int64 {
	n := v.Int()
	if n < 1 || n > most {
		v.Hintf("write off instead of the whole limit to switch a guard off", "expected a number from 1 to %d", most)
	}
	return n
}

// nodeText finds, in messages about a file as YAML, the text of an alias, anchor or tag: a secret that begins with one of
// their marks and stands without quotes is taken for one.
var nodeText = regexp.MustCompile(`alias \*\S+|anchor &\S+|anchor '[^']*'|tag \S+`)

// finish adds a hint for what Windows administrators stumble over, the backslash that YAML takes for an escape in double
// quotes, and takes out of the messages, which end in logs and tickets, what may be a secret that does not belong here:
// the lines, all of them, since a misspelt key may lead to one, and values where a secret's place was expected.
func (p *parser) finish(list strictyaml.Problems) strictyaml.Problems {
	for i := range list {
		x := &list[i]
		if strings.Contains(x.Message, "unknown escape character") {
			x.Hint = "write paths in single quotes, or with forward slashes"
		}
		x.Source = ""
		x.Message = nodeText.ReplaceAllStringFunc(x.Message, func(s string) string { w, _, _ := strings.Cut(s, " "); return w })
		if p.secrets[x.Line] || strings.HasPrefix(x.Message, "expected a mapping") || strings.HasPrefix(x.Message, "expected a list") {
			x.Message, _, _ = strings.Cut(x.Message, ", found ")
		}
	}
	return list
}

// guard marks the lines of a part of the file in which secrets are expected.
func (p *parser) guard(v strictyaml.Value) {
	p.secrets[v.Line()] = true
	if v.IsMapping() {
		v.Each(func(_ string, key, x strictyaml.Value) {
			p.secrets[key.Line()] = true
			p.guard(x)
		})
	}
}
