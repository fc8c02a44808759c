package odata

import (
	"fmt"
	"strings"
)

// ParseSearch reads the value of $search as directory objects take it: clauses of the form "property:text" in quotes,
// joined by AND and OR, with parentheses. Every clause becomes a node of the operator Word.
//
// Source: Microsoft Graph, "use the $search query parameter", directory object collections.
func ParseSearch(search string) (*Node, error) {
	p := &searcher{rest: strings.TrimSpace(search)}
	n, err := p.or(0)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err != nil {
		return nil, fmt.Errorf("syntax error: %w", err)
	}
	return n, nil
}

type searcher struct{ rest string }

// take consumes a prefix and the white space after it.
func (p *searcher) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = strings.TrimSpace(rest)
	}
	return ok
}

func (p *searcher) or(depth int) (*Node, error) {
	left, err := p.and(depth)
	for err == nil && p.take("OR") {
		var right *Node
		if right, err = p.and(depth); err == nil {
			left = &Node{Op: Or, Kids: []*Node{left, right}}
		}
	}
	return left, err
}

func (p *searcher) and(depth int) (*Node, error) {
	left, err := p.clause(depth)
	for err == nil && p.take("AND") {
		var right *Node
		if right, err = p.clause(depth); err == nil {
			left = &Node{Op: And, Kids: []*Node{left, right}}
		}
	}
	return left, err
}

func (p *searcher) clause(depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if p.take("(") {
		n, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("missing closing parenthesis")
		}
		return n, err
	}
	body, ok := strings.CutPrefix(p.rest, `"`)
	if !ok {
		return nil, fmt.Errorf("a clause stands in quotes")
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '\\' && i+1 < len(body):
			i++
			b.WriteByte(body[i])
		case c == '"':
			p.rest = strings.TrimSpace(body[i+1:])
			path, text, ok := strings.Cut(b.String(), ":")
			if !ok || path == "" || text == "" {
				return nil, fmt.Errorf("a clause has the form \"property:text\"")
			}
			return &Node{Op: Word, Path: path, Values: []Value{Text(text)}}, nil
		default:
			b.WriteByte(c)
		}
	}
	return nil, fmt.Errorf("unterminated clause")
}

// words reports whether every word of the sought text begins a word of the value.
func words(value, sought string) bool {
	split := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" .,-_@&/\\'\"()", r) })
	}
	have := split(value)
	for _, w := range split(sought) {
		found := false
		for _, h := range have {
			found = found || strings.HasPrefix(h, w)
		}
		if !found {
			return false
		}
	}
	return true
}
