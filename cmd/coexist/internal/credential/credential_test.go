package credential

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/secret"
)

const canary = "Canary-7x!"

var at = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)

// identityFile writes an identity as age-keygen does.
func identityFile(t testing.TB) string {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(path, []byte("# public key: "+i.Recipient().String()+"\n"+i.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func store(path, identity string) *File {
	return OpenFile(path, func(bool) (Key, error) { return ReadIdentity(identity) })
}

func TestFile(t *testing.T) {
	identity := identityFile(t)
	path := filepath.Join(t.TempDir(), "new", "credentials.age")
	s := store(path, identity)
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := s.Get("a"); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
	for _, e := range []Entry{{"b/app", "clientSecret", "", at}, {"a", "password", `CONTOSO\svc`, at}, {"b/app", "passphrase", "", at}} {
		if err := s.Set(e, secret.New(canary+e.Kind)); err != nil {
			t.Fatal(err)
		}
	}
	again := store(path, identity)
	list, err := again.List()
	if diff := cmp.Diff([]Entry{{"a", "password", `CONTOSO\svc`, at}, {"b/app", "passphrase", "", at}}, list); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if text, err := again.Get("b/app"); text.Reveal() != canary+"passphrase" || err != nil {
		t.Errorf("got another: %v", err)
	}
	if err := errors.Join(again.Remove("a"), again.Remove("b/app")); err != nil {
		t.Fatal(err)
	}
	if err := again.Remove("a"); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
	b, err := os.ReadFile(path)
	if st, failed := os.Stat(path); err != nil || failed != nil || bytes.Contains(b, []byte("Canary")) || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("the file is in the clear, or others may read it: %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials.age")
	asked := []bool{}
	with := func(text string) *File {
		return OpenFile(path, func(fresh bool) (Key, error) {
			asked = append(asked, fresh)
			return Passphrase(secret.New(text))
		})
	}
	if err := with("correct horse").Set(Entry{"a", "password", "", at}, secret.New(canary)); err != nil {
		t.Fatal(err)
	}
	s := with("correct horse")
	text, err := s.Get("a")
	if err == nil {
		_, err = s.List()
	}
	if text.Reveal() != canary || err != nil || fmt.Sprint(asked) != "[true false]" {
		t.Errorf("error %v, asked %v", err, asked)
	}
	if _, err := with("battery staple").Get("a"); err == nil || strings.Contains(err.Error(), "staple") {
		t.Errorf("another passphrase: %v", err)
	}
	if _, err := Passphrase(secret.New("")); err == nil {
		t.Error("an empty passphrase is taken")
	}
}

func TestEntriesThatAreRefused(t *testing.T) {
	s := store(filepath.Join(t.TempDir(), "credentials.age"), identityFile(t))
	for name, c := range map[string]struct {
		e    Entry
		text string
	}{
		"no name":       {Entry{"", "password", "", at}, canary},
		"a line break":  {Entry{"a\nb", "password", "", at}, canary},
		"unknown kind":  {Entry{"a", "fingerprint", "", at}, canary},
		"empty":         {Entry{"a", "password", "", at}, ""},
		"far too long":  {Entry{"a", "password", "", at}, strings.Repeat(canary, 300)},
		"a hidden name": {Entry{"../a", "password", "", at}, canary},
	} {
		if err := s.Set(c.e, secret.New(c.text)); err == nil || strings.Contains(err.Error(), "Canary") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// What is cut off or altered is refused whole, without repeating anything of it.
func TestDamagedFile(t *testing.T) {
	identity, path := identityFile(t), filepath.Join(t.TempDir(), "credentials.age")
	if err := store(path, identity).Set(Entry{"a", "password", "", at}, secret.New(canary)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		altered := bytes.Clone(whole)
		altered[i] ^= 1
		for _, b := range [][]byte{whole[:i], altered} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := store(path, identity).Get("a"); err == nil || strings.Contains(err.Error(), "Canary") {
				t.Fatalf("at byte %d of %d: error %v", i, len(whole), err)
			}
		}
	}
}

// A store that cannot be written stays as it was.
func TestWriteFails(t *testing.T) {
	identity, dir := identityFile(t), t.TempDir()
	path := filepath.Join(dir, "credentials.age")
	s := store(path, identity)
	if err := s.Set(Entry{"a", "password", "", at}, secret.New(canary)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(Entry{"b", "password", "", at}, secret.New(canary)); err == nil || strings.Contains(err.Error(), "Canary") {
		t.Errorf("error %v", err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 {
		t.Errorf("after a failure %v, %v", list, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	if _, err := store(path, identity).List(); err == nil {
		t.Error("a folder is read as a file")
	}
}

func TestIdentities(t *testing.T) {
	path := identityFile(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"none": "# nothing\n", "two": string(good) + string(good), "a public key": "age1x", "empty": ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadIdentity(path); err == nil || strings.Contains(err.Error(), "AGE-SECRET") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadIdentity(path); err != nil {
		t.Error(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadIdentity(path); err == nil {
		t.Error("an identity that others may read is taken")
	}
}

func FuzzDecode(f *testing.F) {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	// What is encrypted is fuzzed, too: whoever has the key may write anything.
	f.Add([]byte(`{"version":1,"credentials":[{"name":"a","kind":"password","set":"2026-09-15T08:00:00Z","secret":"x"}]}`), true)
	f.Add([]byte("age-encryption.org/v1\n"), false)
	f.Fuzz(func(t *testing.T, b []byte, encrypt bool) {
		if encrypt {
			var out bytes.Buffer
			w, err := age.Encrypt(&out, i.Recipient())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			b = out.Bytes()
		}
		rows, err := decode(b, i)
		for _, r := range rows {
			if err != nil || check(r.Entry, secret.New(r.Secret)) != nil {
				t.Errorf("decoded an entry that is none, error %v", err)
			}
		}
	})
}
