package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Secret says where a secret is. It never holds one, so it may be printed.
type Secret struct {
	Env  string // name of an environment variable
	File string // path of a file whose whole content, less a line break at its end, is the secret
	at   strictyaml.Value
}

// IsZero reports whether no secret is named.
func (s Secret) IsZero() bool { return s.Env == "" && s.File == "" }

// String says where the secret is.
func (s Secret) String() string {
	if s.Env != "" {
		return "environment variable " + s.Env
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
	default:
		return "", nil
	}
	if text == "" {
		return "", fmt.Errorf("read secret: %s is empty", s)
	}
	return text, nil
}

// secret reads a reference: { env: NAME } or { file: PATH }. A secret written into the file is refused, and not repeated.
func (p *parser) secret(v strictyaml.Value) (s Secret) {
	s.at = v
	p.guard(v)
	if !v.IsMapping() {
		v.Hintf("write { env: NAME } or { file: PATH }", "a secret must not stand in this file")
		return s
	}
	given := 0
	v.Fields(map[string]func(strictyaml.Value){
		"env":  func(x strictyaml.Value) { given++; s.Env = x.Words() },
		"file": func(x strictyaml.Value) { given++; s.File = p.path(x) },
		"credential": func(x strictyaml.Value) {
			given++
			x.Hintf("use { env: NAME } or { file: PATH }", "this version has no credential store")
		},
	})
	if given > 1 {
		v.Problemf("a secret is in one place: env or file")
	}
	if given == 0 {
		v.Problemf("the secret's place is missing: env or file")
	}
	return s
}
