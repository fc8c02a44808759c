package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// proxyChecks are the checks of the flaws of a proxy address, targetChecks those of a target address.
var (
	proxyChecks  = [...]string{secondColon: "ADR-002", tooLong: "ADR-003", whiteSpace: "ADR-004", forbidden: "ADR-005", beyondASCII: "ADR-006", grammar: "ADR-007"}
	targetChecks = [...]string{secondColon: "TGT-004", tooLong: "TGT-001", whiteSpace: "TGT-002", forbidden: "TGT-003", beyondASCII: "TGT-004", grammar: "TGT-004"}
)

// flawDetail says what a flaw is in one value.
func flawDetail(f flaw, rest, bad string) string {
	switch f {
	case secondColon:
		return "a colon stands in the address itself"
	case tooLong:
		return fmt.Sprintf("%d characters, 256 are allowed", len([]rune(rest)))
	case whiteSpace:
		return "white space, which no address may hold"
	case forbidden:
		return "it holds " + culprits(rest, func(r rune) bool { return strings.ContainsRune(bad, r) || r < ' ' || r == 0x7f })
	case beyondASCII:
		return "it holds " + culprits(rest, func(r rune) bool { return r > 0x7f })
	}
	return "it is not local@domain, as RFC 5321 has it"
}

// checkAddresses looks at proxyAddresses and mail.
func (r *run) checkAddresses() {
	e := r.entry
	var primaries, smtp []string
	for _, v := range e.values[aProxies] {
		a := parseAddress(v)
		r.checkProxy(v, a)
		if a.scheme == "smtp" {
			smtp = append(smtp, strings.TrimSpace(a.rest))
			if a.primary {
				primaries = append(primaries, strings.TrimSpace(a.rest))
			}
		}
	}
	if v := e.first(aMail); v != "" {
		rest := strings.TrimSpace(v) // as the cloud takes it; LBL-001 tells of the rest
		for _, f := range addressFlaws(rest, badInProxy) {
			if f == secondColon {
				f = grammar
			}
			found := r.find(proxyChecks[f], slotNames[aMail], v, flawDetail(f, rest, badInProxy))
			if found != nil && table[numbers[found.Check]].Fixes {
				r.fixTo(found, aMail, v, mendSMTP(rest, badInProxy), false)
			}
		}
		r.checkHost(slotNames[aMail], v, rest)
	}
	r.checkPrimary(primaries, smtp)
	if n := len(e.values[aProxies]); n > 300 {
		r.find("ADR-016", slotNames[aProxies], "", fmt.Sprintf("%d addresses, about 300 are safe", n))
	}
}

// checkProxy looks at one proxy address. x500 addresses are never findings: Exchange writes them itself.
func (r *run) checkProxy(v string, a address) {
	switch {
	case a.scheme == "":
		f := r.find("ADR-001", slotNames[aProxies], v, "it needs a type, such as smtp:")
		if fixed := mendSMTP(v, badInProxy); fixed == strings.TrimSpace(v) {
			r.fixTo(f, aProxies, v, "smtp:"+fixed, false)
		}
		return
	case a.x500():
		return
	case a.legacy():
		r.find("ADR-017", slotNames[aProxies], v, "addresses of type "+a.scheme+" are discarded")
		return
	}
	if upn := r.entry.first(aUPN); r.entry.object.Kind == directory.User && upn != "" && (a.scheme == "sip" || a.scheme == "eum") {
		who, _, _ := strings.Cut(a.rest, ";")
		if strings.Contains(who, "@") && key(who) != key(upn) {
			r.find("ADR-019", slotNames[aProxies], v, "the user signs in as "+upn)
		}
	}
	if !a.mailbox() {
		return
	}
	flaws := addressFlaws(a.rest, badInProxy)
	if spaced(v) && !slices.Contains(flaws, whiteSpace) { // before the type
		flaws = append(flaws, whiteSpace)
	}
	for _, f := range flaws {
		found := r.find(proxyChecks[f], slotNames[aProxies], v, flawDetail(f, a.rest, badInProxy))
		if found != nil && table[numbers[found.Check]].Fixes {
			if fixed := mendSMTP(a.rest, badInProxy); fixed != "" {
				r.fixTo(found, aProxies, v, a.prefix+fixed, fixed == strings.TrimSpace(a.rest))
			}
		}
	}
	if a.scheme == "smtp" {
		r.checkHost(slotNames[aProxies], v, strings.TrimSpace(a.rest))
	}
}

// checkHost looks at the domain of a well-formed address.
func (r *run) checkHost(attribute, v, rest string) {
	if !validSMTP(rest) {
		return
	}
	host := hostOf(rest)
	verified := false
	if r.in.Tenant != nil {
		d, ok := r.in.Tenant.Facts.Domain(host)
		verified = ok && d.Verified
	}
	switch {
	case verified:
	case reserved(host):
		r.find("ADR-012", attribute, v, host+" is Microsoft's")
		return
	case !routable(host):
		r.find("ADR-008", attribute, v, fmt.Sprintf("%q is not a domain of the Internet", host))
	}
	if r.in.Tenant != nil && !verified && r.entry.object.Kind == directory.User && r.mailboxLicensed() {
		r.find("ADR-013", attribute, v, host+" is not verified in the tenant, and the user has a mailbox licence")
	}
}

