package validate_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/validate"
)

// cases are scenes that fail and that pass one check.
type cases struct{ fail, pass [][]any }

func s(parts ...any) []any { return parts }

// long is a text of n letters.
func long(n int) string { return strings.Repeat("a", n) }

// many adds n values to an attribute.
func many(t thing, attribute, format string, n int) thing {
	for i := range n {
		t.attrs[attribute] = append(t.attrs[attribute], strings.ReplaceAll(format, "#", strings.Repeat("i", i%40)+string(rune('a'+i%26))+strings.Repeat("j", i/40)))
	}
	return t
}

const mailboxGUID = "msExchMailboxGuid=0123456789abcdef"

func allCases() map[string]cases {
	all := map[string]cases{}
	for _, part := range []map[string]cases{identityCases(), nameCases(), addressCases(), recipientCases(), groupCases(), licenseCases(), cloudCases(), predictionCases()} {
		maps.Copy(all, part)
	}
	return all
}

// TestEveryCheck holds each check against scenes that fail it and that do not. A check without both is an error.
func TestEveryCheck(t *testing.T) {
	all := allCases()
	for _, c := range validate.Checks() {
		t.Run(c.ID, func(t *testing.T) {
			own, ok := all[c.ID]
			if !ok || len(own.fail) == 0 || len(own.pass) == 0 {
				t.Fatalf("%d failing and %d passing cases, want some of each", len(own.fail), len(own.pass))
			}
			for n, parts := range own.fail {
				found, sum := run(t, scene(t, parts...))
				mine := of(found, c.ID)
				if len(mine) == 0 {
					t.Errorf("failing case %d passes; found:\n%s", n+1, text(found, sum))
				}
				for _, f := range mine {
					sound(t, c, f)
				}
			}
			for n, parts := range own.pass {
				found, sum := run(t, scene(t, parts...))
				if mine := of(found, c.ID); len(mine) > 0 {
					t.Errorf("passing case %d fails:\n%s", n+1, text(mine, sum))
				}
				for _, u := range sum.NotEvaluated {
					if u.Check == c.ID {
						t.Errorf("passing case %d passes because the check was not evaluated: %s", n+1, u.Why)
					}
				}
			}
			delete(all, c.ID)
		})
	}
	for id := range all {
		t.Errorf("cases for %s, which is no check", id)
	}
}

// sound holds a finding against its row of the table.
func sound(t *testing.T, c validate.Check, f validate.Finding) {
	t.Helper()
	if f.Severity != c.In(f.Mode) && f.Severity != c.Raised.Severity {
		t.Errorf("severity %s, the table says %s", f.Severity, c.In(f.Mode))
	}
	if f.Fix != nil && !c.Fixes {
		t.Errorf("proposes %q, and the table says that it proposes nothing", f.Fix.After)
	}
	if f.Detail == "" || f.Object.Name == "" && f.Object.DN == "" {
		t.Errorf("says too little: %+v", f)
	}
}

