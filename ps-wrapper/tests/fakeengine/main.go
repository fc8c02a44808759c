// Command fakeengine plays an engine that misbehaves, for the tests of the PowerShell module. It replays the fixture that
// $FAKE_SCENARIO names and writes what it saw to the file that $FAKE_RECORD names.
//
// A line of a fixture is sent as it stands, with its number, unless it is a directive:
//
//	{"$sleep":seconds} {"$stderr":bytes} {"$raw":text} {"$pad":characters} {"$exit":code} {"$noseq":true}
//	{"$repeat":n,"line":{...}}   n times, %d in it is the number
//	{"$hang":true}               until the input ends
//	{"$atend":"exit"|"finish"|"ignore"}  what the end of the input does: end at once, end with a result, nothing
//	{"$deaf":true}               never read the request
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// seen is what the engine saw.
type seen struct {
	PID      int      `json:"pid"`
	Args     []string `json:"args"`
	Environ  []string `json:"environ"`
	Folder   string   `json:"folder"`
	Request  string   `json:"request"`
	BOM      bool     `json:"bom"`
	Ended    int64    `json:"ended"`    // when the input ended, Unix milliseconds; 0 for not yet
	Finished bool     `json:"finished"` // the whole fixture was played, or cut off cleanly
	Lines    int      `json:"lines"`    // of the last repeat
}

type player struct {
	mu    sync.Mutex
	seen  seen
	path  string
	out   *bufio.Writer
	seq   int
	noseq bool
	mode  string
	end   chan struct{}
}

func main() {
	os.Exit((&player{path: os.Getenv("FAKE_RECORD"), out: bufio.NewWriterSize(os.Stdout, 64<<10), mode: "exit", end: make(chan struct{})}).play())
}

func (p *player) save(change func(*seen)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.seen)
	if p.path == "" {
		return
	}
	b, err := json.Marshal(p.seen)
	if err == nil {
		err = os.WriteFile(p.path+".tmp", b, 0o600)
	}
	if err == nil {
		err = os.Rename(p.path+".tmp", p.path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeengine:", err)
		os.Exit(99)
	}
}

func (p *player) play() int {
	folder, _ := os.Getwd()
	p.save(func(s *seen) { s.PID, s.Args, s.Environ, s.Folder = os.Getpid(), os.Args, os.Environ(), folder })
	b, err := os.ReadFile(os.Getenv("FAKE_SCENARIO"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeengine:", err)
		return 99
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	for _, l := range lines {
		var d struct {
			Mode string `json:"$atend"`
			Deaf bool   `json:"$deaf"`
		}
		if json.Unmarshal(l, &d) == nil && d.Mode != "" {
			p.mode = d.Mode
		}
		if d.Deaf {
			time.Sleep(time.Minute)
		}
	}
	in := bufio.NewReader(os.Stdin)
	request, _ := in.ReadString('\n')
	p.save(func(s *seen) {
		s.BOM, s.Request = strings.HasPrefix(request, "\ufeff"), strings.TrimPrefix(request, "\ufeff")
	})
	go p.watch(in)
	code := 0
	for _, l := range lines {
		if p.cut() {
			break
		}
		p.line(l, &code)
	}
	if p.cut() {
		code = 130
		p.send([]byte(`{"k":"result","status":"cancelled","exit":130}`))
	}
	p.out.Flush()
	p.save(func(s *seen) { s.Finished = true })
	return code
}

// watch waits for the end of the input.
func (p *player) watch(in io.Reader) {
	io.Copy(io.Discard, in)
	p.save(func(s *seen) { s.Ended = time.Now().UnixMilli() })
	if p.mode == "exit" {
		os.Exit(130)
	}
	close(p.end)
}

// cut reports whether the rest is left out because the input ended.
func (p *player) cut() bool {
	if p.mode != "finish" {
		return false
	}
	select {
	case <-p.end:
		return true
	default:
		return false
	}
}

func (p *player) line(l []byte, code *int) {
	var d struct {
		Sleep  float64         `json:"$sleep"`
		Stderr int             `json:"$stderr"`
		Raw    *string         `json:"$raw"`
		Pad    int             `json:"$pad"`
		Exit   *int            `json:"$exit"`
		NoSeq  bool            `json:"$noseq"`
		Repeat int             `json:"$repeat"`
		Line   json.RawMessage `json:"line"`
		Hang   bool            `json:"$hang"`
		Mode   string          `json:"$atend"`
	}
	if json.Unmarshal(l, &d) != nil || !bytes.HasPrefix(l, []byte(`{"$`)) {
		p.send(l)
		p.out.Flush()
		return
	}
	switch {
	case d.Sleep > 0:
		p.out.Flush()
		time.Sleep(time.Duration(d.Sleep * float64(time.Second)))
	case d.Stderr > 0:
		p.out.Flush()
		io.CopyN(os.Stderr, strings.NewReader(strings.Repeat("panic: flood\n", d.Stderr/13+1)), int64(d.Stderr))
	case d.Raw != nil:
		p.out.WriteString(*d.Raw + "\n")
	case d.Pad > 0:
		p.send([]byte(`{"k":"record","type":"SyncValidation","v":1,"data":{"Identity":"pad","ValidationStatus":"Error","DisplayName":"` + strings.Repeat("x", d.Pad) + `"}}`))
	case d.Exit != nil:
		*code = *d.Exit
	case d.NoSeq:
		p.noseq = true
	case d.Repeat > 0:
		for i := range d.Repeat {
			if p.send(bytes.ReplaceAll(d.Line, []byte("%d"), []byte(fmt.Sprint(i)))); p.cut() {
				p.save(func(s *seen) { s.Lines = i + 1 })
				return
			}
		}
		p.save(func(s *seen) { s.Lines = d.Repeat })
	case d.Hang:
		p.out.Flush()
		<-p.end
		if p.mode == "ignore" {
			time.Sleep(time.Minute)
		}
	}
}

// send writes a line with its number behind its kind.
func (p *player) send(l []byte) {
	p.seq++
	if !p.noseq && !bytes.Contains(l, []byte(`"seq":`)) {
		if i := bytes.IndexByte(l, ','); i > 0 {
			l = fmt.Appendf(nil, "%s,\"seq\":%d%s", l[:i], p.seq, l[i:])
		} else {
			l = fmt.Appendf(nil, "%s,\"seq\":%d}", bytes.TrimSuffix(l, []byte("}")), p.seq)
		}
	}
	p.out.Write(l)
	p.out.WriteByte('\n')
}
