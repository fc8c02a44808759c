package plan

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
)

// File is a plan file that was verified whole. It is safe for concurrent use.
type File struct {
	path     string
	file     *os.File
	members  map[string]*zip.File
	zip      *zip.Reader
	manifest Manifest
	digest   string
	signed   []Signature
}

// Open verifies a plan file, every byte of it, before any of it is used. It returns ErrNotPlan for a file that is
// something else, ErrVersion for one of a newer format, an *AlteredError for one that is not as it was written, and the
// error of the file system otherwise.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open plan: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open plan: %w", err)
	}
	f, err := read(path, file, info.Size())
	if err != nil {
		file.Close()
		return nil, err
	}
	f.file = file
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Path is what the file was opened by.
func (f *File) Path() string { return f.path }

// Manifest gives the head of the plan. Its maps and slices belong to the file.
func (f *File) Manifest() Manifest { return f.manifest }

// Digest gives what the plan is approved and applied by: "sha256:" and 64 hex digits.
func (f *File) Digest() string { return f.digest }

// Policy gives the policy files, as they were, below their root.
func (f *File) Policy() fs.FS {
	sub, err := fs.Sub(f.zip, strings.TrimSuffix(policyPrefix, "/"))
	if err != nil {
		panic(err) // the constant is a valid path
	}
	return sub
}

// Changes yields the changes in their order, from the start at each call. An error ends the sequence: the file became
// unreadable after Open, or it holds something that no planner writes.
func (f *File) Changes() iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		var o order
		counts := map[string]int{}
		for line, err := range lines[writtenChange](f, changesMember) {
			var c Change
			if err == nil {
				if c, err = line.change(); err == nil {
					err = o.next(&c)
				}
				if err != nil {
					err = f.altered(changesMember, err)
				}
			}
			counts[string(c.Action)]++
			if !yield(c, err) || err != nil {
				return
			}
		}
		if !equalCounts(counts, f.manifest.Counts) {
			yield(Change{}, f.altered(changesMember, fmt.Errorf("holds %v, and the manifest counts %v", counts, f.manifest.Counts)))
		}
	}
}

// ChangesOf yields the changes whose action wants, in their order. It passes over the others at a fraction of the cost of
// reading them, and holds nothing against the manifest: Changes does.
func (f *File) ChangesOf(wants func(Action) bool) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for line, err := range lines[wantedChange](f, changesMember) {
			if err != nil {
				yield(Change{}, err)
				return
			}
			var head struct {
				Action Action `json:"action"`
			}
			if err := json.Unmarshal(line, &head); err != nil {
				yield(Change{}, f.altered(changesMember, err))
				return
			}
			if !wants(head.Action) {
				continue
			}
			var w writtenChange
			err := json.Unmarshal(line, &w)
			var c Change
			if err == nil {
				c, err = w.change()
			}
			if err != nil {
				yield(Change{}, f.altered(changesMember, err))
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// wantedChange is a line as it stands, to be looked at before it is read. It is valid until the next one.
type wantedChange []byte

// UnmarshalJSON takes the line without reading it.
func (w *wantedChange) UnmarshalJSON(b []byte) error {
	*w = b
	return nil
}

// Skips yields the skips in their order, as Changes yields the changes.
func (f *File) Skips() iter.Seq2[Skip, error] { return lines[Skip](f, skipsMember) }

func (f *File) altered(member string, err error) error { return &AlteredError{f.path, member, err} }

// equalCounts compares counts by name; what counts nothing need not be named.
func equalCounts(a, b map[string]int) bool {
	zero := func(_ string, n int) bool { return n == 0 }
	a, b = maps.Clone(a), maps.Clone(b)
	maps.DeleteFunc(a, zero)
	maps.DeleteFunc(b, zero)
	return maps.Equal(a, b)
}

// lines yields the JSON lines of a member.
func lines[T any](f *File, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		r, err := f.members[name].Open()
		if err != nil {
			yield(none, f.altered(name, err))
			return
		}
		defer r.Close()
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 1<<16), maxLine+1)
		for n := 1; s.Scan(); n++ {
			var v T
			if err := json.Unmarshal(s.Bytes(), &v); err != nil {
				yield(none, f.altered(name, fmt.Errorf("line %d: %w", n, err)))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(none, f.altered(name, err))
		}
	}
}

