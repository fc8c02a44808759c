package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/coexistsync/coexist/engine/secret"
)

// prompt asks a person for secrets. What is typed is not shown.
type prompt struct {
	in  io.Reader
	err io.Writer
}

// asks reports whether there is somebody to ask.
func (p *prompt) asks() bool { return terminal(p.in) }

// ask asks once, and again when it must be typed twice.
func (p *prompt) ask(what string, twice bool) (secret.Text, error) {
	first, err := p.line(what)
	if err != nil || !twice {
		return first, err
	}
	second, err := p.line(what + ", once more")
	if err == nil && first.Reveal() != second.Reveal() {
		err = errors.New("the two are not the same")
	}
	return first, err
}

func (p *prompt) line(what string) (secret.Text, error) {
	f, ok := p.in.(*os.File)
	if !ok || !p.asks() {
		return secret.Text{}, fmt.Errorf("%s is missing, and there is nobody to ask", what)
	}
	fmt.Fprintf(p.err, "%s: ", what)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(p.err)
	defer clear(b)
	if err != nil {
		return secret.Text{}, fmt.Errorf("read %s: %w", what, err)
	}
	return secret.New(string(b)), nil
}

// maxTyped bounds a secret on standard input.
const maxTyped = 64 << 10

// secret asks a person, or reads what a program writes: all of its input, less a line break at the end.
func (p *prompt) secret(what string) (secret.Text, error) {
	if p.asks() {
		return p.ask(what, true)
	}
	b, err := io.ReadAll(io.LimitReader(p.in, maxTyped))
	defer clear(b)
	if err != nil {
		return secret.Text{}, fmt.Errorf("read %s from standard input: %w", what, err)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return secret.Text{}, fmt.Errorf("%s is expected on standard input, which is empty", what)
	}
	return secret.New(text), nil
}