func identityCases() map[string]cases {
	upn := func(v string) thing { return user("ann", "userPrincipalName="+v) }
	guid := "mS-DS-ConsistencyGuid=0123456789abcdef"
	return map[string]cases{
		"ANC-001": {s2(s(user("ann", "mS-DS-ConsistencyGuid=short")), s(copied(user("ann"), 0xff)), s(copied(group("crew"), 0xff))), s2(s(user("ann", guid)), s(user("ann")))},
		"ANC-002": {s2(s(user("ann"), validate.Facts{Recorded: map[guidOf]validate.Record{{15: 1}: {Anchor: "former"}}})),
			s2(s(user("ann"), validate.Facts{Recorded: map[guidOf]validate.Record{{15: 1}: {Anchor: anchor(1)}}}), s(user("ann"), validate.Facts{Recorded: map[guidOf]validate.Record{}}))},
		"ANC-003": {s2(s(user("ann", guid), user("ben", guid))), s2(s(user("ann", guid), user("ben")), s(user("ann", guid), group("crew", guid)))},
		"CFL-001": {s2(s(user("ann", `distinguishedName=CN=Ann\0ACNF:8f3e7716-2011-43e4-96b1-aba62d229136,DC=x,DC=example`)), s(group("crew", `distinguishedName=CN=Crew\0ACNF:8f3e,DC=x,DC=example`))),
			s2(s(user("ann", `distinguishedName=CN=Ann,OU=Old\0ACNF:8f3e7716-2011-43e4-96b1-aba62d229136,DC=x,DC=example`)), s(user("ann", "distinguishedName=CN=ACNF: Ann,DC=x,DC=example")))},
		"SAM-001": {s2(s(user("ann", "sAMAccountName="+long(21))), s(user("ann", "sAMAccountName="+long(21), "userPrincipalName="))), s2(s(user("ann", "sAMAccountName="+long(20))), s(group("crew", "sAMAccountName="+long(200))))},
		"SAM-002": {s2(s(user("ann", "sAMAccountName=a/nn")), s(user("ann", "sAMAccountName=a\"nn", "userPrincipalName=a b@x.example")), s(user("ann", "sAMAccountName=o'neill"))), s2(s(user("ann", "sAMAccountName=ann.b-c_d")), s(user("ann", "sAMAccountName=änn")))},
		"SAM-003": {s2(s(user("ann"), user("ben", "sAMAccountName=ANN"))), s2(s(user("ann"), user("ben")), s(user("ann"), group("crew", "sAMAccountName=ann")))},
		"UPN-001": {s2(s(user("ann", "userPrincipalName="))), s2(s(user("ann")), s(contact("carl")), s(group("crew")))},
		"UPN-002": {s2(s(upn("ann")), s(upn("@x.example")), s(upn("ann@")), s(upn("a@b@x.example")), s(upn("ann@x..example")), s(upn("ann@.example"))), s2(s(upn("ann@x.example")))},
		"UPN-003": {s2(s(upn(long(66) + "@" + long(40) + ".example"))), s2(s(upn(long(64) + "@" + long(40) + ".example")))},
		"UPN-004": {s2(s(upn(long(65) + "@x.example"))), s2(s(upn(long(64) + "@x.example")))},
		"UPN-005": {s2(s(upn("ann@" + long(41) + ".example"))), s2(s(upn("ann@" + long(40) + ".example")))},
		"UPN-006": {s2(s(upn("a nn@x.example")), s(upn("a%nn@x.example")), s(upn(`a\nn@x.example`)), s(upn("ann@x_y.example")), s(upn("a/nn@x.example")), s(upn("a\tnn@x.example"))),
			s2(s(upn("o'neill@x.example")), s(upn("a.b-c_d!e#f^g~h@x.example")), s(upn("ann@xn--mnchen-3ya.example")))},
		"UPN-007": {s2(s(upn("änn@x.example")), s(upn("łukasz@x.example")), s(upn("a\u200bnn@x.example")), s(upn("ann@münchen.example"))), s2(s(upn("ann@x.example")))},
		"UPN-008": {s2(s(upn("ann.@x.example")), s(upn("ann&@x.example")), s(upn("ann @x.example"))), s2(s(upn("ann.b@x.example")))},
		"UPN-009": {s2(s(upn("ann@x.local")), s(upn("ann@corp")), s(upn("ann@x.lan"), emptyTenant{})), s2(s(upn("ann@x.example")), s(upn("ann@x.com")), s(upn("ann@x.xn--p1ai")), s(upn("ann@x.co.uk")), s(upn("ann@x.internationalbusiness.technology")))},
		"UPN-010": {s2(s(upn("ann@y.example"), emptyTenant{}), s(upn("ann@claimed.example"), emptyTenant{})), s2(s(upn("ann@X.example"), emptyTenant{}))},
		"UPN-011": {s2(s(user("ann"), user("ben", "userPrincipalName=ANN@x.example"))), s2(s(user("ann"), user("ben")), s(user("ann"), user("ben", "userPrincipalName=ann@x.example", "isCriticalSystemObject=TRUE")))},
		"UPN-012": {s2(s(upn("ann@fed-b.example"), linkedTo(person("c", "ann@fed-a.example"), 1))),
			s2(s(upn("ann@fed-b.example"), linkedTo(person("c", "ann@x.example"), 1)), s(upn("ann@fed-a.example"), linkedTo(person("c", "an@fed-a.example"), 1)), s(upn("ann@x.example"), linkedTo(person("c", "ann@fed-a.example"), 1)))},
		"UPN-013": {s2(s(upn(".ann@x.example")), s(upn("a..nn@x.example"))), s2(s(upn("a.n.n@x.example")))},
	}
}

