package schema

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

// The forms of texts. They are the loader's.
const (
	idPattern        = `^[a-z][a-z0-9-]{2,48}$`
	exceptionPattern = `^[A-Za-z][A-Za-z0-9-]{2,48}$`
	namePattern      = `^[A-Za-z][A-Za-z0-9_]{0,63}$`
	ldapPattern      = `^[A-Za-z][A-Za-z0-9-]{0,127}$`
	datePattern      = `^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`
	instantPattern   = `^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]\d{2}:\d{2}))?$`
	durationPattern  = `^\d+[dhms]$`
	guidPattern      = `^\{?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\}?$`
	enginePattern    = `^>= ?\d{1,4}\.\d{1,4}$`
	secretPattern    = `^[a-z][a-z0-9-]{0,62}$`
)

// Kinds lists the kinds of documents below a policy folder, as Of knows them.
func Kinds() []string { return []string{"policy", "conditions", "exceptions", "tests"} }

// Of gives the schema of a kind; nil for one that is none of Kinds.
func Of(kind string) *Schema {
	switch kind {
	case "policy":
		return Policy()
	case "conditions":
		return Conditions()
	case "exceptions":
		return Exceptions()
	case "tests":
		return Tests()
	}
	return nil
}

// head are the keys of every document.
func head(kind string) []Key {
	return []Key{Must("apiVersion", OneOf("the format of the file", "coexist/v1")), Must("kind", OneOf("what the file holds", kind))}
}

func metadata() *Schema {
	return Mapping("who and what the file is", Must("name", Like(idPattern, "3 to 49 lower-case letters, digits and hyphens; unique among policies")),
		May("owner", Text("who answers for it, for people and for lint")), May("description", Text("for people")))
}

// expression is an expression. YAML may take a short one for a number or for true.
func expression(description string) *Schema {
	return &Schema{Description: description, Types: []string{"string", "boolean", "number"}, Pattern: `\S`, Expression: true}
}

func condition(description string) *Schema {
	return expression(description + ": an expression that is true or false")
}

func date(description string) *Schema {
	return Like(datePattern, description+": a day such as 2026-09-01")
}

func conditions(description string) *Schema {
	return Named(description, namePattern, condition("what the name stands for"))
}

// Policy describes files of kind Policy.
func Policy() *Schema {
	var decisions []Key
	for _, d := range rules.DecisionNames() {
		decisions = append(decisions, May(d, decision(d)))
	}
	all := Mapping("what is decided, in the order written", decisions...)
	all.MinKeys = 1
	group := Mapping("a group that lives in the cloud, found by one key", May("id", Like(guidPattern, "its object id")),
		May("uniqueName", Like(`^\S(.{0,126}\S)?$`, "its uniqueName")), May("mail", Like(`^[^\s@:]+@[^\s@:]+\.[^\s@:]*$`, "its primary address")))
	group.Rules = []map[string]any{ExactlyOne("id", "uniqueName", "mail")}
	plans := List("service plans to switch off, by name or GUID", Text("a service plan"))
	plans.Unique = true
	columns := List("the other columns, in the order of the file", AnyText("name of a column"))
	columns.MinItems = 1
	p := Mapping("decisions for the objects in its scope", slices.Concat(head("Policy"), []Key{
		Must("metadata", metadata()),
		May("requires", Mapping("what the policy needs", Must("engine", Like(enginePattern, `the least version of the language, ">=1.1"`)))),
		May("timezone", Text("of from, until, today() and day counts, such as Europe/Berlin; UTC unless given")),
		May("acts", OneOf("in which mode the objects of the policy are", string(rules.ActsProvision), string(rules.ActsActivate), string(rules.ActsBoth))),
		May("scope", condition("which objects the policy decides about; every object unless given")),
		May("imports", List("files of kind Conditions, relative to this file", Text("path of a file"))),
		May("conditions", conditions("named conditions")),
		May("tables", Named("CSV tables that lookup() and inTable() read", namePattern, Mapping("a table", Must("file", Text("path, relative to this file")),
			Must("key", Text("the first column")), Must("columns", columns)))),
		May("bundles", Named("licences by name", namePattern, Mapping("a licence", Must("sku", Text("part number such as SPE_E3, or GUID")), May("disablePlans", plans)))),
		May("cloudGroups", Named("groups of the cloud by name", namePattern, group)),
		May("attributes", Named("further attributes of the directory by name", namePattern, Mapping("an attribute", Must("ldap", Like(ldapPattern, "its LDAP name")),
			Must("type", OneOf("its type", "string", "integer", "boolean", "time", "list"))))),
		Must("decisions", all),
	})...)
	p.Title = "Policy of coexist"
	return p
}

