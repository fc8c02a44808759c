package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/coexistsync/coexist/engine/secret"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// maxFile bounds what is read: more is some other file.
const maxFile = 4 << 20

// File is a store in a file encrypted with age. It is written whole, or not at all.
type File struct {
	path string
	key  func(fresh bool) (Key, error)
	have *Key  // once it was asked for
	rows []row // once they were read
	read bool  // whether they were
}

// Key is what a file is encrypted with.
type Key struct {
	Identity  age.Identity
	Recipient age.Recipient
}

// row is an entry as it stands in the file.
type row struct {
	Entry
	Secret string `json:"secret"`
}

// document is the content of the file.
type document struct {
	Version     int   `json:"version"`
	Credentials []row `json:"credentials"`
}

// OpenFile gives the store in a file, which need not be there. key is asked once, when it is needed; fresh says that the
// file is to be made, so that a new passphrase is asked for twice.
func OpenFile(path string, key func(fresh bool) (Key, error)) *File {
	return &File{path: path, key: key}
}

// Where implements Store.
func (f *File) Where() string { return f.path }

// List implements Store.
func (f *File) List() ([]Entry, error) {
	if err := f.load(); err != nil {
		return nil, err
	}
	out := make([]Entry, len(f.rows))
	for i, r := range f.rows {
		out[i] = r.Entry
	}
	return out, nil
}

// Get implements Store.
func (f *File) Get(name string) (secret.Text, error) {
	if err := f.load(); err != nil {
		return secret.Text{}, err
	}
	i, ok := f.find(name)
	if !ok {
		return secret.Text{}, missing(name)
	}
	return secret.New(f.rows[i].Secret), nil
}

// Set implements Store.
func (f *File) Set(e Entry, text secret.Text) error {
	if err := check(e, text); err != nil {
		return err
	}
	if err := f.load(); err != nil {
		return err
	}
	e.Set = e.Set.UTC().Truncate(time.Second)
	rows := slices.Clone(f.rows)
	i, ok := f.find(e.Name)
	if !ok {
		rows = slices.Insert(rows, i, row{})
	}
	rows[i] = row{e, text.Reveal()}
	return f.save(rows)
}

// Remove implements Store.
func (f *File) Remove(name string) error {
	if err := f.load(); err != nil {
		return err
	}
	i, ok := f.find(name)
	if !ok {
		return missing(name)
	}
	return f.save(slices.Delete(slices.Clone(f.rows), i, i+1))
}

func (f *File) find(name string) (int, bool) {
	return slices.BinarySearchFunc(f.rows, name, func(r row, n string) int { return strings.Compare(r.Name, n) })
}

// load reads the file once.
func (f *File) load() error {
	if f.read {
		return nil
	}
	b, err := readAtMost(f.path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		f.read = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read credentials: %w", err)
	}
	key, err := f.unlock(false)
	if err != nil {
		return err
	}
	rows, err := decode(b, key.Identity)
	if err != nil {
		return fmt.Errorf("read credentials %s: %w", f.path, err)
	}
	f.rows, f.read = rows, true
	return nil
}

// unlock asks for the key once.
func (f *File) unlock(fresh bool) (Key, error) {
	if f.have == nil {
		k, err := f.key(fresh)
		if err != nil {
			return Key{}, fmt.Errorf("unlock credentials: %w", err)
		}
		f.have = &k
	}
	return *f.have, nil
}

// errContent says that the file was decrypted and is something else.
var errContent = errors.New("it does not hold credentials of this version")

// decode decrypts and checks the bytes of a file. No error holds anything of the content.
func decode(b []byte, identity age.Identity) ([]row, error) {
	r, err := age.Decrypt(bytes.NewReader(b), identity)
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return nil, errors.New("the key or passphrase is not the one that it was encrypted with")
	case err != nil:
		return nil, errors.New("it is no age file, or was damaged")
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxFile))
	defer clear(plain)
	if err != nil {
		return nil, errors.New("it was damaged, or not written to its end")
	}
	var d document
	if json.Unmarshal(plain, &d) != nil || d.Version != 1 {
		return nil, errContent
	}
	for i, r := range d.Credentials {
		if check(r.Entry, secret.New(r.Secret)) != nil || i > 0 && d.Credentials[i-1].Name >= r.Name {
			return nil, errContent
		}
	}
	return d.Credentials, nil
}

// save writes the file whole.
func (f *File) save(rows []row) error {
	key, err := f.unlock(true)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(document{1, rows})
	if err != nil {
		return fmt.Errorf("write credentials: %w", err)
	}
	defer clear(plain)
	var b bytes.Buffer
	w, err := age.Encrypt(&b, key.Recipient)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(f.path), 0o700)
	}
	if err == nil {
		err = atomicfile.Write(f.path, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write credentials: %w", err)
	}
	f.rows, f.read = rows, true
	return nil
}

// readAtMost reads a file that must not be longer.
func readAtMost(path string, most int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.IsDir() || st.Size() > most {
		return nil, fmt.Errorf("%s is no file that coexist wrote", path)
	}
	return os.ReadFile(path)
}

// Passphrase gives the key that a passphrase is.
func Passphrase(text secret.Text) (Key, error) {
	if text.IsEmpty() {
		return Key{}, errors.New("the passphrase is empty")
	}
	i, err := age.NewScryptIdentity(text.Reveal())
	if err != nil {
		return Key{}, err
	}
	i.SetMaxWorkFactor(workFactor)
	r, err := age.NewScryptRecipient(text.Reveal())
	if err != nil {
		return Key{}, err
	}
	r.SetWorkFactor(workFactor)
	return Key{i, r}, nil
}

// workFactor makes each guess at a passphrase cost about a second and 256 MiB; a file that asks for more is not ours.
const workFactor = 18

// ReadIdentity reads an age identity file, as age-keygen writes it, with one private key. Where the system knows who may read
// a file, nobody but its owner may.
func ReadIdentity(path string) (Key, error) {
	st, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("read identity: %w", err)
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("read identity: others than its owner may read %s; chmod 600 ends that", path)
	}
	b, err := readAtMost(path, maxFile)
	if err != nil {
		return Key{}, fmt.Errorf("read identity: %w", err)
	}
	defer clear(b)
	list, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil || len(list) != 1 {
		return Key{}, fmt.Errorf("read identity: %s is not a file with one age identity, as age-keygen writes it", path)
	}
	switch i := list[0].(type) {
	case *age.X25519Identity:
		return Key{i, i.Recipient()}, nil
	case *age.HybridIdentity:
		return Key{i, i.Recipient()}, nil
	}
	return Key{}, fmt.Errorf("read identity: %s has a kind of identity that is not known here", path)
}
