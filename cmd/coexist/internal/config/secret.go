package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/coexistsync/coexist/cmd/coexist/internal/credential"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Secret says where a secret is. It never holds one, so it may be printed.
type Secret struct {
	Env        string // name of an environment variable
	File       string // path of a file whose whole content, less a line break at its end, is the secret
	Credential string // name in the store of credentials
	at         strictyaml.Value
	store      *credentials
}

// credentials is the store that references name, for all of one configuration.
type credentials struct {
	get func(name string) (string, error)
}

// UseCredentials gives the configuration what reads the secrets that stand as { credential: NAME }. It is asked when one is
// read, not before.
func (c *Config) UseCredentials(get func(name string) (string, error)) { c.store.get = get }

// IsZero reports whether no secret is named.
func (s Secret) IsZero() bool { return s.Env == "" && s.File == "" && s.Credential == "" }

// String says where the secret is.
func (s Secret) String() string {
	if s.Env != "" {
		return "environment variable " + s.Env
	}
	if s.Credential != "" {
		return "credential " + s.Credential
	}
	return "file " + s.File
}

// secretName is what secrets are called that policies name, such as first passwords.
var secretName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Secret gives a secret that policies name. Errors name the secret, never its content.
func (c *Config) Secret(name string) (string, error) {
	s, ok := c.Secrets[name]
	if !ok {
		return "", fmt.Errorf("secret %s is not among the secrets of %s", name, c.Path)
	}
	return s.Read()
}

// maxSecret bounds a secret's file: a larger one is some other file.
const maxSecret = 64 << 10

// Read gives the secret. Errors name the place, never the content.
func (s Secret) Read() (string, error) {
	var text string
	switch {
	case s.Env != "":
		text = os.Getenv(s.Env)
	case s.File != "":
		st, err := os.Stat(s.File)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		if st.IsDir() || st.Size() > maxSecret {
			return "", fmt.Errorf("read secret: %s does not look like a secret", s.File)
		}
		b, err := os.ReadFile(s.File)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		text = strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	case s.Credential != "":
		if s.store == nil || s.store.get == nil {
			return "", fmt.Errorf("read secret: there is no store with %s", s)
		}
		var err error
		if text, err = s.store.get(s.Credential); err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
	default:
		return "", nil
	}
	if text == "" {
		return "", fmt.Errorf("read secret: %s is empty", s)
	}
	return text, nil
}

// secret reads a reference: { env: NAME }, { file: PATH } or { credential: NAME }. A secret written into the file is refused,
// and not repeated.
func (p *parser) secret(v strictyaml.Value) (s Secret) {
	s.at, s.store = v, p.c.store
	p.guard(v)
	if !v.IsMapping() {
		v.Hintf("write { env: NAME }, { file: PATH } or { credential: NAME }", "a secret must not stand in this file")
		return s
	}
	given := 0
	v.Fields(map[string]func(strictyaml.Value){
		"env":  func(x strictyaml.Value) { given++; s.Env = x.Words() },
		"file": func(x strictyaml.Value) { given++; s.File = p.path(x) },
		"credential": func(x strictyaml.Value) {
			given++
			s.Credential = x.Words()
			if err := credential.CheckName(s.Credential); err != nil && s.Credential != "" {
				x.Problemf("%v", err)
			}
		},
	})
	if given > 1 {
		v.Problemf("a secret is in one place: env, file or credential")
	}
	if given == 0 {
		v.Problemf("the secret's place is missing: env, file or credential")
	}
	return s
}