func nameCases() map[string]cases {
	return map[string]cases{
		"DSP-001": {s2(s(user("ann", "displayName=")), s(list("crew", "displayName=")), s(contact("carl", "displayName=  "))), s2(s(user("ann")), s(group("crew", "displayName=")))},
		"DSP-002": {s2(s(user("ann", "displayName="+long(257)))), s2(s(user("ann", "displayName="+strings.Repeat("ä", 256))))},
		"DSP-003": {s2(s(user("ann", "displayName=Ann ")), s(group("crew", "displayName=\u00a0Crew"))), s2(s(user("ann", "displayName=Ann B")))},
		"LBL-001": {s2(s(user("ann", "department= Sales")), s(user("ann", "mail=ann@x.example ")), s(contact("carl", "extensionAttribute1=x\n"))), s2(s(user("ann", "department=Sales and more")), s(user("ann", "comment= not sent ")))},
		"NAM-001": {s2(s(user("ann", "givenName="+long(65)))), s2(s(user("ann", "givenName="+strings.Repeat("ø", 64))))},
		"NAM-002": {s2(s(user("ann", "sn="+long(65)))), s2(s(user("ann", "sn="+long(64))))},
		"SIZ-001": {s2(s(user("ann", "thumbnailPhoto="+long(100<<10+1))), s(many(user("ann"), "userCertificate", "#", 16)), s(many(user("ann"), "userSMIMECertificate", "#", 16))),
			s2(s(many(user("ann", "thumbnailPhoto="+long(100<<10)), "userCertificate", "#", 15)))},
	}
}

