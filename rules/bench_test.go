package rules

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/coexistsync/coexist/directory"
)

// benchPolicy is a policy of forty rules in four decisions, of the kind that a company writes: places, memberships,
// departments, addresses and flags, with attributes flowing through.
func benchPolicy() string {
	var b strings.Builder
	b.WriteString(`apiVersion: coexist/v1
kind: Policy
metadata: {name: bench}
scope: user.class == "user" && inOU("DC=corp,DC=example") && !has(user.isCriticalSystemObject)
conditions:
  staff: inOU("OU=Staff,DC=corp,DC=example") && user.employeeType in ["Employee", "Apprentice", "Intern"]
  service: user.sam startsWith "svc-" || user.sam endsWith "$" || memberOf("GG-Service")
tables:
  countries: {file: c.csv, key: country, columns: [code]}
bundles:
  standard: {sku: SPE_E3}
  premium: {sku: SPE_E5}
  visio: {sku: VISIOCLIENT}
decisions:
  cloudType:
    rules:
      - {id: type-service, when: service, then: none, reason: service account}
      - {id: type-mailbox, when: 'user.mailNickname startsWith "SystemMailbox{"', then: none, reason: system}
      - {id: type-aad, when: 'user.sam startsWith "AAD_" || user.sam startsWith "MSOL_"', then: none, reason: system}
      - {id: type-cas, when: 'user.sam startsWith "CAS_" && user.sam contains "}"', then: none, reason: system}
      - {id: type-bits, when: 'hasBits(user.msExchRecipientTypeDetails, 0x21C07000)', then: none, reason: system}
      - {id: type-conflict, when: 'rdn() contains "\\0ACNF:"', then: none, reason: conflict}
      - {id: type-shared, when: 'user.msExchRecipientTypeDetails in [4, 34359738368]', then: sharedMailbox}
      - {id: type-room, when: 'user.msExchRecipientTypeDetails in [16, 8589934592]', then: roomMailbox}
      - {id: type-leaver, when: 'staff && !user.enabled', then: sharedMailbox, hold: 14d}
      - {id: type-staff, when: 'staff && domainOf(user.mail) in ["corp.example", "corp.de"]', then: user}
    default: {id: type-default, then: none, reason: no rule}
  usageLocation:
    rules:
      - {id: loc-override, when: 'user.extensionAttribute7 matches "^[A-Z]{2}$"', thenExpr: upper(user.extensionAttribute7)}
`)
	for i := range 8 {
		fmt.Fprintf(&b, "      - {id: loc-site%d, when: 'inOU(\"OU=Site%d,DC=corp,DC=example\") && user.l == \"City%d\"', then: DE}\n", i, i, i)
	}
	b.WriteString(`      - {id: loc-country, when: 'inTable("countries", user.country)', thenExpr: 'lookup("countries", user.country, "code")'}
    default: {id: loc-unknown, fail: no country}
  licenses:
    when: decided("cloudType") == "user"
    exclusive: [[premium, standard]]
    rules:
      - {id: lic-it, when: 'staff && user.department in ["IT", "Security"]', then: [premium]}
      - {id: lic-visio, when: 'memberOf("APP-Visio")', then: [visio]}
`)
	for i := range 8 {
		fmt.Fprintf(&b, "      - {id: lic-dep%d, when: 'user.department in [\"D%d\", \"E%d\", \"F%d\"] && user.company == \"Corp\"', then: [standard]}\n", i, i, i, i)
	}
	b.WriteString(`    default: {id: lic-none, then: [standard]}
  mail:
    when: decided("cloudType") in ["user", "sharedMailbox", "roomMailbox"]
    rules:
`)
	for i := range 8 {
		fmt.Fprintf(&b, "      - {id: mail-group%d, when: 'memberOf(\"GG-Mail%d\") && user.employeeType == \"Apprentice\"', then: {imap: true}}\n", i, i)
	}
	b.WriteString(`      - {id: mail-old, when: 'hasProxy("@old.example")', then: {pop: true}}
      - {id: mail-two, when: 'any(user.proxyAddresses, # startsWith "smtp:" && # endsWith "@legacy.example")', then: {owa: true}}
    default: {id: mail-default, then: {imap: false, pop: false, litigationHold: false, maxSendMB: 35}}
`)
	return b.String()
}

