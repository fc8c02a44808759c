package ldif_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/connectors/ldif"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/internal/golden"
)

var taken = time.Date(2026, 9, 15, 6, 0, 0, 0, time.UTC)

func from(file []byte, o ldif.Options) *ldif.Connector {
	o.Name, o.TakenAt = "test", taken
	return ldif.NewReader("export.ldif", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }, o)
}

func read(file []byte, o ldif.Options, want connector.Want) (*snapshot.Snapshot, error) {
	b := snapshot.NewBuilder()
	if err := from(file, o).Import(context.Background(), want, b); err != nil {
		return nil, err
	}
	return b.Finish()
}

// TestGolden reads the file input.ldif of each archive and compares what came of it. The archive's comment may hold lines
// "want NAME" for further attributes.
func TestGolden(t *testing.T) {
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		var want connector.Want
		for _, l := range strings.Split(string(a.Comment), "\n") {
			if name, ok := strings.CutPrefix(l, "want "); ok {
				want.Attributes = append(want.Attributes, name)
			}
		}
		for _, f := range a.Files {
			if f.Name == "input.ldif" {
				s, err := read(f.Data, ldif.Options{}, want)
				if err != nil {
					return []txtar.File{{Name: "error", Data: []byte(err.Error() + "\n")}}
				}
				return []txtar.File{{Name: "objects", Data: list(s)}}
			}
		}
		t.Fatal("the archive has no input.ldif")
		return nil
	})
}

// list writes out a snapshot.
func list(s *snapshot.Snapshot) []byte {
	var b bytes.Buffer
	src := s.Sources()[0]
	fmt.Fprintf(&b, "domain %s, naming %s, scope %s, %d objects\n", src.Domain, src.Naming, src.Scopes[0].OU, src.Scopes[0].Objects)
	for o := range s.All() {
		fmt.Fprintf(&b, "\n%s %s\n", o.Kind, o.GUID)
		var lines []string
		for at, v := range o.All() {
			lines = append(lines, fmt.Sprintf("  %s: %q\n", s.Schema().Names()[at.Attribute], v))
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	return b.Bytes()
}

const anna = `dn: CN=Anna,OU=Staff,DC=x,DC=example
objectClass: user
objectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==
cn: Anna

`

func TestEndOfFile(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"closed by an empty line":           {anna, ""},
		"within a line":                     {strings.TrimRight(anna, "\n"), "export.ldif:4: the file ends within a line: the export is cut short"},
		"after a line, without empty line":  {strings.TrimSuffix(anna, "\n"), "export.ldif:4: the file ends within a record"},
		"within base64":                     {anna + "dn:: Q049QmVu", "export.ldif:6: the file ends within a line"},
		"an empty file":                     {"", "the file holds no records"},
		"comments alone":                    {"# nothing\n", "the file holds no records"},
		"ldapsearch's count is missing":     {"# extended LDIF\n\n" + anna, "the count that ldapsearch writes at the end is missing"},
		"ldapsearch's count is right":       {"# extended LDIF\n\n" + anna + "# numEntries: 1\n", ""},
		"ldapsearch's count is wrong":       {"# extended LDIF\n\n" + anna + "# numEntries: 2\n", "ldapsearch counted 2 entries, and 1 stand before"},
		"ldapsearch counts each page":       {"# extended LDIF\n\n" + anna + "# numEntries: 1\n" + strings.Replace(anna, "AQID", "BQID", 1) + "# numEntries: 1\n", ""},
		"ldapsearch after the size limit":   {anna + "search: 2\nresult: 4 Size limit exceeded\n\n", `the search ended with "4 Size limit exceeded"`},
		"ldapsearch after success":          {anna + "search: 2\nresult: 0 Success\n\n", ""},
		"ldbsearch's count is missing":      {"# record 1\n" + anna, "the count that ldbsearch writes at the end is missing"},
		"ldbsearch's count is right":        {"# record 1\n" + anna + "# returned 1 records\n# 1 entries\n# 0 referrals\n", ""},
		"ldbsearch's count is wrong":        {"# record 1\n" + anna + "# returned 9 records\n# 9 entries\n# 0 referrals\n", "ldbsearch counted 9 entries"},
		"a count in a comment of one's own": {anna + "# 7 entries\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read([]byte(c.file), ldif.Options{}, connector.Want{})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			case err != nil && fault.KindOf(err) != fault.Unreachable:
				t.Errorf("error of kind %s", fault.KindOf(err))
			}
		})
	}
}