// Conditions describes files of kind Conditions.
func Conditions() *Schema {
	s := Mapping("named conditions for policies to import", slices.Concat(head("Conditions"), []Key{May("metadata", metadata()), Must("conditions", conditions("named conditions"))})...)
	s.Title = "Conditions of coexist"
	return s
}

// decisionAbout says what a decision is for.
var decisionAbout = map[string]string{
	rules.CloudType: "what the object becomes in Microsoft 365", rules.UsageLocation: "the country in which licences are used",
	rules.Licenses: "bundles of licences", rules.Groups: "groups of the cloud to be a member of", rules.Attributes: "what flows into the cloud",
	rules.Mail: "addresses and settings of mailboxes and recipients", rules.Account: "the account: enabled, first password",
	rules.Leave: "what happens once the object has left scope or the directory",
}

func decision(name string) *Schema {
	mode := rules.ModeOf(name)
	keys := []Key{May("mode", OneOf("how its rules combine; follows from the decision", string(mode))),
		May("when", condition("where the decision applies at all"))}
	if mode == rules.Collect {
		keys = append(keys, May("exclusive", List("names of which an object keeps the first that it gets", List("names that exclude each other", Text("a name")))))
	}
	keys = append(keys, May("rules", List("in order; what they do together follows from the mode", rule(name, false))), Must("default", rule(name, true)))
	return Mapping(decisionAbout[name]+"; mode "+string(mode), keys...)
}

// rule describes a rule or a default of a decision.
func rule(name string, fallback bool) *Schema {
	mode := rules.ModeOf(name)
	keys := []Key{Must("id", Like(idPattern, "unique in all policies; reports and tests refer to it"))}
	if !fallback {
		keys = append(keys, Must("when", condition("for which objects the rule holds")))
	}
	then, computed := value(name), expression("the value as an expression")
	if mode == rules.Merge {
		then, computed = assignments(name, false), assignments(name, true)
	}
	keys = append(keys, May("then", then), May("thenExpr", computed), May("fail", Text("a reason: the rule holds the object instead of deciding")))
	if mode == rules.First {
		keys = append(keys, May("reason", Text("why; required for cloudType none")), May("hold", Like(durationPattern, "how long the outcome must stay true before it is carried out: 14d, 36h, 90m, 30s")))
	}
	keys = append(keys, May("was", &Schema{Description: "ids that the rule had before", AnyOf: []*Schema{Like(idPattern, "an id"), List("several", Like(idPattern, "an id"))}}))
	if !fallback {
		keys = append(keys, May("from", date("first day")), May("until", date("last day")))
	}
	keys = append(keys, May("description", Text("for people")), May("owner", Text("who answers for it; the policy's owner unless given")))
	what := "a rule"
	if fallback {
		what = "what holds where no rule is true"
	}
	s := Mapping(what, keys...)
	if mode == rules.Merge {
		s.Rules = []map[string]any{AtLeastOne("then", "thenExpr", "fail"), NotTogether("fail", "then"), NotTogether("fail", "thenExpr")}
	} else {
		s.Rules = []map[string]any{ExactlyOne("then", "thenExpr", "fail")}
	}
	if name == rules.CloudType {
		s.Rules = append(s.Rules, When("then", string(cloud.None), map[string]any{"required": []string{"reason"}}))
	}
	return s
}

