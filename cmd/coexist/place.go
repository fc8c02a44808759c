package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/plan"
)

// mayWrite checks, before anything is read, that a result can be put at path and that nothing gets lost by it: the folder
// is there, and what stands at path is empty or of the kind that is to be written. option is what the command line calls
// path, kind what is written, and holds tells a file of that kind.
func mayWrite(path, option, kind string, holds func(path string) bool) error {
	st, err := os.Stat(path)
	switch {
	case path == "":
		return usagef("%s is empty; name a file for the %s", option, kind)
	case errors.Is(err, fs.ErrNotExist):
		folder, err := os.Stat(filepath.Dir(path))
		if err != nil || !folder.IsDir() {
			return usagef("%s: there is no folder %s; make it, or name another file", option, filepath.Dir(path))
		}
		return nil
	case err != nil:
		return usagef("%s: %w", option, err)
	case st.IsDir():
		return usagef("%s: %s is a folder; name a file in it", option, path)
	case !st.Mode().IsRegular(), st.Size() > 0 && !holds(path):
		return usagef("%s: %s is there already and is no %s; remove it, or name another file", option, path, kind)
	}
	return nil
}

// planAt is mayWrite for a plan file.
func planAt(path string) error { return mayWrite(path, "option --out", "plan", holdsPlan) }

// holdsPlan tells plan files, those altered or of another version too.
func holdsPlan(path string) bool {
	f, err := plan.Open(path)
	if err == nil {
		f.Close() // read only
	}
	return err == nil || errors.Is(err, plan.ErrAltered) || errors.Is(err, plan.ErrVersion)
}

// holdsSnapshot tells snapshot files that can be read: a damaged one may be anything.
func holdsSnapshot(path string) bool {
	_, err := loadSnapshot(path)
	return err == nil
}

// loadSnapshot reads a snapshot file that the command line names.
func loadSnapshot(path string) (*snapshot.Snapshot, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mark(errNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	snap, err := snapshot.Load(f)
	if err != nil {
		return nil, mark(errConfig, fmt.Errorf("%s: %w", path, err))
	}
	return snap, nil
}
