package snapshot

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A snapshot file is the line fileMagic, then blocks (blocks.go), then the SHA-256 of everything before it. What the
// blocks hold, end to end, is a sequence of texts, each with its length before it as an unsigned varint:
//
//	sources     JSON
//	names       of the attributes that occur, in order of their folded form, after a varint that counts them
//	objects     one record each (record.go), in the order of Snapshot.All, then an empty one
//
// Equal content gives equal bytes, whatever the order in which objects were added.
const fileMagic = "coexist snapshot 1\n"

// ErrDamaged says that a snapshot file is cut short or was altered. Nothing of it can be used.
var ErrDamaged = errors.New("snapshot file is cut short or was altered")

// ErrVersion says that a file is no snapshot file, or one of another version.
var ErrVersion = errors.New("not a snapshot file of version 1")

// maxText bounds one text of the file. The largest are groups: 250,000 members of 200 bytes are 50 MB.
const maxText = 256 << 20

// Save writes the snapshot file. It needs little memory beyond one block and the largest object.
func (s *Snapshot) Save(w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	sum := sha256.New()
	out := io.MultiWriter(buffered, sum)
	if _, err := io.WriteString(out, fileMagic); err != nil {
		return fmt.Errorf("save snapshot: %w", err)
	}
	blocks := newBlockWriter(out)
	if err := s.write(blocks); err != nil {
		return fmt.Errorf("save snapshot: %w", err)
	}
	if err := blocks.Close(); err != nil {
		return fmt.Errorf("save snapshot: %w", err)
	}
	buffered.Write(sum.Sum(nil)) // a failure stays and is told by Flush
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("save snapshot: %w", err)
	}
	return nil
}

// write writes the texts of the file.
func (s *Snapshot) write(w io.Writer) error {
	sources, err := json.Marshal(s.sources)
	if err != nil {
		return err
	}
	if err := writeText(w, sources); err != nil {
		return err
	}
	return s.writeObjects(w)
}

// writeObjects writes names and objects, the part of the file that Digest covers.
func (s *Snapshot) writeObjects(w io.Writer) error {
	names := s.usedNames()
	if _, err := w.Write(binary.AppendUvarint(nil, uint64(len(names)))); err != nil {
		return err
	}
	for _, n := range names {
		if err := writeText(w, []byte(n)); err != nil {
			return err
		}
	}
	pack := newPacker(s.schema, names)
	for o := range s.All() {
		if err := writeText(w, pack.object(o)); err != nil {
			return err
		}
	}
	return writeText(w, nil)
}

// usedNames gives the names of the attributes that occur, in order of the file. The schema may know further ones, of
// objects that were read again later without them.
func (s *Snapshot) usedNames() []string {
	used := make([]bool, len(s.schema.Names()))
	for o := range s.All() {
		for at := range o.All() {
			used[at.Attribute] = true
		}
	}
	var names []string
	for n, name := range s.schema.Names() {
		if used[n] {
			names = append(names, name)
		}
	}
	return canonicalNames(names)
}

