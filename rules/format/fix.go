package format

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Migration brings one earlier form of a file up to date.
type Migration struct {
	Name       string
	APIVersion string // of the files that it is about
	Kind       string
	About      string // what it changes, for people
	apply      func(l *layout, root *yaml.Node) bool
}

// Migrations lists the earlier forms that exist, in the order in which they are brought up to date. There is one:
// suites of tests named mutants that may survive under survivors, before mutants had more to say.
func Migrations() []Migration {
	return []Migration{
		{"survivors", "coexist/v1", "PolicyTest", "survivors: is mutants: with accept:", survivors},
	}
}

// Fix brings a file up to date and names the migrations that changed it; other files come back as they are. Comments and
// places are kept. Files that are no strict YAML are not touched, and their problems are given.
func Fix(file string, b []byte) (out []byte, changed []Migration, problems strictyaml.Problems) {
	if problems := strictyaml.Parse(file, b, maxBytes).Problems(); len(problems) > 0 {
		return nil, nil, problems
	}
	text, crlf := lines(b)
	for _, m := range Migrations() {
		root := tree(text)
		if root == nil || root.Kind != yaml.MappingNode || !isBlock(root) || valueOf(root, "apiVersion") != m.APIVersion || valueOf(root, "kind") != m.Kind {
			continue
		}
		l := &layout{lines: strings.Split(text, "\n")}
		if m.apply(l, root) {
			text, changed = strings.Join(l.lines, "\n"), append(changed, m)
		}
	}
	if len(changed) == 0 {
		return b, nil, nil
	}
	if crlf {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return []byte(text), changed, nil
}

// valueOf gives the scalar under a key, "" without one.
func valueOf(n *yaml.Node, key string) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// survivors puts the list under survivors below mutants.accept. A file that has both is left to its author.
func survivors(l *layout, root *yaml.Node) bool {
	if slices.ContainsFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "mutants" }) {
		return false
	}
	for _, e := range l.entries(root, len(l.lines)) {
		if e.key != "survivors" {
			continue
		}
		_, rest, _ := strings.Cut(l.lines[e.line], ":")
		moved := []string{"mutants:", "  accept:" + rest}
		for _, line := range l.lines[e.line+1 : e.end] {
			if strings.TrimSpace(line) != "" {
				line = "  " + line
			}
			moved = append(moved, line)
		}
		l.lines = slices.Concat(l.lines[:e.line], moved, l.lines[e.end:])
		return true
	}
	return false
}
