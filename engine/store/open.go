package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dsn gives the address of the file with the settings that every connection needs. The figures are measured: a cache of
// 64 MiB and long intervals between checkpoints halve the cost of large transactions.
func dsn(path string, extra ...string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	p := filepath.ToSlash(abs)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // a drive letter
	}
	q := url.Values{"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-65536)", "wal_autocheckpoint(16384)", "temp_store(MEMORY)"}, extra...), "_txlock": {"immediate"}}
	u := url.URL{Scheme: "file", Path: p, RawQuery: q.Encode()}
	return u.String(), nil
}

// connect opens the connections and brings the schema up to date.
func (s *Store) connect(ctx context.Context) error {
	unclean := size(s.path+"-wal") > 0
	for _, c := range []struct {
		db    **sql.DB
		conns int
		extra []string
	}{{&s.write, 1, nil}, {&s.read, 4, []string{"query_only(1)"}}} {
		address, err := dsn(s.path, c.extra...)
		if err != nil {
			return err
		}
		if *c.db, err = sql.Open("sqlite", address); err != nil {
			return err
		}
		(*c.db).SetMaxOpenConns(c.conns)
		(*c.db).SetMaxIdleConns(c.conns)
	}
	var mode string
	if err := s.write.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("%w: SQLite keeps its journal as %q here instead of a write-ahead log, as on a network drive", ErrReadOnly, mode)
	}
	if unclean {
		if err := s.check(ctx); err != nil {
			return err
		}
	}
	return s.migrate(ctx)
}

// check looks for damage; asked after a process ended without closing the store.
func (s *Store) check(ctx context.Context) error {
	var verdict string
	if err := s.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	return nil
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// classify puts the error that callers ask for before what SQLite says.
func classify(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := map[int]error{sqlite3.SQLITE_CORRUPT: ErrCorrupt, sqlite3.SQLITE_NOTADB: ErrCorrupt, sqlite3.SQLITE_READONLY: ErrReadOnly,
		sqlite3.SQLITE_PERM: ErrReadOnly, sqlite3.SQLITE_FULL: ErrFull, sqlite3.SQLITE_BUSY: ErrBusy, sqlite3.SQLITE_LOCKED: ErrBusy}[e.Code()&0xff]
	if kind == nil || errors.Is(err, kind) {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}
