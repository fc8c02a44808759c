// Package entrarule translates rules of dynamic membership groups of Microsoft Entra ID into conditions of policies, so that
// what a tenant has grown over the years can be brought under review.
//
// Such a rule asks about users as the cloud holds them, a condition about objects as Active Directory holds them; the names
// are those that Entra Connect's documented attribute flow connects. Texts compare without regard to case in both. What has
// no counterpart is a Problem that names the part and the reason, never a guess.
//
// Grammar of the rules: https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
package entrarule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Options tell what a rule names by ids of the cloud, which the directory does not know.
type Options struct {
	Groups map[string]string // object id of a group to the directory's name of it: sAMAccountName, DN or SID
	People map[string]string // object id of a user to its distinguished name
}

// maxRule is the longest rule that Entra ID takes, in characters; longer ones are refused.
const maxRule = 3072

// Problem is a part of a rule that cannot be translated.
type Problem struct {
	Offset int    // in characters of the rule, from 0
	Part   string // as written
	Reason string
}

// Problems are all parts of a rule that cannot be translated, in their order. A non-empty list is an error.
type Problems []Problem

// Error gives one line for each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = fmt.Sprintf("character %d: %s: %s", p.Offset+1, p.Part, p.Reason)
	}
	return strings.Join(lines, "\n")
}

// Translate gives the condition that means what a rule means. The error is of type Problems.
func Translate(rule string, o Options) (string, error) {
	if n := len([]rune(rule)); n > maxRule {
		return "", Problems{{Part: "the rule", Reason: fmt.Sprintf("it has %d characters, and Entra ID takes %d", n, maxRule)}}
	}
	p := &parser{rule: []rune(rule)}
	p.lex()
	if len(p.problems) > 0 {
		return "", p.problems
	}
	tree := p.parse()
	if len(p.problems) > 0 {
		return "", p.problems
	}
	t := &translator{parser: p, Options: o}
	text := t.condition(tree)
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b Problem) int { return cmp.Compare(a.Offset, b.Offset) })
		return "", p.problems
	}
	return text, nil
}
