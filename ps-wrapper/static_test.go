package pswrapper

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/internal/wire"
)

// source is one file of the module or of its tests.
type source struct {
	path, text string
}

func sources(t *testing.T, extensions ...string) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains(extensions, filepath.Ext(path)) {
			return err
		}
		b, err := os.ReadFile(path)
		out = append(out, source{filepath.ToSlash(path), string(b)})
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("no files: %v", err)
	}
	return out
}

// scripts gives the functions of one folder of the module.
func scripts(t *testing.T, folder string) []source {
	t.Helper()
	return slices.DeleteFunc(sources(t, ".ps1"), func(s source) bool { return !strings.HasPrefix(s.path, module+"/"+folder+"/") })
}

func nameOf(s source) string { return strings.TrimSuffix(filepath.Base(s.path), ".ps1") }

// Windows PowerShell 5.1 reads a file without a byte order mark in the code page of the machine.
func TestFilesAreASCII(t *testing.T) {
	for _, s := range sources(t, ".ps1", ".psm1", ".psd1", ".ps1xml", ".txt") {
		for i, line := range strings.Split(s.text, "\n") {
			for _, r := range line {
				if r > 126 || r < 32 {
					t.Errorf("%s:%d: character %q", s.path, i+1, r)
					break
				}
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s:%d: blanks at the end", s.path, i+1)
			}
		}
		if !strings.HasSuffix(s.text, "\n") {
			t.Errorf("%s: the last line does not end", s.path)
		}
	}
}

var function = regexp.MustCompile(`(?m)^function ([A-Za-z-]+)`)

func TestOneFunctionInEachFile(t *testing.T) {
	for _, s := range append(scripts(t, "Public"), scripts(t, "Private")...) {
		if m := function.FindAllStringSubmatch(s.text, -1); len(m) != 1 || m[0][1] != nameOf(s) {
			t.Errorf("%s: want the one function %s, have %v", s.path, nameOf(s), m)
		}
	}
}

// verbs are the approved verbs that the module uses; Build and Deploy are not approved in 5.1.
var verbs = strings.Fields("Approve Disable Enable Export Get Invoke New Register Remove Resume Set Show Start Stop Suspend Test Undo Unregister Wait")

// changing are the verbs of commands that change something and so must know -WhatIf.
var changing = strings.Fields("Approve Disable Enable Export Invoke New Register Remove Resume Set Start Stop Suspend Undo Unregister")

func TestPublicFunctions(t *testing.T) {
	for _, s := range scripts(t, "Public") {
		verb, noun, _ := strings.Cut(nameOf(s), "-")
		if !slices.Contains(verbs, verb) {
			t.Errorf("%s: verb %s", s.path, verb)
		}
		if strings.HasSuffix(noun, "s") && !strings.HasSuffix(noun, "ss") && !strings.HasSuffix(noun, "Status") && !strings.HasSuffix(noun, "Alias") {
			t.Errorf("%s: noun %s is not singular", s.path, noun)
		}
		for _, want := range []string{".SYNOPSIS", ".DESCRIPTION", ".OUTPUTS", "[CmdletBinding("} {
			if !strings.Contains(s.text, want) {
				t.Errorf("%s: lacks %s", s.path, want)
			}
		}
		if n := strings.Count(s.text, ".EXAMPLE"); n < 2 {
			t.Errorf("%s: %d examples, want two", s.path, n)
		}
		if nameOf(s) == "Enable-CoexistenceAlias" { // changes nothing but the session
			parameters(t, s)
			continue
		}
		if is := strings.Contains(s.text, "SupportsShouldProcess"); is != slices.Contains(changing, verb) {
			t.Errorf("%s: SupportsShouldProcess is %v", s.path, is)
		}
		parameters(t, s)
	}
}

var parameter = regexp.MustCompile(`(?m)^        (?:\[[A-Za-z.]+(?:\[[A-Za-z.\[\]]*\])?\] )?\$([A-Z][A-Za-z]+)(?: = .*)?,?$`)

