package prove

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/rules"
)

// claim is a policy or a rule with the formula of what it is about.
type claim struct {
	origin rules.Origin
	text   string // its condition
	holds  lit
}

// checker proves things about one policy.
type checker struct {
	*prover
	*translator
	policy *rules.PolicyConditions
	given  []assumption     // of the rules at hand
	gives  map[string][]lit // by what decided() reads: when a rule gives it its value
	links  map[int][]int    // by atom: further atoms on which it depends through earlier decisions
	cache  map[string]proof
}

// assumption is something that holds whenever rules are looked at, with words for it.
type assumption struct {
	lit lit
	why string
}

// proof is the answer to a question, with the assumptions needed for it.
type proof struct {
	answer answer
	core   []lit
}

// policy checks the last of the policies; those before it take their objects first.
func (r *prover) policy(all []rules.PolicyConditions) {
	p := &all[len(all)-1]
	t := newTranslator(p)
	for i := range p.Decisions {
		if d := &p.Decisions[i]; d.Mode == rules.First && r.loose(d) {
			t.free[d.Name] = append(rules.Words(d.Name), "")
		}
	}
	k := &checker{prover: r, translator: t, policy: p, gives: map[string][]lit{}, links: map[int][]int{}, cache: map[string]proof{}}
	var scopes []claim
	for i := range all {
		t.policy = &all[i]
		scopes = append(scopes, scopeClaim(&all[i], t.condition(all[i].Scope)))
	}
	named := make([]lit, len(p.Named))
	for i := range p.Named {
		named[i] = t.condition(&p.Named[i].Condition)
	}
	decisions := make([]*decisionClaims, len(p.Decisions))
	for i := range p.Decisions {
		decisions[i] = k.read(&p.Decisions[i])
	}
	link := t.atom()
	for _, d := range decisions {
		k.link(d, link)
	}
	t.close()
	k.connect()
	for i := range p.Named {
		k.sharedCondition(&p.Named[i], named[i])
	}
	if k.scope(scopes) {
		k.given = append(k.given, assumption{link, "given the earlier decisions"})
		for _, d := range decisions {
			k.decision(d)
			k.acts(d, decisions)
		}
	}
	r.stats.Policies++
	r.stats.Atoms += k.countAtoms()
	r.stats.Nodes += t.solver.nodes
	for _, d := range decisions {
		r.stats.Rules += len(d.rules)
	}
}

func (k *checker) countAtoms() int {
	n := -1 // the constant
	for _, p := range k.parts {
		if p == nil {
			n++
		}
	}
	return n
}

func scopeClaim(p *rules.PolicyConditions, l lit) claim {
	c := claim{origin: rules.Origin{Policy: p.Policy, File: p.File, Line: 1}, text: "every object", holds: l}
	if p.Scope != nil {
		c.origin.File, c.origin.Line, c.text = p.Scope.File, p.Scope.Line, p.Scope.Text
	}
	return c
}

// decisionClaims is a decision with its formulas.
type decisionClaims struct {
	*rules.DecisionConditions
	applies lit
	rules   []ruleClaim // without the default
}

type ruleClaim struct {
	*rules.RuleConditions
	claim
	when lit // its condition without its dates
}

func (k *checker) read(d *rules.DecisionConditions) *decisionClaims {
	out := &decisionClaims{DecisionConditions: d, applies: k.condition(d.When)}
	for i := range d.Rules {
		r := &d.Rules[i]
		if r.Default {
			continue
		}
		c := ruleClaim{RuleConditions: r, when: k.condition(r.When)}
		c.origin = r.Origin
		c.text = r.When.Text
		parts := []lit{c.when}
		today := day(k.policy.Timezone)
		if r.From != 0 {
			parts = append(parts, k.number(today, ">=", r.From))
			c.text += "  from " + date(r.From)
		}
		if r.Until != 0 {
			parts = append(parts, k.number(today, "<=", r.Until))
			c.text += "  until " + date(r.Until)
		}
		c.holds = k.and(parts...)
		out.rules = append(out.rules, c)
	}
	return out
}

// link says what an earlier decision's value follows from, so that a rule which asks for it is seen together with the rules
// that give it. Of a decision whose value may be another than its rules give, it says only what is so for all objects: what
// a rule without a hold gives where no expression can fail and nobody has an exception.
func (k *checker) link(d *decisionClaims, link lit) {
	base, asked := k.decided[d.Name]
	if !asked || d.Mode != rules.First || k.excepted[d.Name] || fails(d.DecisionConditions) {
		return
	}
	value := func(given lit, v string) {
		given = k.and(given, link)
		k.implies(given, k.textAtom(base, false, k.texts[base].values, equals, v))
		k.gives[base] = append(k.gives[base], given)
	}
	if d.applies != always {
		value(d.applies.not(), "")
	}
	before := []lit{d.applies}
	for i := range d.Rules {
		holds := always
		if i < len(d.rules) {
			holds = d.rules[i].holds
		}
		if r := &d.Rules[i]; !r.Fails && !r.Holds && r.Sets[0].Literal {
			value(k.and(append(slices.Clone(before), holds)...), r.Sets[0].Text)
		}
		before = append(before, holds.not())
	}
}

