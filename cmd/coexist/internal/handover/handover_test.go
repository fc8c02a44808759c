package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/coexistsync/coexist/engine/secret"
)

const canary = "Canary-7x!"

var made = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)

func entry(n int) Entry {
	return Entry{Anchor: fmt.Sprint("anchor", n), SignInName: fmt.Sprintf("user%d@contoso.example", n), Name: fmt.Sprint("User ", n), MustChange: true,
		Password: secret.New(fmt.Sprint(canary, n)), Made: made}
}

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// ageFile opens a file in a new folder for a new key.
func ageFile(t testing.TB) (*File, Keys) {
	t.Helper()
	i := identity(t)
	s, err := Open(Settings{Sink: AgeSink, To: []string{i.Recipient().String()}, Folder: filepath.Join(t.TempDir(), "new")}, "run1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*File), Keys{Age: []age.Identity{i}}
}

func put(t testing.TB, s Sink, n int) string {
	t.Helper()
	id, err := s.Put(context.Background(), entry(n))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// shown reads a file and gives what Reveal shows: passwords less the canary, with their outcomes.
func shown(t testing.TB, path string, k Keys, all bool) (list []string, torn int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Reveal(c, k, all) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		list = append(list, strings.TrimPrefix(r.Password.Reveal(), canary)+" "+string(r.Outcome))
	}
	return list, c.Torn
}

func want(t testing.TB, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("shows %v, want %v", got, want)
	}
}