// parameters holds help against parameters, and these against automatic variables.
func parameters(t *testing.T, s source) {
	head, _, _ := strings.Cut(s.text, "\n    )\n")
	_, head, _ = strings.Cut(head, "    param(\n")
	var have []string
	for _, m := range parameter.FindAllStringSubmatch(head, -1) {
		have = append(have, m[1])
		if slices.Contains(strings.Fields("Profile Host Input Args Event Error PID Home Matches Sender This"), m[1]) {
			t.Errorf("%s: parameter %s is named like an automatic variable", s.path, m[1])
		}
	}
	var helped []string
	for _, m := range regexp.MustCompile(`(?m)^    \.PARAMETER (\w+)$`).FindAllStringSubmatch(s.text, -1) {
		helped = append(helped, m[1])
	}
	slices.Sort(have)
	slices.Sort(helped)
	if diff := cmp.Diff(have, helped); diff != "" {
		t.Errorf("%s: parameters and their help (-have +help):\n%s", s.path, diff)
	}
}

var quoted = regexp.MustCompile(`'([^']*)'`)

// list gives the texts of a list in the manifest.
func list(manifest, name string) []string {
	_, rest, _ := strings.Cut(manifest, "\n    "+name+" ")
	rest, _, _ = strings.Cut(rest, ")")
	var out []string
	for _, m := range quoted.FindAllStringSubmatch(rest, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestManifest(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(module, module+".psd1"))
	if err != nil {
		t.Fatal(err)
	}
	manifest := string(b)
	var want []string
	for _, s := range scripts(t, "Public") {
		want = append(want, nameOf(s))
	}
	have := list(manifest, "FunctionsToExport")
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("FunctionsToExport (-files +manifest):\n%s", diff)
	}
	for _, name := range []string{"TypesToProcess", "FormatsToProcess"} {
		for _, f := range list(manifest, name) {
			if _, err := os.Stat(filepath.Join(module, f)); err != nil {
				t.Error(err)
			}
		}
	}
	if strings.Contains(manifest, "'*'") {
		t.Error("the manifest exports by wildcard")
	}
	if v := fmt.Sprintf("WireMin = %d; WireMax = %d", wire.Version, wire.Version); !strings.Contains(manifest, v) {
		t.Errorf("the manifest lacks %s", v)
	}
	var aliases []string
	for _, s := range scripts(t, "Public") {
		for _, m := range regexp.MustCompile(`(?m)^    \[Alias\(([^)]*)\)\]`).FindAllStringSubmatch(s.text, -1) {
			for _, a := range quoted.FindAllStringSubmatch(m[1], -1) {
				aliases = append(aliases, a[1])
			}
		}
	}
	slices.Sort(aliases)
	if diff := cmp.Diff(aliases, list(manifest, "AliasesToExport")); diff != "" {
		t.Errorf("AliasesToExport (-files +manifest):\n%s", diff)
	}
}

