// Package format lays out policy files in one way, so that changes in Git show what was meant and nothing else, and brings
// files of earlier forms up to date.
//
// Source changes the places of keys, indentation, blank lines and needless escapes. It never changes what a file says: every
// comment stays with what it is about, values are the same to the character, and what is in doubt stays as it was. Formatting
// twice is formatting once.
//
// Line breaks are those of the file's first line, throughout; a byte order mark goes. Tables in CSV are left alone, for
// blanks around their cells would be part of them.
package format

import (
	"bytes"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// maxBytes is the largest file that is formatted; no kind of file may be larger.
const maxBytes = 256 << 10

// passes is how often a file is laid out until nothing changes any more.
const passes = 4

// Source lays out a file. Files that are no strict YAML are not touched, and their problems are given.
func Source(file string, b []byte) ([]byte, strictyaml.Problems) {
	if problems := strictyaml.Parse(file, b, maxBytes).Problems(); len(problems) > 0 {
		return nil, problems
	}
	text, crlf := lines(b)
	if strings.ContainsAny(text, "\r\u0085\u2028\u2029") { // breaks that editors and YAML count differently
		return b, nil
	}
	out, stable := text, false
	for range passes {
		next := once(out)
		if stable = next == out; stable {
			break
		}
		out = next
	}
	if !stable || !same(text, out) {
		return b, nil
	}
	if crlf {
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	return []byte(out), nil
}

// lines gives a text with plain line breaks, and whether its first one is CRLF.
func lines(b []byte) (text string, crlf bool) {
	text = string(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	i := strings.IndexByte(text, '\n')
	return strings.ReplaceAll(text, "\r\n", "\n"), i > 0 && text[i-1] == '\r'
}

// once lays out a text; what cannot be laid out stays as it is.
func once(text string) string {
	root := tree(text)
	if root == nil || !isBlock(root) || root.Kind != yaml.MappingNode {
		return text
	}
	l := &layout{lines: strings.Split(strings.TrimRight(text, "\n"), "\n")}
	out := squeeze(append(l.head(0, root.Content[0].Line-1, 0), l.block(root, nil, len(l.lines), 0)...))
	if !slices.Equal(bag(l.lines), bag(out)) {
		return text
	}
	return requote(strings.Join(out, "\n") + "\n")
}

// tree parses a text; nil when it is empty or no YAML.
func tree(text string) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}

// isBlock reports whether a node is a mapping or a list that is written over lines.
func isBlock(n *yaml.Node) bool {
	return (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode) && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
}

// bag gives the lines that are not blank, without indentation and dashes, sorted: laying out moves lines and loses none.
func bag(list []string) []string {
	out := []string{}
	for _, l := range list {
		if l = strings.TrimSpace(strings.TrimLeft(l, " -")); l != "" {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

// squeeze leaves one blank line where there are several, and none at the ends.
func squeeze(list []string) []string {
	var out []string
	for _, l := range list {
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// same reports whether two texts say the same: equal values and, where the order counts, in the same order.
func same(a, b string) bool {
	x, y := tree(a), tree(b)
	if x == nil || y == nil {
		return a == b
	}
	var s, t strings.Builder
	canonical(&s, x, nil)
	canonical(&t, y, nil)
	return s.String() == t.String() && slices.Equal(comments(a), comments(b))
}

// canonical writes a tree so that equal texts mean equal trees, but for the order of keys that are put in order.
func canonical(b *strings.Builder, n *yaml.Node, path []string) {
	switch n.Kind {
	case yaml.MappingNode:
		var pairs []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			var p strings.Builder
			p.WriteString(strings.ReplaceAll(n.Content[i].Value, "\x00", "\x00\x00") + "\x00=")
			canonical(&p, n.Content[i+1], append(path[:len(path):len(path)], n.Content[i].Value))
			pairs = append(pairs, p.String())
		}
		if orderOf(path) != nil {
			slices.Sort(pairs)
		}
		b.WriteString("{" + strings.Join(pairs, "\x00,") + "}")
	case yaml.SequenceNode:
		b.WriteString("[")
		for _, c := range n.Content {
			canonical(b, c, append(path[:len(path):len(path)], "-"))
			b.WriteString("\x00,")
		}
		b.WriteString("]")
	default:
		b.WriteString(n.Tag + " " + strings.ReplaceAll(n.Value, "\x00", "\x00\x00"))
	}
}

// comments gives all comments of a text, sorted.
func comments(text string) []string {
	var out []string
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for _, c := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			for l := range strings.SplitSeq(c, "\n") {
				if l != "" {
					out = append(out, strings.TrimSpace(l))
				}
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(text), &doc) == nil {
		walk(&doc)
	}
	slices.Sort(out)
	return out
}
