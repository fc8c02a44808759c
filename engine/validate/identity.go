package validate

import (
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// checkAnchor looks at what ties the object to its counterpart.
func (r *run) checkAnchor() {
	e := r.entry
	if e.i < r.s.Len() {
		if known, ok := r.in.Facts.Recorded[e.object.GUID]; ok && known.Anchor != "" && known.Anchor != r.s.Anchor(e.i) {
			r.find("ANC-002", slotNames[aConsistency], string(r.s.Anchor(e.i)), "recorded is "+string(known.Anchor)+": give the object its former value back")
		}
		return
	}
	anchor, err := e.object.Anchor()
	if err != nil {
		r.find("ANC-001", slotNames[aConsistency], "", err.Error())
		return
	}
	f := r.find("ANC-003", slotNames[aConsistency], string(anchor), "every one of them claims the anchor, which belongs to one: clear mS-DS-ConsistencyGuid of the copies")
	if f == nil {
		return
	}
	for k, o := range r.aside {
		if a, err := o.Anchor(); k+r.s.Len() != e.i && err == nil && a == anchor {
			r.other.load(k+r.s.Len(), o)
			f.with(Party{r.described(r.other), slotNames[aConsistency]})
		}
	}
}

// with adds another party.
func (f *Finding) with(p Party) {
	if len(f.Others) < MaxOthers {
		f.Others = append(f.Others, p)
		return
	}
	f.More++
}

// checkUPN looks at the user principal name.
func (r *run) checkUPN() {
	e := r.entry
	v := e.first(aUPN)
	if v == "" {
		r.missingUPN()
		return
	}
	wrong := upnFlaws(v)
	for _, id := range wrong {
		f := r.find(id, slotNames[aUPN], v, upnDetail(id, v))
		if f != nil && table[numbers[id]].Fixes {
			r.fixTo(f, aUPN, v, mendUPN(v), false) // it is what the user signs in with
		}
	}
	host := hostOf(v)
	domain, known := cloud.Domain{}, false
	if r.in.Tenant != nil {
		domain, known = r.in.Tenant.Facts.Domain(host)
	}
	if host != "" && !domain.Verified && !routable(host) {
		r.find("UPN-009", slotNames[aUPN], v, fmt.Sprintf("%q is not a domain of the Internet", host))
	}
	if r.in.Tenant != nil && host != "" && !domain.Verified {
		r.unverified(v, host, known)
	}
	r.federated(v, domain)
}

func (r *run) missingUPN() {
	e := r.entry
	domain := r.domain(e.i)
	account := e.first(aAccount)
	f := r.find("UPN-001", slotNames[aUPN], "", fmt.Sprintf("the cloud gets %s@%s", account, domain))
	after := account + "@" + domain
	if domain != "" && len(upnFlaws(after)) == 0 {
		r.fixTo(f, aUPN, "", after, false)
	}
}

func upnDetail(id, v string) string {
	local, host := v, ""
	if at := strings.LastIndexByte(v, '@'); at >= 0 {
		local, host = v[:at], v[at+1:]
	}
	switch id {
	case "UPN-002":
		return "it takes exactly one @, a name before it and a domain after it"
	case "UPN-003":
		return fmt.Sprintf("%d characters, 113 are allowed", len([]rune(v)))
	case "UPN-004":
		return fmt.Sprintf("%d characters before the @, 64 are allowed", len([]rune(local)))
	case "UPN-005":
		return fmt.Sprintf("%d characters after the @, 48 are allowed", len([]rune(host)))
	case "UPN-006":
		return "allowed are A-Z a-z 0-9 ' . - _ ! # ^ ~; it holds " + culprits(strings.ReplaceAll(local, "@", ""), badInUPN) + culprits(host, badInHost)
	case "UPN-007":
		return "it holds " + culprits(v, func(r rune) bool { return r > 0x7f })
	case "UPN-008":
		return "the part before the @ ends in a full stop, & or space"
	}
	return "the part before the @ begins with a full stop or has two in a row"
}

// culprits lists the characters of a text that are bad, each once, with their code points where they cannot be seen.
func culprits(s string, bad func(rune) bool) string {
	var out []string
	seen := map[rune]bool{}
	for _, r := range s {
		if bad(r) && !seen[r] {
			seen[r] = true
			out = append(out, fmt.Sprintf("%q (U+%04X)", r, r))
		}
	}
	return list(out)
}

// unverified foretells what the cloud makes of a name whose suffix it does not know. Source: "Microsoft Entra
// UserPrincipalName population".
func (r *run) unverified(v, host string, known bool) {
	what := "is not a domain of the tenant"
	if known {
		what = "is not verified in the tenant"
	}
	nickname, initial := r.nickname(), r.in.Tenant.Facts.InitialDomain()
	detail := fmt.Sprintf("%s %s", host, what)
	if nickname != "" && initial != "" {
		detail += fmt.Sprintf("; the cloud takes %s@%s", nickname, initial)
	}
	r.find("UPN-010", slotNames[aUPN], v, detail)
}

// nickname foretells the cloud's mailNickname: that of the counterpart, which does not change by itself, else the first
// that there is of mailNickname and the local parts of primary address, mail, and user principal name.
func (r *run) nickname() string {
	e := r.entry
	if r.target != nil {
		if n := r.target.Get("mailNickname").Text(); n != "" {
			return n
		}
	}
	if n := e.first(aNickname); n != "" {
		return n
	}
	for _, a := range []string{e.primary(), e.first(aMail), e.first(aUPN)} {
		if at := strings.LastIndexByte(a, '@'); at > 0 {
			return a[:at]
		}
	}
	return ""
}

// federated looks for a move between two federated domains, which the cloud refuses.
func (r *run) federated(v string, domain cloud.Domain) {
	if r.target == nil || !domain.Federated {
		return
	}
	now := r.target.Get("userPrincipalName").Text()
	before, ok := r.in.Tenant.Facts.Domain(hostOf(now))
	if ok && before.Federated && before.Name != domain.Name {
		r.find("UPN-012", slotNames[aUPN], v, fmt.Sprintf("it is %s in the cloud; set it to %s first, then to the new name", now,
			now[:strings.LastIndexByte(now, '@')+1]+r.in.Tenant.Facts.InitialDomain()))
	}
}

// badInAccount are the characters that sAMAccountName must not hold.
const badInAccount = `[\"|,/:<>+=;?*']`

// checkAccount looks at sAMAccountName, which matters where the user principal name does not serve.
func (r *run) checkAccount() {
	e := r.entry
	v := e.first(aAccount)
	upn := e.first(aUPN)
	grave := upn == "" || len(upnFlaws(upn)) > 0
	if n := len([]rune(v)); n > 20 {
		r.find("SAM-001", slotNames[aAccount], v, fmt.Sprintf("%d characters, 20 are allowed", n)).raise(grave)
	}
	if bad := culprits(v, func(c rune) bool { return strings.ContainsRune(badInAccount, c) || c < ' ' }); bad != "" {
		r.find("SAM-002", slotNames[aAccount], v, "it holds "+bad).raise(grave)
	}
	s := r.holders(byAccount, r.realm(e.i)+"\x00"+directory.Fold(v))
	if s.objects > 1 {
		f := r.find("SAM-003", slotNames[aAccount], v, fmt.Sprintf("%d users have it", s.objects)).raise(grave)
		r.parties(f, s, nil)
	}
}

// parties names the other holders of a value; of those for which only says so, where it is given.
func (r *run) parties(f *Finding, s set, only func(holder) bool) {
	if f == nil {
		return
	}
	others, named := 0, 0
	for n, h := range s.holders {
		if int(h.object) == r.entry.i || only != nil && !only(h) {
			continue
		}
		first := n == 0 || s.holders[n-1].object != h.object
		if first {
			others++
			r.other.load(int(h.object), r.object(int(h.object)))
		}
		if len(f.Others) == MaxOthers {
			continue
		}
		if f.Others = append(f.Others, Party{r.described(r.other), h.attribute}); first {
			named++
		}
	}
	if s.objects > MaxOthers+1 { // not all of them were looked at
		others = s.objects - 1
	}
	f.More = others - named
}
