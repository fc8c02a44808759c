package verify_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

const capturePolicy = `apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
attributes:
  badge: {ldap: contosoBadge, type: integer}
  phones: {ldap: otherTelephone, type: list}
decisions:
  cloudType:
    rules:
      - {id: type-service, when: user.sam startsWith "svc-", then: none, reason: service account}
      - {id: type-room, when: 'inOU("OU=Rooms,DC=corp,DC=contoso,DC=com") && user.employeeType == "Room"', then: roomMailbox}
      - {id: type-member, when: memberOf("GG-Staff") && directMemberOf("GG-Direct"), then: user}
      - {id: type-badge, when: user.badge == 17 || len(user.phones) > 5 || user.enabled || user.objectSid == "S-1", then: user}
      - {id: type-old, when: 'has(user.whenCreated) && user.whenCreated < date("2020-01-01") || has(user.accountExpires)', then: user}
      - {id: type-mail, when: 'domainOf(user.mail) == "corp.contoso.com" || user.displayName == ""', then: user}
    default: {id: type-default, then: none, reason: no rule}
`

// captured captures an object with the attributes given.
func captured(t *testing.T, o verify.CaptureOptions, attributes ...directory.Attribute) (*rules.Set, *verify.Capture) {
	t.Helper()
	set := loadSet(t, fstest.MapFS{"p.yaml": {Data: []byte(capturePolicy)}})
	object, err := directory.NewSchema().NewObject(directory.User, directory.GUID{15: 7}, attributes)
	if err != nil {
		t.Fatal(err)
	}
	if o.Name == "" {
		o.Name = "someone"
	}
	o.AsOf = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)
	member := func(name string) func(int) bool { return func(ref int) bool { return set.Groups()[ref] == name } }
	c, err := verify.NewCapture(set, rules.Input{Object: object, Domain: "corp.contoso.com", InGroup: member("GG-Staff"), DirectlyIn: member("GG-Direct")}, o)
	if err != nil {
		t.Fatal(err)
	}
	return set, c
}

func person() []directory.Attribute {
	return []directory.Attribute{
		{Name: "distinguishedName", Values: []string{`CN=Doe\, Jane,OU=Upper,OU=Rooms,DC=corp,DC=contoso,DC=com`}},
		{Name: "sAMAccountName", Values: []string{"SVC-janedoe7"}},
		{Name: "displayName", Values: []string{"Jané O'Doe"}},
		{Name: "mail", Values: []string{"Jane.Doe@corp.contoso.com"}},
		{Name: "contosoBadge", Values: []string{"4711"}},
		{Name: "otherTelephone", Values: []string{"+49 30 1234567", "+49 30 7654321"}},
		{Name: "userAccountControl", Values: []string{"512"}},
		{Name: "objectSid", Values: []string{"\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00abcdefghijkl\xf4\x01\x00\x00"}},
		{Name: "whenCreated", Values: []string{"20190203102030.0Z"}},
		{Name: "accountExpires", Values: []string{"9223372036854775807"}},
	}
}

func TestCaptureReplaces(t *testing.T) {
	_, c := captured(t, verify.CaptureOptions{Anonymise: true}, person()...)
	suite, err := verify.NewSuite(c.AsOf(), c)
	if err != nil {
		t.Fatal(err)
	}
	text := string(suite)
	for _, never := range []string{"Jan", "jan", "Doe", "doe", "4711", "1234567", "Upper", "10:20", "guid", "S-1-5-21-1684234849"} {
		if strings.Contains(text, never) {
			t.Errorf("%q survives", never)
		}
	}
	for _, stays := range []string{"SVC-", "OU=Rooms,DC=corp,DC=contoso,DC=com", "@corp.contoso.com", "512", "2019-02-03T00:00:00Z", "never", "-500\n",
		"groups: [GG-Staff]", "directGroups: [GG-Direct]", `\,`, "policy: staff", "cloudType: [type-service]"} {
		if !strings.Contains(text, stays) {
			t.Errorf("%q is missing", stays)
		}
	}
	if len(c.Differs) > 0 {
		t.Errorf("it differs: %+v", c.Differs)
	}
	if t.Failed() {
		t.Log(text)
	}
	_, again := captured(t, verify.CaptureOptions{Anonymise: true}, person()...)
	if b, err := verify.NewSuite(again.AsOf(), again); err != nil || string(b) != text {
		t.Errorf("the second time it is another one: %v\n%s", err, b)
	}
	_, other := captured(t, verify.CaptureOptions{Anonymise: true, Name: "other"}, person()...)
	if b, err := verify.NewSuite(other.AsOf(), other); err != nil || strings.ReplaceAll(string(b), "other", "someone") == text {
		t.Errorf("under another name it has the same fakes: %v", err)
	}
}

func TestCaptureAsItIs(t *testing.T) {
	_, c := captured(t, verify.CaptureOptions{}, person()...)
	suite, err := verify.NewSuite(c.AsOf(), c)
	if err != nil || len(c.Kept) > 0 || len(c.Differs) > 0 {
		t.Fatalf("%v, %+v, %+v", err, c.Kept, c.Differs)
	}
	for _, stays := range []string{`CN=Doe\, Jane,OU=Upper`, "Jané O'Doe", "badge: 4711", "2019-02-03T10:20:30Z", "guid: 00000000-0000-0000-0000-000000000007"} {
		if !strings.Contains(string(suite), stays) {
			t.Errorf("%q is missing in\n%s", stays, suite)
		}
	}
}

func TestAddFixtureKeepsTheRest(t *testing.T) {
	_, c := captured(t, verify.CaptureOptions{}, directory.Attribute{Name: "sAMAccountName", Values: []string{"true"}},
		directory.Attribute{Name: "distinguishedName", Values: []string{"CN=yes"}})
	const head = "kind: PolicyTest\n"
	cases := map[string]struct{ before, want string }{
		"in the middle": {head + "fixtures:\n  a: {class: user} # one\n\n# two\ntests: []\n",
			head + "fixtures:\n  a: {class: user} # one\n  someone:\n    class: user\n    NEW\n\n# two\ntests: []\n"},
		"at the end": {head + "tests: []\nfixtures:\n    a:\n        class: user\n",
			head + "tests: []\nfixtures:\n    a:\n        class: user\n    someone:\n        class: user\n        NEW\n"},
		"without a last line break": {head + "fixtures:\n  a: {class: user}", head + "fixtures:\n  a: {class: user}\n  someone:\n    class: user\n    NEW\n"},
		"of Windows":                {"kind: PolicyTest\r\nfixtures:\r\n  a: {class: user}\r\n", "kind: PolicyTest\r\nfixtures:\r\n  a: {class: user}\r\n  someone:\r\n    class: user\r\n    NEW\r\n"},
	}
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := verify.AddFixture([]byte(x.before), c)
			if err != nil {
				t.Fatal(err)
			}
			before, after, _ := strings.Cut(x.want, "NEW")
			if !strings.HasPrefix(string(got), before) || !strings.HasSuffix(string(got), after) || !strings.Contains(string(got), `sam: "true"`) {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
	for name, suite := range map[string]string{"in braces": head + "fixtures: {a: {class: user}}\n", "none": head + "tests: []\n", "no suite": "kind: Policy\n",
		"no YAML": "a: [", "empty": "", "the same name": head + "fixtures:\n  someone: {class: user}\n"} {
		if got, err := verify.AddFixture([]byte(suite), c); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}
