package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// tenant holds what the policies name against the facts of the tenant.
func (k *checker) tenant() {
	var skus, domains []string
	for _, s := range k.Tenant.SKUs {
		skus = append(skus, s.Name)
	}
	for _, d := range k.Tenant.Domains {
		if d.Verified {
			domains = append(domains, d.Name)
		}
	}
	for i := range k.docs.policies {
		p := &k.docs.policies[i]
		for _, b := range p.bundles {
			k.licence(p, b, skus)
		}
		for j := range p.rules {
			r := &p.rules[j]
			each(r.keys["then"], func(key string, _, v strictyaml.Value) {
				if addressing(r.decision, key) {
					k.address(domains, v.Peek(), Finding{File: p.file, Line: v.Line(), Col: v.Col(), Policy: p.name, Decision: r.decision, Rule: r.id})
					items(v, func(y strictyaml.Value) {
						k.address(domains, y.Peek(), Finding{File: p.file, Line: y.Line(), Col: y.Col(), Policy: p.name, Decision: r.decision, Rule: r.id})
					})
				}
			})
		}
	}
	k.nodes(func(x *rules.Written, n ast.Node) {
		if x.Part == rules.ValuePart && addressing(x.Decision, x.Key) && strings.Contains(textOf(n), "@") && !compares(x.Tree, n) {
			k.address(domains, textOf(n), at("", x, n))
		}
	})
}

// licence checks a bundle against the tenant's subscriptions.
func (k *checker) licence(p *policyDocument, b bundleDocument, names []string) {
	i := slices.IndexFunc(k.Tenant.SKUs, func(s cloud.SKU) bool {
		return strings.EqualFold(s.Name, b.sku.Peek()) || strings.EqualFold(s.ID, b.sku.Peek())
	})
	f := Finding{File: p.file, Policy: p.name, Decision: rules.Licenses}
	if i < 0 {
		f.Lint, f.Line, f.Col = "unknown-sku", b.sku.Line(), b.sku.Col()
		f.Text, f.Hint = fmt.Sprintf("the tenant has no licence %q", b.sku.Peek()), strictyaml.DidYouMean(b.sku.Peek(), names)
		k.report(f)
		return
	}
	var plans []string
	for _, x := range k.Tenant.SKUs[i].Plans {
		plans = append(plans, x.Name)
	}
	for _, plan := range b.plans {
		if _, ok := k.Tenant.SKUs[i].Plan(plan.Peek()); !ok {
			f.Lint, f.Line, f.Col = "unknown-plan", plan.Line(), plan.Col()
			f.Text = fmt.Sprintf("licence %s has no service plan %q", k.Tenant.SKUs[i].Name, plan.Peek())
			f.Hint = strictyaml.DidYouMean(plan.Peek(), plans)
			k.report(f)
		}
	}
}

// addressing reports whether a key takes addresses, or names like addresses, that must lie in a domain of the tenant.
func addressing(decision, key string) bool {
	return decision == rules.Attributes && key == "userPrincipalName" || decision == rules.Mail && (key == "primaryAddress" || key == "addresses")
}

// domainAtEnd finds the domain of a text that is an address or the end of one.
var domainAtEnd = regexp.MustCompile(`@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)$`)

// address checks the domain of an address that a policy gives.
func (k *checker) address(domains []string, text string, f Finding) {
	m := domainAtEnd.FindStringSubmatch(text)
	if m == nil || slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(d, m[1]) }) {
		return
	}
	f.Lint, f.Text, f.Hint = "unverified-domain", fmt.Sprintf("the tenant has not verified the domain %s", m[1]), strictyaml.DidYouMean(m[1], domains)
	k.report(f)
}

// compares reports whether a node is one side of a comparison, and so no part of what an expression gives.
func compares(tree, side ast.Node) (found bool) {
	ast.Walk(&tree, visit(func(n ast.Node) {
		switch x := n.(type) {
		case *ast.BinaryNode:
			found = found || x.Operator != "+" && (within(x.Left, side) || within(x.Right, side))
		case *ast.CallNode:
			found = found || nameOf(x.Callee) == "hasProxy" && slices.Contains(x.Arguments, side)
		}
	}))
	return found
}

func within(tree, inner ast.Node) (found bool) {
	ast.Walk(&tree, visit(func(n ast.Node) { found = found || n == inner }))
	return found
}
