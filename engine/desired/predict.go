package desired

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
)

// Way is how an object's names reach the cloud.
type Way uint8

// The ways. Synced is what Entra Connect's service makes of them: it falls back and quarantines. Direct is a write through
// Graph or Exchange, which is refused instead.
const (
	Synced Way = iota
	Direct
)

// Names is what a directory says about one object's names, as it stands there.
type Names struct {
	UPN      string
	SAM      string // with Domain, the user principal name of an account that has none
	Domain   string // DNS name
	Nickname string // mailNickname
	Mail     string
	Proxies  []string // proxyAddresses, with prefixes
	// Recipient says that the object is, or by a licence becomes, a recipient of Exchange Online.
	Recipient bool
	Group     bool // it has no user principal name
}

// Held is what the cloud knows already.
type Held struct {
	Tenant *cloud.Tenant
	// Nickname and UPN are those that the object has in the cloud, "" for a new one: the cloud changes its nickname only
	// when the directory's changes, for which Nicknamed is the directory's at the last synchronisation.
	Nickname, Nicknamed string
	// HasUPN, HasAddress and, of recipients of Exchange Online, HasAlias say who else holds a name, "" for nobody; each may be
	// nil.
	HasUPN     func(upn string) string
	HasAddress func(address string) string
	HasAlias   func(alias string) string
}

// Prediction is what the cloud makes of an object's names.
type Prediction struct {
	UPN      string   `json:"userPrincipalName,omitempty"`
	Nickname string   `json:"mailNickname,omitempty"`
	Mail     string   `json:"mail,omitempty"`           // the primary address
	Proxies  []string `json:"proxyAddresses,omitempty"` // with prefixes, the primary one first
	// Conflicts are values that another object holds. Synced, the cloud keeps them out (quarantine) and goes on without;
	// direct, it refuses the object.
	Conflicts []Conflict `json:"conflicts,omitempty"`
	// Refused are values that a direct write is refused for.
	Refused []string `json:"refused,omitempty"`
	// Notes say, in the order of the steps, where the outcome differs from what the directory says.
	Notes []string `json:"notes,omitempty"`
}

// Conflict is a value that another object holds.
type Conflict struct {
	Property string `json:"property"`
	Value    string `json:"value"`
	Holder   string `json:"holder"`
}

// Outlook is what the cloud makes of an object's names in both ways.
type Outlook struct {
	Recipient      bool // it has, or is about to have, a place in Exchange Online
	Synced, Direct Prediction
}

// Predict says what the cloud makes of the names. Source: "How the proxyAddresses attribute is populated in Microsoft Entra
// ID" and "Microsoft Entra UserPrincipalName population".
func Predict(n Names, h Held, way Way) Prediction {
	p := &predictor{names: n, held: h, way: way}
	p.nickname()
	p.alias()
	p.upn()
	p.addresses()
	return p.Prediction
}

type predictor struct {
	Prediction
	names Names
	held  Held
	way   Way
}

func (p *predictor) note(s string) { p.Notes = append(p.Notes, s) }

// nickname: the first of mailNickname, and the parts before the @ of the primary address, mail, user principal name and a
// further address. It stays when anything but the directory's mailNickname changes.
func (p *predictor) nickname() {
	n := &p.names
	own := strings.TrimSpace(n.Nickname)
	if p.held.Nickname != "" && (own == "" || strings.EqualFold(own, p.held.Nicknamed)) {
		p.Nickname = p.held.Nickname
		if own != "" && !strings.EqualFold(own, p.Nickname) {
			p.note("mailNickname stays " + p.Nickname + ", as it was at first")
		}
		return
	}
	for _, from := range []struct{ what, value string }{{"mailNickname", own}, {"the primary address", local(primaryOf(n.Proxies))},
		{"mail", local(strings.TrimSpace(n.Mail))}, {"userPrincipalName", local(p.source())}, {"a further address", local(further(n.Proxies))}} {
		if from.value == "" {
			continue
		}
		if from.what != "mailNickname" {
			p.note("mailNickname is taken from " + from.what)
		}
		p.Nickname = from.value
		if err := cloud.CheckMailNickname(p.Nickname); err != nil {
			p.refuse(err.Error())
		}
		return
	}
}

