package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Doc is one parsed file with the problems found in it so far. It is not safe for concurrent use.
type Doc struct {
	file     string
	lines    []string // raw, without line breaks and byte order mark
	root     *yaml.Node
	problems Problems
}

// maxDepth bounds how deeply mappings and lists may be nested.
const maxDepth = 100

// Parse reads a file of at most limit bytes. It never fails: what is wrong is in Problems, and where the file is no YAML
// at all, Root is a value that every accessor passes over in silence.
func Parse(file string, b []byte, limit int) *Doc {
	d := &Doc{file: file}
	if len(b) > limit {
		d.Problemf(0, 0, "file has %d bytes, more than the limit of %d", len(b), limit)
		return d
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	d.lines = splitLines(string(b))
	if !utf8.Valid(b) {
		d.notUTF8()
		return d
	}
	d.decode(b)
	if d.root != nil && !d.inspect(d.root, 0) {
		d.root = nil
	}
	return d
}

// File gives the name under which the document was parsed.
func (d *Doc) File() string { return d.file }

// Problems gives what was found so far, sorted and without repetitions.
func (d *Doc) Problems() Problems {
	d.problems = d.problems.Sorted()
	return d.problems
}

// Problemf notes a problem; line and col as in Problem.
func (d *Doc) Problemf(line, col int, format string, args ...any) {
	d.note(line, col, "", format, args...)
}

func (d *Doc) note(line, col int, hint, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, line, col, fmt.Sprintf(format, args...), hint, d.Line(line)})
}

// Line gives a line of the file without its line break, "" when there is no such line. Lines count from 1.
func (d *Doc) Line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// lineBreaks are the breaks that YAML 1.1 knows; counting only some of them would shift the lines of all that follows.
var lineBreaks = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

func splitLines(s string) []string { return lineBreaks.Split(s, -1) }

func (d *Doc) notUTF8() {
	for i, l := range d.lines {
		if !utf8.ValidString(l) {
			valid := strings.IndexFunc(l, func(r rune) bool { return r == utf8.RuneError })
			d.lines[i] = strings.ToValidUTF8(l, "\uFFFD")
			d.Problemf(i+1, utf8.RuneCountInString(l[:max(valid, 0)])+1, "file is not UTF-8 text")
			return
		}
	}
}

// decode reads exactly one document.
func (d *Doc) decode(b []byte) {
	defer func() { // the decoder is archived and hostile input has made it panic before
		if r := recover(); r != nil {
			d.root = nil
			d.Problemf(0, 0, "not readable as YAML")
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		d.Problemf(1, 0, "file is empty")
		return
	case err != nil:
		d.syntax(err)
		return
	}
	d.root = doc.Content[0]
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntax(err)
	default:
		d.Problemf(more.Line, more.Column, "a second document in the file; keep one document in each file")
	}
}

// yamlError is how the decoder words its errors; it gives a line but no column.
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (d *Doc) syntax(err error) {
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		d.Problemf(0, 0, "not readable as YAML: %v", err)
		return
	}
	line, _ := strconv.Atoi(m[1]) // "" is 0: the file as a whole
	hint := ""
	switch {
	case strings.HasPrefix(m[2], "mapping values are not allowed"):
		hint = "a text that holds a colon and a blank must stand in quotes"
	case strings.HasPrefix(m[2], "found a tab character"), strings.HasPrefix(strings.TrimLeft(d.Line(line), " "), "\t"):
		hint = "indent with blanks"
	case m[2] == "did not find expected key" || strings.HasPrefix(m[2], "did not find expected '-'"):
		line = d.firstLineThatFails(m[2])
		hint = "is the line above complete, and is this one indented like its neighbours?"
	case strings.HasPrefix(m[2], "did not find expected ','"):
		line = d.firstLineThatFails(m[2])
		hint = "a bracket before this is not closed, or a text within it must stand in quotes"
	}
	d.note(min(line, len(d.lines)), 0, hint, "not readable as YAML: %s", m[2])
}

// firstLineThatFails finds the line with which a file begins to be no YAML in the way that the decoder says. What the
// decoder itself says of such mistakes is the line before the one in which the mapping or list around them begins.
func (d *Doc) firstLineThatFails(message string) int {
	return 1 + sort.Search(len(d.lines)-1, func(n int) bool {
		var doc yaml.Node
		err := yaml.Unmarshal([]byte(strings.Join(d.lines[:n+1], "\n")), &doc)
		return err != nil && strings.HasSuffix(err.Error(), message)
	})
}

// inspect reports what is refused everywhere. It gives false when the tree must not be walked at all.
func (d *Doc) inspect(n *yaml.Node, depth int) bool {
	if depth > maxDepth {
		d.Problemf(n.Line, n.Column, "nested more than %d levels deep", maxDepth)
		return false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		d.Problemf(n.Line, n.Column, "alias *%s is not allowed; write the value out", n.Value)
		return true
	case n.Anchor != "":
		d.Problemf(n.Line, n.Column, "anchor &%s is not allowed", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		d.Problemf(n.Line, n.Column, "tag %s is not allowed", n.Tag)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.Problemf(n.Line, n.Column, "value is missing")
	}
	if n.Kind == yaml.MappingNode {
		d.inspectKeys(n)
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue // keys are scalars, seen to by inspectKeys
		}
		if !d.inspect(c, depth+1) {
			return false
		}
	}
	return true
}

func (d *Doc) inspectKeys(n *yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch first, dup := seen[k.Value]; {
		case k.Kind != yaml.ScalarNode || k.Anchor != "" || k.Style&yaml.TaggedStyle != 0 || k.Tag == "!!null":
			d.Problemf(k.Line, k.Column, "a key must be plain text")
		case k.Tag == "!!merge":
			d.Problemf(k.Line, k.Column, "merge key << is not allowed")
		case dup:
			d.Problemf(k.Line, k.Column, "key %q already stands in line %d", k.Value, first)
		default:
			seen[k.Value] = k.Line
		}
	}
}
