package plan

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

var berlin = time.FixedZone("", 3600)

func sampleManifest() Manifest {
	at := time.Date(2026, 9, 15, 5, 0, 0, 0, berlin)
	return Manifest{Created: at, AsOf: at, Expires: at.Add(24 * time.Hour), Tenant: cloud.Tenant{ID: "t", Name: "Contoso & <Söhne>"},
		Sources: []Source{{Name: "contoso", Objects: 3, TakenAt: at}}, Policy: Policy{Digest: "sha256:00", Files: []string{"staff.yaml"}},
		Guards: []Guard{{Name: "delete", Count: 50, Percent: 2, Planned: 51, Population: 100, Exceeded: true}}, Objects: 3}
}

func sampleChanges() []Change {
	user := func(a string) Object {
		return Object{Anchor: directory.Anchor(a), Kind: "user", Type: cloud.User, Name: "Jörg <x>\n" + a}
	}
	return []Change{
		{ID: "a/create", Object: user("a"), Action: Create, Directory: cloud.Entra, Undo: Partial, Leave: "disable", Hold: time.Hour,
			Attributes: []Attribute{{Name: "accountEnabled", After: cloud.Truth(true)}, {Name: "businessPhones", After: cloud.Texts([]string{"2", "1"})}}},
		{ID: "a/license", Object: user("a"), Action: License, Directory: cloud.Entra, DependsOn: []string{"a/create"}, Undo: Partial,
			Attributes: []Attribute{{Name: "licenses", After: cloud.Licenses([]cloud.License{{SKU: "s", DisabledPlans: []string{"p"}}}), Reason: ObjectNew}}},
		{ID: "b/update", Object: user("b"), Action: Update, Directory: cloud.Entra, Fingerprint: "f", Undo: Exact,
			Attributes: []Attribute{{Name: "department", Before: cloud.Text("x"), Because: []Because{{Decision: "attributes", Line: 3}}}}},
	}
}