// traps are what PowerShell 7 takes and 5.1 does not, and what measured mistakes look like.
var traps = map[string]*regexp.Regexp{
	"a ternary":                            regexp.MustCompile(`\s\?\s[^{]*\s:\s`),
	"??":                                   regexp.MustCompile(`\?\?`),
	"?.":                                   regexp.MustCompile(`\?\.\w`),
	"&& or ||":                             regexp.MustCompile(`&&|\|\|`),
	"a clean block":                        regexp.MustCompile(`(?i)^\s*clean\s*\{`),
	"-AsHashtable":                         regexp.MustCompile(`(?i)-AsHashtable\b`),
	"-AsByteStream":                        regexp.MustCompile(`(?i)-AsByteStream\b`),
	"-Parallel":                            regexp.MustCompile(`(?i)-Parallel\b`),
	"ArgumentList of ProcessStartInfo":     regexp.MustCompile(`\.ArgumentList\b`),
	"Kill with an argument":                regexp.MustCompile(`\.Kill\(.+\)`),
	"slow type names":                      regexp.MustCompile(`\.PSObject\.TypeNames`),
	"an early return that a throw passes":  regexp.MustCompile(`-not \$PSCmdlet\.Should`),
	"Join-Path with three parts":           regexp.MustCompile(`Join-Path [^-|)]+ [^-|)]+ [^-|)]+`),
	"an unguarded $IsWindows or $IsLinux":  regexp.MustCompile(`\$Is(Windows|Linux|MacOS|CoreCLR)\b`),
	"Invoke-Expression":                    regexp.MustCompile(`(?i)\b(Invoke-Expression|iex)\b`),
	"Write-Host":                           regexp.MustCompile(`(?i)\bWrite-Host\b`),
	"an escape of 7":                       regexp.MustCompile("`u\\{"),
	"a comparison that 5.1 does not know":  regexp.MustCompile(`\.Contains\([^)]*StringComparison`),
	"progress switched by a 7.4 parameter": regexp.MustCompile(`-ProgressAction\b`),
}

func TestNoTrapsOf51(t *testing.T) {
	for _, s := range append(scripts(t, "Public"), scripts(t, "Private")...) {
		for i, line := range strings.Split(code(s.text), "\n") {
			for what, trap := range traps {
				if trap.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", s.path, i+1, what, strings.TrimSpace(line))
				}
			}
		}
	}
}

// TestTraps plants each trap, because one that catches nothing would keep TestNoTrapsOf51 green.
func TestTraps(t *testing.T) {
	planted := map[string]string{
		"a ternary": "$a = $b ? 1 : 2", "??": "$a ?? 1", "?.": "${a}?.b", "&& or ||": "a && b", "a clean block": "    clean { 1 }",
		"-AsHashtable": "ConvertFrom-Json -AsHashtable", "-AsByteStream": "Get-Content -AsByteStream", "-Parallel": "ForEach-Object -Parallel { }",
		"ArgumentList of ProcessStartInfo": "$i.ArgumentList.Add(1)", "Kill with an argument": "$p.Kill($true)", "slow type names": "$o.PSObject.TypeNames",
		"an early return that a throw passes": "if (-not $PSCmdlet.ShouldProcess(1)) { return }", "Join-Path with three parts": "Join-Path a b c",
		"an unguarded $IsWindows or $IsLinux": "if ($IsWindows) {", "Invoke-Expression": "Invoke-Expression $a", "Write-Host": "Write-Host hello",
		"an escape of 7": "\"`u{41}\"", "a comparison that 5.1 does not know": "$a.Contains('b', [StringComparison]::Ordinal)",
		"progress switched by a 7.4 parameter": "Get-Item -ProgressAction Ignore",
	}
	for what, trap := range traps {
		if line := planted[what]; line == "" || !trap.MatchString(line) {
			t.Errorf("%s does not catch %q", what, line)
		}
	}
	if got := code("# a && b\n$x = 'a && b' <# ?? \n?? #> + 1"); strings.Contains(got, "&&") || strings.Contains(got, "??") {
		t.Errorf("comments and texts are looked at: %s", got)
	}
}

var notCode = regexp.MustCompile(`(?s)<#.*?#>|'[^'\n]*'|(?m:(^|\s)#[^\n]*$)`)

// code blanks out comments and texts in single quotes, and keeps the lines.
func code(text string) string {
	return notCode.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) })
}

