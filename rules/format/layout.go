package format

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// layout lays out the lines of a file by its tree. Lines count from 0, in tree nodes from 1.
type layout struct{ lines []string }

// step is how far what stands below something is indented.
const step = 2

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// idle reports whether a line is blank or a comment.
func idle(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line == "" || line[0] == '#'
}

// head gives lines that are blank or comments, indented.
func (l *layout) head(from, to, indent int) []string {
	var out []string
	for _, line := range l.lines[from:max(from, to)] {
		if line = strings.TrimSpace(line); line != "" && line != "---" && !strings.HasPrefix(line, "%") {
			line = strings.Repeat(" ", indent) + line
		}
		out = append(out, line)
	}
	return out
}

// shift gives lines moved by as much as the first of them moves from an indentation to another.
func (l *layout) shift(from, to, before, after int) []string {
	var out []string
	for _, line := range l.lines[from:max(from, to)] {
		switch {
		case strings.TrimSpace(line) == "":
			line = ""
		case after > before:
			line = strings.Repeat(" ", after-before) + line
		default:
			line = line[min(before-after, indentOf(line)):]
		}
		out = append(out, strings.TrimRight(line, " \t"))
	}
	return out
}

// entry is a key with its value, or an item of a list, with the lines that belong to it.
type entry struct {
	key         string
	node, value *yaml.Node // node is where it begins; value is the same for items
	head, line  int        // where its comments begin, and itself
	end         int
}

// entries splits a block collection that ends before a line.
func (l *layout) entries(n *yaml.Node, end int) []entry {
	var out []entry
	width := 1
	if n.Kind == yaml.MappingNode {
		width = 2
	}
	for i := 0; i+width <= len(n.Content); i += width {
		e := entry{key: n.Content[i].Value, node: n.Content[i], value: n.Content[i+width-1]}
		e.line = e.node.Line - 1
		e.head = e.line
		if i > 0 {
			before := &out[len(out)-1]
			e.head = l.comments(e.line, before)
			before.end = e.head
		}
		out = append(out, e)
	}
	if len(out) > 0 {
		out[len(out)-1].end = end
	}
	return out
}

// comments gives the first of the blank lines and comments before a line that are not within an entry before it: those that
// are not indented more than the entry.
func (l *layout) comments(line int, before *entry) int {
	for floor := l.last(before.value); line-1 > floor && idle(l.lines[line-1]); line-- {
		if text := l.lines[line-1]; strings.TrimSpace(text) != "" && indentOf(text) >= before.node.Column {
			break
		}
	}
	return line
}

// last gives a line up to which a value surely reaches.
func (l *layout) last(n *yaml.Node) int {
	line := n.Line - 1
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		inner := -1
		for i := line + 1; i < len(l.lines); i++ {
			text := l.lines[i]
			if strings.TrimSpace(text) == "" {
				continue
			}
			if inner < 0 {
				inner = max(indentOf(text), 1)
			}
			if indentOf(text) < inner {
				break
			}
			line = i
		}
	}
	for _, c := range n.Content {
		line = max(line, l.last(c))
	}
	return line
}

// block lays out a block collection whose first entry begins where the tree says and which ends before a line.
func (l *layout) block(n *yaml.Node, path []string, end, indent int) []string {
	list := l.entries(n, end)
	last := &list[len(list)-1]
	tail := l.comments(end, last) // what stands at the end of the block stays there
	last.end = tail
	if order := orderOf(path); order != nil && n.Kind == yaml.MappingNode {
		slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(rank(order, a.key), rank(order, b.key)) })
	}
	var out []string
	for _, e := range list {
		out = append(out, l.head(e.head, e.line, indent)...)
		if n.Kind == yaml.MappingNode {
			out = append(out, l.pair(e, append(path[:len(path):len(path)], e.key), indent)...)
		} else {
			out = append(out, l.item(e, append(path[:len(path):len(path)], "-"), indent)...)
		}
	}
	return append(out, l.head(tail, end, indent)...)
}

// cut gives a line from a column of the tree on.
func (l *layout) cut(line, column int) string {
	r := []rune(l.lines[line])
	return strings.TrimRight(string(r[min(column-1, len(r)):]), " \t")
}

// pair lays out a key with its value.
func (l *layout) pair(e entry, path []string, indent int) []string {
	out := []string{strings.Repeat(" ", indent) + l.cut(e.line, e.node.Column)}
	if isBlock(e.value) && e.value.Line-1 > e.line {
		first := e.value.Content[0].Line - 1
		out = append(out, l.head(e.line+1, first, indent+step)...)
		return append(out, l.block(e.value, path, e.end, indent+step)...)
	}
	return append(out, l.shift(e.line+1, e.end, e.node.Column-1, indent)...)
}

// item lays out an item of a list, whose dash stands before it in the same line.
func (l *layout) item(e entry, path []string, indent int) []string {
	r := []rune(l.lines[e.line])
	before := string(r[:min(e.node.Column-1, len(r))])
	dash := strings.Repeat(" ", indent) + "- "
	if e.value.Kind != yaml.MappingNode || !isBlock(e.value) || strings.Trim(before, " ") != "-" {
		column := max(strings.LastIndexByte(before, '-'), 0)
		if strings.Trim(before, " ") == "-" && !isBlock(e.value) {
			return append([]string{dash + l.cut(e.line, e.node.Column)}, l.shift(e.line+1, e.end, column, indent)...)
		}
		return l.shift(e.line, e.end, indentOf(l.lines[e.line]), indent)
	}
	lines := l.block(e.value, path, e.end, indent+step)
	var out []string
	for i, line := range lines {
		if idle(line) { // comments of what comes first now
			if line != "" {
				out = append(out, line[step:])
			}
			continue
		}
		return append(append(out, dash+line[indent+step:]), lines[i+1:]...)
	}
	return out
}
