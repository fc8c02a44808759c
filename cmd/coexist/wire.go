package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coexistsync/coexist/internal/wire"
)

// wireWords gives the command of a call in wire mode: "coexist COMMAND --wire jsonl" and nothing else, since values travel
// in the request.
func wireWords(args []string) (words []string, ok bool, err error) {
	i := slices.IndexFunc(args, func(a string) bool { return a == "--wire" || strings.HasPrefix(a, "--wire=") })
	if i < 0 {
		return nil, false, nil
	}
	words = slices.Clone(args[:i])
	_, form, given := strings.Cut(args[i], "=")
	rest := args[i+1:]
	if !given && len(rest) > 0 {
		form, rest = rest[0], rest[1:]
	}
	switch {
	case form != "jsonl":
		return nil, true, usagef("option --wire: the only form is jsonl")
	case len(rest) > 0 || slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }):
		return nil, true, usagef("with --wire jsonl everything but the command stands in the request on standard input")
	}
	return words, true, nil
}

// answer is one command carried out for a program at the other end of the wire.
type answer struct {
	*wire.Encoder
	request *wire.Request
	shape   shape
	began   time.Time
	came    came // what the document told so far
}

// quiet is after how long without a line a ping says that the command is alive.
const quiet = 5 * time.Second

// serveWire carries out one command for the program at the other end and gives the exit code. On standard output there is
// nothing but the protocol.
func (c *console) serveWire(ctx context.Context, words []string) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &answer{Encoder: wire.NewEncoder(c.out, c.now), began: c.now()}
	in := bufio.NewReaderSize(c.in, 64<<10)
	q, err := wire.ReadRequest(in)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: standard input ended before a request came", wire.ErrRequest)
	}
	op := strings.Join(words, ".")
	if a.Write(wire.Line{Kind: wire.KindHello, Wire: wire.Version, Min: wire.Version, Max: wire.Version, Engine: version, Op: op}) != nil {
		return exitCode(context.Canceled) // nobody listens
	}
	if err != nil {
		return a.end(mark(errUsage, err))
	}
	if q.Op != op {
		return a.end(usagef("%w: op is not the command that was started", wire.ErrRequest))
	}
	a.request = q
	go cancelAtEnd(in, cancel)
	defer a.ping()()
	return a.end(a.carryOut(ctx, c, words))
}

// cancelAtEnd waits for the end of the input, or for a line that asks for the end.
func cancelAtEnd(in *bufio.Reader, cancel func()) {
	defer cancel()
	for {
		line, err := in.ReadSlice('\n')
		if wire.Cancels(line) || err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// ping sees to it that the other end hears something; the function it gives ends that.
func (a *answer) ping() (stop func()) {
	t, done := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-t.C:
				if a.Ping(quiet) != nil {
					return
				}
			case <-done:
				return
			}
		}
	}()
	return func() { t.Stop(); close(done) }
}

// carryOut runs the command as if the request stood on its command line, and turns the JSON document that it writes into
// records.
func (a *answer) carryOut(ctx context.Context, c *console, words []string) error {
	var known bool
	if a.shape, known = shapes[strings.Join(words, " ")]; !known {
		return usagef("%w: %s is not for programs", wire.ErrRequest, strings.Join(words, " "))
	}
	args, leave, err := a.arguments(words)
	if err != nil {
		return err
	}
	defer leave()
	document, w := io.Pipe()
	log := &logLines{to: a}
	inner := &console{in: strings.NewReader(a.request.Secret.Reveal()), out: w, err: log, now: c.now, sleep: c.sleep}
	inner.progress = &progress{w: io.Discard, tell: a.progress()}
	take := a.read
	if a.asText() {
		take = a.readText
	}
	read := make(chan error, 1)
	go func() {
		err := take(document)
		document.CloseWithError(err) // a command that goes on writing is told
		read <- err
	}()
	err = execute(ctx, inner, args)
	w.Close() // never fails
	failed := <-read
	log.flush()
	if failed != nil && !errors.Is(failed, io.EOF) {
		return errors.Join(err, failed)
	}
	return err
}

