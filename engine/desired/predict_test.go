package desired_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
)

// taken gives a lookup that knows one name, which Bob has.
func taken(name string) func(string) string {
	return func(s string) string {
		if s == name {
			return "Bob"
		}
		return ""
	}
}

// predictions are the names of an object in the directory, and what becomes of them in a tenant with the verified domain
// x.example.
var predictions = map[string]struct {
	names desired.Names
	held  desired.Held
	way   desired.Way
	want  desired.Prediction
}{
	"as it is": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Proxies: []string{"SMTP:ann@x.example"}},
		want:  desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@x.example", Proxies: []string{"SMTP:ann@x.example"}},
	},
	"a recipient gets its user principal name and an address at the initial domain": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Mail: "ann.smith@x.example", Recipient: true},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann.smith@x.example",
			Proxies: []string{"SMTP:ann.smith@x.example", "smtp:ann@x.example", "smtp:ann@x.onmicrosoft.com"}},
	},
	"proxy addresses mask mail": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Mail: "other@x.example", Proxies: []string{"SMTP:ann.smith@x.example", "smtp:a@x.example", "smtp:A@x.example"}},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann.smith@x.example",
			Proxies: []string{"SMTP:ann.smith@x.example", "smtp:a@x.example"}},
	},
	"no primary among proxy addresses": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Mail: "other@x.example", Proxies: []string{"smtp:a@x.example"}},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@x.onmicrosoft.com",
			Proxies: []string{"SMTP:ann@x.onmicrosoft.com", "smtp:a@x.example"},
			Notes:   []string{"no address is marked SMTP: in capitals: the primary one is at the initial domain, and the others are further ones"}},
	},
	"neither proxy addresses nor mail, licensed": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Recipient: true},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@x.example",
			Proxies: []string{"SMTP:ann@x.example", "smtp:ann@x.onmicrosoft.com"}},
	},
	"neither proxy addresses nor mail, unlicensed": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann"},
		want:  desired.Prediction{UPN: "ann@x.example", Nickname: "ann"},
	},
	"what is left out": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Recipient: true,
			Proxies: []string{"SMTP:ann@x.example", "smtp:ann@corp.local", "smtp:ann@other.onmicrosoft.com", "X400:c=de", "bare", "smtp:a b@x.example", "X500:/o=old", "sip:ann@x.example"}},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@x.example",
			Proxies: []string{"SMTP:ann@x.example", "X500:/o=old", "sip:ann@x.example", "smtp:ann@x.onmicrosoft.com"},
			Notes: []string{`"smtp:ann@corp.local" is left out: its domain is not verified`, `"smtp:ann@other.onmicrosoft.com" is left out: its domain is the cloud's own`,
				`"X400:c=de" is left out: X400 is a protocol of the past`, `"bare" is left out: no prefix`, `"smtp:a b@x.example" is left out: no address`}},
	},
	"suffix that is not verified, synchronised": {
		names: desired.Names{UPN: "ann@corp.local", Nickname: "asmith"},
		want: desired.Prediction{UPN: "asmith@x.onmicrosoft.com", Nickname: "asmith",
			Notes: []string{`userPrincipalName: "ann@corp.local": corp.local is not a verified domain of the tenant; it becomes asmith@x.onmicrosoft.com`}},
	},
	"suffix that is not verified, written directly": {
		names: desired.Names{UPN: "ann@corp.local", Nickname: "asmith"}, way: desired.Direct,
		want: desired.Prediction{UPN: "ann@corp.local", Nickname: "asmith", Refused: []string{`"ann@corp.local": corp.local is not a verified domain of the tenant`}},
	},
	"account without a user principal name": {
		names: desired.Names{SAM: "ann", Domain: "x.example"},
		want:  desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Notes: []string{"mailNickname is taken from userPrincipalName"}},
	},
	"nickname from the primary address before mail": {
		names: desired.Names{UPN: "ann@x.example", Mail: "m@x.example", Proxies: []string{"smtp:f@x.example", "SMTP:p@x.example"}},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "p", Mail: "p@x.example", Proxies: []string{"SMTP:p@x.example", "smtp:f@x.example"},
			Notes: []string{"mailNickname is taken from the primary address"}},
	},
	"nickname stays while the directory's does": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "new"}, held: desired.Held{Nickname: "old", Nicknamed: "new"},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "old", Notes: []string{"mailNickname stays old, as it was at first"}},
	},
	"nickname follows the directory's": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "new"}, held: desired.Held{Nickname: "old", Nicknamed: "old"},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "new"},
	},
	"duplicate user principal name, synchronised": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann"}, held: desired.Held{HasUPN: taken("ann@x.example")},
		want: desired.Prediction{Nickname: "ann", Conflicts: []desired.Conflict{{Property: "userPrincipalName", Value: "ann@x.example", Holder: "Bob"}},
			Notes: []string{"userPrincipalName becomes ann+ and four digits @x.onmicrosoft.com until the conflict is solved"}},
	},
	"duplicate user principal name, written directly": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann"}, held: desired.Held{HasUPN: taken("ann@x.example")}, way: desired.Direct,
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Conflicts: []desired.Conflict{{Property: "userPrincipalName", Value: "ann@x.example", Holder: "Bob"}}},
	},
	"alias that another recipient has, synchronised": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Recipient: true, Proxies: []string{"SMTP:ann@x.example"}}, held: desired.Held{HasAlias: taken("ann")},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@x.example", Proxies: []string{"SMTP:ann@x.example", "smtp:ann@x.onmicrosoft.com"},
			Conflicts: []desired.Conflict{{Property: "mailNickname", Value: "ann", Holder: "Bob"}}, Notes: []string{"alias: Exchange Online makes another one of ann"}},
	},
	"alias that another recipient has, of who is none": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann"}, held: desired.Held{HasAlias: taken("ann")}, way: desired.Direct,
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann"},
	},
	"mail in a domain that is not verified, written directly without a licence": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@corp.local"}, way: desired.Direct,
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@corp.local", Proxies: []string{"SMTP:ann@corp.local"}},
	},
	"duplicate address is quarantined": {
		names: desired.Names{UPN: "ann@x.example", Nickname: "ann", Proxies: []string{"SMTP:ann@x.example", "smtp:a@x.example"}}, held: desired.Held{HasAddress: taken("a@x.example")},
		want: desired.Prediction{UPN: "ann@x.example", Nickname: "ann", Mail: "ann@x.example", Proxies: []string{"SMTP:ann@x.example"},
			Conflicts: []desired.Conflict{{Property: "proxyAddresses", Value: "smtp:a@x.example", Holder: "Bob"}}},
	},
}

func TestPredict(t *testing.T) {
	tenant := &cloud.Tenant{Domains: []cloud.Domain{{Name: "x.example", Verified: true, Default: true}, {Name: "x.onmicrosoft.com", Verified: true, Initial: true}}}
	for name, c := range predictions {
		t.Run(name, func(t *testing.T) {
			c.held.Tenant = tenant
			got := desired.Predict(c.names, c.held, c.way)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
