package entrarule

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// tokenKind tells tokens apart.
type tokenKind uint8

const (
	word   tokenKind = iota // names, operators without their hyphen, true, false, null, numbers and dates
	text                    // in quotes
	symbol                  // ( ) [ ] ,
	end
)

type token struct {
	kind     tokenKind
	text     string // of a text its value; of an operator its name without a hyphen
	hyphen   bool
	from, to int // characters
}

// parser reads a rule. It stops at the first mistake of grammar.
type parser struct {
	rule     []rune
	tokens   []token
	at       int
	depth    int
	problems Problems
}

// maxDepth bounds parentheses and -not within each other.
const maxDepth = 100

func (p *parser) problem(from, to int, format string, args ...any) {
	to = min(max(to, from), len(p.rule))
	part := strings.TrimSpace(string(p.rule[min(from, len(p.rule)):to]))
	if part == "" {
		part = "end of the rule"
	}
	p.problems = append(p.problems, Problem{from, part, fmt.Sprintf(format, args...)})
}

// isHyphen reports whether a character is a hyphen, or one of the dashes that word processors make of it.
func isHyphen(r rune) bool { return r == '-' || r == '–' || r == '—' || r == '−' }

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' || r == '$'
}

// lex splits the rule into tokens.
func (p *parser) lex() {
	for i := 0; i < len(p.rule); {
		r := p.rule[i]
		switch {
		case unicode.IsSpace(r):
			i++
		case strings.ContainsRune("()[],", r):
			p.tokens = append(p.tokens, token{kind: symbol, text: string(r), from: i, to: i + 1})
			i++
		case r == '"' || r == '\'' || r == '“' || r == '”' || r == '`' && i+1 < len(p.rule) && p.rule[i+1] == '"':
			i = p.quoted(i)
			if i < 0 {
				return
			}
		case unicode.IsDigit(r):
			from := i
			for i < len(p.rule) && (wordRune(p.rule[i]) || strings.ContainsRune(":+-", p.rule[i])) {
				i++
			}
			p.tokens = append(p.tokens, token{kind: word, text: string(p.rule[from:i]), from: from, to: i})
		case wordRune(r) || isHyphen(r) && i+1 < len(p.rule) && unicode.IsLetter(p.rule[i+1]):
			t := token{kind: word, from: i, hyphen: isHyphen(r)}
			if t.hyphen {
				i++
			}
			begin := i
			for i < len(p.rule) && wordRune(p.rule[i]) {
				i++
			}
			t.text, t.to = string(p.rule[begin:i]), i
			p.tokens = append(p.tokens, t)
		default:
			p.problem(i, i+1, "this character has no meaning here")
			return
		}
	}
	p.tokens = append(p.tokens, token{kind: end, from: len(p.rule), to: len(p.rule)})
}

// quoted reads a text in quotes and gives the position behind it, -1 when it does not end. A backtick before a double quote
// makes it part of the text, and so do two single quotes in a row; a text that stands between escaped quotes contains them.
func (p *parser) quoted(i int) int {
	from, quote := i, p.rule[i]
	var value []rune
	if quote == '`' {
		value, quote = append(value, '"'), 0
		i++
	}
	for i++; i < len(p.rule); i++ {
		r := p.rule[i]
		next := rune(0)
		if i+1 < len(p.rule) {
			next = p.rule[i+1]
		}
		switch {
		case quote == 0 && r == '`' && next == '"':
			p.tokens = append(p.tokens, token{kind: text, text: string(append(value, '"')), from: from, to: i + 2})
			return i + 2
		case r == '`' && (next == '"' || next == '`' || next == '\'' || next == '$'), quote == '\'' && r == '\'' && next == '\'':
			value = append(value, next)
			i++
		case r == quote, (quote == '“' || quote == '”') && r == '”':
			p.tokens = append(p.tokens, token{kind: text, text: string(value), from: from, to: i + 1})
			return i + 1
		default:
			value = append(value, r)
		}
	}
	p.problem(from, len(p.rule), "the text has no closing quote")
	return -1
}

// node is a part of a rule.
type node struct {
	operator string // and, or, not, any, all, directReports, or that of a comparison in lower case
	parts    []*node
	property string // of comparisons, any and all, as written; _ for the item of a collection
	value    value
	from, to int
}

// value is what a property is compared with.
type value struct {
	kind     valueKind
	text     string
	list     []value
	from, to int
}

type valueKind uint8

const (
	textValue valueKind = iota
	wordValue           // a number, a date, system.now
	truthValue
	nullValue
	listValue
)

// comparisons are the operators between a property and a value.
var comparisons = []string{"eq", "ne", "startswith", "notstartswith", "endswith", "notendswith", "contains", "notcontains", "match", "notmatch",
	"in", "notin", "le", "ge", "lt", "gt"}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// is reports whether the next token is one of some operators, which may be written with or without a hyphen, in any case.
func (p *parser) is(names ...string) bool {
	t := p.peek()
	return t.kind == word && slices.Contains(names, strings.ToLower(t.text))
}