func TestEveryCutIsNoticed(t *testing.T) {
	file := []byte("version: 1\n" + anna + strings.ReplaceAll(strings.Replace(anna, "AQID", "BQID", 1), "Anna", "Ben"))
	whole, err := read(file, ldif.Options{}, connector.Want{})
	if err != nil {
		t.Fatal(err)
	}
	closed := len("version: 1\n") + len(anna)
	for n := range file {
		s, err := read(file[:n], ldif.Options{}, connector.Want{})
		if err == nil && n != closed {
			t.Errorf("cut to %d of %d bytes: %d of %d objects and no error", n, len(file), s.Len(), whole.Len())
		}
	}
}

func TestByteOrderMarksAndLineEnds(t *testing.T) {
	text := strings.ReplaceAll(anna, "cn: Anna", "cn: Ännchen")
	crlf := strings.ReplaceAll(text, "\n", "\r\n")
	wide := func(order binary.ByteOrder) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + crlf)) {
			b = append(b, 0, 0)
			order.PutUint16(b[len(b)-2:], u)
		}
		return b
	}
	for name, file := range map[string][]byte{
		"plain":               []byte(text),
		"CRLF":                []byte(crlf),
		"UTF-8 with a mark":   []byte("\ufeff" + text),
		"UTF-16 of ldifde -u": wide(binary.LittleEndian),
		"UTF-16 big-endian":   wide(binary.BigEndian),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := read(file, ldif.Options{}, connector.Want{})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.At(0).First("cn"); got != "Ännchen" {
				t.Errorf("cn %q", got)
			}
		})
	}
}

func TestMistakesAreCountedUpToTwenty(t *testing.T) {
	_, err := read([]byte(strings.Repeat("dn: CN=x,DC=x\nobjectClass: user\n\n", 50)), ldif.Options{}, connector.Want{})
	var problems ldif.Problems
	if !errors.As(err, &problems) || len(problems) != 20 {
		t.Fatalf("%d problems: %v", len(problems), err)
	}
	if problems[19].Line != 58 {
		t.Errorf("the last in line %d", problems[19].Line)
	}
}

// tree has two OUs of which one was renamed.
const tree = `dn: DC=x,DC=example
objectClass: domainDNS
objectGUID: 10000000-0000-0000-0000-000000000000

dn: OU=Personnel,DC=x,DC=example
objectClass: organizationalUnit
objectGUID: 20000000-0000-0000-0000-000000000000

dn: CN=Anna,OU=Personnel,DC=x,DC=example
objectClass: user
objectGUID: 30000000-0000-0000-0000-000000000000

dn: CN=Other,DC=x,DC=example
objectClass: group
objectGUID: 40000000-0000-0000-0000-000000000000

`

