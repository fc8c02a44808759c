package handover

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Record is one entry of a password file, still encrypted.
type Record struct {
	ID      string
	Anchor  string
	Made    time.Time
	Kind    string // type of the block
	Block   []byte
	Outcome Outcome
}

// Contents is what stands in a password file.
type Contents struct {
	Records []Record // in the order in which they were written
	Torn    int      // entries that were not written to their end; the accounts were not asked for
}

// maxBlock bounds an encrypted entry, maxLine a line.
const (
	maxBlock = 64 << 10
	maxLine  = 16 << 10
)

// Read reads a password file. What was written in part is counted and passed over. Outcomes are those that stand in the file.
func Read(r io.Reader) (Contents, error) {
	p := &reading{place: map[string]int{}}
	in := bufio.NewReaderSize(r, maxLine)
	for long := false; ; {
		line, err := in.ReadSlice('\n')
		switch whole := err == nil || errors.Is(err, io.EOF); {
		case !whole && !errors.Is(err, bufio.ErrBufferFull):
			return Contents{}, fmt.Errorf("read password file: %w", err)
		case !whole || long: // a power cut may leave any number of zeros
			p.abandon()
			long = !whole
		default:
			p.line(strings.TrimRight(string(line), "\r\n"))
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	p.abandon()
	return p.Contents, nil
}

// reading is a password file on its way through the reader.
type reading struct {
	Contents
	place map[string]int // of records, by id
	next  *Record        // whose head was read, and whose block is awaited or being read
	block bytes.Buffer
	end   string // line that ends the block; "" outside of one
}

func (p *reading) line(s string) {
	kind, begins := strings.CutPrefix(s, "-----BEGIN ")
	switch {
	case strings.HasPrefix(s, "#"):
		p.abandon()
		p.mark(s)
	case begins:
		if p.end != "" {
			p.abandon()
		}
		if p.next == nil {
			p.next = &Record{}
		}
		p.next.Kind = strings.TrimSuffix(kind, "-----")
		p.end = "-----END " + kind
		p.block.Reset()
		p.block.WriteString(s + "\n")
	case p.end == "":
	case p.block.Len()+len(s) > maxBlock:
		p.abandon()
	default:
		p.block.WriteString(s + "\n")
		if s == p.end {
			p.take()
		}
	}
}

// mark reads a line between the blocks.
func (p *reading) mark(s string) {
	if text, ok := strings.CutPrefix(s, entryMark); ok {
		var e entryLine
		if json.Unmarshal([]byte(text), &e) != nil || e.ID == "" {
			p.Torn++
			return
		}
		p.next = &Record{ID: e.ID, Anchor: e.Anchor, Made: e.Made}
	}
	if text, ok := strings.CutPrefix(s, outcomeMark); ok {
		var o outcomeLine
		if json.Unmarshal([]byte(text), &o) != nil || o.Outcome != Made && o.Outcome != Void {
			return
		}
		if i, ok := p.place[o.ID]; ok {
			p.Records[i].Outcome = o.Outcome
		}
	}
}

// take ends a block that is whole.
func (p *reading) take() {
	r := *p.next
	r.Block, r.Outcome = bytes.Clone(p.block.Bytes()), Unsure
	if r.ID != "" {
		p.place[r.ID] = len(p.Records)
	}
	p.Records = append(p.Records, r)
	p.next, p.end = nil, ""
}

// abandon gives up an entry that was not written to its end.
func (p *reading) abandon() {
	if p.next != nil {
		p.Torn++
	}
	p.next, p.end = nil, ""
}