func addressCases() map[string]cases {
	proxy := func(v string) thing { return user("ann", "proxyAddresses=SMTP:ann@x.example", "proxyAddresses+="+v) }
	alias := func(v string) thing { return user("ann", "mailNickname="+v) }
	mailbox := decided("ann", cloud.User, license("e3"), location("DE"))
	return map[string]cases{
		"ADR-001": {s2(s(proxy("ann.b@x.example")), s(proxy("no type at all")), s(proxy(":ann@x.example")), s(proxy("sm tp:ann@x.example"))), s2(s(proxy("smtp:ann.b@x.example")), s(proxy("FOO:bar")), s(proxy("x.500:/o=x")))},
		"ADR-002": {s2(s(proxy("smtp:ann:b@x.example")), s(proxy("smtp:smtp:ann@x.example"))), s2(s(proxy("X400:c=DE;a= ;o=x:y;")), s(proxy("EUM:100;phone-context=x:y")))},
		"ADR-003": {s2(s(proxy("smtp:"+long(257)+"@x.example")), s(user("ann", "mail="+long(300)))), s2(s(proxy("smtp:" + long(60) + "@x.example")))},
		"ADR-004": {s2(s(proxy("smtp:ann b@x.example")), s(proxy("smtp:ann.b@x.example ")), s(proxy(" smtp:ann.b@x.example")), s(user("ann", "mail=an n@x.example"))), s2(s(proxy("X400:c=DE;a= ;p=x;")), s(user("ann", "mail=ann@x.example ")))},
		"ADR-005": {s2(s(proxy("smtp:<ann>@x.example")), s(proxy("smtp:a;b@x.example")), s(proxy("sip:a\"b@x.example")), s(proxy("smtp:a\x01b@x.example"))), s2(s(proxy("smtp:o'neill+x=y/z@x.example")))},
		"ADR-006": {s2(s(proxy("smtp:änn@x.example")), s(proxy("smtp:ann@münchen.example")), s(user("ann", "mail=änn@x.example"))), s2(s(proxy("smtp:ann@xn--mnchen-3ya.example")), s(proxy("NOTES:Änn")))},
		"ADR-007": {s2(s(proxy("smtp:ann")), s(proxy("smtp:ann@localhost")), s(proxy("smtp:.ann@x.example")), s(proxy("smtp:a@b@x.example")), s(proxy("smtp:ann@-x.example")), s(proxy("smtp:")), s(user("ann", "mail=ann"))), s2(s(proxy("smtp:a.b@x.y.example")), s(proxy("smtp:a@3com.example")))},
		"ADR-008": {s2(s(proxy("smtp:ann@x.local")), s(user("ann", "mail=ann@x.lan"))), s2(s(proxy("smtp:ann@x.photography")), s(proxy("smtp:ann@x.xn--vermgensberatung-pwb")), s(proxy("smtp:ann@x.de")))},
		"ADR-009": {s2(s(proxy("SMTP:ann.b@x.example"))), s2(s(proxy("smtp:ann.b@x.example")), s(proxy("SIP:ann@x.example")))},
		"ADR-010": {s2(s(user("ann", "proxyAddresses=smtp:ann@x.example")), s(user("ann", "proxyAddresses=Smtp:ann@x.example", "mail=ann@x.example"))), s2(s(proxy("smtp:a@x.example")), s(user("ann", "proxyAddresses=x500:/o=x")), s(user("ann", "mail=ann@x.example")))},
		"ADR-011": {s2(s(user("ann", "proxyAddresses=SMTP:ann@x.example", "mail=a@x.example"))), s2(s(user("ann", "proxyAddresses=SMTP:ann@x.example", "mail=ANN@x.example")), s(user("ann", "mail=a@x.example")))},
		"ADR-012": {s2(s(proxy("smtp:ann@y.onmicrosoft.com")), s(proxy("smtp:ann@microsoftonline.com"))), s2(s(proxy("smtp:ann@y.mail.onmicrosoft.com")), s(proxy("smtp:ann@notonmicrosoft.com")))},
		"ADR-013": {s2(s(proxy("smtp:ann@y.example"), emptyTenant{}, mailbox)), s2(s(proxy("smtp:ann.b@x.example"), emptyTenant{}, mailbox), s(proxy("smtp:ann@y.example"), emptyTenant{}, decided("ann", cloud.User, license("f1"), location("DE"))), s(proxy("smtp:ann@y.example"), emptyTenant{}))},
		"ADR-014": {s2(s(proxy("smtp:all@x.example"), user("ben", "mail=ALL@x.example")), s(user("ann"), list("crew", "mail=ann@x.example")), s(user("ann", "mail=carl@far.example"), contact("carl")),
			s(proxy("sip:ben@x.example"), user("ben", "proxyAddresses=SMTP:ben@x.example"))),
			s2(s(proxy("smtp:ann@x.example"), user("ben")), s(user("ann"), user("ben", "userPrincipalName=ann@x.example")), s(proxy("x500:/o=x"), user("ben", "proxyAddresses=x500:/o=x")),
				s(user("ann", "mail=ann@x.example"), user("ben", "mail=ann@x.example", "isCriticalSystemObject=TRUE")))},
		"ADR-015": {s2(s(proxy("smtp:b@x.example"), person("c", "ben@x.example", "SMTP:b@x.example")), s(user("ann"), with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Anchor = "another" })),
			s(proxy("smtp:b@x.example"), with(person("d", "ddb@x.example", "SMTP:b@x.example"), func(o *cloud.Object) { o.Deleted = true })),
			s(contact("carl"), with(person("g", "carl_far#EXT#@x.example", "SMTP:carl@far.example"), func(o *cloud.Object) { o.Type = cloud.Guest }))),
			s2(s(proxy("smtp:b@x.example"), linkedTo(person("c", "ann@x.example", "SMTP:ann@x.example", "smtp:b@x.example"), 1)), s(user("ann"), person("c", "ann@x.example")),
				s(proxy("smtp:b@x.example"), linkedTo(with(person("d", "ddb@x.example", "SMTP:b@x.example"), func(o *cloud.Object) { o.Deleted = true }), 1)))},
		"ADR-016": {s2(s(many(user("ann", "proxyAddresses=SMTP:ann@x.example"), "proxyAddresses", "smtp:a#@x.example", 300))), s2(s(many(user("ann", "proxyAddresses=SMTP:ann@x.example"), "proxyAddresses", "smtp:a#@x.example", 299)))},
		"ADR-017": {s2(s(proxy("X400:c=DE;")), s(proxy("MS:X/Y/ANN")), s(proxy("NOTES:Ann/X@X")), s(proxy("x.400:c=DE"))), s2(s(proxy("X500:/o=x/cn=ann")), s(proxy("smtp:a@x.example")), s(proxy("EUM:100;phone-context=x")))},
		"ADR-019": {s2(s(proxy("SIP:a@x.example")), s(proxy("EUM:a@x.example;phone-context=x"))), s2(s(proxy("sip:ANN@x.example")), s(proxy("EUM:100;phone-context=x")), s(user("ann", "userPrincipalName=", "proxyAddresses=SIP:ann@x.example")))},
		"ALI-001": {s2(s(alias(long(65)))), s2(s(alias(long(64))))},
		"ALI-002": {s2(s(alias(".ann")), s(alias("ann."))), s2(s(alias("a.nn")))},
		"ALI-003": {s2(s(alias("a..nn"))), s2(s(alias("a.n.n")))},
		"ALI-004": {s2(s(alias("a nn")), s(alias("a@nn")), s(alias("a(nn)"))), s2(s(alias("a!#%*+-/=?^_~$'`{}|b")))},
		"ALI-005": {s2(s(alias("a&b"))), s2(s(alias("a+b")))},
		"ALI-006": {s2(s(alias("änn")), s(alias("łukasz"), cloud.Activate)), s2(s(alias("ann")))},
		"ALI-007": {s2(s(alias("x"), contact("carl", "mailNickname=X"))), s2(s(alias("x"), contact("carl")))},
		"ALI-008": {s2(s(user("ann", "msExchHideFromAddressLists=TRUE"))), s2(s(user("ann", "msExchHideFromAddressLists=TRUE", "mailNickname=ann")), s(user("ann")), s(contact("carl", "mailNickname=", "msExchHideFromAddressLists=TRUE")))},
		"ALI-009": {s2(s(contact("carl", "mailNickname="))), s2(s(contact("carl")), s(user("ann")))},
	}
}

