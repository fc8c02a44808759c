package handover

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Extension is what password files end in.
const Extension = ".passwords"

// The lines between the blocks of a file begin with these; what follows is JSON.
const (
	entryMark   = "#entry "
	outcomeMark = "#outcome "
)

// entryLine stands before a block. It holds nothing that is secret.
type entryLine struct {
	ID     string    `json:"id"`
	Anchor string    `json:"anchor"`
	Made   time.Time `json:"made"`
}

// outcomeLine stands anywhere behind the block that it is about.
type outcomeLine struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
}

// File is a sink that appends to a file, and never changes what stands in it. What a full disk or a power cut leaves of an
// entry is passed over by readers: its account was not asked for.
type File struct {
	path string
	seal sealer

	mu      sync.Mutex
	to      appender
	torn    bool // the last write may have ended anywhere
	known   []Record
	place   map[string]int // of known, by id
	handed  int            // by this process
	existed bool
}

// appender is the part of an open file that a File needs.
type appender interface {
	Write([]byte) (int, error)
	Sync() error
	Close() error
}

// openFile opens or makes a file, and its folder.
func openFile(path string, seal sealer) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open password file: %w", err)
	}
	f := &File{path: path, seal: seal, place: map[string]int{}}
	if err := f.recall(); err != nil {
		return nil, err
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open password file: %w", err)
	}
	f.to = to
	if f.existed {
		f.torn = true // nobody knows how the process before ended
		return f, nil
	}
	err = f.append([]byte(f.header()))
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		to.Close()
		os.Remove(path) // nothing is in it
		return nil, fmt.Errorf("open password file: %w", err)
	}
	return f, nil
}

// recall reads what an earlier process handed over in the same run.
func (f *File) recall() error {
	r, err := os.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open password file: %w", err)
	}
	defer r.Close() // read only
	read, err := Read(r)
	if err != nil {
		return fmt.Errorf("open password file %s: %w", f.path, err)
	}
	f.existed = true
	for _, x := range read.Records {
		f.remember(x)
	}
	return nil
}

func (f *File) remember(r Record) {
	r.Block = nil // only readers need it
	f.place[r.ID] = len(f.known)
	f.known = append(f.known, r)
}

func (f *File) header() string {
	var b strings.Builder
	b.WriteString("# First passwords of new accounts. Each block is encrypted by itself; the file is only appended to.\n")
	fmt.Fprintf(&b, "# Read it with: coexist passwords reveal %q\n", filepath.Base(f.path))
	for _, w := range f.seal.who() {
		fmt.Fprintf(&b, "# For: %s\n", strings.Map(printable, w))
	}
	return b.String()
}

// printable keeps the lines of a header whole.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// Path gives the file's path.
func (f *File) Path() string { return f.path }

// Handed gives how many passwords this process handed over that are not void.
func (f *File) Handed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.known[len(f.known)-f.handed:] {
		if r.Outcome != Void {
			n++
		}
	}
	return n
}

// Put implements Sink.
func (f *File) Put(_ context.Context, e Entry) (string, error) {
	id := rand.Text()
	plain, err := write(id, e)
	if err != nil {
		return "", fmt.Errorf("write password file: %w", err)
	}
	defer clear(plain)
	block, err := f.seal.seal(plain)
	if err != nil {
		return "", fmt.Errorf("write password file: encrypt: %w", err)
	}
	head, err := json.Marshal(entryLine{id, e.Anchor, e.Made.UTC()})
	if err != nil {
		return "", fmt.Errorf("write password file: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.append([]byte(entryMark + string(head) + "\n" + strings.TrimRight(string(block), "\r\n") + "\n")); err != nil {
		return "", fmt.Errorf("write password file: %w", err)
	}
	f.remember(Record{ID: id, Anchor: e.Anchor, Made: e.Made, Outcome: Unsure})
	f.handed++
	return id, nil
}

// append writes whole lines and makes them durable.
func (f *File) append(lines []byte) error {
	if f.torn {
		lines = append([]byte("\n"), lines...)
	}
	_, err := f.to.Write(lines)
	if err == nil {
		err = f.to.Sync()
	}
	f.torn = err != nil
	return err
}

// Settle implements Sink. Unsure is what an entry is without it, and is not written.
func (f *File) Settle(_ context.Context, id string, o Outcome) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settle(id, o)
}

func (f *File) settle(id string, o Outcome) error {
	i, ok := f.place[id]
	if !ok || o == Unsure || f.known[i].Outcome == o {
		return nil
	}
	line, err := json.Marshal(outcomeLine{id, o})
	if err == nil {
		err = f.append([]byte(outcomeMark + string(line) + "\n"))
	}
	if err != nil {
		return fmt.Errorf("write outcome to password file: %w", err)
	}
	f.known[i].Outcome = o
	return nil
}

// Conclude settles what is unsure by what the journal of the run says of each anchor, also of entries that a process wrote
// which was cut off.
func (f *File) Conclude(outcome func(anchor string) Outcome) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	for id, o := range conclude(f.known, outcome) {
		all = append(all, f.settle(id, o))
	}
	return errors.Join(all...)
}

// conclude gives the outcomes of the records that are unsure, by id, as far as can be told. Of several passwords for one
// account only one is right. Where one is known to be, the others are void; where two may be, nobody can tell.
func conclude(list []Record, outcome func(anchor string) Outcome) map[string]Outcome {
	made, unsure := map[string]int{}, map[string]int{}
	for _, r := range list {
		switch r.Outcome {
		case Made:
			made[r.Anchor]++
		case Unsure:
			unsure[r.Anchor]++
		}
	}
	out := map[string]Outcome{}
	for _, r := range list {
		if r.Outcome != Unsure {
			continue
		}
		o := Void
		if made[r.Anchor] == 0 {
			o = outcome(r.Anchor)
		}
		if o == Void || o == Made && unsure[r.Anchor] == 1 {
			out[r.ID] = o
		}
	}
	return out
}

// Close implements Sink. A file without passwords is removed.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to == nil {
		return nil
	}
	err := f.to.Close()
	f.to = nil
	if !f.existed && len(f.known) == 0 && !f.torn {
		os.Remove(f.path) // it may as well stay
	}
	if err != nil {
		return fmt.Errorf("close password file: %w", err)
	}
	return nil
}

// syncFolder makes the name of a new file durable. Windows does so itself.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
