package strictyaml

import (
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// Script is a text in another language, such as an expression, with the place of each of its characters in the file, so
// that a mistake inside it can be shown where the author wrote it.
type Script struct {
	Text string
	doc  *Doc
	at   []place // by character of Text, and one more for its end
	cut  bool    // a comment follows
}

type place struct{ line, col int }

// Script gives a text with the places of its characters: for plain, quoted and block scalars alike, over several lines too.
func (v Value) Script() Script {
	if !v.is(yaml.ScalarNode, "an expression") {
		return Script{}
	}
	s := Script{Text: v.node.Value, doc: v.doc}
	line, col := v.node.Line, v.node.Column
	if v.node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		line, col = line+1, 1 // the text begins in the line after the indicator
	}
	r := &reader{doc: v.doc, line: line, col: col, quote: quoteOf(v.node)}
	s.at = align(r, s.Text)
	s.cut = v.node.Style == 0 && strings.HasPrefix(strings.TrimLeft(r.restOfLine(), " \t"), "#")
	return s
}

// Cut reports whether the text is a plain scalar that ends where a comment begins: a # after a blank begins one, unless
// the scalar is in quotes.
func (s Script) Cut() bool { return s.cut }

// File gives the file that the text stands in, "" for the zero Script.
func (s Script) File() string {
	if s.doc == nil {
		return ""
	}
	return s.doc.file
}

// Position gives line and column, from 1, of the character at offset, which counts characters of Text from 0. An offset
// beyond the end is the end.
func (s Script) Position(offset int) (line, col int) {
	if len(s.at) == 0 {
		return 0, 0
	}
	p := s.at[max(0, min(offset, len(s.at)-1))]
	return p.line, p.col
}

// Problemf notes a problem at an offset, with a hint that may be "".
func (s Script) Problemf(offset int, hint, format string, args ...any) {
	if s.doc != nil {
		line, col := s.Position(offset)
		s.doc.note(line, col, hint, format, args...)
	}
}

func quoteOf(n *yaml.Node) rune {
	switch {
	case n.Style&yaml.SingleQuotedStyle != 0:
		return '\''
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return '"'
	}
	return 0
}

// align finds each character of a scalar's text in the raw lines. The text differs from the lines in its white space
// (indentation is dropped, line breaks are folded) and in quoted scalars' escapes; everything else is the same letter for
// letter, so both are walked side by side. A character of white space may stand for several, or for none.
func align(r *reader, text string) []place {
	var out []place
	if r.quote != 0 {
		r.next() // the opening quote
	}
	for _, c := range text {
		ch, at, ok := r.peek()
		for ok && ch != c && unicode.IsSpace(ch) {
			r.next()
			ch, at, ok = r.peek()
		}
		out = append(out, at)
		if ok && ch == c {
			r.next()
		}
	}
	_, end, _ := r.peek()
	return append(out, end)
}

// reader reads the characters of a scalar from the raw lines, escapes decoded.
type reader struct {
	doc       *Doc
	line, col int // of the next character, from 1
	quote     rune
	runes     []rune // of the line
	of        int    // the line that runes are of
}

// peek gives the next character and its place; at the end of the file ok is false. A line break is '\n'.
func (r *reader) peek() (ch rune, at place, ok bool) {
	ch, _ = r.read()
	return ch, place{r.line, r.col}, r.line <= len(r.doc.lines)
}

// restOfLine gives what follows in the current line.
func (r *reader) restOfLine() string {
	l := []rune(r.doc.Line(r.line))
	return string(l[min(r.col-1, len(l)):])
}

// next steps over the next character.
func (r *reader) next() {
	ch, width := r.read()
	if ch == '\n' && width == 0 {
		r.line, r.col = r.line+1, 1
		return
	}
	r.col += width
}

// read decodes the character at the current place and gives how many raw characters it takes; 0 for a line break.
func (r *reader) read() (ch rune, width int) {
	if r.of != r.line {
		r.runes, r.of = []rune(r.doc.Line(r.line)), r.line
	}
	if r.col > len(r.runes) {
		return '\n', 0
	}
	rest := r.runes[r.col-1:]
	switch {
	case r.quote == '\'' && rest[0] == '\'' && len(rest) > 1 && rest[1] == '\'':
		return '\'', 2
	case r.quote == '"' && rest[0] == '\\':
		return escape(rest)
	}
	return rest[0], 1
}

// escapes are the single-character escapes of double-quoted scalars, YAML 1.1 §5.7.
var escapes = map[rune]rune{'0': 0, 'a': 7, 'b': 8, 't': 9, '\t': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13, 'e': 27, ' ': ' ', '"': '"',
	'/': '/', '\\': '\\', 'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029}

// escape decodes an escape sequence. A backslash at the end of a line stands for no character; it is given as a space,
// which align passes over.
func escape(rest []rune) (rune, int) {
	if len(rest) == 1 {
		return ' ', 1
	}
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
	if digits == 0 {
		return escapes[rest[1]], 2
	}
	if len(rest) < 2+digits {
		return rest[0], 1
	}
	n, err := strconv.ParseUint(string(rest[2:2+digits]), 16, 32)
	if err != nil {
		return rest[0], 1
	}
	return rune(n), 2 + digits
}
