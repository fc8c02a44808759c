package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/validate"
)

// Validated says what a validation looked at.
type Validated struct {
	AsOf    time.Time
	Mode    cloud.Mode        // of objects that are not in the cloud yet
	Tenant  *cloud.Tenant     // nil: the tenant was not read
	Objects []plan.Object     // the only objects whose findings are told; nil for all
	Least   validate.Severity // findings below are not told, and stand in the summary alone
	Run     string            // by which a later validation names this one; "" when it is not remembered
	// Switches are the tenant's own for what is synchronised into it; nil when they could not be read.
	Switches *validate.Switches
	Unknown  []string // for people, what of the tenant could not be told
}

// Validation takes findings as they are made, and the summary behind them. Nothing is complete before Close.
type Validation interface {
	Finding(f validate.Finding) error
	Close(s validate.Summary) error
}

// validationKind is the kind of the JSON form.
const validationKind = "coexist.report.validation"

// validationDocument is the JSON form as a whole, which is never held in memory.
type validationDocument struct {
	Validated validatedHead      `json:"validated"`
	Findings  []validate.Finding `json:"findings"`
	Summary   validate.Summary   `json:"summary"`
}

// validatedHead says what was looked at.
type validatedHead struct {
	AsOf    time.Time         `json:"asOf"`
	Mode    cloud.Mode        `json:"mode"`
	Tenant  string            `json:"tenant,omitempty"`
	Object  *plan.Object      `json:"object,omitempty"`  // when it is one
	Objects []plan.Object     `json:"objects,omitempty"` // when they are several
	Least   validate.Severity `json:"severity"`

	Run      string             `json:"run,omitempty"`
	Switches *validate.Switches `json:"synchronization,omitempty"`
	Unknown  []string           `json:"unknown,omitempty"`
}

// ValidationJSON writes a validation as one JSON document: formatVersion, kind "coexist.report.validation", what was looked
// at, the array findings, one a line, and the summary. It keeps no finding, so that any number streams.
func ValidationJSON(w io.Writer, v Validated) Validation {
	return &validationJSON{buf: bufio.NewWriter(w), of: v}
}

type validationJSON struct {
	buf   *bufio.Writer
	of    Validated
	begun bool
}

func (j *validationJSON) begin() error {
	j.begun = true
	tenant := ""
	if j.of.Tenant != nil {
		tenant = j.of.Tenant.ID
	}
	var one *plan.Object
	several := j.of.Objects
	if len(several) == 1 {
		one, several = &several[0], nil
	}
	head, err := json.Marshal(validatedHead{j.of.AsOf.UTC(), j.of.Mode, tenant, one, several, j.of.Least, j.of.Run, j.of.Switches, j.of.Unknown})
	if err != nil {
		return fmt.Errorf("write validation as JSON: %w", err)
	}
	_, err = fmt.Fprintf(j.buf, "{\"formatVersion\":%q,\"kind\":%q,\n\"validated\":%s,\n\"findings\":[", FormatVersion, validationKind, head)
	return err
}

// Finding implements Validation.
func (j *validationJSON) Finding(f validate.Finding) error {
	before := ",\n"
	if !j.begun {
		if err := j.begin(); err != nil {
			return err
		}
		before = "\n"
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("write validation as JSON: %w", err)
	}
	j.buf.WriteString(before)
	_, err = j.buf.Write(b)
	return err
}

// Close implements Validation.
func (j *validationJSON) Close(s validate.Summary) error {
	if !j.begun {
		if err := j.begin(); err != nil {
			return err
		}
	}
	s.Excluded, s.Checks, s.Suppressed = listed(s.Excluded), listed(s.Checks), listed(s.Suppressed)
	s.Expired, s.NotEvaluated = listed(s.Expired), listed(s.NotEvaluated)
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write validation as JSON: %w", err)
	}
	fmt.Fprintf(j.buf, "],\n\"summary\":%s}\n", b)
	return j.buf.Flush()
}

// listed makes nothing an empty array, so that readers find one whatever it holds.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ValidationCSV writes the findings of a validation as a table for spreadsheets, one a row: UTF-8 with a byte order mark, by
// which Excel knows the encoding, and lines that end in CR LF. Text that a spreadsheet would take for a formula gets an
// apostrophe before it. The summary is left out.
func ValidationCSV(w io.Writer) Validation {
	c := &validationCSV{w: w, csv: csv.NewWriter(w)}
	c.csv.UseCRLF = true
	return c
}

type validationCSV struct {
	w     io.Writer
	csv   *csv.Writer
	begun bool
}

var validationColumns = []string{"check", "title", "severity", "mode", "kind", "name", "userPrincipalName", "distinguishedName", "objectGUID", "cloudId",
	"attribute", "value", "detail", "others", "fixAttribute", "fixBefore", "fixAfter", "fixSafe"}