func recipientCases() map[string]cases {
	mailbox := decided("ann", cloud.User, license("e3"), location("DE"))
	exch := func(settings ...string) thing {
		return user("ann", append([]string{"mailNickname=ann", "userAccountControl=514"}, settings...)...)
	}
	target := func(v string) thing { return user("ann", "targetAddress="+v) }
	return map[string]cases{
		"MBX-001": {s2(s(exch(mailboxGUID, "msExchRecipientTypeDetails=1"), emptyTenant{}, mailbox), s(exch(mailboxGUID), emptyTenant{}, mailbox)),
			s2(s(exch(mailboxGUID, "msExchRecipientTypeDetails=2147483648", "msExchRemoteRecipientType=4"), emptyTenant{}, mailbox), s(exch(mailboxGUID), emptyTenant{}, decided("ann", cloud.MailUser)), s(exch(), emptyTenant{}, mailbox))},
		"MBX-002": {s2(s(exch("msExchRecipientTypeDetails=1", "msExchRemoteRecipientType=4")), s(exch("msExchRecipientTypeDetails=34359738368", "msExchRemoteRecipientType=36")), s(exch("msExchRecipientTypeDetails=2147483648")), s(exch("msExchRecipientTypeDetails=16", "msExchRecipientDisplayType=8", mailboxGUID))),
			s2(s(exch("msExchRecipientTypeDetails=34359738368", "msExchRemoteRecipientType=100", "msExchRecipientDisplayType=-2147483642")), s(exch("msExchRecipientTypeDetails=8589934592", "msExchRemoteRecipientType=33", "msExchRecipientDisplayType=-2147481850")), s(exch("msExchRecipientTypeDetails=1", "msExchRecipientDisplayType=1073741824", mailboxGUID)), s(exch("msExchRecipientTypeDetails=4", "msExchRecipientDisplayType=0", mailboxGUID)))},
		"MBX-003": {s2(s(exch("msExchRecipientTypeDetails=16", "userAccountControl=512", mailboxGUID)), s(exch("msExchRecipientTypeDetails=34359738368", "msExchRemoteRecipientType=100", "userAccountControl=66048"))), s2(s(exch("msExchRecipientTypeDetails=16", mailboxGUID)), s(exch("msExchRecipientTypeDetails=1", "userAccountControl=512", mailboxGUID)))},
		"MBX-004": {s2(s(user("ann"), validate.Facts{Mailboxes: []validate.Mailbox{{Name: "Ann", UPN: "ann@x.example"}}}), s(exch(mailboxGUID), validate.Facts{Mailboxes: []validate.Mailbox{{Name: "Ann", GUID: guidOf([]byte("0123456789abcdef"))}}}), s(user("ann"), validate.Facts{Mailboxes: []validate.Mailbox{{Name: "Ann", Inactive: true, Anchor: anchor(1)}}}), s(user("ann"), validate.Facts{Mailboxes: []validate.Mailbox{{Name: "Ann", Addresses: []string{"SMTP:ANN@x.example"}}}})),
			s2(s(user("ann"), validate.Facts{Mailboxes: []validate.Mailbox{{Name: "Ben", UPN: "ben@x.example"}}}), s(user("ann"), validate.Facts{Mailboxes: []validate.Mailbox{}}))},
		"MBX-005": {s2(s(exch("msExchRecipientTypeDetails=2"))), s2(s(exch("msExchRecipientTypeDetails=1", mailboxGUID)))},
		"MBX-006": {s2(s(exch("msExchRecipientTypeDetails=4")), s(exch("msExchRecipientTypeDetails=32"))), s2(s(exch("msExchRecipientTypeDetails=4", mailboxGUID)), s(exch("msExchRecipientTypeDetails=34359738368", "msExchRemoteRecipientType=100")))},
		"TGT-001": {s2(s(target("SMTP:" + long(257) + "@far.example"))), s2(s(target("SMTP:" + long(60) + "@far.example")))},
		"TGT-002": {s2(s(target("SMTP:an n@far.example"))), s2(s(target("SMTP:ann@far.example")))},
		"TGT-003": {s2(s(target(`SMTP:an\n@far.example`)), s(contact("carl", "targetAddress=SMTP:<carl>@far.example"))), s2(s(target("SMTP:o'neill@far.example")))},
		"TGT-004": {s2(s(target("SMTP:ann")), s(target("SMTP:ann:b@far.example")), s(target("SMTP:änn@far.example"))), s2(s(target("SMTP:ann@far.example")), s(target("X400:c=DE")))},
		"TGT-005": {s2(s(user("ann", "mail=ann@x.example", "targetAddress=SMTP:ann@x.example")), s(user("ann", "mail=ann@x.example", "targetAddress=SMTP:ann@x.example"), emptyTenant{})),
			s2(s(user("ann", "mail=ann@far.example", "targetAddress=SMTP:ann@far.example"), emptyTenant{}), s(user("ann", "mail=ann@far.example", "targetAddress=SMTP:ann@far.example")), s(contact("carl")))},
		"TGT-006": {s2(s(contact("carl", "mail=", "targetAddress="))), s2(s(contact("carl", "mail=")), s(contact("carl", "targetAddress=")), s(contact("carl", "mail=", "targetAddress=", "proxyAddresses=SMTP:carl@far.example")))},
		"TGT-007": {s2(s(contact("carl", "mail=c@far.example"))), s2(s(contact("carl", "mail=CARL@far.example")), s(target("SMTP:ann@far.example")))},
	}
}

