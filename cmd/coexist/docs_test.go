package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/policies"
)

// pages gives every Markdown file of the repository by its path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	root, found := os.DirFS("../.."), map[string]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "bin", "dist"}, d.Name())):
			return fs.SkipDir
		case path.Ext(name) == ".md":
			b, err := fs.ReadFile(root, name)
			found[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("only %d pages found", len(found))
	}
	return found
}

// Code in a page: lines of a block, and what stands in backquotes.
var (
	fence     = regexp.MustCompile("(?m)^ *```")
	codeBlock = regexp.MustCompile(`^(?:    +)?(?:\$ |PS> )?coexist +([^|>#]+)`)
	codeSpan  = regexp.MustCompile(`^(?:.* )?coexist\s+([^|>#]+)`)
)

// commandLines gives the command lines of coexist in the code of a page, without its name.
func commandLines(page string) []string {
	var lines []string
	for i, part := range fence.Split(page, -1) {
		part = strings.ReplaceAll(part, "\\\n", " ") // a command that goes on in the next line
		for _, line := range strings.Split(part, "\n") {
			if m := codeBlock.FindStringSubmatch(line); m != nil && (i%2 == 1 || strings.HasPrefix(line, "    ")) {
				lines = append(lines, m[1])
			}
		}
		if i%2 == 0 {
			for j, span := range strings.Split(part, "`") {
				if m := codeSpan.FindStringSubmatch(span); m != nil && j%2 == 1 {
					lines = append(lines, m[1])
				}
			}
		}
	}
	return lines
}

// TestCommandsInPagesExist holds every command line of README and docs, with its options, against the commands.
func TestCommandsInPagesExist(t *testing.T) {
	commands := newApp(newConsole(strings.NewReader(""), os.Stdout, os.Stderr)).Commands
	found := 0
	for name, text := range pages(t) {
		for _, line := range commandLines(text) {
			words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \n\t[]…", r) })
			if len(words) == 0 || slices.Contains([]string{"COMMAND", "--help", "--version", "--wire"}, words[0]) {
				continue // no command
			}
			found++
			if why := unknownWord(commands, words); why != "" {
				t.Errorf("%s: coexist %s: %s", name, strings.TrimSpace(line), why)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d command lines found", found)
	}
}

func TestCommandLinesOfPage(t *testing.T) {
	page := "coexist keeps things; `coexist plan --out x` and `sudo coexist apply x`.\n\n    $ coexist show x | grep y\n\n```sh\ncoexist sync \\\n  --dry-run\n```\nend"
	got := fmt.Sprintf("%q", commandLines(page))
	if want := `["show x " "plan --out x" "apply x" "sync    --dry-run"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// TestLinksInPagesLeadSomewhere follows every relative link, and every anchor in it.
func TestLinksInPagesLeadSomewhere(t *testing.T) {
	all := pages(t)
	for name, text := range all {
		for i, part := range fence.Split(text, -1) {
			if i%2 == 1 {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(part, -1) {
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				file, anchor, _ := strings.Cut(m[1], "#")
				to := name
				if file != "" {
					to = path.Join(path.Dir(name), file)
				}
				if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(to))); err != nil {
					t.Errorf("%s: %s leads nowhere", name, m[1])
				} else if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
					t.Errorf("%s: %s has no such heading", name, m[1])
				}
			}
		}
	}
}

var (
	heading = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
	marks   = regexp.MustCompile(`[^\pL\pN _-]`)
)

// anchors gives the names of a page's headings as GitHub makes them.
func anchors(page string) []string {
	var list []string
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		list = append(list, strings.ReplaceAll(marks.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// TestArchitectureNamesEveryPackage sees that each package with Go files has its place in docs/architecture.md.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	architecture := pages(t)["docs/architecture.md"]
	packages := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".go" {
			packages[path.Dir(name)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for p := range packages {
		if !strings.Contains(architecture, "`"+p+"`") {
			t.Errorf("docs/architecture.md lacks %s", p)
		}
	}
}

// TestDecisionsHaveNumbersOfTheirOwn sees that no two files of docs/adr share a number, and that none is left out.
func TestDecisionsHaveNumbersOfTheirOwn(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "docs", "adr", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for i, f := range files { // sorted
		if want := fmt.Sprintf("%04d-", i+1); !strings.HasPrefix(filepath.Base(f), want) {
			t.Errorf("%s: its number should be %s", f, want)
		}
	}
}

var quotedWords = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// TestEveryCommandHasAnExample sees that each command that does something shows a command line in its help, or the one above
// it does, and that the line, with its options, exists.
func TestEveryCommandHasAnExample(t *testing.T) {
	commands, all := newApp(newConsole(strings.NewReader(""), os.Stdout, os.Stderr)).Commands, examples()
	var visit func(list []*cli.Command, above string)
	visit = func(list []*cli.Command, above string) {
		for _, x := range list {
			name := above + x.Name
			text, ok := all[name]
			if !ok && len(x.Subcommands) == 0 && all[strings.TrimSpace(above)] == "" {
				t.Errorf("%s has no example", name)
			}
			if ok && !strings.HasSuffix(x.Description, strings.ReplaceAll(text, "\n", "\n  ")) {
				t.Errorf("the help of %s lacks its example", name)
			}
			for _, line := range strings.Split(text, "\n") {
				if !ok {
					continue
				}
				if !strings.HasPrefix(line, "coexist "+name) {
					t.Errorf("an example of %s is about something else: %s", name, line)
				} else if why := unknownWord(commands, strings.Fields(quotedWords.ReplaceAllString(strings.TrimPrefix(line, "coexist "), "x"))); why != "" {
					t.Errorf("%s: %s", line, why)
				}
			}
			visit(x.Subcommands, name+" ")
			delete(all, name)
		}
	}
	visit(commands, "")
	for name := range all {
		t.Errorf("an example is for %s, which does not exist", name)
	}
}

// TestGlossaryIsInOrder sees that each word stands in the glossary once, where one looks for it.
func TestGlossaryIsInOrder(t *testing.T) {
	var words []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(pages(t)["docs/glossary.md"], -1) {
		words = append(words, strings.ToLower(m[1]))
	}
	if words = words[1:]; !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Errorf("not in order: %q", words)
	}
}

// TestREADMEQuotesTheSamplePolicies holds the lines that README's session names against the rules that stand there.
func TestREADMEQuotesTheSamplePolicies(t *testing.T) {
	quotes := regexp.MustCompile(`([a-z]+(?:-[a-z]+)+) +\(?(\w+\.yaml):(\d+)`).FindAllStringSubmatch(pages(t)["README.md"], -1)
	if len(quotes) < 3 {
		t.Fatalf("README quotes %q", quotes)
	}
	for _, q := range quotes {
		b, err := fs.ReadFile(policies.Sample(), q[2])
		if err != nil {
			t.Fatal(err)
		}
		n, lines := 0, strings.Split(string(b), "\n")
		if _, err := fmt.Sscan(q[3], &n); err != nil || n > len(lines) || !regexp.MustCompile(`\b`+q[1]+`\b`).MatchString(lines[n-1]) {
			t.Errorf("%s:%s is not rule %s", q[2], q[3], q[1])
		}
	}
}
