package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
	"gopkg.in/yaml.v3"
)

// turned gives the operator that takes an operator's place in a mutant.
// Of bounds it is the one that is off by one.
var turned = map[string]string{"&&": "||", "||": "&&", "and": "or", "or": "and", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}

// expression makes the mutants of an expression: each operator turned, each element of each list left out.
func (m *mutator) expression(subject, rule string, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		return
	}
	tokens, err := lexer.Lex(file.NewSource(n.Value))
	if err != nil {
		return // not an expression; a set that loads has none
	}
	text, count := []rune(n.Value), map[string]int{}
	for i, t := range tokens {
		if to := turned[t.Value]; to != "" && t.Kind == lexer.Operator {
			count[t.Value]++
			m.rewrite(subject, numbered(t.Value+" to "+to, count[t.Value]), rule, n, t.From, string(text[:t.From])+to+string(text[t.To:]))
		}
		if isListStart(tokens, i) {
			m.listElements(subject, rule, n, text, tokens[i:], count)
		}
	}
}

// numbered tells the second and later mutants of one kind in one expression from the first.
func numbered(what string, n int) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%s, number %d", what, n)
}

// isListStart reports whether a token opens a list rather than selects from something.
func isListStart(tokens []lexer.Token, i int) bool {
	if !tokens[i].Is(lexer.Bracket, "[") {
		return false
	}
	return i == 0 || !tokens[i-1].Is(lexer.Identifier) && !tokens[i-1].Is(lexer.Bracket, "]", ")") && !tokens[i-1].Is(lexer.String)
}

// listElements leaves out one element of the list that tokens begin with, each in turn. The only element of a list stays:
// an empty list in an expression mostly does not load.
func (m *mutator) listElements(subject, rule string, n *yaml.Node, text []rune, tokens []lexer.Token, count map[string]int) {
	commas, depth := []int{tokens[0].From}, 0 // the brackets too
	for _, t := range tokens {
		switch {
		case t.Kind == lexer.Bracket && strings.ContainsAny(t.Value, "[({"):
			depth++
		case t.Kind == lexer.Bracket:
			depth--
		case depth == 1 && t.Is(lexer.Operator, ","):
			commas = append(commas, t.From)
		}
		if depth == 0 {
			commas = append(commas, t.From)
			break
		}
	}
	if len(commas) < 3 {
		return
	}
	for i := range len(commas) - 1 {
		from, to := commas[i], commas[i+1]
		element := strings.TrimSpace(string(text[from+1 : to]))
		if i == 0 {
			from, to = from+1, to+1 // the comma behind it goes, the bracket stays
		}
		what := "drop " + element
		count[what]++
		m.rewrite(subject, numbered(what, count[what]), rule, n, commas[i]+1, string(slices.Concat(text[:from], text[to:])))
	}
}