func groupCases() map[string]cases {
	cloudList := with(cloud.Object{ID: "g", Type: cloud.MailEnabledSecurityGroup, Anchor: groupAnchor(1), Mail: "crew@x.example"}, func(o *cloud.Object) { o.Put("displayName", cloud.Text("crew")) })
	return map[string]cases{
		"GRP-001": {s2(s(group("crew", "groupType=8"))), s2(s(list("crew")), s(group("crew")))},
		"GRP-002": {s2(s(group("crew", "proxyAddresses=x500:/o=x")), s(group("crew", "groupType=8", "proxyAddresses=x500:/o=x"))), s2(s(list("crew")), s(group("crew", "mail=crew@x.example")))},
		"GRP-003": {s2(s(many(group("crew"), "member", "CN=#,DC=y", 50_001))), s2(s(group("crew", "member="+dn("ann")), user("ann")))},
		"GRP-004": {s2(s(group("crew", "member=CN=Far,DC=y")), s(group("crew", "member="+dn("ann")), user("ann", "isCriticalSystemObject=TRUE")), s(list("crew", "member="+dn("gang")), group("gang")),
			s(group("crew", "member="+dn("carl")), contact("carl"), decided("crew", cloud.Microsoft365Group)), s(group("crew", "member="+dn("ann")), user("ann"), decided("ann", cloud.None))),
			s2(s(group("crew", "member="+strings.ToUpper(dn("ann"))), user("ann")), s(list("crew", "member="+dn("gang")), list("gang")), s(group("crew", "member="+dn("gang")), group("gang")))},
		"GRP-005": {s2(s(group("crew"), user("ann", "primaryGroupID=1001"))), s2(s(group("crew", "member="+dn("ann")), user("ann", "primaryGroupID=1001")), s(group("crew"), user("ann", "primaryGroupID=513")))},
		"GRP-006": {s2(s(group("crew", "member="+dn("gang")), group("gang", "member="+dn("crew"))), s(group("crew", "member="+dn("crew")))), s2(s(group("crew", "member="+dn("gang"), "member+="+dn("band")), group("gang", "member="+dn("band")), group("band")))},
		"GRP-007": {s2(s(group("crew"), cloudList)), s2(s(group("crew", "mail=crew@x.example"), cloudList), s(group("crew"), with(cloudList, func(o *cloud.Object) { o.Type = cloud.SecurityGroup })))},
		"GRP-008": {s2(s(group("crew", "managedBy=CN=Far,DC=y")), s(group("crew", "managedBy="+dn("ann")), user("ann", "isCriticalSystemObject=TRUE"))), s2(s(group("crew", "managedBy="+dn("ann")), user("ann")), s(group("crew")))},
	}
}

