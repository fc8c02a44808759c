package prove_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/prove"
)

// FuzzSet expects an answer to any two conditions that load, and twice the same.
func FuzzSet(f *testing.F) {
	f.Add(`let a = user.c; a == "x" ? a in ["b", user.l] : none(user.url, # == "x" || # != "y")`, `exact(user.c startsWith "S") == !user.enabled`)
	f.Add(`len(user.c) > -1 && 3 < count(user.url, true)`, `any([user.c, "b"], # in user.url) and not (user.groupType == 0x80000000)`)
	f.Add(`date("2026-01-01") < user.whenCreated or today() != date("0001-01-01")`, `"" in user.url || user.dn endsWith "" || inOU("DC=x")`)
	f.Fuzz(func(t *testing.T, a, b string) {
		clean := strings.NewReplacer("\n", " ", "\r", " ")
		set, _ := rules.Load(policy(clean.Replace(a), clean.Replace(b)), ".")
		if set == nil {
			return
		}
		first, stats := prove.Set(set)
		again, _ := prove.Set(set)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Error(diff)
		}
		if stats.Rules != 2 {
			t.Errorf("%+v", stats)
		}
	})
}
