package verify

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/rules"
)

// memory is the files of a set as a file system, with one of them replaced, so that a changed policy can be loaded
// without touching anything.
type memory struct {
	files    []rules.File // by path
	replaced string
	by       []byte
}

func (m memory) content(f rules.File) []byte {
	if f.Path == m.replaced {
		return m.by
	}
	return f.Bytes
}

// Open implements fs.FS.
func (m memory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	for _, f := range m.files {
		if f.Path == name {
			b := m.content(f)
			return &openFile{Reader: bytes.NewReader(b), entry: entry{name: path.Base(name), size: len(b)}}, nil
		}
	}
	if list := m.list(name); len(list) > 0 || name == "." {
		return &openFolder{entry: entry{name: path.Base(name), folder: true}, rest: list}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// list gives what lies directly in a folder, sorted.
func (m memory) list(folder string) []fs.DirEntry {
	var out []fs.DirEntry
	seen := map[string]bool{}
	for _, f := range m.files {
		rest, inside := f.Path, true
		if folder != "." {
			rest, inside = strings.CutPrefix(f.Path, folder+"/")
		}
		name, _, below := strings.Cut(rest, "/")
		if inside && !seen[name] {
			seen[name] = true
			e := entry{name: name, folder: below}
			if !below {
				e.size = len(m.content(f))
			}
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// entry describes a file or folder.
type entry struct {
	name   string
	size   int
	folder bool
}

func (e entry) Name() string               { return e.name }
func (e entry) Size() int64                { return int64(e.size) }
func (e entry) ModTime() time.Time         { return time.Time{} }
func (e entry) IsDir() bool                { return e.folder }
func (e entry) Sys() any                   { return nil }
func (e entry) Type() fs.FileMode          { return e.Mode().Type() }
func (e entry) Info() (fs.FileInfo, error) { return e, nil }
func (e entry) Mode() fs.FileMode {
	if e.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type openFile struct {
	*bytes.Reader
	entry
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *openFile) Size() int64                { return f.entry.Size() }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	entry
	rest []fs.DirEntry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *openFolder) Close() error               { return nil }
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	list := f.rest
	if n > 0 {
		if len(list) == 0 {
			return nil, io.EOF
		}
		list = list[:min(n, len(list))]
	}
	f.rest = f.rest[len(list):]
	return list, nil
}
