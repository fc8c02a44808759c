package sandbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// mailbox is what the address calculation of one object starts from and remembers.
type mailbox struct {
	enabled bool     // an Exchange plan is in force
	source  []string // proxyAddresses as on-premises or Exchange gave them, prefixes included
	mail    string   // mail as it was written
	moera   string   // the address under the initial domain, kept once it was given
	primary string   // the primary address that the service chose, kept while the mailbox is enabled
}

// setMail writes the mail property of an object: it becomes the primary address, and a primary that was there before
// stays as a secondary one.
func (t *Tenant) setMail(o *object, mail string) {
	if mail != "" {
		for i, a := range o.mailbox.source {
			if rest, ok := strings.CutPrefix(a, "SMTP:"); ok {
				o.mailbox.source = slices.Clone(o.mailbox.source)
				o.mailbox.source[i] = "smtp:" + rest
			}
		}
		if old := o.mailbox.mail; old != "" && !directory.EqualFold(old, mail) {
			o.mailbox.source = append(slices.Clone(o.mailbox.source), "smtp:"+old)
		}
	}
	o.mailbox.mail, o.mailbox.primary = mail, ""
	t.calculate(o)
}

// calculate derives proxyAddresses and mail from what is known of an object. Source: "How the proxyAddresses attribute is
// populated in Microsoft Entra ID" (KB 3190357):
//   - addresses under the service's own domains, of old protocols, or malformed are dropped from what on-premises gives;
//   - the primary is the SMTP: value, else mail, else, with an Exchange licence, the user principal name; where on-premises
//     gives smtp: values alone they mask mail, and it is the address under the initial domain;
//   - with an Exchange licence the user principal name and the address under the initial domain are added, and addresses
//     of domains that are not verified are dropped;
//   - the address under the initial domain stays once it was given, also when the licence goes.
func (t *Tenant) calculate(o *object) {
	m := &o.mailbox
	c := addresses{}
	primary := ""
	for _, a := range m.source {
		if t.acceptable(a, m.enabled, o.synced()) {
			c.add(a)
			if rest, ok := strings.CutPrefix(a, "SMTP:"); ok && primary == "" {
				primary = rest
			}
		}
	}
	if primary == "" && m.mail != "" && (!m.enabled || t.usable(m.mail)) && !(o.synced() && c.smtp()) {
		primary = m.mail
	}
	if m.enabled {
		t.enable(o, &c, &primary)
	} else if m.moera != "" {
		c.add("smtp:" + m.moera)
		if primary == "" {
			primary = m.moera
		}
	}
	if primary == "" && c.smtp() && !m.enabled && o.synced() {
		m.moera = t.moeraOf(o)
		primary = m.moera
	}
	c.promote(primary)
	o.setTexts("proxyAddresses", c.list)
	o.setText("mail", primary)
}

// enable adds what an Exchange licence brings.
func (t *Tenant) enable(o *object, c *addresses, primary *string) {
	m := &o.mailbox
	if m.moera == "" {
		m.moera = t.moeraOf(o)
	}
	upn := o.text("userPrincipalName")
	switch {
	case *primary != "":
	case m.primary != "":
		*primary = m.primary
	case c.smtp():
		*primary = m.moera
	case t.usable(upn) && t.freeFor(o, upn):
		*primary = upn
	default:
		*primary = m.moera
	}
	m.primary = *primary
	if t.usable(upn) && t.freeFor(o, upn) {
		c.add("smtp:" + upn)
	}
	c.add("smtp:" + m.moera)
}

// moeraOf makes the address under the initial domain; four digits are appended while another object holds it.
func (t *Tenant) moeraOf(o *object) string {
	nick := o.text("mailNickname")
	if nick == "" {
		nick, _, _ = strings.Cut(o.text("userPrincipalName"), "@")
	}
	address := nick + "@" + t.initialDomain()
	for n := uint64(0); ; n++ {
		if t.freeFor(o, address) {
			return address
		}
		digits := t.derive("moera "+o.id, n)
		address = fmt.Sprintf("%s%04d@%s", nick, hexDigits(digits), t.initialDomain())
	}
}

// freeFor reports whether no other object holds an address, as a proxy address or as its user principal name.
func (t *Tenant) freeFor(o *object, address string) bool {
	address = directory.Fold(address)
	for _, h := range []*object{t.index.proxy["smtp:"+address], t.index.upn[address]} {
		if h != nil && h.id != o.id {
			return false
		}
	}
	return true
}

// hexDigits makes a number of four digits from a GUID's first ones.
func hexDigits(guid string) int {
	n := 0
	for _, c := range guid[:8] {
		n = (n*16 + strings.IndexRune("0123456789abcdef", c)) % 10000
	}
	return n
}

// acceptable reports whether an address that on-premises or Exchange gives is taken over; the initial domain is the
// cloud's own, so on-premises cannot give addresses in it.
func (t *Tenant) acceptable(a string, enabled, synced bool) bool {
	prefix, rest, ok := strings.Cut(a, ":")
	if !ok || rest == "" || strings.ContainsAny(rest, " \t<>") {
		return false
	}
	switch directory.Fold(prefix) {
	case "smtp":
		_, domain, found := strings.Cut(directory.Fold(rest), "@")
		if !found || strings.HasSuffix(domain, ".microsoftonline.com") || strings.HasSuffix(domain, ".onmicrosoft.com") && (synced || !t.verified(domain)) {
			return false
		}
		return !enabled || t.verified(domain)
	case "msmail", "x400", "ms", "ccmail":
		return false
	}
	return true
}

// usable reports whether an address lies in a verified domain.
func (t *Tenant) usable(address string) bool {
	_, domain, ok := strings.Cut(address, "@")
	return ok && t.verified(domain)
}

// addresses is a list of proxy addresses without duplicates; case does not distinguish them.
type addresses struct{ list []string }

func (c *addresses) add(a string) {
	if !slices.ContainsFunc(c.list, func(b string) bool { return directory.EqualFold(a, b) }) {
		c.list = append(c.list, a)
	}
}

func (c *addresses) smtp() bool {
	return slices.ContainsFunc(c.list, func(a string) bool { return strings.HasPrefix(directory.Fold(a), "smtp:") })
}

// promote makes one address the only primary one and puts it first.
func (c *addresses) promote(primary string) {
	if primary == "" {
		return
	}
	out := []string{"SMTP:" + primary}
	for _, a := range c.list {
		if directory.EqualFold(a, out[0]) {
			continue
		}
		if rest, ok := strings.CutPrefix(a, "SMTP:"); ok {
			a = "smtp:" + rest
		}
		out = append(out, a)
	}
	c.list = out
}
