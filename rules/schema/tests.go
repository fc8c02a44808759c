package schema

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

func instant(description string) *Schema {
	return Like(instantPattern, description+": 2026-09-15T08:00:00Z, or a day")
}

// Tests describes files of kind PolicyTest.
func Tests() *Schema {
	tests := List("the tests", test())
	tests.MinItems = 1
	s := Mapping("tests of policies", slices.Concat(head("PolicyTest"), []Key{
		May("description", Text("for people")),
		Must("asOf", instant("the moment of evaluation")),
		Must("fixtures", &Schema{Description: "objects by name", Types: []string{"object"}, Free: fixture(true)}),
		Must("tests", tests),
		May("mutants", Mapping("what policy test --mutate may not notice", Must("accept", List("mutants that may survive", Mapping("a mutant",
			May("rule", Text("id of the rule that is changed")), Must("mutant", Text("as policy test --mutate names it")), Must("reason", Text("why"))))))),
		May("unreachable", List("rules that nothing can reach", Mapping("an argument", Must("rule", Text("id of the rule")), Must("reason", Text("why"))))),
	})...)
	s.Title = "Tests of policies of coexist"
	return s
}

// fixture describes an object, or changes to one. Attributes have the names that the policies know, which a schema does not.
func fixture(whole bool) *Schema {
	keys := settings()
	if whole {
		keys = append(keys, May("like", Text("the fixture that this one begins with")))
	}
	return &Schema{Description: "what the object is and has", Types: []string{"object"}, Keys: keys, Free: attribute()}
}

func attribute() *Schema {
	return &Schema{Description: "an attribute, by the policies' name or by LDAP's", AnyOf: []*Schema{
		{Types: []string{"string", "number", "boolean", "array"}}, Mapping("as the directory hands it out", Must("raw", Text("the value")))}}
}

func settings() []Key {
	texts := func(description string) *Schema { return List(description, Text("a name")) }
	return []Key{
		May("class", OneOf("what it is", "user", "contact", "group")), May("guid", Like(guidPattern, "objectGUID")), May("domain", Text("DNS name of its domain")),
		May("enabled", Truth("sets or clears the bit of userAccountControl")), May("groups", texts("groups that it is a member of, however deeply nested")),
		May("directGroups", texts("groups that it is a member of without nesting")), May("unreadable", texts("attributes that could not be read")),
		May("prior", &Schema{Description: "what earlier runs carried out, by decision", Types: []string{"object"}, Free: &Schema{}, MinKeys: 1, NamePattern: decisionPattern()}),
	}
}

// decisionPattern matches the names of decisions.
func decisionPattern() string {
	p := "^("
	for i, d := range rules.DecisionNames() {
		if i > 0 {
			p += "|"
		}
		p += d
	}
	return p + ")$"
}

func test() *Schema {
	foreach := &Schema{Description: "each combination of the values is a case", Types: []string{"object"}, Free: List("values of the attribute", &Schema{})}
	foreach.Free.MinItems = 1
	out := Truth("no policy decides about the object")
	out.Const = true
	t := Mapping("a test", Must("name", Text("unique in the suite")), Must("object", Text("a fixture")), May("asOf", instant("the moment of evaluation, where it differs")),
		May("with", fixture(false).Described("changes to the fixture")), May("foreach", foreach), May("policy", Text("the policy that decides")), May("outOfScope", out),
		May("expect", expectations()), May("rules", decidingRules()), May("skip", Truth("the test is not run")), May("skipReason", Text("why")),
		May("todo", Text("why the test may still fail")))
	t.Rules = []map[string]any{AtLeastOne("expect", "rules", "policy", "outOfScope"), NotTogether("outOfScope", "expect"), NotTogether("outOfScope", "rules"),
		NotTogether("outOfScope", "policy"), When("skip", true, map[string]any{"required": []string{"skipReason"}}),
		{"if": map[string]any{"required": []string{"skipReason"}}, "then": map[string]any{"required": []string{"skip"}, "properties": map[string]any{"skip": map[string]any{"const": true}}}}}
	return t
}

// only is a truth value of which one makes sense.
func only(v bool, description string) *Schema {
	s := Truth(description)
	s.Const = v
	return s
}

// expectations describes what a test expects of decisions.
func expectations() *Schema {
	var keys []Key
	for _, d := range rules.DecisionNames() {
		keys = append(keys, May(d, expected(d)))
	}
	s := Mapping("values of decisions", keys...)
	s.MinKeys = 1
	return s
}

func expected(d string) *Schema {
	ways := []*Schema{Mapping("held by a rule that says fail", Must("fail", Text("id of the rule"))), Mapping("held", Must("held", only(true, ""))),
		Mapping("the decision does not apply", Must("applies", only(false, "")))}
	switch rules.ModeOf(d) {
	case rules.First:
		word := Text("the value")
		if d != rules.UsageLocation {
			word = value(d)
		}
		details := Mapping("the value and more", May("value", word), May("hold", Like(durationPattern, "how long it must stay true")), May("pending", word), May("reason", AnyText("the rule's reason")))
		details.MinKeys = 1
		ways = append(ways, word, details)
	case rules.Collect:
		ways = append(ways, List("names", Text("a name")))
	case rules.Merge:
		names, properties := rules.Keys(d)
		var keys []Key
		for i, p := range properties {
			keys = append(keys, May(names[i], expectedKey(p)))
		}
		s := Mapping("by key", keys...)
		s.MinKeys = 1
		ways = append(ways, s)
	}
	return &Schema{Description: "what the decision shall give", AnyOf: ways}
}

func expectedKey(p cloud.Property) *Schema {
	unmanaged := Mapping("nothing sets it", Must("managed", only(false, "")))
	var v *Schema
	switch p.Kind {
	case cloud.TruthKind:
		v = Truth("")
	case cloud.NumberKind:
		v = &Schema{Types: []string{"integer"}}
	case cloud.TextsKind, cloud.ReferencesKind:
		v = List("", AnyText(""))
	default:
		v = AnyText("")
	}
	return &Schema{AnyOf: []*Schema{v, unmanaged}}
}

// decidingRules describes which rules a test expects to have decided.
func decidingRules() *Schema {
	one := Text("id of the rule")
	var keys []Key
	for _, d := range rules.DecisionNames() {
		s := &Schema{Description: "the rule or the rules that decide", AnyOf: []*Schema{one, List("several", one)}}
		if rules.ModeOf(d) == rules.Merge {
			names, _ := rules.Keys(d)
			var byKey []Key
			for _, n := range names {
				byKey = append(byKey, May(n, one))
			}
			x := Mapping("by key", byKey...)
			x.MinKeys = 1
			s.AnyOf = append(s.AnyOf, x)
		}
		keys = append(keys, May(d, s))
	}
	s := Mapping("which rules decide", keys...)
	s.MinKeys = 1
	return s
}
