package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/validate"
)

func TestValidationJUnitCountsWhatItHolds(t *testing.T) {
	var b bytes.Buffer
	tell(t, report.ValidationJUnit(&b, validated), hostile(), hostileSummary)
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Tests int    `xml:"tests,attr"`
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *string   `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
				Output  string    `xml:"system-out"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	tests, failures, skipped := 0, 0, 0
	for _, s := range doc.Suites {
		if len(s.Cases) != s.Tests {
			t.Errorf("%s: %d tests, and says %d", s.Name, len(s.Cases), s.Tests)
		}
		for _, c := range s.Cases {
			tests++
			if c.Failure != nil {
				failures++
			}
			if c.Skipped != nil {
				skipped++
			}
			if strings.ContainsAny(c.Name+c.Output, "\x1b\u202e\r\n") {
				t.Errorf("unsafe text in %q, %q", c.Name, c.Output)
			}
		}
	}
	got, want := [4]int{tests, failures, skipped, len(doc.Suites)}, [4]int{doc.Tests, doc.Failures, doc.Skipped, len(validate.Checks())}
	if got != want || failures != 1 || skipped != 2 {
		t.Errorf("tests, failures, skipped, suites: %v, and says %v", got, want)
	}
}

func TestValidationMarkdownKeepsDirectoryTextInSpans(t *testing.T) {
	evil := "</code><script>alert(1)</script> [x](http://evil.example) | `x` ``y` www.evil.example\nrow"
	f := validate.Finding{Check: "UPN-006", Severity: validate.Error, Mode: cloud.Provision, Object: plan.Object{Kind: "user", Name: evil, DN: "CN=x"},
		Attribute: "userPrincipalName", Value: evil, Detail: evil, Fix: &validate.Fix{Attribute: "userPrincipalName", After: evil}}
	var b bytes.Buffer
	o := report.Options{Full: true}
	tell(t, report.ValidationMarkdown(&b, validated, o), []validate.Finding{f}, validate.Summary{Objects: 1, Errors: 1,
		Excluded: []validate.Excluded{{Reason: evil, Objects: 1}}, Suppressed: []validate.Used{{Suppression: validate.Suppression{Check: "UPN-001", Object: evil, Reason: evil, Owner: evil}}}})
	outside, rows := spansOut(b.String()), 0
	for _, word := range []string{"<", "http:", "www.", "alert"} {
		if strings.Contains(outside, word) {
			t.Errorf("%q stands outside code spans:\n%s", word, outside)
		}
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "| ```") && strings.Contains(line, "userPrincipalName") {
			if rows++; strings.Count(line, "|") != 7 {
				t.Errorf("a row of %d bars, want 7: %s", strings.Count(line, "|"), line)
			}
		}
	}
	if rows != 1 {
		t.Errorf("%d rows:\n%s", rows, b.String())
	}
}

// spansOut takes the code spans of CommonMark out of a text.
func spansOut(s string) string {
	var out strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '`')
		if i < 0 {
			break
		}
		out.WriteString(s[:i])
		n := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		rest, closed := s[i+n:], false
		for k := 0; k < len(rest); {
			if rest[k] != '`' {
				k++
				continue
			}
			m := len(rest[k:]) - len(strings.TrimLeft(rest[k:], "`"))
			if m == n {
				s, closed = rest[k+m:], true
				break
			}
			k += m
		}
		if !closed {
			out.WriteString(s[i : i+n])
			s = rest
		}
	}
	return out.String() + s
}

func TestFixesLDIF(t *testing.T) {
	mend := func(dn, attribute, before, after string) validate.Mend {
		return validate.Mend{Object: plan.Object{DN: dn, Name: "A\nchangetype: delete"}, Fix: validate.Fix{Attribute: attribute, Before: before, After: after}, Checks: []string{"X"}}
	}
	list := []validate.Mend{mend("CN=a,DC=x", "mail", "a b@x", "ab@x"), mend("CN=a,DC=x", "proxyAddresses", "smtp:a@x", "SMTP:a@x"), mend("CN=ä,DC=x", "mailNickname", "", "a"),
		mend("CN=c,DC=x", "displayName", "C\n-\n\ndn: CN=evil", ":c")}
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	head := func(dn string) string {
		return "\n# A\\nchangetype: delete: X\n" + dn + "\nchangetype: modify\n"
	}
	a := "dn: CN=a,DC=x"
	two := strings.Replace(head(a), ": X\n", ": X, X\n", 1)
	want := "version: 1\n" + two + "delete: mail\nmail: a b@x\n-\nadd: mail\nmail: ab@x\n-\ndelete: proxyAddresses\nproxyAddresses: smtp:a@x\n-\nadd: proxyAddresses\nproxyAddresses: SMTP:a@x\n-\n" +
		head("dn:: "+b64("CN=ä,DC=x")) + "add: mailNickname\nmailNickname: a\n-\n" +
		head("dn: CN=c,DC=x") + "delete: displayName\ndisplayName:: " + b64("C\n-\n\ndn: CN=evil") + "\n-\nadd: displayName\ndisplayName:: " + b64(":c") + "\n-\n"
	undo := "version: 1\n" + head("dn: CN=c,DC=x") + "delete: displayName\ndisplayName:: " + b64(":c") + "\n-\nadd: displayName\ndisplayName:: " + b64("C\n-\n\ndn: CN=evil") + "\n-\n" +
		head("dn:: "+b64("CN=ä,DC=x")) + "delete: mailNickname\nmailNickname: a\n-\n" +
		two + "delete: mail\nmail: ab@x\n-\nadd: mail\nmail: a b@x\n-\ndelete: proxyAddresses\nproxyAddresses: SMTP:a@x\n-\nadd: proxyAddresses\nproxyAddresses: smtp:a@x\n-\n"
	for back, want := range map[bool]string{false: want, true: undo} {
		var b bytes.Buffer
		if err := report.FixesLDIF(&b, list, back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("undo %v (-want +got):\n%s", back, diff)
		}
	}
}

