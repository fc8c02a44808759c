package verify

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/rules"
)

// Capture is an object of a directory as a fixture.
type Capture struct {
	Name    string    // of the fixture
	Policy  string    // that decides about it, "" for none
	Kept    []Kept    // what stands in it as it does in the directory; nil unless anonymised
	Differs []Differs // what comes out otherwise than for the object itself; none when the fixture can stand for it
	body    []byte    // the fixture's keys, without indentation
	test    []byte    // a test that expects what is decided now, without indentation
	asOf    time.Time
}

// AsOf gives the instant of the decisions that were compared.
func (c *Capture) AsOf() time.Time { return c.asOf }

// Kept is an attribute of which a value is not replaced.
type Kept struct {
	Attribute string   `json:"attribute"` // as the fixture names it
	Values    []string `json:"values"`
	Why       string   `json:"why"`
}

// Differs is a rule that comes out otherwise for a fixture than for the object that it was made of.
type Differs struct {
	Decision string `json:"decision"` // "" for the policy that decides
	Rule     string `json:"rule,omitempty"`
	Object   string `json:"object"`  // what came of the object
	Fixture  string `json:"fixture"` // what came of the fixture
}

// CaptureOptions say how an object is written down.
type CaptureOptions struct {
	Name      string    // of the fixture: letters, digits, hyphens and underscores
	AsOf      time.Time // the day of the decisions that are compared
	Anonymise bool
	Keep      []string // attributes that stay as they are, by the policies' name or by LDAP's
}