func writeText(w io.Writer, b []byte) error {
	var head [binary.MaxVarintLen64]byte
	if _, err := w.Write(head[:binary.PutUvarint(head[:], uint64(len(b)))]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// Digest gives the SHA-256 of all objects with their attributes, whenever and in whatever order they were read. Two
// snapshots of one digest hold the same; the sources are not part of it.
func (s *Snapshot) Digest() [sha256.Size]byte {
	sum := sha256.New()
	w := bufio.NewWriterSize(sum, 1<<16)
	// Neither a digest nor a buffer before it can fail.
	_ = s.writeObjects(w)
	_ = w.Flush()
	return [sha256.Size]byte(sum.Sum(nil))
}

// Load reads a snapshot file: whole, or an error that wraps ErrDamaged or ErrVersion or comes from r.
func Load(r io.Reader) (*Snapshot, error) {
	b := NewBuilder()
	if _, err := b.Load(r); err != nil {
		return nil, err
	}
	return b.Finish()
}

// Load adds the objects and sources of a snapshot file and gives the sources; see the function Load for its errors. On an
// error the builder must be thrown away.
func (b *Builder) Load(r io.Reader) ([]Source, error) {
	in := &summed{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
	before := len(b.sources)
	if err := b.load(in); err != nil {
		return nil, fmt.Errorf("load snapshot: %w", err)
	}
	return slices.Clone(b.sources[before:]), nil
}

func (b *Builder) load(in *summed) error {
	magic := make([]byte, len(fileMagic))
	if err := in.full(magic); err != nil {
		return err
	}
	if string(magic) != fileMagic {
		return ErrVersion
	}
	blocks := newBlockReader(in)
	defer blocks.stop()
	if err := b.read(&texts{r: blocks}); err != nil {
		return err
	}
	if err := blocks.end(); err != nil {
		return err
	}
	return in.verify()
}

// verify holds that the sum of everything read so far follows, and nothing else.
func (in *summed) verify() error {
	want := in.sum.Sum(nil)
	got := make([]byte, sha256.Size)
	if err := in.full(got); err != nil {
		return err
	}
	if _, err := in.r.ReadByte(); err != nil && err != io.EOF {
		return err
	} else if err == nil || string(got) != string(want) {
		return ErrDamaged
	}
	return nil
}

// read reads the texts that write wrote.
func (b *Builder) read(t *texts) error {
	header, err := t.next()
	if err != nil {
		return err
	}
	var sources []Source
	if err := json.Unmarshal([]byte(header), &sources); err != nil {
		return fmt.Errorf("%w: sources: %w", ErrDamaged, err)
	}
	names, err := readNames(t)
	if err != nil {
		return err
	}
	unpack := &unpacker{names: names}
	for {
		record, err := t.next()
		if err != nil {
			return err
		}
		if record == "" {
			break
		}
		kind, guid, attrs, err := unpack.object(record)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if err := b.Add(kind, guid, attrs); err != nil {
			return err
		}
	}
	for _, s := range sources {
		b.AddSource(s)
	}
	return nil
}

func readNames(t *texts) ([]string, error) {
	count, err := readUvarint(t.r)
	if err != nil {
		return nil, err
	}
	var names []string
	for range count {
		n, err := t.next()
		if err != nil {
			return nil, err
		}
		if len(names) > 0 && compareNames(names[len(names)-1], n) >= 0 {
			return nil, fmt.Errorf("%w: attribute %q out of order", ErrDamaged, n)
		}
		names = append(names, n)
	}
	return names, nil
}

// texts reads texts with their length before them.
type texts struct {
	r     *blockReader
	bytes []byte
}

// next reads one text. It takes memory as the bytes come, not as their announced length says.
func (t *texts) next() (string, error) {
	n, err := readUvarint(t.r)
	if err != nil {
		return "", err
	}
	if n > maxText {
		return "", fmt.Errorf("%w: a text of %d bytes", ErrDamaged, n)
	}
	t.bytes = t.bytes[:0]
	for have := 0; have < int(n); have = len(t.bytes) {
		step := min(int(n)-have, blockSize)
		t.bytes = slices.Grow(t.bytes, step)[:have+step]
		if _, err := io.ReadFull(t.r, t.bytes[have:]); err != nil {
			return "", damaged(err)
		}
	}
	return string(t.bytes), nil
}

// readUvarint reads an unsigned varint.
func readUvarint(r io.ByteReader) (uint64, error) {
	var b [binary.MaxVarintLen64]byte
	for i := range b {
		c, err := r.ReadByte()
		if err != nil {
			return 0, damaged(err)
		}
		if b[i] = c; c < 0x80 {
			v, rest, err := cutUvarint(string(b[:i+1]))
			if err != nil || rest != "" {
				return 0, ErrDamaged
			}
			return v, nil
		}
	}
	return 0, ErrDamaged
}

// damaged says of an end before its time that the file is cut; it leaves other errors as they are.
func damaged(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrDamaged
	}
	return err
}