func TestMailboxText(t *testing.T) {
	l := validate.Ladder{Object: plan.Object{Name: "Ann\x1b[31m", UPN: "ann@x.example"}, Mode: cloud.Provision, Headline: 1, Rungs: []validate.Rung{
		{ID: "scope", Question: "in scope?", Result: validate.Sound, Evidence: []string{"yes"}},
		{ID: "exists", Question: "there?", Result: validate.Broken, Evidence: []string{"no\r\nat all"}, Next: "make it", Commands: []string{"New-It"}},
		{ID: "status", Question: "healthy?", Result: validate.Unknown, Evidence: []string{}}},
		Ticket: validate.Ticket{Tenant: "t", ObjectID: "id", UPN: "ann@x.example", Problem: "none\x1b", Errors: []string{"<E/>\x1b"}, RequestIDs: []string{"r1"},
			Tried: []validate.Attempt{{At: validated.AsOf, What: "create", State: "done"}}, Checked: []string{"in scope? ok"}}}
	for name, c := range map[string]struct {
		change func(*validate.Ladder)
		first  string
		ticket bool
	}{
		"broken":          {func(*validate.Ladder) {}, "STUCK at rung 2: there?", true},
		"unknown":         {func(l *validate.Ladder) { l.Headline = -1 }, "UNKNOWN: no rung that could be looked at is broken; see those that are unknown", true},
		"mailbox there":   {func(l *validate.Ladder) { l.Headline, l.Mailbox = -1, true }, "THE MAILBOX IS THERE", false},
		"nothing to find": {func(l *validate.Ladder) { l.Headline, l.Rungs = -1, l.Rungs[:1] }, "NOTHING IS BROKEN, and there is no mailbox yet", true},
	} {
		t.Run(name, func(t *testing.T) {
			x := l
			c.change(&x)
			var b bytes.Buffer
			if err := report.Mailbox(&b, x, validated.AsOf, report.Options{}); err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(b.String(), "\n")
			if first != c.first || strings.Contains(b.String(), "Request ids:\n      r1\n") != c.ticket || strings.Contains(b.String(), "\x1b") {
				t.Errorf("got:\n%s", b.String())
			}
		})
	}
}

func TestValidationTextSaysWhatIsSilencedAndFixed(t *testing.T) {
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	sum := validate.Summary{Objects: 3, Warnings: 1, Suppressed: []validate.Used{{Suppression: validate.Suppression{Check: "UPN-009", Object: "*", Reason: "r\x1b", Owner: "o", Until: until}}},
		Compared: &validate.Comparison{ID: "v1", At: validated.AsOf, New: 1, Same: 4, Fixed: []validate.Past{{Check: "DSP-003", Object: plan.Object{Kind: "user", Name: "Ann"}, Attribute: "displayName"}},
			Fresh: []string{"COX-001"}, Blind: []string{"COX-002"}}}
	of := validated
	of.Unknown, of.Switches = []string{"threshold\x1b"}, &validate.Switches{BlockSoftMatch: true, DeletionsPrevented: true, DeletionsAllowed: 500}
	var b bytes.Buffer
	tell(t, report.ValidationText(&b, of, report.Options{}), nil, sum)
	for _, want := range []string{"SINCE v1: 1 new, 1 fixed, 4 as they were\n", "soft matches are blocked; more than 500 deletions stop an export\n", "  DSP-003 user Ann · displayName\n",
		"may be old: COX-001\n", "findings are fixed:", "UPN-009 of *: 0 findings, by o until 2026-12-31, because r\\x1b; it silences nothing any", "\nUnknown\n  threshold\\x1b\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
