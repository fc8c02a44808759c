package validate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/validate"
)

const pages = "../../docs/checks"

// sections are the parts of a page, in order. The first paragraph of why comes from the table.
var sections = []string{"What", "Why", "Example", "Fix"}

// TestPages holds the pages of docs/checks against the table: one for each check, with the table's words and with the
// sections that people wrote. With -update the table's words are written anew.
func TestPages(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	wanted := map[string]string{"README.md": overview()}
	for _, c := range validate.Checks() {
		name := c.ID + ".md"
		page, err := os.ReadFile(filepath.Join(pages, name))
		if err != nil {
			t.Error(err)
			continue
		}
		body := parts(string(page))
		for _, s := range sections {
			if len(strings.TrimSpace(body[s])) < 5 {
				t.Errorf("%s: section %s is missing or says nothing", name, s)
			}
		}
		wanted[name] = composed(c, body)
	}
	for name, want := range wanted {
		path := filepath.Join(pages, name)
		got, _ := os.ReadFile(path)
		if update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-table +page); run the test with -update and review it:\n%s", name, diff)
		}
	}
	entries, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := wanted[e.Name()]; !ok {
			t.Errorf("%s is a page for no check", e.Name())
		}
	}
}

// parts splits a page at its sections.
func parts(page string) map[string]string {
	out := map[string]string{}
	for _, s := range strings.Split(page, "\n## ")[1:] {
		name, body, _ := strings.Cut(s, "\n")
		out[name] = strings.TrimSpace(body)
	}
	return out
}

// composed is a page as it should stand: the table's words, and the sections that people wrote.
func composed(c validate.Check, body map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n| | |\n|---|---|\n", c.ID, c.Title)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, value)
		}
	}
	row("provision", c.Provision.String())
	row("activate", c.Activate.String())
	if c.Raised.When != "" {
		row("but "+c.Raised.Severity.String(), "when "+c.Raised.When)
	}
	row("objects", kinds(c))
	row("attributes", code(append(slices.Clone(c.Attributes), c.Also...)))
	var needs []string
	for _, n := range c.Needs {
		needs = append(needs, string(n))
	}
	row("needs", strings.Join(needs, ", "))
	if c.Fixes {
		row("proposes", "a value, where none collides")
	}
	_, own, _ := strings.Cut(body["Why"], "\n\n")
	fmt.Fprintf(&b, "\n## What\n\n%s\n\n## Why\n\n%s%s. %s\n", body["What"], strings.ToUpper(c.Why[:1]), c.Why[1:], cited(c))
	if own != "" {
		fmt.Fprintf(&b, "\n%s\n", own)
	}
	fmt.Fprintf(&b, "\n## Example\n\n%s\n\n## Fix\n\n%s\n", body["Example"], body["Fix"])
	return b.String()
}

func kinds(c validate.Check) string {
	var out []string
	for _, k := range c.Kinds {
		out = append(out, k.String())
	}
	if len(out) == 0 {
		return "the tenant or the policies as a whole"
	}
	return strings.Join(out, ", ")
}

func code(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "`" + strings.Join(list, "`, `") + "`"
}

func cited(c validate.Check) string {
	for _, s := range validate.Sources() {
		if s.Key == c.Source && s.URL != "" {
			return fmt.Sprintf("Source: [%s](%s).", s.Title, s.URL)
		} else if s.Key == c.Source {
			return s.Title + "."
		}
	}
	return "Source: missing."
}

// overview lists all checks.
func overview() string {
	var b strings.Builder
	b.WriteString("# Checks\n\nWhat is looked for before anything is written, from `engine/validate`. *Provision*: coexist makes the object. *Activate*: another\n" +
		"engine, such as Entra Connect, makes it. **error**: it does not arrive in the cloud; **warning**: it arrives changed; **info**: worth\nknowing. " +
		"A check whose facts were not supplied is listed as not evaluated, never passed in silence.\n\n| check | what | objects | provision | activate | needs | tests |\n|---|---|---|---|---|---|---|\n")
	tests := allCases()
	for _, c := range validate.Checks() {
		var needs []string
		for _, n := range c.Needs {
			needs = append(needs, string(n))
		}
		severity := func(s validate.Severity) string {
			if c.Raised.When != "" && c.Raised.Severity != s {
				return s.String() + " or " + c.Raised.Severity.String()
			}
			return s.String()
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s | %s | %d failing, %d passing |\n",
			c.ID, c.ID, c.Title, kinds(c), severity(c.Provision), severity(c.Activate), strings.Join(needs, ", "), len(tests[c.ID].fail), len(tests[c.ID].pass))
	}
	b.WriteString("\nADR-018 is no check: `x500:` addresses are written by Exchange itself, which finds recipients by their former names through them.\nThey are never findings.\n")
	return b.String()
}

func TestTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range validate.Checks() {
		switch {
		case seen[c.ID]:
			t.Errorf("%s stands twice", c.ID)
		case c.Title == "" || c.Why == "" || strings.HasSuffix(c.Why, "."):
			t.Errorf("%s: title or why", c.ID)
		case !slices.ContainsFunc(validate.Sources(), func(s validate.Source) bool { return s.Key == c.Source }):
			t.Errorf("%s: no source %q", c.ID, c.Source)
		case len(c.Modes()) == 0:
			t.Errorf("%s has a meaning in no mode", c.ID)
		}
		seen[c.ID] = true
	}
	for _, s := range validate.Sources() {
		if !slices.ContainsFunc(validate.Checks(), func(c validate.Check) bool { return c.Source == s.Key }) {
			t.Errorf("no check rests on %s", s.Key)
		}
	}
}