func licenseCases() map[string]cases {
	ann, ben := user("ann"), user("ben")
	bundle := func(sku string, disabled ...string) validate.Facts {
		return validate.Facts{Bundles: []validate.Bundle{{Policy: "people", Name: "b", SKU: sku, Disabled: disabled}}}
	}
	holder := func(skus ...string) cloud.Object {
		return linkedTo(with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Put("licenses", license(skus...).Value) }), 1)
	}
	give := func(name string, skus ...string) decision {
		return decided(name, cloud.User, license(skus...), location("DE"))
	}
	return map[string]cases{
		"LIC-001": {s2(s(ann, decided("ann", cloud.User, license("e3"))), s(ann, decided("ann", cloud.User, license("e3"), location("")))), s2(s(ann, give("ann", "e3")), s(ann, decided("ann", cloud.User)), s(ann, decided("ann", cloud.User, license())), s(ann, decided("ann", cloud.User, license("e1")), with(holder("e1"), func(o *cloud.Object) { o.Put("usageLocation", cloud.Text("DE")) })))},
		"LIC-002": {s2(s(ann, decided("ann", cloud.User, location("UK"))), s(user("ann", "c=AT"), decided("ann", cloud.User, location("DE"))), s(user("ann", "c=Germany"))), s2(s(user("ann", "c=de"), decided("ann", cloud.User, location("DE"))), s(user("ann", "c=GB")), s(ann))},
		"LIC-003": {s2(s(emptyTenant{}, bundle("GONE")), s(emptyTenant{}, bundle("OLDPACK"))), s2(s(emptyTenant{}, bundle("enterprisepack")), s(emptyTenant{}, bundle("e3")))},
		"LIC-004": {s2(s(ann, ben, emptyTenant{}, give("ann", "e3"), give("ben", "e3"))), s2(s(ann, ben, emptyTenant{}, give("ann", "e3"), give("ben", "e1")), s(ann, ben, holder("e3"), give("ann", "e3"), give("ben", "e3")))},
		"LIC-005": {s2(s(ann, emptyTenant{}, give("ann", "e3", "e1"))), s2(s(ann, emptyTenant{}, give("ann", "e3")), s(ann, emptyTenant{}, decided("ann", cloud.User, location("DE"), desiredLicenses(cloud.License{SKU: "e3", DisabledPlans: []string{"plan-EXCHANGE_S_ENTERPRISE"}}, cloud.License{SKU: "e1"}))))},
		"LIC-006": {s2(s(ann, emptyTenant{}, give("ann", "wpa"))), s2(s(ann, emptyTenant{}, give("ann", "wpa", "e1")))},
		"LIC-007": {s2(s(ann, decided("ann", cloud.User, license("e3"), location("XZ")), validate.Facts{Prohibited: []string{"xz"}})), s2(s(ann, give("ann", "e3"), validate.Facts{Prohibited: []string{"XZ"}}), s(ann, decided("ann", cloud.User, location("XZ")), validate.Facts{Prohibited: []string{"XZ"}}))},
		"LIC-008": {s2(s(ann, list("crew", "proxyAddresses+=smtp:ann@x.example"), emptyTenant{}, give("ann", "e3"), decided("crew", cloud.DistributionGroup)),
			s(ann, linkedTo(person("c", "a@x.example"), 1), person("d", "dan@x.example", "SMTP:ann@x.example"), give("ann", "e3"))),
			s2(s(ann, emptyTenant{}, give("ann", "e3")), s(ann, list("crew", "proxyAddresses+=smtp:ann@x.example"), emptyTenant{}, give("ann", "f1"), decided("crew", cloud.DistributionGroup)))},
		"LIC-009": {s2(s(ann, with(holder("e1"), func(o *cloud.Object) { o.Inherited = []string{"e1"} }), decided("ann", cloud.User, license()))), s2(s(ann, holder("e1"), decided("ann", cloud.User, license())), s(ann, with(holder("e1"), func(o *cloud.Object) { o.Inherited = []string{"e1"} }), give("ann", "e1")))},
		"LIC-010": {s2(s(emptyTenant{}, bundle("e3", "NOSUCHPLAN"))), s2(s(emptyTenant{}, bundle("e3", "teams1")))},
	}
}

