package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// keptPlan gives where the store's own copy of a plan lies.
func (s *session) keptPlan(digest string) string {
	return filepath.Join(s.cfg.Store+".plans", strings.TrimPrefix(digest, "sha256:")+".plan")
}

// keep copies a plan to the store's folder and opens the copy, so that nobody alters the file of a run under way, and so
// that a run can be carried on when the file is gone. The copy is verified whole like any plan file; what it is copied from
// may be altered at any moment.
func (s *session) keep(f *plan.File) (*plan.File, error) {
	path := s.keptPlan(f.Digest())
	if kept, err := plan.Open(path); err == nil {
		if kept.Digest() == f.Digest() {
			return kept, nil
		}
		kept.Close() // read only
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("keep the plan: %w", err)
	}
	from, err := os.Open(f.Path())
	if err != nil {
		return nil, fmt.Errorf("keep the plan: %w", err)
	}
	defer from.Close()
	to, err := atomicfile.Create(path)
	if err != nil {
		return nil, fmt.Errorf("keep the plan: %w", err)
	}
	defer to.Abort()
	if _, err := io.Copy(to, from); err != nil {
		return nil, fmt.Errorf("keep the plan: %w", err)
	}
	if err := to.Commit(); err != nil {
		return nil, fmt.Errorf("keep the plan: %w", err)
	}
	kept, err := plan.Open(path)
	if err == nil && kept.Digest() != f.Digest() {
		err = errors.Join(&plan.AlteredError{Path: f.Path(), Err: errors.New("it is another plan than a moment ago")}, kept.Close())
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return kept, nil
}
