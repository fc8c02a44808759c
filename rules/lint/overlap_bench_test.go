package lint_test

import (
	"fmt"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/lint"
)

// BenchmarkSnapshot looks for everything that needs a snapshot, overlap-first above all, which asks every rule of the
// decisions of mode first for each of 100,000 objects.
func BenchmarkSnapshot(b *testing.B) {
	set, problems := rules.Load(policies.Default(), ".")
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	build := snapshot.NewBuilder()
	build.AddSource(snapshot.Source{Name: "contoso", Domain: "contoso.example", TakenAt: day, Scopes: []snapshot.Scope{{OU: "DC=contoso,DC=example"}}})
	for n := range 100_000 {
		id := directory.GUID{0: byte(n), 1: byte(n >> 8), 2: byte(n >> 16), 15: 1}
		one := func(name, value string) directory.Attribute {
			return directory.Attribute{Name: name, Values: []string{value}}
		}
		if err := build.Add(directory.User, id, []directory.Attribute{one(directory.AttrDN, fmt.Sprintf("CN=u%d,OU=Staff,DC=contoso,DC=example", n)),
			one("sAMAccountName", fmt.Sprintf("u%d", n)), one("cn", fmt.Sprintf("u%d", n)), one("userAccountControl", "512"), one("c", "DE"),
			one("department", fmt.Sprintf("D%d", n%40)), one("mail", fmt.Sprintf("u%d@contoso.example", n))}); err != nil {
			b.Fatal(err)
		}
	}
	snap, err := build.Finish()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		lint.Check(set, lint.Options{Day: day, Snapshot: snap})
	}
}
