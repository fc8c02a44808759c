package lint

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// directory holds what the policies name against what the directory had.
func (k *checker) directory() {
	s := &sight{snapshot: k.Snapshot, seen: map[string]values{}}
	k.nodes(func(x *rules.Written, n ast.Node) {
		switch y := n.(type) {
		case *ast.CallNode:
			if len(y.Arguments) == 1 {
				k.named(s, x, y)
			}
		case *ast.BinaryNode:
			k.compared(s, x, y)
		}
	})
	for _, x := range k.set.Exceptions() {
		if _, ok := k.Snapshot.ByGUID(x.Object); !ok {
			k.report(Finding{Lint: "exception-for-deleted-object", File: x.File, Line: x.Line, Decision: x.Decision, Rule: x.ID,
				Text: fmt.Sprintf("exception %s is about %s, which the snapshot does not have", x.ID, x.Object), Hint: "remove it when the object is gone for good"})
		}
	}
	k.overlaps()
}

// sight is what a snapshot shows, worked out when it is asked for.
type sight struct {
	snapshot *snapshot.Snapshot
	seen     map[string]values // by folded LDAP name
	groups   []string          // names of groups
	ous      map[string]string // what lies above objects, by folded DN, as spelled
	ouList   []string
}

// values are the values that an attribute has in the snapshot.
type values struct {
	folded map[string]bool
	list   []string // as spelled, the first of each, in order of the objects
}

func (s *sight) values(ldap string) values {
	key := directory.Fold(ldap)
	if v, ok := s.seen[key]; ok {
		return v
	}
	v := values{folded: map[string]bool{}}
	for o := range s.snapshot.All() {
		for _, text := range o.Values(ldap) {
			if f := directory.Fold(text); !v.folded[f] {
				v.folded[f] = true
				v.list = append(v.list, text)
			}
		}
	}
	s.seen[key] = v
	return v
}

// named checks the group or the OU that a function names.
func (k *checker) named(s *sight, x *rules.Written, c *ast.CallNode) {
	name := textOf(c.Arguments[0])
	if name == "" {
		return
	}
	switch nameOf(c.Callee) {
	case "memberOf", "directMemberOf":
		f := at("unknown-group", x, c.Arguments[0])
		switch n := len(k.Snapshot.GroupNamed(name)); n {
		case 0:
			f.Text = fmt.Sprintf("the snapshot has no group %q", name)
			f.Hint = strictyaml.DidYouMean(name, s.groupNames())
			k.report(f)
		case 1:
		default:
			f.Text = fmt.Sprintf("the snapshot has %d groups %q", n, name)
			f.Hint = "name it by its distinguished name"
			k.report(f)
		}
	case "inOU":
		if s.hasOU(name) {
			return
		}
		f := at("unknown-ou", x, c.Arguments[0])
		f.Text = fmt.Sprintf("no object of the snapshot lies in or below %q", name)
		f.Hint = strictyaml.DidYouMean(name, s.ouList)
		k.report(f)
	}
}

func (s *sight) groupNames() []string {
	if s.groups != nil {
		return s.groups
	}
	s.groups = []string{}
	for o := range s.snapshot.All() {
		if o.Kind == directory.Group {
			for _, a := range []string{directory.AttrSAMAccountName, directory.AttrCN} {
				if v := o.First(a); v != "" && !slices.Contains(s.groups[max(0, len(s.groups)-1):], v) {
					s.groups = append(s.groups, v)
				}
			}
		}
	}
	return s.groups
}

// hasOU reports whether an object lies in or below an OU. OUs themselves are not read, so that an empty one is not told from
// one that is not there.
func (s *sight) hasOU(dn string) bool {
	if s.ous == nil {
		s.ous = map[string]string{}
		for o := range s.snapshot.All() {
			for up := directory.ParentDN(o.DN()); up != ""; up = directory.ParentDN(up) {
				if _, known := s.ous[directory.Fold(up)]; known {
					break
				}
				s.ous[directory.Fold(up)] = up
				s.ouList = append(s.ouList, up)
			}
		}
		slices.Sort(s.ouList)
	}
	if _, ok := s.ous[directory.Fold(dn)]; ok {
		return true
	}
	return slices.ContainsFunc(s.ouList, func(ou string) bool { return directory.UnderDN(ou, dn) })
}

// readable gives the LDAP name of an attribute whose values the snapshot shows as policies compare them.
func (k *checker) readable(name string) (ldap string, ok bool) {
	for _, a := range k.set.Vocabulary() {
		if a.Name != name || a.LDAP == "" || a.Type != "string" && a.Type != "list" || directory.SyntaxOf(a.LDAP) == directory.Binary {
			continue
		}
		for _, src := range k.Snapshot.Sources() {
			if !slices.ContainsFunc(src.Attributes, func(s string) bool { return directory.EqualFold(s, a.LDAP) }) {
				return "", false // it was not asked for
			}
		}
		return a.LDAP, true
	}
	return "", false
}