func guid(t *testing.T, s string) directory.GUID {
	t.Helper()
	g, err := directory.ParseGUID(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestScopes(t *testing.T) {
	personnel := guid(t, "20000000-0000-0000-0000-000000000000")
	for name, c := range map[string]struct {
		scopes []snapshot.Scope
		known  map[string]directory.GUID
		want   []snapshot.Scope
		err    string
	}{
		"without scopes the domain": {
			want: []snapshot.Scope{{OU: "DC=x,DC=example", GUID: guid(t, "10000000-0000-0000-0000-000000000000"), Objects: 2}},
		},
		"an OU in any case": {
			scopes: []snapshot.Scope{{OU: "ou=personnel,DC=X,DC=example", ExcludedFromOtherEngine: true}},
			want:   []snapshot.Scope{{OU: "ou=personnel,DC=X,DC=example", GUID: personnel, Objects: 1, ExcludedFromOtherEngine: true}},
		},
		"a renamed OU": {
			scopes: []snapshot.Scope{{OU: "OU=Staff,DC=x,DC=example"}},
			known:  map[string]directory.GUID{"ou=staff,dc=x,dc=example": personnel},
			want:   []snapshot.Scope{{OU: "OU=Personnel,DC=x,DC=example", Configured: "OU=Staff,DC=x,DC=example", GUID: personnel, Objects: 1}},
		},
		"an OU that is not there": {
			scopes: []snapshot.Scope{{OU: "OU=Staff,DC=x,DC=example"}},
			err:    "scope OU=Staff,DC=x,DC=example is not in the file",
		},
		"a filter": {
			scopes: []snapshot.Scope{{OU: "OU=Personnel,DC=x,DC=example", Filter: "(cn=*)"}},
			err:    "filters are not applied to a file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := read([]byte(tree), ldif.Options{Scopes: c.scopes}, connector.Want{Known: c.known})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, s.Sources()[0].Scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSourceSaysWhatWasRead(t *testing.T) {
	s, err := read([]byte(anna), ldif.Options{}, connector.Want{Attributes: []string{"title", "CN"}})
	if err != nil {
		t.Fatal(err)
	}
	src := s.Sources()[0]
	if src.Name != "test" || src.Domain != "x.example" || !src.TakenAt.Equal(taken) {
		t.Errorf("source %+v", src)
	}
	if !slices.Contains(src.Attributes, "title") || !slices.Contains(src.MissingAttrs, "title") || slices.Contains(src.MissingAttrs, "cn") {
		t.Errorf("attributes %q, missing %q", src.Attributes, src.MissingAttrs)
	}
}

func TestImportEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := from([]byte(anna), ldif.Options{}).Import(ctx, connector.Want{}, snapshot.NewBuilder()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestMissingFile(t *testing.T) {
	err := ldif.New(filepath.Join(t.TempDir(), "none.ldif"), ldif.Options{}).Import(t.Context(), connector.Want{}, snapshot.NewBuilder())
	if !errors.Is(err, os.ErrNotExist) || fault.KindOf(err) != fault.Unreachable {
		t.Errorf("error %v of kind %s", err, fault.KindOf(err))
	}
}

func TestSaved(t *testing.T) {
	whole, err := read([]byte(tree), ldif.Options{}, connector.Want{Attributes: []string{"title"}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "saved.snapshot")
	var file bytes.Buffer
	if err := whole.Save(&file); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		bytes []byte
		want  []string
		err   string
	}{
		"whole":                            {file.Bytes(), []string{"TITLE"}, ""},
		"cut":                              {file.Bytes()[:file.Len()-1], nil, "cut short or was altered"},
		"without an attribute that counts": {file.Bytes(), []string{"title", "department"}, "was taken without department"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, c.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			b := snapshot.NewBuilder()
			err := ldif.NewSaved(path).Import(t.Context(), connector.Want{Attributes: c.want}, b)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || fault.KindOf(err) != fault.Unreachable {
					t.Errorf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if got.Digest() != whole.Digest() {
				t.Error("the content differs")
			}
			if diff := cmp.Diff(whole.Sources(), got.Sources()); diff != "" {
				t.Errorf("sources (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(anna))
	f.Add([]byte(tree))
	f.Add([]byte("version: 1\r\ndn:: Q049eA==\r\n ab\r\nmember;range=0-1: x\r\n\r\n# 1 entries\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := read(file, ldif.Options{Domain: "x"}, connector.Want{Attributes: []string{"description"}})
		if err != nil {
			return
		}
		for o := range s.All() {
			if o.GUID.IsZero() || o.DN() == "" {
				t.Errorf("an object without objectGUID or name came through: %q", file)
			}
		}
	})
}

// BenchmarkImportCompany reads an export of some 5,000 objects as a real directory has them.
func BenchmarkImportCompany(b *testing.B) {
	var file bytes.Buffer
	if err := company.Generate(company.Options{Users: 4500}).WriteLDIF(&file); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if err := from(file.Bytes(), ldif.Options{}).Import(b.Context(), connector.Want{Attributes: []string{"title", "department", "manager"}}, snapshot.NewBuilder()); err != nil {
			b.Fatal(err)
		}
	}
}
