package impact

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// shared tells which objects both revisions decide about alike for certain, from what base decided.
type shared struct {
	alike    map[string]bool // policies that are the same, with the scopes before them
	nobody   bool            // all scopes are the same
	excepted map[directory.GUID]bool
}

// sharedOf compares the policies in the order in which they are asked. A policy is the same when all files are that it is
// made of, a scope when its expression is, names inlined, and the tables that it may look into.
func sharedOf(base, head *rules.Set) *shared {
	s := &shared{alike: map[string]bool{}, nobody: true, excepted: map[directory.GUID]bool{}}
	for _, set := range []*rules.Set{base, head} {
		for _, x := range set.Exceptions() {
			s.excepted[x.Object] = true
		}
	}
	a, b := seals(base), seals(head)
	for i := range a {
		if i >= len(b) {
			s.nobody = false
			return s
		}
		s.alike[a[i].policy] = a[i].whole == b[i].whole && a[i].policy == b[i].policy
		if a[i].scope != b[i].scope {
			s.alike[a[i].policy], s.nobody = false, false
			return s
		}
	}
	s.nobody = len(a) == len(b)
	return s
}

// same reports whether head decides as base did.
func (s *shared) same(policy string, scopeErr error, object directory.GUID) bool {
	switch {
	case scopeErr != nil || s.excepted[object]:
		return false
	case policy == "":
		return s.nobody
	}
	return s.alike[policy]
}

// seal is what a policy is known by.
type seal struct {
	policy       string
	scope, whole [sha256.Size]byte
}

func seals(set *rules.Set) []seal {
	var out []seal
	trees := set.Conditions().Policies
	for i, p := range set.Policies() {
		n := needs(set, p.File)
		out = append(out, seal{policy: p.Name, whole: digest(set, append([]string{p.File}, append(n.imports, n.tables...)...), ""),
			scope: digest(set, n.tables, scopeText(trees[i]))})
	}
	return out
}

func scopeText(p rules.PolicyConditions) string {
	if p.Scope == nil {
		return ""
	}
	return p.Policy + "\x00" + p.File + "\x00" + p.Timezone + "\x00" + rules.Canonical(p.Scope.Tree)
}

// digest covers files and a text.
func digest(set *rules.Set, paths []string, text string) (out [sha256.Size]byte) {
	h := sha256.New()
	slices.Sort(paths)
	for _, f := range set.Files() {
		if _, found := slices.BinarySearch(paths, f.Path); found {
			fmt.Fprintf(h, "%q %d\n", f.Path, len(f.Bytes))
			h.Write(f.Bytes)
		}
	}
	io.WriteString(h, text) // a hash takes everything
	h.Sum(out[:0])
	return out
}