// writeSample writes the sample plan and gives its digest.
func writeSample(t testing.TB, path string) string {
	t.Helper()
	w, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, c := range sampleChanges() {
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []Skip{{Object: Object{Name: "z"}, Reason: ByPolicy, Detail: "no"}, {Object: Object{Name: "y"}, Reason: ByPolicy}} {
		if err := w.Skip(s); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range map[string]string{"staff.yaml": "kind: Policy\n", "lib/people.yaml": "x", "empty.csv": ""} {
		if err := w.File(name, []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	digest, err := w.Close(sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFileComesBackWithoutLoss(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	digest := writeSample(t, path)
	f := open(t, path)
	if f.Digest() != digest {
		t.Errorf("digest is %s, Close said %s", f.Digest(), digest)
	}
	var changes []Change
	for c, err := range f.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		changes = append(changes, c)
	}
	if diff := cmp.Diff(sampleChanges(), changes); diff != "" {
		t.Errorf("changes (-want +got)\n%s", diff)
	}
	var skips []string
	for s, err := range f.Skips() {
		if err != nil {
			t.Fatal(err)
		}
		skips = append(skips, s.Object.Name)
	}
	if diff := cmp.Diff([]string{"z", "y"}, skips); diff != "" {
		t.Errorf("skips (-want +got)\n%s", diff)
	}
	if b, err := fs.ReadFile(f.Policy(), "lib/people.yaml"); err != nil || string(b) != "x" {
		t.Errorf("policy file: %q, %v", b, err)
	}
	m := f.Manifest()
	want := sampleManifest()
	if !m.Expires.Equal(want.Expires) || m.Tenant.Name != want.Tenant.Name || !m.Guards[0].Exceeded {
		t.Errorf("manifest came back as %+v", m)
	}
	if diff := cmp.Diff(map[string]int{"create": 1, "license": 1, "update": 1}, m.Counts); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"policy": 2}, m.Skips); diff != "" {
		t.Errorf("skip counts (-want +got)\n%s", diff)
	}
}

func TestSamePlanSameBytes(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.plan"), filepath.Join(dir, "b.plan")
	if x, y := writeSample(t, a), writeSample(t, b); x != y {
		t.Errorf("digests differ: %s, %s", x, y)
	}
	x, _ := os.ReadFile(a)
	y, _ := os.ReadFile(b)
	if !bytes.Equal(x, y) {
		t.Error("the same plan gave other bytes")
	}
	if list, _ := os.ReadDir(dir); len(list) != 2 {
		t.Errorf("%d files are left, want 2", len(list))
	}
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	writeSample(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 1 << (i % 8)
		if _, err := read("x", bytes.NewReader(b), int64(len(b))); !errors.Is(err, ErrAltered) {
			t.Fatalf("byte %d of %d: %v", i, len(whole), err)
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	writeSample(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := read("x", bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a plan", n, len(whole))
		}
	}
	longer := append(bytes.Clone(whole), 'x')
	if _, err := read("x", bytes.NewReader(longer), int64(len(longer))); err == nil {
		t.Error("a plan with a byte more was accepted")
	}
}

func TestAlteredNamesTheMember(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	writeSample(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range z.File {
		if m.UncompressedSize64 == 0 {
			continue
		}
		start, err := m.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		b := bytes.Clone(whole)
		b[start+int64(m.CompressedSize64)/2] ^= 0x10
		_, err = read("x", bytes.NewReader(b), int64(len(b)))
		var altered *AlteredError
		if !errors.As(err, &altered) || altered.Member != m.Name {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}

// repack makes an archive with a right seal out of members, as one who means harm would.
func repack(t testing.TB, members ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	seal := &sealer{w: &out, sum: sha256.New()}
	z := zip.NewWriter(seal)
	for _, m := range members {
		w, err := z.Create(m[0])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, m[1])
	}
	if err := errors.Join(z.SetComment(string(make([]byte, sealLen))), z.Close(), seal.close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestForgedArchives(t *testing.T) {
	empty := hexSum(nil)
	manifest := func(version, kind, members string) [2]string {
		return [2]string{"manifest.json", fmt.Sprintf(`{"formatVersion":%q,"kind":%q,"members":{%s},"later":1}`, version, kind, members)}
	}
	both := fmt.Sprintf(`"changes.jsonl":%q,"skips.jsonl":%q`, empty, empty)
	changes, skips := [2]string{"changes.jsonl"}, [2]string{"skips.jsonl"}
	cases := map[string]struct {
		members [][2]string
		want    error
	}{
		"well formed":            {[][2]string{changes, manifest("1.7", "coexist.plan", both), skips}, nil},
		"newer major version":    {[][2]string{changes, manifest("2.0", "coexist.plan", both), skips}, ErrVersion},
		"no version":             {[][2]string{changes, manifest("", "coexist.plan", both), skips}, ErrVersion},
		"other kind":             {[][2]string{changes, manifest("1.0", "coexist.snapshot", both), skips}, ErrNotPlan},
		"no manifest":            {[][2]string{changes, skips}, ErrAltered},
		"no changes":             {[][2]string{manifest("1.0", "coexist.plan", both), skips}, ErrAltered},
		"manifest is no JSON":    {[][2]string{changes, {"manifest.json", "{"}, skips}, ErrAltered},
		"member twice":           {[][2]string{changes, changes, manifest("1.0", "coexist.plan", both), skips}, ErrAltered},
		"member not named":       {[][2]string{changes, manifest("1.0", "coexist.plan", both), {"policy/x.yaml"}, skips}, ErrAltered},
		"member missing":         {[][2]string{changes, manifest("1.0", "coexist.plan", both+`,"policy/x":"00"`), skips}, ErrAltered},
		"foreign member":         {[][2]string{changes, manifest("1.0", "coexist.plan", both), skips, {"readme.txt"}}, ErrAltered},
		"path out of the policy": {[][2]string{changes, manifest("1.0", "coexist.plan", both), {"policy/../../x"}, skips}, ErrAltered},
		"member of other digest": {[][2]string{{"changes.jsonl", "{}\n"}, manifest("1.0", "coexist.plan", both), skips}, ErrAltered},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := repack(t, c.members...)
			if _, err := read("x", bytes.NewReader(b), int64(len(b))); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestOtherFilesAreNoPlans(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string]string{"empty": "", "text": "apiVersion: coexist/v1\nkind: Configuration\n" + string(make([]byte, 200))} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrNotPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestWriterRefuses(t *testing.T) {
	change := func(anchor, id string, attrs ...Attribute) Change {
		return Change{ID: id, Object: Object{Anchor: directory.Anchor(anchor)}, Action: Update, Attributes: attrs}
	}
	cases := map[string][]Change{
		"an anchor out of order":     {change("b", "b/update"), change("a", "a/update")},
		"an id that stands twice":    {change("a", "a/update"), change("a", "a/update")},
		"an id of another anchor":    {change("a", "b/update")},
		"an id of another action":    {change("a", "a/create")},
		"an id that runs on":         {change("a", "a/updates")},
		"a change without an anchor": {change("", "/update")},
		"a value that is not UTF-8":  {change("a", "a/update", Attribute{Name: "city", After: cloud.Text("K\xf6ln")})},
		"a set that is not UTF-8":    {change("a", "a/update", Attribute{Name: "x", Before: cloud.Texts([]string{"\xff"})})},
		"a reference not in UTF-8":   {change("a", "a/update", Attribute{Name: "x", Add: []Ref{{ID: "\xff"}}})},
	}
	for name, changes := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.plan")
			w, err := CreateFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range changes {
				err := w.Change(c)
				if last := i == len(changes)-1; (err != nil) != last {
					t.Fatalf("change %d: %v", i, err)
				}
			}
			if _, err := w.Close(sampleManifest()); err == nil {
				t.Error("a plan with a refused change was closed")
			}
			if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 0 {
				t.Errorf("%v is left", list)
			}
		})
	}
}

func TestWriterRefusesPolicyPaths(t *testing.T) {
	for _, name := range []string{"", ".", "../x", "/x", "a//b", "twice"} {
		w, err := CreateFile(filepath.Join(t.TempDir(), "a.plan"))
		if err != nil {
			t.Fatal(err)
		}
		if name == "twice" {
			if err := w.File(name, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.File(name, nil); err == nil {
			t.Errorf("%q was accepted", name)
		}
		w.Abort()
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	w, err := CreateFile(filepath.Join(dir, "a.plan"))
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("%v is left", list)
	}
	if err := w.Skip(Skip{}); !errors.Is(err, ErrClosed) {
		t.Errorf("skip after abort: %v", err)
	}
}

func TestChangesThatTheManifestDoesNotCount(t *testing.T) {
	line := `{"id":"a/delete","object":{"anchor":"a"},"action":"delete"}` + "\n"
	members := fmt.Sprintf(`"changes.jsonl":%q,"skips.jsonl":%q`, hexSum([]byte(line)), hexSum(nil))
	b := repack(t, [2]string{"changes.jsonl", line}, [2]string{"manifest.json", `{"formatVersion":"1.0","kind":"coexist.plan","members":{` + members + `}}`}, [2]string{"skips.jsonl"})
	f, err := read("x", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, last = range f.Changes() {
	}
	if !errors.Is(last, ErrAltered) {
		t.Errorf("a delete that no guard counted: %v", last)
	}
}

func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.plan")
	writeSample(f, path)
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(repack(f, [2]string{"changes.jsonl", "{}\n"}, [2]string{"manifest.json", "{}"}, [2]string{"skips.jsonl"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		// The seal is mended, as it would keep the fuzzer out of everything behind it.
		if n := len(b) - sealLen; n > 0 {
			b = append(bytes.Clone(b[:n]), digestPrefix+hexSum(b[:n])...)
		}
		p, err := read("x", bytes.NewReader(b), int64(len(b)))
		if (p == nil) == (err == nil) {
			t.Fatalf("plan %v and error %v", p, err)
		}
		if err != nil {
			return
		}
		for _, err := range p.Changes() {
			if err != nil {
				break
			}
		}
		for _, err := range p.Skips() {
			if err != nil {
				break
			}
		}
	})
}

func BenchmarkFile(b *testing.B) {
	const n = 100_000
	path := filepath.Join(b.TempDir(), "a.plan")
	c := sampleChanges()[2]
	for b.Loop() {
		w, err := CreateFile(path)
		if err != nil {
			b.Fatal(err)
		}
		for i := range n {
			c.Object.Anchor = directory.Anchor(fmt.Sprintf("%08d", i))
			c.ID = string(c.Object.Anchor) + "/update"
			if err := w.Change(c); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.Close(sampleManifest()); err != nil {
			b.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range f.Changes() {
			if err != nil {
				b.Fatal(err)
			}
		}
		f.Close()
	}
}

func TestChangesOfYieldsThoseOfTheActionsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.plan")
	w, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	rule := Because{Decision: "attributes", Policy: "p", Rule: "flow", File: "users.yaml", Line: 3}
	for _, c := range []Change{
		{ID: "a/create", Object: Object{Anchor: "a"}, Action: Create, Attributes: []Attribute{{Name: "displayName", Because: []Because{rule}}, {Name: "jobTitle", Because: []Because{rule}}}},
		{ID: "a/license", Object: Object{Anchor: "a"}, Action: License},
		{ID: "b/create", Object: Object{Anchor: "b"}, Action: Create},
	} {
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(Manifest{}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for c, err := range f.ChangesOf(func(a Action) bool { return a == Create }) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.ID)
		for _, a := range c.Attributes {
			if d := cmp.Diff([]Because{rule}, a.Because); d != "" {
				t.Errorf("%s of %s (-want +got):\n%s", a.Name, c.ID, d)
			}
		}
	}
	if d := cmp.Diff([]string{"a/create", "b/create"}, got); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
}
