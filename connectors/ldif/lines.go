package ldif

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxLine bounds one unfolded line: a photograph or certificate is far smaller.
const maxLine = 16 << 20

var errLong = fmt.Errorf("a line of more than %d MiB", maxLine>>20)

// errCut says that a file ends where no export does.
var errCut = errors.New("the file ends within a line: the export is cut short")

// line is one line, unfolded. A text that begins with a space is a continuation with nothing before it.
type line struct {
	number int // of its first physical line, from 1
	text   string
}

// lines reads unfolded lines.
type lines struct {
	in     *bufio.Reader
	number int // physical lines read so far
	buf    []byte
}

// newLines looks through a byte order mark. ldifde -u writes UTF-16.
func newLines(r io.Reader) *lines {
	in := bufio.NewReaderSize(r, 1<<16)
	mark, _ := in.Peek(3) // an error comes again with the first read
	switch {
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}) || bytes.HasPrefix(mark, []byte{0xfe, 0xff}):
		in = bufio.NewReaderSize(transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()), 1<<16)
	case bytes.HasPrefix(mark, []byte{0xef, 0xbb, 0xbf}):
		in.Discard(3) // they were peeked at
	}
	return &lines{in: in}
}

// next gives the next line; io.EOF after the last.
func (l *lines) next() (line, error) {
	l.buf = l.buf[:0]
	if err := l.physical(); err != nil {
		return line{}, err
	}
	number := l.number
	if len(l.buf) > 0 {
		if err := l.unfold(); err != nil {
			return line{}, err
		}
	}
	return line{number, string(l.buf)}, nil
}

// unfold appends the continuations that follow.
func (l *lines) unfold() error {
	for {
		next, err := l.in.Peek(1)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if next[0] != ' ' {
			return nil
		}
		l.in.Discard(1) // it was peeked at
		if err := l.physical(); err != nil {
			return err
		}
	}
}

// physical appends the next physical line without its end.
func (l *lines) physical() error {
	start := len(l.buf)
	for {
		part, err := l.in.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		if len(l.buf) > maxLine {
			return errLong
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == io.EOF && len(l.buf) > start {
			l.number++
			return errCut
		}
		if err != nil {
			return err
		}
		l.number++
		piece := bytes.TrimSuffix(l.buf[start:len(l.buf)-1], []byte("\r"))
		l.buf = l.buf[:start+len(piece)]
		return nil
	}
}