var fixtureName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,60}$`)

// NewCapture writes down what the policies of a set read of an object, and of no other attribute. With Anonymise everything
// is replaced that could tell who it is: names, addresses, GUIDs, SIDs, distinguished names, and any other text, number and
// date but for what the policies compare with, which stands in them anyhow. Equal parts are replaced by equal ones, so that
// a mail address still begins with the name. The same options give the same fixture for the same object.
func NewCapture(set *rules.Set, in rules.Input, o CaptureOptions) (*Capture, error) {
	if !fixtureName.MatchString(o.Name) {
		return nil, fmt.Errorf("%q is no name of a fixture: letters, digits, - and _, a letter first", o.Name)
	}
	words := newVocabulary(set)
	c := &capturer{Capture: &Capture{Name: o.Name, asOf: o.AsOf}, words: words, in: in, all: !o.Anonymise}
	for _, name := range o.Keep {
		a, ok := words.ldap[directory.Fold(name)]
		if list := words.attributes[name]; len(list) > 0 {
			a, ok = list[0], list[0].LDAP != ""
		}
		if !ok {
			return nil, fmt.Errorf("no policy knows the attribute %q", name)
		}
		c.keep = append(c.keep, directory.Fold(a.LDAP))
	}
	c.attributes = c.read(set)
	if o.Anonymise {
		var values []string
		for _, a := range c.attributes {
			if syntax := directory.SyntaxOf(a.LDAP); syntax == directory.Text || syntax == directory.DN {
				values = append(values, in.Object.Values(a.LDAP)...)
			}
		}
		c.fakes = newAnonymiser(literalsOf(set), o.Name, values)
	}
	c.write(set)
	return c.Capture, c.compare(set)
}

// capturer writes one object down.
type capturer struct {
	*Capture
	words      *vocabulary
	in         rules.Input
	attributes []rules.Attribute
	all        bool     // nothing is replaced
	keep       []string // folded LDAP names
	fakes      *anonymiser
}

// read gives the attributes that the object has and the policies read, the distinguished name first.
func (c *capturer) read(set *rules.Set) []rules.Attribute {
	out := []rules.Attribute{{Name: "dn", LDAP: directory.AttrDN}}
	for _, name := range set.Attributes() {
		a, ok := c.words.ldap[directory.Fold(name)]
		if !ok {
			a = rules.Attribute{LDAP: name}
		}
		if directory.EqualFold(name, directory.AttrDN) || directory.EqualFold(name, directory.AttrObjectGUID) || !c.in.Object.Has(name) {
			continue
		}
		if a.Name == "" || slices.Contains(words, a.Name) || len(c.words.attributes[a.Name]) != 1 {
			a.Name = a.LDAP
		}
		out = append(out, a)
	}
	return out
}

// write makes the fixture's keys.
func (c *capturer) write(set *rules.Set) {
	m := &yaml.Node{Kind: yaml.MappingNode}
	put := func(key string, v *yaml.Node) {
		m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, v)
	}
	put("class", word(c.in.Object.Kind.String()))
	guid := c.in.Object.GUID
	excepted := slices.ContainsFunc(set.Exceptions(), func(x rules.Exception) bool { return x.Object == guid })
	if c.all || excepted {
		put("guid", word(guid.String()))
	}
	if excepted && !c.all {
		c.Kept = append(c.Kept, Kept{"guid", []string{guid.String()}, "an exception names it"})
	}
	dn := ""
	for _, a := range c.attributes {
		v, said := c.attribute(a)
		if a.LDAP == directory.AttrDN {
			dn = v.Value
		}
		put(a.Name, v)
		if len(said.Values) > 0 && !c.all {
			c.Kept = append(c.Kept, said)
		}
	}
	if c.in.Domain != "" && !directory.EqualFold(c.in.Domain, directory.DomainOfDN(dn)) && c.all {
		put("domain", word(c.in.Domain))
	}
	c.memberships(set, put)
	c.body = encoded(m)
}

// memberships writes the groups that the policies ask for and what of the object could not be read.
func (c *capturer) memberships(set *rules.Set, put func(string, *yaml.Node)) {
	var nested, direct []string
	for ref, name := range set.Groups() {
		switch {
		case c.in.DirectlyIn != nil && c.in.DirectlyIn(ref):
			direct = append(direct, name)
		case c.in.InGroup != nil && c.in.InGroup(ref):
			nested = append(nested, name)
		}
	}
	for _, x := range []struct {
		key  string
		list []string
	}{{"groups", nested}, {"directGroups", direct}, {"unreadable", c.known(c.in.Unreadable)}} {
		if len(x.list) > 0 {
			put(x.key, texts(x.list))
		}
	}
}

// known gives those of the names of attributes that suites can mention; of others no rule depends.
func (c *capturer) known(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := c.words.ldap[directory.Fold(n)]; return !ok })
}

// attribute writes the values of an attribute and says which of them are those of the directory.
func (c *capturer) attribute(a rules.Attribute) (*yaml.Node, Kept) {
	values := c.in.Object.Values(a.LDAP)
	if a.Type != "list" && len(values) > 1 {
		values = values[:1] // what expressions read of it
	}
	kept := Kept{Attribute: a.Name}
	nodes := make([]*yaml.Node, len(values))
	for i, v := range values {
		out, why := v, "as asked for"
		stayed := []string{show(a, v)}
		if !c.all && !slices.Contains(c.keep, directory.Fold(a.LDAP)) {
			out, stayed, why = c.replace(a, v)
		}
		for _, s := range stayed {
			if !slices.Contains(kept.Values, s) {
				kept.Values = append(kept.Values, s)
			}
			kept.Why = why
		}
		nodes[i] = decoded(a, out)
	}
	if a.Type == "list" {
		return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: nodes}, kept
	}
	return nodes[0], kept
}

// replace gives what stands for a value, and which parts of it stay and why.
func (c *capturer) replace(a rules.Attribute, v string) (out string, stayed []string, why string) {
	const general = "it does not tell who it is"
	syntax := syntaxOf(a)
	switch {
	case syntax == directory.Binary:
		out, why = c.fakes.raw(v), general
	case syntax == directory.Boolean, directory.SyntaxOf(a.LDAP) == directory.Integer && !directory.EqualFold(a.LDAP, directory.AttrUSNChanged):
		out, why = v, general // flags and types
	case syntax == directory.Time, syntax == directory.FileTime:
		out, why = day(syntax, v), "it is a day, or never"
	default:
		out = c.fakes.text(v)
		return out, c.fakes.stayed, "the policies compare with it"
	}
	if out == v {
		stayed = []string{show(a, v)}
	}
	return out, stayed, why
}

// day takes the time of day from an instant, so that it tells of no single event. What is no instant becomes never.
func day(syntax directory.Syntax, v string) string {
	if syntax == directory.Time {
		t, err := ldapvalue.Time(v)
		if err != nil {
			return "0"
		}
		return t.Truncate(24 * time.Hour).Format("20060102150405.0Z")
	}
	switch t, ok, err := ldapvalue.FileTime(v); {
	case err != nil:
		return "0"
	case !ok:
		return v
	default:
		return fileTime(t.Truncate(24 * time.Hour))
	}
}

// decoded writes a value as suites spell it; what is not of its attribute's type is written down raw.
func decoded(a rules.Attribute, v string) *yaml.Node {
	s := show(a, v)
	tag := ""
	switch syntaxOf(a) {
	case directory.Integer:
		tag = "!!int"
	case directory.Boolean:
		tag = "!!bool"
	case directory.Time, directory.FileTime:
		tag = "!!timestamp"
	case directory.Text, directory.DN:
		return word(s)
	}
	if s == v && tag != "!!int" || tag == "!!int" && !isNumber(v) {
		return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "raw"}, word(v)}}
	}
	if tag == "" || s == "never" {
		return word(s)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

func isNumber(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil }

// show gives a value as suites spell it, itself where it is not of its attribute's type.
func show(a rules.Attribute, v string) string {
	switch syntaxOf(a) {
	case directory.Boolean:
		if b, err := ldapvalue.Bool(v); err == nil {
			return strconv.FormatBool(b)
		}
	case directory.Time:
		if t, err := ldapvalue.Time(v); err == nil {
			return t.Format(time.RFC3339)
		}
	case directory.FileTime:
		switch t, ok, err := ldapvalue.FileTime(v); {
		case err == nil && ok:
			return t.Format(time.RFC3339Nano)
		case v == never:
			return "never"
		}
	case directory.Binary:
		if g, ok := directory.GUIDFromBytes([]byte(v)); ok {
			return g.String()
		}
		if s, err := ldapvalue.SID(v); err == nil {
			return s
		}
		return hex.EncodeToString([]byte(v))
	}
	return v
}

// word writes a text, in quotes where YAML would read something else.
func word(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

func texts(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range list {
		n.Content = append(n.Content, word(s))
	}
	return n
}

func encoded(n *yaml.Node) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		panic(fmt.Sprintf("verify: a fixture cannot be written: %v", err)) // texts, numbers and lists always can
	}
	return b.Bytes()
}

// compare reads the fixture back and holds what is decided about it against what is decided about the object.
func (c *capturer) compare(set *rules.Set) error {
	e := set.NewEvaluator(c.in.Object.Schema(), c.asOf)
	traces := e.Explain(c.in)
	out := e.Evaluate(c.in)
	c.Policy = out.Policy
	c.test = c.expectation(&out)
	suite, err := NewSuite(c.asOf, c.Capture)
	if err != nil {
		return err
	}
	suites, problems := Load(memory{[]rules.File{{Path: "t.yaml", Bytes: suite}}, "", nil}, ".", set)
	if len(problems) > 0 {
		return fmt.Errorf("fixture %s cannot be read back: %w", c.Name, problems)
	}
	r, t := suites.runner(set), suites.cases[0]
	r.suites = suites
	again := r.evaluator(c.asOf).Explain(t.subject.input(t.object, r.groups))
	now := r.evaluator(c.asOf).Evaluate(t.subject.input(t.object, r.groups))
	if now.Policy != out.Policy || (now.ScopeErr == nil) != (out.ScopeErr == nil) {
		c.Differs = append(c.Differs, Differs{Object: shownPolicy(&out), Fixture: shownPolicy(&now)})
		return nil
	}
	for i, d := range traces {
		for j, x := range d.Rules {
			if y := again[i].Rules[j]; x.Verdict != y.Verdict {
				c.Differs = append(c.Differs, Differs{d.Name, x.Origin.Rule, string(x.Verdict), string(y.Verdict)})
			}
		}
		if d.Status != again[i].Status {
			c.Differs = append(c.Differs, Differs{d.Name, "", fmt.Sprint(d.Status), fmt.Sprint(again[i].Status)})
		}
	}
	return nil
}

func shownPolicy(o *rules.Outcome) string {
	switch {
	case o.ScopeErr != nil:
		return "the scope fails"
	case o.Policy == "":
		return "out of scope"
	}
	return "policy " + o.Policy
}

// expectation writes a test that expects the policy and the rules that decide now.
func (c *capturer) expectation(o *rules.Outcome) []byte {
	m := &yaml.Node{Kind: yaml.MappingNode}
	put := func(to *yaml.Node, key string, v *yaml.Node) {
		to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, v)
	}
	put(m, "name", word(c.Name+" is decided about as on "+c.asOf.Format(time.DateOnly)))
	put(m, "object", word(c.Name))
	if o.Policy == "" {
		put(m, "outOfScope", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		return encoded(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{m}})
	}
	put(m, "policy", word(o.Policy))
	expect := &yaml.Node{Kind: yaml.MappingNode}
	deciding := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := range o.Decisions {
		d := &o.Decisions[i]
		state := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		ids := decidingRules(d)
		switch {
		case d.Status == rules.NotApplicable && d.Exception == nil:
			put(state, "applies", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"})
			put(expect, d.Name, state)
		case d.Status == rules.Held:
			put(state, "held", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
			put(expect, d.Name, state)
		case len(ids) > 0:
			slices.Sort(ids)
			put(deciding, d.Name, texts(slices.Compact(ids)))
		}
	}
	if len(expect.Content) > 0 {
		put(m, "expect", expect)
	}
	if len(deciding.Content) > 0 {
		put(m, "rules", deciding)
	}
	return encoded(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{m}})
}

// indented puts spaces before each line that is not empty.
func indented(b []byte, by int) string {
	pad := strings.Repeat(" ", by)
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(pad)
		}
		out.WriteString(line)
	}
	return out.String()
}