// value describes what a decision of mode first or collect takes, written out.
func value(name string) *Schema {
	if rules.ModeOf(name) == rules.Collect {
		return List("names under bundles or cloudGroups", Text("a name"))
	}
	return OneOf("the value", rules.Words(name)...)
}

// assignments describes the keys of a decision of mode merge.
func assignments(name string, computed bool) *Schema {
	names, properties := rules.Keys(name)
	var keys []Key
	for i, p := range properties {
		switch {
		case !computed:
			keys = append(keys, May(names[i], literal(p)))
		case p.Name != "password":
			keys = append(keys, May(names[i], expression("an expression")))
		}
	}
	if computed {
		return Mapping("keys to expressions", keys...)
	}
	return Mapping("keys to values", keys...)
}

// literal describes what a property takes, written out.
func literal(p cloud.Property) *Schema {
	text := func() *Schema {
		s := AnyText("")
		switch {
		case len(p.Enum) > 0:
			s.Enum = append(slices.Clone(p.Enum), "")
		case p.MaxLen > 0:
			s.Rules = []map[string]any{{"maxLength": p.MaxLen}}
		}
		return s
	}
	switch p.Kind {
	case cloud.TruthKind:
		return Truth("")
	case cloud.NumberKind:
		return &Schema{Types: []string{"integer"}, Minimum: new(int)}
	case cloud.TextsKind:
		s := text()
		s.Pattern = `\S`
		return List("", s)
	case cloud.ReferenceKind:
		return AnyText("distinguished name of an object")
	case cloud.ReferencesKind:
		return List("", Text("distinguished name of an object"))
	}
	if p.Name == "password" {
		return password()
	}
	return text()
}

func password() *Schema {
	s := Mapping("how the first password comes about", May("length", Number("characters", cloud.MinPassword, cloud.MaxPassword)),
		May("classes", Number("of capitals, small letters, digits and signs", cloud.MinPasswordClasses, cloud.MaxPasswordClasses)),
		May("pronounceable", Truth("made of syllables, to be read out")), May("secret", Like(secretPattern, "one of secrets: in coexist.yaml that holds it")))
	for _, k := range []string{"length", "classes", "pronounceable"} {
		s.Rules = append(s.Rules, NotTogether("secret", k))
	}
	return s
}

// Exceptions describes files of kind Exceptions.
func Exceptions() *Schema {
	object := Mapping("which object", Must("objectGUID", Like(guidPattern, "its objectGUID, for names are used again")), May("note", Text("what people call it")))
	freeze := Truth("nothing is decided: the cloud keeps what it has")
	freeze.Const = true
	x := Mapping("an exception", Must("id", Like(exceptionPattern, "3 to 49 letters, digits and hyphens; unique among exceptions")), Must("object", object),
		Must("decision", OneOf("which decision", rules.DecisionNames()...)), May("set", &Schema{Description: "the value, as in then of a rule"}), May("freeze", freeze),
		Must("reason", Text("why")), Must("owner", Text("who answers for it")), May("from", date("first day; at once unless given")),
		Must("expires", date("last day; 180 days from the first at most")))
	x.Rules = []map[string]any{ExactlyOne("set", "freeze")}
	for _, d := range rules.DecisionNames() {
		set := value
		if rules.ModeOf(d) == rules.Merge {
			set = func(name string) *Schema {
				s := assignments(name, false)
				s.MinKeys = 1
				return s
			}
		}
		x.Rules = append(x.Rules, When("decision", d, map[string]any{"properties": map[string]any{"set": set(d).object()}}))
	}
	s := Mapping("what is decided about single objects for a time", slices.Concat(head("Exceptions"), []Key{May("metadata", metadata()), Must("exceptions", List("the exceptions", x))})...)
	s.Title = "Exceptions of coexist"
	return s
}
