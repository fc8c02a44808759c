package verify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// NewSuite writes a suite of captured objects, with a test for each that expects the rules that decide about it now.
func NewSuite(asOf time.Time, list ...*Capture) ([]byte, error) {
	var b strings.Builder
	b.WriteString("apiVersion: " + apiVersion + "\nkind: " + suiteKind + "\nasOf: " + asOf.UTC().Format(time.RFC3339) + "\nfixtures:\n")
	for i, c := range list {
		if slices.ContainsFunc(list[:i], func(o *Capture) bool { return o.Name == c.Name }) {
			return nil, fmt.Errorf("two fixtures are named %s", c.Name)
		}
		b.WriteString("  " + c.Name + ":\n" + indented(c.body, 4))
	}
	b.WriteString("tests:\n")
	for _, c := range list {
		b.WriteString(indented(c.test, 2))
	}
	return []byte(b.String()), nil
}

// AddFixture writes a captured object into a suite, behind its other fixtures. Every other byte of the suite stays, comments
// and the way in which lines end among them.
func AddFixture(suite []byte, c *Capture) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(suite, &doc); err != nil {
		return nil, fmt.Errorf("add fixture %s: %w", c.Name, err)
	}
	if len(doc.Content) == 0 || scalar(field(doc.Content[0], "kind")) != suiteKind {
		return nil, fmt.Errorf("add fixture %s: the file is not of kind %s", c.Name, suiteKind)
	}
	top := doc.Content[0]
	fixtures := field(top, "fixtures")
	switch {
	case top.Style&yaml.FlowStyle != 0, fixtures == nil, fixtures.Kind != yaml.MappingNode, fixtures.Style&yaml.FlowStyle != 0, len(fixtures.Content) == 0:
		return nil, fmt.Errorf("add fixture %s: the suite needs the key fixtures with a fixture on lines of their own, not in braces", c.Name)
	case field(fixtures, c.Name) != nil:
		return nil, fmt.Errorf("add fixture %s: line %d has a fixture of that name; choose another with --name", c.Name, field(fixtures, c.Name).Line)
	}
	lines := bytes.SplitAfter(suite, []byte("\n"))
	at := len(lines) // the index of the line before which the fixture goes
	for i := 0; i < len(top.Content); i += 2 {
		if line := top.Content[i].Line; line > fixtures.Content[0].Line && line-1 < at {
			at = line - 1
		}
	}
	blank := func(i int) bool {
		return len(bytes.TrimSpace(lines[i])) == 0 || lines[i][0] == '#'
	}
	for at > fixtures.Content[0].Line && blank(at-1) { // what stands before the next key belongs to it
		at--
	}
	step := fixtures.Content[0].Column - 1
	text := strings.Repeat(" ", step) + c.Name + ":\n" + indented(c.body, 2*step)
	if at > 0 && !bytes.HasSuffix(lines[at-1], []byte("\n")) {
		text = "\n" + text
	}
	if bytes.Contains(suite, []byte("\r\n")) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return slices.Concat(slices.Concat(lines[:at]...), []byte(text), slices.Concat(lines[at:]...)), nil
}
