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

// blockReader reads blocks.
type blockReader struct {
	in     *summed
	packed bytes.Buffer
	plain  bytes.Buffer
	flate  io.ReadCloser
	ended  bool
}

func newBlockReader(in *summed) *blockReader {
	return &blockReader{in: in, flate: flate.NewReader(bytes.NewReader(nil))}
}

// fill reads the next block once the last one is used up; io.EOF at the end of the stream.
func (b *blockReader) fill() error {
	if b.plain.Len() > 0 {
		return nil
	}
	if b.ended {
		return io.EOF
	}
	n, err := readUvarint(b.in)
	if err != nil {
		return err
	}
	if n == 0 {
		b.ended = true
		return io.EOF
	}
	if n > maxPacked {
		return fmt.Errorf("%w: a block of %d bytes", ErrDamaged, n)
	}
	b.packed.Reset()
	if _, err := io.CopyN(&b.packed, b.in, int64(n)); err != nil {
		return damaged(err)
	}
	return b.unpack()
}

func (b *blockReader) unpack() error {
	if err := b.flate.(flate.Resetter).Reset(&b.packed, nil); err != nil {
		return err
	}
	b.plain.Reset()
	n, err := b.plain.ReadFrom(io.LimitReader(b.flate, blockSize+1))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if n == 0 || n > blockSize || b.packed.Len() > 0 {
		return fmt.Errorf("%w: a block that unpacks to %d bytes", ErrDamaged, n)
	}
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
