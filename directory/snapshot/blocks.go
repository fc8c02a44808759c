package snapshot

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"hash"
	"io"
)

// Blocks cut a stream into pieces that are compressed each on its own: the compressed length as an unsigned varint, never
// 0, then that many bytes of DEFLATE (RFC 1951), which unpack to at most blockSize bytes. A length of 0 ends the stream.
// Lengths are known before anything is read, so neither a cut nor a bomb goes unnoticed.
const (
	blockSize = 1 << 20
	// maxPacked bounds a compressed block: DEFLATE adds 5 bytes for every 65,535 that it cannot compress.
	maxPacked = blockSize + blockSize/1000 + 64
)

// blockWriter writes blocks. After an error it writes nothing more.
type blockWriter struct {
	w      io.Writer
	plain  []byte
	packed bytes.Buffer
	flate  *flate.Writer
	err    error
}

func newBlockWriter(w io.Writer) *blockWriter {
	b := &blockWriter{w: w, plain: make([]byte, 0, blockSize)}
	b.flate, b.err = flate.NewWriter(&b.packed, flate.BestSpeed)
	return b
}

// Write implements io.Writer.
func (b *blockWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && b.err == nil {
		k := min(len(p), blockSize-len(b.plain))
		b.plain, p = append(b.plain, p[:k]...), p[k:]
		if len(b.plain) == blockSize {
			b.flush()
		}
	}
	if b.err != nil {
		return 0, b.err
	}
	return n, nil
}

func (b *blockWriter) flush() {
	b.packed.Reset()
	b.flate.Reset(&b.packed)
	b.flate.Write(b.plain) // into memory; a fault of the compressor itself is told by Close
	if b.err = b.flate.Close(); b.err == nil {
		b.err = writeText(b.w, b.packed.Bytes())
	}
	b.plain = b.plain[:0]
}

// Close writes what is left and the end.
func (b *blockWriter) Close() error {
	if len(b.plain) > 0 && b.err == nil {
		b.flush()
	}
	if b.err == nil {
		b.err = writeText(b.w, nil)
	}
	return b.err
}

// blockReader reads blocks. A goroutine of its own unpacks the next ones while one is read.
type blockReader struct {
	in     *summed
	packed bytes.Buffer
	flate  io.ReadCloser
	blocks chan block
	spare  chan *bytes.Buffer // used up blocks
	done   chan struct{}
	plain  *bytes.Buffer // what is left of the block at hand
	err    error         // why no other follows
}

// block is what a block unpacks to, or why there is none: io.EOF at the end of the stream.
type block struct {
	plain *bytes.Buffer
	err   error
}

// blocksAhead bounds how many blocks wait unpacked.
const blocksAhead = 4

func newBlockReader(in *summed) *blockReader {
	b := &blockReader{in: in, flate: flate.NewReader(bytes.NewReader(nil)), blocks: make(chan block, blocksAhead),
		spare: make(chan *bytes.Buffer, blocksAhead), done: make(chan struct{}), plain: &bytes.Buffer{}}
	go b.ahead()
	return b
}

// stop ends the goroutine; in may be read again once fill has given an error.
func (b *blockReader) stop() { close(b.done) }

// ahead unpacks block after block.
func (b *blockReader) ahead() {
	defer close(b.blocks)
	for {
		plain, err := b.next()
		select {
		case b.blocks <- block{plain, err}:
		case <-b.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// next reads and unpacks one block; io.EOF at the end of the stream.
func (b *blockReader) next() (*bytes.Buffer, error) {
	n, err := readUvarint(b.in)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.EOF
	}
	if n > maxPacked {
		return nil, fmt.Errorf("%w: a block of %d bytes", ErrDamaged, n)
	}
	b.packed.Reset()
	if _, err := io.CopyN(&b.packed, b.in, int64(n)); err != nil {
		return nil, damaged(err)
	}
	return b.unpack()
}

func (b *blockReader) unpack() (*bytes.Buffer, error) {
	if err := b.flate.(flate.Resetter).Reset(&b.packed, nil); err != nil {
		return nil, err
	}
	var plain *bytes.Buffer
	select {
	case plain = <-b.spare:
		plain.Reset()
	default:
		plain = &bytes.Buffer{}
	}
	n, err := plain.ReadFrom(io.LimitReader(b.flate, blockSize+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if n == 0 || n > blockSize || b.packed.Len() > 0 {
		return nil, fmt.Errorf("%w: a block that unpacks to %d bytes", ErrDamaged, n)
	}
	return plain, nil
}

// fill takes the next block once the last one is used up; io.EOF at the end of the stream.
func (b *blockReader) fill() error {
	if b.plain.Len() > 0 {
		return nil
	}
	if b.err != nil {
		return b.err
	}
	next := <-b.blocks
	if next.err != nil {
		b.err = next.err
		return b.err
	}
	select {
	case b.spare <- b.plain:
	default:
	}
	b.plain = next.plain
	return nil
}

// Read implements io.Reader.
func (b *blockReader) Read(p []byte) (int, error) {
	if err := b.fill(); err != nil {
		return 0, err
	}
	return b.plain.Read(p)
}

// ReadByte implements io.ByteReader.
func (b *blockReader) ReadByte() (byte, error) {
	if err := b.fill(); err != nil {
		return 0, err
	}
	return b.plain.ReadByte()
}

// end holds that the stream ends here.
func (b *blockReader) end() error {
	switch err := b.fill(); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("%w: something follows the last object", ErrDamaged)
	default:
		return err
	}
}

// summed reads a file and sums what was read.
type summed struct {
	r   *bufio.Reader
	sum hash.Hash
}

// Read implements io.Reader.
func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.sum.Write(p[:n])
	return n, err
}

// ReadByte implements io.ByteReader.
func (s *summed) ReadByte() (byte, error) {
	c, err := s.r.ReadByte()
	if err == nil {
		s.sum.Write([]byte{c})
	}
	return c, err
}

// full fills p, or says that the file is cut.
func (s *summed) full(p []byte) error {
	_, err := io.ReadFull(s, p)
	return damaged(err)
}