// benchObjects are users with some forty attributes, as a company's directory holds them.
func benchObjects(tb testing.TB, schema *directory.Schema, n int) []directory.Object {
	tb.Helper()
	var out []directory.Object
	for i := range n {
		list := []directory.Attribute{
			{Name: "distinguishedName", Values: []string{fmt.Sprintf("CN=User %d,OU=Users,OU=Berlin,OU=Staff,DC=corp,DC=example", i)}},
			{Name: "cn", Values: []string{fmt.Sprintf("User %d", i)}},
			{Name: "sAMAccountName", Values: []string{fmt.Sprintf("User%d", i)}},
			{Name: "userPrincipalName", Values: []string{fmt.Sprintf("user%d@corp.example", i)}},
			{Name: "displayName", Values: []string{fmt.Sprintf("User Number %d", i)}},
			{Name: "mail", Values: []string{fmt.Sprintf("User.Number%d@Corp.Example", i)}},
			{Name: "mailNickname", Values: []string{fmt.Sprintf("User.Number%d", i)}},
			{Name: "proxyAddresses", Values: []string{fmt.Sprintf("SMTP:User.Number%d@Corp.Example", i), fmt.Sprintf("smtp:u%d@corp.de", i), "X500:/o=Corp/ou=x/cn=y"}},
			{Name: "department", Values: []string{fmt.Sprintf("D%d", i%12)}},
			{Name: "company", Values: []string{"Corp"}},
			{Name: "employeeType", Values: []string{"Employee"}},
			{Name: "c", Values: []string{"DE"}},
			{Name: "l", Values: []string{"Berlin"}},
			{Name: "userAccountControl", Values: []string{"512"}},
			{Name: "whenCreated", Values: []string{"20260901120000.0Z"}},
			{Name: "objectSid", Values: []string{"\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x51\x04\x00\x00"}},
		}
		for k := range 24 {
			list = append(list, directory.Attribute{Name: fmt.Sprintf("other%d", k), Values: []string{fmt.Sprintf("value %d of %d", k, i%50)}})
		}
		o, err := schema.NewObject(directory.User, directory.GUID{byte(i), byte(i >> 8), 1}, list)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, o)
	}
	schema.Seal()
	return out
}

func benchSet(tb testing.TB) *Set {
	tb.Helper()
	set, problems := Load(fstest.MapFS{"p.yaml": {Data: []byte(benchPolicy())}, "c.csv": {Data: []byte("country,code\nDE,DE\nAT,AT\n")}}, ".")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return set
}

// bareRun is what Evaluate lets expr do for one object, and nothing else: the same programs, in the same order and with the
// same stops, on an environment that is ready.
type bareRun struct {
	env      any
	programs []*vm.Program
}

// prepare finds out which programs Evaluate runs for an object, and keeps the environment they saw.
func prepare(tb testing.TB, set *Set, schema *directory.Schema, in Input) bareRun {
	tb.Helper()
	e := set.NewEvaluator(schema, benchTime)
	e.Evaluate(in)
	e.facts.boxed = nil // an environment with all that was decided
	var b bareRun
	b.env = e.facts.environment()
	run := func(p *program) bool {
		if p == nil {
			return true
		}
		b.programs = append(b.programs, p.code)
		v, err := e.vm.Run(p.code, b.env)
		if err != nil {
			tb.Fatal(err)
		}
		t, ok := v.(bool)
		return ok && t
	}
	for _, p := range set.policies {
		if !run(p.scope) {
			continue
		}
		for _, d := range p.decisions {
			if run(d.when) {
				d.bare(e.days[0], run)
			}
		}
		break
	}
	return b
}

