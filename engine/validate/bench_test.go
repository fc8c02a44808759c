package validate_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/company"
)

// spoiled is a generated company of which every 20th entry has a defect beside the usual dirt.
func spoiled(t testing.TB, users int) *snapshot.Snapshot {
	t.Helper()
	b, n := snapshot.NewBuilder(), 0
	for e := range company.Generate(company.Options{Users: users}).Entries() {
		if e.Kind == 0 {
			continue
		}
		attrs := append([]directory.Attribute{{Name: directory.AttrDN, Values: []string{e.DN}}}, e.Attrs...)
		if n++; n%20 == 0 {
			for i := range attrs {
				switch a := &attrs[i]; {
				case n%100 == 0 && a.Name == directory.AttrUserPrincipalName:
					a.Values = []string{"jürgen " + a.Values[0]}
				case n%100 == 20 && a.Name == directory.AttrProxyAddresses:
					a.Values = append(slices.Clone(a.Values), "smtp:everybody@"+company.Domain)
				case n%100 == 40 && a.Name == directory.AttrMail:
					a.Values = []string{fmt.Sprintf("shared%d@%s", n/1000, company.Domain)}
				case n%100 == 60 && a.Name == directory.AttrMailNickname:
					a.Values = []string{a.Values[0] + "."}
				case n%100 == 80 && a.Name == directory.AttrDisplayName:
					a.Values = []string{" " + a.Values[0]}
				}
			}
		}
		if err := b.Add(e.Kind, e.GUID, attrs); err != nil {
			t.Fatal(err)
		}
	}
	b.AddSource(snapshot.Source{Name: "tailspin", Domain: company.Domain, Attributes: validate.Attributes()})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// BenchmarkRun validates generated companies of some 100,000 objects: one of which every 20th object has a defect, without
// and with a tenant that holds a third of it, and a clean one. MiB is what the process has from the system, the snapshot included.
func BenchmarkRun(b *testing.B) {
	const users = 97_000
	for _, c := range []struct {
		name   string
		make   func() *snapshot.Snapshot
		online bool
	}{
		{"dirty", func() *snapshot.Snapshot { return spoiled(b, users) }, false},
		{"dirty-with-tenant", func() *snapshot.Snapshot { return spoiled(b, users) }, true},
		{"clean", func() *snapshot.Snapshot { return snapshotOf(b, company.Options{Users: users, Clean: true}) }, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			in, found := validate.Input{Snapshot: c.make()}, 0
			if c.online {
				in.Tenant = companyTenant(b, in.Snapshot, rand.Perm(in.Snapshot.Len()))
			}
			for b.Loop() {
				found = 0
				if _, err := validate.Run(in, func(validate.Finding) error { found++; return nil }); err != nil {
					b.Fatal(err)
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
			b.ReportMetric(float64(in.Snapshot.Len()), "objects")
			b.ReportMetric(float64(found), "findings")
		})
	}
}
