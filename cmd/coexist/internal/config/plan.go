package config

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// protected reads one entry of the objects that nothing is taken away from. Each names one thing.
func (p *parser) protected(v strictyaml.Value) {
	s, n := &p.c.Protected, 0
	v.Fields(fields{
		"objectGUID": func(x strictyaml.Value) {
			n++
			g, err := directory.ParseGUID(x.Words())
			if err != nil {
				x.Problemf("not an objectGUID")
			}
			s.GUIDs = append(s.GUIDs, g)
		},
		"userPrincipalName": func(x strictyaml.Value) { n++; s.UPNs = append(s.UPNs, x.Words()) },
		"group":             func(x strictyaml.Value) { n++; s.Groups = append(s.Groups, x.Words()) },
		"ou": func(x strictyaml.Value) {
			n++
			if _, err := ldap.ParseDN(x.Words()); err != nil {
				x.Problemf("not a DN like OU=Executives,DC=contoso,DC=example")
			}
			s.OUs = append(s.OUs, x.Words())
		},
	})
	if v.IsMapping() && n != 1 {
		v.Problemf("an entry has exactly one of objectGUID, userPrincipalName, group and ou")
	}
}

// approvals reads what a plan needs before it is applied.
func (p *parser) approvals(v strictyaml.Value) {
	a := &p.c.Approvals
	v.Fields(fields{
		"required": func(x strictyaml.Value) { a.Required = x.Bool() },
		"by": func(x strictyaml.Value) {
			x.Items(func(_ int, y strictyaml.Value) { a.By = append(a.By, y.Words()) })
		},
		"count":      func(x strictyaml.Value) { a.Count = int(positive(x, 20)) },
		"notPlanner": func(x strictyaml.Value) { a.NotPlanner = x.Bool() },
		"valid":      func(x strictyaml.Value) { a.Valid = deadline(x) },
	}, "required")
	if len(a.By) > 0 && len(a.By) < a.Count {
		v.Problemf("%d approvals are asked for, and only %d accounts may give one", a.Count, len(a.By))
	}
}

// trust reads a public key: what openssl pkey -pubout and coexist key show print, without the lines around it.
func (p *parser) trust(v strictyaml.Value) {
	key, ok := PublicKey(v.Words())
	if !ok {
		v.Hintf("coexist key show FILE prints it", "not the public key of an Ed25519 key, in base64")
		return
	}
	p.c.Trust = append(p.c.Trust, key)
}

// PublicKey reads an Ed25519 public key from base64 of its DER form (RFC 8410), as PEM files hold it.
func PublicKey(text string) (ed25519.PublicKey, bool) {
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, false
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, ok := parsed.(ed25519.PublicKey)
	return key, err == nil && ok
}
