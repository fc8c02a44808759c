package report

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Remark is something to say about a place in a file: a mistake, or what lint found.
type Remark struct {
	Rule   string `json:"rule"`
	Level  Level  `json:"level"`
	Text   string `json:"text"`
	Hint   string `json:"hint,omitempty"`
	File   string `json:"file"`           // with forward slashes, below the folder of the repository
	Line   int    `json:"line,omitempty"` // from 1; 0 for the file as a whole
	Col    int    `json:"col,omitempty"`  // from 1, in characters; 0 for the line as a whole
	Source string `json:"source,omitempty"`
}

// Level says how grave a remark is, in SARIF's words.
type Level string

// The levels.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelNote    Level = "note"
)

// RemarkRule describes what remarks of one rule are about.
type RemarkRule struct {
	ID, Summary string
	Level       Level
	Page        string // of the documentation, "" for none
}

// Mistake is the rule of what stops policies from loading.
const Mistake = "policy-mistake"

// MistakeRules describes mistakes.
func MistakeRules() []RemarkRule {
	return []RemarkRule{{ID: Mistake, Summary: "a mistake that stops the policies from loading", Level: LevelError, Page: "docs/policy-language.md"}}
}

// Mistakes gives problems as remarks. Their files are named as they shall be shown.
func Mistakes(problems strictyaml.Problems) []Remark {
	out := make([]Remark, len(problems))
	for i, p := range problems {
		out[i] = Remark{Rule: Mistake, Level: LevelError, Text: p.Message, Hint: p.Hint, File: strings.ReplaceAll(p.File, "\\", "/"), Line: p.Line, Col: p.Col, Source: p.Source}
	}
	return out
}

// said gives the text of a remark with its hint.
func (r *Remark) said() string {
	first, rest, more := strings.Cut(r.Text, "\n")
	if r.Hint != "" {
		first += ", " + r.Hint
	}
	if more {
		first += "\n" + rest
	}
	return first
}

// GitHub writes remarks as workflow commands, which GitHub Actions shows beside the lines of a pull request.
//
// Form: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func GitHub(w io.Writer, remarks []Remark) error {
	command := map[Level]string{LevelError: "error", LevelWarning: "warning", LevelNote: "notice"}
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, r := range remarks {
		place := "file=" + property.Replace(r.File)
		if r.Line > 0 {
			place += fmt.Sprintf(",line=%d", r.Line)
		}
		if r.Line > 0 && r.Col > 0 {
			place += fmt.Sprintf(",col=%d", r.Col)
		}
		if _, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", command[r.Level], place, property.Replace(r.Rule), message.Replace(printable(r.said()))); err != nil {
			return err
		}
	}
	return nil
}

// printable keeps line breaks and shows every other character that could deceive as an escape.
func printable(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Safe(lines[i])
	}
	return strings.Join(lines, "\n")
}

// The parts of SARIF 2.1.0 that are written.
//
// Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		Version         string      `json:"version"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string        `json:"id"`
		Short   sarifText     `json:"shortDescription"`
		Help    *sarifText    `json:"help,omitempty"`
		Default sarifSeverity `json:"defaultConfiguration"`
	}
	sarifSeverity struct {
		Level Level `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Level             `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		Artifact sarifFile    `json:"artifactLocation"`
		Region   *sarifRegion `json:"region,omitempty"`
	}
	sarifFile struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int        `json:"startLine"`
		StartColumn int        `json:"startColumn,omitempty"`
		Snippet     *sarifText `json:"snippet,omitempty"`
	}
)

// SARIF writes remarks in the form that code scanning reads. version is that of coexist.
func SARIF(w io.Writer, remarks []Remark, rules []RemarkRule, version string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: make([]sarifResult, len(remarks))}
	run.Tool.Driver = sarifDriver{Name: "coexist", Version: version, Rules: make([]sarifRule, len(rules))}
	for i, r := range rules {
		x := sarifRule{ID: r.ID, Short: sarifText{r.Summary}, Default: sarifSeverity{r.Level}}
		if r.Page != "" {
			x.Help = &sarifText{"See " + r.Page + "."}
		}
		run.Tool.Driver.Rules[i] = x
	}
	seen := map[string]int{}
	for i, r := range remarks {
		at := sarifPlace{Artifact: sarifFile{URI: reference(r.File)}}
		if r.Line > 0 {
			at.Region = &sarifRegion{StartLine: r.Line, StartColumn: r.Col}
			if r.Source != "" {
				at.Region.Snippet = &sarifText{r.Source}
			}
		}
		// Not the line: a remark stays the same one when lines are put before it.
		print := fmt.Sprintf("%x", sha256.Sum256([]byte(r.Rule+"\x00"+r.File+"\x00"+r.Text)))[:32]
		seen[print]++
		run.Results[i] = sarifResult{RuleID: r.Rule, Level: r.Level, Message: sarifText{printable(r.said())}, Locations: []sarifLocation{{at}},
			RuleIndex:    slices.IndexFunc(rules, func(x RemarkRule) bool { return x.ID == r.Rule }),
			Fingerprints: map[string]string{"coexist/v1": fmt.Sprintf("%s:%d", print, seen[print])}}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

// reference writes a path as a URI reference. An absolute path is a file: URI.
func reference(file string) string {
	file = strings.ReplaceAll(file, "\\", "/")
	if len(file) > 1 && file[1] == ':' { // a drive of Windows
		file = "/" + file
	}
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	return (&url.URL{Path: path.Clean(file)}).String()
}
