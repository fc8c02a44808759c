package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Microsoft's reference of Exchange PowerShell, as far as the table is held against it.
type referenceCmdlets struct {
	Cmdlets map[string]struct {
		Params map[string]referenceParameter `json:"params"`
	} `json:"cmdlets"`
}

type referenceParameter struct {
	Type      string   `json:"type"`
	Required  string   `json:"required"`
	Sets      string   `json:"sets"`
	Online    bool     `json:"exo"`
	MaxLength int      `json:"maxLength"`
	Values    []string `json:"values"`
}

func TestCmdletTableMatchesTheReference(t *testing.T) {
	var ref referenceCmdlets
	if err := json.Unmarshal(reference(t, "exo-cmdlets.json"), &ref); err != nil {
		t.Fatal(err)
	}
	for _, c := range cmdlets() {
		known, ok := ref.Cmdlets[c.name]
		if !ok {
			t.Errorf("%s is no cmdlet", c.name)
			continue
		}
		folded := maps.Collect(func(yield func(string, referenceParameter) bool) {
			for name, r := range known.Params {
				if !yield(fold(name), r) {
					return
				}
			}
		})
		for _, p := range c.parameters {
			if slices.ContainsFunc(common, func(w string) bool { return parameterOf(w).name == p.name }) {
				continue
			}
			r, ok := folded[fold(p.name)]
			switch {
			case !ok || !r.Online:
				t.Errorf("%s has no parameter %s in Exchange Online", c.name, p.name)
				continue
			case p.mandatory && r.Required == "False":
				t.Errorf("%s -%s is not mandatory", c.name, p.name)
			case !p.mandatory && r.Required == "True" && r.Sets == "(All)":
				t.Errorf("%s -%s is mandatory", c.name, p.name)
			case p.limit != 0 && p.limit != r.MaxLength:
				t.Errorf("%s -%s takes %d characters, not %d", c.name, p.name, r.MaxLength, p.limit)
			case (p.kind == switchValue) != (r.Type == "SwitchParameter"), (p.kind == truthValue) != (strings.TrimPrefix(r.Type, "System.") == "Boolean"),
				p.kind == numberValue && r.Type != "Int32", p.kind == guidValue && r.Type != "Guid":
				t.Errorf("%s -%s is a %s", c.name, p.name, r.Type)
			}
			for _, v := range p.values {
				if r.Values != nil && !slices.ContainsFunc(r.Values, func(s string) bool { return strings.HasPrefix(s, v) }) {
					t.Errorf("%s -%s does not take %s but %v", c.name, p.name, v, r.Values)
				}
			}
		}
		for name, r := range known.Params {
			if _, ours := c.parameter(name); r.Online && r.Required == "True" && r.Sets == "(All)" && !ours {
				t.Errorf("%s needs %s, which is not modelled", c.name, name)
			}
		}
	}
}