// read verifies an archive. Members come first, so that the error can name the one that was altered; the seal over the
// whole file finds what lies outside of them.
func read(path string, r io.ReaderAt, size int64) (*File, error) {
	f := &File{path: path, members: map[string]*zip.File{}}
	seal, err := f.frame(r, size)
	if err != nil {
		return nil, err
	}
	if f.zip, err = zip.NewReader(r, size); err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, f.altered("", err)
	}
	if err := f.list(); err != nil {
		return nil, err
	}
	if err := f.head(); err != nil {
		return nil, err
	}
	if err := f.verify(); err != nil {
		return nil, err
	}
	if err := f.readSignatures(); err != nil {
		return nil, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size-int64(sealLen))); err != nil {
		return nil, fmt.Errorf("read plan %s: %w", path, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != seal {
		return nil, f.altered("", errors.New("the digest of the whole file differs"))
	}
	return f, nil
}

// frame reads the end of the archive, bounds its directory before anything is made of it, and gives the seal.
func (f *File) frame(r io.ReaderAt, size int64) (seal string, err error) {
	const endLen = 22
	head, end := make([]byte, 4), make([]byte, endLen+sealLen)
	if size < int64(len(end)) {
		return "", fmt.Errorf("%s: %w", f.path, ErrNotPlan)
	}
	if _, err := r.ReadAt(head, 0); err != nil {
		return "", fmt.Errorf("read plan %s: %w", f.path, err)
	}
	if _, err := r.ReadAt(end, size-int64(len(end))); err != nil {
		return "", fmt.Errorf("read plan %s: %w", f.path, err)
	}
	seal, sealed := strings.CutPrefix(string(end[endLen:]), digestPrefix)
	directory, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	switch {
	case !sealed && !bytes.Equal(head, []byte("PK\x03\x04")):
		return "", fmt.Errorf("%s: %w", f.path, ErrNotPlan)
	case !sealed:
		return "", f.altered("", errors.New("its end is missing"))
	case size > maxFile:
		return "", f.altered("", fmt.Errorf("has %d bytes, more than %d", size, int64(maxFile)))
	case directory > maxDirectory || int64(directory)+int64(offset) != size-int64(len(end)):
		return "", f.altered("", errors.New("its directory is not where it was written"))
	}
	return seal, nil
}

// list takes stock of the members and of how large they say they are. zip.File.Open ends with an error where a member
// turns out larger than it says.
func (f *File) list() error {
	var policy uint64
	for _, z := range f.zip.File {
		limit := uint64(maxMember)
		switch {
		case z.Name == manifestMember:
			limit = maxManifest
		case z.Name == signaturesMember:
			limit = maxSigned
		case strings.HasPrefix(z.Name, policyPrefix) && fs.ValidPath(z.Name):
			policy += z.UncompressedSize64
			limit = maxPolicy
		case z.Name != changesMember && z.Name != skipsMember:
			return f.altered(z.Name, errors.New("is no member of a plan"))
		}
		if z.UncompressedSize64 > limit || policy > maxPolicy {
			return f.altered(z.Name, fmt.Errorf("says it has %d bytes, too many", z.UncompressedSize64))
		}
		if f.members[z.Name] != nil {
			return f.altered(z.Name, errors.New("stands twice"))
		}
		f.members[z.Name] = z
	}
	for _, name := range []string{changesMember, manifestMember, skipsMember} {
		if f.members[name] == nil {
			return f.altered(name, errors.New("is missing"))
		}
	}
	return nil
}

// head reads the manifest. Fields that it does not know are a newer minor version's and are ignored.
func (f *File) head() error {
	b, err := fs.ReadFile(f.zip, manifestMember)
	if err != nil {
		return f.altered(manifestMember, err)
	}
	if err := json.Unmarshal(b, &f.manifest); err != nil {
		return f.altered(manifestMember, err)
	}
	major, _, _ := strings.Cut(f.manifest.FormatVersion, ".")
	ours, _, _ := strings.Cut(formatVersion, ".")
	switch {
	case f.manifest.Kind != fileKind:
		return fmt.Errorf("%s is a %q: %w", f.path, f.manifest.Kind, ErrNotPlan)
	case major != ours:
		return fmt.Errorf("%s has format version %q, and this coexist reads %s: %w", f.path, f.manifest.FormatVersion, formatVersion, ErrVersion)
	}
	f.digest = digestPrefix + hexSum(b)
	return nil
}

// verify holds every member against the manifest.
func (f *File) verify() error {
	for _, z := range f.zip.File {
		if z.Name == manifestMember || z.Name == signaturesMember {
			continue
		}
		want, ok := f.manifest.Members[z.Name]
		if !ok {
			return f.altered(z.Name, errors.New("the manifest does not name it"))
		}
		r, err := z.Open()
		if err != nil {
			return f.altered(z.Name, err)
		}
		sum := sha256.New()
		_, err = io.Copy(sum, r)
		r.Close()
		if err != nil {
			return f.altered(z.Name, err)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want {
			return f.altered(z.Name, fmt.Errorf("its digest is %s, and the manifest says %s", got, want))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.manifest.Members)) {
		if f.members[name] == nil {
			return f.altered(name, errors.New("is missing"))
		}
	}
	return nil
}
