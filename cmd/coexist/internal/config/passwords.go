package config

import (
	"net/mail"
	"slices"

	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Credentials says where the credentials are that the configuration names. Without a file it is the Windows Credential
// Manager, and elsewhere DefaultCredentials.
type Credentials struct {
	File       string // encrypted with age; "" unless given
	Identity   string // path of an age identity file that opens it
	Passphrase Secret // that opens it; never itself a credential
}

// DefaultCredentials is where credentials are unless the configuration says so, below its own folder.
const DefaultCredentials = "credentials.age"

func (p *parser) credentials(v strictyaml.Value) {
	c := &p.c.Credentials
	v.Fields(fields{
		"file":     func(x strictyaml.Value) { c.File = p.path(x) },
		"identity": func(x strictyaml.Value) { c.Identity = p.path(x) },
		"passphrase": func(x strictyaml.Value) {
			if c.Passphrase = p.secret(x); c.Passphrase.Credential != "" {
				x.Problemf("what opens the credentials cannot be one of them")
			}
		},
	}, "file")
	if c.Identity != "" && !c.Passphrase.IsZero() {
		v.Problemf("credentials are opened by an identity or by a passphrase, not both")
	}
}

// passwords reads the sink: { sink: age, to: [age1…], folder: passwords }, { sink: certificate, to: [FILE], folder: … },
// { sink: dpapi, for: account, folder: … } or { sink: mail, from: ADDRESS, to: [ADDRESS] }.
func (p *parser) passwords(v strictyaml.Value) {
	s := &p.c.Passwords
	at := map[string]strictyaml.Value{}
	key := func(name string, read func(strictyaml.Value)) func(strictyaml.Value) {
		return func(x strictyaml.Value) { at[name] = x; read(x) }
	}
	p.c.sinkAt = v
	v.Fields(fields{
		"sink":   key("sink", func(x strictyaml.Value) { s.Sink = x.Enum("a sink", handover.Sinks()...) }),
		"to":     key("to", func(strictyaml.Value) {}),
		"folder": key("folder", func(x strictyaml.Value) { s.Folder = p.path(x) }),
		"from":   key("from", func(x strictyaml.Value) { s.From = address(x) }),
		"for":    key("for", func(x strictyaml.Value) { s.Machine = x.Enum("for", "account", "machine") == "machine" }),
	}, "sink")
	takes := map[string][]string{handover.AgeSink: {"to", "folder"}, handover.CertificateSink: {"to", "folder"}, handover.DPAPISink: {"folder"}, handover.MailSink: {"to", "from"}}[s.Sink]
	if takes == nil {
		return
	}
	for _, name := range takes {
		if _, ok := at[name]; !ok {
			v.Problemf("key %q is missing", name)
		}
	}
	for _, name := range []string{"to", "folder", "from", "for"} {
		if x, ok := at[name]; ok && !slices.Contains(takes, name) && (name != "for" || s.Sink != handover.DPAPISink) {
			x.Problemf("sink %s has no %s", s.Sink, name)
		}
	}
	if x, ok := at["to"]; ok && slices.Contains(takes, "to") {
		p.recipients(x)
	}
}

// recipients reads who passwords are for, each as the sink wants it. A private key in the wrong place is not repeated.
func (p *parser) recipients(v strictyaml.Value) {
	s := &p.c.Passwords
	v.Items(func(_ int, x strictyaml.Value) {
		switch s.Sink {
		case handover.AgeSink:
			p.guard(x)
			if err := handover.CheckAgeKey(x.Words()); err != nil {
				x.Problemf("%v", err)
			}
			s.To = append(s.To, x.Words())
		case handover.CertificateSink:
			s.To = append(s.To, p.path(x))
		default:
			s.To = append(s.To, address(x))
		}
	})
	switch {
	case v.IsList() && len(s.To) == 0:
		v.Problemf("there is no recipient")
	case s.Sink == handover.MailSink && len(s.To) > handover.MaxMailRecipients:
		v.Hintf("mail is readable on its way; encrypt to a key for more people", "passwords are mailed to at most %d recipients", handover.MaxMailRecipients)
	}
}

// address reads a mail address without a name.
func address(v strictyaml.Value) string {
	text := v.Words()
	if a, err := mail.ParseAddress(text); text != "" && (err != nil || a.Address != text) {
		v.Problemf("expected a mail address, like helpdesk@contoso.example")
	}
	return text
}