// alias: the nickname is the alias of a recipient, which no two of them share. Entra ID keeps the nickname as it is; Exchange
// makes an alias of its own where a synchronised one is taken, and refuses one that is written.
func (p *predictor) alias() {
	if !p.names.Recipient || p.held.HasAlias == nil || p.Nickname == "" {
		return
	}
	if who := p.held.HasAlias(p.Nickname); who != "" {
		p.conflict("mailNickname", p.Nickname, who)
		if p.way == Synced {
			p.note("alias: Exchange Online makes another one of " + p.Nickname)
		}
	}
}

// source gives the directory's user principal name, or what stands for one that is missing.
func (p *predictor) source() string {
	if s := strings.TrimSpace(p.names.UPN); s != "" || p.names.SAM == "" || p.names.Domain == "" {
		return s
	}
	return p.names.SAM + "@" + p.names.Domain
}

// upn: as it is where its suffix is verified and its characters are allowed, else the nickname at the initial domain.
func (p *predictor) upn() {
	wish := p.source()
	if p.names.Group || wish == "" {
		return
	}
	p.UPN = wish
	if why := (Catalogue{Tenant: p.held.Tenant}).refusal(wish); why != "" {
		if p.way == Direct {
			p.refuse(why)
			return
		}
		p.UPN = p.moera()
		p.note("userPrincipalName: " + why + "; it becomes " + p.UPN)
	}
	if p.held.HasUPN == nil {
		return
	}
	if who := p.held.HasUPN(p.UPN); who != "" {
		p.conflict("userPrincipalName", p.UPN, who)
		if p.way == Synced {
			p.note("userPrincipalName becomes " + local(p.UPN) + "+ and four digits @" + p.initial() + " until the conflict is solved")
			p.UPN = ""
		}
	}
}

// addresses: proxyAddresses mask mail, and mail masks the user principal name. A recipient gets its user principal name and
// its address at the initial domain besides.
func (p *predictor) addresses() {
	kept := p.cleaned()
	primary := primaryOf(kept)
	mail := strings.TrimSpace(p.names.Mail)
	switch {
	case primary != "":
	case slices.ContainsFunc(kept, isSMTP):
		primary = p.moera()
		p.note("no address is marked SMTP: in capitals: the primary one is at the initial domain, and the others are further ones")
	case p.acceptable(mail):
		primary = mail
	case p.names.Recipient && p.UPN != "":
		primary = p.UPN
	}
	set := &addressSet{seen: map[string]bool{}}
	if primary != "" {
		set.add("SMTP:" + primary)
	}
	for _, a := range kept {
		if scheme, rest, _ := strings.Cut(a, ":"); strings.EqualFold(scheme, "smtp") {
			set.add("smtp:" + rest)
			continue
		}
		set.add(a)
	}
	if p.names.Recipient && primary != "" {
		if p.acceptable(p.UPN) {
			set.add("smtp:" + p.UPN)
		}
		if m := p.moera(); m != "" {
			set.add("smtp:" + m)
		}
	}
	p.Proxies, p.Mail = p.free(set.list), primary
	if len(p.Proxies) == 0 || !strings.HasPrefix(p.Proxies[0], "SMTP:") {
		p.Mail = ""
	}
}

