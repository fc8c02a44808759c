package validate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
)

// Past is a finding as a later validation needs to know it.
type Past struct {
	Check     string      `json:"check"`
	Severity  string      `json:"severity"`
	Object    plan.Object `json:"object"`
	Attribute string      `json:"attribute,omitempty"`
	Value     string      `json:"value,omitempty"`
}

// Remembered gives what is to be remembered of a finding.
func (f Finding) Remembered() Past {
	return Past{f.Check, f.Severity.String(), f.Object, f.Attribute, f.Value}
}

// key is what makes two findings of different times the same: the check, the object by what of it changes least, and the
// place. The severity and the words may change.
func (p Past) key() string {
	who := cmp.Or(p.Object.GUID, p.Object.ID, string(p.Object.Anchor), p.Object.DN, p.Object.Kind+":"+p.Object.Name)
	return p.Check + "\x00" + who + "\x00" + p.Attribute + "\x00" + strings.ToLower(p.Value)
}

// Former is a validation that a later one is compared with. It was one of all objects.
type Former struct {
	ID           string // of the run, or the name of its file
	At           time.Time
	Findings     []Past
	NotEvaluated []Unevaluated
	open         map[string][]int // by key
	gone         int
}

// Comparison is how the findings of now differ from those of a former validation.
type Comparison struct {
	ID    string    `json:"run"`
	At    time.Time `json:"at"`
	New   int       `json:"new"`
	Same  int       `json:"unchanged"`
	Fixed []Past    `json:"fixed"`
	// Fresh are the checks that were not evaluated then: what they find now may have been there all along.
	Fresh []string `json:"notEvaluatedThen,omitempty"`
	// Blind are the checks that are not evaluated now: whether their findings are fixed cannot be told.
	Blind []string `json:"notEvaluatedNow,omitempty"`
}

// Known reports whether a finding was there then, and counts it off.
func (b *Former) Known(f Finding) bool {
	if b.open == nil {
		b.open = make(map[string][]int, len(b.Findings))
		for n, p := range b.Findings {
			k := p.key()
			b.open[k] = append(b.open[k], n)
		}
	}
	k := f.Remembered().key()
	list := b.open[k]
	if len(list) == 0 {
		return false
	}
	b.open[k], b.gone = list[1:], b.gone+1
	return true
}

// Compare draws up the comparison after every finding was asked for by Known. told says which former findings would be told
// now, were they still there.
func (b *Former) Compare(now Summary, told func(Past) bool) Comparison {
	out := Comparison{ID: b.ID, At: b.At, Same: b.gone, Fixed: []Past{}}
	blind := wholly(now.NotEvaluated)
	for _, id := range wholly(b.NotEvaluated) {
		if !slices.Contains(blind, id) {
			out.Fresh = append(out.Fresh, id)
		}
	}
	for n, p := range b.Findings {
		if !slices.Contains(b.open[p.key()], n) && b.open != nil || !told(p) {
			continue
		}
		if slices.Contains(blind, p.Check) {
			if !slices.Contains(out.Blind, p.Check) {
				out.Blind = append(out.Blind, p.Check)
			}
			continue
		}
		out.Fixed = append(out.Fixed, p)
	}
	slices.Sort(out.Blind)
	return out
}

// wholly lists the checks that were not evaluated at all, or not for one source.
func wholly(list []Unevaluated) []string {
	var out []string
	for _, u := range list {
		if u.Check != "" && !u.Partly && !slices.Contains(out, u.Check) {
			out = append(out, u.Check)
		}
	}
	slices.Sort(out)
	return out
}