// compared checks the texts that an attribute is compared with.
func (k *checker) compared(s *sight, x *rules.Written, b *ast.BinaryNode) {
	var attribute ast.Node
	var literals []ast.Node
	switch b.Operator {
	case "==", "!=":
		attribute, literals = b.Left, []ast.Node{b.Right}
		if textOf(b.Left) != "" {
			attribute, literals = b.Right, []ast.Node{b.Left}
		}
	case "in", "not in":
		if list, ok := b.Right.(*ast.ArrayNode); ok {
			attribute, literals = b.Left, list.Nodes
		} else {
			attribute, literals = b.Right, []ast.Node{b.Left}
		}
	default:
		return
	}
	ldap, ok := k.readable(attributeOf(attribute))
	if !ok {
		return
	}
	seen := s.values(ldap)
	for _, l := range literals {
		text := textOf(l)
		if text == "" || seen.folded[directory.Fold(text)] {
			continue
		}
		f := at("value-never-seen", x, l)
		f.Text = fmt.Sprintf("no object of the snapshot has %q in %s", text, ldap)
		f.Hint = strictyaml.DidYouMean(text, seen.list)
		k.report(f)
	}
}

// overlaps counts for decisions of mode first the objects for which two rules are true that decide differently.
func (k *checker) overlaps() {
	inputs := k.inputs()
	if inputs == nil {
		return // a group that cannot be told; it is reported as such
	}
	type pair struct{ first, second int }
	count := map[string]map[pair]int{}
	e := k.set.NewEvaluator(k.Snapshot.Schema(), k.Day)
	policies := k.set.Policies()
	for i := range k.Snapshot.Len() {
		in := inputs(i)
		policy := e.Evaluate(in).Policy
		for p := range policies {
			if policies[p].Name != policy {
				continue
			}
			for _, d := range policies[p].Decisions {
				if d.Mode != rules.First || len(d.Rules) < 3 {
					continue
				}
				key := policy + " " + d.Name
				holding := e.Holding(in, policy, d.Name)
				first := slices.Index(holding, true)
				for j := first + 1; first >= 0 && j < len(holding); j++ {
					if holding[j] {
						if count[key] == nil {
							count[key] = map[pair]int{}
						}
						count[key][pair{first, j}]++
					}
				}
			}
		}
	}
	for _, p := range policies {
		for _, d := range p.Decisions {
			found := count[p.Name+" "+d.Name]
			for j := range d.Rules {
				for i := range j {
					if n := found[pair{i, j}]; n > 0 && k.differ(d.Rules[i].Origin.Rule, d.Rules[j].Origin.Rule) {
						k.overlap(p.Name, d.Name, d.Rules[i], d.Rules[j], n)
					}
				}
			}
		}
	}
}

func (k *checker) overlap(policy, decision string, first, second rules.Rule, n int) {
	objects := "objects"
	if n == 1 {
		objects = "object"
	}
	k.report(Finding{Lint: "overlap-first", File: second.Origin.File, Line: second.Origin.Line, Policy: policy, Decision: decision, Rule: second.Origin.Rule,
		Because: []rules.Origin{first.Origin},
		Text:    fmt.Sprintf("rule %s would hold for %s %s of the snapshot that rule %s, which stands before it, decides about", second.Origin.Rule, strconv.Itoa(n), objects, first.Origin.Rule)})
}

// differ reports whether two rules are written to decide differently.
func (k *checker) differ(first, second string) bool {
	said := func(id string) string {
		for i := range k.docs.policies {
			for j := range k.docs.policies[i].rules {
				if r := &k.docs.policies[i].rules[j]; r.id == id {
					return r.text("then") + "\x00" + r.text("thenExpr") + "\x00" + r.text("fail")
				}
			}
		}
		return id
	}
	return said(first) != said(second)
}

// inputs gives the objects of the snapshot as policies read them; nil when a group that they ask for cannot be told.
func (k *checker) inputs() func(i int) rules.Input {
	var nested []snapshot.Set
	var direct [][]int32
	for _, name := range k.set.Groups() {
		found := k.Snapshot.GroupNamed(name)
		if len(found) != 1 {
			return nil
		}
		nested, direct = append(nested, k.Snapshot.MembersOf(found[0])), append(direct, k.Snapshot.Members(found[0]))
	}
	return func(i int) rules.Input {
		in := rules.Input{Object: k.Snapshot.At(i), InGroup: func(ref int) bool { return nested[ref].Has(i) },
			DirectlyIn: func(ref int) bool { _, ok := slices.BinarySearch(direct[ref], int32(i)); return ok }}
		if s, ok := k.Snapshot.SourceOf(i); ok {
			in.Domain = s.Domain
		}
		return in
	}
}
