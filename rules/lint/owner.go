package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// ReadOwners reads who may own policies: a CODEOWNERS file, or a list with one owner a line. Of a CODEOWNERS file the first
// word of each line is a pattern of paths, unless it is an owner itself: @user, @organisation/team or an address. Lines that
// begin with # are comments.
//
// Form of the file: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
func ReadOwners(text string) []string {
	owners := []string{}
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line, _, _ = strings.Cut(line, " #")
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") || strings.HasPrefix(words[0], "[") || strings.HasPrefix(words[0], "^[") {
			continue
		}
		for i, w := range words {
			if i > 0 || len(words) == 1 || strings.Contains(w, "@") {
				owners = append(owners, w)
			}
		}
	}
	return owners
}

// owners reports owners whom the list does not have.
func (k *checker) owners() {
	report := func(v strictyaml.Value, f Finding) {
		name := v.Peek()
		if name == "" || k.owns(name) {
			return
		}
		f.Lint, f.Line, f.Col = "unknown-owner", v.Line(), v.Col()
		f.Text, f.Hint = fmt.Sprintf("the list of owners has no %q", name), strictyaml.DidYouMean(name, k.names())
		k.report(f)
	}
	for i := range k.docs.policies {
		p := &k.docs.policies[i]
		report(p.owner, Finding{File: p.file, Policy: p.name})
		for j := range p.rules {
			r := &p.rules[j]
			report(r.keys["owner"], Finding{File: p.file, Policy: p.name, Decision: r.decision, Rule: r.id})
		}
	}
	for _, x := range k.set.Exceptions() {
		if !k.owns(x.Owner) {
			k.report(Finding{Lint: "unknown-owner", File: x.File, Line: x.Line, Decision: x.Decision, Rule: x.ID,
				Text: fmt.Sprintf("the list of owners has no %q", x.Owner), Hint: strictyaml.DidYouMean(x.Owner, k.names())})
		}
	}
}

// owns reports whether the list has an owner: as written, with @ before it, or as the team of an organisation.
func (k *checker) owns(name string) bool {
	return slices.ContainsFunc(k.Owners, func(o string) bool {
		_, team, _ := strings.Cut(o, "/")
		return strings.EqualFold(o, name) || strings.EqualFold(o, "@"+name) || team != "" && strings.EqualFold(team, name)
	})
}

// names gives all ways to name the owners of the list.
func (k *checker) names() []string {
	out := slices.Clone(k.Owners)
	for _, o := range k.Owners {
		if _, team, ok := strings.Cut(o, "/"); ok {
			out = append(out, team)
		}
	}
	return out
}
