package odata

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Op is an operator of a filter, as OData spells it in lower case.
type Op string

// The operators.
const (
	Eq         Op = "eq"
	Ne         Op = "ne"
	Ge         Op = "ge"
	Le         Op = "le"
	Gt         Op = "gt"
	Lt         Op = "lt"
	In         Op = "in"
	StartsWith Op = "startswith"
	EndsWith   Op = "endswith"
	And        Op = "and"
	Or         Op = "or"
	Not        Op = "not"
	Any        Op = "any"
	Word       Op = "word" // of $search: words of the text begin words of the value
)

// Node is one operation. And and Or have two Kids, Not one. Any has one, or none for any(); Path is then the collection
// and Var the lambda variable, by which the kid's Path begins. The others compare the value at Path with Values, of which
// In has one or more and the rest exactly one.
type Node struct {
	Op     Op
	Path   string
	Var    string
	Values []Value
	Kids   []*Node
}

const maxDepth = 50

type parser struct {
	tokens []token
	pos    int
	depth  int
}

// Parse reads a filter.
func Parse(filter string) (*Node, error) {
	tokens, err := lex(filter)
	if err != nil {
		return nil, fmt.Errorf("syntax error: %w", err)
	}
	p := &parser{tokens: tokens}
	n, err := p.or()
	if err == nil && p.peek().kind != endToken {
		err = p.unexpected()
	}
	if err != nil {
		return nil, fmt.Errorf("syntax error: %w", err)
	}
	return n, nil
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) next() token {
	t := p.tokens[p.pos]
	if t.kind != endToken {
		p.pos++
	}
	return t
}

func (p *parser) unexpected() error {
	t := p.peek()
	if t.kind == endToken {
		return fmt.Errorf("unexpected end of the filter")
	}
	return fmt.Errorf("unexpected %q at position %d", t.text, t.at)
}

// word consumes a word in any case.
func (p *parser) word(w Op) bool {
	if t := p.peek(); t.kind == wordToken && strings.EqualFold(t.text, string(w)) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) punct(s string) error {
	if t := p.peek(); t.kind != punctToken || t.text != s {
		return p.unexpected()
	}
	p.pos++
	return nil
}

func (p *parser) or() (*Node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	return p.chain(Or, p.and)
}

func (p *parser) and() (*Node, error) { return p.chain(And, p.not) }

func (p *parser) chain(op Op, operand func() (*Node, error)) (*Node, error) {
	left, err := operand()
	for err == nil && p.word(op) {
		var right *Node
		if right, err = operand(); err == nil {
			left = &Node{Op: op, Kids: []*Node{left, right}}
		}
	}
	return left, err
}

func (p *parser) not() (*Node, error) {
	if !p.word(Not) {
		return p.primary()
	}
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	kid, err := p.not()
	return &Node{Op: Not, Kids: []*Node{kid}}, err
}

func (p *parser) primary() (*Node, error) {
	if t := p.peek(); t.kind == punctToken && t.text == "(" {
		p.pos++
		n, err := p.or()
		if err == nil {
			err = p.punct(")")
		}
		return n, err
	}
	t := p.next()
	if t.kind != wordToken {
		p.pos = max(p.pos-1, 0)
		return nil, p.unexpected()
	}
	for _, f := range []Op{StartsWith, EndsWith} {
		if strings.EqualFold(t.text, string(f)) && p.peek().text == "(" {
			return p.call(f)
		}
	}
	if path, ok := cutSuffixFold(t.text, "/any"); ok {
		return p.any(path)
	}
	return p.comparison(t.text)
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n > 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}

// call reads the arguments of startsWith or endsWith.
func (p *parser) call(op Op) (*Node, error) {
	if err := p.punct("("); err != nil {
		return nil, err
	}
	path := p.next()
	if path.kind != wordToken {
		return nil, fmt.Errorf("%s needs a property as its first argument", op)
	}
	if err := p.punct(","); err != nil {
		return nil, err
	}
	v, err := p.literal()
	if err != nil {
		return nil, err
	}
	n := &Node{Op: op, Path: path.text, Values: []Value{v}}
	if err := p.punct(")"); err != nil {
		return nil, err
	}
	if p.word(Eq) { // startsWith(a,'b') eq true is the same
		if !p.word("true") {
			return nil, p.unexpected()
		}
	}
	return n, nil
}

// any reads any() or any(x:…).
func (p *parser) any(path string) (*Node, error) {
	if err := p.punct("("); err != nil {
		return nil, err
	}
	n := &Node{Op: Any, Path: path}
	if p.peek().text == ")" {
		p.pos++
		return n, nil
	}
	v := p.next()
	if v.kind != wordToken {
		return nil, fmt.Errorf("any needs a variable")
	}
	n.Var = v.text
	if err := p.punct(":"); err != nil {
		return nil, err
	}
	kid, err := p.or()
	if err != nil {
		return nil, err
	}
	n.Kids = []*Node{kid}
	return n, p.punct(")")
}

func (p *parser) comparison(path string) (*Node, error) {
	t := p.next()
	op := Op(strings.ToLower(t.text))
	switch op {
	case Eq, Ne, Ge, Le, Gt, Lt:
		v, err := p.literal()
		return &Node{Op: op, Path: path, Values: []Value{v}}, err
	case In:
		return p.in(path)
	}
	p.pos = max(p.pos-1, 0)
	return nil, p.unexpected()
}

func (p *parser) in(path string) (*Node, error) {
	if err := p.punct("("); err != nil {
		return nil, err
	}
	n := &Node{Op: In, Path: path}
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		n.Values = append(n.Values, v)
		if p.peek().text != "," || p.peek().kind != punctToken {
			return n, p.punct(")")
		}
		p.pos++
	}
}

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// literal reads a text, true, false, null, a number, a time or a GUID; the latter two count as texts in their own form.
func (p *parser) literal() (Value, error) {
	t := p.next()
	if t.kind == textToken {
		return Text(t.text), nil
	}
	if t.kind != wordToken {
		p.pos = max(p.pos-1, 0)
		return Value{}, p.unexpected()
	}
	switch strings.ToLower(t.text) {
	case "true":
		return Truth(true), nil
	case "false":
		return Truth(false), nil
	case "null":
		return Value{}, nil
	}
	if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
		return Number(n), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, t.text); err == nil {
		return Time(at), nil
	}
	if guidForm.MatchString(t.text) {
		return Text(strings.ToLower(t.text)), nil
	}
	return Value{}, fmt.Errorf("%q at position %d is not a literal", t.text, t.at)
}
