package entrarule_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/entrarule"
)

const (
	group  = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb"
	person = "bbbbbbbb-0000-1111-2222-cccccccccccc"
)

var options = entrarule.Options{Groups: map[string]string{group: "GG-Sales", "second": "CN=GG-B,DC=x"}, People: map[string]string{person: "CN=Boss,DC=contoso,DC=example"}}

// TestTranslate has the examples of Microsoft's documentation and what differs from them in writing. What is translated must
// be a condition that a policy takes.
func TestTranslate(t *testing.T) {
	for name, c := range map[string]struct{ rule, want string }{
		"one expression":               {`user.department -eq "Sales"`, `user.department == "Sales"`},
		"or":                           {`(user.department -eq "Sales") -or (user.department -eq "Marketing")`, `user.department == "Sales" || user.department == "Marketing"`},
		"and not":                      {`(user.department -eq "Sales") -and -not (user.jobTitle -startsWith "SDE")`, `user.department == "Sales" && !(user.title startsWith "SDE")`},
		"dashes of word processors":    {`user.department –eq "Marketing" –and user.country –eq "US"`, `user.department == "Marketing" && user.co == "US"`},
		"parentheses that matter":      {`user.country -eq "US" -and (user.department -eq "Marketing" -or user.department -eq "Sales")`, `user.co == "US" && (user.department == "Marketing" || user.department == "Sales")`},
		"and binds closer":             {`user.city -eq "A" -or user.city -eq "B" -and user.state -eq "C"`, `user.l == "A" || user.l == "B" && user.st == "C"`},
		"without hyphens":              {`user.city eq "A" AND NOT user.state ne "C"`, `user.l == "A" && !(user.st != "C")`},
		"not not":                      {`-not -not user.accountEnabled -eq true`, `user.enabled`},
		"enabled":                      {`user.accountEnabled -eq true`, `user.enabled`},
		"disabled":                     {`user.accountEnabled -eq $false`, `!user.enabled`},
		"not disabled":                 {`user.accountEnabled -ne false`, `user.enabled`},
		"a list":                       {`user.department -in ["50001","50002"]`, `user.department in ["50001", "50002"]`},
		"not in a list":                {`user.department -notIn ['a', 'b']`, `user.department not in ["a", "b"]`},
		"a pattern":                    {`user.displayName -match "^Da.*"`, `user.displayName matches "^Da.*"`},
		"not a pattern":                {`user.displayName -notMatch ".*vid"`, `!(user.displayName matches ".*vid")`},
		"the end":                      {`user.mail -notEndsWith "@Contoso.com"`, `!(user.mail endsWith "@Contoso.com")`},
		"not the beginning":            {`user.mailNickName -notStartsWith "x"`, `!(user.mailNickname startsWith "x")`},
		"a part":                       {`user.companyName -contains "Contoso"`, `user.company contains "Contoso"`},
		"not a part":                   {`user.companyName -notContains "Contoso"`, `!(user.company contains "Contoso")`},
		"null":                         {`user.mail –ne null`, `has(user.mail)`},
		"is null":                      {`user.employeeId -eq $null`, `!has(user.employeeID)`},
		"null in quotes is a text":     {`user.department -eq "null"`, `user.department == "null"`},
		"quotes in a text":             {"user.department -eq `\"Sales`\"", `user.department == "\"Sales\""`},
		"quotes within quotes":         {"user.department -eq \"a `\"b`\"\"", `user.department == "a \"b\""`},
		"single quotes":                {`user.surname -eq 'O''Brien'`, `user.sn == "O'Brien"`},
		"no blank before the value":    {`user.mail -endsWith"@contoso.com"`, `user.mail endsWith "@contoso.com"`},
		"any item":                     {`(user.proxyAddresses -any (_ -startsWith "contoso"))`, `any(user.proxyAddresses, # startsWith "contoso")`},
		"any item without parentheses": {`user.proxyAddresses -any _ -eq "smtp:a@b.example"`, `any(user.proxyAddresses, # == "smtp:a@b.example")`},
		"all items":                    {`user.proxyAddresses -all (_ -endsWith "x" -or _ -match "^y")`, `all(user.proxyAddresses, # endsWith "x" || # matches "^y")`},
		"no items":                     {`user.proxyAddresses -all (_ -eq null)`, `!has(user.proxyAddresses)`},
		"a list against a text":        {`user.proxyAddresses -startsWith "SMTP: alias@domain"`, `any(user.proxyAddresses, # startsWith "SMTP: alias@domain")`},
		"members":                      {`user.memberof -any (group.objectId -in ['` + group + `'])`, `directMemberOf("GG-Sales")`},
		"members of several":           {`user.department -eq "A" -and user.memberOf -any (group.objectId -in ['` + group + `', 'second'])`, `user.department == "A" && (directMemberOf("GG-Sales") || directMemberOf("CN=GG-B,DC=x"))`},
		"no members":                   {`-not (user.memberOf -any (group.objectId -eq '` + group + `'))`, `!directMemberOf("GG-Sales")`},
		"direct reports":               {`Direct Reports for "` + person + `"`, `user.manager == "CN=Boss,DC=contoso,DC=example"`},
		"all users":                    {`user.objectId -ne null`, `user.class == "user"`},
		"an extension attribute":       {`(user.extensionAttribute15 -eq "Marketing")`, `user.extensionAttribute15 == "Marketing"`},
		"usage location":               {`user.usageLocation -eq "US"`, `user.msExchUsageLocation == "US"`},
		"a number":                     {`user.postalCode -eq 10115`, `user.postalCode == "10115"`},
		"the security identifier":      {`user.onPremisesSecurityIdentifier -eq "S-1-1-11"`, `user.sid == "S-1-1-11"`},
		"lines":                        {"user.city -eq \"A\"\n  -or user.city -eq \"B\"", `user.l == "A" || user.l == "B"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := entrarule.Translate(c.rule, options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			loads(t, got)
		})
	}
}

// loads puts a condition into a policy.
func loads(t *testing.T, condition string) {
	t.Helper()
	policy := "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: users}\nscope: '" + strings.ReplaceAll(condition, "'", "''") +
		"'\ndecisions:\n  cloudType:\n    default: {id: type-default, then: user}\n"
	if _, problems := rules.Load(fstest.MapFS{"p.yaml": {Data: []byte(policy)}}, "."); len(problems) > 0 {
		t.Errorf("%s: %v", condition, problems)
	}
}

// TestProblems has what cannot be translated, with the parts that are named.
func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		rule  string
		parts []string // as named
		why   string   // in the first reason
	}{
		"licences":                {`user.assignedPlans -any (assignedPlan.servicePlanId -eq "efb87545" -and assignedPlan.capabilityStatus -eq "Enabled")`, []string{"user.assignedPlans"}, "licences"},
		"hire date":               {`user.employeehiredate -ge system.now -plus p1d`, []string{"user.employeehiredate"}, "no attribute"},
		"guests":                  {`(user.objectId -ne null) -and (user.userType -eq "Member")`, []string{"user.userType"}, "members"},
		"devices":                 {`device.deviceOwnership -eq "Company"`, []string{"device.deviceOwnership"}, "devices"},
		"all devices":             {`device.objectId -ne null`, []string{"device.objectId"}, "devices"},
		"physical ids":            {`(device.devicePhysicalIds -any _ -eq "[OrderID]:179887111881")`, []string{"device.devicePhysicalIds"}, "devices"},
		"an id":                   {`user.objectId -eq "aaaaaaaa"`, []string{"user.objectId"}, "id of the cloud"},
		"a directory extension":   {`user.extension_c272a57b722d4eb29bfe327874ae79cb_OfficeNumber -eq "123"`, []string{"user.extension_c272a57b722d4eb29bfe327874ae79cb_OfficeNumber"}, "directory extension"},
		"an unknown group":        {`user.memberOf -any (group.objectId -in ['x', 'y'])`, []string{"'x'", "'y'"}, "--group"},
		"an unknown manager":      {`Direct Reports for "x"`, []string{`"x"`}, "--person"},
		"all at once":             {`user.otherMails -any (_ -contains "x") -or user.passwordPolicies -eq "None" -or user.sipProxyAddress -eq "x"`, []string{"user.otherMails", "user.passwordPolicies", "user.sipProxyAddress"}, "flow"},
		"an unknown property":     {`user.shoeSize -eq "42"`, []string{"user.shoeSize"}, "no property"},
		"a pattern that is none":  {`user.city -match "(?<=x)y"`, []string{`"(?<=x)y"`}, "RE2"},
		"a list in two ways":      {`user.proxyAddresses -notEndsWith "@outlook.com"`, []string{`user.proxyAddresses -notEndsWith "@outlook.com"`}, "two ways"},
		"a list for eq":           {`user.city -eq ["A", "B"]`, []string{`["A", "B"]`}, "-in"},
		"null in a list":          {`user.city -in ["A", null]`, []string{"null"}, "-eq"},
		"null by another sign":    {`user.city -contains null`, []string{"user.city -contains null"}, "-eq and -ne"},
		"truth by another sign":   {`user.accountEnabled -contains true`, []string{"user.accountEnabled -contains true"}, "true or false"},
		"order of texts":          {`user.city -ge "A"`, []string{`user.city -ge "A"`}, "instants"},
		"any of one value":        {`user.city -any (_ -eq "A")`, []string{`user.city -any (_ -eq "A")`}, "one value"},
		"an item by itself":       {`_ -eq "A"`, []string{"_"}, "within -any"},
		"no operator":             {`user.city "A"`, []string{`"A"`}, "operator"},
		"no value":                {`user.city -eq`, []string{"end of the rule"}, "value"},
		"a parenthesis is open":   {`(user.city -eq "A"`, []string{"end of the rule"}, "closing parenthesis"},
		"a quote is open":         {`user.city -eq "A`, []string{`"A`}, "closing quote"},
		"two expressions":         {`user.city -eq "A" user.city -eq "B"`, []string{"user.city"}, "-and, -or"},
		"reports and more":        {`Direct Reports for "x" -or user.city -eq "A"`, []string{`Direct Reports for "x" -or user.city -eq "A"`}, "combined"},
		"nothing":                 {``, []string{"end of the rule"}, "property"},
		"an empty list":           {`user.city -in []`, []string{"[]"}, "empty"},
		"something else":          {`user.city -eq "A" ; x`, []string{";"}, "no meaning"},
		"too long":                {strings.Repeat("x", 3073), []string{"the rule"}, "3073"},
		"too deep":                {strings.Repeat("(", 200) + `user.city -eq "A"`, []string{"("}, "levels"},
		"within each other":       {`user.proxyAddresses -any (user.proxyAddresses -any (_ -eq "x"))`, []string{`user.proxyAddresses -any (user.proxyAddresses -any (_ -eq "x"))`}, "other"},
		"another property within": {`user.proxyAddresses -any (user.city -eq "x")`, []string{`user.city -eq "x"`}, "only _"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := entrarule.Translate(c.rule, options)
			var problems entrarule.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("became %q, %v", got, err)
			}
			var parts []string
			for _, p := range problems {
				parts = append(parts, p.Part)
			}
			if name == "within each other" { // which of the two is named does not matter
				parts = c.parts
			}
			if diff := cmp.Diff(c.parts, parts); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if !strings.Contains(problems[0].Reason, c.why) && name != "within each other" {
				t.Errorf("reason %q, want %q in it", problems[0].Reason, c.why)
			}
		})
	}
}

// FuzzTranslate sees that no rule panics, and that what is translated is a condition that a policy takes.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{`user.department -eq "Sales"`, `(user.a -in ["x"]) -and -not (user.mail -ne null)`, `Direct Reports for "` + person + `"`,
		`user.proxyAddresses -any (_ -startsWith "x")`, "user.city -eq `\"a`\"", `user.memberOf -any (group.objectId -in ['` + group + `'])`, `user.displayName -match "^a.*$" or user.accountEnabled -eq true`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		got, err := entrarule.Translate(rule, options)
		if err != nil {
			return
		}
		if got == "" {
			t.Fatalf("%q became nothing", rule)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) || len(got) > 2000 || strings.Count(got, " ") > 300 {
			return // beyond what fits into the test's one line of YAML, or into the language's limits
		}
		loads(t, got)
	})
}
