package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrTooLong says that a line would be longer than MaxLine. Nothing of it was written.
var ErrTooLong = errors.New("line is too long for the wire")

// ErrEnded says that the result was written already.
var ErrEnded = errors.New("the result was written already")

// Encoder writes the lines of one answer. Several goroutines may use it.
type Encoder struct {
	now func() time.Time

	mu    sync.Mutex
	w     io.Writer
	seq   int
	last  time.Time // when the last line was written
	ended bool
}

// NewEncoder writes to w, which gets one Write for each line.
func NewEncoder(w io.Writer, now func() time.Time) *Encoder {
	return &Encoder{w: w, now: now, last: now()}
}

// Write writes a line and gives it its number and time. Behind the result it is ErrEnded.
func (e *Encoder) Write(l Line) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.write(l)
}

func (e *Encoder) write(l Line) error {
	if e.ended {
		return ErrEnded
	}
	at := e.now()
	l.Seq, l.Time = e.seq+1, at.UTC().Format("2006-01-02T15:04:05.000Z")
	b, err := Marshal(l)
	if err != nil {
		return fmt.Errorf("write %s line: %w", l.Kind, err)
	}
	if len(b) > MaxLine {
		return fmt.Errorf("write %s line: %w", l.Kind, ErrTooLong)
	}
	e.seq, e.last, e.ended = l.Seq, at, l.Kind == KindResult
	_, err = e.w.Write(b)
	return err
}

// Ping writes a ping when no line was written for the time given.
func (e *Encoder) Ping(quiet time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended || e.now().Sub(e.last) < quiet {
		return nil
	}
	return e.write(Line{Kind: KindPing})
}

// Record makes a line of one object of the result.
func Record(r Recorded) (Line, error) {
	b, err := Data(r)
	return Line{Kind: KindRecord, Type: r.RecordType(), Version: 1, Data: b}, err
}

// Data gives a value as JSON with the first letter of each name raised.
func Data(v any) (json.RawMessage, error) {
	b, err := Marshal(v)
	if err != nil {
		return nil, err
	}
	return raise(bytes.TrimSuffix(b, []byte("\n"))), nil
}

// Marshal gives a value as one line of JSON, with <, > and & as they are.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// raise raises the first letter of each name in valid JSON without white space between its parts.
func raise(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '"' {
			out = append(out, b[i])
			i++
			continue
		}
		end := i + 1
		for b[end] != '"' {
			if b[end] == '\\' {
				end++
			}
			end++
		}
		end++
		if end < len(b) && b[end] == ':' {
			r, n := utf8.DecodeRune(b[i+1 : end])
			out = utf8.AppendRune(append(out, '"'), unicode.ToUpper(r))
			out = append(out, b[i+1+n:end]...)
		} else {
			out = append(out, b[i:end]...)
		}
		i = end
	}
	return out
}

// DecodeLine decodes one line of an answer.
func DecodeLine(b []byte) (Line, error) {
	var l Line
	if len(b) > MaxLine {
		return l, ErrTooLong
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return l, fmt.Errorf("decode wire line: %w", err)
	}
	if l.Kind == "" || l.Seq < 1 {
		return l, errors.New("decode wire line: it has no kind or no number")
	}
	return l, nil
}

// Now gives the time that lines are stamped with.
func (e *Encoder) Now() time.Time { return e.now() }
