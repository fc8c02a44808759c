// Package atomicfile puts files in place whole: readers see the old bytes or the new ones, never a part, also after a
// crash or a power cut.
package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// File is a file on its way to its place. Write to it, then call Commit; Abort at any other end. Abort after Commit does
// nothing, so that it can be deferred.
type File struct {
	*os.File
	path string
	over bool
}

// Create opens a temporary file in path's folder, readable by its owner only. The folder must exist.
func Create(path string) (*File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	return &File{File: f, path: path}, nil
}

// Commit makes the bytes durable and puts them in place of whatever stands at the path. On an error the path is as it
// was and the temporary file is gone.
func (f *File) Commit() error {
	if f.over {
		return fmt.Errorf("write %s: %w", f.path, os.ErrClosed)
	}
	f.over = true
	err := f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = replace(f.Name(), f.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return syncDir(filepath.Dir(f.path))
}

// Abort drops what was written.
func (f *File) Abort() {
	if f.over {
		return
	}
	f.over = true
	f.Close()
	os.Remove(f.Name())
}

// Write is Create, Write and Commit for bytes at hand.
func Write(path string, b []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Commit()
}

// replace renames over whatever stands at the new path. Windows refuses for as long as a virus scanner or an indexer
// holds either file open, usually for some milliseconds, so there it is tried again for a second.
func replace(from, to string) error {
	err := os.Rename(from, to)
	for wait := 5 * time.Millisecond; err != nil && runtime.GOOS == "windows" && wait < time.Second; wait *= 2 {
		time.Sleep(wait)
		err = os.Rename(from, to)
	}
	return err
}

// syncDir makes a rename durable. Windows keeps directory entries durable itself and cannot sync a folder.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
