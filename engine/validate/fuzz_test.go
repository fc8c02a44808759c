package validate

import (
	"strings"
	"testing"
)

// FuzzAddress holds the grammar against itself: whatever is proposed has no flaw left, and what has none is an address.
func FuzzAddress(f *testing.F) {
	for _, v := range []string{"SMTP:ann@x.example", "smtp: jürgen groß@x.example", "x500:/o=x", "smtp:smtp:a@b.c", "no type", ":", "a@b", "..ä@x..y", "X.400:c=DE", "\x00@\xff", "smtp:a\u00a0b@c.d"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		a := parseAddress(v)
		if a.scheme != "" && !strings.HasSuffix(v, a.prefix+a.rest) {
			t.Errorf("%q: taken apart as %q and %q", v, a.prefix, a.rest)
		}
		if len(addressFlaws(a.rest, badInProxy)) == 0 && !validSMTP(a.rest) {
			t.Errorf("%q has no flaw and is no address", a.rest)
		}
		for _, bad := range []string{badInProxy, badInTarget} {
			if m := mendSMTP(a.rest, bad); m != "" && len(addressFlaws(m, bad)) > 0 {
				t.Errorf("%q is mended to %q, which has flaws", a.rest, m)
			}
		}
		if m := mendUPN(v); m != "" && len(upnFlaws(m)) > 0 {
			t.Errorf("%q is mended to %q, which fails %v", v, m, upnFlaws(m))
		}
		if m := mendAlias(v); m != "" && len(aliasFlaws(m)) > 0 {
			t.Errorf("%q is mended to %q, which fails %v", v, m, aliasFlaws(m))
		}
		if len(upnFlaws(v)) == 0 && (strings.Count(v, "@") != 1 || len(v) > maxUPN) {
			t.Errorf("%q passes as a user principal name", v)
		}
		if v != "" && len(aliasFlaws(v)) == 0 && strings.ContainsAny(v, " @\x00") {
			t.Errorf("%q passes as a mail nickname", v)
		}
	})
}
