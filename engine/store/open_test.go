package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/engine/journal"
)

func TestOpenMakesFolderAndKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new #1?%", "state", "coexist.db")
	c := &clock{noon}
	s := opened(t, path, c)
	l := acquired(t, s, "h")
	seed(t, l, started(t, l).ID, row(1))
	if err := errors.Join(l.Release(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, opened(t, path, c)); len(got) != 1 {
		t.Errorf("%d rows are there again", len(got))
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	s, err := Open(t.Context(), good, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := write("newer.db", b)
	db, err := sql.Open("sqlite", newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE schema_version SET version = 99`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	smashed := append([]byte(nil), b...)
	for i := 4096; i < len(smashed); i++ {
		smashed[i] = 0xa5
	}
	cases := map[string]struct {
		path string
		want error
	}{
		"a file that is no database": {write("text.db", []byte(strings.Repeat("apiVersion: coexist/v1\n", 100))), ErrCorrupt},
		"a database cut short":       {write("short.db", b[:len(b)/2]), ErrCorrupt},
		"a smashed database":         {write("smashed.db", smashed), ErrCorrupt},
		"a newer schema":             {newer, ErrNewer},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), c.path, Options{})
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.path) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := Open(t.Context(), dir, Options{}); err == nil {
		t.Error("a folder was opened as a store")
	}
	if _, err := Open(t.Context(), filepath.Join(good, "x", "y.db"), Options{}); err == nil {
		t.Error("a store was made below a file")
	}
}

func TestFullDiskIsAClearError(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	seed(t, l, run.ID, row(1))
	// SQLite answers the same when the file system is full.
	if _, err := s.write.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	big := journal.Entry{Run: run.ID, Change: "big", At: noon, Detail: strings.Repeat("x", 1<<20)}
	if err := l.Record(t.Context(), big); !errors.Is(err, ErrFull) {
		t.Fatalf("a full disk: %v", err)
	}
	if _, ok, err := l.Entry(t.Context(), run.ID, "big"); ok || err != nil {
		t.Errorf("half of a write is left: %t, %v", ok, err)
	}
	if len(rows(t, s)) != 1 {
		t.Error("what was there is lost")
	}
}

func TestReadOnlyStoreIsAClearError(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	if _, err := s.write.Exec(`PRAGMA query_only = 1`); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(t.Context(), journal.Entry{Run: run.ID, Change: "x"}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a store that cannot be written: %v", err)
	}
}

func TestTwoProcessesMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.db")
	errs := make(chan error)
	for range 4 {
		go func() {
			s, err := Open(context.Background(), path, Options{})
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