// connect notes for the atoms of what decided() reads upon what they depend.
func (k *checker) connect() {
	for _, base := range sorted(k.gives) {
		atoms := slices.Clone(k.gives[base])
		for _, c := range sortedComparisons(k.texts[base].atoms) {
			atoms = append(atoms, k.texts[base].atoms[c])
		}
		on := k.support(atoms)
		for _, l := range k.texts[base].atoms {
			k.links[l.of()] = on
		}
	}
}

// ask says whether literals can hold together with all that is given.
func (k *checker) ask(literals ...lit) proof {
	list := make([]lit, 0, len(k.given)+len(literals))
	for _, g := range k.given {
		list = append(list, g.lit)
	}
	return k.alone(append(list, literals...)...)
}

// alone says whether literals can hold together, whatever is given.
func (k *checker) alone(list ...lit) proof {
	var key []byte
	for _, l := range list {
		key = binary.AppendUvarint(key, uint64(l))
	}
	if p, ok := k.cache[string(key)]; ok {
		return p
	}
	before := k.solver.nodes
	p := proof{answer: undecided}
	if k.left > 0 {
		p.answer = k.solver.solve(min(maxNodes, k.left), k.cone(list), list)
	}
	p.core = k.solver.core
	k.left -= k.solver.nodes - before
	k.stats.Questions++
	if p.answer == undecided {
		k.stats.NotDecided++
	}
	k.cache[string(key)] = p
	return p
}

// cone gives the atoms on which literals depend, through earlier decisions too.
func (k *checker) cone(list []lit) []int {
	atoms := k.support(list)
	if len(k.links) == 0 {
		return atoms
	}
	in := map[int]bool{}
	for _, a := range atoms {
		in[a] = true
	}
	for i := 0; i < len(atoms); i++ {
		for _, a := range k.links[atoms[i]] {
			if !in[a] {
				in[a] = true
				atoms = append(atoms, a)
			}
		}
	}
	slices.Sort(atoms)
	return atoms
}

// scope checks the policy's own scope, the last, and assumes it with what the earlier ones leave over; it gives false when
// no object is left.
func (k *checker) scope(scopes []claim) bool {
	own := scopes[len(scopes)-1]
	if k.policy.Scope != nil && k.constant("scope of policy "+own.origin.Policy, k.policy.Scope, own.holds, "") == neverTrue {
		return false
	}
	k.given = []assumption{{own.holds, "within the scope"}}
	for _, s := range scopes[:len(scopes)-1] {
		k.given = append(k.given, assumption{s.holds.not(), "outside the scope of policy " + s.origin.Policy})
	}
	p := k.ask()
	if p.answer != impossible {
		return true
	}
	blame := k.blame(scopes[:len(scopes)-1], p.core)
	sentence := "policy " + own.origin.Policy + " takes no object: every object of its scope belongs to a policy before it"
	k.report(Finding{Kind: Shadowed, Rule: own.origin, Blame: origins(blame), Together: len(blame) > 1, Text: text(sentence, own, blame)})
	return false
}

// constancy says whether a condition is the same for every object.
type constancy string

const (
	varies     constancy = ""
	alwaysTrue constancy = "always true"
	neverTrue  constancy = "never true"
)

func (k *checker) constancy(c *rules.Condition, l lit) constancy {
	if _, written := c.Tree.(*ast.BoolNode); written || c.Tree == nil {
		return varies // true and false that are written out are meant so
	}
	switch {
	case k.alone(l.not()).answer == impossible:
		return alwaysTrue
	case k.alone(l).answer == impossible:
		return neverTrue
	}
	return varies
}

// constant reports a condition that is the same for every object.
func (k *checker) constant(what string, c *rules.Condition, l lit, decision string) constancy {
	result := k.constancy(c, l)
	if result != varies {
		k.report(k.constantFinding(what, c, result, decision))
	}
	return result
}

func (k *checker) constantFinding(what string, c *rules.Condition, result constancy, decision string) Finding {
	x := claim{origin: rules.Origin{Policy: k.policy.Policy, File: c.File, Line: c.Line}, text: c.Text}
	return Finding{Kind: Constant, Rule: x.origin, Col: c.Col, Decision: decision, Text: text(what+" is "+string(result), x, nil)}
}

// sharedCondition notes whether a named condition is constant. It is reported where it is so in all policies that import it.
func (k *checker) sharedCondition(n *rules.NamedCondition, l lit) {
	c := &n.Condition
	key := fmt.Sprintf("%s:%d:%d", c.File, c.Line, c.Col)
	s := k.shared[key]
	if s == nil {
		s = &shared{}
		k.shared[key] = s
		k.sharedKeys = append(k.sharedKeys, key)
	}
	s.policies++
	if result := k.constancy(c, l); result != varies {
		s.constant++
		s.finding = k.constantFinding("condition "+n.Name, c, result, "")
	}
}

func origins(list []claim) []rules.Origin {
	var out []rules.Origin
	for _, c := range list {
		out = append(out, c.origin)
	}
	return out
}

// blame gives those whose negation stands in a proof's core, each formula once.
func (k *checker) blame(list []claim, core []lit) []claim {
	var out []claim
	for _, c := range list {
		if slices.Contains(core, c.holds.not()) && !slices.ContainsFunc(out, func(o claim) bool { return o.holds == c.holds }) {
			out = append(out, c)
		}
	}
	return out
}