// bare runs the programs of a decision.
func (d *decision) bare(day int, run func(*program) bool) {
	set, any := map[string]bool{}, false
	outcome := func(r *rule) {
		any = true
		if r.expr != nil {
			run(r.expr)
		}
		for _, a := range r.sets {
			if a.expr != nil && !set[a.property.Name] {
				run(a.expr)
			}
			set[a.property.Name] = true
		}
	}
	for _, r := range d.rules {
		if r.inForce(day) && run(r.when) {
			outcome(r)
			if d.mode == First {
				return
			}
		}
	}
	if d.mode == Merge || !any {
		outcome(d.fallback)
	}
}

var benchTime = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)

func inputs(tb testing.TB, set *Set, n int) (*directory.Schema, []Input) {
	schema := directory.NewSchema()
	var in []Input
	for i, o := range benchObjects(tb, schema, n) {
		in = append(in, Input{Object: o, InGroup: func(ref int) bool { return (ref+i)%5 == 0 && set.Groups()[ref] != "GG-Service" }})
	}
	return schema, in
}

// BenchmarkEvaluate measures whole evaluations against the bare runs of the same conditions in the same run. An evaluation
// is all that happens for one object: reading its attributes, decoding and folding them, the memberships, the environment,
// the fingerprint, every rule, and the outcome. A bare run is vm.Run alone, for the same programs in the same order, on an
// environment that was made beforehand.
func BenchmarkEvaluate(b *testing.B) {
	b.Run("forty rules", func(b *testing.B) { measure(b, benchSet(b)) })
	if set := shipped(b); set != nil {
		b.Run("shipped", func(b *testing.B) { measure(b, set) })
	}
}

// shipped gives the policies that the project ships, nil where they are not there.
func shipped(b testing.TB) *Set {
	const folder = "../policies/default"
	if _, err := os.Stat(folder); err != nil {
		return nil
	}
	set, problems := Load(os.DirFS(folder), ".")
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	return set
}

func measure(b *testing.B, set *Set) {
	const objects = 200
	schema, in := inputs(b, set, objects)
	e := set.NewEvaluator(schema, benchTime)
	bare := make([]bareRun, objects)
	programs := 0
	for i := range in {
		bare[i] = prepare(b, set, schema, in[i])
		programs += len(bare[i].programs)
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	whole, alone := time.Hour, time.Hour // the fastest round of each, for a machine that others use too
	allocs := testing.AllocsPerRun(1, func() {
		for i := range in {
			e.Evaluate(in[i])
		}
	}) / objects
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		for i := range in {
			e.Evaluate(in[i])
		}
		middle := time.Now()
		for i := range bare {
			for _, p := range bare[i].programs {
				if _, err := machine.Run(p, bare[i].env); err != nil {
					b.Fatal(err)
				}
			}
		}
		whole, alone = min(whole, middle.Sub(start)), min(alone, time.Since(middle))
	}
	n := float64(objects)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(whole)/n, "ns/object")
	b.ReportMetric(float64(alone)/n, "bare-ns/object")
	b.ReportMetric(float64(whole)/float64(alone), "ratio")
	b.ReportMetric(float64(programs)/objects, "programs/object")
	b.ReportMetric(allocs, "allocs/object")
}

// BenchmarkFacts measures the part of an evaluation before the first rule, without the fingerprint.
func BenchmarkFacts(b *testing.B) {
	set := benchSet(b)
	schema, in := inputs(b, set, 200)
	e := set.NewEvaluator(schema, benchTime)
	b.ReportAllocs()
	for i := range b.N {
		e.facts.read(in[i%len(in)])
		e.facts.compute(set.scopeSlots)
		e.facts.compute(set.policies[0].slots)
		e.facts.environment()
	}
}

// BenchmarkFingerprint measures the digest of what was read.
func BenchmarkFingerprint(b *testing.B) {
	set := benchSet(b)
	schema, in := inputs(b, set, 1)
	e := set.NewEvaluator(schema, benchTime)
	e.Evaluate(in[0])
	b.ReportAllocs()
	for range b.N {
		e.facts.fingerprint()
	}
}

// BenchmarkLoad measures loading forty rules.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		benchSet(b)
	}
}