// Every type and member that views, types and functions name is in the Go types.
func TestViewsNameWhatThereIs(t *testing.T) {
	known := map[string][]string{}
	for _, r := range wire.Records() {
		for _, p := range wire.Properties(r) {
			known[r.RecordType()] = append(known[r.RecordType()], p.Name)
		}
	}
	for _, p := range wire.Properties(wire.ValidationError{}) {
		known["ValidationError"] = append(known["ValidationError"], p.Name)
	}
	for _, s := range sources(t, ".ps1xml") {
		var of, alias string
		for _, e := range elements(t, s) {
			name, isOurs := strings.CutPrefix(e.text, "Coexistence.")
			switch {
			case (e.path == "Types/Type/Name" || strings.HasSuffix(e.path, "ViewSelectedBy/TypeName")) && isOurs:
				if of = name; known[of] == nil {
					t.Errorf("%s: there is no type %s", s.path, of)
				}
			case strings.HasSuffix(e.path, "AliasProperty/Name"), strings.HasSuffix(e.path, "ScriptProperty/Name"):
				alias = e.text
			case strings.HasSuffix(e.path, "ReferencedMemberName"):
				if !slices.Contains(known[of], e.text) {
					t.Errorf("%s: %s has no member %s", s.path, of, e.text)
				}
				known[of] = append(known[of], alias)
			case strings.HasSuffix(e.path, "GetScriptBlock"):
				members(t, s, of, e.text, "$this.", known[of])
				known[of] = append(known[of], alias)
			case strings.HasSuffix(e.path, "PropertyName"), strings.HasSuffix(e.path, "ReferencedProperties/Name"):
				if !slices.Contains(known[of], e.text) && e.text != "Duration" {
					t.Errorf("%s: %s has no member %s", s.path, of, e.text)
				}
			}
		}
	}
	outputs := regexp.MustCompile(`OutputType\((.*)\)\]`)
	for _, s := range scripts(t, "Public") {
		for _, m := range outputs.FindAllStringSubmatch(s.text, -1) {
			for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
				if name := strings.TrimPrefix(q[1], "Coexistence."); known[name] == nil {
					t.Errorf("%s: there is no type %s", s.path, q[1])
				}
			}
		}
	}
}

// members checks the members that a script block takes of an object.
func members(t *testing.T, s source, of, script, prefix string, known []string) {
	for _, m := range regexp.MustCompile(regexp.QuoteMeta(prefix)+`(\w+)`).FindAllStringSubmatch(script, -1) {
		if !slices.Contains(known, m[1]) {
			t.Errorf("%s: %s has no member %s", s.path, of, m[1])
		}
	}
}

type element struct{ path, text string }

// elements gives the texts of a well-formed XML file with the path of their elements.
func elements(t *testing.T, s source) []element {
	d := xml.NewDecoder(strings.NewReader(s.text))
	var path []string
	var out []element
	for {
		x, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", s.path, err)
		}
		switch x := x.(type) {
		case xml.StartElement:
			path = append(path, x.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(x)); text != "" {
				out = append(out, element{strings.Join(path, "/"), text})
			}
		}
	}
}

// Every code that the module itself makes is in the table.
func TestCodesOfTheModuleAreListed(t *testing.T) {
	codes := map[string]bool{}
	for _, c := range wire.ErrorCodes() {
		codes[c.Code] = true
	}
	used := regexp.MustCompile(`-Code '([a-z_.]+)'`)
	for _, s := range append(scripts(t, "Public"), scripts(t, "Private")...) {
		for _, m := range used.FindAllStringSubmatch(s.text, -1) {
			if !codes[m[1]] {
				t.Errorf("%s: there is no code %s", s.path, m[1])
			}
		}
	}
}

// Fixtures that are no deliberate nonsense are lines as the engine writes them.
func TestFixturesAreLines(t *testing.T) {
	for _, s := range sources(t, ".jsonl") {
		for i, line := range strings.Split(strings.TrimSpace(s.text), "\n") {
			if strings.HasPrefix(line, `{"$`) || bytes.Contains([]byte(line), []byte("novelty")) {
				continue
			}
			numbered := strings.TrimSuffix(line, "}") + `,"seq":1}`
			if _, err := wire.DecodeLine([]byte(numbered)); err != nil {
				t.Errorf("%s:%d: %v", s.path, i+1, err)
			}
		}
	}
}