func (p *parser) symbol(s string) bool { t := p.peek(); return t.kind == symbol && t.text == s }

// parse reads the whole rule; nil after a mistake.
func (p *parser) parse() *node {
	if n := p.directReports(); n != nil || len(p.problems) > 0 {
		return n
	}
	n := p.either()
	if t := p.peek(); len(p.problems) == 0 && t.kind != end {
		p.problem(t.from, t.to, "expected -and, -or or the end of the rule")
	}
	return n
}

// directReports reads: Direct Reports for "ID".
func (p *parser) directReports() *node {
	if len(p.tokens) < 5 || !strings.EqualFold(p.tokens[0].text, "direct") || !strings.EqualFold(p.tokens[1].text, "reports") || !strings.EqualFold(p.tokens[2].text, "for") {
		return nil
	}
	id := p.tokens[3]
	if id.kind != text || p.tokens[4].kind != end {
		p.problem(0, len(p.rule), `expected Direct Reports for "ID", which cannot be combined with other parts`)
		return nil
	}
	return &node{operator: "directReports", value: value{text: id.text, from: id.from, to: id.to}, to: len(p.rule)}
}

func (p *parser) either() *node { return p.chain("or", p.both) }

func (p *parser) both() *node { return p.chain("and", p.negation) }

// chain reads parts with one operator between them.
func (p *parser) chain(operator string, part func() *node) *node {
	n := part()
	if n == nil || !p.is(operator) {
		return n
	}
	out := &node{operator: operator, parts: []*node{n}, from: n.from}
	for p.is(operator) {
		p.next()
		n := part()
		if n == nil {
			return nil
		}
		out.parts, out.to = append(out.parts, n), n.to
	}
	return out
}

// deeper counts a level of nesting and gives false beyond the limit.
func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		t := p.peek()
		p.problem(t.from, t.to, "more than %d levels within each other", maxDepth)
		return false
	}
	return true
}

func (p *parser) negation() *node {
	defer func(before int) { p.depth = before }(p.depth)
	if !p.deeper() {
		return nil
	}
	t := p.peek()
	switch {
	case p.is("not"):
		p.next()
		n := p.negation()
		if n == nil {
			return nil
		}
		return &node{operator: "not", parts: []*node{n}, from: t.from, to: n.to}
	case p.symbol("("):
		p.next()
		n := p.either()
		if n == nil {
			return nil
		}
		if !p.symbol(")") {
			x := p.peek()
			p.problem(x.from, x.to, "expected a closing parenthesis for the one at character %d", t.from+1)
			return nil
		}
		p.next()
		return n
	}
	return p.comparison()
}

// comparison reads a property with an operator and what follows it.
func (p *parser) comparison() *node {
	t := p.next()
	if t.kind != word || t.hyphen {
		p.problem(t.from, t.to, "expected a property such as user.department")
		return nil
	}
	n := &node{property: t.text, from: t.from}
	op := p.next()
	n.operator = strings.ToLower(op.text)
	switch {
	case op.kind == word && (n.operator == "any" || n.operator == "all"):
		inner := p.negation()
		if inner == nil {
			return nil
		}
		n.parts, n.to = []*node{inner}, p.tokens[p.at-1].to
		return n
	case op.kind == word && slices.Contains(comparisons, n.operator):
		if !p.value(&n.value) {
			return nil
		}
		n.to = n.value.to
		return n
	}
	p.problem(op.from, op.to, "expected an operator such as -eq")
	return nil
}

// value reads what stands behind an operator.
func (p *parser) value(v *value) bool {
	t := p.next()
	v.from, v.to, v.text = t.from, t.to, t.text
	switch {
	case t.kind == text:
		return true
	case t.kind == symbol && t.text == "[":
		return p.list(v)
	case t.kind == word && !t.hyphen:
		switch strings.TrimPrefix(strings.ToLower(t.text), "$") {
		case "null":
			v.kind = nullValue
		case "true", "false":
			v.kind, v.text = truthValue, strings.TrimPrefix(strings.ToLower(t.text), "$")
		default:
			v.kind = wordValue
			for p.is("plus", "minus") && len(p.tokens) > p.at+1 {
				p.next()
				v.to = p.next().to
			}
		}
		return true
	}
	p.problem(t.from, t.to, "expected a value")
	return false
}

// list reads the values between brackets.
func (p *parser) list(v *value) bool {
	v.kind = listValue
	for !p.symbol("]") {
		var item value
		if len(v.list) > 0 {
			if !p.symbol(",") {
				t := p.peek()
				p.problem(t.from, t.to, "expected a comma or ]")
				return false
			}
			p.next()
		}
		if t := p.peek(); t.kind == symbol || !p.value(&item) {
			if len(p.problems) == 0 {
				p.problem(t.from, t.to, "expected a value")
			}
			return false
		}
		v.list = append(v.list, item)
	}
	v.to = p.next().to
	return true
}