func (c *validationCSV) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	if _, err := io.WriteString(c.w, "\uFEFF"); err != nil {
		return err
	}
	return c.csv.Write(validationColumns)
}

// Finding implements Validation.
func (c *validationCSV) Finding(f validate.Finding) error {
	if err := c.begin(); err != nil {
		return err
	}
	row := []string{f.Check, titleOf(f.Check), f.Severity.String(), string(f.Mode), f.Object.Kind, f.Object.Name, f.Object.UPN, f.Object.DN, f.Object.GUID,
		f.Object.ID, f.Attribute, f.Value, f.Detail, others(f, Options{Full: true}, validate.MaxOthers), "", "", "", ""}
	if x := f.Fix; x != nil {
		copy(row[len(row)-4:], []string{x.Attribute, x.Before, x.After, fmt.Sprint(x.Safe)})
	}
	for i := range row {
		row[i] = cell(row[i])
	}
	return c.csv.Write(row)
}

// Close implements Validation.
func (c *validationCSV) Close(validate.Summary) error {
	if err := c.begin(); err != nil {
		return err
	}
	c.csv.Flush()
	return c.csv.Error()
}

// cell makes directory text fit for a spreadsheet. What begins like a formula would be run; the characters are those that
// OWASP names for CSV injection, with their full-width forms.
func cell(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + Safe(s)
	}
	return Safe(s)
}

// titleOf says what a check finds.
func titleOf(id string) string {
	c, _ := validate.CheckNamed(id)
	return c.Title
}

// others names the other parties of a collision, at most n of them.
func others(f validate.Finding, o Options, n int) string {
	var names []string
	for _, p := range f.Others[:min(n, len(f.Others))] {
		name := short(p.Object, o)
		if p.Attribute != "" {
			name += " (" + Safe(p.Attribute) + ")"
		}
		names = append(names, name)
	}
	return list(names, len(f.Others)+f.More)
}

// ValidationText writes a validation for people: the verdict, then the findings by severity and check, then what was not
// checked, and why. Of each check the first few findings are kept, or all with Options.Full.
func ValidationText(w io.Writer, v Validated, o Options) Validation {
	return &validationText{w: w, of: v, o: o, groups: map[groupKey]*findings{}}
}

type groupKey struct {
	severity validate.Severity
	check    string
}

// findings are those of one check and severity.
type findings struct {
	groupKey
	count int
	kept  []validate.Finding
}

type validationText struct {
	w      io.Writer
	of     Validated
	o      Options
	groups map[groupKey]*findings
	failed int    // objects with errors
	last   string // the last one of them: findings of one object come together
}

// Finding implements Validation.
func (t *validationText) Finding(f validate.Finding) error {
	key := groupKey{f.Severity, f.Check}
	g := t.groups[key]
	if g == nil {
		g = &findings{groupKey: key}
		t.groups[key] = g
	}
	if g.count++; len(g.kept) < t.o.names() {
		f.Others = slices.Clone(f.Others)
		g.kept = append(g.kept, f)
	}
	if who := f.Object.DN + "\x00" + f.Object.ID; f.Severity == validate.Error && (t.failed == 0 || who != t.last) {
		t.failed, t.last = t.failed+1, who
	}
	return nil
}

// Close implements Validation.
func (t *validationText) Close(s validate.Summary) error {
	buf := bufio.NewWriter(t.w)
	p := newPage(buf, t.o)
	t.verdict(p, s)
	for _, g := range t.ordered() {
		t.group(p, g)
	}
	compared(p, s.Compared, t.o)
	suppressed(p, s)
	t.unchecked(p, s)
	if p.err != nil {
		return p.err
	}
	return buf.Flush()
}

// ordered gives the groups, gravest first.
func (t *validationText) ordered() []*findings {
	groups := make([]*findings, 0, len(t.groups))
	for _, g := range t.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *findings) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), strings.Compare(a.check, b.check))
	})
	return groups
}