// checkPrimary looks at which address is the primary one.
func (r *run) checkPrimary(primaries, smtp []string) {
	e := r.entry
	mail := strings.TrimSpace(e.first(aMail))
	switch {
	case len(primaries) > 1:
		r.find("ADR-009", slotNames[aProxies], "", fmt.Sprintf("%d addresses begin with SMTP: in capitals: %s", len(primaries), list(primaries)))
	case len(primaries) == 1 && mail != "" && !directory.EqualFold(primaries[0], mail):
		r.find("ADR-011", slotNames[aMail], e.first(aMail), "the primary address is "+primaries[0])
	case len(primaries) == 0 && len(smtp) > 0:
		f := r.find("ADR-010", slotNames[aProxies], "", "no address begins with SMTP: in capitals")
		for _, v := range e.values[aProxies] {
			if a := parseAddress(v); a.scheme == "smtp" && mail != "" && key(a.rest) == key(mail) {
				r.fixTo(f, aProxies, v, "SMTP:"+strings.TrimSpace(a.rest), false)
			}
		}
	}
}

// checkAlias looks at mailNickname.
func (r *run) checkAlias() {
	e := r.entry
	v := e.first(aNickname)
	if v == "" {
		if e.object.Kind == directory.Contact {
			r.find("ALI-009", slotNames[aNickname], "", "the cloud gets "+e.first(aCN))
		}
		if e.object.Kind == directory.User && e.exchange != "" {
			f := r.find("ALI-008", slotNames[aNickname], "", e.exchange+" and the other attributes of Exchange do not flow")
			local, _, _ := strings.Cut(e.first(aUPN), "@")
			if len(aliasFlaws(local)) == 0 {
				r.fixTo(f, aNickname, "", local, false)
			}
		}
		return
	}
	for _, id := range aliasFlaws(v) {
		f := r.find(id, slotNames[aNickname], v, aliasDetail(id, v))
		if id == "ALI-006" {
			f.raise(beyondLatin1(v))
		}
		if f != nil && table[numbers[id]].Fixes {
			r.fixTo(f, aNickname, v, mendAlias(v), false)
		}
	}
	if s := r.holders(byNickname, directory.Fold(v)); s.objects > 1 {
		r.parties(r.find("ALI-007", slotNames[aNickname], v, fmt.Sprintf("%d objects have it", s.objects)), s, nil)
	}
}

func aliasDetail(id, v string) string {
	switch id {
	case "ALI-001":
		return fmt.Sprintf("%d characters, 64 are allowed", len([]rune(v)))
	case "ALI-004":
		return "it holds " + culprits(v, badInAlias)
	case "ALI-006":
		return "it holds " + culprits(v, func(r rune) bool { return r > 0x7f })
	case "ALI-005":
		return "& is not supported"
	}
	return "a full stop stands between two other characters, never at an end"
}

// checkTarget looks at where mail for users and contacts goes.
func (r *run) checkTarget() {
	e := r.entry
	v, contact := e.first(aTarget), e.object.Kind == directory.Contact
	mail := strings.TrimSpace(e.first(aMail))
	if v == "" {
		if contact && mail == "" && !e.mailEnabled() {
			r.find("TGT-006", slotNames[aTarget], "", "neither targetAddress nor mail has a value")
		}
		return
	}
	a := parseAddress(v)
	if a.scheme != "smtp" && a.scheme != "" {
		return // another type of address: Exchange hands it to a connector of its own
	}
	for _, f := range addressFlaws(a.rest, badInTarget) {
		found := r.find(targetChecks[f], slotNames[aTarget], v, flawDetail(f, a.rest, badInTarget))
		if found != nil && table[numbers[found.Check]].Fixes {
			if fixed := mendSMTP(a.rest, badInTarget); fixed != "" {
				r.fixTo(found, aTarget, v, "SMTP:"+fixed, false)
			}
		}
	}
	switch {
	case contact && mail != "" && !directory.EqualFold(strings.TrimSpace(a.rest), mail):
		r.find("TGT-007", slotNames[aTarget], v, "mail is "+mail)
	case !contact && key(a.rest) != "" && key(a.rest) == e.primary() && r.ours(hostOf(key(a.rest))):
		r.find("TGT-005", slotNames[aTarget], v, "mail for the user is sent to the user")
	}
}

// ours reports whether mail for a domain comes to us: it is verified in the tenant, or, without a tenant, the domain that
// the object's own directory or sign-in name is in.
func (r *run) ours(host string) bool {
	if r.in.Tenant != nil {
		d, ok := r.in.Tenant.Facts.Domain(host)
		return ok && d.Verified
	}
	return directory.EqualFold(host, r.domain(r.entry.i)) || directory.EqualFold(host, hostOf(r.entry.first(aUPN)))
}
