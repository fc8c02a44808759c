package report

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/coexistsync/coexist/engine/validate"
)

// ValidationJUnit writes a validation as JUnit XML, which continuous integration shows: a suite for each check, a test for
// each finding. Errors fail; warnings and info pass with their text in system-out. A check without findings is one test that
// passes, and one that was not evaluated is skipped.
func ValidationJUnit(w io.Writer, v Validated) Validation {
	return &validationJUnit{w: w, of: v, suites: map[string]*suite{}}
}

type validationJUnit struct {
	w      io.Writer
	of     Validated
	suites map[string]*suite
}

// suite is the tests of one check, written as they come.
type suite struct {
	tests, failures int
	body            bytes.Buffer
}

// Finding implements Validation.
func (j *validationJUnit) Finding(f validate.Finding) error {
	s := j.suites[f.Check]
	if s == nil {
		s = &suite{}
		j.suites[f.Check] = s
	}
	s.tests++
	o := Options{Full: true}
	name := short(f.Object, o)
	if f.Object.DN != "" {
		name = Safe(f.Object.DN)
	}
	if f.Attribute != "" {
		name += " " + Safe(f.Attribute)
	}
	text := Safe(f.Detail)
	if f.Value != "" {
		text = fmt.Sprintf("%q: ", Safe(f.Value)) + text
	}
	if len(f.Others) > 0 {
		text += "; also " + others(f, o, validate.MaxOthers)
	}
	if f.Fix != nil {
		text += fmt.Sprintf("; fix %s: %q", Safe(f.Fix.Attribute), Safe(f.Fix.After))
	}
	fmt.Fprintf(&s.body, "<testcase classname=%s name=%s>", quotedXML("validate."+f.Check), quotedXML(name))
	if f.Severity == validate.Error {
		s.failures++
		fmt.Fprintf(&s.body, "<failure type=\"error\" message=%s>%s</failure>", quotedXML(text), escapeXML(text))
	} else {
		fmt.Fprintf(&s.body, "<system-out>%s</system-out>", escapeXML(f.Severity.String()+": "+text))
	}
	s.body.WriteString("</testcase>\n")
	return nil
}

// Close implements Validation.
func (j *validationJUnit) Close(sum validate.Summary) error {
	skipped := map[string]string{}
	for _, u := range sum.NotEvaluated {
		if u.Check != "" && !u.Partly && j.suites[u.Check] == nil {
			skipped[u.Check] = u.Why
		}
	}
	for _, c := range validate.Checks() {
		if j.suites[c.ID] != nil {
			continue
		}
		s := &suite{tests: 1}
		why, not := skipped[c.ID]
		fmt.Fprintf(&s.body, "<testcase classname=%s name=\"no finding\">", quotedXML("validate."+c.ID))
		if not {
			fmt.Fprintf(&s.body, "<skipped message=%s/>", quotedXML(Safe(why)))
		}
		s.body.WriteString("</testcase>\n")
		j.suites[c.ID] = s
	}
	tests, failures := 0, 0
	for _, s := range j.suites {
		tests, failures = tests+s.tests, failures+s.failures
	}
	buf := bufio.NewWriter(j.w)
	fmt.Fprintf(buf, "%s<testsuites name=\"coexist validate\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n", xml.Header, tests, failures, len(skipped))
	for _, id := range slices.Sorted(maps.Keys(j.suites)) {
		s := j.suites[id]
		n := 0
		if _, not := skipped[id]; not {
			n = 1
		}
		fmt.Fprintf(buf, "<testsuite name=%s tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\" timestamp=%s>\n%s</testsuite>\n",
			quotedXML(id+" "+titleOf(id)), s.tests, s.failures, n, quotedXML(j.of.AsOf.UTC().Format("2006-01-02T15:04:05")), s.body.Bytes())
	}
	buf.WriteString("</testsuites>\n")
	return buf.Flush()
}

func escapeXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

func quotedXML(s string) string { return `"` + escapeXML(s) + `"` }
