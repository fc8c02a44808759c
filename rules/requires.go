package rules

import (
	"regexp"
	"strconv"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// The version of the language that this engine understands. A policy asks for one by requires: {engine: ">=1.1"}. The minor
// number grows when keys, decisions or functions are added; the major one when a policy that was right could mean something
// else.
const (
	EngineMajor = 1
	EngineMinor = 1
)

var engineVersion = regexp.MustCompile(`^>= ?(\d{1,4})\.(\d{1,4})$`)

// requires refuses a policy that was written for a later engine, before its unknown words are taken for mistakes.
func requires(v strictyaml.Value) {
	v.Fields(map[string]func(strictyaml.Value){
		"engine": func(x strictyaml.Value) {
			text := x.Words()
			m := engineVersion.FindStringSubmatch(text)
			if m == nil {
				if text != "" {
					x.Problemf(`%q is no version like ">=1.1"`, text)
				}
				return
			}
			major, _ := strconv.Atoi(m[1])
			minor, _ := strconv.Atoi(m[2])
			if major != EngineMajor || minor > EngineMinor {
				x.Hintf("use a release that understands it", "the policy needs engine %d.%d, this one is %d.%d", major, minor, EngineMajor, EngineMinor)
			}
		},
	}, "engine")
}

// former is an id that a rule had before, with its place.
type former struct {
	id string
	at strictyaml.Value
}

// formerIDs checks the ids that rules had before against those in use, once all are known. Reports, approvals and tests
// follow a rule by them, so that they must mean one rule.
func (l *loader) formerIDs() {
	first := map[string]strictyaml.Value{}
	for _, f := range l.former {
		if now, used := l.ids[f.id]; used {
			f.at.Problemf("%s is the id of the rule at %s:%d", f.id, now.Doc().File(), now.Line())
			continue
		}
		if other, dup := first[f.id]; dup {
			f.at.Problemf("%s was the id of the rule at %s:%d", f.id, other.Doc().File(), other.Line())
			continue
		}
		first[f.id] = f.at
	}
}
