package plan

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/coexistsync/coexist/internal/atomicfile"
)

// Writer writes a plan file as a stream: changes go straight into the archive, skips wait in a temporary file beside it,
// and the file appears at its path once Close has written all of it. A Writer is not safe for concurrent use.
type Writer struct {
	path    string
	file    *atomicfile.File
	buf     *bufio.Writer
	seal    *sealer
	zip     *zip.Writer
	changes *member
	line    writtenChange
	skips   *member
	spool   *os.File
	policy  map[string][]byte
	bytes   int // of all policy files
	order   order
	counts  map[string]int // changes by action
	held    map[string]int // skips by reason
	err     error          // the first, after which nothing more is written
}

// ErrClosed says that a Writer was used after Close or Abort.
var ErrClosed = errors.New("plan is closed")

// CreateFile starts a plan file. Its folder must exist. A file that stands at the path stays until Close replaces it.
func CreateFile(path string) (*Writer, error) {
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	spool, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.skips")
	if err != nil {
		file.Abort()
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	w := &Writer{path: path, file: file, spool: spool, policy: map[string][]byte{}, counts: map[string]int{}, held: map[string]int{}}
	w.buf = bufio.NewWriterSize(file, 1<<18)
	w.seal = &sealer{w: w.buf, sum: sha256.New()}
	w.zip = zip.NewWriter(w.seal)
	// Changes compress nearly as well at the fastest level, and planning waits for it.
	w.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	entry, err := w.create(changesMember)
	if err != nil {
		w.Abort()
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	w.changes, w.skips = newMember(entry), newMember(spool)
	return w, nil
}

// Change adds a change. Changes come in anchor order, have an anchor, and are named "<anchor>/<action>", perhaps with
// more after it, each name once. A value that is not UTF-8 is refused, as JSON cannot hold it.
func (w *Writer) Change(c Change) error {
	return w.do(func() error {
		if err := w.order.next(&c); err != nil {
			return err
		}
		if bad := unwritable(&c); bad != "" {
			return fmt.Errorf("change %q: %s is not UTF-8", c.ID, bad)
		}
		w.counts[string(c.Action)]++
		w.line.take(&c)
		return w.changes.line(&w.line)
	})
}

// Skip adds a skip; skips keep the order in which they come.
func (w *Writer) Skip(s Skip) error {
	return w.do(func() error {
		w.held[string(s.Reason)]++
		return w.skips.line(s)
	})
}

// File adds the bytes of a policy file under its path below the policy root, with forward slashes. Each path once.
func (w *Writer) File(path string, b []byte) error {
	return w.do(func() error {
		_, twice := w.policy[path]
		switch {
		case !fs.ValidPath(path) || path == ".":
			return fmt.Errorf("policy file %q: %w", path, fs.ErrInvalid)
		case twice:
			return fmt.Errorf("policy file %q: %w", path, fs.ErrExist)
		case w.bytes+len(b) > maxPolicy || len(w.policy) == maxFiles:
			return fmt.Errorf("policy file %q: more than %d files or %d bytes of policies", path, maxFiles, maxPolicy)
		}
		w.bytes += len(b)
		w.policy[path] = bytes.Clone(b)
		return nil
	})
}

// Close writes the manifest and puts the file in place. It fills in m's FormatVersion, Kind, Counts, Skips and Members
// itself and brings its times to UTC. The digest is that of the manifest, "sha256:" and 64 hex digits.
func (w *Writer) Close(m Manifest) (digest string, err error) {
	err = w.do(func() error {
		digest, err = w.finish(m)
		return err
	})
	w.Abort()
	return digest, err
}

// Abort drops the plan. After Close it does nothing.
func (w *Writer) Abort() {
	if w.spool == nil {
		return
	}
	for _, m := range []*member{w.changes, w.skips} {
		if m != nil {
			_ = m.aside.Close() // what it failed with no longer matters
		}
	}
	w.spool.Close()
	os.Remove(w.spool.Name())
	w.spool = nil
	w.file.Abort()
	if w.err == nil {
		w.err = ErrClosed
	}
}

// do runs one step; after an error no other runs.
func (w *Writer) do(step func() error) error {
	if w.err != nil {
		return fmt.Errorf("plan %s: %w", w.path, w.err)
	}
	if w.err = step(); w.err != nil {
		return fmt.Errorf("plan %s: %w", w.path, w.err)
	}
	return nil
}

func (w *Writer) finish(m Manifest) (string, error) {
	changes, err := w.changes.sum()
	if err != nil {
		return "", err
	}
	skips, err := w.skips.sum()
	if err != nil {
		return "", err
	}
	m.FormatVersion, m.Kind, m.Counts, m.Skips = formatVersion, fileKind, w.counts, w.held
	m.Members = map[string]string{changesMember: changes, skipsMember: skips}
	for name, b := range w.policy {
		m.Members[policyPrefix+name] = hexSum(b)
	}
	b, err := m.encode()
	if err != nil {
		return "", err
	}
	if err := w.rest(b); err != nil {
		return "", err
	}
	if err := w.file.Commit(); err != nil {
		return "", err
	}
	return digestPrefix + hexSum(b), nil
}

// rest writes the members that come after the changes, in order, and seals the archive.
func (w *Writer) rest(manifest []byte) error {
	if err := w.put(manifestMember, bytes.NewReader(manifest)); err != nil {
		return err
	}
	names := make([]string, 0, len(w.policy))
	for n := range w.policy {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if err := w.put(policyPrefix+n, bytes.NewReader(w.policy[n])); err != nil {
			return err
		}
	}
	if _, err := w.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := w.put(skipsMember, w.spool); err != nil {
		return err
	}
	return finishArchive(w.zip, w.seal, w.buf)
}

// finishArchive seals an archive.
func finishArchive(z *zip.Writer, seal *sealer, buf *bufio.Writer) error {
	if err := z.SetComment(string(make([]byte, sealLen))); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := seal.close(); err != nil {
		return err
	}
	return buf.Flush()
}

func (w *Writer) create(name string) (io.Writer, error) {
	return w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: packedAt})
}

func (w *Writer) put(name string, r io.Reader) error {
	entry, err := w.create(name)
	if err == nil {
		_, err = io.Copy(entry, r)
	}
	return err
}