// cleaned gives the directory's addresses without what the cloud leaves out.
func (p *predictor) cleaned() (out []string) {
	seen := map[string]bool{}
	for _, a := range p.names.Proxies {
		a = strings.TrimSpace(a)
		scheme, rest, ok := strings.Cut(a, ":")
		key := strings.ToLower(a)
		switch {
		case a == "" || seen[key]:
			continue
		case !ok || scheme == "" || rest == "":
			p.note(quoted(a) + " is left out: no prefix")
		case legacy(scheme):
			p.note(quoted(a) + " is left out: " + scheme + " is a protocol of the past")
		case strings.EqualFold(scheme, "smtp") && reserved(rest):
			p.note(quoted(a) + " is left out: its domain is the cloud's own")
		case strings.EqualFold(scheme, "smtp") && cloud.CheckAddress(rest) != nil:
			p.note(quoted(a) + " is left out: no address")
		case strings.EqualFold(scheme, "smtp") && !p.acceptable(rest):
			p.note(quoted(a) + " is left out: its domain is not verified")
			p.refuse(quoted(a) + " has a domain that is not verified")
		default:
			out = append(out, a)
		}
		seen[key] = true
	}
	return out
}

// acceptable reports whether an object may have an address. One without a place in Exchange Online keeps those of domains
// that are not verified, whoever wrote them: the calculation drops them of recipients alone, and Graph takes any mail.
func (p *predictor) acceptable(address string) bool {
	if cloud.CheckAddress(address) != nil {
		return false
	}
	d, ok := p.held.Tenant.Domain(address[strings.LastIndexByte(address, '@')+1:])
	return ok && d.Verified || !p.names.Recipient
}

// free leaves out the addresses that others hold.
func (p *predictor) free(list []string) (out []string) {
	for _, a := range list {
		if p.held.HasAddress != nil && isSMTP(a) {
			if who := p.held.HasAddress(a[5:]); who != "" {
				p.conflict("proxyAddresses", a, who)
				if p.way == Synced && strings.EqualFold(a[5:], p.moera()) {
					p.note(a + " gets four digits before the @")
				}
				continue
			}
		}
		out = append(out, a)
	}
	return out
}

func (p *predictor) conflict(property, value, who string) {
	p.Conflicts = append(p.Conflicts, Conflict{property, value, who})
}

// refuse notes what a direct write is refused for.
func (p *predictor) refuse(why string) {
	if p.way == Direct {
		p.Refused = append(p.Refused, why)
	}
}

func (p *predictor) initial() string { return p.held.Tenant.InitialDomain() }

// moera is the address that the cloud gives by itself: the nickname at the initial domain.
func (p *predictor) moera() string {
	if p.Nickname == "" || p.initial() == "" {
		return ""
	}
	return p.Nickname + "@" + p.initial()
}

// addressSet is a list of addresses in which each stands once, whatever its case.
type addressSet struct {
	list []string
	seen map[string]bool
}

func (s *addressSet) add(a string) {
	if key := strings.ToLower(a); !s.seen[key] {
		s.seen[key] = true
		s.list = append(s.list, a)
	}
}

func isSMTP(a string) bool { return len(a) > 5 && strings.EqualFold(a[:5], "smtp:") }

func primaryOf(proxies []string) string {
	for _, a := range proxies {
		if s, ok := strings.CutPrefix(strings.TrimSpace(a), "SMTP:"); ok {
			return strings.TrimSpace(s)
		}
	}
	return ""
}

func further(proxies []string) string {
	for _, a := range proxies {
		if s, ok := strings.CutPrefix(strings.TrimSpace(a), "smtp:"); ok {
			return strings.TrimSpace(s)
		}
	}
	return ""
}

func local(address string) string {
	l, _, _ := strings.Cut(address, "@")
	return l
}

func legacy(scheme string) bool {
	return slices.ContainsFunc([]string{"MS", "MSMAIL", "X400", "CCMAIL", "GWISE", "NOTES"}, func(s string) bool { return strings.EqualFold(s, scheme) })
}

// reserved reports whether an address lies in a domain that belongs to the cloud itself.
func reserved(address string) bool {
	a := strings.ToLower(address)
	return strings.HasSuffix(a, ".onmicrosoft.com") || strings.HasSuffix(a, ".microsoftonline.com")
}

func quoted(s string) string { return `"` + s + `"` }