func TestFileKeepsPasswordsAndOutcomes(t *testing.T) {
	f, keys := ageFile(t)
	a, b := put(t, f, 1), put(t, f, 2)
	put(t, f, 3)
	for id, o := range map[string]Outcome{a: Made, b: Void, "other": Void} {
		if err := f.Settle(t.Context(), id, o); err != nil {
			t.Fatal(err)
		}
	}
	if f.Handed() != 2 {
		t.Errorf("%d handed over, want 2", f.Handed())
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	got, torn := shown(t, f.Path(), keys, false)
	want(t, got, "1 made", "3 unsure")
	got, _ = shown(t, f.Path(), keys, true)
	want(t, got, "1 made", "2 void", "3 unsure")
	b2, err := os.ReadFile(f.Path())
	if err != nil || torn != 0 || bytes.Contains(b2, []byte("Canary")) || bytes.Contains(b2, []byte("user1")) {
		t.Errorf("error %v, %d torn, or the file names somebody:\n%s", err, torn, b2)
	}
	for path, mode := range map[string]os.FileMode{f.Path(): 0o600, filepath.Dir(f.Path()): 0o700 | os.ModeDir} {
		if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode() != mode {
			t.Errorf("%s has mode %v, %v", path, st.Mode(), err)
		}
	}
}

func TestFileWithoutPasswordsIsRemoved(t *testing.T) {
	f, _ := ageFile(t)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

// A process that was cut off leaves entries about which nobody told anything; the one that carries the run on settles them.
func TestAnotherProcessCarriesOn(t *testing.T) {
	f, keys := ageFile(t)
	for n := range 5 {
		put(t, f, n)
	}
	half := append([]byte(nil), must(os.ReadFile(f.Path()))...)
	half = append(half, []byte(entryMark+`{"id":"X","anchor":"anchor9"}`+"\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdl")...)
	half = append(half, make([]byte, 3*maxLine)...) // what some file systems leave after a power cut
	if err := os.WriteFile(f.Path(), half, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := openFile(f.Path(), f.seal)
	if err != nil {
		t.Fatal(err)
	}
	second := put(t, again, 4) // after the one of the first process
	if err := again.Settle(t.Context(), second, Made); err != nil {
		t.Fatal(err)
	}
	put(t, again, 3) // and nobody knows of either
	err = again.Conclude(func(anchor string) Outcome {
		return map[string]Outcome{"anchor0": Made, "anchor1": Void, "anchor3": Made, "anchor4": Made}[anchor]
	})
	if err := errors.Join(err, again.Close()); err != nil {
		t.Fatal(err)
	}
	got, torn := shown(t, f.Path(), keys, false)
	want(t, got, "0 made", "2 unsure", "3 unsure", "4 made", "3 unsure")
	if torn != 1 {
		t.Errorf("%d torn, want 1", torn)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// failing writes some bytes more and then fails, as a full disk does, or fails to make durable.
type failing struct {
	*os.File
	left int
	sync error
}

func (f *failing) Write(b []byte) (int, error) {
	if len(b) > f.left {
		n, _ := f.File.Write(b[:f.left])
		f.left = 0
		return n, syscall.ENOSPC
	}
	f.left -= len(b)
	return f.File.Write(b)
}

func (f *failing) Sync() error { return errors.Join(f.sync, f.File.Sync()) }

// However much of an entry a full disk takes, the entry is not handed over, and those before and after it are whole.
func TestFullDisk(t *testing.T) {
	probe, _ := ageFile(t)
	put(t, probe, 1)
	st, err := os.Stat(probe.Path())
	if err != nil {
		t.Fatal(err)
	}
	for left := 0; left < int(st.Size()); left += 7 {
		f, keys := ageFile(t)
		put(t, f, 1)
		disk := f.to.(*os.File)
		f.to = &failing{File: disk, left: left}
		_, err := f.Put(t.Context(), entry(2))
		written := err == nil
		if err != nil && (!errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "Canary")) {
			t.Fatalf("after %d bytes: %v", left, err)
		}
		f.to = disk
		put(t, f, 3)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		got, torn := shown(t, f.Path(), keys, false)
		// an entry of which all but the last line feed was written is there, too: it belongs to no account
		switch fmt.Sprint(got) {
		case "[1 unsure 3 unsure]":
			if written || torn > 1 {
				t.Errorf("after %d bytes: written %v, %d torn", left, written, torn)
			}
		case "[1 unsure 2 unsure 3 unsure]":
		default:
			t.Errorf("after %d bytes: shows %v", left, got)
		}
	}
}

func TestEntryThatIsNotDurableIsNotHandedOver(t *testing.T) {
	f, _ := ageFile(t)
	f.to = &failing{File: f.to.(*os.File), left: 1 << 20, sync: syscall.EIO}
	if _, err := f.Put(t.Context(), entry(1)); !errors.Is(err, syscall.EIO) || f.Handed() != 0 {
		t.Errorf("error %v, want EIO", err)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := Settings{Sink: AgeSink, To: []string{identity(t).Recipient().String()}, Folder: filepath.Join(blocked, "below")}
	if _, err := Open(s, "run1", nil); err == nil {
		t.Error("a folder that cannot be made is no error")
	}
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Log("whoever runs this may write everywhere: the rest is left out")
		return
	}
	s.Folder = t.TempDir()
	if err := os.Chmod(s.Folder, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s, "run1", nil); !errors.Is(err, os.ErrPermission) {
		t.Errorf("a read-only folder: %v", err)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	i := identity(t)
	for name, s := range map[string]Settings{
		"nobody":              {Sink: AgeSink},
		"no key":              {Sink: AgeSink, To: []string{"age1x"}},
		"a private key":       {Sink: AgeSink, To: []string{i.String()}},
		"two keys in one":     {Sink: AgeSink, To: []string{i.Recipient().String() + "\n" + i.Recipient().String()}},
		"no certificate":      {Sink: CertificateSink},
		"a certificate lost":  {Sink: CertificateSink, To: []string{filepath.Join(t.TempDir(), "none")}},
		"an unknown sink":     {Sink: "carrier pigeon"},
		"a run with a folder": {Sink: AgeSink, To: []string{i.Recipient().String()}, Folder: t.TempDir()},
	} {
		run := "run1"
		if strings.HasPrefix(name, "a run") {
			run = "../run1"
		}
		_, err := Open(s, run, nil)
		if err == nil || strings.Contains(err.Error(), i.String()) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestMovedBlockIsNotTakenForAnother(t *testing.T) {
	f, keys := ageFile(t)
	put(t, f, 1)
	put(t, f, 2)
	f.Close()
	c, err := Read(bytes.NewReader(must(os.ReadFile(f.Path()))))
	if err != nil {
		t.Fatal(err)
	}
	c.Records[0].Block, c.Records[1].Block = c.Records[1].Block, c.Records[0].Block
	for _, r := range Reveal(c, keys, false) {
		if r.Err == nil || !r.Password.IsEmpty() {
			t.Error("a block that was moved is shown")
		}
	}
}

func TestDPAPIIsOfWindows(t *testing.T) {
	s, err := Open(Settings{Sink: DPAPISink, Folder: t.TempDir()}, "run1", nil)
	if runtime.GOOS != "windows" {
		if err == nil {
			t.Error("DPAPI is said to work here")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, 1)
	s.Close()
	got, _ := shown(t, s.(*File).Path(), Keys{}, false)
	want(t, got, "1 unsure")
}

func TestManyPasswordsAtOnce(t *testing.T) {
	f, keys := ageFile(t)
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			id, err := f.Put(context.Background(), entry(n))
			if err == nil {
				err = f.Settle(context.Background(), id, Made)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f.Close()
	if got, torn := shown(t, f.Path(), keys, false); len(got) != 40 || torn != 0 {
		t.Errorf("%d passwords, %d torn", len(got), torn)
	}
}

// A file of any content is read without a panic, and gives no password that was not put in.
func FuzzRead(f *testing.F) {
	file, keys := ageFile(f)
	put(f, file, 1)
	put(f, file, 2)
	file.Close()
	whole := must(os.ReadFile(file.Path()))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n#entry {}\n#outcome {\"id\":\"\"}\n-----BEGIN DPAPI-----\n-----END DPAPI-----"))
	_, p := certificate(f, nil)
	keys.Certificates = []KeyPair{p}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range Reveal(c, keys, true) {
			if text := r.Password.Reveal(); r.Err == nil && text != canary+"1" && text != canary+"2" {
				t.Errorf("a password appeared from nowhere")
			}
		}
	})
}