// arguments gives the command line that the request stands for, and what removes the files of a rehearsal.
func (a *answer) arguments(words []string) (args []string, leave func(), err error) {
	q := a.request
	leave = func() {}
	writes := a.shape.writes || slices.ContainsFunc(a.shape.writing, func(name string) bool { return q.Params[name] != nil })
	if writes && q.Mode != wire.Apply && (q.Mode != wire.WhatIf || a.shape.rehearse == "") {
		return nil, leave, usagef("%w: %s is not possible in mode %s", wire.ErrRequest, q.Op, q.Mode)
	}
	args = slices.Clone(words)
	for _, name := range []string{outputFlag.Name, "o", "help", "h"} {
		if _, given := q.Params[name]; given {
			return nil, leave, usagef("%w: option %s is not for programs", wire.ErrRequest, name)
		}
	}
	if !a.asText() {
		args = append(args, "--"+outputFlag.Name+"=json")
	}
	if q.ConfigPath != "" {
		args = append(args, "--"+configFlag.Name+"="+q.ConfigPath)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Params)) {
		values, err := wire.Texts(q.Params[name])
		if err != nil {
			return nil, leave, usagef("%w: parameter %s: %w", wire.ErrRequest, name, err)
		}
		for _, v := range values {
			args = append(args, "--"+name+"="+v)
		}
	}
	if q.Mode == wire.WhatIf && a.shape.rehearse != "" {
		dir, err := os.MkdirTemp("", "coexist-whatif-")
		if err != nil {
			return nil, leave, err
		}
		leave = func() { os.RemoveAll(dir) } // a temporary folder
		args = append(args, "--"+a.shape.rehearse, "--out="+filepath.Join(dir, "whatif.plan"))
	}
	return append(append(args, "--"), q.Args...), leave, nil
}

// asText reports whether the other end asks for the report as people read it.
func (a *answer) asText() bool {
	return slices.Equal(a.request.Records, []string{wire.ReportLine{}.RecordType()})
}

// readText makes a record of each line of a report.
func (a *answer) readText(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, wire.MaxLine/2)
	for lines.Scan() {
		if err := a.record(wire.ReportLine{Text: lines.Text()}, "line"); err != nil {
			return err
		}
	}
	return lines.Err()
}

// end writes what went wrong and the result, and gives the exit code.
func (a *answer) end(err error) int {
	exit := exitCode(err)
	if err != nil && a.shape.failed != nil {
		a.shape.failed(a, err)
	}
	a.complain(err, exit)
	l := wire.Line{Kind: wire.KindResult, Status: wire.StatusOf(exit), Exit: &exit, DurationMs: a.Now().Sub(a.began).Milliseconds()}
	if a.came.result != nil {
		if b, failed := wire.Data(a.came.result); failed == nil {
			l.Type, l.Version, l.Data = a.came.result.RecordType(), 1, b
		}
	}
	if failed := a.Write(l); errors.Is(failed, wire.ErrTooLong) {
		l.Data = nil
		_ = a.Write(l) // nobody listens
	}
	return exit
}

// progress gives what passes progress on, at most five times a second for each step.
func (a *answer) progress() func(what string, done, total int) {
	most := 5.0
	if hz := a.request.ProgressHz; hz > 0 && hz < most {
		most = hz
	}
	every := time.Duration(float64(time.Second) / most)
	var mu sync.Mutex
	last := map[string]time.Time{}
	return func(what string, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		if at, told := last[what]; told && a.Now().Sub(at) < every {
			return
		}
		last[what] = a.Now()
		pct := -1
		if total > 0 {
			pct = min(100, 100*done/total)
		}
		_ = a.Write(wire.Line{Kind: wire.KindProgress, ID: what, Activity: what, Done: done, Total: total, Pct: &pct}) // nobody listens
	}
}

// logLines makes log lines of what a command says to people.
type logLines struct {
	to   *answer
	mu   sync.Mutex
	rest []byte
}

// Write implements io.Writer.
func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 {
			return len(b), nil
		}
		l.line(l.rest[:i])
		l.rest = l.rest[i+1:]
	}
}

func (l *logLines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(l.rest)
	l.rest = nil
}

func (l *logLines) line(b []byte) {
	if text := strings.TrimSpace(string(b)); text != "" {
		_ = l.to.Write(wire.Line{Kind: wire.KindLog, Level: "info", Message: text}) // nobody listens
	}
}
