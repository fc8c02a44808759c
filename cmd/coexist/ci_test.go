package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// ciFiles are the examples for build systems, and what defines hooks.
var ciFiles = []string{"docs/ci/README.md", "docs/ci/github-actions.yml", "docs/ci/azure-pipelines.yml", "docs/lint/README.md", "docs/policy-tools.md", ".pre-commit-hooks.yaml"}

// commandLine finds command lines of coexist in a text.
var commandLine = regexp.MustCompile("(?m)(?:^|[\\s`])coexist ([a-z][^\n`|>#]*)")

// TestCommandsInExamplesExist holds every command line of the examples against the commands and their options.
func TestCommandsInExamplesExist(t *testing.T) {
	for _, name := range ciFiles {
		b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
			continue
		}
		found := 0
		for _, m := range commandLine.FindAllStringSubmatch(string(b), -1) {
			words := strings.Fields(m[1])
			if len(words) < 2 || slices.Contains([]string{"must", "which"}, words[0]) {
				continue // prose about coexist
			}
			found++
			if why := unknownWord(newApp(newConsole(strings.NewReader(""), os.Stdout, os.Stderr)).Commands, words); why != "" {
				t.Errorf("%s: coexist %s: %s", name, m[1], why)
			}
		}
		if found == 0 {
			t.Errorf("%s has no command lines", name)
		}
	}
}

// unknownWord says which word of a command line is neither a command nor an option of it.
func unknownWord(commands []*cli.Command, words []string) string {
	var at *cli.Command
	for len(words) > 0 && len(commands) > 0 {
		i := slices.IndexFunc(commands, func(x *cli.Command) bool { return x.HasName(words[0]) })
		if i < 0 && at != nil && (at.Action != nil && strings.HasPrefix(words[0], "-") || words[0] == strings.ToUpper(words[0])) {
			break // a command that does something by itself, too; or NAME stands for one
		}
		if i < 0 {
			return "there is no command " + words[0]
		}
		at, commands, words = commands[i], commands[i].Subcommands, words[1:]
	}
	for _, w := range words {
		if !strings.HasPrefix(w, "-") {
			continue
		}
		option, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if !slices.ContainsFunc(at.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), option) }) {
			return "there is no option " + w
		}
	}
	return ""
}

func TestUnknownWordsInExamplesAreFound(t *testing.T) {
	commands := newApp(newConsole(strings.NewReader(""), os.Stdout, os.Stderr)).Commands
	for _, line := range []string{"policy chek x", "policy fmt --chekc", "polcy fmt"} {
		if unknownWord(commands, strings.Fields(line)) == "" {
			t.Errorf("%s passes", line)
		}
	}
}

// TestExamplesAreYAML reads the examples, and sees that hooks have what pre-commit asks for.
func TestExamplesAreYAML(t *testing.T) {
	for _, name := range ciFiles {
		if strings.HasSuffix(name, ".md") {
			continue
		}
		b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := yaml.Unmarshal(b, &document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		hooks, ok := document.([]any)
		for _, h := range hooks {
			m, _ := h.(map[string]any)
			for _, key := range []string{"id", "name", "entry", "language", "files"} {
				if m[key] == nil {
					t.Errorf("%s: a hook lacks %s: %v", name, key, m)
				}
			}
		}
		if ok != strings.Contains(name, "pre-commit") {
			t.Errorf("%s: a list: %v", name, ok)
		}
	}
}