func (t *validationText) verdict(p *page, s validate.Summary) {
	switch {
	case s.Compared != nil:
		p.line(comparedStyle(s.Compared), comparedVerdict(s.Compared))
	case s.Errors > 0:
		p.line(red, fmt.Sprintf("NOT READY: %s in %s", plural(s.Errors, "error", "errors"), plural(t.failed, "object", "objects")))
	case s.Warnings > 0:
		p.line(yellow, "READY, with "+plural(s.Warnings, "warning", "warnings"))
	case s.Objects == 0:
		p.line(yellow, "NOTHING CHECKED: no object is synchronised")
	default:
		p.line(bold, "READY: nothing stands in the way, as far as it was evaluated")
	}
	rows := [][]string{
		{"errors", count(s.Errors), "what is named does not arrive in the cloud"},
		{"warnings", count(s.Warnings), "it arrives changed"},
		{"info", count(s.Info), "worth knowing"},
		{"checked", count(s.Objects), "of the objects in the directory"},
	}
	for i, level := range []validate.Severity{validate.Error, validate.Warning, validate.Info} {
		if level < t.of.Least {
			rows[i][2] += "; not listed, by --severity"
		}
	}
	p.table(2, rows, 1)
	tenant := "not read"
	if t.of.Tenant != nil {
		tenant = Safe(t.of.Tenant.Name) + " (" + Safe(t.of.Tenant.ID) + ")"
	}
	about := [][]string{{"tenant", tenant}, {"mode", string(t.of.Mode) + ", for objects that are not in the cloud yet"}, {"as of", instant(t.of.AsOf)}}
	if t.of.Run != "" {
		about = append(about, []string{"run", Safe(t.of.Run) + ", to compare with by --since"})
	}
	if x := t.of.Switches; x != nil {
		about = append(about, []string{"synchronisation", switches(x)})
	}
	for _, o := range slices.Backward(t.of.Objects) {
		about = append([][]string{{"object", label(o, t.o)}}, about...)
	}
	p.table(2, about)
}

// severityStyles says how headings of a severity look.
var severityStyles = map[validate.Severity]style{validate.Error: red, validate.Warning: yellow, validate.Info: bold}

func (t *validationText) group(p *page, g *findings) {
	c, _ := validate.CheckNamed(g.check)
	p.line(plain, "")
	p.line(severityStyles[g.severity], fmt.Sprintf("%s %s: %s (%s)", Safe(g.check), g.severity, Safe(c.Title), count(g.count)))
	if c.Why != "" {
		p.flow(faint, "  ", Safe(c.Why), 2)
	}
	for _, f := range g.kept {
		t.finding(p, f)
	}
	if more := g.count - len(g.kept); more > 0 {
		p.line(faint, "  and "+count(more)+" more; --full lists them")
	}
}

func (t *validationText) finding(p *page, f validate.Finding) {
	line := Safe(f.Object.Kind) + " " + label(f.Object, t.o)
	if f.Attribute != "" {
		line += " · " + Safe(f.Attribute)
	}
	if f.Value != "" {
		line += " " + t.quoted(f.Value)
	}
	p.flow(plain, "  ", line, 4)
	p.flow(plain, "    ", Safe(f.Detail), 6)
	if len(f.Others) > 0 {
		n := 3
		if t.o.Full {
			n = validate.MaxOthers
		}
		p.flow(plain, "    also ", others(f, t.o, n), 6)
	}
	if x := f.Fix; x != nil {
		after := `"` + Safe(x.After) + `"` // whole, to be taken over
		text := Safe(x.Attribute) + " " + t.quoted(x.Before) + " → " + after
		if x.Before == "" {
			text = "add " + Safe(x.Attribute) + " " + after
		}
		if !x.Safe {
			text += "; have somebody look at it"
		}
		p.flow(plain, "    fix ", text, 6)
	}
}

// quoted shows a value in quotation marks, so that blanks at its ends are seen.
func (t *validationText) quoted(s string) string {
	if s = Safe(s); !t.o.Full {
		s = clip(s, 80)
	}
	return `"` + s + `"`
}

// unchecked says what the verdict does not cover.
func (t *validationText) unchecked(p *page, s validate.Summary) {
	if len(s.Excluded) > 0 {
		p.head("Not synchronised, and so not checked")
		var rows [][]string
		for _, x := range s.Excluded {
			rows = append(rows, []string{count(x.Objects), Safe(x.Reason)})
		}
		p.table(2, rows, 0)
	}
	if len(t.of.Unknown) > 0 {
		p.head("Unknown")
		for _, u := range t.of.Unknown {
			p.flow(plain, "  ", Safe(u), 4)
		}
	}
	if len(s.NotEvaluated) == 0 {
		return
	}
	p.head("Not evaluated")
	var order []string
	checks := map[string][]string{}
	for _, x := range s.NotEvaluated {
		why := Safe(x.Why)
		if x.Source != "" {
			why = Safe(x.Source) + ": " + why
		}
		if x.Partly {
			why += " (evaluated in part)"
		}
		if checks[why] == nil {
			order = append(order, why)
		}
		checks[why] = append(checks[why], Safe(cmp.Or(x.Check, "filters")))
	}
	for _, why := range order {
		p.flow(plain, "  ", strings.Join(checks[why], ", ")+": "+why, 4)
	}
}
