package format

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// requote writes expressions that stand in double quotes, with every quote in them escaped, in single quotes.
func requote(text string) string {
	root := tree(text)
	if root == nil {
		return text
	}
	var edits []*yaml.Node
	var walk func(n *yaml.Node, expression bool)
	walk = func(n *yaml.Node, expression bool) {
		if expression && n.Kind == yaml.ScalarNode && n.Style&yaml.DoubleQuotedStyle != 0 {
			edits = append(edits, n)
		}
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode {
				if i%2 == 1 {
					walk(c, expression || slices.Contains([]string{"when", "scope", "thenExpr", "conditions"}, n.Content[i-1].Value))
				}
			} else {
				walk(c, expression)
			}
		}
	}
	walk(root, false)
	list := strings.Split(text, "\n")
	for _, n := range slices.Backward(edits) {
		line := []rune(list[n.Line-1])
		end := closing(line, n.Column)
		if end < 0 || !strings.Contains(n.Value, `"`) || strings.ContainsFunc(n.Value, func(r rune) bool { return r == '\'' || r < ' ' || r > '~' }) {
			continue
		}
		list[n.Line-1] = string(line[:n.Column-1]) + "'" + n.Value + "'" + string(line[end+1:])
	}
	return strings.Join(list, "\n")
}

// closing finds the quote that ends a double-quoted text in its own line, -1 when it goes on in the next. column is that of
// the opening quote, from 1.
func closing(line []rune, column int) int {
	for i := column; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
