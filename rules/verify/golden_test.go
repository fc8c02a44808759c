package verify_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

// goldenSet decides about people by one attribute in all modes.
const goldenSet = `apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
scope: user.class == "user"
bundles: {standard: {sku: SPE_E3}}
decisions:
  cloudType:
    rules:
      - {id: type-leaver, when: user.employeeType == "Leaver", then: sharedMailbox, hold: 14d}
    default: {id: type-default, then: user}
  licenses:
    when: decided("cloudType") == "user"
    default: {id: lic-default, then: [standard]}
  attributes:
    when: decided("cloudType") == "user"
    default: {id: attr-default, then: {companyName: Contoso}, thenExpr: {department: user.department}}
  usageLocation:
    default: {id: loc-default, fail: nobody knows}
`

func TestGoldenDecisions(t *testing.T) {
	set := loadSet(t, fstest.MapFS{"p.yaml": {Data: []byte(goldenSet)}})
	schema := directory.NewSchema()
	people := func(list ...[2]string) *verify.Golden {
		objects := make([]directory.Object, len(list))
		for i, x := range list {
			var err error
			objects[i], err = schema.NewObject(directory.User, directory.GUID{0: byte(9 - i)}, []directory.Attribute{
				{Name: "distinguishedName", Values: []string{"CN=" + x[0]}}, {Name: "employeeType", Values: []string{x[1]}}, {Name: "department", Values: []string{x[0]}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		at := time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC)
		return verify.Decide(len(objects), 3, at, func() *rules.Evaluator { return set.NewEvaluator(schema, at) },
			func(i int) rules.Input { return rules.Input{Object: objects[i]} })
	}
	before := people([2]string{"anna", "Employee"}, [2]string{"bernd", "Employee"}, [2]string{"carla", "Employee"})
	var b bytes.Buffer
	if err := before.Write(&b); err != nil {
		t.Fatal(err)
	}
	read, err := verify.ReadGolden(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, read); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
	if got := read.Compare(before); len(got) > 0 {
		t.Errorf("the same differs: %v", got)
	}
	var got []string
	for _, d := range read.Compare(people([2]string{"anna", "Leaver"}, [2]string{"bernd", "Employee"})) {
		got = append(got, d.String())
	}
	want := []string{
		"CN=carla: the object is not in the snapshot; want in the snapshot",
		`CN=anna: cloudType is "sharedMailbox", hold 336h0m0s, by type-leaver; want "user", by type-default`,
		`CN=anna: licenses is not applicable; want ["standard"], by lic-default`,
		"CN=anna: attributes is not applicable; want 2 keys",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if more := people([2]string{"anna", "Employee"}).Compare(before); len(more) != 2 || more[0].Line != 0 {
		t.Errorf("objects that the file lacks: %v", more)
	}
	for name, text := range map[string]string{"nothing": "", "another file": "{}\n", "a line less": string(bytes.Join(bytes.SplitAfter(b.Bytes(), []byte("\n"))[:3], nil))} {
		if _, err := verify.ReadGolden([]byte(text)); err == nil || name != "a line less" && !errors.Is(err, verify.ErrNotGolden) {
			t.Errorf("%s is read: %v", name, err)
		}
	}
}

// TestDecisionsAreTheSameBytes holds what is decided about the sample company by one worker against several, over objects
// in another order.
func TestDecisionsAreTheSameBytes(t *testing.T) {
	set := loadSet(t, policies.Sample())
	snap := sampleSnapshot(t)
	at := company.At()
	decided := func(workers int, order func(int) int) []byte {
		g := verify.Decide(snap.Len(), workers, at, func() *rules.Evaluator { return set.NewEvaluator(snap.Schema(), at) }, func(i int) rules.Input {
			o := snap.At(order(i))
			in := func(int) bool { return o.GUID[0]%2 == 0 }
			return rules.Input{Object: o, Domain: company.Domain, InGroup: in, DirectlyIn: in}
		})
		var b bytes.Buffer
		if err := g.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	one := decided(1, func(i int) int { return i })
	backwards := decided(5, func(i int) int { return snap.Len() - 1 - i })
	if lines := bytes.Split(one, []byte("\n")); len(lines) < 500 || !slices.Equal(one, backwards) {
		t.Errorf("%d lines, and the bytes of 1 worker and of 5 over the reverse order are equal: %v", len(lines), slices.Equal(one, backwards))
	}
}

func sampleSnapshot(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	if err := company.Generate(company.Options{}).Fill(b); err != nil {
		t.Fatal(err)
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
