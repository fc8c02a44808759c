package odata

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokenKind is the kind of a lexical token.
type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	textToken
	punctToken
)

type token struct {
	kind tokenKind
	text string
	at   int
}

// lex splits a filter into tokens. A text literal is returned without its quotes, ” read as one quote.
func lex(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t':
			i++
		case c == '\'':
			text, n, err := quoted(s[i:])
			if err != nil {
				return nil, fmt.Errorf("%w at position %d", err, i)
			}
			out = append(out, token{textToken, text, i})
			i += n
		case strings.IndexByte("(),:", c) >= 0:
			out = append(out, token{punctToken, s[i : i+1], i})
			i++
		case wordByte(c):
			j := i
			for j < len(s) && (wordByte(s[j]) || s[j] == ':' && bareTime(s[i:j])) {
				j++
			}
			out = append(out, token{wordToken, s[i:j], i})
			i = j
		default:
			r, _ := utf8.DecodeRuneInString(s[i:])
			return nil, fmt.Errorf("unexpected character %q at position %d", r, i)
		}
	}
	return append(out, token{endToken, "", len(s)}), nil
}

// bareTime reports whether the word so far is the beginning of a date and time literal, inside which a colon belongs to
// the word and does not end a lambda variable.
func bareTime(w string) bool {
	return len(w) >= 13 && w[4] == '-' && w[7] == '-' && (w[10] == 'T' || w[10] == 't')
}

func quoted(s string) (text string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("unterminated string literal")
}

func wordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_./-+$@#", c) >= 0
}
