package company_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ldif"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/internal/company"
)

func filled(t *testing.T, o company.Options) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	if err := company.Generate(o).Fill(b); err != nil {
		t.Fatal(err)
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSampleCompanyHasAboutSixHundredObjects(t *testing.T) {
	s := filled(t, company.Options{})
	kinds := map[directory.Kind]int{}
	for o := range s.All() {
		kinds[o.Kind]++
	}
	want := map[directory.Kind]int{directory.User: 485, directory.Contact: 40, directory.Group: 75}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("objects by kind (-want +got):\n%s", diff)
	}
	if n := len(s.Duplicates()) + len(s.Unusable()); n != 0 {
		t.Errorf("%d objects were set aside", n)
	}
}

func TestAccountNamesAreUniqueAndShort(t *testing.T) {
	for name, o := range map[string]company.Options{"sample": {}, "other seed": {Seed: 9}, "large": {Users: 6000}} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]string{}
			dns := map[string]bool{}
			sids := map[string]bool{}
			for e := range company.Generate(o).Entries() {
				if f := directory.Fold(e.DN); dns[f] {
					t.Errorf("%s stands twice", e.DN)
				} else {
					dns[f] = true
				}
				for _, a := range e.Attrs {
					switch a.Name {
					case directory.AttrSAMAccountName:
						v := directory.Fold(a.Values[0])
						if other, ok := seen[v]; ok {
							t.Errorf("%s and %s share the account name %s", e.DN, other, v)
						}
						seen[v] = e.DN
						if e.Kind == directory.User && len(v) > 20 && strings.HasPrefix(e.DN, "CN=") && strings.Contains(e.DN, "OU=Staff") {
							t.Errorf("account name %s has more than 20 characters", v)
						}
					case directory.AttrObjectSID:
						if sids[a.Values[0]] {
							t.Errorf("%s: its SID stands twice", e.DN)
						}
						sids[a.Values[0]] = true
					}
				}
			}
		})
	}
}

func TestSameOptionsGiveTheSameBytes(t *testing.T) {
	sum := func(o company.Options) [32]byte {
		h := sha256.New()
		if err := company.Generate(o).WriteLDIF(h); err != nil {
			t.Fatal(err)
		}
		return [32]byte(h.Sum(nil))
	}
	first, again := sum(company.Options{Users: 700, Seed: 3}), sum(company.Options{Users: 700, Seed: 3})
	if first != again {
		t.Error("two runs differ")
	}
	if first == sum(company.Options{Users: 700, Seed: 4}) {
		t.Error("the seed makes no difference")
	}
}

func TestLDIFHoldsWhatFillAdds(t *testing.T) {
	var file bytes.Buffer
	if err := company.Generate(company.Options{}).WriteLDIF(&file); err != nil {
		t.Fatal(err)
	}
	direct := filled(t, company.Options{})
	c := ldif.NewReader("company.ldif", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file.Bytes())), nil },
		ldif.Options{Name: company.Tenant, TakenAt: company.At()})
	b := snapshot.NewBuilder()
	if err := c.Import(t.Context(), connector.Want{Attributes: direct.Schema().Names()}, b); err != nil {
		t.Fatal(err)
	}
	read, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if read.Digest() != direct.Digest() {
		t.Errorf("the LDIF holds other objects: %d read, %d filled in", read.Len(), direct.Len())
	}
	if got := read.Sources()[0]; got.Domain != company.Domain || !got.TakenAt.Equal(company.At()) || got.Scopes[0].GUID.IsZero() {
		t.Errorf("source %+v", got)
	}
}

func TestTimesLeadUpToAt(t *testing.T) {
	for e := range company.Generate(company.Options{}).Entries() {
		for _, a := range e.Attrs {
			if a.Name == "whenChanged" || a.Name == "whenCreated" {
				when, err := time.Parse("20060102150405.0Z", a.Values[0])
				if err != nil || when.After(company.At()) {
					t.Errorf("%s: %s is %s", e.DN, a.Name, a.Values[0])
				}
			}
		}
	}
}