func cloudCases() map[string]cases {
	ann := user("ann")
	synced := linkedTo(with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Synced = true }), 1)
	admin := with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Admin = true })
	guest := with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Type = cloud.Guest })
	block := validate.Facts{Sync: &validate.Switches{BlockSoftMatch: true, BlockHardMatch: true}}
	return map[string]cases{
		"COX-001": {s2(s(ann, synced)), s2(s(ann, linkedTo(person("c", "ann@x.example"), 1)), s(ann, emptyTenant{}))},
		"COX-002": {s2(s(ann, admin)), s2(s(ann, linkedTo(admin, 1)), s(user("ann", "mail=a@x.example"), with(person("c", "boss@x.example", "SMTP:boss@x.example", "smtp:a@x.example"), func(o *cloud.Object) { o.Admin = true })), s(ann, person("c", "ann@x.example")))},
		"COX-003": {s2(s(ann, guest)), s2(s(ann, person("c", "ann@x.example")), s(ann, with(guest, func(o *cloud.Object) { o.Put("userPrincipalName", cloud.Text("other@x.example")) })))},
		"COX-004": {s2(s(ann, synced, validate.Facts{ProvisioningErrors: []validate.ProvisioningError{{ID: "c", Category: "PropertyConflict", Property: "ProxyAddresses", Value: "SMTP:a@x.example"}}}),
			s(validate.Facts{ProvisioningErrors: []validate.ProvisioningError{{ID: "gone", Name: "Gone", Category: "PropertyConflict"}}})), s2(s(ann, validate.Facts{ProvisioningErrors: []validate.ProvisioningError{}}))},
		"COX-005": {s2(s(ann, synced, validate.Facts{ServiceErrors: []validate.ServiceError{{ID: "c", Service: "exchange/NAMP123", Detail: "The ExchangeGuid is in use."}}})), s2(s(ann, validate.Facts{ServiceErrors: []validate.ServiceError{}}))},
		"COX-006": {s2(s(ann, person("c", "ann@x.example"), block, cloud.Activate)), s2(s(ann, synced, block, cloud.Activate), s(ann, person("c", "ann@x.example"), validate.Facts{Sync: &validate.Switches{}}, cloud.Activate))},
	}
}
